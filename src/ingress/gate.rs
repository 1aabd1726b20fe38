//! What every request shares: the parts of the process that it needs, and whether the end is near.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

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
    draining: watch::Sender<bool>,
    /// Turns true when nothing is waited for any more.
    given_up: watch::Sender<bool>,
}

impl Gate {
    pub fn new(config: Config, parts: Parts) -> Arc<Self> {
        let [draining, given_up] = [false; 2].map(watch::Sender::new);
        let document = Bytes::from(openapi::document(&config.event_paths).to_string());
        Arc::new(Self { config, parts, document, draining, given_up })
    }

    /// Has clients go elsewhere from now on.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Ends the events that still run.
    pub fn give_up(&self) {
        self.given_up.send_replace(true);
    }

    /// Resolves when events that still run are to end.
    pub async fn given_up(&self) {
        // The sender is this gate's own, so there is no other end than the value.
        let _ = self.given_up.subscribe().wait_for(|given_up| *given_up).await;
    }

    /// Resolves when clients are to go elsewhere.
    pub async fn drains(&self) {
        let _ = self.draining.subscribe().wait_for(|draining| *draining).await;
    }

    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    pub fn milliseconds_since(&self, started: Duration) -> f64 {
        milliseconds(self.parts.clock.monotonic().saturating_sub(started))
    }
}
