//! An output for tests, which can be read, held up and made to fail.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::log::{Level, Log, LogGuard, Options, start};
use super::mask::IdentifierMode;

/// What a log wrote so far; clones are the same output.
#[derive(Clone, Default)]
pub(super) struct Output {
    /// One text for each write.
    pub writes: Arc<Mutex<Vec<String>>>,
    /// Locked by a test: the log's thread waits in its next write.
    pub gate: Arc<Mutex<()>>,
    pub fails: bool,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        drop(self.gate.lock().unwrap());
        if self.fails {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.locked().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output {
    pub fn start(&self, level: Level, identifiers: IdentifierMode) -> (Log, LogGuard) {
        let output = Box::new(self.clone());
        start(Options { level, identifiers, output, ..Options::default() })
    }

    fn locked(&self) -> MutexGuard<'_, Vec<String>> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write_count(&self) -> usize {
        self.locked().len()
    }

    pub fn text(&self) -> String {
        self.locked().concat()
    }

    pub fn records(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until that many lines have come.
    #[expect(clippy::disallowed_methods, reason = "the log's thread runs in real time")]
    pub fn expect_lines(&self, count: usize) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.text().lines().count() < count {
            assert!(Instant::now() < end, "{count} lines expected, {:?}", self.text());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
