//! What every request shares: the parts of the process that it needs, and whether the end is near.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::tls::Shown;
use super::{Config, Service, Tokens, openapi};
use crate::clock::Clock;
use crate::engine::admit::Admission;
use crate::telemetry::log::{Log, milliseconds};

/// How long a connection is kept after an answer that was given before the request was read: time
/// for the client to stop sending and to read it.
pub(super) const LINGER: Duration = Duration::from_secs(2);

/// What the server needs of the rest of the process.
pub struct Parts {
    pub service: Arc<dyn Service>,
    pub tokens: Arc<Tokens>,
    /// What HTTPS is served with; without it, HTTP is.
    pub certificate: Option<Arc<Shown>>,
    pub admission: Arc<Admission>,
    pub log: Log,
    pub clock: Arc<dyn Clock>,
    /// The multi-thread runtime that events run on.
    pub runtime: tokio::runtime::Handle,
}

/// What every request handler shares.
pub(super) struct Gate {
    pub config: Config,
    pub parts: Parts,
    /// The OpenAPI document, made once.
    pub document: Bytes,
    draining: Flag,
    /// Up when nothing is waited for any more.
    given_up: Flag,
}

/// Goes up once, and stays there. Every event watches one, so that to do so has to cost little.
#[derive(Default)]
struct Flag {
    is_up: AtomicBool,
    raised: Notify,
}

impl Flag {
    fn raise(&self) {
        self.is_up.store(true, Ordering::Release);
        self.raised.notify_waiters();
    }

    fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Acquire)
    }

    async fn up(&self) {
        let mut raised = pin!(self.raised.notified());
        // Registered before it is looked at: else it could go up in between.
        raised.as_mut().enable();
        if !self.is_up() {
            raised.await;
        }
    }
}

impl Gate {
    pub fn new(config: Config, parts: Parts) -> Arc<Self> {
        let (draining, given_up) = (Flag::default(), Flag::default());
        let document = Bytes::from(openapi::document(&config.event_paths).to_string());
        Arc::new(Self { config, parts, document, draining, given_up })
    }

    /// Has clients go elsewhere from now on.
    pub fn drain(&self) {
        self.draining.raise();
    }

    /// Ends the events that still run.
    pub fn give_up(&self) {
        self.given_up.raise();
    }

    /// Resolves when events that still run are to end.
    pub async fn given_up(&self) {
        self.given_up.up().await;
    }

    /// Resolves when clients are to go elsewhere.
    pub async fn drains(&self) {
        self.draining.up().await;
    }

    pub fn is_draining(&self) -> bool {
        self.draining.is_up()
    }

    pub fn milliseconds_since(&self, started: Duration) -> f64 {
        milliseconds(self.parts.clock.monotonic().saturating_sub(started))
    }
}
