//! Names of a mapping that a test file speaks of: they must be there before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::mapping::diagnostic::{Diagnostic, Report, Source, Span};
use crate::mapping::names::did_you_mean;
use crate::program::{Action, Login, Mapping, Rule};

/// A name that the mapping must have.
#[derive(Debug, Clone)]
pub struct Mention {
    pub name: Box<str>,
    pub span: Span,
    pub of: MentionOf,
}

#[derive(Debug, Clone)]
pub enum MentionOf {
    Rule,
    Target,
    /// Of any rule, by its label; or an undo.
    Step,
    /// Or a name under which a step saves something.
    Variable {
        /// Only where the test says which rule must run.
        of_rule: Option<Box<str>>,
    },
}

/// Most names that a cure lists.
const MOST_LISTED: usize = 20;

/// Reports names that the mapping does not have.
pub fn check(mentions: &[Mention], mapping: &Mapping, source: &Source, report: &mut Report) {
    let mut of_rules: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    for mention in mentions {
        let name = &*mention.name;
        let (code, message, known) = match &mention.of {
            MentionOf::Rule => {
                let known: Vec<&str> = mapping.rules.iter().map(|rule| &*rule.name).collect();
                ("unknown-rule", format!("there is no rule `{name}` in {}", mapping.file), known)
            }
            MentionOf::Target => {
                let known = mapping.targets.iter().map(|target| &*target.name).collect();
                let message = format!("there is no target `{name}` in {}", mapping.file);
                ("unknown-target", message, known)
            }
            MentionOf::Step => {
                let logins = mapping.targets.iter().filter_map(|target| target.auth.login());
                let rules = mapping.rules.iter().chain(logins.flat_map(Login::rules));
                let known: BTreeSet<&str> = rules.flat_map(steps).collect();
                let known = known.into_iter().collect();
                ("unknown-step", format!("there is no step `{name}` in {}", mapping.file), known)
            }
            MentionOf::Variable { of_rule } => {
                let rule =
                    mapping.rules.iter().find(|rule| Some(&*rule.name) == of_rule.as_deref());
                let rules =
                    || mapping.rules.iter().filter(|one| rule.is_none_or(|it| it.name == one.name));
                let known = of_rules
                    .entry(rule.map(|rule| &*rule.name))
                    .or_insert_with(|| variables(mapping, rules()));
                if known.contains(name) {
                    continue;
                }
                let message = match rule {
                    Some(rule) => format!("the rule `{}` has no variable `{name}`", rule.name),
                    None => format!("no rule of {} has a variable `{name}`", mapping.file),
                };
                ("unknown-variable", message, known.iter().copied().collect())
            }
        };
        if known.contains(&name) {
            continue;
        }
        let help = match did_you_mean(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "there are none in this mapping: leave it out".to_owned(),
            None => format!("there are: {}", listed(&known)),
        };
        report.push(Diagnostic::error(code, source, mention.span, message).help(help));
    }
}

fn steps(rule: &Rule) -> impl Iterator<Item = &str> {
    let steps = match &rule.action {
        Action::Steps(steps) => steps.as_slice(),
        Action::Ignore(_) | Action::Reject(_) => &[],
    };
    steps.iter().flat_map(|step| {
        let undo = step.undo.as_ref().map(|undo| &*undo.label);
        std::iter::once(&*step.label).chain(undo)
    })
}

/// The variables of the file and of these rules, and what their steps save.
fn variables<'m>(mapping: &'m Mapping, rules: impl Iterator<Item = &'m Rule>) -> BTreeSet<&'m str> {
    let mut names = BTreeSet::new();
    let name = |at: usize| mapping.variables.get(at).map(|variable| &*variable.name);
    names.extend(mapping.shared.clone().filter_map(name));
    for rule in rules {
        names.extend(rule.variables.clone().filter_map(name));
        names.extend(rule.saved.iter().map(|name| &**name));
    }
    names
}

fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(MOST_LISTED);
    let first: Vec<&str> = names.iter().take(MOST_LISTED).copied().collect();
    let first = first.join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}
