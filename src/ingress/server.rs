//! The HTTP server: begins, drains, stops.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::gate::{Gate, Parts};
use super::idle::{self, Connections};
use super::{Config, listen};

/// How long the answers of events that were given up may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running server. Dropping it ends it at once.
pub struct Server {
    address: SocketAddr,
    gate: Arc<Gate>,
    handle: ServerHandle,
    running: JoinHandle<io::Result<()>>,
    /// Dropped with the server, which ends the watch over its connections.
    _alive: oneshot::Sender<()>,
}

/// Binds and serves. The listener is open when this returns; it fails if the address cannot be
/// bound.
pub fn serve(config: Config, parts: Parts) -> io::Result<Server> {
    let gate = Gate::new(config, parts);
    let connections = Arc::new(Connections::default());
    let patience = gate.config.patience;
    let (alive, server_ends) = oneshot::channel();
    let longest = patience.idle + patience.head;
    gate.parts.runtime.spawn(idle::watch(Arc::clone(&connections), longest, server_ends));

    let (address, server) = {
        let _inside = gate.parts.runtime.enter();
        listen::open(&gate, connections)?
    };
    let handle = server.handle();
    let running = gate.parts.runtime.spawn(server);
    Ok(Server { address, gate, handle, running, _alive: alive })
}

impl Server {
    /// Where it listens; the port is the real one where the configuration said 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on `/ready` says 503 and every answer closes its connection, so that load
    /// balancers and clients go elsewhere; events are still processed.
    pub fn drain(&self) {
        self.gate.drain();
    }

    /// Resolves if the server ends by itself, which it does only when it cannot go on.
    pub async fn failed(&mut self) -> io::Error {
        match (&mut self.running).await {
            Ok(Err(fault)) => fault,
            Ok(Ok(())) => io::Error::other("the HTTP server ended"),
            Err(fault) => io::Error::other(fault),
        }
    }

    /// Closes the listener and idle connections, lets events in flight finish and their answers be
    /// written for at most `grace`, then gives up what is left: it is answered 503, so that NSPS
    /// sends it again. Returns how many events that were: 0 if all finished.
    ///
    /// A request that reaches an open connection in the moment of stopping may be closed without an
    /// answer (RFC 9112, 9.6 makes clients expect that); it has not been processed.
    pub async fn stop(mut self, grace: Duration) -> usize {
        self.drain();
        let stopped = self.handle.stop(true);
        let admission = Arc::clone(&self.gate.parts.admission);
        let mut finished = pin!(async { tokio::join!(stopped, admission.drained()) });
        let mut left = 0;
        if tokio::time::timeout(grace, &mut finished).await.is_err() {
            left = admission.in_flight();
            self.gate.give_up();
            let _ = tokio::time::timeout(LAST_WORDS, finished).await;
        }
        self.running.abort();
        let _ = (&mut self.running).await;
        left
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}
