//! A wire without targets: somebody who stands in for all of them says what comes back, on a clock
//! that nobody waits for.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::transport::{
    Connect, Exchange, Request, Response, Transport, TransportError, TransportFault,
};
use crate::clock::virtual_time::VirtualClock;
use crate::program::Target;

/// What a target does with one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The time that it takes; past the time-out of the try it is never seen.
    pub after: Duration,
    pub what: Result<Response, TransportFault>,
}

impl Reply {
    /// No answer at all: the try lasts for as long as it may.
    pub const SILENCE: Self = Self { after: Duration::MAX, what: Err(TransportFault::Timeout) };

    /// At once.
    pub fn at_once(what: Result<Response, TransportFault>) -> Self {
        Self { after: Duration::ZERO, what }
    }
}

/// Stands in for all targets.
pub trait Director: Send + Sync + 'static {
    /// What comes back for a request, which is asked once for each try; and the clock on which that
    /// takes its time.
    fn direct(&self, request: &Request) -> (Reply, VirtualClock);

    /// A transport is made for this target.
    fn connected(&self, _target: &Target) {}
}

/// Connects every target to a director.
pub struct Stage<D>(pub Arc<D>);

impl<D: Director> Connect for Stage<D> {
    fn connect(&self, target: &Target) -> Result<Arc<dyn Transport>, TransportError> {
        self.0.connected(target);
        Ok(Arc::new(Wire(Arc::clone(&self.0))))
    }
}

/// The wire, as far as one target sees it.
struct Wire<D>(Arc<D>);

impl<D: Director> Transport for Wire<D> {
    fn send<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        Box::pin(async move {
            let within = request.timeout;
            let place = place(&request.url);
            let (reply, clock) = self.0.direct(request);
            clock.pass(reply.after.min(within)).await;
            let what = if reply.after > within { Err(TransportFault::Timeout) } else { reply.what };
            what.map_err(|fault| TransportError { fault, message: in_words(fault, &place, within) })
        })
    }
}

/// Whom a request goes to: `hss.test:80`.
fn place(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return url.to_owned() };
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The words that the network has for it.
fn in_words(fault: TransportFault, place: &str, within: Duration) -> String {
    match fault {
        TransportFault::Unreachable => format!("cannot connect to {place}: connection refused"),
        TransportFault::Timeout => format!("{place} did not answer within {within:?}"),
        TransportFault::Broken => format!("the exchange with {place} broke off: connection reset"),
        TransportFault::TooLarge => format!("the answer of {place} is larger than can be read"),
        TransportFault::Unsendable => "the request cannot be sent: nobody expects it".to_owned(),
    }
}
