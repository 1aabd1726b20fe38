//! `rules` to rules and steps.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::diagnostic::{Diagnostic, Span};
use super::super::document::decode::Text;
use super::super::document::{Mapping as Document, Rule as Written};
use super::super::env::Secrecy;
use super::Checker;
use super::names::{instead, like};
use crate::expr::template::Unescaped;
use crate::program::{Action, EventPattern, Rule};

impl Checker<'_, '_> {
    pub(super) fn rules(&mut self, document: &Document) -> Vec<Option<Rule>> {
        if let Some(each) = document.rules.as_ref().filter(|each| each.members.is_empty()) {
            let help = "write e.g. `- { name: all, event: \"*\", ignore: not ours }`";
            self.error("empty-list", each.span, "there are no rules", help);
        }
        self.duplicate_names(document);
        let rules: Vec<Option<Rule>> =
            document.rules().iter().map(|rule| self.rule(rule.as_ref()?)).collect();
        self.unreachable(document, &rules);
        rules
    }

    fn duplicate_names(&mut self, document: &Document) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in document.rules().iter().flatten().filter_map(|rule| rule.name.as_ref()) {
            let (name, span) = (name.as_str(), name.span());
            let Some(first) = seen.insert(name, span) else { continue };
            let message = format!("there are two rules named `{name}`");
            let help = "give each rule a name of its own: NSPS and the log tell rules by name";
            self.duplicate(span, first, message, help);
        }
    }

    fn rule(&mut self, written: &Written) -> Option<Rule> {
        if let Some(name) = &written.name {
            self.kebab_name("rule", name.as_str(), name.span());
        }
        let patterns = written.event.iter().flat_map(|event| &event.0);
        let events: Vec<_> = patterns.map(|text| self.pattern(text)).collect();
        let first = self.variables.len();
        if let Some(extract) = &written.extract {
            self.declare(extract);
            self.define(extract);
        }
        let variables = first..self.variables.len();
        let readable = !written.unreadable.contains(&"when");
        let when = self.condition(written.when.as_ref()).filter(|_| readable);
        let action = self.action(written);
        let saved = self.leave_steps();
        if written.extract.is_some() {
            self.scopes.pop();
        }
        Some(Rule {
            at: self.at(written.span),
            name: Arc::from(written.name.as_ref()?.as_str()),
            events: written.event.as_ref().and(events.into_iter().collect::<Option<_>>())?,
            when: when?,
            action: action?,
            saved,
            variables,
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
        let steps = written.steps.as_ref()?;
        if steps.members.is_empty() {
            let help = "write `ignore: …` to acknowledge events without sending anything";
            self.error("empty-list", steps.span, "this rule has no steps", help);
            return None;
        }
        self.enter_steps(&steps.members);
        self.steps(&steps.members).map(Action::Steps)
    }

    /// Warns of rules that an earlier rule without a condition leaves no event for.
    fn unreachable(&mut self, document: &Document, rules: &[Option<Rule>]) {
        let mut unconditional: Vec<(&Rule, Span)> = Vec::new();
        for (rule, written) in rules.iter().zip(document.rules()) {
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
