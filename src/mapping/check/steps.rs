//! What the steps of a rule know of each other: names, and what they save.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::diagnostic::Span;
use super::super::document::{Rule as Written, Step as WrittenStep, Variable};
use super::super::names::did_you_mean;
use super::super::yaml::Key;
use super::Checker;
use crate::expr::template::TemplateFault;
use crate::expr::{Root, SavedId};

/// The steps of one rule, while one of them is read.
pub(super) struct Steps {
    names: Vec<Option<Box<str>>>,
    /// The one that is read.
    pub(super) at: usize,
    /// Whether it is its undo: the step itself was done by then.
    pub(super) in_undo: bool,
    saved: Vec<Saved>,
    /// Where each is in `saved`.
    slots: HashMap<Arc<str>, SavedId>,
}

/// A name under which steps save something.
struct Saved {
    name: Arc<str>,
    span: Span,
    /// The first step that does: those behind it see the name.
    by: usize,
    used: bool,
}

/// What there is of a step that ran.
const PARTS: [&str; 2] = ["status", "skipped"];

impl Steps {
    fn of(written: &[Option<WrittenStep>]) -> Self {
        let name = |step: &Option<WrittenStep>| Some(step.as_ref()?.name.as_ref()?.as_str().into());
        let names = written.iter().map(name).collect();
        let mut steps =
            Self { names, at: 0, in_undo: false, saved: Vec::new(), slots: HashMap::new() };
        for (by, step) in written.iter().enumerate() {
            for (key, _) in step.iter().flat_map(saved_by) {
                if steps.slot(&key.text).is_none() {
                    let name: Arc<str> = Arc::from(key.text.as_str());
                    steps.slots.insert(Arc::clone(&name), SavedId(steps.saved.len()));
                    steps.saved.push(Saved { name, span: key.span, by, used: false });
                }
            }
        }
        steps
    }

    /// Whether no step comes after this one.
    pub(super) fn is_last(&self, at: usize) -> bool {
        at + 1 >= self.names.len()
    }

    /// Names of what earlier steps have saved.
    pub(super) fn visible(&self) -> impl Iterator<Item = &str> {
        self.saved.iter().filter(|saved| saved.by < self.done()).map(|saved| &*saved.name)
    }

    /// How many steps were done by now.
    fn done(&self) -> usize {
        self.at + usize::from(self.in_undo)
    }

    /// What stands behind a name that a step saves; `None` if none does.
    pub(super) fn saved(&mut self, name: &str) -> Option<Result<SavedId, TemplateFault>> {
        let id = self.slot(name)?;
        let done = self.done();
        let saved = self.saved.get_mut(id.0)?;
        saved.used = true;
        if saved.by < done {
            return Some(Ok(id));
        }
        let saver = label(self.names.get(saved.by).and_then(Option::as_deref), saved.by);
        let when = if saved.by == self.at { "this step itself" } else { "a later step" };
        Some(Err(TemplateFault {
            code: "used-before-saved",
            message: format!("`{name}` is not there yet: {when} (`{saver}`) saves it"),
            help: Some(match self.in_undo {
                true => "an undo sees what was saved up to its own step".to_owned(),
                false => "use it in a step behind that one".to_owned(),
            }),
            range: None,
        }))
    }

    /// Where a name that a step saves is kept.
    pub(super) fn slot(&self, name: &str) -> Option<SavedId> {
        self.slots.get(name).copied()
    }

    /// `steps.NAME.PART`.
    pub(super) fn outcome(&self, names: &[&str]) -> Result<(Root, usize), TemplateFault> {
        let fault = |code, message: String, help: String| {
            Err(TemplateFault { code, message, help: Some(help), range: None })
        };
        let usage = || "write `steps.NAME.status` or `steps.NAME.skipped`".to_owned();
        let Some(name) = names.get(1).copied() else {
            return fault("unknown-step", "`steps` alone is no value".to_owned(), usage());
        };
        let known = || self.names.iter().flatten().map(|name| &**name);
        let Some(at) = self.names.iter().position(|known| known.as_deref() == Some(name)) else {
            let help = match did_you_mean(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "give the step that is meant a `name`".to_owned(),
            };
            return fault("unknown-step", format!("this rule has no step named `{name}`"), help);
        };
        if at >= self.done() {
            let message = format!("the step `{name}` has not run yet here");
            return fault("step-not-run", message, "refer to an earlier step".to_owned());
        }
        match names.get(2) {
            Some(part) if PARTS.contains(part) => Ok((Root::Step(at), 2)),
            Some(part) => {
                let message = format!("there is no `{part}` of a step");
                let help = format!("{}; what an answer holds is taken with `save`", usage());
                fault("unknown-step", message, help)
            }
            None => fault("unknown-step", format!("`steps.{name}` alone is no value"), usage()),
        }
    }
}

/// The fault of `steps` where there are none.
pub(super) fn outside() -> TemplateFault {
    TemplateFault {
        code: "undefined-name",
        message: "`steps` exists only inside the steps of a rule".to_owned(),
        help: Some("variables of a step see it: put the `extract` into the step".to_owned()),
        range: None,
    }
}

/// A step's name, or its position from 1 where it has none.
pub(super) fn label(name: Option<&str>, at: usize) -> String {
    name.map_or_else(|| (at + 1).to_string(), str::to_owned)
}

impl Checker<'_, '_> {
    /// Notes what the rule's steps are called and what they save.
    pub(super) fn enter_steps(&mut self, written: &[Option<WrittenStep>]) {
        for step in written.iter().flatten() {
            for (key, _) in saved_by(step) {
                self.variable_name(&key.text, key.span);
                if self.scopes.sees(&key.text) {
                    let message = format!("`{}` is a variable already", key.text);
                    let help = "save it under another name: what it stands for would depend on \
                                whether this step ran";
                    self.error("duplicate-name", key.span, message, help);
                }
            }
        }
        self.scopes.steps = Some(Steps::of(written));
    }

    /// The names that steps of a log-in saved, in order: others may use them than later steps.
    pub(super) fn leave_login_steps(&mut self) -> Vec<Arc<str>> {
        let saved = self.scopes.steps.take().map(|steps| steps.saved).unwrap_or_default();
        saved.into_iter().map(|saved| saved.name).collect()
    }

    /// The names that steps saved, in order; warns of those that nothing uses.
    pub(super) fn leave_steps(&mut self) -> Vec<Arc<str>> {
        let Some(steps) = self.scopes.steps.take() else { return Vec::new() };
        let told = !self.failed;
        for saved in steps.saved.iter().filter(|saved| told && !saved.used) {
            let message = format!("`{}` is saved and not used", saved.name);
            self.warning("unused-variable", saved.span, message, "use it in a later step");
        }
        steps.saved.into_iter().map(|saved| saved.name).collect()
    }
}

/// Every name under which a step of the file saves something.
pub(super) fn saved_anywhere<'d>(
    rules: impl Iterator<Item = &'d Written>,
) -> impl Iterator<Item = &'d str> {
    rules
        .flat_map(|rule| rule.steps.iter().flat_map(|steps| steps.members.iter().flatten()))
        .flat_map(saved_by)
        .map(|(key, _)| key.text.as_str())
}

pub(super) fn saved_by(step: &WrittenStep) -> &[(Key, Option<Variable>)] {
    step.save.as_ref().map_or(&[], |named| &named.0)
}
