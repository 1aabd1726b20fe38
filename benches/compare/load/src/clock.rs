//! Time since the process began, as a number that is cheap to compare.

use std::time::{Duration, Instant};

use rustix::event::Timespec;

pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// How long to wait until `due`, as epoll wants it; not at all once it is past.
pub fn until(due: Duration, now: Duration) -> Timespec {
    let left = due.saturating_sub(now);
    let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() }
}
