//! `rules` to rules and steps.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::diagnostic::{Diagnostic, Span};
use super::super::document::decode::{Each, Text};
use super::super::document::{Mapping as Document, Rule as Written, Step as WrittenStep};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::Checker;
use super::names::{instead, like};
use crate::expr::template::Unescaped;
use crate::program::{Action, EventPattern, Rule, Step};

impl Checker<'_, '_> {
    pub(super) fn rules(&mut self, document: &Document) -> Vec<Option<Rule>> {
        self.duplicate_names(document);
        let rules: Vec<Option<Rule>> =
            document.rules.iter().map(|rule| self.rule(rule.as_ref()?)).collect();
        self.unreachable(document, &rules);
        rules
    }

    fn duplicate_names(&mut self, document: &Document) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in document.rules.iter().flatten().filter_map(|rule| rule.name.as_ref()) {
            let (name, span) = (name.as_str(), name.span());
            let Some(first) = seen.insert(name, span) else { continue };
            let message = format!("there are two rules named `{name}`");
            let diagnostic = Diagnostic::error("duplicate-name", self.source, span, message)
                .secondary(first, "the first one")
                .help("give each rule a name of its own: NSPS and the log tell rules by name");
            self.report.push(diagnostic);
            self.failed = true;
        }
    }

    fn rule(&mut self, written: &Written) -> Option<Rule> {
        if let Some(name) = &written.name {
            self.kebab_name("rule", name.as_str(), name.span());
        }
        let patterns = written.event.iter().flat_map(|event| &event.0);
        let events: Vec<_> = patterns.map(|text| self.pattern(text)).collect();
        if let Some(extract) = &written.extract {
            self.declare(extract);
            self.define(extract);
        }
        let readable = !written.unreadable.contains(&"when");
        let when = self.condition(written.when.as_ref()).filter(|_| readable);
        let action = self.action(written);
        if written.extract.is_some() {
            self.scopes.pop();
        }
        Some(Rule {
            name: Arc::from(written.name.as_ref()?.as_str()),
            events: written.event.as_ref().and(events.into_iter().collect::<Option<_>>())?,
            when: when?,
            action: action?,
        })
    }

    fn pattern(&mut self, text: &Text) -> Option<EventPattern> {
        let written = self.string(text)?;
        let pattern = EventPattern::parse(&written);
        if pattern.is_none() {
            let help = "write an event type such as `SIM/Updated`, or a glob such as `SIM/*`";
            self.error("bad-event-pattern", text.span(), "this is not an event type", help);
        } else if let Some(odd) = written.chars().find(|c| " ,^$()[]{}|\\+?“”„‘’".contains(*c))
        {
            let help = match odd {
                '“' | '”' | '„' | '‘' | '’' => "write straight quotes, or none",
                ',' => "write several event types as a list: `[SIM/Created, SIM/Updated]`",
                _ => "write it out, or with `*` for any text: a pattern is no regular expression",
            };
            let message = format!("no event type has `{odd}` in it: this hardly matches anything");
            self.warning("doubtful-event-pattern", text.span(), message, help);
        }
        pattern
    }

    fn action(&mut self, written: &Written) -> Option<Action> {
        let read = [
            ("steps", written.steps.is_some()),
            ("ignore", written.ignore.is_some()),
            ("reject", written.reject.is_some()),
        ];
        let given: Vec<&str> = read
            .iter()
            .filter(|(name, is)| *is || written.unreadable.contains(name))
            .map(|(name, _)| *name)
            .collect();
        if given.len() != 1 {
            let message = match given.as_slice() {
                [] => "nothing says what this rule does".to_owned(),
                several => format!("this rule does several things: {}", several.join(", ")),
            };
            let help = "give it exactly one of `steps`, `ignore` and `reject`";
            let place = written.name.as_ref().map_or(written.span, Text::span);
            self.error("rule-action", place, message, help);
            return None;
        }
        if let Some(text) = &written.ignore {
            return self.template(text, Secrecy::Plain, Unescaped::Refused).map(Action::Ignore);
        }
        if let Some(text) = &written.reject {
            return self.template(text, Secrecy::Plain, Unescaped::Refused).map(Action::Reject);
        }
        self.steps(written.steps.as_ref()?).map(Action::Steps)
    }

    fn steps(&mut self, written: &Each<WrittenStep>) -> Option<Vec<Step>> {
        if written.members.is_empty() {
            let help = "write `ignore: …` to acknowledge events without sending anything";
            self.error("empty-list", written.span, "this rule has no steps", help);
            return None;
        }
        self.step_names(&written.members);
        let steps = written.members.iter().enumerate();
        let steps: Vec<_> = steps.map(|(at, step)| self.step(at, step.as_ref()?)).collect();
        steps.into_iter().collect()
    }

    fn step_names(&mut self, steps: &[Option<WrittenStep>]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in steps.iter().flatten().filter_map(|step| step.name.as_ref()) {
            self.variable_name(name.as_str(), name.span());
            let Some(first) = seen.insert(name.as_str(), name.span()) else { continue };
            let message = format!("there are two steps named `{}`", name.as_str());
            let diagnostic = Diagnostic::error("duplicate-name", self.source, name.span(), message)
                .secondary(first, "the first one")
                .help("give each step a name of its own, or none");
            self.report.push(diagnostic);
            self.failed = true;
        }
    }

    fn step(&mut self, at: usize, written: &WrittenStep) -> Option<Step> {
        let target = self.step_target(written);
        let when = self.condition(written.when.as_ref());
        let request = self.request(written);
        let responses = self.responses(written.responses.as_ref());
        let timeout = written.timeout.as_ref().map(|text| self.duration(text));
        let label = written.name.as_ref().map(|name| name.as_str().to_owned());
        Some(Step {
            label: Arc::from(label.unwrap_or_else(|| (at + 1).to_string())),
            target: target?,
            when: when?,
            request: request?,
            responses: responses?,
            timeout: timeout.map_or(Some(None), |timeout| timeout.map(Some))?,
        })
    }

    fn step_target(&mut self, written: &WrittenStep) -> Option<usize> {
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

    /// The targets of the file, the first ones of many.
    fn target_names(&self) -> String {
        let names: Vec<&str> = self.targets.iter().take(10).map(String::as_str).collect();
        let more = if self.targets.len() > names.len() { ", …" } else { "" };
        names.join(", ") + more
    }

    /// Warns of rules that an earlier rule without a condition leaves no event for.
    fn unreachable(&mut self, document: &Document, rules: &[Option<Rule>]) {
        let mut unconditional: Vec<(&Rule, Span)> = Vec::new();
        for (rule, written) in rules.iter().zip(&document.rules) {
            let name = written.as_ref().and_then(|written| written.name.as_ref());
            let Some((rule, name)) = rule.as_ref().zip(name) else { continue };
            let cover = unconditional.iter().find(|(earlier, _)| leaves_nothing_for(earlier, rule));
            if let Some((_, earlier)) = cover {
                let message = format!("the rule `{}` can never be reached", rule.name);
                let diagnostic =
                    Diagnostic::warning("unreachable-rule", self.source, name.span(), message)
                        .secondary(*earlier, "this rule takes all of its events")
                        .help("the first rule that matches runs: put the more specific one first");
                self.report.push(diagnostic);
            } else if rule.when.is_always() && unconditional.len() < MOST_COMPARED {
                unconditional.push((rule, name.span()));
            }
        }
    }

    /// Reports a name that cannot be a target's or a rule's.
    pub(super) fn kebab_name(&mut self, what: &str, name: &str, span: Span) {
        if !super::is_kebab_name(name) {
            let help = "names of targets and rules begin with a lower-case letter or digit, and go \
                        on with lower-case letters, digits and `-`";
            let message = format!("`{name}` cannot name a {what}");
            self.error("invalid-name", span, message, &instead(&like(name, '-'), help));
        }
    }
}

/// Each rule is compared with this many earlier ones at most.
const MOST_COMPARED: usize = 1_000;

fn leaves_nothing_for(earlier: &Rule, later: &Rule) -> bool {
    let covers = |pattern: &EventPattern| earlier.events.iter().any(|wide| wide.covers(pattern));
    later.events.iter().all(covers)
}
