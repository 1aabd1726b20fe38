//! Ends connections that nobody uses. actix limits the time for the head of a connection's first
//! request and for the pause between requests, but neither a later head that comes in drips nor an
//! answer that is never read; without this, a client could hold its connections for ever.

use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How often connections are looked at.
const ROUND: Duration = Duration::from_secs(1);

/// One connection, as long as actix holds it.
#[derive(Debug)]
pub(super) struct Connection {
    /// A second handle of the same socket, to shut it down behind actix's back.
    socket: TcpStream,
    opened: Instant,
    /// Requests that were read and are not answered yet.
    requests: AtomicUsize,
    /// When the latest answer was written, in milliseconds after `opened`.
    unused_since: AtomicU64,
}

impl Connection {
    fn is_overdue(&self, limit: Duration) -> bool {
        let since = Duration::from_millis(self.unused_since.load(Ordering::Acquire));
        self.requests.load(Ordering::Acquire) == 0
            && self.opened.elapsed().saturating_sub(since) > limit
    }
}

/// Held from the head of a request until its answer is written.
#[derive(Debug)]
pub(super) struct Busy(Arc<Connection>);

impl Busy {
    pub fn on(connection: &Arc<Connection>) -> Self {
        connection.requests.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(connection))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let age = u64::try_from(self.0.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.unused_since.store(age, Ordering::Release);
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

/// All open connections of a server.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<Vec<Weak<Connection>>>,
}

impl Connections {
    /// `None` if the socket cannot be duplicated, for want of file descriptors: such a connection
    /// is served, and not watched.
    pub fn opened(&self, socket: &impl AsFd) -> Option<Arc<Connection>> {
        let socket = TcpStream::from(socket.as_fd().try_clone_to_owned().ok()?);
        let connection = Arc::new(Connection {
            socket,
            opened: Instant::now(),
            requests: AtomicUsize::new(0),
            unused_since: AtomicU64::new(0),
        });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(Arc::downgrade(&connection));
        Some(connection)
    }

    fn end_unused(&self, limit: Duration) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            let overdue = connection.is_overdue(limit);
            if overdue {
                // It fails if the client was faster, which is as well.
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
            !overdue
        });
    }
}

/// Ends connections that are unused for longer than `limit`, until the server is gone.
pub(super) async fn watch(connections: Weak<Connections>, limit: Duration) {
    let round = ROUND.min(limit / 2);
    while let Some(connections) = connections.upgrade() {
        connections.end_unused(limit);
        drop(connections);
        tokio::time::sleep(round).await;
    }
}
