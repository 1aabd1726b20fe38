//! The way of one event: who sends it, is there room, what does it say, what became of it.

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::Version;
use actix_web::http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
};
use bytes::Bytes;
use futures_util::FutureExt;

use super::answer::{self, About, Answer, Ended, Identity, Refusal, Verdict};
use super::body::Incoming;
use super::gate::Gate;
use super::idle::Connection;
use super::steadfast::Steadfast;
use crate::engine::admit::Ticket;
use crate::engine::outcome::Outcome;
use crate::event::Event;
use crate::fields;
use crate::telemetry::log::{Field, Level, Log};

/// The largest event that runs where it came in, in bytes: what can be computed about one grows faster
/// than its size.
const LARGEST_IN_PLACE: usize = 16 * 1024;

/// Takes a request to an event path as far as it gets. What can be refused by the head is refused
/// before anything of the body is read, the token first.
///
/// An event runs to its end whoever disconnects. It does so on the thread that its request came in on,
/// which hands nothing over then. On the engine's own threads, and as tasks of their own, run those that
/// may compute for long, for others wait meanwhile, and those of HTTP/2, of which one connection may
/// bring all that there are. What is large is read there, too: it takes its time, and its memory goes
/// back to where it came from.
pub(super) async fn receive(
    gate: &Arc<Gate>,
    request: &HttpRequest,
    incoming: &mut Incoming,
    identity: &Identity,
    started: Duration,
) -> Result<Answer, Refusal> {
    authenticate(gate, request.headers())?;
    check_kind(request.headers())?;
    let mut ticket = gate.parts.admission.admit().map_err(Refusal::Full)?;
    gate.parts.admission.keep_rate(gate.parts.clock.monotonic()).map_err(Refusal::TooMany)?;
    let (limit, patience) = (gate.config.max_body, gate.config.patience.body);
    let body = tokio::select! {
        body = incoming.read(limit, patience, &mut ticket) => body?,
        () = gate.given_up() => return Err(Refusal::ShuttingDown),
    };
    let came = Came { body, identity: identity.clone(), ticket, started };
    let is_small = came.body.len() <= LARGEST_IN_PLACE && request.version() < Version::HTTP_2;
    let connection = request.conn_data::<Arc<Connection>>().filter(|_| is_small).cloned();
    let run = Box::pin(run(Arc::clone(gate), came));
    let runtime = &gate.parts.runtime;
    match connection {
        Some(connection) => {
            let run = AssertUnwindSafe(Steadfast::new(run, connection, runtime.clone()));
            run.catch_unwind().await.unwrap_or(Err(Refusal::Panicked))
        }
        None => runtime.spawn(run).await.unwrap_or_else(|ended| match ended.is_panic() {
            true => Err(Refusal::Panicked),
            false => Err(Refusal::ShuttingDown),
        }),
    }
}

/// A whole body, and what belongs to it.
struct Came {
    body: Bytes,
    identity: Identity,
    ticket: Ticket,
    started: Duration,
}

fn authenticate(gate: &Gate, headers: &HeaderMap) -> Result<(), Refusal> {
    // Two such headers are a way to make two readers see two clients.
    let mut values = headers.get_all(AUTHORIZATION);
    match (values.next(), values.next()) {
        (Some(value), None) if gate.parts.tokens.accept(value.as_bytes()) => Ok(()),
        _ => Err(Refusal::Unauthorized),
    }
}

fn check_kind(headers: &HeaderMap) -> Result<(), Refusal> {
    let encoding = text(headers, CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Refusal::ContentEncoding(told(&encoding)));
    }
    let given = text(headers, CONTENT_TYPE);
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.is_empty() || kind.eq_ignore_ascii_case("application/json") || is_json_based(kind) {
        return Ok(());
    }
    Err(Refusal::ContentType(told(&given)))
}

/// `application/cloudevents+json` and the like (RFC 6839, 3.1).
fn is_json_based(kind: &str) -> bool {
    let suffix = kind.split_once('/').and_then(|(_, name)| name.rsplit_once('+'));
    suffix.is_some_and(|(name, suffix)| !name.is_empty() && suffix.eq_ignore_ascii_case("json"))
}

/// The first value of a header; empty if there is none.
fn text(headers: &HeaderMap, name: HeaderName) -> Cow<'_, str> {
    let value = headers.get(name).map(|value| value.as_bytes().trim_ascii());
    String::from_utf8_lossy(value.unwrap_or_default())
}

/// As messages have it.
fn told(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Runs an event to its end, and logs it there: also where nobody waits for the answer any more.
async fn run(gate: Arc<Gate>, came: Came) -> Result<Answer, Refusal> {
    let Came { body, identity, ticket, started } = came;
    let Identity { request_id, unique_id } = identity.clone();
    let event = Event::parse(body, request_id, unique_id)?;
    let log = gate.parts.log.about(event.subject());
    let about =
        About { event_id: event.id.clone(), event_type: event.event_type.clone(), identity };
    let of_event = log.clone();
    let process = AssertUnwindSafe(async { gate.parts.service.process(event, of_event).await });
    let answer = tokio::select! {
        biased;
        run = process.catch_unwind() => match run {
            Ok(outcome) => ended(&gate, &log, &outcome, &about, started),
            Err(panic) => panicked(&gate, &log, &*panic, &about, started),
        },
        () = gate.given_up() => given_up(&gate, &log, &about, started),
    };
    drop(ticket);
    Ok(answer)
}

fn ended(gate: &Gate, log: &Log, outcome: &Outcome, about: &About, started: Duration) -> Answer {
    let Ended { verdict, message, error, rules, answer } =
        answer::of_outcome(outcome, about, &*gate.parts.service);
    let mut fields = fields! {
        "outcome" => Field::Word(verdict.word()),
        "status" => answer.status,
        "duration_ms" => gate.milliseconds_since(started),
        "rules" => rules,
    };
    if let Some(error) = error {
        fields.push(("error", error.into()));
    }
    let level = match verdict {
        Verdict::Acknowledged => Level::Warning,
        _ => level_of(answer.status),
    };
    log.record(level, "ingress", message, fields);
    answer
}

fn panicked(
    gate: &Gate,
    log: &Log,
    panic: &(dyn Any + Send),
    about: &About,
    started: Duration,
) -> Answer {
    let fields = fields! {
        "outcome" => Field::Word(Verdict::Failed.word()),
        "status" => 500,
        "duration_ms" => gate.milliseconds_since(started),
        "error" => gate.parts.service.mask(panic_text(panic)).into_owned(),
    };
    log.error("ingress", "the run of an event panicked", fields);
    Refusal::Panicked.answer(&about.identity, Some(&about.event_id), &*gate.parts.service)
}

fn given_up(gate: &Gate, log: &Log, about: &About, started: Duration) -> Answer {
    let refusal = Refusal::ShuttingDown;
    let fields = fields! {
        "outcome" => Field::Word(Verdict::Failed.word()),
        "status" => refusal.status(),
        "duration_ms" => gate.milliseconds_since(started),
        "error" => "it was not finished when the connector had to end (SHUTDOWN_GRACE)",
    };
    log.error("ingress", "the event was given up: NSPS sends it again", fields);
    refusal.answer(&about.identity, Some(&about.event_id), &*gate.parts.service)
}

pub(super) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "a panic without a text",
    }
}

pub(super) fn level_of(status: u16) -> Level {
    match status {
        ..=399 => Level::Info,
        400..=499 => Level::Warning,
        500.. => Level::Error,
    }
}
