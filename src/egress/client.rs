//! The transport on the network: one HTTP client for each target. That is our pool of hyper's
//! connections; reqwest, which is made of hyper, too, goes through proxies.
//!
//! A connection that the target closed while it was idle: the client takes another one by itself as long
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

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use rustls::ClientConfig;
use url::Url;

use super::address::{Address, Origin};
use super::direct::{Direct, Settings};
use super::fault::{self, Way};
use super::headers;
use super::resolve::{LookUp, Named, Resolver};
use super::tls::{self, Ours};
use crate::engine::transport::{
    Connect, Exchange, Request, Response, Transport, TransportError, TransportFault,
};
use crate::program::Target;
use crate::program::route::{Proxy, Trust};

/// The largest body of an answer that is read.
pub const LARGEST_ANSWER: usize = 1024 * 1024;

/// The longest headers of an answer over HTTP/2, in bytes (RFC 9113, section 6.5.2): more than the
/// cookies that are kept come to.
pub(super) const LARGEST_HEADERS: u32 = 64 << 10;

/// How long an HTTP/2 connection with a request on it may be silent before it is asked whether it is
/// still there, and how long it has to answer: others would go on being sent on one that is dead.
const SILENCE: Duration = Duration::from_secs(5);

/// Makes a client for each target.
#[derive(Clone)]
pub struct Network {
    largest_answer: usize,
    look_up: Option<LookUp>,
    silence: Duration,
    /// Whether reqwest is wanted where our own pool would do.
    by_reqwest: bool,
}

impl Network {
    pub fn new() -> Self {
        let largest_answer = LARGEST_ANSWER;
        Self { largest_answer, look_up: None, silence: SILENCE, by_reqwest: false }
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

    /// The same, by reqwest even where there is no proxy: to hold one client against the other.
    pub fn by_reqwest(self) -> Self {
        Self { by_reqwest: true, ..self }
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
                fault::innermost(&*fault)
            ),
        })?;
        let way = Way {
            connect_timeout: target.connect_timeout,
            proxy: target.route.proxy.as_ref().map(|proxy| proxy.place()),
            ours: Ours::of(&target.route),
        };
        let origin = Origin::of(&target.url);
        Ok(Arc::new(Wire { client, origin, named, way, largest_answer: self.largest_answer }))
    }
}

impl Network {
    fn client(&self, target: &Target, named: &Named) -> Result<Client, Box<dyn Error>> {
        let resolver = Resolver { named: named.clone(), look_up: self.look_up.clone() };
        let tls = tls(target)?;
        let proxy = target.route.proxy.as_deref();
        if proxy.is_some() || self.by_reqwest {
            return Ok(Client::Reqwest(self.reqwest(target, tls, resolver, proxy)?));
        }
        let (connect_timeout, idle_timeout) = (target.connect_timeout, target.idle_timeout);
        let silence = self.silence;
        let settings = Settings { tls, resolver, connect_timeout, idle_timeout, silence };
        Ok(Client::Direct(Box::new(Direct::new(settings))))
    }

    /// What it does not say is as `Direct` has it.
    fn reqwest(
        &self,
        target: &Target,
        tls: ClientConfig,
        resolver: Resolver,
        proxy: Option<&Proxy>,
    ) -> reqwest::Result<reqwest::Client> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            // For the proxy: requests have it anyway.
            .user_agent(headers::OURS)
            .connect_timeout(target.connect_timeout)
            .pool_idle_timeout(target.idle_timeout)
            .http2_max_header_list_size(LARGEST_HEADERS)
            .http2_keep_alive_interval(self.silence)
            .http2_keep_alive_timeout(self.silence)
            .tls_backend_preconfigured(tls)
            .dns_resolver(resolver);
        let Some(proxy) = proxy else { return builder.build() };
        let all = reqwest::Proxy::all(proxy.url.as_str())?;
        let all = match &proxy.credentials {
            Some((username, password)) => all.basic_auth(username, password),
            None => all,
        };
        builder.proxy(all).build()
    }
}

fn tls(target: &Target) -> Result<ClientConfig, rustls::Error> {
    let identity = target.route.identity.as_deref();
    match tls::config(&target.route.trust, identity) {
        // Without any CA certificate a plain `http` target must still work; a request of it that
        // goes to an `https` URL then fails on the certificate.
        Err(_) if target.url.starts_with("http:") => {
            tls::config(&Trust::Only(Arc::default()), identity)
        }
        result => result,
    }
}

/// Who sends: nothing above can tell one from the other.
enum Client {
    Direct(Box<Direct>),
    Reqwest(reqwest::Client),
}

/// The client of one target.
struct Wire {
    client: Client,
    origin: Option<Origin>,
    named: Named,
    way: Way,
    largest_answer: usize,
}

impl Transport for Wire {
    fn send<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        Box::pin(self.exchange(request))
    }
}

impl Wire {
    async fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        let address = self.address(&request.url)?;
        let limit = request.timeout;
        let mut outgoing = outgoing(request, &address)?;
        // One limit around all of it: a target that drips its body must not outlive the try.
        match tokio::time::timeout(limit, self.send_and_read(&mut outgoing, &address)).await {
            Ok(result) => result,
            Err(_) => Err(fault::timeout(address.place(), limit)),
        }
    }

    fn address(&self, url: &str) -> Result<Address<'_>, TransportError> {
        // The origin itself may be reached, whatever it is: it stands in the mapping.
        if let Some(address) = self.origin.as_ref().and_then(|origin| origin.address(url)) {
            return Ok(address);
        }
        let url = Url::parse(url)
            .map_err(|reason| fault::unsendable(&format!("its URL is not valid: {reason}")))?;
        if let Some(refused) = self.named.refusal(&url) {
            return Err(fault::unsendable(&refused.to_string()));
        }
        Address::read(url).map_err(|reason| fault::unsendable(&reason.0))
    }

    /// Takes the request from where it stands: handed on by value, each future on the way would hold
    /// room for it twice.
    async fn send_and_read(
        &self,
        outgoing: &mut http::Request<Bytes>,
        address: &Address<'_>,
    ) -> Result<Response, TransportError> {
        let of_client = |fault: &(dyn Error + 'static)| fault::of_client(fault, address, &self.way);
        match &self.client {
            Client::Direct(client) => {
                let answer = client.send(outgoing).await.map_err(|fault| of_client(&fault))?;
                self.read(answer, address).await
            }
            Client::Reqwest(client) => {
                let outgoing = reqwest::Request::try_from(std::mem::take(outgoing));
                let outgoing = outgoing.map_err(|fault| of_client(&fault))?;
                let answer = client.execute(outgoing).await.map_err(|fault| of_client(&fault))?;
                self.read(http::Response::<reqwest::Body>::from(answer), address).await
            }
        }
    }

    async fn read<B: Body<Data = Bytes, Error: Error + 'static> + Unpin>(
        &self,
        answer: http::Response<B>,
        address: &Address<'_>,
    ) -> Result<Response, TransportError> {
        // What comes through a tunnel is the target's own, whatever it means by that (RFC 9110,
        // section 15.5.8).
        if let Some(proxy) = self.way.proxy.as_ref().filter(|_| !address.is_secure())
            && answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(fault::proxy_wants_credentials(proxy));
        }
        let (head, body) = answer.into_parts();
        let headers = headers::of_answer(&head.headers);
        let body = self.body(body, address.place()).await?;
        Ok(Response { status: head.status.as_u16(), headers, body })
    }

    async fn body<B: Body<Data = Bytes, Error: Error + 'static> + Unpin>(
        &self,
        mut incoming: B,
        place: &str,
    ) -> Result<Bytes, TransportError> {
        let announced = incoming.size_hint().exact().unwrap_or_default();
        if announced > self.largest_answer as u64 {
            return Err(fault::too_large(place, self.largest_answer));
        }
        let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or_default());
        while let Some(frame) = incoming.frame().await {
            // What is not a part of the body is a trailer.
            let frame = frame.map_err(|reason| fault::broken(&reason, place))?;
            let Ok(part) = frame.into_data() else { continue };
            if body.len() + part.len() > self.largest_answer {
                return Err(fault::too_large(place, self.largest_answer));
            }
            body.extend_from_slice(&part);
        }
        Ok(body.freeze())
    }
}

fn outgoing(
    request: &Request,
    address: &Address<'_>,
) -> Result<http::Request<Bytes>, TransportError> {
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| fault::unsendable("its method is not a token"))?;
    let is_empty = request.body.is_empty() && matches!(&*request.method, "POST" | "PUT" | "PATCH");
    let headers = headers::of_request(&request.headers, address, is_empty)?;
    let mut outgoing = http::Request::new(request.body.clone());
    *outgoing.method_mut() = method;
    *outgoing.uri_mut() = address.uri.clone();
    *outgoing.headers_mut() = headers;
    Ok(outgoing)
}
