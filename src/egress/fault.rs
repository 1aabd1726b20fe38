//! What went wrong on the wire, in words, and whether the target can have seen the request.

use std::error::Error;
use std::io;
use std::iter;
use std::time::Duration;

use reqwest::Url;

use super::client::LARGEST_HEADERS;
use super::resolve::Refused;
use super::tls::{self, Ours};
use crate::engine::transport::{TransportError, TransportFault};

/// The part of a URL that may be told: host and port. Path, query string and userinfo can carry
/// secrets and subscriber identifiers.
pub(super) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

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

/// A fault that the HTTP client reports.
pub(super) fn of_client(fault: &reqwest::Error, place: &str, way: &Way) -> TransportError {
    if fault.is_builder() {
        return unsendable(&innermost(fault));
    }
    if fault.is_connect() {
        return of_connecting(fault, place, way);
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
pub(super) fn broken(fault: &reqwest::Error, place: &str) -> TransportError {
    let message = format!("the exchange with {place} broke off: {}", innermost(fault));
    TransportError { fault: TransportFault::Broken, message }
}

/// No connection came about: to the target, or to the proxy on the way.
fn of_connecting(fault: &reqwest::Error, place: &str, way: &Way) -> TransportError {
    let of_tls = tls::told(causes(fault), way.ours);
    let is_secure = fault.url().is_some_and(|url| url.scheme() == "https");
    let tunnel = causes(fault).find_map(|cause| {
        let text = cause.to_string();
        text.strip_prefix("tunnel error: ").map(str::to_owned)
    });
    let refused = causes(fault).find_map(|cause| cause.downcast_ref::<Refused>());
    let cause = match (of_tls, refused) {
        (Some(told), _) => told,
        (None, Some(refused)) => refused.to_string(),
        (None, None) if fault.is_dns() => "name does not resolve".to_owned(),
        (None, None) if fault.is_timeout() => {
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
        (Some(proxy), None) if is_secure => {
            format!("cannot connect to {place} by the proxy {proxy}: {cause}")
        }
        (Some(proxy), _) => format!("cannot connect to the proxy {proxy}: {cause}"),
    })
}

/// Whether what came over HTTP/2 was no answer to our side.
fn is_no_answer(fault: &reqwest::Error) -> bool {
    let of_http2 = causes(fault).find_map(|cause| cause.downcast_ref::<h2::Error>());
    of_http2.is_some_and(|fault| {
        fault.is_library() && fault.reason() == Some(h2::Reason::PROTOCOL_ERROR)
    })
}

/// Whether an HTTP/2 server says that it did nothing with the request (RFC 9113, section 8.7).
fn is_unprocessed(fault: &reqwest::Error) -> bool {
    let of_http2 = causes(fault).find_map(|cause| cause.downcast_ref::<h2::Error>());
    of_http2.is_some_and(|fault| {
        let is_refused = fault.is_reset() && fault.reason() == Some(h2::Reason::REFUSED_STREAM);
        // Only streams that the server did not begin with see its GOAWAY.
        fault.is_remote() && (is_refused || fault.is_go_away())
    })
}

/// A fault and what is behind it.
fn causes<'e>(fault: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(fault), |cause| behind(*cause))
}

/// An I/O error does not count the error that it carries as its cause.
fn behind<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => cause.source(),
    }
}

/// The deepest cause. The outermost one, the client's own, is never shown: its text holds the URL.
pub(super) fn innermost(fault: &(dyn Error + 'static)) -> String {
    let mut cause = match fault.source() {
        Some(cause) => cause,
        None => return "the request is not valid".to_owned(),
    };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
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
