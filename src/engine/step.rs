//! One step of a rule: once, or once for each member of a list.

use std::sync::Arc;

use serde_json::Value;

use super::event_scope::{EventScope, Kept};
use super::exchange::{Exchange, Exchanged};
use super::outcome::{Failure, FailureKind, Members};
use super::run::Run;
use super::set::Link;
use crate::expr::template::{Place, Template};
use crate::expr::{Budget, Fault, Reference};
use crate::program::{Act, Call, Mapping, Retry, Rule, Save, Step};

/// Most members of a `for_each`.
const MOST_MEMBERS: usize = 10_000;

/// What a step came to.
pub(super) enum StepEnd {
    /// Go on with the next one.
    Done,
    /// The rule is done.
    Stop,
    /// The rule is to begin again, with the patience that the target wants; the failure is for the
    /// case that it may not.
    Restart { failure: Failure, retry: Retry },
}

/// A step on its way.
pub(super) struct StepRun<'r> {
    pub run: &'r Run<'r>,
    pub mapping: &'r Mapping,
    pub links: &'r [Arc<Link>],
    pub rule: &'r Rule,
    pub step: &'r Step,
    /// How often the rule began again.
    pub restarts: u32,
}

/// What one turn of a step came to.
enum Turn {
    Skipped,
    Exchanged(Exchanged),
}

/// What the turn of one member came to.
enum Member {
    Skipped(Vec<Value>),
    Done {
        status: u16,
        saved: Vec<Value>,
    },
    /// Nothing of the step comes behind it.
    Over(StepEnd),
}

impl<'r> StepRun<'r> {
    pub(super) async fn run(&self, scope: &mut EventScope<'_>) -> Result<StepEnd, Failure> {
        match &self.step.for_each {
            None => self.once(scope).await,
            Some(list) => self.each(list, scope).await,
        }
    }

    async fn once(&self, scope: &mut EventScope<'_>) -> Result<StepEnd, Failure> {
        scope.tell(|observer| observer.begun(self.step, None));
        let end = self.only_turn(scope).await;
        scope.tell(|observer| observer.turned(self.mapping, self.step));
        end
    }

    async fn only_turn(&self, scope: &mut EventScope<'_>) -> Result<StepEnd, Failure> {
        scope.turn(self.step, None);
        let (status, saved) = match self.turn(None, scope).await? {
            Turn::Exchanged(Exchanged::Done { status, saved }) => {
                self.did(None, status, &saved, scope);
                (Some(status), saved)
            }
            Turn::Exchanged(exchanged) => return Ok(self.end(exchanged)),
            Turn::Skipped => (None, self.stand_ins(scope)?),
        };
        for (save, kept) in self.saves().iter().zip(saved) {
            // What an earlier step saved under the same name is better than a stand-in.
            if status.is_some() || !scope.has(save.slot) {
                scope.keep(save.slot, kept);
            }
        }
        scope.ended(status);
        Ok(StepEnd::Done)
    }

    async fn each(&self, list: &Reference, scope: &mut EventScope<'_>) -> Result<StepEnd, Failure> {
        let members = list.members(scope).map_err(|fault| self.invalid(&fault))?;
        if members.len() > MOST_MEMBERS {
            let fault = Fault::TooMany { list: list.text.clone(), limit: MOST_MEMBERS };
            return Err(self.invalid(&fault));
        }
        let members = members.to_vec();
        let mut reached =
            Members { done: 0, all: u16::try_from(members.len()).unwrap_or(u16::MAX) };
        scope.tell(|observer| observer.begun(self.step, Some(members.len())));
        let mut columns = vec![Vec::with_capacity(members.len()); self.saves().len()];
        let (mut last, budget) = (None, Budget::new());
        for (index, member) in (0..).zip(members) {
            scope.turn(self.step, Some((index, member)));
            let turned = self.member(index, scope).await;
            scope.tell(|observer| observer.turned(self.mapping, self.step));
            let saved = match turned.map_err(|failure| at(failure, index, reached))? {
                Member::Skipped(saved) => saved,
                Member::Done { status, saved } => {
                    last = Some(status);
                    reached.done += 1;
                    saved
                }
                Member::Over(StepEnd::Restart { failure, retry }) => {
                    let failure = at(failure, index, reached);
                    return Ok(StepEnd::Restart { failure, retry });
                }
                Member::Over(end) => return Ok(end),
            };
            for (column, value) in columns.iter_mut().zip(saved) {
                let copied = budget.copy(&value, 0);
                copied.map_err(|fault| at(self.invalid(&fault), index, reached))?;
                column.push(value);
            }
        }
        for (save, column) in self.saves().iter().zip(columns) {
            if last.is_some() || !scope.has(save.slot) {
                scope.keep(save.slot, Kept::Value(Value::Array(column)));
            }
        }
        scope.ended(last);
        Ok(StepEnd::Done)
    }

    /// The turn of one member, and what is saved in it.
    async fn member(&self, index: u32, scope: &mut EventScope<'_>) -> Result<Member, Failure> {
        Ok(match self.turn(Some(index), scope).await? {
            Turn::Exchanged(Exchanged::Done { status, saved }) => {
                self.did(Some(index), status, &saved, scope);
                let saved = self.all_there(saved).map_err(|fault| self.invalid(&fault))?;
                Member::Done { status, saved }
            }
            Turn::Exchanged(exchanged) => Member::Over(self.end(exchanged)),
            Turn::Skipped => {
                let stand_ins = self.stand_ins(scope)?;
                Member::Skipped(stand_ins.into_iter().map(value_or_null).collect())
            }
        })
    }

    async fn turn(&self, index: Option<u32>, scope: &mut EventScope<'_>) -> Result<Turn, Failure> {
        let runs = self.step.when.holds(scope).map_err(|fault| self.invalid(&fault))?;
        scope.tell(|observer| observer.turn(self.step, index, runs, scope));
        if !runs {
            return Ok(Turn::Skipped);
        }
        let call = match &self.step.act {
            Act::Call(call) => call,
            Act::Fail(text) => return Err(self.fail(text, scope)),
        };
        let exchange = self.exchange(call, &self.step.label, index)?;
        let exchanged = exchange.run(scope).await.map_err(|failure| self.named(failure))?;
        Ok(Turn::Exchanged(exchanged))
    }

    /// A request on its way, which `label` tells from others of the step.
    pub(super) fn exchange<'x>(
        &'x self,
        call: &'x Call,
        label: &'x Arc<str>,
        index: Option<u32>,
    ) -> Result<Exchange<'x>, Failure> {
        // Positions were checked at load, and links are made from the same list.
        let target = self.mapping.targets.get(call.target).zip(self.links.get(call.target));
        let (target, link) = target.ok_or_else(|| self.misplaced())?;
        Ok(Exchange { step: self, label, call, target, link, index, poll: 1 })
    }

    /// Notes that there is something to take back.
    pub(super) fn did(
        &self,
        index: Option<u32>,
        status: u16,
        saved: &[Kept],
        scope: &mut EventScope<'_>,
    ) {
        if self.step.undo.is_some() {
            let saved = self.saves().iter().zip(saved);
            let saved = saved.map(|(save, kept)| (save.slot, kept.clone())).collect();
            scope.did(self.step, self.restarts, index, status, saved);
        }
    }

    fn end(&self, exchanged: Exchanged) -> StepEnd {
        match exchanged {
            Exchanged::Done { .. } => StepEnd::Done,
            Exchanged::Stop => StepEnd::Stop,
            Exchanged::Restart { failure, retry } => {
                StepEnd::Restart { failure: self.named(failure), retry }
            }
        }
    }

    fn saves(&self) -> &'r [Save] {
        match &self.step.act {
            Act::Call(call) => {
                let Call { save, .. } = &**call;
                save
            }
            Act::Fail(_) => &[],
        }
    }

    /// What stands under the names of a step that was skipped.
    fn stand_ins(&self, scope: &EventScope<'_>) -> Result<Vec<Kept>, Failure> {
        let stand_in = |save: &Save| {
            Ok(match save.variable.default(scope) {
                Ok(Some(value)) => Kept::Value(value.into_owned()),
                // It may read the answer that there is none of, and nobody may need it.
                Err(fault) if fault.is_absence() => Kept::Absent(Some(fault)),
                Err(fault) => return Err(self.invalid(&fault)),
                Ok(None) => Kept::Absent(save.variable.required().map(|_| Fault::Absent {
                    variable: save.variable.name.clone(),
                    origin:
                        format!("step `{}`, which saves it, was skipped", self.step.label).into(),
                })),
            })
        };
        self.saves().iter().map(stand_in).collect()
    }

    /// In an array there is no later need that could tell of a gap: it is told now.
    fn all_there(&self, saved: Vec<Kept>) -> Result<Vec<Value>, Fault> {
        saved
            .into_iter()
            .map(|kept| match kept {
                Kept::Absent(Some(fault)) => Err(fault),
                kept => Ok(value_or_null(kept)),
            })
            .collect()
    }

    fn fail(&self, text: &Template, scope: &EventScope<'_>) -> Failure {
        match text.text(scope, Place::Message) {
            Ok(message) => {
                let error =
                    format!("step `{}` of rule `{}` fails", self.step.label, self.rule.name);
                self.named(Failure::new(FailureKind::Refused, message, error))
            }
            Err(fault) => self.invalid(&fault),
        }
    }

    fn misplaced(&self) -> Failure {
        let error = format!("step `{}` has no target", self.step.label);
        self.named(Failure::new(FailureKind::Internal, "the connector failed", error))
    }

    /// The failure of a step whose values cannot be read.
    fn invalid(&self, fault: &Fault) -> Failure {
        let target = match &self.step.act {
            Act::Call(call) => self.mapping.targets.get(call.target).map(|one| one.name.clone()),
            Act::Fail(_) => None,
        };
        Failure { target, ..self.unreadable(&self.step.label, fault) }
    }

    /// The same of a request of the step, which `label` tells from others; without its target.
    pub(super) fn unreadable(&self, label: &Arc<str>, fault: &Fault) -> Failure {
        let message = format!("step `{label}` of rule `{}`: {fault}", self.rule.name);
        let failure = Failure::new(FailureKind::Invalid, message, fault.to_string());
        Failure { step: Some(Arc::clone(label)), ..failure }
    }

    fn named(&self, mut failure: Failure) -> Failure {
        failure.step = Some(self.step.label.clone());
        failure
    }
}

fn at(failure: Failure, index: u32, reached: Members) -> Failure {
    Failure { index: Some(index), members: Some(reached), ..failure }
}

/// Absence has no place in an array whose positions mean something.
fn value_or_null(kept: Kept) -> Value {
    match kept {
        Kept::Value(value) => value,
        Kept::Absent(_) => Value::Null,
    }
}
