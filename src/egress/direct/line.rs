//! A connection, and how a request is sent on it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::{Entry, HOST, HeaderValue};
use http::uri::{PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::coop::unconstrained;

pub(super) type Socket = MaybeHttpsStream<TokioIo<TcpStream>>;

/// How long the goodbye of a connection may take (over TLS there is one to send).
const GOODBYE: Duration = Duration::from_secs(1);

pub(super) enum Line {
    /// For one exchange at a time.
    Http1(Box<Http1>),
    /// For any number of them: a task moves them on.
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// A request that got no answer.
pub(super) struct Unsent {
    pub fault: hyper::Error,
    /// What was given to be sent, if nothing of it was written.
    pub request: Option<Request<Full<Bytes>>>,
}

impl From<TrySendError<Request<Full<Bytes>>>> for Unsent {
    fn from(mut fault: TrySendError<Request<Full<Bytes>>>) -> Self {
        let request = fault.take_message();
        Self { fault: fault.into_error(), request }
    }
}

/// An HTTP/1 connection. It is moved on by whoever waits for an answer on it, not by a task of its own:
/// an exchange then is nobody else's to wake. Nobody moves it on while it is idle; what came meanwhile,
/// above all its end, is read before the next request is written.
pub(super) struct Http1 {
    sender: http1::SendRequest<Full<Bytes>>,
    /// `None` when it has ended.
    connection: Option<http1::Connection<Socket, Full<Bytes>>>,
}

impl Http1 {
    pub(super) fn new(
        sender: http1::SendRequest<Full<Bytes>>,
        connection: http1::Connection<Socket, Full<Bytes>>,
    ) -> Self {
        Self { sender, connection: Some(connection) }
    }

    /// The head of the answer. Its body goes on only as long as [`move_on`](Self::move_on) is called.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Unsent> {
        let answer = self.sender.try_send_request(in_origin_form(request));
        // Whatever it waits for comes from the connection, which is moved on right before it is asked:
        // it neither needs to be woken nor may it put itself off.
        let mut answer = pin!(unconstrained(answer));
        let mut end = None;
        let answer = poll_fn(|cx| {
            end = end.take().or_else(|| self.move_on(cx));
            answer.as_mut().poll(&mut nobody())
        });
        answer.await.map_err(|fault| {
            let Unsent { fault, request } = fault.into();
            // Nothing was written: the connection knows why.
            let why = end.filter(|_| request.is_some());
            Unsent { fault: why.unwrap_or(fault), request }
        })
    }

    /// Reads and writes what can be read and written. Gives the fault that ended the connection, if it
    /// was told to nobody else.
    pub(super) fn move_on(&mut self, cx: &mut Context<'_>) -> Option<hyper::Error> {
        match Pin::new(self.connection.as_mut()?).poll(cx) {
            Poll::Pending => None,
            Poll::Ready(end) => {
                // Who still waits for something from it is told when it goes.
                self.connection = None;
                end.err()
            }
        }
    }

    /// Whether another request can be sent. Nobody's waker stays behind.
    pub(super) fn settles(&mut self) -> bool {
        self.move_on(&mut nobody());
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Ends the connection as the protocol wants it.
    pub(super) async fn close(self) {
        let Self { sender, connection } = self;
        drop(sender);
        if let Some(connection) = connection {
            // Whether it went well is of no use to anybody.
            let _ = tokio::time::timeout(GOODBYE, connection).await;
        }
    }
}

pub(super) fn nobody() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// As servers want it (RFC 9112, section 3.2.1), with the authority as `host` (RFC 9110, section 7.2).
fn in_origin_form(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let uri = std::mem::take(request.uri_mut());
    if let Entry::Vacant(vacant) = request.headers_mut().entry(HOST)
        && let Some(host) = host(&uri)
    {
        vacant.insert(host);
    }
    let path = uri.into_parts().path_and_query;
    *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
    request
}

fn host(uri: &Uri) -> Option<HeaderValue> {
    let is_usual = match uri.port_u16() {
        Some(80) => uri.scheme() == Some(&Scheme::HTTP),
        Some(443) => uri.scheme() == Some(&Scheme::HTTPS),
        Some(_) => false,
        None => true,
    };
    let host = if is_usual { uri.host()? } else { uri.authority()?.as_str() };
    HeaderValue::from_str(host).ok()
}

/// A request that was not written, as it was given.
pub(super) fn restored(mut request: Request<Full<Bytes>>, uri: &Uri) -> Request<Full<Bytes>> {
    *request.uri_mut() = uri.clone();
    request
}
