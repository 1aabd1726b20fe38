//! The seam between the engine and the wire: one request, one response. `egress` implements it on
//! the network; a script implements it for mapping tests. Retry, credentials and judgement are
//! above it.

mod headers;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
pub use headers::Headers;

use crate::program::Target;

/// One HTTP request, complete: nothing below this seam adds or changes what a target sees, apart
/// from what HTTP itself needs (`host`, `content-length`, `connection`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case method token, checked at load.
    pub method: Arc<str>,
    /// Absolute, with the query string, already encoded.
    pub url: Arc<str>,
    /// In order; names are lower-case, values hold no control character.
    pub headers: Vec<Header>,
    /// Empty when the request has no body.
    pub body: Bytes,
    /// For this try as a whole: connecting, sending and reading the answer.
    pub timeout: Duration,
}

/// A header of a request: its name and its value, of which most are shared with other requests.
pub type Header = (Arc<str>, Arc<str>);

/// What a target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Names are lower-case, bytes of a value that are not UTF-8 are replaced.
    pub headers: Headers,
    pub body: Bytes,
}

/// What went wrong on the wire; it decides whether sending again is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportFault {
    /// No connection came about (name, refusal, TLS, connect time-out): the target saw nothing.
    Unreachable,
    /// The time for this try is over; the target may have acted on the request.
    Timeout,
    /// The connection broke, or what came was not HTTP; the target may have acted on the request.
    Broken,
    /// The answer's body is larger than the limit; the target has acted on the request.
    TooLarge,
    /// The request cannot be sent as it is; the target saw nothing.
    Unsendable,
}

/// A fault, and what to tell people about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    pub fault: TransportFault,
    /// Cause included, e.g. `cannot connect to hss.example:443: connection refused`.
    pub message: String,
}

/// A response that is on its way.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Sends requests to one target.
pub trait Transport: Send + Sync + 'static {
    /// Resolves within `request.timeout`, or shortly after.
    fn send<'a>(&'a self, request: &'a Request) -> Exchange<'a>;
}

/// Makes the transport of a target, once for each distinct target definition.
pub trait Connect: Send + Sync + 'static {
    fn connect(&self, target: &Target) -> Result<Arc<dyn Transport>, TransportError>;
}
