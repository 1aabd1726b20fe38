//! The transport on the network: one HTTP client for each target.
//!
//! A connection that the target closed while it was idle: hyper takes another one by itself as long
//! as nothing of the request was written. If the closing arrives only after the request was written
//! (the two cross on the wire), the fault is [`TransportFault::Broken`], because nobody can tell
//! whether the target acted on it; whether to send again is then the retry policy's decision. A
//! [`Target::idle_timeout`] below the target's own keep-alive time makes that rare.
//!
//! A future that is dropped closes its HTTP/1 connection; the pool never sees it again. Over HTTP/2,
//! which is spoken where a target offers it (ALPN), it resets its stream. What an HTTP/2 server says it
//! did not process (RFC 9113, section 8.7) the client sends again by itself, twice.
//!
//! [`TransportFault::Broken`]: crate::engine::transport::TransportFault::Broken

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, Proxy, StatusCode, Url};

use super::fault::{self, Way};
use super::resolve::{LookUp, Named, Resolver};
use super::tls::{self, Ours};
use crate::engine::transport::{
    Connect, Exchange, Request, Response, Transport, TransportError, TransportFault,
};
use crate::program::Target;

/// The largest body of an answer that is read.
pub const LARGEST_ANSWER: usize = 1024 * 1024;

/// Idle connections kept for each host; more are closed as they become idle.
const IDLE_CONNECTIONS: usize = 128;

/// The longest headers of an answer over HTTP/2, in bytes (RFC 9113, section 6.5.2): more than the
/// cookies that are kept come to.
pub(super) const LARGEST_HEADERS: u32 = 64 << 10;

/// How long an HTTP/2 connection with a request on it may be silent before it is asked whether it is
/// still there, and how long it has to answer: others would go on being sent on one that is dead.
const SILENCE: Duration = Duration::from_secs(5);

/// What a target sees as `user-agent` unless the request has one.
const USER_AGENT: &str = concat!("nsps-connector/", env!("CARGO_PKG_VERSION"));

/// Makes a client for each target.
#[derive(Clone)]
pub struct Network {
    largest_answer: usize,
    look_up: Option<LookUp>,
    silence: Duration,
}

impl Network {
    pub fn new() -> Self {
        Self { largest_answer: LARGEST_ANSWER, look_up: None, silence: SILENCE }
    }

    /// The same, reading bodies of answers up to `bytes`.
    pub fn with_largest_answer(self, bytes: usize) -> Self {
        Self { largest_answer: bytes, ..self }
    }

    /// The same, with another way to look names up than the system's.
    pub fn with_look_up(self, look_up: LookUp) -> Self {
        Self { look_up: Some(look_up), ..self }
    }

    /// The same, asking HTTP/2 connections that are silent for so long whether they are still there,
    /// and waiting as long for the answer.
    pub fn with_silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
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
        let named = Named::of(&target.route, &target.url);
        let client = self.client(target, &named).map_err(|fault| TransportError {
            fault: TransportFault::Unsendable,
            message: format!(
                "no HTTP client can be made for target `{}`: {}",
                target.name,
                fault::innermost(&fault)
            ),
        })?;
        let way = Way {
            connect_timeout: target.connect_timeout,
            proxy: target.route.proxy.as_ref().map(|proxy| proxy.place()),
            ours: Ours::of(&target.route),
        };
        Ok(Arc::new(Wire { client, named, way, largest_answer: self.largest_answer }))
    }
}

impl Network {
    fn client(&self, target: &Target, named: &Named) -> reqwest::Result<Client> {
        let settings = || self.settings(target, named);
        match settings()?.build() {
            // Without any CA certificate a plain `http` target must still work; a request of it that
            // goes to an `https` URL then fails on the certificate.
            Err(_) if target.url.starts_with("http:") => settings()?.tls_certs_only([]).build(),
            result => result,
        }
    }

    fn settings(&self, target: &Target, named: &Named) -> reqwest::Result<ClientBuilder> {
        let resolver = Resolver { named: named.clone(), look_up: self.look_up.clone() };
        let builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(USER_AGENT)
            .connect_timeout(target.connect_timeout)
            .pool_idle_timeout(target.idle_timeout)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http2_max_header_list_size(LARGEST_HEADERS)
            .http2_keep_alive_interval(self.silence)
            .http2_keep_alive_timeout(self.silence)
            .dns_resolver(resolver);
        let builder = tls::settings(builder, &target.route)?;
        let Some(proxy) = &target.route.proxy else { return Ok(builder) };
        let all = Proxy::all(proxy.url.as_str())?;
        Ok(builder.proxy(match &proxy.credentials {
            Some((username, password)) => all.basic_auth(username, password),
            None => all,
        }))
    }
}

/// The client of one target.
#[derive(Debug)]
struct Wire {
    client: Client,
    named: Named,
    way: Way,
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
        if let Some(refused) = self.named.refusal(&url) {
            return Err(fault::unsendable(&refused.to_string()));
        }
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
        let is_plain = outgoing.url().scheme() == "http";
        let answer = self
            .client
            .execute(outgoing)
            .await
            .map_err(|reason| fault::of_client(&reason, place, &self.way))?;
        // What comes through a tunnel is the target's own, whatever it means by that (RFC 9110,
        // section 15.5.8).
        if let Some(proxy) = self.way.proxy.as_ref().filter(|_| is_plain)
            && answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(fault::proxy_wants_credentials(proxy));
        }
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
        while let Some(chunk) =
            answer.chunk().await.map_err(|reason| fault::broken(&reason, place))?
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
