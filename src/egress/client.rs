//! The transport on the network: one HTTP client for each target.
//!
//! A connection that the target closed while it was idle: hyper takes another one by itself as long
//! as nothing of the request was written. If the closing arrives only after the request was written
//! (the two cross on the wire), the fault is [`TransportFault::Broken`], because nobody can tell
//! whether the target acted on it; whether to send again is then the retry policy's decision. A
//! [`Target::idle_timeout`] below the target's own keep-alive time makes that rare.
//!
//! A future that is dropped closes its HTTP/1 connection; the pool never sees it again.
//!
//! [`TransportFault::Broken`]: crate::engine::transport::TransportFault::Broken

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, Url};

use super::fault;
use crate::engine::transport::{
    Connect, Exchange, Request, Response, Transport, TransportError, TransportFault,
};
use crate::program::Target;

/// The largest body of an answer that is read.
pub const LARGEST_ANSWER: usize = 1024 * 1024;

/// Idle connections kept for each host; more are closed as they become idle.
const IDLE_CONNECTIONS: usize = 128;

/// What a target sees as `user-agent` unless the request has one.
const USER_AGENT: &str = concat!("nsps-connector/", env!("CARGO_PKG_VERSION"));

/// Makes a client for each target.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    largest_answer: usize,
}

impl Network {
    pub fn new() -> Self {
        Self { largest_answer: LARGEST_ANSWER }
    }

    /// The same, reading bodies of answers up to `bytes`.
    pub fn with_largest_answer(self, bytes: usize) -> Self {
        Self { largest_answer: bytes }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Connect for Network {
    /// Opens no connection yet. It fails where TLS cannot be set up for an `https` target, above
    /// all in an image without CA certificates.
    fn connect(&self, target: &Target) -> Result<Arc<dyn Transport>, TransportError> {
        let client = client(target).map_err(|fault| TransportError {
            fault: TransportFault::Unsendable,
            message: format!(
                "no HTTP client can be made for target `{}`: {}",
                target.name,
                fault::innermost(&fault)
            ),
        })?;
        let (connect_timeout, largest_answer) = (target.connect_timeout, self.largest_answer);
        Ok(Arc::new(Wire { client, connect_timeout, largest_answer }))
    }
}

fn client(target: &Target) -> reqwest::Result<Client> {
    match settings(target).build() {
        // Without any CA certificate a plain `http` target must still work; a request of it that
        // goes to an `https` URL then fails on the certificate.
        Err(_) if target.url.starts_with("http:") => settings(target).tls_certs_only([]).build(),
        result => result,
    }
}

fn settings(target: &Target) -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(USER_AGENT)
        .connect_timeout(target.connect_timeout)
        .pool_idle_timeout(target.idle_timeout)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
}

/// The client of one target.
#[derive(Debug)]
struct Wire {
    client: Client,
    connect_timeout: Duration,
    largest_answer: usize,
}

impl Transport for Wire {
    fn send(&self, request: Request) -> Exchange<'_> {
        Box::pin(self.exchange(request))
    }
}

impl Wire {
    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let url = Url::parse(&request.url)
            .map_err(|reason| fault::unsendable(&format!("its URL is not valid: {reason}")))?;
        let place = fault::place(&url);
        let limit = request.timeout;
        let outgoing = self.outgoing(request, url)?;
        // One limit around all of it: a target that drips its body must not outlive the try.
        match tokio::time::timeout(limit, self.send_and_read(outgoing, &place)).await {
            Ok(result) => result,
            Err(_) => Err(fault::timeout(&place, limit)),
        }
    }

    fn outgoing(&self, request: Request, url: Url) -> Result<reqwest::Request, TransportError> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| fault::unsendable("its method is not a token"))?;
        let mut headers = headers(&request.headers)?;
        // RFC 9110, 8.6: servers may insist on a length where the method gives content a meaning,
        // and hyper sends none for an empty body.
        if request.body.is_empty() && matches!(&*request.method, "POST" | "PUT" | "PATCH") {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut outgoing = self.client.request(method, url).headers(headers);
        if !request.body.is_empty() {
            outgoing = outgoing.body(request.body);
        }
        outgoing.build().map_err(|reason| fault::unsendable(&fault::innermost(&reason)))
    }

    async fn send_and_read(
        &self,
        outgoing: reqwest::Request,
        place: &str,
    ) -> Result<Response, TransportError> {
        let answer = self
            .client
            .execute(outgoing)
            .await
            .map_err(|reason| fault::of_client(&reason, place, self.connect_timeout))?;
        let status = answer.status().as_u16();
        let headers = texts(answer.headers());
        let body = self.body(answer, place).await?;
        Ok(Response { status, headers, body })
    }

    async fn body(
        &self,
        mut answer: reqwest::Response,
        place: &str,
    ) -> Result<Bytes, TransportError> {
        let announced = answer.content_length().unwrap_or_default();
        if announced > self.largest_answer as u64 {
            return Err(fault::too_large(place, self.largest_answer));
        }
        let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or_default());
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|reason| fault::of_client(&reason, place, self.connect_timeout))?
        {
            if body.len() + chunk.len() > self.largest_answer {
                return Err(fault::too_large(place, self.largest_answer));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

fn headers(named: &[(Arc<str>, String)]) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::with_capacity(named.len());
    for (name, value) in named {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| fault::unsendable(&format!("`{name}` is not a header name")))?;
        let value = HeaderValue::from_str(value).map_err(|_| {
            fault::unsendable(&format!("the value of header `{name}` holds a control character"))
        })?;
        headers.append(header, value);
    }
    Ok(headers)
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

#[cfg(test)]
mod tests;
