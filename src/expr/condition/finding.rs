//! A condition taken apart: every test of it and what it saw, those included that nothing depended
//! on.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::{Condition, Subject, Test, present};
use crate::document::Node;
use crate::expr::{At, Fault, Reading, Scope};

/// What a condition came to, in its own form.
#[derive(Debug)]
pub enum Finding<'s> {
    All(Vec<Finding<'s>>),
    Any(Vec<Finding<'s>>),
    Not(Box<Finding<'s>>),
    Test(Tested<'s>),
}

/// One test of one subject.
#[derive(Debug)]
pub struct Tested<'s> {
    pub at: At,
    pub subject: &'s Subject,
    pub test: &'s Test,
    /// What there was to test; nothing if the subject is absent.
    pub saw: Vec<Cow<'s, Value>>,
    pub held: Result<bool, Fault>,
    /// Whether the condition came to what it did because of this one.
    pub decides: bool,
}

impl Subject {
    /// As written.
    pub fn text(&self) -> &str {
        match self {
            Self::Name(name) => &name.text,
            Self::Path(path) => path.text(),
        }
    }

    /// Every value that it stands for now.
    fn values<'s>(&self, scope: &'s dyn Scope) -> Result<Vec<Cow<'s, Value>>, Fault> {
        match self {
            Self::Name(name) => {
                Ok(present(name.find(scope))?.map(Cow::Borrowed).into_iter().collect())
            }
            Self::Path(path) => Ok(match scope.document() {
                None => Vec::new(),
                Some(Reading::Event(event)) => seen(path.all(event.root(), scope.effort())?),
                Some(Reading::Tree(tree)) => seen(path.all(tree, scope.effort())?),
            }),
        }
    }
}

impl Condition {
    /// Asks every test.
    pub fn take_apart<'s>(&'s self, scope: &'s dyn Scope) -> Finding<'s> {
        let mut finding = self.find(scope);
        finding.mark();
        finding
    }

    fn find<'s>(&'s self, scope: &'s dyn Scope) -> Finding<'s> {
        let all = |parts: &'s [Condition]| parts.iter().map(|part| part.find(scope)).collect();
        match self {
            Self::All(parts) => Finding::All(all(parts)),
            Self::Any(parts) => Finding::Any(all(parts)),
            Self::Not(part) => Finding::Not(Box::new(part.find(scope))),
            Self::Test { at, subject, test } => match (subject.values(scope), test) {
                (Ok(saw), Test::All(tests)) if !tests.is_empty() => Finding::All(
                    tests
                        .iter()
                        .map(|test| tested(*at, subject, test, saw.clone(), scope))
                        .collect(),
                ),
                (Ok(saw), test) => tested(*at, subject, test, saw, scope),
                (Err(fault), test) => {
                    let (saw, held) = (Vec::new(), Err(fault));
                    Finding::Test(Tested { at: *at, subject, test, saw, held, decides: false })
                }
            },
        }
    }
}

fn seen<'s, N: Node<'s>>(nodes: Vec<N>) -> Vec<Cow<'s, Value>> {
    nodes.into_iter().map(Node::to_value).collect()
}

fn tested<'s>(
    at: At,
    subject: &'s Subject,
    test: &'s Test,
    saw: Vec<Cow<'s, Value>>,
    scope: &dyn Scope,
) -> Finding<'s> {
    let nodes: Vec<&Value> = saw.iter().map(Cow::as_ref).collect();
    let held = test.holds(&nodes, scope);
    Finding::Test(Tested { at, subject, test, saw, held, decides: false })
}

impl Finding<'_> {
    /// What the condition came to, with nothing asked behind what decides.
    pub fn holds(&self) -> Result<bool, &Fault> {
        match self {
            Self::All(parts) => decided_by(parts, false),
            Self::Any(parts) => decided_by(parts, true),
            Self::Not(part) => part.holds().map(|held| !held),
            Self::Test(tested) => tested.held.as_ref().map(|held| *held),
        }
    }

    /// How many tests came to what they have to for the condition to hold, and of how many, which is
    /// never 0. Of several of which one is enough, only the nearest counts.
    pub fn nearness(&self) -> (usize, usize) {
        self.near(true)
    }

    fn near(&self, wanted: bool) -> (usize, usize) {
        let (parts, all) = match self {
            Self::All(parts) => (parts, wanted),
            Self::Any(parts) => (parts, !wanted),
            Self::Not(part) => return part.near(!wanted),
            Self::Test(tested) => return (usize::from(tested.held == Ok(wanted)), 1),
        };
        let each = parts.iter().map(|part| part.near(wanted));
        if all {
            let sum = each.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            // Where nothing is asked, nothing is missed.
            return if sum.1 == 0 { (1, 1) } else { sum };
        }
        each.reduce(|best, part| if by_nearness(part, best).is_gt() { part } else { best })
            .unwrap_or((0, 1))
    }

    fn mark(&mut self) {
        let (parts, decisive) = match self {
            Self::All(parts) => (parts, false),
            Self::Any(parts) => (parts, true),
            Self::Not(part) => return part.mark(),
            Self::Test(tested) => {
                tested.decides = true;
                return;
            }
        };
        match parts.iter().position(|part| part.holds() != Ok(!decisive)) {
            Some(first) => parts[first].mark(),
            None => parts.iter_mut().for_each(Finding::mark),
        }
    }
}

/// The first part that comes to `decisive`, or that cannot be told, decides.
fn decided_by<'f>(parts: &'f [Finding<'_>], decisive: bool) -> Result<bool, &'f Fault> {
    for part in parts {
        if part.holds()? == decisive {
            return Ok(decisive);
        }
    }
    Ok(!decisive)
}

/// Orders what [`Finding::nearness`] gives: the nearer it is, the greater.
pub fn by_nearness(one: (usize, usize), other: (usize, usize)) -> Ordering {
    (one.0 * other.1).cmp(&(other.0 * one.1))
}

#[cfg(test)]
mod tests;
