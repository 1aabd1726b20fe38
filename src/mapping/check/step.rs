//! Steps: what they are called, which target they are for, what they do and what they keep.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::diagnostic::Span;
use super::super::document::Step as Written;
use super::super::document::decode::{Anything, Named, Text};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::Checker;
use super::request::bodies;
use super::session::Whose;
use super::steps::label;
use crate::expr::template::Unescaped;
use crate::program::{Act, Call, Save, Step};

impl Checker<'_, '_> {
    /// The steps of a rule, in order.
    pub(super) fn steps(&mut self, written: &[Option<Written>]) -> Option<Vec<Step>> {
        self.step_names(written);
        let steps = written.iter().enumerate();
        let steps: Vec<_> = steps.map(|(at, step)| self.step(at, step.as_ref()?)).collect();
        steps.into_iter().collect()
    }

    fn step_names(&mut self, steps: &[Option<Written>]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in steps.iter().flatten().filter_map(|step| step.name.as_ref()) {
            // Helpers and built-ins are no trouble here: a step is only ever `steps.NAME`.
            self.name_form(name.as_str(), name.span());
            let Some(first) = seen.insert(name.as_str(), name.span()) else { continue };
            let message = format!("there are two steps named `{}`", name.as_str());
            let help = "give each step of a rule a name of its own";
            self.duplicate(name.span(), first, message, help);
        }
    }

    fn step(&mut self, at: usize, written: &Written) -> Option<Step> {
        if let Some(steps) = &mut self.scopes.steps {
            steps.at = at;
        }
        let for_each =
            written.for_each.as_ref().map(|name| self.list_name(name.as_str(), name.span()));
        self.scopes.in_member = written.for_each.is_some();
        let first = self.variables.len();
        if let Some(extract) = &written.extract {
            self.declare(extract);
            self.define(extract);
        }
        let variables = first..self.variables.len();
        let when = self.condition(written.when.as_ref());
        let act = self.act(written);
        let undo = self.undo(at, written);
        if written.extract.is_some() {
            self.scopes.pop();
        }
        self.scopes.in_member = false;
        let name = written.name.as_ref().map(Text::as_str);
        Some(Step {
            at: self.at(written.span),
            label: Arc::from(label(name, at)),
            when: when?,
            for_each: for_each.map_or(Some(None), |list| list.map(Some))?,
            variables,
            act: act?,
            undo: undo.map_or(Some(None), |undo| undo.map(|undo| Some(Box::new(undo))))?,
        })
    }

    fn act(&mut self, written: &Written) -> Option<Act> {
        match (&written.request, &written.fail) {
            (Some(_), None) => self.call(written).map(|call| Act::Call(Box::new(call))),
            (None, Some(text)) => {
                self.only_fails(written);
                self.template(text, Secrecy::Plain, Unescaped::Refused).map(Act::Fail)
            }
            (Some(_), Some(text)) => {
                let message = "a step does one thing, here are `request` and `fail`";
                self.error("conflicting-keys", text.span(), message, "make them two steps");
                self.call(written).map(|call| Act::Call(Box::new(call)))
            }
            (None, None) => {
                if !written.unreadable.contains(&"request") {
                    let message = "a step needs the key `request`";
                    let help = "add e.g. `request: POST /subscribers`, or `fail: text`";
                    self.error("missing-key", written.span, message, help);
                }
                self.call(written).map(|call| Act::Call(Box::new(call)))
            }
        }
    }

    /// Refuses what belongs to a request in a step that makes none.
    fn only_fails(&mut self, written: &Written) {
        let named = |named: &Named<Anything>| named.1;
        let of_requests = [
            ("target", written.target.as_ref().map(Text::span)),
            ("query", written.query.as_ref().map(named)),
            ("headers", written.headers.as_ref().map(named)),
            ("content_type", written.content_type.as_ref().map(Text::span)),
            ("responses", written.responses.as_ref().map(|table| table.span)),
            ("save", written.save.as_ref().map(|saved| saved.1)),
            ("timeout", written.timeout.as_deref().map(Text::span)),
            ("retry", written.retry.as_ref().map(|retry| retry.span)),
            ("repeat", written.repeat.as_ref().map(|repeat| repeat.span)),
            ("undo", written.undo.as_ref().map(|undo| undo.span)),
        ];
        let given = of_requests.into_iter().filter_map(|(key, span)| Some((key, span?)));
        for (key, span) in given.chain(bodies(written)) {
            let message = format!("`{key}` belongs to a request, and this step makes none");
            self.error("conflicting-keys", span, message, "leave it out");
        }
    }

    pub(super) fn call(&mut self, written: &Written) -> Option<Call> {
        let target = self.step_target(written);
        let outside = self.scopes.session;
        if self.scopes.login.is_none() {
            self.scopes.session = target.map_or(Whose::Unknown, Whose::Target);
        }
        let request = self.request(written);
        let responses = self.responses(written.responses.as_ref());
        let repeat = written.repeat.as_ref().map(|repeat| self.repeat(repeat));
        self.scopes.session = outside;
        let save = self.save(written);
        let timeout = written.timeout.as_ref().map(|text| self.duration(text));
        let retry = self.retry(written.retry.as_ref(), None);
        Some(Call {
            target: target?,
            request: request?,
            responses: responses?,
            save: save?,
            timeout: timeout.map_or(Some(None), |timeout| timeout.map(Some))?,
            retry: retry?,
            repeat: repeat.map_or(Some(None), |repeat| repeat.map(Some))?,
        })
    }

    fn save(&mut self, written: &Written) -> Option<Vec<Save>> {
        let Some(named) = &written.save else { return Some(Vec::new()) };
        self.scopes.in_answer = true;
        let saves: Vec<_> = named
            .0
            .iter()
            .map(|(key, variable)| {
                let variable = self.variable(&key.text, variable.as_ref()?)?;
                let slot = self.scopes.steps.as_ref()?.slot(&key.text)?;
                Some(Save { slot, variable })
            })
            .collect();
        self.scopes.in_answer = false;
        saves.into_iter().collect()
    }

    fn step_target(&mut self, written: &Written) -> Option<usize> {
        if self.scopes.login.is_some() && written.target.is_none() {
            return Some(0);
        }
        if self.targets.is_empty() {
            // That there are none has been reported.
            self.failed = true;
            return None;
        }
        let Some(text) = &written.target else {
            if written.unreadable.contains(&"target") {
                return None;
            }
            if self.targets.len() != 1 {
                let names = self.target_names();
                let message = "this step does not say which target it is for";
                self.error(
                    "missing-key",
                    written.span,
                    message,
                    &format!("add `target:`, one of: {names}"),
                );
                return None;
            }
            return Some(0);
        };
        if let Some(own) = self.scopes.login {
            return self.target_of_login(own, text);
        }
        let found = self.targets.iter().position(|name| name == text.as_str());
        if found.is_none() {
            let look = self.may_look_around();
            let names = self.targets.iter().map(String::as_str).filter(|_| look);
            let help = match did_you_mean(text.as_str(), names) {
                Some(near) => format!("did you mean `{near}`?"),
                None if text.as_str().contains("${") => format!(
                    "names are written out, without `${{…}}`; the targets of this file are: {}",
                    self.target_names()
                ),
                None => format!("the targets of this file are: {}", self.target_names()),
            };
            let message = format!("there is no target `{}`", text.as_str());
            self.error("unknown-target", text.span(), message, &help);
        }
        found
    }

    /// The only target of a log-in is the one that it is for.
    fn target_of_login(&mut self, own: usize, text: &Text) -> Option<usize> {
        let own = self.targets.get(own).map(String::as_str).unwrap_or_default();
        if text.as_str() == own {
            return Some(0);
        }
        let message = format!("a log-in goes to the target that it is for, `{own}`");
        self.error("unknown-target", text.span(), message, "leave `target` out");
        None
    }

    /// The targets of the file, the first ones of many.
    fn target_names(&self) -> String {
        let names: Vec<&str> = self.targets.iter().take(10).map(String::as_str).collect();
        let more = if self.targets.len() > names.len() { ", …" } else { "" };
        names.join(", ") + more
    }
}
