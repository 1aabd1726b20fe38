//! Turns what became of a request into status and JSON; the only place that knows both.

mod extent;
mod rules;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::engine::admit::{Full, TooMany};
use crate::engine::outcome::{Failure, FailureKind, Outcome, RuleOutcome, RuleResult};
use crate::event::{EnvelopeFault, Event};
use crate::telemetry::mask::Mask;

/// `Retry-After` of a 429 or 503 where no target said how long to stay away.
const RETRY_AFTER: Duration = Duration::from_secs(30);

pub(super) const VALIDATION: &str = "VALIDATION_ERROR";
pub(super) const AUTHENTICATION: &str = "AUTHENTICATION_ERROR";
pub(super) const SERVICE: &str = "SERVICE_ERROR";
pub(super) const CONNECTION: &str = "CONNECTION_ERROR";
pub(super) const RATE_LIMIT: &str = "RATE_LIMIT_ERROR";
pub(super) const INTERNAL: &str = "INTERNAL_ERROR";
pub(super) const ALL_TYPES: [&str; 6] =
    [VALIDATION, AUTHENTICATION, SERVICE, CONNECTION, RATE_LIMIT, INTERNAL];

/// The two identifiers that come with a request, or are made for it.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub request_id: Arc<str>,
    pub unique_id: Arc<str>,
}

/// An answer, short of the headers that every answer has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

impl Answer {
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self { status, headers: Vec::new(), body: text_of(body) }
    }

    /// The body, read again.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    fn failure(status: u16, retry_after: Option<Duration>, body: &Map<String, Value>) -> Self {
        let mut headers = Vec::new();
        if status == 401 {
            headers.push(("www-authenticate", "Bearer".to_owned()));
        }
        // A target's own word is passed on with any status, also with the 502 of its 503.
        let pause = retry_after.or_else(|| matches!(status, 429 | 503).then_some(RETRY_AFTER));
        if let Some(pause) = pause {
            headers.push(("retry-after", whole_seconds(pause)));
        }
        Self { status, headers, body: text_of(body) }
    }
}

/// As long as most answers are, in bytes.
const USUAL: usize = 256;

/// Nothing that becomes an answer can fail to be written.
fn text_of(body: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(USUAL);
    match serde_json::to_writer(&mut text, body) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// RFC 9110, 10.2.3 knows whole seconds only; rounded up, so that nobody comes back too early.
fn whole_seconds(duration: Duration) -> String {
    let started = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(started).max(1).to_string()
}

/// Why a request does not become an event, or its event has no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownPath,
    Method { allowed: String },
    Unauthorized,
    ContentType(String),
    ContentEncoding(String),
    TooLarge { limit: usize },
    TooSlow { limit: Duration },
    CutShort(String),
    NotJson(String),
    NotAnEvent { reason: String, event_id: Option<String> },
    Full(Full),
    TooMany(TooMany),
    ShuttingDown,
    Panicked,
}

impl From<EnvelopeFault> for Refusal {
    fn from(fault: EnvelopeFault) -> Self {
        match fault {
            EnvelopeFault::NotJson(reason) => Self::NotJson(reason),
            EnvelopeFault::Invalid { reason, event_id } => Self::NotAnEvent { reason, event_id },
        }
    }
}

impl Refusal {
    pub fn status(&self) -> u16 {
        self.reading().0
    }

    /// The event that was refused, where that much can be told.
    pub fn event_id(&self) -> Option<&str> {
        match self {
            Self::NotAnEvent { event_id, .. } => event_id.as_deref(),
            _ => None,
        }
    }

    /// The specific reason.
    pub fn error(&self) -> String {
        self.reading().3
    }

    pub fn answer(&self, identity: &Identity, event_id: Option<&str>, mask: &dyn Mask) -> Answer {
        let (status, kind, message, error) = self.reading();
        let body = failure_body(message, &mask.mask(&error), kind, identity, event_id);
        let mut answer = Answer::failure(status, self.pause(), &body);
        if let Self::Method { allowed } = self {
            answer.headers.push(("allow", allowed.clone()));
        }
        answer
    }

    /// When it is worth coming back, if that is known.
    fn pause(&self) -> Option<Duration> {
        match self {
            Self::TooMany(TooMany { wait, .. }) => Some(*wait),
            _ => None,
        }
    }

    /// Status, type, message and specific reason.
    fn reading(&self) -> (u16, &'static str, &'static str, String) {
        match self {
            Self::UnknownPath => {
                (404, VALIDATION, "There is nothing at this path", "unknown path".to_owned())
            }
            Self::Method { allowed } => {
                let error = format!("the methods allowed here are {allowed}");
                (405, VALIDATION, "This path does not take this method", error)
            }
            Self::Unauthorized => {
                let error = "missing or unknown bearer token".to_owned();
                (401, AUTHENTICATION, "Authentication failed", error)
            }
            Self::ContentType(given) => {
                let error = format!("Content-Type is `{given}`, it must be application/json");
                (415, VALIDATION, "The request body must be JSON", error)
            }
            Self::ContentEncoding(given) => {
                let error = format!("Content-Encoding `{given}` is not supported");
                (415, VALIDATION, "The request body must not be compressed", error)
            }
            Self::TooLarge { limit } => {
                let error = format!("the limit is {limit} bytes (MAX_BODY)");
                (413, VALIDATION, "The request body is too large", error)
            }
            Self::TooSlow { limit } => {
                let error = format!("it was not complete after {limit:?}");
                (408, VALIDATION, "The request body did not arrive in time", error)
            }
            Self::CutShort(error) => {
                (400, VALIDATION, "The request body is incomplete", error.clone())
            }
            Self::NotJson(error) => {
                (400, VALIDATION, "The request body is not JSON", error.clone())
            }
            Self::NotAnEvent { reason, .. } => {
                (422, VALIDATION, "The request body is not an event", reason.clone())
            }
            Self::Full(full) => {
                (503, CONNECTION, "The connector is busy, try again later", full.to_string())
            }
            Self::TooMany(many) => {
                let message = "The connector gets more events than it may take, try again later";
                (429, RATE_LIMIT, message, many.to_string())
            }
            Self::ShuttingDown => {
                let error = "shutting down".to_owned();
                (503, CONNECTION, "The connector is shutting down, try again later", error)
            }
            Self::Panicked => {
                let error = "unexpected fault, see the connector's log".to_owned();
                (500, INTERNAL, "The connector failed to process the request", error)
            }
        }
    }
}

fn failure_body(
    message: &str,
    error: &str,
    kind: &str,
    identity: &Identity,
    event_id: Option<&str>,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("message".to_owned(), message.into());
    body.insert("error".to_owned(), error.into());
    body.insert("type".to_owned(), kind.into());
    if let Some(event_id) = event_id {
        body.insert("event_id".to_owned(), event_id.into());
    }
    body.insert("request_id".to_owned(), (*identity.request_id).into());
    body.insert("unique_id".to_owned(), (*identity.unique_id).into());
    body
}

/// What NSPS is told about a rule: the words that `rules` and the log have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Succeeded,
    Ignored,
    /// Failed, but the mapping says that NSPS is not to come back with it (`answer: 200`).
    Acknowledged,
    Failed,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Ignored => "ignored",
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
        }
    }

    fn of(rule: &RuleOutcome) -> Self {
        match &rule.result {
            RuleResult::Succeeded => Self::Succeeded,
            RuleResult::Ignored(_) => Self::Ignored,
            RuleResult::Failed(Failure { answer: Some(200..=299), .. }) => Self::Acknowledged,
            RuleResult::Failed(_) => Self::Failed,
        }
    }

    /// Of the event as a whole; without a rule it is ignored.
    fn of_event(outcome: &Outcome) -> Self {
        [Self::Failed, Self::Acknowledged, Self::Succeeded]
            .into_iter()
            .find(|verdict| outcome.rules.iter().any(|rule| Self::of(rule) == *verdict))
            .unwrap_or(Self::Ignored)
    }
}

/// The event that an outcome is about.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub event_id: Arc<str>,
    pub event_type: Arc<str>,
    pub identity: Identity,
}

/// What NSPS is told of a body that is no event: status and message.
pub fn refused(fault: &EnvelopeFault) -> (u16, &'static str) {
    let (status, _, message, _) = Refusal::from(fault.clone()).reading();
    (status, message)
}

/// What NSPS is told of a body that is too large: status and message.
pub fn too_large() -> (u16, &'static str) {
    let (status, _, message, _) = Refusal::TooLarge { limit: 0 }.reading();
    (status, message)
}

/// What NSPS is told of an event that ran to its end: status and body.
pub fn told(outcome: &Outcome, event: &Event, mask: &dyn Mask) -> (u16, Value) {
    let identity =
        Identity { request_id: event.request_id.clone(), unique_id: event.unique_id.clone() };
    let (event_id, event_type) = (event.id.clone(), event.event_type.clone());
    let ended = of_outcome(outcome, &About { event_id, event_type, identity }, mask);
    (ended.answer.status, ended.answer.value())
}

/// What there is to say of an event that ran to its end.
pub(super) struct Ended {
    pub verdict: Verdict,
    /// As the answer has it.
    pub message: Cow<'static, str>,
    /// As the answer has it, if it is one of a failure.
    pub error: Option<String>,
    /// Every rule, and why where it did not simply succeed.
    pub rules: Box<RawValue>,
    pub answer: Answer,
}

/// The body of an answer that is no failure.
#[derive(Serialize)]
struct Success<'a> {
    message: &'a str,
    event_id: &'a str,
    rules: &'a RawValue,
}

/// Answers an event that ran to its end.
pub(super) fn of_outcome(outcome: &Outcome, about: &About, mask: &dyn Mask) -> Ended {
    let verdict = Verdict::of_event(outcome);
    let rules = rules::written(outcome, mask);
    if verdict == Verdict::Failed {
        return failed(outcome, about, mask, rules);
    }
    let message = success(outcome, verdict, about, mask);
    let body = Success { message: &message, event_id: &about.event_id, rules: &rules };
    let answer = Answer::json(200, &body);
    Ended { verdict, message, error: None, rules, answer }
}

fn success(
    outcome: &Outcome,
    verdict: Verdict,
    about: &About,
    mask: &dyn Mask,
) -> Cow<'static, str> {
    let text = match verdict {
        _ if outcome.rules.is_empty() => {
            format!("Event ignored: no rule for {}", about.event_type)
        }
        Verdict::Ignored => format!("Event ignored: {}", texts(outcome, Verdict::Ignored)),
        Verdict::Acknowledged => {
            format!("Event acknowledged: {}", texts(outcome, Verdict::Acknowledged))
        }
        Verdict::Succeeded | Verdict::Failed => return "Event processed successfully".into(),
    };
    mask.mask(&text).into_owned().into()
}

fn texts(outcome: &Outcome, of: Verdict) -> String {
    let chosen = outcome.rules.iter().filter(|rule| Verdict::of(rule) == of);
    chosen.filter_map(rules::text).collect::<Vec<_>>().join("; ")
}

fn failed(outcome: &Outcome, about: &About, mask: &dyn Mask, rules: Box<RawValue>) -> Ended {
    let verdict = Verdict::Failed;
    let failures: Vec<_> = outcome.rules.iter().filter_map(failure).collect();
    // The first of the most retryable ones: `max_by_key` would take the last.
    let Some(worst) = failures.iter().rev().max_by_key(|(_, failure)| urgency(status(failure)))
    else {
        let (_, _, message, error) = Refusal::Panicked.reading();
        let answer = Refusal::Panicked.answer(&about.identity, Some(&about.event_id), mask);
        return Ended { verdict, message: message.into(), error: Some(error), rules, answer };
    };
    let (_, worst) = *worst;
    let (message, error) = (mask.mask(&worst.message), mask.mask(&worst.error));
    let event_id = Some(&*about.event_id);
    let mut body = failure_body(&message, &error, kind(worst), &about.identity, event_id);
    let details = failures.iter().map(|(rule, failure)| detail(rule, failure, mask));
    body.insert("details".to_owned(), details.collect());
    // Coming back is of use only when every target that asked for a pause takes requests again.
    let pause = failures.iter().filter_map(|(_, failure)| failure.retry_after).max();
    let answer = Answer::failure(status(worst), pause, &body);
    let (message, error) = (message.into_owned().into(), Some(error.into_owned()));
    Ended { verdict, message, error, rules, answer }
}

fn failure(rule: &RuleOutcome) -> Option<(&RuleOutcome, &Failure)> {
    match &rule.result {
        RuleResult::Failed(failure) if Verdict::of(rule) == Verdict::Failed => {
            Some((rule, failure))
        }
        _ => None,
    }
}

fn detail(rule: &RuleOutcome, failure: &Failure, mask: &dyn Mask) -> Value {
    let mut detail = Map::new();
    detail.insert("mapping".to_owned(), (*rule.mapping).into());
    detail.insert("rule".to_owned(), (*rule.rule).into());
    if let Some(step) = &failure.step {
        detail.insert("step".to_owned(), (**step).into());
    }
    if let Some(index) = failure.index {
        detail.insert("index".to_owned(), index.into());
    }
    if let Some(target) = &failure.target {
        detail.insert("target".to_owned(), (**target).into());
    }
    detail.insert("type".to_owned(), kind(failure).into());
    if let Some(status) = failure.target_status {
        detail.insert("status".to_owned(), status.into());
    }
    detail.insert("message".to_owned(), mask.mask(&failure.message).into());
    detail.insert("error".to_owned(), mask.mask(&failure.error).into());
    extent::add(&mut detail, rule, mask);
    Value::Object(detail)
}

/// The status that the mapping asks for, if it is one of a failure.
fn asked_for(failure: &Failure) -> Option<u16> {
    failure.answer.filter(|status| (400..=599).contains(status))
}

fn status(failure: &Failure) -> u16 {
    asked_for(failure).unwrap_or(match failure.kind {
        FailureKind::Invalid | FailureKind::Refused => 422,
        FailureKind::RateLimited => 429,
        FailureKind::Internal => 500,
        FailureKind::BadAnswer => 502,
        FailureKind::Unavailable => 503,
    })
}

fn kind(failure: &Failure) -> &'static str {
    match (asked_for(failure), failure.kind) {
        (Some(429), _) | (None, FailureKind::RateLimited) => RATE_LIMIT,
        (Some(503), _) | (None, FailureKind::Unavailable) => CONNECTION,
        (Some(_), _) | (None, FailureKind::Refused | FailureKind::BadAnswer) => SERVICE,
        (None, FailureKind::Invalid) => VALIDATION,
        (None, FailureKind::Internal) => INTERNAL,
    }
}

/// The more it is worth coming back, the higher.
fn urgency(status: u16) -> u8 {
    match status {
        503 => 5,
        429 => 4,
        502 => 3,
        500 => 2,
        422 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
