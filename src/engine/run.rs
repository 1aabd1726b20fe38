//! An event's way: every mapping is asked, and the chosen rules of different mappings run side by
//! side.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::admit::Admission;
use super::bulkhead::Room;
use super::event_scope::{EventScope, Facts};
use super::observe::{GivenUp, Observer};
use super::outcome::{Failure, FailureKind, Outcome, RuleOutcome, RuleResult, Undone};
use super::session::LogIn;
use super::set::{Link, Set};
use super::step::{StepEnd, StepRun};
use super::target::retry;
use super::undo::Undoing;
use crate::clock::Clock;
use crate::event::Event;
use crate::expr::Fault;
use crate::expr::template::Place;
use crate::program::{Action, Mapping, Retry, Rule, Step, Target};
use crate::telemetry::log::Log;
use crate::telemetry::vault::Vault;

/// What all events have in common.
#[derive(Clone)]
pub struct Engine {
    pub(super) clock: Arc<dyn Clock>,
    /// The longest that an event may take, retries included.
    pub(super) deadline: Duration,
    observer: Option<Arc<dyn Observer>>,
    /// The room that events in flight share.
    admission: Option<Arc<Admission>>,
}

/// One event on its way through one set.
pub(super) struct Run<'r> {
    pub(super) engine: &'r Engine,
    pub(super) event: &'r Event,
    pub(super) log: &'r Log,
    pub(super) vault: &'r Arc<Vault>,
    /// On the clock's monotonic scale.
    pub(super) deadline: Duration,
    /// The log-in that this is, if it is one.
    pub(super) login: Option<LogIn<'r>>,
    /// The room that it shares with other events, if there is a limit to that.
    pub(super) room: Option<Room<'r>>,
}

impl Engine {
    pub fn new(clock: Arc<dyn Clock>, deadline: Duration) -> Self {
        Self { clock, deadline, observer: None, admission: None }
    }

    /// With events that share a room: no target takes all of it.
    pub fn within(self, admission: Arc<Admission>) -> Self {
        Self { admission: Some(admission), ..self }
    }

    /// With somebody who watches.
    pub fn observed_by(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    pub(super) fn observer(&self) -> Option<&dyn Observer> {
        self.observer.as_deref()
    }

    /// Who watches a log-in to this target.
    pub(super) fn observer_of_login(&self, target: &Target) -> Option<Arc<dyn Observer>> {
        self.observer.clone().and_then(|observer| observer.logging_in(target))
    }

    /// The end of what begins now, on the clock's monotonic scale.
    pub(super) fn deadline_from_now(&self) -> Duration {
        self.clock.monotonic().saturating_add(self.deadline)
    }

    /// Runs an event to its end, on the set that it began with. `log` speaks about this event.
    pub async fn process(&self, set: Arc<Set>, event: Event, log: Log) -> Outcome {
        let facts = Facts::now(&*self.clock);
        let (vault, deadline) = (&set.vault, self.deadline_from_now());
        let room = self.admission.as_deref();
        let room = room.map(|room| Room::new(room, set.targets(), event.size));
        let run =
            Run { engine: self, event: &event, log: &log, vault, deadline, login: None, room };
        let mappings = &set.program.mappings;
        // Whoever watches hears of every mapping.
        let asked: Cow<[usize]> = match self.observer {
            Some(_) => (0..mappings.len()).collect(),
            None => set.index.find(&event.event_type),
        };
        let ask = |at: usize| run.mapping(&mappings[at], set.links(at), &facts);
        let rules = match *asked {
            // As nearly always, and then nothing has to be moved to stand beside others.
            [only] => ask(only).await.into_iter().collect(),
            // Their number is known beforehand: these are large, and are moved into place once.
            _ => join_all(asked.iter().map(|&at| ask(at))).await.into_iter().flatten().collect(),
        };
        Outcome { rules }
    }
}

impl Run<'_> {
    pub(super) fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.engine.clock.monotonic())
    }

    /// What became of the event in one mapping; `None` if no rule of it is for the event.
    async fn mapping(
        &self,
        mapping: &Mapping,
        links: &[Arc<Link>],
        facts: &Facts,
    ) -> Option<RuleOutcome> {
        let mut scope = EventScope::new(mapping, self.event, facts, &*self.engine.clock)
            .observed_by(self.engine.observer());
        scope.tell(|observer| observer.asked(mapping, &scope));
        let ran = match choose(mapping, self.event, &scope) {
            Choice::None => None,
            Choice::Undecided(rule, fault) => {
                let result = RuleResult::Failed(undecided(rule, &fault));
                Some((rule, (result, Vec::new())))
            }
            Choice::Rule(rule) => Some((rule, self.rule(mapping, rule, links, &mut scope).await)),
        };
        scope.tell(|observer| observer.left(mapping, &scope));
        let (rule, (result, undone)) = ran?;
        let (mapping, rule) = (mapping.file.clone(), rule.name.clone());
        Some(RuleOutcome { mapping, rule, result, undone })
    }

    /// What a rule came to, and what of it was taken back.
    async fn rule(
        &self,
        mapping: &Mapping,
        rule: &Rule,
        links: &[Arc<Link>],
        scope: &mut EventScope<'_>,
    ) -> (RuleResult, Vec<Undone>) {
        scope.tell(|observer| observer.chosen(mapping, rule));
        let result = self.act(mapping, rule, links, scope).await;
        scope.tell(|observer| observer.ended(mapping, rule, scope));
        let undone = match (&result, &rule.action) {
            // After a failure that may pass, NSPS sends the event again, and the rule goes on.
            (RuleResult::Failed(failure), Action::Steps(steps)) if !failure.transient => {
                Undoing { run: self, mapping, rule, steps, links }.run(scope).await
            }
            _ => Vec::new(),
        };
        (result, undone)
    }

    async fn act(
        &self,
        mapping: &Mapping,
        rule: &Rule,
        links: &[Arc<Link>],
        scope: &mut EventScope<'_>,
    ) -> RuleResult {
        match &rule.action {
            Action::Ignore(text) => match text.text(scope, Place::Message) {
                Ok(reason) => RuleResult::Ignored(reason),
                Err(fault) => RuleResult::Failed(undecided(rule, &fault)),
            },
            Action::Reject(text) => RuleResult::Failed(match text.text(scope, Place::Message) {
                Ok(reason) => {
                    invalid(reason, format!("the rule `{}` rejects this event", rule.name))
                }
                Err(fault) => undecided(rule, &fault),
            }),
            Action::Steps(steps) => match self.steps(mapping, rule, steps, links, scope).await {
                Ok(()) => RuleResult::Succeeded,
                Err(failure) => RuleResult::Failed(failure),
            },
        }
    }

    /// The steps in order, from the beginning as often as an answer asks for it.
    pub(super) async fn steps(
        &self,
        mapping: &Mapping,
        rule: &Rule,
        steps: &[Step],
        links: &[Arc<Link>],
        scope: &mut EventScope<'_>,
    ) -> Result<(), Failure> {
        let mut restarts = 0;
        'again: loop {
            scope.begin(rule);
            for step in steps {
                let step = StepRun { run: self, mapping, links, rule, step, restarts };
                match step.run(scope).await? {
                    StepEnd::Done => {}
                    StepEnd::Stop => return Ok(()),
                    StepEnd::Restart { failure, retry } => {
                        restarts += 1;
                        if let Err(why) = self.restart(&retry, restarts, &failure).await {
                            scope.tell(|observer| observer.given_up(why));
                            return Err(failure);
                        }
                        continue 'again;
                    }
                }
            }
            return Ok(());
        }
    }

    /// Waits until the rule may begin again, for the time that `restarts` says.
    async fn restart(
        &self,
        retry: &Retry,
        restarts: u32,
        failure: &Failure,
    ) -> Result<(), GivenUp> {
        if restarts > MOST_RESTARTS {
            return Err(GivenUp::Restarts);
        }
        self.wait(retry, restarts + 1, failure).await
    }

    /// Waits before a try, the first of which is the second; not where there is no time, or no
    /// patience, for one.
    pub(super) async fn wait(
        &self,
        retry: &Retry,
        attempt: u32,
        failure: &Failure,
    ) -> Result<(), GivenUp> {
        let clock = &*self.engine.clock;
        let wait = retry::wait(retry, attempt, failure.retry_after, clock);
        let wait = wait.ok_or(GivenUp::TooPatient)?;
        if wait >= self.time_left() {
            return Err(GivenUp::NoTime);
        }
        clock.sleep(wait).await;
        // A sleep may last longer than it should: what failed says more than the time.
        if self.time_left().is_zero() { Err(GivenUp::NoTime) } else { Ok(()) }
    }
}

/// How often a rule begins again: somebody else may win a race for the same record each time.
const MOST_RESTARTS: u32 = 3;

pub(super) enum Choice<'m> {
    None,
    Rule(&'m Rule),
    /// A condition of this rule met a value that it cannot convert.
    Undecided(&'m Rule, Fault),
}

/// The first rule whose event types and condition fit.
pub(super) fn choose<'m>(
    mapping: &'m Mapping,
    event: &Event,
    scope: &EventScope<'_>,
) -> Choice<'m> {
    for rule in &mapping.rules {
        if !rule.events.iter().any(|pattern| pattern.matches(&event.event_type)) {
            continue;
        }
        match rule.when.holds(scope) {
            Ok(true) => return Choice::Rule(rule),
            Ok(false) => {}
            Err(fault) => return Choice::Undecided(rule, fault),
        }
    }
    Choice::None
}

fn undecided(rule: &Rule, fault: &Fault) -> Failure {
    invalid(format!("rule `{}`: {fault}", rule.name), fault.to_string())
}

fn invalid(message: String, error: String) -> Failure {
    Failure::new(FailureKind::Invalid, message, error)
}
