//! Why an event does what it does: the engine runs it on a script, and everything is written down.

pub mod account;
mod findings;
mod glimpse;
mod log_in;
mod notes;
mod play;
pub mod raw;
mod recorder;
mod rules;
mod sent;
mod trails;
mod variables;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::account::{End, Explanation, MappingAccount, RunAccount, Turn, VariableAccount};
pub use self::glimpse::{Curtain, Glimpse, shorten};
use self::notes::Notes;
use self::play::{Play, Replies};
use self::recorder::Recorder;
use crate::clock::Clock;
use crate::clock::virtual_time::{Stalled, VirtualClock};
use crate::engine::outcome::{Failure, Outcome, RuleOutcome, RuleResult};
use crate::engine::script::{Reply, Stage};
use crate::engine::transport::TransportError;
use crate::engine::{Engine, Set};
use crate::event::Event;
use crate::expr::At;
use crate::ingress;
use crate::program::{Action, Mapping, Program, Rule, Step};
use crate::telemetry::log::Log;
use crate::telemetry::vault::Vault;

/// What is asked for.
pub struct Question {
    pub program: Program,
    pub event: Event,
    /// To one exchange after the other, each with one for every try; what is past them is answered
    /// with a stand-in. Exchanges are counted file by file.
    pub replies: Vec<Vec<Reply>>,
    /// Whether log-ins are run, too; otherwise each is taken as done.
    pub log_ins: bool,
    /// When the event comes.
    pub now: Timestamp,
    /// The longest that it may take.
    pub deadline: Duration,
}

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum Unexplained {
    #[error(transparent)]
    Stalled(#[from] Stalled),
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// Runs the event through one mapping after the other: so the order of exchanges is that in which
/// they are told. Nothing is sent, and nobody waits.
pub fn explain(question: Question) -> Result<Explanation, Unexplained> {
    let Question { program, event, replies, log_ins, now, deadline } = question;
    let Program { mappings, hash, secrets } = program;
    let vault = Arc::new(Vault::default());
    let replies = Arc::new(Replies::new(replies));
    let curtain = Curtain::new(Arc::clone(&vault));
    let (mut outcome, mut accounts) = (Outcome::default(), Vec::with_capacity(mappings.len()));
    let mut log_ins_taken_as_done = 0;
    for mapping in mappings {
        let play = Play { replies: Arc::clone(&replies), clock: VirtualClock::new(now) };
        let (hash, secrets) = (Arc::clone(&hash), Arc::clone(&secrets));
        let program = Program { mappings: vec![mapping], hash, secrets };
        let set = Set::first(program, Arc::clone(&vault), &Stage(Arc::new(play.clone())))?;
        let recorder = Arc::new(Recorder::new(curtain.clone(), play, log_ins));
        let (of_mapping, account, done) = one(Arc::new(set), &event, &recorder, deadline)?;
        outcome.rules.extend(of_mapping.rules);
        accounts.extend(account);
        log_ins_taken_as_done += done;
    }
    let (status, body) = ingress::told(&outcome, &event, &*vault);
    Ok(Explanation {
        event_id: curtain.told(&event.id),
        event_type: curtain.told(&event.event_type),
        mappings: accounts,
        told: (status, curtain.value(&body)),
        exchanges: replies.exchanges(),
        replies: replies.given(),
        log_ins_taken_as_done,
        members_left: replies.members_left(),
        is_cut: curtain.is_full(),
    })
}

/// The event in a set of one mapping; and how many log-ins were taken as done.
fn one(
    set: Arc<Set>,
    event: &Event,
    recorder: &Arc<Recorder>,
    deadline: Duration,
) -> Result<(Outcome, Option<MappingAccount>, usize), Unexplained> {
    let clock = recorder.clock().clone();
    let observer = Arc::clone(recorder);
    let engine = Engine::new(Arc::new(clock.clone()), deadline).observed_by(observer);
    let outcome = clock.run(engine.process(Arc::clone(&set), event.clone(), Log::discard()))?;
    let notes = recorder.take();
    let done = notes.log_ins_taken_as_done;
    let account = set.program.mappings.first().map(|mapping| {
        account(mapping, notes, outcome.rules.first(), clock.monotonic(), recorder.curtain())
    });
    Ok((outcome, account, done))
}

fn account(
    mapping: &Mapping,
    notes: Notes,
    outcome: Option<&RuleOutcome>,
    took: Duration,
    curtain: &Curtain,
) -> MappingAccount {
    let Notes { rules, mut variables, turns, turns_left_out, undos, undos_left_out, .. } = notes;
    let failure = outcome.and_then(|outcome| match &outcome.result {
        RuleResult::Failed(failure) => Some(failure),
        _ => None,
    });
    keep_what_failed(&mut variables, failure, &turns);
    let run = outcome.and_then(|outcome| {
        let rule = mapping.rules.iter().find(|rule| rule.name == outcome.rule)?;
        let end = end(&outcome.result, curtain);
        let not_reached = not_reached(rule, &turns, &end);
        let (at, rule) = (rule.at, rule.name.clone());
        Some(RunAccount {
            at,
            rule,
            turns,
            turns_left_out,
            undos,
            undos_left_out,
            not_reached,
            end,
            took,
        })
    });
    let description = mapping.description.as_deref().map(|text| curtain.told(text));
    MappingAccount { file: mapping.file.clone(), description, rules, variables, run }
}

/// Of the steps that need what is missing, only one can have failed for it: the one that failed with
/// nothing sent. Others were skipped, or the rule did not come to them.
fn keep_what_failed(variables: &mut [VariableAccount], failure: Option<&Failure>, turns: &[Turn]) {
    let unsent = failure.and_then(|failure| {
        let step = failure.step.as_ref()?;
        let is_sent = turns.last().is_some_and(|turn| turn.step == *step && turn.own().count() > 0);
        (!is_sent).then_some((step, &failure.error))
    });
    for variable in variables {
        let account::Outcome::Missing { needed_by } = &mut variable.outcome else { continue };
        needed_by.retain(|step| unsent.is_some_and(|(failed, _)| step == failed));
        // Of a `for_each` only the first member was tried.
        let named = format!("`{}` is required and absent", variable.name);
        if let Some((step, _)) = unsent.filter(|(_, error)| error.contains(&named))
            && needed_by.is_empty()
        {
            needed_by.push(step.clone());
        }
    }
}

/// Steps that it did not come to after it last began.
fn not_reached(rule: &Rule, turns: &[Turn], end: &End) -> Vec<(Arc<str>, At)> {
    let Action::Steps(steps) = &rule.action else { return Vec::new() };
    let restarts = turns.last().map_or(0, |turn| turn.restarts);
    let reached = |step: &Step| {
        let failed = matches!(end, End::Failed { step: Some(failed), .. } if *failed == step.label);
        failed || turns.iter().any(|turn| turn.step == step.label && turn.restarts == restarts)
    };
    let missed = steps.iter().filter(|step| !reached(step));
    missed.map(|step| (step.label.clone(), step.at)).collect()
}

fn end(result: &RuleResult, curtain: &Curtain) -> End {
    match result {
        RuleResult::Succeeded => End::Succeeded,
        RuleResult::Ignored(text) => End::Ignored(curtain.told(text)),
        RuleResult::Failed(failure) => End::Failed {
            message: curtain.told(&failure.message),
            error: curtain.told(&failure.error),
            step: failure.step.clone(),
            index: failure.index,
        },
    }
}

#[cfg(test)]
mod tests;
