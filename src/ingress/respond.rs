//! One request: which way it goes, and the answer with the headers that all have.
//!
//! Limits that actix sets for HTTP/1 and this module cannot change: a request head of 128 KiB and
//! 96 headers, 16 pipelined requests. What is no HTTP request at all (400), has too large a head
//! (431), or takes too long for its first one (408) is answered by actix, without a body.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode, Version};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::FutureExt;

use super::answer::{Answer, Identity, Refusal};
use super::body::{Incoming, Outgoing};
use super::gate::Gate;
use super::idle::{Busy, Connection};
use super::{event, ops};
use crate::clock::{self, Clock};
use crate::fields;
use crate::telemetry::log::{Level, Log, Subject};

/// Longest identifier that is taken over from a header, in bytes.
const LONGEST_IDENTIFIER: usize = 128;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
const UNIQUE_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An answer in the form in which it goes out, short of the headers that every answer has.
struct Written {
    status: u16,
    headers: Vec<(&'static str, String)>,
    text: Bytes,
}

impl Written {
    fn of_text(text: Bytes) -> Self {
        Self { status: 200, headers: Vec::new(), text }
    }
}

impl From<Answer> for Written {
    fn from(Answer { status, headers, body }: Answer) -> Self {
        Self { status, headers, text: Bytes::from(body) }
    }
}

/// Answers any request at all.
pub(super) async fn respond(
    request: HttpRequest,
    payload: web::Payload,
    gate: web::Data<Gate>,
) -> HttpResponse<Outgoing> {
    let busy = connection(&request).as_ref().map(Busy::on);
    let identity = identity(request.headers(), &*gate.parts.clock);
    let mut incoming = Incoming::new(payload.into_inner(), length(request.headers()));
    let way = AssertUnwindSafe(route(&gate, &request, &mut incoming, &identity));
    let answer = match way.catch_unwind().await {
        Ok(Ok(answer)) => answer,
        Ok(Err(refusal)) => refuse(&gate, &request, &refusal, &identity).into(),
        Err(panic) => {
            let fields = fields! { "error" => event::panic_text(&*panic) };
            about(&gate.parts.log, &identity, None).error(
                "ingress",
                "a request handler panicked",
                fields,
            );
            Refusal::Panicked.answer(&identity, None, &*gate.parts.service).into()
        }
    };
    // HTTP/2 needs nobody to hold it: the stream ends with its answer, and its connection goes on.
    let unread = incoming.spare().await.filter(|_| request.version() < Version::HTTP_2);
    response(answer, &identity, unread, busy, gate.is_draining())
}

/// What the request came on: actix knows it of HTTP/1, `http2` puts it into each request.
fn connection(request: &HttpRequest) -> Option<Arc<Connection>> {
    let known = request.conn_data::<Arc<Connection>>().cloned();
    known.or_else(|| request.extensions().get::<Arc<Connection>>().cloned())
}

async fn route(
    gate: &Arc<Gate>,
    request: &HttpRequest,
    incoming: &mut Incoming,
    identity: &Identity,
) -> Result<Written, Refusal> {
    let started = gate.parts.clock.monotonic();
    let (path, method) = (request.path(), request.method());
    let takes_events = gate.config.event_paths.iter().any(|known| known == path);
    let reads = method == Method::GET || method == Method::HEAD;
    match path {
        "/" | "/health" if reads => Ok(ops::health().into()),
        "/ready" if reads => {
            let state = gate.parts.service.readiness();
            Ok(ops::ready(&state, gate.is_draining(), &*gate.parts.service).into())
        }
        "/openapi.json" if reads => Ok(Written::of_text(gate.document.clone())),
        _ if takes_events && method == Method::POST => {
            event::receive(gate, request, incoming, identity, started).await.map(Written::from)
        }
        "/" | "/health" | "/ready" | "/openapi.json" => Err(not_allowed(true, takes_events)),
        _ if takes_events => Err(not_allowed(false, true)),
        _ => Err(Refusal::UnknownPath),
    }
}

fn not_allowed(reads: bool, takes_events: bool) -> Refusal {
    let allowed = match (reads, takes_events) {
        (true, true) => "GET, HEAD, POST",
        (true, false) => "GET, HEAD",
        (false, _) => "POST",
    };
    Refusal::Method { allowed: allowed.to_owned() }
}

fn refuse(gate: &Gate, request: &HttpRequest, refusal: &Refusal, identity: &Identity) -> Answer {
    let status = refusal.status();
    let path: String = request.path().chars().take(200).collect();
    let fields = fields! {
        "outcome" => "refused",
        "status" => status,
        "error" => refusal.error(),
        "method" => request.method().as_str(),
        "path" => gate.parts.service.mask(&path).into_owned(),
        "peer" => request.peer_addr().map(|peer| peer.ip().to_string()),
    };
    let level = if *refusal == Refusal::Panicked { Level::Error } else { Level::Warning };
    let event_id = refusal.event_id();
    about(&gate.parts.log, identity, event_id).record(level, "ingress", "request refused", fields);
    refusal.answer(identity, event_id, &*gate.parts.service)
}

fn about(log: &Log, identity: &Identity, event_id: Option<&str>) -> Log {
    log.about(Subject {
        request_id: Some(identity.request_id.clone()),
        unique_id: Some(identity.unique_id.clone()),
        event_id: event_id.map(Arc::from),
        ..Subject::default()
    })
}

fn identity(headers: &HeaderMap, clock: &dyn Clock) -> Identity {
    let given = |name: &HeaderName| {
        let value = headers.get(name)?.as_bytes();
        let printable = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let fits = printable && !value.is_empty() && value.len() <= LONGEST_IDENTIFIER;
        fits.then(|| Arc::from(String::from_utf8_lossy(value)))
    };
    Identity {
        request_id: given(&REQUEST_ID).unwrap_or_else(|| clock::trace_id(clock).into()),
        unique_id: given(&UNIQUE_ID).unwrap_or_else(|| clock::uuid(clock).to_string().into()),
    }
}

/// `content-length`, which actix has checked already.
fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn response(
    answer: Written,
    identity: &Identity,
    unread: Option<Payload>,
    busy: Option<Busy>,
    close: bool,
) -> HttpResponse<Outgoing> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = Outgoing::new(answer.text, unread, busy);
    let mut response = HttpResponse::with_body(status, body);
    if close {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [(REQUEST_ID, &identity.request_id), (UNIQUE_ID, &identity.unique_id)] {
        // Printable ASCII by construction, so there is no value to lose.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
