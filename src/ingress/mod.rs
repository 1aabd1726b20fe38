//! HTTP in: the only folder that names actix. Read in the order of a request: it comes through
//! `listen`, above TLS through `tls`, and `http2` if the client speaks that; `respond` answers it,
//! `auth` and `event` decide whether it becomes an event, `answer` says what became of it.

mod answer;
mod auth;
mod body;
mod event;
mod gate;
mod http2;
mod idle;
mod listen;
pub mod openapi;
mod ops;
mod respond;
mod server;
mod steadfast;
mod tls;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

pub use answer::{refused, told, too_large};
pub use auth::Tokens;
pub use gate::Parts;
pub use server::{Server, serve};
pub use tls::Shown;

use crate::engine::outcome::Outcome;
use crate::event::Event;
use crate::telemetry::log::Log;
use crate::telemetry::mask::Mask;

/// The paths that take events unless others are set.
pub const EVENT_PATHS: [&str; 3] = ["/", "/process-event", "/api/events"];

/// What is behind the HTTP surface.
pub trait Service: Mask + Send + Sync + 'static {
    /// Runs an event to its end; polled until then, whatever becomes of the connection that brought
    /// it. `log` speaks about this event.
    fn process(&self, event: Event, log: Log) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

    /// What `GET /ready` tells; called for each such request.
    fn readiness(&self) -> Readiness;
}

/// Whether events can be processed, and by which set of mappings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    pub ready: bool,
    /// What is missing where `ready` is false.
    pub missing: Option<String>,
    pub generation: u64,
    /// Of the contents of the mappings that serve.
    pub hash: String,
    pub last_reload: LastReload,
}

/// How the latest attempt to load the mappings went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastReload {
    pub ok: bool,
    pub at: Timestamp,
    pub errors: Vec<String>,
}

/// What of the HTTP surface can be set.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// Paths that take events, each beginning with `/`.
    pub event_paths: Vec<String>,
    /// Largest request body, in bytes.
    pub max_body: usize,
    /// Threads that read requests and write answers; at least 1.
    pub workers: usize,
    /// Connections at once, over all workers; further ones wait in the kernel's queue.
    pub max_connections: usize,
    pub patience: Patience,
}

/// How long a client may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To send the head of a request, once it began.
    pub head: Duration,
    /// To send the body of a request.
    pub body: Duration,
    /// To begin the next request on an open connection. Longer than the 60 seconds after which
    /// common load balancers close idle connections: else they send into a closing one.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let [head, body, idle] = [10, 10, 75].map(Duration::from_secs);
        Self { head, body, idle }
    }
}

impl Config {
    /// The documented defaults, listening at `listen`.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            event_paths: EVENT_PATHS.map(str::to_owned).into(),
            max_body: 4 * 1024 * 1024,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            max_connections: 8192,
            patience: Patience::default(),
        }
    }
}
