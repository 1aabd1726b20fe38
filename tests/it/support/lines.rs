//! Lines that another thread collects, and waiting for one of them.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The lines of a stream, as far as they have come.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// Reads `stream` to its end on a thread of its own.
    pub fn collect(&self, stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            let (state, changed) = &*shared;
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line);
                state.lock().unwrap().lines.push(text.trim_end_matches(['\n', '\r']).to_owned());
                changed.notify_all();
                line.clear();
            }
            state.lock().unwrap().ended = true;
            changed.notify_all();
        })
    }

    /// What has come so far.
    pub fn all(&self) -> Vec<String> {
        self.shared.0.lock().unwrap().lines.clone()
    }

    /// The first line that `pick` makes something of. `None` if the stream ends, or the deadline
    /// passes, without one.
    pub fn wait<T>(&self, deadline: Duration, pick: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (state, changed) = &*self.shared;
        let end = Instant::now() + deadline;
        let mut seen = 0;
        let mut state = state.lock().unwrap();
        loop {
            if let Some(found) = state.lines[seen..].iter().find_map(|line| pick(line)) {
                return Some(found);
            }
            seen = state.lines.len();
            let left = end.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return None;
            }
            state = changed.wait_timeout(state, left).unwrap().0;
        }
    }
}
