//! Ends connections that nobody uses. actix limits the time for the head of a connection's first
//! request and for the pause between requests, but neither a later head that comes in drips nor an
//! answer that is never read; without this, a client could hold its connections for ever.

use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// Connections are looked at so many times within the longest time that one may be unused.
const ROUNDS: u32 = 20;

/// One connection, as long as actix holds it.
#[derive(Debug)]
pub(super) struct Connection {
    /// A second handle of the same socket, to shut it down behind actix's back.
    socket: TcpStream,
    /// Requests that were read and are not answered yet.
    requests: AtomicUsize,
    /// Rounds since it was opened or the latest answer was written.
    unused_rounds: AtomicU64,
    /// Events that came on it and run on the thread that serves it.
    runs: AtomicUsize,
    run_ended: Notify,
}

impl Connection {
    /// One more handle of its socket, if there are file descriptors left.
    pub fn socket(&self) -> Option<TcpStream> {
        self.socket.try_clone().ok()
    }

    /// Resolves once no event runs that came on it: whoever sent them may be gone by then, and the thread
    /// that they run on must not go before they end.
    pub async fn runs_end(&self) {
        loop {
            let mut ended = std::pin::pin!(self.run_ended.notified());
            // Registered before the count is read: else the last one could end in between.
            ended.as_mut().enable();
            if self.runs.load(Ordering::Acquire) == 0 {
                return;
            }
            ended.await;
        }
    }

    /// One round more; whether that was one too many.
    fn grows_old(&self) -> bool {
        self.requests.load(Ordering::Acquire) == 0
            && self.unused_rounds.fetch_add(1, Ordering::AcqRel) > u64::from(ROUNDS)
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
        self.0.unused_rounds.store(0, Ordering::Release);
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Held by an event as long as it runs on the thread of the connection that it came on.
#[derive(Debug)]
pub(super) struct Running(Arc<Connection>);

impl Running {
    pub fn on(connection: Arc<Connection>) -> Self {
        connection.runs.fetch_add(1, Ordering::AcqRel);
        Self(connection)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.runs.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.run_ended.notify_waiters();
        }
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
            requests: AtomicUsize::new(0),
            unused_rounds: AtomicU64::new(0),
            runs: AtomicUsize::new(0),
            run_ended: Notify::new(),
        });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(Arc::downgrade(&connection));
        Some(connection)
    }

    fn end_unused(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            let overdue = connection.grows_old();
            if overdue {
                // It fails if the client was faster, which is as well.
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
            !overdue
        });
    }
}

/// Ends connections that are unused for longer than `limit`, until the other end of `server` is
/// dropped.
pub(super) async fn watch(
    connections: Arc<Connections>,
    limit: Duration,
    mut server: oneshot::Receiver<()>,
) {
    while timeout(limit / ROUNDS, &mut server).await.is_err() {
        connections.end_unused();
    }
}
