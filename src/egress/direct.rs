//! The way to a target without a proxy: hyper's client, a pool of connections for each thread.
//!
//! A thread that runs an event opens, uses and keeps its connections by itself: nothing of an exchange
//! wakes another one. The price are as many pools as there are threads that send, and over HTTP/2 as
//! many connections. None of them is larger than what was in flight on its thread within the idle
//! time-out, so that it needs no bound of its own: fewer would be closed and opened all the time by as
//! many requests at once.

use std::cell::RefCell;
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as Fault};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use thread_local::ThreadLocal;
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tower_service::Service;

use super::client::LARGEST_HEADERS;
use super::fault;
use super::resolve::Resolver;

/// How often a request is sent again that an HTTP/2 server says it did not process (RFC 9113, section
/// 8.7).
const TURNED_AWAY: usize = 2;

/// How long a connection may be silent before TCP asks whether it is still there, how long between two
/// questions, and how many there are.
const KEEP_ALIVE: (Duration, u32) = (Duration::from_secs(15), 3);

/// How long what was sent may stay unacknowledged (RFC 5482).
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// What connections are made of.
pub(super) struct Settings {
    pub tls: ClientConfig,
    pub resolver: Resolver,
    /// For address, connection and handshake together.
    pub connect_timeout: Duration,
    pub idle_timeout: Duration,
    /// How long an HTTP/2 connection with a request on it may be silent, and then may take to answer.
    pub silence: Duration,
}

/// The client of a target: one of hyper's for each thread, made when it is first used there.
pub(super) struct Direct {
    connector: Connector,
    idle_timeout: Duration,
    silence: Duration,
    clients: ThreadLocal<RefCell<Option<Own>>>,
}

/// What belongs to a thread.
struct Own {
    /// Tasks of connections live and end with it: another one on the same thread begins anew.
    runtime: Option<Id>,
    client: Client<Connector, Full<Bytes>>,
}

impl Direct {
    pub(super) fn new(settings: Settings) -> Self {
        let Settings { tls, resolver, connect_timeout, idle_timeout, silence } = settings;
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(connect_timeout));
        let (pause, most) = KEEP_ALIVE;
        http.set_keepalive(Some(pause));
        http.set_keepalive_interval(Some(pause));
        http.set_keepalive_retries(Some(most));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let https = HttpsConnector::from((http, tls));
        let connector = Connector { https: Arc::new(https), within: connect_timeout };
        Self { connector, idle_timeout, silence, clients: ThreadLocal::new() }
    }

    /// Sends a request, and again where HTTP/2 says that it was not processed.
    pub(super) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Fault> {
        // Without TLS nobody offers HTTP/2, and nothing has to be kept to be sent again.
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            for _ in 0..TURNED_AWAY {
                let copy = request.clone();
                match self.try_once(request).await {
                    Err(fault) if is_turned_away(&fault) => request = copy,
                    result => return result,
                }
            }
        }
        self.try_once(request).await
    }

    /// By the client of this thread. hyper itself takes another connection where one turns out to be
    /// closed before anything was written.
    fn try_once(
        &self,
        request: Request<Full<Bytes>>,
    ) -> impl Future<Output = Result<Response<Incoming>, Fault>> + use<> {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        let mut own = self.clients.get_or_default().borrow_mut();
        let own = match &mut *own {
            Some(own) if own.runtime == runtime => own,
            own => own.insert(Own { runtime, client: self.client() }),
        };
        own.client.request(request)
    }

    fn client(&self) -> Client<Connector, Full<Bytes>> {
        Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .http2_max_header_list_size(LARGEST_HEADERS)
            .http2_keep_alive_interval(self.silence)
            .http2_keep_alive_timeout(self.silence)
            .build(self.connector.clone())
    }
}

/// Whether a server says that it did nothing with a request, and would do it another time or on another
/// connection.
fn is_turned_away(fault: &Fault) -> bool {
    fault::causes(fault).filter_map(|cause| cause.downcast_ref::<h2::Error>()).any(|fault| {
        let is_refused = fault.is_reset() && fault.reason() == Some(h2::Reason::REFUSED_STREAM);
        let is_leaving = fault.is_go_away() && fault.reason() == Some(h2::Reason::NO_ERROR);
        fault.is_remote() && (is_refused || is_leaving)
    })
}

/// Connects within a time: address, connection and handshake together.
#[derive(Clone)]
struct Connector {
    /// Shared, since a request takes a copy in case that it needs a connection.
    https: Arc<HttpsConnector<HttpConnector<Resolver>>>,
    within: Duration,
}

type Connecting<S> = Pin<Box<dyn Future<Output = Result<S, Box<dyn Error + Send + Sync>>> + Send>>;

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Connecting<Self::Response>;

    /// As those below it: always.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let within = self.within;
        let connecting = HttpsConnector::clone(&self.https).call(to);
        Box::pin(async move {
            match tokio::time::timeout(within, connecting).await {
                Ok(result) => result,
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}
