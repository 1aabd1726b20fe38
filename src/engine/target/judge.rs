//! What an answer means: the step's table, then its target's, then the default.

use std::time::Duration;

use jiff::Timestamp;

use super::answer::Answer;
use super::retry::retry_after;
use crate::engine::event_scope::{AnswerScope, EventScope};
use crate::engine::outcome::{Failure, FailureKind};
use crate::engine::transport::{TransportError, TransportFault};
use crate::expr::Fault;
use crate::expr::template::Place;
use crate::program::{ResponseEntry, Step, Target, Then};

/// What one try came to.
pub(in crate::engine) enum Verdict {
    /// The step succeeded.
    Done,
    /// The rule is done.
    Stop,
    /// Permanent.
    Failed(Failure),
    Transient {
        failure: Failure,
        /// Sending again is safe whatever the method is.
        repeatable: bool,
    },
}

/// Judges an answer.
pub(in crate::engine) fn answer(
    answer: &Answer,
    step: &Step,
    target: &Target,
    scope: &EventScope<'_>,
    now: Timestamp,
) -> Verdict {
    let scope = AnswerScope::new(scope, answer);
    for entry in step.responses.iter().chain(&target.responses) {
        match decides(entry, &scope) {
            Ok(Some(true)) => return by_entry(entry, &scope, target, now),
            Ok(Some(false)) => {}
            Ok(None) => return Verdict::Failed(unreadable(answer, target)),
            Err(fault) => return Verdict::Failed(invalid(&fault, target, answer)),
        }
    }
    by_default(answer, target, now)
}

/// Whether an entry decides; `None` if that depends on the body of a success which cannot be read.
fn decides(entry: &ResponseEntry, scope: &AnswerScope<'_, '_>) -> Result<Option<bool>, Fault> {
    let answer = scope.answer;
    if !entry.reads_body || !is_success(answer.code()) || answer.unreadable().is_none() {
        return entry.when.holds(scope).map(Some);
    }
    scope.body_was_asked_for();
    entry.when.known(&|test| {
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
        Then::Ok => return Verdict::Done,
        Then::Stop => return Verdict::Stop,
        Then::Fail => FailureKind::Refused,
        Then::Retry => transient_kind(scope.answer.code()),
    };
    let mut failure = failure(kind, scope.answer, target);
    failure.answer = entry.answer;
    // A message is for people: one that cannot be written changes nothing of the verdict.
    if let Some(Ok(message)) = entry.message.as_ref().map(|text| text.text(scope, Place::Message)) {
        failure.message = message;
    }
    if entry.then == Then::Fail {
        return Verdict::Failed(failure);
    }
    failure.retry_after = retry_after(scope.answer.header("retry-after"), now);
    Verdict::Transient { failure, repeatable: true }
}

fn by_default(answer: &Answer, target: &Target, now: Timestamp) -> Verdict {
    match answer.code() {
        200..=299 => Verdict::Done,
        code @ (401 | 403 | 407) => {
            let mut failure = failure(FailureKind::BadAnswer, answer, target);
            failure.message =
                format!("{} refuses the connector's credentials ({code})", target.name);
            Verdict::Failed(failure)
        }
        code @ (408 | 425 | 429 | 500 | 502 | 503 | 504) => {
            let mut failure = failure(transient_kind(code), answer, target);
            failure.retry_after = retry_after(answer.header("retry-after"), now);
            Verdict::Transient { failure, repeatable: matches!(code, 425 | 429) }
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
    let failure = Failure {
        kind,
        message,
        error: error.message.clone(),
        step: None,
        target: Some(target.name.clone()),
        target_status: None,
        answer: None,
        retry_after: None,
    };
    match error.fault {
        TransportFault::Unreachable => Verdict::Transient { failure, repeatable: true },
        TransportFault::Timeout | TransportFault::Broken => {
            Verdict::Transient { failure, repeatable: false }
        }
        TransportFault::TooLarge | TransportFault::Unsendable => Verdict::Failed(failure),
    }
}

fn failure(kind: FailureKind, answer: &Answer, target: &Target) -> Failure {
    let code = answer.code();
    let excerpt = answer.excerpt();
    let message = format!("{} answered {code}", target.name);
    let error = match excerpt.is_empty() {
        true => format!("{message} with an empty body"),
        false => format!("{message}: {excerpt}"),
    };
    Failure {
        kind,
        message: error.clone(),
        error,
        step: None,
        target: Some(target.name.clone()),
        target_status: Some(code),
        answer: None,
        retry_after: None,
    }
}

fn unreadable(answer: &Answer, target: &Target) -> Failure {
    let mut failure = failure(FailureKind::BadAnswer, answer, target);
    failure.message =
        format!("{} answered {} with a body that cannot be read", target.name, answer.code());
    let reason = answer.unreadable().unwrap_or("it is neither JSON nor XML");
    failure.error = format!("{reason}: {}", answer.excerpt());
    failure
}

fn invalid(fault: &Fault, target: &Target, answer: &Answer) -> Failure {
    let mut failure = failure(FailureKind::Invalid, answer, target);
    failure.message = format!("the answer of {} cannot be judged", target.name);
    failure.error = fault.to_string();
    failure
}

fn is_success(code: u16) -> bool {
    (200..300).contains(&code)
}
