//! Variables with their values, and how these came about.

use super::findings::{Around, place, tree, value};
use super::page::{Ink, Page};
use crate::verify::explain::Glimpse;
use crate::verify::explain::account::{MappingAccount, Outcome, Owner, Passage, VariableAccount};

/// What is said of null where it is not kept.
const NULL: &str = ", which counts as absent";

pub(super) fn section(page: &mut Page, mapping: &MappingAccount) {
    let titles = [(Owner::File, "Variables"), (Owner::Rule, "Variables of the rule")];
    for (owner, title) in titles {
        let mut of_owner = mapping.variables.iter().filter(|one| one.owner == owner).peekable();
        if of_owner.peek().is_some() {
            page.blank().line(1).ink(Ink::Strong, title);
            of_owner.for_each(|variable| lines(page, 2, &mapping.file, variable));
        }
    }
}

pub(super) fn lines(page: &mut Page, depth: usize, file: &str, variable: &VariableAccount) {
    page.line(depth).ink(Ink::Strong, &variable.name);
    match &variable.outcome {
        Outcome::Value(glimpse) => page.put(" = ").put(&value(glimpse)),
        Outcome::Absent => page.put(" is absent"),
        Outcome::Missing { needed_by } => {
            let is_harmless =
                needed_by.is_empty() && matches!(variable.owner, Owner::File | Owner::Rule);
            let ink = if is_harmless { Ink::Plain } else { Ink::Bad };
            page.put(" is ").ink(ink, &missing(variable.owner, needed_by))
        }
        Outcome::Fault(fault) => page.put(" ").ink(Ink::Bad, &format!("has no value: {fault}")),
        Outcome::NotAsked => page.put(" was not needed"),
    };
    if let (Outcome::Value(_), [Passage::Path { text, .. }]) =
        (&variable.outcome, variable.trail.as_slice())
    {
        // What it gives is told already.
        page.put("  ").ink(Ink::Faint, text);
        return;
    }
    variable.trail.iter().for_each(|passage| line(page, depth + 1, file, passage));
}

/// What a required variable's absence comes to.
fn missing(owner: Owner, needed_by: &[std::sync::Arc<str>]) -> String {
    let steps: Vec<String> = needed_by.iter().map(|step| format!("`{step}`")).collect();
    match (steps.as_slice(), owner) {
        ([], Owner::File | Owner::Rule) => "absent; no request that is made needs it".to_owned(),
        // Of a step only what it asks for is evaluated.
        ([], Owner::Step | Owner::Save) => "absent, and required".to_owned(),
        (steps, _) => {
            format!("absent, and required: the request of step {} cannot be made", steps.join(", "))
        }
    }
}

fn line(page: &mut Page, depth: usize, file: &str, passage: &Passage) {
    page.line(depth);
    match passage {
        Passage::Path { text, found: None, .. } => {
            page.ink(Ink::Bad, "✗").put(&format!(" {text} selects nothing"));
        }
        Passage::Path { text, is_null: true, .. } => {
            page.ink(Ink::Bad, "✗").put(&format!(" {text} is null{NULL}"));
        }
        Passage::Path { text, found, .. } => gives(page, text, found.as_ref()),
        Passage::PathNotAsked { text } => {
            page.ink(Ink::Faint, &format!("- {text} was not needed"));
        }
        Passage::From { name, found: None } => {
            page.ink(Ink::Bad, "✗").put(&format!(" {name} is absent"));
        }
        Passage::From { name, found: Some(found) } if found.text == "null" => {
            page.ink(Ink::Bad, "✗").put(&format!(" {name} is null{NULL}"));
        }
        Passage::From { name, found } => gives(page, name, found.as_ref()),
        Passage::Rendered { value } => gives(page, "value", value.as_ref()),
        Passage::Case { number, at, when, held, value: of_case } => {
            let (ink, mark) = if *held { (Ink::Good, "✓") } else { (Ink::Bad, "✗") };
            page.ink(ink, mark).put(&format!(" case {number}"));
            if *held {
                page.put(" gives ").put(&of_case.as_ref().map_or("nothing".to_owned(), value));
            }
            place(page, file, *at);
            if let Some(when) = when {
                tree(page, depth + 1, file, when, Around { line: at.line, point_out: !held });
            }
        }
        Passage::Stage { words, value: None } => {
            page.ink(Ink::Bad, "✗").put(&format!(" {words} gives nothing"));
        }
        Passage::Stage { words, value } => gives(page, words, value.as_ref()),
        Passage::Default { value } => gives(page, "default", value.as_ref()),
    }
}

fn gives(page: &mut Page, what: &str, given: Option<&Glimpse>) {
    match given {
        Some(given) => {
            page.ink(Ink::Good, "✓").put(&format!(" {what} gives {}", value(given)));
        }
        None => {
            page.ink(Ink::Bad, "✗").put(&format!(" {what} gives nothing"));
        }
    }
}
