//! One event in front of one mapping, with nothing sent: each part of the way by itself, for
//! measuring.

use std::sync::Arc;

use super::event_scope::{EventScope, Facts};
use super::request;
use super::run::{Choice, choose};
use super::target::answer::Answer;
use super::target::judge::{self, Verdict};
use super::transport::{Request, Response};
use crate::clock::Clock;
use crate::event::Event;
use crate::expr::{Fault, Root, Scope, VariableId};
use crate::program::{Act, Action, Mapping, Rule};

/// What an event and the clock give to a trial.
pub struct Subject<'e> {
    event: &'e Event,
    facts: Facts,
    clock: &'e dyn Clock,
}

impl<'e> Subject<'e> {
    pub fn new(event: &'e Event, clock: &'e dyn Clock) -> Self {
        Self { event, facts: Facts::now(clock), clock }
    }
}

/// A trial; variables are evaluated once, when first asked for.
pub struct Trial<'e> {
    mapping: &'e Mapping,
    subject: &'e Subject<'e>,
    scope: EventScope<'e>,
}

impl<'e> Trial<'e> {
    pub fn new(mapping: &'e Mapping, subject: &'e Subject<'e>) -> Self {
        let scope = EventScope::new(mapping, subject.event, &subject.facts, subject.clock);
        Self { mapping, subject, scope }
    }

    /// The rule that runs for the event, if any.
    pub fn route(&self) -> Result<Option<&'e Rule>, Fault> {
        match choose(self.mapping, self.subject.event, &self.scope) {
            Choice::None => Ok(None),
            Choice::Rule(rule) => Ok(Some(rule)),
            Choice::Undecided(_, fault) => Err(fault),
        }
    }

    /// Evaluates every variable of the file; returns how many are present.
    pub fn extract(&self) -> Result<usize, Fault> {
        let mut present = 0;
        for at in 0..self.mapping.variables.len() {
            present += usize::from(self.scope.get(Root::Variable(VariableId(at)))?.is_some());
        }
        Ok(present)
    }

    /// Renders the requests of a rule.
    pub fn render(&self, rule: &Rule) -> Result<Vec<Request>, Fault> {
        let Action::Steps(steps) = &rule.action else { return Ok(Vec::new()) };
        let targets = &self.mapping.targets;
        let calls = steps.iter().filter_map(|step| match &step.act {
            Act::Call(call) => Some((call, targets.get(call.target)?)),
            Act::Fail(_) => None,
        });
        calls.map(|(call, target)| request::render(&call.request, target, &self.scope)).collect()
    }

    /// Whether an answer to the first request of a rule means that it was done.
    pub fn judge(&self, rule: &Rule, response: Response) -> bool {
        let Action::Steps(steps) = &rule.action else { return false };
        let call = steps.iter().find_map(|step| match &step.act {
            Act::Call(call) => Some(call),
            Act::Fail(_) => None,
        });
        let target = call.and_then(|call| self.mapping.targets.get(call.target));
        call.zip(target).is_some_and(|(call, target)| {
            let answer = Answer::new(response, Arc::default(), false);
            let now = self.subject.clock.wall();
            let verdict = judge::answer(&answer, call, target, &self.scope, now);
            matches!(verdict, Verdict::Done { .. })
        })
    }
}
