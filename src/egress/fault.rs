//! What went wrong on the wire, in words, and whether the target can have seen the request.

use std::error::Error;
use std::io;
use std::iter;
use std::time::Duration;

use hyper_util::client::legacy;

use super::address::Address;
use super::client::LARGEST_HEADERS;
use super::direct;
use super::resolve::Refused;
use super::tls::{self, Ours};
use crate::engine::transport::{TransportError, TransportFault};

/// What is told of the way to a target.
#[derive(Debug)]
pub(super) struct Way {
    pub connect_timeout: Duration,
    /// Host and port.
    pub proxy: Option<String>,
    pub ours: Ours,
}

pub(super) fn unsendable(reason: &str) -> TransportError {
    let message = format!("the request cannot be sent: {reason}");
    TransportError { fault: TransportFault::Unsendable, message }
}

pub(super) fn timeout(place: &str, after: Duration) -> TransportError {
    let message = format!("{place} did not answer within {after:?}");
    TransportError { fault: TransportFault::Timeout, message }
}

pub(super) fn too_large(place: &str, limit: usize) -> TransportError {
    let message = format!("the answer of {place} is larger than {limit} bytes");
    TransportError { fault: TransportFault::TooLarge, message }
}

/// What the proxy answered itself.
pub(super) fn proxy_wants_credentials(proxy: &str) -> TransportError {
    unreachable(format!(
        "the proxy {proxy} demands credentials, or other ones (407): write them into its URL, \
         `http://USER:PASSWORD@HOST:PORT`"
    ))
}

fn unreachable(message: String) -> TransportError {
    TransportError { fault: TransportFault::Unreachable, message }
}

/// A fault that an HTTP client reports of a request.
pub(super) fn of_client(
    fault: &(dyn Error + 'static),
    address: &Address<'_>,
    way: &Way,
) -> TransportError {
    if fault.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_builder) {
        return unsendable(&innermost(fault));
    }
    let place = address.place();
    if is_of_connecting(fault) {
        return of_connecting(fault, address, way);
    }
    if let Some(told) = tls::told_late(causes(fault), way.ours) {
        return unreachable(format!("cannot connect to {place}: {told}"));
    }
    if is_unprocessed(fault) {
        return unreachable(format!("{place} turned the request away unprocessed (HTTP/2)"));
    }
    if is_no_answer(fault) {
        let reason =
            format!("HTTP/2 does not allow it, or its headers exceed {LARGEST_HEADERS} bytes");
        let message = format!("the answer of {place} cannot be read: {reason}");
        return TransportError { fault: TransportFault::Broken, message };
    }
    broken(fault, place)
}

/// A fault in the midst of an answer: whatever its reason, the target has seen the request.
pub(super) fn broken(fault: &(dyn Error + 'static), place: &str) -> TransportError {
    let message = format!("the exchange with {place} broke off: {}", innermost(fault));
    TransportError { fault: TransportFault::Broken, message }
}

/// Whether there was no connection to send anything on.
fn is_of_connecting(fault: &(dyn Error + 'static)) -> bool {
    causes(fault).any(|cause| match cause.downcast_ref() {
        Some(ours) => matches!(ours, direct::Fault::Connect(_)),
        // Below reqwest.
        None => cause.downcast_ref().is_some_and(legacy::Error::is_connect),
    })
}

/// Whether a connection took too long.
fn is_timeout(fault: &(dyn Error + 'static)) -> bool {
    causes(fault).any(|cause| match cause.downcast_ref::<io::Error>() {
        Some(fault) => fault.kind() == io::ErrorKind::TimedOut,
        None => cause.downcast_ref().is_some_and(reqwest::Error::is_timeout),
    })
}

/// No connection came about: to the target, or to the proxy on the way.
fn of_connecting(
    fault: &(dyn Error + 'static),
    address: &Address<'_>,
    way: &Way,
) -> TransportError {
    let place = address.place();
    let of_tls = tls::told(causes(fault), way.ours);
    let tunnel = causes(fault).find_map(|cause| {
        let text = cause.to_string();
        text.strip_prefix("tunnel error: ").map(str::to_owned)
    });
    let refused = causes(fault).find_map(|cause| cause.downcast_ref::<Refused>());
    let cause = match (of_tls, refused) {
        (Some(told), _) => told,
        (None, Some(refused)) => refused.to_string(),
        (None, None) if is_timeout(fault) => {
            format!("no connection within {:?}", way.connect_timeout)
        }
        (None, None) => innermost(fault),
    };
    unreachable(match (&way.proxy, tunnel.as_deref()) {
        (None, _) => format!("cannot connect to {place}: {cause}"),
        (Some(proxy), Some("proxy authorization required")) => {
            return proxy_wants_credentials(proxy);
        }
        (Some(proxy), Some("unsuccessful")) => {
            format!(
                "the proxy {proxy} does not connect to {place}: it forbids it, or cannot reach it"
            )
        }
        (Some(proxy), Some("unexpected end of file")) => {
            format!("the proxy {proxy} closed the connection instead of connecting to {place}")
        }
        // Without a word of the tunnel, it was there already.
        (Some(proxy), None) if address.is_secure() => {
            format!("cannot connect to {place} by the proxy {proxy}: {cause}")
        }
        (Some(proxy), _) => format!("cannot connect to the proxy {proxy}: {cause}"),
    })
}

/// Whether what came over HTTP/2 was no answer to our side.
fn is_no_answer(fault: &(dyn Error + 'static)) -> bool {
    let of_http2 = causes(fault).find_map(|cause| cause.downcast_ref::<h2::Error>());
    of_http2.is_some_and(|fault| {
        fault.is_library() && fault.reason() == Some(h2::Reason::PROTOCOL_ERROR)
    })
}

/// Whether an HTTP/2 server says that it did nothing with the request (RFC 9113, section 8.7).
fn is_unprocessed(fault: &(dyn Error + 'static)) -> bool {
    let of_http2 = causes(fault).find_map(|cause| cause.downcast_ref::<h2::Error>());
    of_http2.is_some_and(|fault| {
        let is_refused = fault.is_reset() && fault.reason() == Some(h2::Reason::REFUSED_STREAM);
        // Only streams that the server did not begin with see its GOAWAY.
        fault.is_remote() && (is_refused || fault.is_go_away())
    })
}

/// A fault and what is behind it.
pub(super) fn causes<'e>(
    fault: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(fault), |cause| behind(*cause))
}

/// An I/O error does not count the error that it carries as its cause.
fn behind<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => cause.source(),
    }
}

/// The deepest cause; never reqwest's own, the text of which holds the URL.
pub(super) fn innermost(fault: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(fault), |cause| (*cause).source());
    let Some(cause) = causes.filter(|cause| !cause.is::<reqwest::Error>()).last() else {
        return "the request is not valid".to_owned();
    };
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset) => "connection reset".to_owned(),
        Some(io::ErrorKind::BrokenPipe) => "connection closed".to_owned(),
        Some(io::ErrorKind::NetworkUnreachable) => "network unreachable".to_owned(),
        Some(io::ErrorKind::HostUnreachable) => "host unreachable".to_owned(),
        _ => without_code(&cause.to_string()),
    }
}

/// `Connection reset by peer (os error 104)` without the number, which tells operators nothing.
fn without_code(text: &str) -> String {
    match text.find(" (os error ") {
        Some(end) => text[..end].to_lowercase(),
        None => text.to_owned(),
    }
}
