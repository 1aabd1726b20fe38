//! One HTTP request of the command line itself, over the same client that targets are called with.

use std::time::Duration;

use bytes::Bytes;

use crate::egress::client::Network;
use crate::engine::transport::{Connect, Request, Response, TransportError, TransportFault};
use crate::program::Target;

/// `GET` below a base URL, outside of any runtime.
pub(super) fn get(url: &str, path: &str, timeout: Duration) -> Result<Response, TransportError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| TransportError {
        fault: TransportFault::Unsendable,
        message: error.to_string(),
    })?;
    runtime.block_on(send(url, path, "GET", Vec::new(), Bytes::new(), timeout))
}

/// Any request below a base URL.
pub(super) async fn send(
    url: &str,
    path: &str,
    method: &str,
    headers: Vec<(&str, String)>,
    body: Bytes,
    timeout: Duration,
) -> Result<Response, TransportError> {
    let target = Target::plain("connector", url);
    let request = Request {
        method: method.into(),
        url: format!("{}{path}", target.url),
        headers: headers.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        body,
        timeout,
    };
    Network::new().connect(&target)?.send(request).await
}
