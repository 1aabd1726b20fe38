//! How a connection is opened.

use std::io;
use std::time::Duration;

use http::Uri;
use hyper::client::conn::{http1, http2};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connection as _, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tower_service::Service as _;

use super::line::Line;
use super::{Fault, Settings};
use crate::egress::client::LARGEST_HEADERS;
use crate::egress::resolve::Resolver;

/// How long a connection may be silent before TCP asks whether it is still there, how long between two
/// questions, and how many there are.
const KEEP_ALIVE: (Duration, u32) = (Duration::from_secs(15), 3);

/// How long what was sent may stay unacknowledged (RFC 5482).
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

type Socket = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections to a target.
pub(super) struct Opener {
    https: HttpsConnector<HttpConnector<Resolver>>,
    within: Duration,
    http2: http2::Builder<TokioExecutor>,
}

/// A connection, with the protocol that the target chose (ALPN, RFC 7301).
pub(super) enum Opened {
    Http1(Socket),
    Http2(Socket),
}

impl Opener {
    pub(super) fn new(settings: Settings) -> Self {
        let Settings { tls, resolver, connect_timeout, silence, .. } = settings;
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
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.timer(TokioTimer::new()).max_header_list_size(LARGEST_HEADERS);
        http2.keep_alive_interval(silence).keep_alive_timeout(silence);
        Self { https: HttpsConnector::from((http, tls)), within: connect_timeout, http2 }
    }

    /// Address, connection and handshake together are within a time.
    pub(super) async fn open(&self, to: Uri) -> Result<Opened, Fault> {
        let connecting = self.https.clone().call(to);
        let socket = match timeout(self.within, connecting).await {
            Ok(result) => result.map_err(Fault::Connect)?,
            Err(_) => return Err(Fault::Connect(io::Error::from(io::ErrorKind::TimedOut).into())),
        };
        Ok(match socket.connected().is_negotiated_h2() {
            true => Opened::Http2(socket),
            false => Opened::Http1(socket),
        })
    }

    pub(super) async fn http1(&self, socket: Socket) -> Result<Line, Fault> {
        let (mut sender, connection) = http1::handshake(socket).await.map_err(Fault::Exchange)?;
        let (tell, told) = oneshot::channel();
        tokio::spawn(async move {
            // Of what happens later, those are told who wait for an answer.
            let _ = tell.send(connection.await);
        });
        match sender.ready().await {
            Ok(()) => Ok(Line::Http1(sender)),
            // That it is closed. Why, the connection knows.
            Err(closed) => match told.await {
                Ok(Err(fault)) => Err(Fault::Exchange(fault)),
                _ => Err(Fault::Exchange(closed)),
            },
        }
    }

    pub(super) async fn http2(&self, socket: Socket) -> Result<Line, Fault> {
        let (sender, connection) = self.http2.handshake(socket).await.map_err(Fault::Exchange)?;
        tokio::spawn(async move {
            // Those who wait on it are told of its fault.
            let _ = connection.await;
        });
        Ok(Line::Http2(sender))
    }
}
