//! What went wrong on the wire, in words, and whether the target can have seen the request.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::Url;

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

/// A fault that the HTTP client reports. `connect_timeout` is only for the message.
pub(super) fn of_client(
    fault: &reqwest::Error,
    place: &str,
    connect_timeout: Duration,
) -> TransportError {
    if fault.is_builder() {
        return unsendable(&innermost(fault));
    }
    if !fault.is_connect() {
        let message = format!("the exchange with {place} broke off: {}", innermost(fault));
        return TransportError { fault: TransportFault::Broken, message };
    }
    let cause = if fault.is_dns() {
        "name does not resolve".to_owned()
    } else if fault.is_timeout() {
        format!("no connection within {connect_timeout:?}")
    } else {
        innermost(fault)
    };
    let message = format!("cannot connect to {place}: {cause}");
    TransportError { fault: TransportFault::Unreachable, message }
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
