//! What an answer means: the step's table, then its target's, then the default.

use std::time::Duration;

use jiff::Timestamp;

use super::answer::Answer;
use super::{quota, wait};
use crate::engine::event_scope::{AnswerScope, EventScope};
use crate::engine::outcome::{Failure, FailureKind};
use crate::engine::transport::{TransportError, TransportFault};
use crate::expr::Fault;
use crate::expr::condition::Condition;
use crate::expr::template::Place;
use crate::program::{Call, Repeat, ResponseEntry, Target, Then};

/// How much of a mapping's `message` is told to people, in characters: a target may put a megabyte
/// where a word was expected.
const LONGEST_MESSAGE: usize = 2000;

/// What one try came to.
pub(in crate::engine) enum Verdict {
    /// The step succeeded.
    Done { status: u16 },
    /// The request succeeded, and the poll goes on; the failure is what it comes to if it may not.
    NotYet(Failure),
    /// The rule is done.
    Stop,
    /// The rule is to begin again; the failure is what it comes to if it may not.
    Restart(Failure),
    /// Permanent.
    Failed(Failure),
    /// The target does not accept the session; the failure is what it comes to if another one does
    /// not help.
    Unwelcome(Failure),
    Transient {
        failure: Failure,
        /// Sending again is safe whatever the method is.
        repeatable: bool,
    },
}

/// Judges an answer.
pub(in crate::engine) fn answer(
    answer: &Answer,
    call: &Call,
    target: &Target,
    scope: &EventScope<'_>,
    now: Timestamp,
) -> Verdict {
    match (by_tables(answer, call, target, scope, now), &call.repeat) {
        (Verdict::Done { .. }, Some(repeat)) => by_poll(answer, repeat, target, scope, now),
        (verdict, _) => verdict,
    }
}

fn by_tables(
    answer: &Answer,
    call: &Call,
    target: &Target,
    scope: &EventScope<'_>,
    now: Timestamp,
) -> Verdict {
    let observed = scope;
    let scope = AnswerScope::new(scope, answer);
    let tell = |by| observed.tell(|observer| observer.judged(call, target, by, &scope));
    let refuse = |entry: &ResponseEntry, fault: Option<&Fault>| {
        observed.tell(|observer| observer.unjudged(call, target, entry, fault, &scope));
    };
    for entry in call.responses.iter().chain(&target.responses) {
        match decides(&entry.when, entry.reads_body, &scope) {
            Ok(Some(true)) => {
                tell(Some(entry));
                return by_entry(entry, &scope, target, now);
            }
            // A failure need not speak the target's language: it may come from a proxy before it.
            Ok(None) if answer.is_success() => {
                refuse(entry, None);
                return Verdict::Failed(unreadable(answer, target));
            }
            Ok(Some(false) | None) => {}
            Err(fault) => {
                refuse(entry, Some(&fault));
                return Verdict::Failed(invalid(fault, target, answer));
            }
        }
    }
    tell(None);
    by_default(answer, target, now)
}

/// What an answer that is `ok` means for a poll.
fn by_poll(
    answer: &Answer,
    repeat: &Repeat,
    target: &Target,
    scope: &EventScope<'_>,
    now: Timestamp,
) -> Verdict {
    let observed = scope;
    let scope = AnswerScope::new(scope, answer);
    let held = match decides(&repeat.until, repeat.reads_body, &scope) {
        Ok(None) if answer.is_success() => return Verdict::Failed(unreadable(answer, target)),
        Ok(held) => held.unwrap_or_default(),
        Err(fault) => return Verdict::Failed(invalid(fault, target, answer)),
    };
    observed.tell(|observer| observer.polled(repeat, held, &scope));
    if held {
        return Verdict::Done { status: answer.code() };
    }
    let mut failure = failure(FailureKind::Unavailable, answer, target);
    failure.transient = true;
    failure.retry_after = quota::asked(answer.code(), answer.lines(), now);
    Verdict::NotYet(failure)
}

/// Whether a condition holds; `None` if that depends on a body which cannot be read.
fn decides(
    when: &Condition,
    reads_body: bool,
    scope: &AnswerScope<'_, '_>,
) -> Result<Option<bool>, Fault> {
    let answer = scope.answer;
    if !reads_body || answer.unreadable().is_none() {
        return when.holds(scope).map(Some);
    }
    scope.body_was_asked_for();
    when.known(&|test| {
        let holds = test.holds(scope)?;
        Ok((!scope.body_was_asked_for()).then_some(holds))
    })
}

fn by_entry(
    entry: &ResponseEntry,
    scope: &AnswerScope<'_, '_>,
    target: &Target,
    now: Timestamp,
) -> Verdict {
    let kind = match entry.then {
        Then::Ok => return Verdict::Done { status: scope.answer.code() },
        Then::Stop => return Verdict::Stop,
        Then::Fail => FailureKind::Refused,
        Then::Login => FailureKind::BadAnswer,
        Then::Retry => transient_kind(scope.answer.code()),
        Then::Restart => FailureKind::Unavailable,
    };
    let mut failure = failure(kind, scope.answer, target);
    failure.answer = entry.answer;
    // A message is for people: one that cannot be written changes nothing of the verdict.
    if let Some(Ok(message)) = entry.message.as_ref().map(|text| text.text(scope, Place::Message)) {
        failure.message = scope.answer.told(&message, LONGEST_MESSAGE);
    }
    match entry.then {
        Then::Fail => return Verdict::Failed(failure),
        Then::Login => return Verdict::Unwelcome(failure),
        _ => {}
    }
    failure.transient = true;
    let asked = || quota::asked(scope.answer.code(), scope.answer.lines(), now);
    failure.retry_after = wait::asked(entry, scope, now).or_else(asked);
    if entry.then == Then::Restart {
        return Verdict::Restart(failure);
    }
    Verdict::Transient { failure, repeatable: true }
}

fn by_default(answer: &Answer, target: &Target, now: Timestamp) -> Verdict {
    let code = answer.code();
    match target.by_default(code) {
        Then::Ok => Verdict::Done { status: code },
        Then::Retry => {
            let mut failure = failure(transient_kind(code), answer, target);
            failure.transient = true;
            failure.retry_after = quota::asked(code, answer.lines(), now);
            Verdict::Transient { failure, repeatable: matches!(code, 425 | 429) }
        }
        then if matches!(code, 401 | 403 | 407) => {
            let mut failure = failure(FailureKind::BadAnswer, answer, target);
            failure.message =
                format!("{} refuses the connector's credentials ({code})", target.name);
            match then {
                Then::Login => Verdict::Unwelcome(failure),
                _ => Verdict::Failed(failure),
            }
        }
        _ => Verdict::Failed(failure(FailureKind::Refused, answer, target)),
    }
}

/// What a transient failure becomes when the tries are used up.
fn transient_kind(code: u16) -> FailureKind {
    match code {
        429 => FailureKind::RateLimited,
        500..=599 => FailureKind::BadAnswer,
        _ => FailureKind::Unavailable,
    }
}

/// Judges what went wrong on the wire. `within` is how long the try was allowed to take.
pub(in crate::engine) fn fault(
    error: &TransportError,
    target: &Target,
    within: Duration,
) -> Verdict {
    let (kind, message) = match error.fault {
        TransportFault::Unreachable => {
            (FailureKind::Unavailable, format!("{} cannot be reached", target.name))
        }
        TransportFault::Timeout => (
            FailureKind::Unavailable,
            format!("{} did not answer within {} ms", target.name, within.as_millis()),
        ),
        TransportFault::Broken => (
            FailureKind::Unavailable,
            format!("{} broke the connection off without a complete answer", target.name),
        ),
        TransportFault::TooLarge => {
            (FailureKind::BadAnswer, format!("{} answered more than can be read", target.name))
        }
        TransportFault::Unsendable => {
            (FailureKind::Internal, format!("the request to {} cannot be sent", target.name))
        }
    };
    let target = Some(target.name.clone());
    let failure = Failure { target, ..Failure::new(kind, message, error.message.as_str()) };
    let transient = |repeatable| {
        let failure = Failure { transient: true, ..failure.clone() };
        Verdict::Transient { failure, repeatable }
    };
    match error.fault {
        TransportFault::Unreachable => transient(true),
        TransportFault::Timeout | TransportFault::Broken => transient(false),
        TransportFault::TooLarge | TransportFault::Unsendable => Verdict::Failed(failure),
    }
}

fn failure(kind: FailureKind, answer: &Answer, target: &Target) -> Failure {
    let code = answer.code();
    let message = format!("{} answered {code}", target.name);
    let error = match answer.excerpt() {
        Some(excerpt) if excerpt.is_empty() => format!("{message} with an empty body"),
        Some(excerpt) => format!("{message}: {excerpt}"),
        None => message,
    };
    let mut failure = Failure::new(kind, error.clone(), error);
    failure.target = Some(target.name.clone());
    failure.target_status = Some(code);
    failure
}

/// The failure of a success whose body is needed and cannot be read.
pub(in crate::engine) fn unreadable(answer: &Answer, target: &Target) -> Failure {
    let mut failure = failure(FailureKind::BadAnswer, answer, target);
    failure.message =
        format!("{} answered {} with a body that cannot be read", target.name, answer.code());
    failure.error = match (answer.excerpt(), answer.unreadable()) {
        (Some(excerpt), Some(reason)) => format!("{reason}: {excerpt}"),
        // The reason may repeat what is not for people.
        _ => "it is neither JSON nor XML".to_owned(),
    };
    failure
}

fn invalid(fault: Fault, target: &Target, answer: &Answer) -> Failure {
    let fault = if answer.excerpt().is_some() { fault } else { fault.discreet() };
    let mut failure = failure(FailureKind::Invalid, answer, target);
    failure.message = format!("the answer of {} cannot be judged", target.name);
    failure.error = fault.to_string();
    failure
}
