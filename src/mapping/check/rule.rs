//! `rules` to rules and steps.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::diagnostic::{Diagnostic, Span};
use super::super::document::decode::Text;
use super::super::document::{Mapping as Document, Rule as Written};
use super::super::env::Secrecy;
use super::Checker;
use crate::expr::template::Unescaped;
use crate::program::{Action, EventPattern, Rule};

impl Checker<'_, '_> {
    pub(super) fn rules(&mut self, document: &Document) -> Vec<Option<Rule>> {
        self.duplicate_names(document);
        let rules: Vec<Option<Rule>> =
            document.rules().iter().map(|rule| self.rule(rule.as_ref()?)).collect();
        self.unreachable(document, &rules);
        rules
    }

    fn duplicate_names(&mut self, document: &Document) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for rule in document.rules().iter().flatten() {
            let (name, span) = (rule.name.as_str(), rule.name.span());
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
        self.kebab_name("rule", written.name.as_str(), written.name.span());
        let events: Vec<_> = written.event.0.iter().map(|text| self.pattern(text)).collect();
        if let Some(extract) = &written.extract {
            self.declare(extract);
            self.define(extract);
        }
        let when = self.condition(written.when.as_ref());
        let action = self.action(written);
        let saved = self.leave_steps();
        if written.extract.is_some() {
            self.scopes.pop();
        }
        Some(Rule {
            name: Arc::from(written.name.as_str()),
            events: events.into_iter().collect::<Option<_>>()?,
            when: when?,
            action: action?,
            saved,
        })
    }

    fn pattern(&mut self, text: &Text) -> Option<EventPattern> {
        let written = self.string(text)?;
        let pattern = EventPattern::parse(&written);
        if pattern.is_none() {
            let help = "write an event type such as `SIM/Updated`, or a glob such as `SIM/*`";
            self.error("bad-event-pattern", text.span(), "this is not an event type", help);
        }
        pattern
    }

    fn action(&mut self, written: &Written) -> Option<Action> {
        let given = [
            ("steps", written.steps.is_some()),
            ("ignore", written.ignore.is_some()),
            ("reject", written.reject.is_some()),
        ];
        let given: Vec<&str> = given.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        if given.len() != 1 {
            let message = match given.as_slice() {
                [] => "nothing says what this rule does".to_owned(),
                several => format!("this rule does several things: {}", several.join(", ")),
            };
            let help = "give it exactly one of `steps`, `ignore` and `reject`";
            self.error("rule-action", written.name.span(), message, help);
            return None;
        }
        if let Some(text) = &written.ignore {
            return self.template(text, Secrecy::Plain, Unescaped::Refused).map(Action::Ignore);
        }
        if let Some(text) = &written.reject {
            return self.template(text, Secrecy::Plain, Unescaped::Refused).map(Action::Reject);
        }
        let steps = written.steps.as_deref().unwrap_or_default();
        if steps.is_empty() {
            let help = "write `ignore: …` to acknowledge events without sending anything";
            self.error("empty-list", written.name.span(), "this rule has no steps", help);
            return None;
        }
        self.enter_steps(steps);
        self.steps(steps).map(Action::Steps)
    }

    /// Warns of rules that an earlier rule without a condition leaves no event for.
    fn unreachable(&mut self, document: &Document, rules: &[Option<Rule>]) {
        for (at, rule) in rules.iter().enumerate() {
            let Some(rule) = rule else { continue };
            let covered_by = rules[..at].iter().zip(document.rules()).find(|(earlier, _)| {
                earlier.as_ref().is_some_and(|earlier| leaves_nothing_for(earlier, rule))
            });
            let Some((_, Some(earlier))) = covered_by else { continue };
            let Some(Some(written)) = document.rules().get(at) else { continue };
            let message = format!("the rule `{}` can never be reached", rule.name);
            let diagnostic =
                Diagnostic::warning("unreachable-rule", self.source, written.name.span(), message)
                    .secondary(earlier.name.span(), "this rule takes all of its events")
                    .help("the first rule that matches runs: put the more specific one first");
            self.report.push(diagnostic);
        }
    }

    /// Reports a name that cannot be a target's or a rule's.
    pub(super) fn kebab_name(&mut self, what: &str, name: &str, span: Span) {
        if !super::is_kebab_name(name) {
            self.error(
                "invalid-name",
                span,
                format!("`{name}` cannot name a {what}"),
                "names of targets and rules begin with a lower-case letter or digit, and go on \
                 with lower-case letters, digits and `-`",
            );
        }
    }
}

fn leaves_nothing_for(earlier: &Rule, later: &Rule) -> bool {
    let covers = |pattern: &EventPattern| earlier.events.iter().any(|wide| wide.covers(pattern));
    earlier.when.is_always() && later.events.iter().all(covers)
}
