//! One HTTP request of the command line itself, over the same client that targets are called with.

use std::time::Duration;

use bytes::Bytes;

use crate::egress::client::Network;
use crate::engine::transport::{Connect, Request, Response, TransportError, TransportFault};
use crate::program::Target;
use crate::program::route::Trust;

/// `GET` below a base URL, outside of any runtime, whatever certificate the server has.
pub(super) fn get(url: &str, path: &str, timeout: Duration) -> Result<Response, TransportError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| TransportError {
        fault: TransportFault::Unsendable,
        message: error.to_string(),
    })?;
    let mut target = Target::plain("connector", url);
    target.route.trust = Trust::Anyone;
    let url = format!("{}{path}", target.url).into();
    let (method, headers, body) = ("GET".into(), Vec::new(), Bytes::new());
    let request = Request { method, url, headers, body, timeout };
    runtime.block_on(async { Network::new().connect(&target)?.send(&request).await })
}

/// Posts to a URL.
pub(super) async fn post(
    url: &str,
    headers: Vec<(&str, String)>,
    body: Bytes,
    timeout: Duration,
) -> Result<Response, TransportError> {
    let target = Target::plain("connector", url);
    let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let (method, url) = ("POST".into(), format!("{}/", target.url).into());
    let request = Request { method, url, headers, body, timeout };
    Network::new().connect(&target)?.send(&request).await
}
