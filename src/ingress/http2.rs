//! HTTP/2 (RFC 9113) above TLS. actix has a way to serve it that lets a client open as many streams
//! as it likes, holds an answer for as long as nobody reads it, and ends without a word; here each
//! of these has a limit.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{BoxedPayloadStream, HttpMessage as _, Request};
use actix_service::boxed::RcService;
use actix_web::body::MessageBody as _;
use actix_web::dev::{Payload, Service as _, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, Uri, Version};
use bytes::Bytes;
use futures_util::stream;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::spawn_local;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::gate::LINGER;
use super::idle;
use super::listen::Door;

/// Requests at once on a connection; the client waits with what is past that.
const STREAMS: u32 = 128;

/// The head of a request, in bytes as RFC 9113 (10.5.1) counts them; past it, 431.
const HEAD: u32 = 64 * 1024;

/// What a client may send of a body, and of all bodies of a connection, before we have read it.
const WINDOW: u32 = 256 * 1024;
const WINDOW_OF_ALL: u32 = 1024 * 1024;

/// Of an answer that the client does not read yet.
const UNREAD: usize = 64 * 1024;

/// The application, as each connection has it.
pub(super) type Application = RcService<Request, ServiceResponse, actix_web::Error>;

type Link = Connection<TlsStream<TcpStream>, Bytes>;

/// Serves one connection to its end.
pub(super) async fn serve(
    door: &Door,
    application: Application,
    stream: TlsStream<TcpStream>,
    peer: Option<SocketAddr>,
) {
    let watched = door.connections.opened(stream.get_ref().0);
    let greeting = Builder::new()
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW_OF_ALL)
        .max_send_buffer_size(UNREAD)
        .handshake(stream);
    let Some(Ok(mut link)) = door.greeting(greeting).await else { return };
    let streams =
        Streams { door: door.clone(), application, watched, peer, state: watch::Sender::default() };
    let streams = Rc::new(streams);
    if streams.accept(&mut link, streams.time_to_leave(door.gate.config.patience.idle)).await {
        // The client is told (GOAWAY); what it sent before it knew is still answered.
        link.graceful_shutdown();
        streams.accept(&mut link, streams.unused_for(LINGER)).await;
    }
    drop(link);
    if let Some(socket) = streams.watched.as_ref().and_then(|watched| watched.socket()) {
        let _ = timeout(LINGER, part(socket)).await;
    }
}

/// Waits until the client closes its side as well. What it sends to a socket that is closed already
/// would reset the connection, and take from it the answers that it has not read.
async fn part(socket: std::net::TcpStream) -> io::Result<()> {
    let mut socket = TcpStream::from_std(socket)?;
    socket.shutdown().await?;
    while socket.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

/// The requests of a connection.
struct Streams {
    door: Door,
    application: Application,
    watched: Option<Arc<idle::Connection>>,
    peer: Option<SocketAddr>,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Requests that are not answered yet.
    open: usize,
    /// Whether any was answered.
    served: bool,
}

impl Streams {
    /// Takes requests until the connection ends, which is `false`, or it is time.
    async fn accept(self: &Rc<Self>, link: &mut Link, time: impl Future<Output = ()>) -> bool {
        let mut time = pin!(time);
        loop {
            tokio::select! {
                request = link.accept() => {
                    let Some(Ok((request, answer))) = request else { return false };
                    self.state.send_modify(|state| state.open += 1);
                    spawn_local(Rc::clone(self).answer(request, answer));
                }
                () = &mut time => return true,
            }
        }
    }

    /// Resolves when clients are to go elsewhere, or this one has not asked anything for so long.
    async fn time_to_leave(&self, idle: Duration) {
        let sent_elsewhere = async {
            self.door.gate.drains().await;
            // One that comes while we drain found nobody better: it is served once.
            let _ = self.state.subscribe().wait_for(|state| state.served).await;
        };
        tokio::select! {
            () = sent_elsewhere => {}
            () = self.door.stopping.notified() => {}
            () = self.unused_for(idle) => {}
        }
    }

    /// Resolves when no request was open for so long.
    async fn unused_for(&self, limit: Duration) {
        let mut state = self.state.subscribe();
        loop {
            // The sender is this connection's own, so it is there.
            let _ = state.wait_for(|state| state.open == 0).await;
            if timeout(limit, state.changed()).await.is_err() {
                return;
            }
        }
    }

    async fn answer(
        self: Rc<Self>,
        request: http::Request<RecvStream>,
        mut to: SendResponse<Bytes>,
    ) {
        let _open = Open(&self.state);
        let no_body = request.method() == http::Method::HEAD;
        if expects_permission(request.headers()) {
            let mut go_on = http::Response::new(());
            *go_on.status_mut() = http::StatusCode::CONTINUE;
            // If that fails, so does the answer.
            let _ = to.send_informational(go_on);
        }
        let whole = Rc::new(Cell::new(false));
        let Some(request) = translated(request, self.peer, &whole) else {
            to.send_reset(Reason::PROTOCOL_ERROR);
            return;
        };
        if let Some(watched) = &self.watched {
            request.extensions_mut().insert(Arc::clone(watched));
        }
        let Ok(response) = self.application.call(request).await else {
            to.send_reset(Reason::INTERNAL_ERROR);
            return;
        };
        // What is not read in time is taken back, by dropping it.
        let writing = write(response, to, no_body, self.door.gate.parts.clock.wall());
        let written = timeout(self.door.gate.config.patience.body, writing).await;
        if let Ok(Ok(mut stream)) = written
            && !whole.get()
        {
            // Dropping it tells the client to stop (RFC 9113, section 8.1). Some, such as curl 7.88, lose
            // the answer if they are told while they still send; what they send is forgotten.
            let _ = timeout(LINGER, poll_fn(|context| stream.poll_reset(context))).await;
        }
    }
}

/// Counts a request until it is answered.
struct Open<'s>(&'s watch::Sender<State>);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|state| *state = State { open: state.open - 1, served: true });
    }
}

/// Whether the client waits for a word before it sends the body (RFC 9110, section 10.1.1).
fn expects_permission(headers: &http::HeaderMap) -> bool {
    let expected = headers.get(http::header::EXPECT);
    expected.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// The same request in actix's words; `None` if these have no word for it. `whole` turns true once all
/// of it was read.
fn translated(
    request: http::Request<RecvStream>,
    peer: Option<SocketAddr>,
    whole: &Rc<Cell<bool>>,
) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let mut request = Request::with_payload(payload(body, Rc::clone(whole)));
    let head = request.head_mut();
    head.method = Method::from_bytes(parts.method.as_str().as_bytes()).ok()?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = Uri::try_from(path).ok()?;
    head.version = Version::HTTP_2;
    head.peer_addr = peer;
    for (name, value) in &parts.headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        head.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    Some(request)
}

/// Lets the client send on as much as was read.
fn payload(body: RecvStream, whole: Rc<Cell<bool>>) -> Payload {
    whole.set(body.is_end_stream());
    if whole.get() {
        return Payload::None;
    }
    let chunks = stream::unfold((body, whole), |(mut body, whole)| async move {
        let Some(chunk) = body.data().await else {
            whole.set(true);
            return None;
        };
        let chunk = chunk.and_then(|chunk| {
            body.flow_control().release_capacity(chunk.len())?;
            Ok(chunk)
        });
        Some((chunk.map_err(|fault| PayloadError::Io(io::Error::other(fault))), (body, whole)))
    });
    let payload: BoxedPayloadStream = Box::pin(chunks);
    Payload::Stream { payload }
}

async fn write(
    response: ServiceResponse,
    mut to: SendResponse<Bytes>,
    no_body: bool,
    now: Timestamp,
) -> Result<SendStream<Bytes>, h2::Error> {
    let (_, response) = response.into_parts();
    // The body holds on to what keeps the connection busy, until all is written. It is in one piece.
    let (head, mut body) = response.into_parts();
    let text = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await;
    let mut text = text.and_then(Result::ok).unwrap_or_default();
    let mut answer = http::Response::new(());
    if let Ok(status) = http::StatusCode::from_u16(head.status().as_u16()) {
        *answer.status_mut() = status;
    }
    let headers = head.headers().iter();
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes());
        let value = http::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            answer.headers_mut().append(name, value);
        }
    }
    answer.headers_mut().insert(http::header::CONTENT_LENGTH, text.len().into());
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok();
    if let Some(date) = date.and_then(|date| date.try_into().ok()) {
        answer.headers_mut().insert(http::header::DATE, date);
    }
    let mut stream = to.send_response(answer, no_body || text.is_empty())?;
    while !no_body && !text.is_empty() {
        stream.reserve_capacity(text.len());
        let Some(room) = poll_fn(|context| stream.poll_capacity(context)).await else { break };
        let piece = text.split_to(room?.min(text.len()));
        stream.send_data(piece, text.is_empty())?;
    }
    drop(body);
    Ok(stream)
}
