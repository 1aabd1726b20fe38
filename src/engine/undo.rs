//! Taking back what the steps of a rule did, once the rule has failed for good: last step first, and
//! of a `for_each` the last member first.

use std::collections::HashSet;
use std::sync::Arc;

use super::event_scope::EventScope;
use super::exchange::{Delivered, Exchanged};
use super::journal::Deed;
use super::outcome::{Failure, Undone};
use super::request;
use super::run::Run;
use super::set::Link;
use super::step::StepRun;
use crate::fields;
use crate::program::{Mapping, Rule, Step, Undo};
use crate::telemetry::mask::Mask as _;

/// A rule that is taken back.
pub(super) struct Undoing<'r> {
    pub run: &'r Run<'r>,
    pub mapping: &'r Mapping,
    pub rule: &'r Rule,
    pub steps: &'r [Step],
    pub links: &'r [Arc<Link>],
}

/// Requests that were sent and that a second time would do nothing more, by their digests.
type Settled = HashSet<[u8; 32]>;

impl Undoing<'_> {
    /// Sends every undo, whatever becomes of the others.
    pub(super) async fn run(&self, scope: &mut EventScope<'_>) -> Vec<Undone> {
        let (mut all, mut settled) = (Vec::new(), Settled::new());
        while let Some(deed) = scope.go_back() {
            let Some(step) = self.steps.get(deed.step) else { continue };
            let Some(undo) = &step.undo else { continue };
            let result = self.undo(step, undo, &deed, &mut settled, scope).await;
            if let Err(failure) = &result {
                self.tell(undo, failure);
            }
            note(&mut all, &step.label, result);
        }
        all
    }

    async fn undo(
        &self,
        step: &Step,
        undo: &Undo,
        deed: &Deed,
        settled: &mut Settled,
        scope: &mut EventScope<'_>,
    ) -> Result<(), Failure> {
        let Self { run, mapping, rule, links, .. } = *self;
        let index = deed.member.as_ref().map(|(index, _)| *index);
        scope.turn(step, deed.member.clone());
        scope.tell(|observer| observer.undoing(step, undo, index, scope));
        let step = StepRun { run, mapping, links, rule, step, restarts: deed.restarts };
        let named = |failure| Failure { step: Some(undo.label.clone()), index, ..failure };
        let exchange = step.exchange(&undo.call, &undo.label, index).map_err(named)?;
        scope.place = exchange.place(true).map_err(named)?;
        let draft = exchange.draft(scope).await.map_err(named)?;
        // What a rule that began again did twice is not deleted twice.
        let digest = (!undo.call.request.method.is_unsafe_to_repeat())
            .then(|| request::digest(&draft.request));
        if digest.is_some_and(|digest| settled.contains(&digest)) {
            return Ok(());
        }
        match exchange.send(Some(draft), scope).await.map_err(named)? {
            Delivered::Decided(Exchanged::Done { .. } | Exchanged::Stop) => {
                settled.extend(digest);
                Ok(())
            }
            Delivered::Decided(Exchanged::Restart { failure, .. }) | Delivered::NotYet(failure) => {
                Err(named(failure))
            }
        }
    }

    fn tell(&self, undo: &Undo, failure: &Failure) {
        let mut fields = fields! {
            "mapping" => &*self.mapping.file,
            "rule" => &*self.rule.name,
            "step" => &*undo.label,
        };
        if let Some(index) = failure.index {
            fields.push(("index", index.into()));
        }
        if let Some(target) = &failure.target {
            fields.push(("target", (&**target).into()));
        }
        fields.push(("reason", self.run.vault.mask(&failure.message).into()));
        self.run.log.warning("engine", "undo failed", fields);
    }
}

/// Adds what became of one undo to what became of the step's others.
fn note(all: &mut Vec<Undone>, step: &Arc<str>, result: Result<(), Failure>) {
    let known = all.iter().rposition(|undone| undone.step == *step);
    let at = known.unwrap_or_else(|| {
        let step = Arc::clone(step);
        all.push(Undone { step, times: 0, failed: 0, failure: None });
        all.len() - 1
    });
    let Some(undone) = all.get_mut(at) else { return };
    undone.times += 1;
    if let Err(failure) = result {
        undone.failed += 1;
        undone.failure.get_or_insert_with(|| Box::new(failure));
    }
}
