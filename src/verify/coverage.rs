//! What of a mapping tests reach: its rules, steps, `responses` entries and cases.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::engine::observe::Observer;
use crate::expr::extract::{Source, Variable};
use crate::expr::{At, Came, Scope, Witness};
use crate::program::{Act, Action, Call, Mapping, Repeat, ResponseEntry, Rule, Step, Target, Undo};

/// A part of a mapping that a test can reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub at: At,
    pub kind: PartKind,
    /// In words, e.g. "rule `update`, step `provision`".
    pub name: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    Rule,
    Step,
    Response,
    /// Of a `repeat`: its condition, or its wait.
    Poll,
    Undo,
    Case,
}

/// Every part of a mapping, and which of them were reached.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// In the order of the file.
    pub parts: Vec<Part>,
    pub reached: BTreeSet<At>,
}

impl Coverage {
    /// Of a mapping of which nothing was reached so far.
    pub fn of(mapping: &Mapping) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut push = |at, kind, name: String| parts.push(Part { at, kind, name: name.into() });
        for target in &mapping.targets {
            for (index, entry) in (1..).zip(&target.responses) {
                let name = format!("target `{}`, response {index}", target.name);
                push(entry.at, PartKind::Response, name);
            }
            // The requests for tokens are not the author's.
            let Some(login) = target.auth.login().filter(|login| login.is_written) else {
                continue;
            };
            login.mapping.variables.iter().for_each(|variable| cases(variable, &mut push));
            for rule in login.rules() {
                steps(rule, &format!("target `{}`, {}", target.name, rule.name), &mut push);
            }
        }
        for variable in &mapping.variables {
            cases(variable, &mut push);
        }
        for rule in &mapping.rules {
            push(rule.at, PartKind::Rule, format!("rule `{}`", rule.name));
            steps(rule, &format!("rule `{}`", rule.name), &mut push);
        }
        parts.sort();
        Self { parts, reached: BTreeSet::new() }
    }

    /// Parts that nothing reached, in the order of the file.
    pub fn missed(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| !self.reached.contains(&part.at))
    }

    /// Per cent of the parts that were reached; 100 where there are none.
    pub fn percent(&self) -> f64 {
        if self.parts.is_empty() {
            return 100.0;
        }
        let reached = self.parts.len() - self.missed().count();
        // Files hold far fewer parts than a float can count.
        #[allow(clippy::cast_precision_loss, reason = "see above")]
        let (reached, all) = (reached as f64, self.parts.len() as f64);
        reached * 100.0 / all
    }
}

fn steps(rule: &Rule, whose: &str, push: &mut impl FnMut(At, PartKind, String)) {
    let Action::Steps(steps) = &rule.action else { return };
    for step in steps {
        let place = format!("{whose}, step `{}`", step.label);
        push(step.at, PartKind::Step, place.clone());
        let Act::Call(call) = &step.act else { continue };
        responses(call, &place, push);
        if let Some(repeat) = &call.repeat {
            push(repeat.at, PartKind::Poll, format!("{place}, `until` holds"));
            push(repeat.every_at, PartKind::Poll, format!("{place}, `until` does not hold"));
        }
        for save in &call.save {
            cases(&save.variable, push);
        }
        if let Some(undo) = &step.undo {
            let place = format!("{whose}, {}", undo.label);
            push(undo.at, PartKind::Undo, place.clone());
            responses(&undo.call, &place, push);
        }
    }
}

fn responses(call: &Call, place: &str, push: &mut impl FnMut(At, PartKind, String)) {
    for (index, entry) in (1..).zip(&call.responses) {
        push(entry.at, PartKind::Response, format!("{place}, response {index}"));
    }
}

fn cases(variable: &Variable, push: &mut impl FnMut(At, PartKind, String)) {
    let Source::Cases(cases) = &variable.source else { return };
    for (index, case) in (1..).zip(cases) {
        push(case.at, PartKind::Case, format!("variable `{}`, case {index}", variable.name));
    }
}

/// Notes what is reached.
#[derive(Debug, Default)]
pub struct Footprints(Mutex<BTreeSet<At>>);

impl Footprints {
    fn step_on(&self, at: At) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
    }

    /// What was reached so far.
    pub fn reached(&self) -> BTreeSet<At> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Witness for Footprints {
    fn came(&self, _: &Variable, how: Came<'_>) {
        if let Came::Case { at, .. } = how {
            self.step_on(at);
        }
    }
}

impl Observer for Footprints {
    fn chosen(&self, _: &Mapping, rule: &Rule) {
        self.step_on(rule.at);
    }

    fn turn(&self, step: &Step, _: Option<u32>, runs: bool, _: &dyn Scope) {
        if runs {
            self.step_on(step.at);
        }
    }

    fn polled(&self, repeat: &Repeat, held: bool, _: &dyn Scope) {
        self.step_on(if held { repeat.at } else { repeat.every_at });
    }

    fn undoing(&self, _: &Step, undo: &Undo, _: Option<u32>, _: &dyn Scope) {
        self.step_on(undo.at);
    }

    fn judged(&self, _: &Call, _: &Target, by: Option<&ResponseEntry>, _: &dyn Scope) {
        if let Some(entry) = by {
            self.step_on(entry.at);
        }
    }
}
