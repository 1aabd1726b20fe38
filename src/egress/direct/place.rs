//! The connections of a thread to one origin.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::Uri;
use http::uri::{Authority, Scheme};
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::Fault;
use super::line::Line;
use super::open::{Opened, Opener};

/// Where connections to an origin are kept, and those who wait for one.
pub(super) struct Place {
    scheme: Scheme,
    authority: Authority,
    runtime: Handle,
    idle_timeout: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The one that was used last is at the end, and the first to be used again.
    idle: Vec<(http1::SendRequest<Full<Bytes>>, Instant)>,
    shared: Option<(http2::SendRequest<Full<Bytes>>, Instant)>,
    /// Who opens a connection, and takes any other that is there sooner. By their numbers, in order.
    waiting: VecDeque<(u64, oneshot::Sender<Line>)>,
    next: u64,
    /// Whether somebody closes what has been idle for too long.
    is_watched: bool,
}

type Opening = Pin<Box<dyn Future<Output = Result<Line, Fault>> + Send>>;

impl Place {
    pub(super) fn new(
        scheme: Scheme,
        authority: Authority,
        runtime: Handle,
        idle_timeout: Duration,
    ) -> Self {
        Self { scheme, authority, runtime, idle_timeout, state: Mutex::default() }
    }

    pub(super) fn is_at(&self, scheme: &Scheme, authority: &Authority) -> bool {
        self.scheme == *scheme && self.authority == *authority
    }

    /// Whether there is a connection, or somebody who may have one.
    pub(super) fn is_used(self: &Arc<Self>) -> bool {
        let state = self.state();
        Arc::strong_count(self) > 1 || !state.idle.is_empty() || state.shared.is_some()
    }

    /// A connection, and whether nobody had it before: one that is kept, or else whichever comes first,
    /// a new one or one that another exchange gives back.
    pub(super) async fn line(
        self: &Arc<Self>,
        opener: &Arc<Opener>,
        uri: &Uri,
    ) -> Result<(Line, bool), Fault> {
        let free = self.state().free(self.idle_timeout);
        if let Some(line) = free {
            return Ok((line, false));
        }
        let mut waiting = Waiting::at(self);
        let opening = Arc::clone(self).open(Arc::clone(opener), uri.clone());
        match select(&mut waiting.told, Box::pin(opening) as Opening).await {
            Either::Left((Ok(line), opening)) => {
                if let Line::Http1(_) = line {
                    // Closing what has been begun would do nobody a service: the next one takes it.
                    let place = Arc::clone(self);
                    self.runtime.spawn(async move {
                        if let Ok(Line::Http1(sender)) = opening.await {
                            place.keep(sender);
                        }
                    });
                }
                Ok((line, false))
            }
            Either::Left((Err(_), opening)) => Ok((opening.await?, true)),
            Either::Right((opened, _)) => Ok((opened?, true)),
        }
    }

    async fn open(self: Arc<Self>, opener: Arc<Opener>, uri: Uri) -> Result<Line, Fault> {
        match opener.open(uri).await? {
            Opened::Http1(socket) => opener.http1(socket).await,
            Opened::Http2(socket) => {
                // Of several that were opened at the same time, one is enough.
                let shared = self.state().shared(self.idle_timeout);
                if let Some(line) = shared {
                    return Ok(line);
                }
                // Rare beside HTTP/1, and larger than all the rest of this.
                let line = Box::pin(opener.http2(socket)).await?;
                if let Line::Http2(sender) = &line {
                    self.share(sender);
                }
                Ok(line)
            }
        }
    }

    /// Keeps a connection on which an exchange has ended, or gives it to whoever waits for one.
    pub(super) fn keep(self: &Arc<Self>, mut sender: http1::SendRequest<Full<Bytes>>) {
        if sender.is_ready() {
            return self.keep_ready(sender);
        }
        if !sender.is_closed() {
            // The target has answered before it read all of the request.
            let place = Arc::clone(self);
            self.runtime.spawn(async move {
                if let Ok(Ok(())) = timeout(place.idle_timeout, sender.ready()).await {
                    place.keep_ready(sender);
                }
            });
        }
    }

    fn keep_ready(self: &Arc<Self>, mut sender: http1::SendRequest<Full<Bytes>>) {
        let mut state = self.state();
        while let Some((_, first)) = state.waiting.pop_front() {
            match first.send(Line::Http1(sender)) {
                // It has got another one meanwhile.
                Err(Line::Http1(back)) => sender = back,
                _ => return,
            }
        }
        state.idle.push((sender, now()));
        self.watch(&mut state);
    }

    /// Everybody who waits, and all who come later, have this connection.
    fn share(self: &Arc<Self>, sender: &http2::SendRequest<Full<Bytes>>) {
        let mut state = self.state();
        for (_, first) in state.waiting.drain(..) {
            // Some have got another one meanwhile.
            let _ = first.send(Line::Http2(sender.clone()));
        }
        state.shared = Some((sender.clone(), now()));
        self.watch(&mut state);
    }

    /// Closes connections that have been idle for too long, as long as there are any.
    #[expect(clippy::disallowed_methods, reason = "servers live in the machine's time")]
    fn watch(self: &Arc<Self>, state: &mut State) {
        if std::mem::replace(&mut state.is_watched, true) {
            return;
        }
        let (place, idle_timeout) = (Arc::downgrade(self), self.idle_timeout);
        self.runtime.spawn(async move {
            while let Some(next) = Weak::upgrade(&place).and_then(|place| place.expire()) {
                sleep(idle_timeout.saturating_sub(next.elapsed())).await;
            }
        });
    }

    /// Closes what has been idle for too long; since when the next one is.
    fn expire(&self) -> Option<Instant> {
        let mut state = self.state();
        let limit = self.idle_timeout;
        state.shared.take_if(|(sender, since)| sender.is_closed() || since.elapsed() >= limit);
        state.idle.retain(|(sender, since)| !sender.is_closed() && since.elapsed() < limit);
        let idle = state.idle.first().map(|(_, since)| *since);
        let shared = state.shared.as_ref().map(|(_, since)| *since);
        let next = idle.into_iter().chain(shared).min();
        state.is_watched = next.is_some();
        next
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A connection that nobody uses, or that everybody may use.
    fn free(&mut self, idle_timeout: Duration) -> Option<Line> {
        while let Some((sender, since)) = self.idle.pop() {
            if since.elapsed() >= idle_timeout {
                // The watch is late; those below have been idle for longer.
                self.idle.clear();
            } else if sender.is_ready() {
                return Some(Line::Http1(sender));
            }
        }
        self.shared(idle_timeout)
    }

    fn shared(&mut self, idle_timeout: Duration) -> Option<Line> {
        let (sender, since) = self.shared.as_mut()?;
        if sender.is_closed() || since.elapsed() >= idle_timeout {
            self.shared = None;
            return None;
        }
        *since = now();
        Some(Line::Http2(sender.clone()))
    }
}

#[expect(clippy::disallowed_methods, reason = "servers live in the machine's time")]
fn now() -> Instant {
    Instant::now()
}

/// One who waits for a connection; no more when it is dropped.
struct Waiting<'p> {
    place: &'p Arc<Place>,
    number: u64,
    told: oneshot::Receiver<Line>,
}

impl<'p> Waiting<'p> {
    fn at(place: &'p Arc<Place>) -> Self {
        let (tell, told) = oneshot::channel();
        let mut state = place.state();
        let number = state.next;
        state.next += 1;
        state.waiting.push_back((number, tell));
        Self { place, number, told }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.place.state();
        if let Ok(at) = state.waiting.binary_search_by_key(&self.number, |(number, _)| *number) {
            state.waiting.remove(at);
        }
        drop(state);
        // Told at the last moment: the next one takes it.
        if let Ok(Line::Http1(sender)) = self.told.try_recv() {
            self.place.keep(sender);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_no_more_leaves_nothing_behind() {
        let origin = Uri::from_static("http://hss.test");
        let (scheme, authority) = (origin.scheme().unwrap(), origin.authority().unwrap());
        let runtime = Handle::current();
        let place = Arc::new(Place::new(scheme.clone(), authority.clone(), runtime, Duration::MAX));
        let [first, second, third] = [(); 3].map(|()| Waiting::at(&place));
        let numbers =
            || place.state().waiting.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        drop(second);
        assert_eq!(numbers(), [0, 2]);
        drop(first);
        let fourth = Waiting::at(&place);
        assert_eq!(numbers(), [2, 3]);
        drop((third, fourth));
        assert!(numbers().is_empty());
        assert!(!place.is_used());
    }
}
