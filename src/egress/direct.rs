//! The way to a target without a proxy: hyper's connections, a pool of them for each thread.
//!
//! A thread that runs an event opens, uses and keeps its connections by itself: nothing of an exchange
//! wakes another one. The price are as many pools as there are threads that send, and over HTTP/2 as
//! many connections. None of them is larger than what was in flight on its thread within the idle
//! time-out, so that it needs no bound of its own: fewer would be closed and opened all the time by as
//! many requests at once.
//!
//! hyper-util's client, on which reqwest is built, would do the same at a seventh more of what a whole
//! event costs (docs/performance.md).

mod answer;
mod line;
mod open;
mod place;

use std::cell::RefCell;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use http_body_util::Full;
use rustls::ClientConfig;
use thread_local::ThreadLocal;
use tokio::runtime::Handle;

pub(super) use answer::Answer;
use line::{Line, Unanswered};
use open::Opener;
use place::Place;

use super::fault;
use super::resolve::Resolver;

/// How often a request is sent again that an HTTP/2 server says it did not process (RFC 9113, section
/// 8.7).
const TURNED_AWAY: usize = 2;

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

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("there was no connection to send anything on")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    #[error("the exchange broke off")]
    Exchange(#[source] hyper::Error),
}

/// The client of a target.
pub(super) struct Direct {
    opener: Arc<Opener>,
    idle_timeout: Duration,
    own: ThreadLocal<RefCell<Option<Own>>>,
}

/// What belongs to a thread.
struct Own {
    /// Connections live and end with it: another one on the same thread begins anew.
    runtime: Handle,
    places: Vec<Arc<Place>>,
}

impl Direct {
    pub(super) fn new(settings: Settings) -> Self {
        let idle_timeout = settings.idle_timeout;
        Self { opener: Arc::new(Opener::new(settings)), idle_timeout, own: ThreadLocal::new() }
    }

    /// Sends a request, which is taken, and again where HTTP/2 says that it was not processed.
    pub(super) async fn send(
        &self,
        request: &mut Request<Bytes>,
    ) -> Result<Response<Answer>, Fault> {
        // Without TLS nobody offers HTTP/2, and nothing has to be kept to be sent again.
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            let kept = Box::new(request.clone());
            for _ in 0..TURNED_AWAY {
                match self.send_once(request).await {
                    Err(fault) if is_turned_away(&fault) => request.clone_from(&kept),
                    result => return result,
                }
            }
        }
        self.send_once(request).await
    }

    /// On another connection where one that was kept turns out to be closed before anything was
    /// written.
    async fn send_once(&self, request: &mut Request<Bytes>) -> Result<Response<Answer>, Fault> {
        let (uri, body) = (request.uri().clone(), request.body().clone());
        let place = self.place(&uri)?;
        loop {
            let (line, is_new) = place.line(&self.opener, &uri).await?;
            let outgoing = std::mem::take(request).map(Full::new);
            let unanswered = match line {
                Line::Http1(mut sender) => {
                    let sent = sender.try_send_request(line::in_origin_form(outgoing)).await;
                    match sent.map_err(Unanswered::from) {
                        Ok(answer) => {
                            return Ok(answer.map(|body| Answer::by_http1(body, sender, place)));
                        }
                        Err(unanswered) => unanswered,
                    }
                }
                Line::Http2(mut sender) => {
                    match sender.try_send_request(outgoing).await.map_err(Unanswered::from) {
                        Ok(answer) => return Ok(answer.map(Answer::by_http2)),
                        Err(unanswered) => unanswered,
                    }
                }
            };
            match unanswered.request {
                Some(again) if !is_new => *request = again.map(|_| body.clone()),
                _ => return Err(Fault::Exchange(unanswered.fault)),
            }
            *request.uri_mut() = uri.clone();
        }
    }

    /// Where this thread keeps its connections to the origin of a URI.
    fn place(&self, uri: &Uri) -> Result<Arc<Place>, Fault> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(Fault::Connect("the URL has no origin".into()));
        };
        let runtime = Handle::try_current().map_err(|fault| Fault::Connect(fault.into()))?;
        let mut own = self.own.get_or_default().borrow_mut();
        let own = match &mut *own {
            Some(own) if own.runtime.id() == runtime.id() => own,
            own => own.insert(Own { runtime, places: Vec::new() }),
        };
        if let Some(known) = own.places.iter().find(|place| place.is_at(scheme, authority)) {
            return Ok(Arc::clone(known));
        }
        // URLs may be made of what events say: what is not used any more makes room.
        own.places.retain(Place::is_used);
        let place = self.new_place(scheme, authority, own.runtime.clone());
        own.places.push(Arc::clone(&place));
        Ok(place)
    }

    fn new_place(&self, scheme: &Scheme, authority: &Authority, runtime: Handle) -> Arc<Place> {
        Arc::new(Place::new(scheme.clone(), authority.clone(), runtime, self.idle_timeout))
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
