//! Taking back what the steps of a rule did, once the rule has failed for good: last step first, and
//! of a `for_each` the last member first.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::event_scope::EventScope;
use super::exchange::{Delivered, Exchange, Exchanged};
use super::journal::Deed;
use super::outcome::{Failure, Undone};
use super::request;
use super::run::Run;
use super::session::Session;
use super::set::Link;
use super::step::StepRun;
use crate::expr::Scope as _;
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

/// What was deleted. A rule that began again may have done the same thing twice, which is not there
/// to be deleted a second time. Other requests, and those of other steps, are sent each time: what
/// comes in between may have changed what they did.
#[derive(Default)]
struct Deleted {
    done: HashSet<Deletion>,
    /// By the position of the target, what deletions are told apart with: a session may end, and what
    /// is deleted stays the same.
    sessions: HashMap<usize, Option<Arc<Session>>>,
}

/// The position of the step, and the digest of its request.
type Deletion = (usize, [u8; 32]);

impl Deleted {
    /// What tells a request that deletes something from others; `None` if it does not.
    async fn key(
        &mut self,
        step: usize,
        exchange: &Exchange<'_>,
        scope: &mut EventScope<'_>,
    ) -> Result<Option<Deletion>, Failure> {
        let call = exchange.call;
        if &**call.request.method.as_str() != "DELETE" {
            return Ok(None);
        }
        let session = match self.sessions.get(&call.target) {
            Some(session) => session.clone(),
            None => exchange.session().await?,
        };
        self.sessions.entry(call.target).or_insert_with(|| session.clone());
        let draft = exchange.render(session, scope)?;
        Ok(Some((step, request::digest(&draft.request))))
    }
}

impl Undoing<'_> {
    /// Sends every undo, whatever becomes of the others.
    pub(super) async fn run(&self, scope: &mut EventScope<'_>) -> Vec<Undone> {
        let (mut all, mut deleted, mut before) = (Vec::new(), Deleted::default(), None);
        while let Some(mut deed) = scope.go_back() {
            // What was computed too much of elsewhere keeps no step from being taken back.
            if before.replace(deed.step) != Some(deed.step) {
                scope.effort().renew();
            }
            let Some(step) = self.steps.get(deed.step) else { continue };
            let Some(undo) = &step.undo else { continue };
            let result = self.undo(step, undo, &mut deed, &mut deleted, scope).await;
            if let Err(failure) = &result {
                self.tell(undo, failure);
            }
            note(&mut all, &step.label, result);
        }
        all
    }

    async fn undo<'e>(
        &self,
        step: &Step,
        undo: &Undo,
        deed: &mut Deed<'e>,
        deleted: &mut Deleted,
        scope: &mut EventScope<'e>,
    ) -> Result<(), Failure> {
        let Self { run, mapping, rule, links, .. } = *self;
        let index = deed.member.as_ref().map(|(index, _)| *index);
        scope.turn_back(step, deed);
        scope.tell(|observer| observer.undoing(step, undo, index, scope));
        let step = StepRun { run, mapping, links, rule, step, restarts: deed.restarts };
        let named = |failure| Failure { step: Some(undo.label.clone()), index, ..failure };
        let exchange = step.exchange(&undo.call, &undo.label, index).map_err(named)?;
        scope.place = exchange.place(true).map_err(named)?;
        let deletion = deleted.key(deed.step, &exchange, scope).await.map_err(named)?;
        if deletion.is_some_and(|deletion| deleted.done.contains(&deletion)) {
            return Ok(());
        }
        match exchange.send(scope).await.map_err(named)? {
            Delivered::Decided(Exchanged::Done { .. } | Exchanged::Stop) => {
                deleted.done.extend(deletion);
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
