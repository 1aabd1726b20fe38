//! Examples of answers: made by what makes the real ones, of outcomes that events have.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::answer::{self, About, Identity, Refusal};
use super::super::{LastReload, Readiness, ops};
use crate::engine::admit::{Full, TooMany};
use crate::engine::outcome::{
    Failure, FailureKind, Members, Outcome, RuleOutcome, RuleResult, Undone,
};
use crate::event::Event;
use crate::program::Rate;
use crate::telemetry::mask::Secrets;

pub(super) const REQUEST_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(super) const UNIQUE_ID: &str = "f3c9a1de-2b1e-4b0c-9a5e-6f1d7c0a8b42";
const EVENT_ID: &str = "3e84c79f-ab6f-4546-8e27-0b6ab866f1fb";

/// An answer that a response component shows.
pub(super) struct Example {
    /// The component's name.
    of: &'static str,
    pub name: &'static str,
    pub summary: &'static str,
    pub body: Value,
}

/// Those of one component.
pub(super) fn of(component: &str) -> Vec<Example> {
    let all = processed().into_iter().chain(refused()).chain(failed()).chain(probed());
    all.filter(|example| example.of == component).collect()
}

fn about() -> About {
    let identity = Identity { request_id: REQUEST_ID.into(), unique_id: UNIQUE_ID.into() };
    About { event_id: EVENT_ID.into(), event_type: "SIM/Updated".into(), identity }
}

fn rule(name: &str, result: RuleResult) -> RuleOutcome {
    RuleOutcome { mapping: "hss.yaml".into(), rule: name.into(), result, undone: Vec::new() }
}

fn told(rules: Vec<RuleOutcome>) -> Value {
    answer::of_outcome(&Outcome { rules }, &about(), &Secrets::default()).answer.value()
}

fn processed() -> [Example; 4] {
    let example =
        |name, summary, rules| Example { of: "Processed", name, summary, body: told(rules) };
    let gone = Failure {
        answer: Some(200),
        message: "the subscriber is gone already".to_owned(),
        ..of_target(FailureKind::Refused, 410, "no such subscriber")
    };
    let ignored = RuleResult::Ignored("only SIM/Updated is provisioned".to_owned());
    [
        example("processed", "A rule ran", vec![rule("update", RuleResult::Succeeded)]),
        example(
            "ignored",
            "A rule says that there is nothing to do",
            vec![rule("others", ignored)],
        ),
        example("noRule", "No rule is for it", Vec::new()),
        example(
            "acknowledged",
            "A failure that the mapping acknowledges",
            vec![rule("delete", RuleResult::Failed(gone))],
        ),
    ]
}

fn refused() -> Vec<Example> {
    let example = |of, name, summary, refusal: Refusal| {
        let event_id = refusal.event_id().map(str::to_owned);
        let identity = about().identity;
        let answer = refusal.answer(&identity, event_id.as_deref(), &Secrets::default());
        Example { of, name, summary, body: answer.value() }
    };
    let unread = |body: &str| {
        let identity = about().identity;
        let event = Event::parse(body.as_bytes(), identity.request_id, identity.unique_id);
        event.map_or_else(Refusal::from, |_| Refusal::Panicked)
    };
    let rate = Rate { count: 50, per: Duration::from_secs(1) };
    let too_many = TooMany { rate, wait: Duration::from_secs(1) };
    let no_event = json!({ "event_id": EVENT_ID, "data": { "event_type": "SIM/Updated" } });
    vec![
        example("Malformed", "notJson", "The body is not JSON", unread("{")),
        example("Unauthorized", "unauthorized", "No token, or another one", Refusal::Unauthorized),
        example("UnknownPath", "unknownPath", "Another path", Refusal::UnknownPath),
        example(
            "OtherMethod",
            "otherMethod",
            "Another method",
            Refusal::Method { allowed: "POST".to_owned() },
        ),
        example(
            "TooSlow",
            "tooSlow",
            "The body takes too long",
            Refusal::TooSlow { limit: Duration::from_secs(10) },
        ),
        example(
            "TooLarge",
            "tooLarge",
            "More than 4 MiB",
            Refusal::TooLarge { limit: 4 * 1024 * 1024 },
        ),
        example(
            "OtherContent",
            "otherContentType",
            "Not JSON by its type",
            Refusal::ContentType("text/xml".to_owned()),
        ),
        example(
            "OtherContent",
            "compressed",
            "Compressed",
            Refusal::ContentEncoding("gzip".to_owned()),
        ),
        example("Invalid", "noEvent", "The body is no event", unread(&no_event.to_string())),
        example("Fault", "fault", "A fault", Refusal::Panicked),
        example("ProbeFault", "fault", "A fault", Refusal::Panicked),
        example(
            "TooMany",
            "tooMany",
            "More than the connector may take",
            Refusal::TooMany(too_many),
        ),
        example("Unavailable", "busy", "Too much at once", Refusal::Full(Full::Events(1024))),
        example("Unavailable", "shuttingDown", "At the end", Refusal::ShuttingDown),
    ]
}

/// A failure for which nobody has better words than the target.
fn of_target(kind: FailureKind, status: u16, excerpt: &str) -> Failure {
    let told = format!("hss answered {status}: {excerpt}");
    Failure {
        target_status: Some(status),
        ..at_target(Failure::new(kind, told.as_str(), told.as_str()))
    }
}

fn at_target(failure: Failure) -> Failure {
    Failure { step: Some("provision".into()), target: Some("hss".into()), ..failure }
}

/// A list of three came as far as its second member, and what was done was taken back in part.
fn halfway() -> RuleOutcome {
    let failure = Failure {
        step: Some("add".into()),
        index: Some(1),
        members: Some(Members { done: 1, all: 3 }),
        ..of_target(FailureKind::Refused, 400, "no room")
    };
    let gone = of_target(FailureKind::Refused, 410, "gone");
    let undone = |step: &str, failed, failure: Option<Failure>| Undone {
        step: step.into(),
        times: 1,
        failed,
        failure: failure.map(Box::new),
    };
    let undone = vec![undone("add", 0, None), undone("create", 1, Some(gone))];
    RuleOutcome { undone, ..rule("update", RuleResult::Failed(failure)) }
}

fn failed() -> Vec<Example> {
    let rejected = Failure::new(
        FailureKind::Invalid,
        "the event has no IMSI",
        "the rule `update` rejects this event",
    );
    let away =
        Failure::new(FailureKind::Unavailable, "hss cannot be reached", "connection refused");
    let conflict = Failure {
        message: "the number belongs to another subscriber".to_owned(),
        answer: Some(409),
        ..of_target(FailureKind::Refused, 409, "MSISDN in use")
    };
    let busy = of_target(FailureKind::RateLimited, 429, "slow down");
    let broken = of_target(FailureKind::BadAnswer, 500, "internal error");
    let example = |of, name, summary, rule| Example { of, name, summary, body: told(vec![rule]) };
    let one = |of, name, summary, failure| {
        example(of, name, summary, rule("update", RuleResult::Failed(failure)))
    };
    vec![
        one("Invalid", "rejected", "A rule rejects it", rejected),
        example(
            "Invalid",
            "takenBack",
            "A target refused, and what was done was taken back in part",
            halfway(),
        ),
        one("TooMany", "busyTarget", "A target has too much to do", busy),
        one("BadAnswer", "failedTarget", "A target failed", broken),
        one("Unavailable", "unreachable", "A target cannot be reached", at_target(away)),
        one("AsMapped", "conflict", "`answer: 409`", conflict),
    ]
}

fn probed() -> [Example; 3] {
    let state = Readiness {
        ready: true,
        missing: None,
        generation: 3,
        hash: "0f5bd9c2a1e34d7786f1c05a9be2d34471c8e6905ad7f3b21e0c94d8a7b6135e".to_owned(),
        last_reload: LastReload {
            ok: true,
            at: Timestamp::constant(1_773_334_050, 443_939_000),
            errors: Vec::new(),
        },
    };
    let ready = |draining| ops::ready(&state, draining, &Secrets::default()).value();
    let example = |of, name, summary, body| Example { of, name, summary, body };
    [
        example("Health", "healthy", "It serves", ops::health().value()),
        example("Ready", "ready", "It is ready", ready(false)),
        example("NotReady", "shuttingDown", "At the end", ready(true)),
    ]
}
