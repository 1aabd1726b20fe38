//! How variables came about: what the engine tells while it evaluates them, one trail for each.

use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;

use super::account::{Outcome, Owner, Passage, VariableAccount};
use super::findings;
use super::glimpse::Curtain;
use crate::expr::condition::Tell;
use crate::expr::convert::Type;
use crate::expr::extract::{Selector, Source, Stage, Variable};
use crate::expr::{Came, Fault, Scope};

/// The latest trail of each variable, by where the variable stands in memory: a program does not
/// move while an event runs through it.
#[derive(Debug, Default)]
pub struct Trails(HashMap<usize, Trail>);

#[derive(Debug, Default)]
struct Trail {
    passages: Vec<Passage>,
    /// Once its evaluation ended.
    outcome: Option<Outcome>,
}

fn place(variable: &Variable) -> usize {
    ptr::from_ref(variable).addr()
}

impl Trails {
    pub fn note(&mut self, variable: &Variable, how: Came<'_>, curtain: &Curtain) {
        if let Came::Begun = how {
            self.0.insert(place(variable), Trail::default());
            return;
        }
        let trail = self.0.entry(place(variable)).or_default();
        match passage(how, curtain) {
            Some(_) if curtain.is_full() => {}
            Some(passage) => {
                curtain.take_room(passage.text().len());
                trail.passages.push(passage);
            }
            None => {
                if let Came::Ended { result } = how {
                    trail.outcome = Some(outcome(result, variable, curtain));
                }
            }
        }
    }

    /// What became of a variable, and forgets it.
    pub fn take(&mut self, variable: &Variable, owner: Owner) -> VariableAccount {
        let trail = self.0.remove(&place(variable)).unwrap_or_default();
        let mut passages = trail.passages;
        let asked = passages.iter().filter(|passage| matches!(passage, Passage::Path { .. }));
        let behind = selectors(variable).iter().skip(asked.count());
        let at = passages.iter().rposition(|passage| matches!(passage, Passage::Path { .. }));
        if let Some(at) = at {
            let rest = behind.map(|path| Passage::PathNotAsked { text: path.text().to_owned() });
            passages.splice(at + 1..at + 1, rest);
        }
        let name: Arc<str> = variable.name.clone();
        // A step that is skipped gives a default without anything having been evaluated.
        let stand_in = passages.last().and_then(|passage| match passage {
            Passage::Default { value: Some(value) } => Some(Outcome::Value(value.clone())),
            _ => None,
        });
        let outcome = trail.outcome.or(stand_in).unwrap_or(Outcome::NotAsked);
        VariableAccount { name, owner, trail: passages, outcome }
    }
}

fn selectors(variable: &Variable) -> &[Selector] {
    match &variable.source {
        Source::First(selectors) | Source::All(selectors) => selectors,
        _ => &[],
    }
}

fn passage(how: Came<'_>, curtain: &Curtain) -> Option<Passage> {
    let glimpse = |value: Option<&serde_json::Value>| value.map(|value| curtain.glimpse(value));
    Some(match how {
        Came::Begun | Came::NoCase | Came::Ended { .. } => return None,
        Came::Path { text, found } => Passage::Path {
            text: text.to_owned(),
            found: glimpse(found),
            is_null: found.is_some_and(serde_json::Value::is_null),
        },
        Came::From { name, found } => {
            Passage::From { name: name.to_owned(), found: glimpse(found) }
        }
        Came::Rendered { value } => Passage::Rendered { value: glimpse(value) },
        Came::Case { index, at, value } => {
            let (number, value) = (index + 1, glimpse(value));
            Passage::Case { number, at, when: None, held: true, value }
        }
        Came::Stage { stage, value } => {
            Passage::Stage { words: words(stage, curtain), value: glimpse(value) }
        }
        Came::Default { value } => Passage::Default { value: glimpse(value) },
    })
}

fn outcome(
    result: Result<Option<&serde_json::Value>, &Fault>,
    variable: &Variable,
    curtain: &Curtain,
) -> Outcome {
    match result {
        Ok(Some(value)) => Outcome::Value(curtain.glimpse(value)),
        Ok(None) if variable.required().is_some() => Outcome::Missing { needed_by: Vec::new() },
        Ok(None) => Outcome::Absent,
        Err(fault) => Outcome::Fault(curtain.fault(fault)),
    }
}

/// A stage as it is written.
fn words(stage: &Stage, curtain: &Curtain) -> String {
    match stage {
        Stage::Split(mark) => format!("split {}", curtain.value(&serde_json::Value::from(&**mark))),
        Stage::First => "first".to_owned(),
        Stage::Capture(regex) => format!("capture {}", Tell::text(curtain, regex.as_str())),
        Stage::As(to) => {
            let name =
                Type::NAMES.iter().find(|(_, known)| known == to).map_or("", |(name, _)| name);
            format!("as {name}")
        }
        Stage::Map(_) => "map".to_owned(),
    }
}

/// Adds what each case up to the one that holds came to; `scope` is that of the variable.
pub fn add_cases(
    account: &mut VariableAccount,
    variable: &Variable,
    scope: &dyn Scope,
    curtain: &Curtain,
) {
    let Source::Cases(cases) = &variable.source else { return };
    let held = account.trail.iter_mut().find_map(|passage| match passage {
        Passage::Case { number, when, .. } => Some((*number, when)),
        _ => None,
    });
    let tell = |case: &crate::expr::extract::Case| {
        (!case.when.is_always()).then(|| findings::of(&case.when, scope, curtain))
    };
    let before = match held {
        Some((number, when)) => {
            *when = cases.get(number - 1).and_then(tell);
            number - 1
        }
        None => cases.len(),
    };
    let missed = (1..).zip(&cases[..before]).map(|(number, case)| Passage::Case {
        number,
        at: case.at,
        when: tell(case),
        held: false,
        value: None,
    });
    let missed: Vec<Passage> = missed.collect();
    account.trail.splice(0..0, missed);
}
