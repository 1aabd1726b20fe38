//! An event that runs within the request that brought it, and goes on without it.
//!
//! A task of its own would survive a client that disconnects, too. It costs each event an allocation
//! and two turns of the scheduler, though, for what hardly one in a million needs.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::idle::{Connection, Running};

type Run<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs where it is polled. If it is dropped before its end, a task takes it over.
pub(super) struct Steadfast<T: Send + 'static> {
    /// None of one that has ended, or that panicked.
    run: Option<Run<T>>,
    connection: Arc<Connection>,
    runtime: Handle,
}

impl<T: Send + 'static> Steadfast<T> {
    /// `connection` is what it came on: its thread stays until the task has ended, since timers and
    /// connections to targets that the run began with belong to it. `runtime` has the task.
    pub fn new(run: Run<T>, connection: Arc<Connection>, runtime: Handle) -> Self {
        Self { run: Some(run), connection, runtime }
    }
}

impl<T: Send + 'static> Future for Steadfast<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Taken out: what panics is dropped, and not run again.
        let Some(mut run) = self.run.take() else { return Poll::Pending };
        let polled = run.as_mut().poll(cx);
        if polled.is_pending() {
            self.run = Some(run);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Steadfast<T> {
    fn drop(&mut self) {
        let Some(run) = self.run.take() else { return };
        let running = Running::on(Arc::clone(&self.connection));
        self.runtime.spawn(async move {
            run.await;
            drop(running);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, poll_fn};
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;
    use crate::ingress::idle::Connections;

    fn connection() -> Arc<Connection> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Connections::default().opened(&listener).unwrap()
    }

    /// Polls it once; what it came to.
    async fn poll_once<T: Send>(run: &mut Steadfast<T>) -> Poll<T> {
        poll_fn(|cx| Poll::Ready(Pin::new(&mut *run).poll(cx))).await
    }

    #[tokio::test]
    async fn what_is_dropped_goes_on_and_its_connection_waits_for_it() {
        let (connection, (go, gone)) = (connection(), oneshot::channel::<()>());
        let (done, ended) = oneshot::channel();
        let run = Box::pin(async move {
            gone.await.unwrap();
            done.send(()).unwrap();
        });
        let mut run = Steadfast::new(run, Arc::clone(&connection), Handle::current());
        assert!(poll_once(&mut run).await.is_pending());
        timeout(Duration::from_secs(5), connection.runs_end()).await.expect("no task has it yet");
        drop(run);
        timeout(Duration::from_millis(20), connection.runs_end()).await.expect_err("it runs");
        go.send(()).unwrap();
        timeout(Duration::from_secs(5), ended).await.unwrap().unwrap();
        timeout(Duration::from_secs(5), connection.runs_end()).await.unwrap();
    }

    #[tokio::test]
    async fn what_has_ended_leaves_nothing_behind() {
        let connection = connection();
        let mut run =
            Steadfast::new(Box::pin(async { 7 }), Arc::clone(&connection), Handle::current());
        assert_eq!(poll_once(&mut run).await, Poll::Ready(7));
        drop(run);
        timeout(Duration::from_secs(5), connection.runs_end()).await.unwrap();
    }

    #[tokio::test]
    async fn what_panicked_is_not_run_again() {
        let (connection, runs) = (connection(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&runs);
        let run = Box::pin(poll_fn(move |_| -> Poll<()> {
            counted.fetch_add(1, Ordering::Relaxed);
            panic!("once is enough");
        }));
        let run = Steadfast::new(run, Arc::clone(&connection), Handle::current());
        tokio::spawn(run).await.expect_err("it panics");
        timeout(Duration::from_secs(5), connection.runs_end()).await.unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    }
}
