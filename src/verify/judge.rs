//! What became of one event of a case, held against what is expected.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::case::{Clause, Scene};
use super::difference;
use super::rehearsal::Seen;
use super::report::Mismatch;
use crate::engine::observe::GivenUp;
use crate::engine::outcome::{FailureKind, Outcome, RuleResult};
use crate::event::Event;
use crate::expr::{At, Effort, Fault, Reading, Root, Scope};
use crate::ingress::told;
use crate::telemetry::mask::Secrets;

/// Everything that is not as expected, in the order in which a reader wants to know.
pub fn mismatches(
    scene: &Scene,
    event: &Event,
    seen: Seen,
    outcome: Result<&Outcome, String>,
    secrets: &Secrets,
) -> Vec<(At, Mismatch)> {
    let Seen { tries, mismatches, stopped, ended, held } = seen;
    let mut all = Vec::new();
    all.extend(outcome.as_ref().ok().and_then(|outcome| other_rule(scene, outcome)));
    let (of_requests, of_variables): (Vec<_>, Vec<_>) = mismatches
        .into_iter()
        .partition(|(_, mismatch)| !matches!(mismatch, Mismatch::Variable { .. }));
    all.extend(of_requests);
    match outcome {
        Err(reason) => all.push((scene.at, Mismatch::Broken(reason))),
        // What follows from a request that nobody expected is no news.
        Ok(_) if stopped => {}
        Ok(outcome) => {
            // Why an event ended early is read before what did not happen any more.
            all.extend(other_answer(scene, event, outcome, secrets));
            all.extend(missing(scene, &tries, held, secrets));
            all.extend(of_variables);
            if !ended {
                all.extend(without_rule(scene));
            }
            all.extend(broken(outcome).map(|reason| (scene.at, Mismatch::Broken(reason))));
        }
    }
    all
}

fn other_rule(scene: &Scene, outcome: &Outcome) -> Option<(At, Mismatch)> {
    let (at, expected) = scene.rule.as_ref()?;
    let ran = outcome.rules.first().map(|rule| &rule.rule);
    (ran != Some(expected)).then(|| {
        let (expected, ran) = (Arc::clone(expected), ran.cloned());
        (*at, Mismatch::Rule { expected, ran })
    })
}

/// Requests, and tries of them, that were not sent.
fn missing<'s>(
    scene: &'s Scene,
    tries: &'s [usize],
    held: Option<GivenUp>,
    secrets: &'s Secrets,
) -> impl Iterator<Item = (At, Mismatch)> + use<'s> {
    let exchanges = scene.exchanges.iter().zip(tries).enumerate();
    exchanges.filter(|(_, (expected, sent))| **sent < expected.replies.len()).map(
        move |(index, (expected, sent))| {
            let (position, attempt) = (index + 1, sent + 1);
            let expected_sheet = difference::expected_only(expected, secrets);
            (expected.at, Mismatch::Missing { position, expected: expected_sheet, attempt, held })
        },
    )
}

/// Where no rule ran, there are no variables to look at.
fn without_rule(scene: &Scene) -> impl Iterator<Item = (At, Mismatch)> {
    scene.variables.iter().map(|variable| {
        let (name, expected) = (Arc::clone(&variable.name), variable.value.clone());
        let fault = Some("no rule ran".to_owned());
        (variable.at, Mismatch::Variable { name, expected, found: None, fault })
    })
}

/// A failure of the connector's own.
fn broken(outcome: &Outcome) -> Option<String> {
    outcome.rules.iter().find_map(|rule| match &rule.result {
        RuleResult::Failed(failure) if failure.kind == FailureKind::Internal => {
            Some(format!("{}: {}", failure.message, failure.error))
        }
        _ => None,
    })
}

fn other_answer(
    scene: &Scene,
    event: &Event,
    outcome: &Outcome,
    secrets: &Secrets,
) -> Vec<(At, Mismatch)> {
    let (status, body) = told(outcome, event, secrets);
    // A case that says nothing of the answer expects that there is no failure to be told.
    if scene.answer.is_empty() && !(200..300).contains(&status) {
        let (part, expected, found) = ("status", "2xx".into(), json!(status));
        return vec![(scene.at, Mismatch::Answer { part, expected, found, status, body })];
    }
    let answer = Told::new(status, &body);
    let unlike = scene.answer.iter().filter(|clause| !clause.test.holds(&answer).unwrap_or(false));
    unlike
        .map(|Clause { at, part, written, .. }| {
            let found = answer.parts.get(*part).cloned().unwrap_or_default();
            let (expected, body) = (written.clone(), body.clone());
            (*at, Mismatch::Answer { part, expected, found, status, body })
        })
        .collect()
}

/// The parts of an answer, for the tests of `answer` to read.
struct Told {
    parts: Value,
    effort: Effort,
}

impl Told {
    fn new(status: u16, body: &Value) -> Self {
        let mut parts = Map::from_iter([("status".to_owned(), json!(status))]);
        for part in ["message", "error", "type"] {
            if let Some(text) = body.get(part) {
                parts.insert(part.to_owned(), text.clone());
            }
        }
        // One rule of the one mapping failed, or was acknowledged although it did.
        let rules = body.get("details").or_else(|| body.get("rules"));
        let rule = rules.and_then(|rules| rules.get(0));
        for (part, steps) in [("undone", ""), ("not_undone", "/step")] {
            let taken_back = rule.and_then(|rule| rule.get(part)?.as_array());
            let names = taken_back.map(|all| all.iter().filter_map(|one| one.pointer(steps)));
            if let Some(names) = names {
                parts.insert(part.to_owned(), names.cloned().collect());
            }
        }
        Self { parts: Value::Object(parts), effort: Effort::new() }
    }
}

impl Scope for Told {
    fn get(&self, _: Root) -> Result<Option<&Value>, Fault> {
        Ok(None)
    }

    fn absence(&self, _: Root) -> Option<Fault> {
        None
    }

    fn document(&self) -> Option<Reading<'_>> {
        Some(Reading::Tree(&self.parts))
    }

    fn effort(&self) -> &Effort {
        &self.effort
    }

    fn uuid(&self) -> String {
        uuid::Uuid::nil().to_string()
    }
}
