//! Time, chance and identity, behind one seam: what the engine does over seconds or days is tested
//! without waiting for them.

pub mod virtual_time;

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::hexadecimal;

/// A wait that has been asked for; resolves when it is over.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Something that goes on by itself, beside whoever began it.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The only source of time and randomness behind `main`.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, UTC.
    fn wall(&self) -> Timestamp;

    /// Time since an arbitrary fixed moment; never goes back.
    fn monotonic(&self) -> Duration;

    /// Resolves after `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// 64 uniformly distributed bits, for jitter and for identifiers that need not be secret.
    fn random(&self) -> u64;

    /// Lets a task go on by itself. Who waits for it is told by the task; at the end of the process
    /// it is dropped where it stands.
    fn spawn(&self, task: Task);
}

/// The clock of the machine.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
    /// Where tasks go on; without it, on the runtime of whoever begins them.
    runtime: Option<Handle>,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the machine's time comes from")]
    pub fn new() -> Self {
        Self { start: Instant::now(), runtime: None }
    }

    /// With tasks that go on on this runtime, whoever begins them: it may outlive that one's.
    pub fn with_tasks_on(runtime: Handle) -> Self {
        Self { runtime: Some(runtime), ..Self::new() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where time and chance come from")]
impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }

    fn spawn(&self, task: Task) {
        match &self.runtime {
            Some(runtime) => runtime.spawn(task),
            None => tokio::spawn(task),
        };
    }
}

/// A 128-bit trace id as `x-b3-traceid` carries it: 32 lower-case hex digits.
pub fn trace_id(clock: &dyn Clock) -> String {
    hexadecimal::of(&[clock.random().to_be_bytes(), clock.random().to_be_bytes()].concat())
}

/// A 64-bit span id: 16 lower-case hex digits.
pub fn span_id(clock: &dyn Clock) -> String {
    hexadecimal::of(&clock.random().to_be_bytes())
}

/// A version 4 UUID (RFC 9562) from the clock's randomness.
pub fn uuid(clock: &dyn Clock) -> uuid::Uuid {
    let bits = (u128::from(clock.random()) << 64) | u128::from(clock.random());
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}
