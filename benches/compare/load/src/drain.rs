//! Reads a log out of a FIFO as whoever collects a container's output does, and counts its records.
//!
//! For each line on the standard input the number of records until now is printed.

use std::fs::OpenOptions;
use std::io::{BufRead, Read, stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Fault;
use crate::options::Options;

/// As much as a pipe holds.
const CHUNK: usize = 64 << 10;

pub fn run(options: &Options) -> Result<(), Fault> {
    // Opened for writing, too, it does not end when a server does.
    let mut log = OpenOptions::new().read(true).write(true).open(options.required("fifo")?)?;
    let records = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&records);
    std::thread::spawn(move || {
        let mut chunk = vec![0; CHUNK];
        while let Ok(read @ 1..) = log.read(&mut chunk) {
            let lines = chunk[..read].iter().filter(|byte| **byte == b'\n').count();
            counted.fetch_add(lines as u64, Ordering::Relaxed);
        }
    });
    println!("ready");
    for line in stdin().lock().lines() {
        line?;
        println!("{}", records.load(Ordering::Relaxed));
    }
    Ok(())
}
