//! Where connections come in: the socket, and actix's workers behind it, which speak HTTP/1 on it
//! as it is or below TLS.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::{HttpService, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{Service, ServiceFactory};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};

use super::body::Outgoing;
use super::idle::{Connection, Connections};
use super::server::{Gate, LINGER, respond};
use super::tls;

/// actix's own limit for a graceful stop, in seconds; ours is the grace period, which is shorter.
const NEVER: u64 = 24 * 3600;

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;

/// What every connection is served with.
#[derive(Clone)]
pub(super) struct Door {
    pub gate: Arc<Gate>,
    pub connections: Arc<Connections>,
    /// That the listener closes, and whoever is idle is to leave.
    pub stopping: GracefulShutdownSignal,
}

/// Listens, and begins to serve.
pub(super) fn open(
    gate: &Arc<Gate>,
    connections: Arc<Connections>,
) -> io::Result<(SocketAddr, actix_server::Server)> {
    let config = &gate.config;
    let workers = config.workers.max(1);
    let listener = socket(config.listen)?;
    let address = listener.local_addr()?;
    let server = actix_server::Server::build()
        .workers(workers)
        .max_concurrent_connections((config.max_connections / workers).max(1))
        .shutdown_timeout(NEVER)
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    let door = Door { gate: Arc::clone(gate), connections, stopping };
    let server = match &gate.certificate {
        None => server.listen("http", listener, move || {
            door.http1(|stream: &TcpStream, connections| connections.opened(stream)).tcp()
        }),
        Some(shown) => {
            let acceptor = tls::acceptor(shown)?;
            server.listen("https", listener, move || tls::factory(&door, &acceptor))
        }
    };
    Ok((address, server?.run()))
}

/// Addresses of connections that ended a moment ago do not keep a new listener away.
fn socket(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

impl Door {
    /// HTTP/1 over some kind of stream; `opened` finds the socket below it, to be watched.
    pub fn http1<T: AsyncRead + AsyncWrite + Unpin + 'static>(
        &self,
        opened: fn(&T, &Connections) -> Option<Arc<Connection>>,
    ) -> HttpService<T, Surface, Outgoing> {
        let patience = self.gate.config.patience;
        let (connections, stopping) = (Arc::clone(&self.connections), self.stopping.clone());
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_request_timeout(patience.head)
            .client_disconnect_timeout(LINGER)
            .keep_alive(patience.idle)
            .tcp_nodelay(true)
            .on_connect_ext(move |stream: &T, extensions| {
                if let Some(connection) = opened(stream, &connections) {
                    extensions.insert(connection);
                }
            })
            .finish(Surface(Arc::clone(&self.gate)))
    }
}

/// What answers requests. One for everything: routing is ours, so that each refusal is an answer of
/// ours.
#[derive(Clone)]
pub(super) struct Surface(Arc<Gate>);

impl Service<Request> for Surface {
    type Response = Response<Outgoing>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Outgoing>, Infallible>>>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: Request) -> Self::Future {
        let gate = Arc::clone(&self.0);
        Box::pin(async move {
            let connection = request.conn_data::<Arc<Connection>>().cloned();
            Ok(respond(&gate, request, connection).await)
        })
    }
}

impl ServiceFactory<Request> for Surface {
    type Response = Response<Outgoing>;
    type Error = Infallible;
    type Config = ();
    type Service = Self;
    type InitError = ();
    type Future = Ready<Result<Self, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        ready(Ok(self.clone()))
    }
}
