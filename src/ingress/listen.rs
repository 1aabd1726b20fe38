//! Where connections come in: the socket, and actix's workers behind it, which speak HTTP/1 on it
//! as it is or below TLS.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;

use actix_http::{HttpService, Protocol, Request};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, map_config};
use actix_web::dev::{AppConfig, Service, ServiceFactory, ServiceResponse, fn_factory, fn_service};
use actix_web::{App, web};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::gate::{Gate, LINGER};
use super::idle::{Connection, Connections};
use super::respond::respond;
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
    let server = match &gate.parts.certificate {
        None => server.listen("http", listener, move || factory(&door)),
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

/// What answers requests.
pub(super) trait Surface:
    ServiceFactory<
        Request,
        Config = (),
        Response = ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
        Service: Service<Request, Future: 'static> + 'static,
        Future: 'static,
    >
{
}

impl<S> Surface for S where
    S: ServiceFactory<
            Request,
            Config = (),
            Response = ServiceResponse,
            Error = actix_web::Error,
            InitError = (),
            Service: Service<Request, Future: 'static> + 'static,
            Future: 'static,
        >
{
}

impl Door {
    /// What comes of a greeting, unless the client takes longer than for the head of a request; it
    /// has less time when the listener closes: a client that says nothing does not hold that up.
    pub async fn greeting<T>(&self, greeting: impl Future<Output = T>) -> Option<T> {
        let closed = async {
            self.stopping.notified().await;
            self.gate.parts.clock.sleep(LINGER).await;
        };
        tokio::select! {
            greeted = timeout(self.gate.config.patience.head, greeting) => greeted.ok(),
            () = closed => None,
        }
    }

    /// The application, of every version of HTTP. It has one handler for everything: routing is
    /// ours, so that each refusal is an answer of ours.
    pub fn surface(&self) -> impl Surface + use<> {
        let gate = web::Data::from(Arc::clone(&self.gate));
        let app = App::new().app_data(gate).default_service(web::to(respond));
        map_config(app.into_factory(), |()| AppConfig::default())
    }

    /// HTTP/1 over some kind of stream.
    pub async fn http1<T: AsyncRead + AsyncWrite + Unpin + 'static>(
        &self,
    ) -> Result<Http1<impl Stack<T> + use<T>>, ()> {
        let patience = self.gate.config.patience;
        let (stopping, comes) = (self.stopping.clone(), Rc::new(Cell::new(None)));
        let opened = Rc::clone(&comes);
        let service = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_request_timeout(patience.head)
            .client_disconnect_timeout(LINGER)
            .keep_alive(patience.idle)
            .on_connect_ext(move |_: &T, extensions| {
                if let Some(connection) = opened.take() {
                    extensions.insert::<Arc<Connection>>(connection);
                }
            })
            .finish(self.surface())
            .new_service(());
        Ok(Http1 { service: service.await?, comes })
    }
}

/// Serves sockets as they are.
fn factory(
    door: &Door,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = ()> + use<>
{
    let door = door.clone();
    fn_factory(move || {
        let door = door.clone();
        async move {
            let http1 = Rc::new(door.http1().await?);
            Ok(fn_service(move |socket: TcpStream| {
                let (door, http1) = (door.clone(), Rc::clone(&http1));
                async move {
                    let peer = socket.peer_addr().ok();
                    // Answers are written in one go.
                    let _ = socket.set_nodelay(true);
                    let connection = door.connections.opened(&socket);
                    http1.serve(socket, peer, connection).await;
                    Ok(())
                }
            }))
        }
    })
}

/// What actix makes of a stream.
pub(super) trait Stack<T>:
    Service<(T, Protocol, Option<SocketAddr>), Response = ()>
{
}

impl<T, S: Service<(T, Protocol, Option<SocketAddr>), Response = ()>> Stack<T> for S {}

/// HTTP/1 on one of actix's workers.
pub(super) struct Http1<S> {
    service: S,
    /// The connection that is about to be served: actix asks for what belongs to it as it begins.
    comes: Rc<Cell<Option<Arc<Connection>>>>,
}

impl<S> Http1<S> {
    /// Serves one connection to its end, and to the end of the events that came on it: actix keeps a
    /// worker for as long as connections are served.
    pub async fn serve<T>(
        &self,
        stream: T,
        peer: Option<SocketAddr>,
        connection: Option<Arc<Connection>>,
    ) where
        S: Stack<T>,
    {
        self.comes.set(connection.clone());
        // What it fails for is the client's doing, and nothing can be told to that one any more.
        let _ = self.service.call((stream, Protocol::Http1, peer)).await;
        if let Some(connection) = connection {
            connection.runs_end().await;
        }
    }
}
