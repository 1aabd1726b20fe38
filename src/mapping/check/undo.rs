//! `undo` to a request that takes a step back.

use std::sync::Arc;

use super::super::document::Step as WrittenStep;
use super::super::document::decode::Text;
use super::Checker;
use super::steps::label;
use crate::program::{Then, Undo};

impl Checker<'_, '_> {
    /// The outer `None`: there is none. The inner one: it has a mistake, which was reported.
    pub(super) fn undo(&mut self, at: usize, step: &WrittenStep) -> Option<Option<Undo>> {
        let written = step.undo.as_ref()?;
        if step.fail.is_some() && step.request.is_none() {
            return Some(None);
        }
        let is_last = self.scopes.steps.as_ref().is_some_and(|steps| steps.is_last(at));
        if self.scopes.login.is_some() {
            let message = "a log-in takes nothing back";
            let help = "leave it out: one that fails is begun again when the next event needs it";
            self.error("undo-in-login", written.span, message, help);
        } else if is_last && step.for_each.is_none() && step.save.is_none() {
            let message = "this is never sent: no step comes after this one that could fail";
            let help = "leave it out, or give the `undo` to the steps before this one";
            self.warning("useless-undo", written.span, message, help);
        }
        let mut request = written.as_step_after(step);
        if written.target.is_none() && !self.has_target_of(step) {
            // That was reported of the step.
            request.target = None;
            request.unreadable.push("target");
        }
        self.in_undo(true);
        let call = self.call(&request);
        self.in_undo(false);
        self.no_restart(step);
        let name = step.name.as_ref().map(Text::as_str);
        let label = Arc::from(format!("undo of {}", label(name, at)));
        let at = self.at(written.span);
        Some(call.map(|call| Undo { at, label, call }))
    }

    fn has_target_of(&self, step: &WrittenStep) -> bool {
        let known = |text: &Text| self.targets.iter().any(|name| name == text.as_str());
        step.target.as_ref().map_or(self.targets.len() == 1, known)
    }

    fn in_undo(&mut self, is_undo: bool) {
        if let Some(steps) = &mut self.scopes.steps {
            steps.in_undo = is_undo;
        }
    }

    /// Refuses answers to an undo that would begin the rule again.
    fn no_restart(&mut self, step: &WrittenStep) {
        let table = step.undo.iter().flat_map(|undo| undo.responses.iter());
        let verdicts = table.flat_map(|each| each.members.iter().flatten());
        let verdicts = verdicts.filter_map(|entry| entry.then.as_ref());
        let name =
            |then| Then::NAMES.iter().find(|(_, known)| *known == then).map(|(name, _)| *name);
        let restarts: Vec<&Text> =
            verdicts.filter(|text| Some(text.as_str()) == name(Then::Restart)).collect();
        for text in restarts {
            let message = "a rule that is being undone does not begin again";
            let help = "write `retry` to send this request again, or `fail`";
            self.error("undo-restarts", text.span(), message, help);
        }
    }
}
