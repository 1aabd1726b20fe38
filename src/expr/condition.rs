//! `when`: subjects and the tests that they must pass. A condition never fails for absence.

use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use super::Table;
use super::body::Shape;
use super::compare::{equal, is_empty, order};
use super::convert::text_of;
use super::effort::Effort;
use super::{At, Fault, Path, Reading, Reference, Scope};
use crate::document::{Node, View};

mod finding;
mod words;

pub use finding::{Finding, Tested, by_nearness};
pub use words::Tell;

/// A compiled `when`.
#[derive(Debug, Clone)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test { at: At, subject: Subject, test: Test },
}

/// What is tested.
#[derive(Debug, Clone)]
pub enum Subject {
    Name(Reference),
    /// Over the event, or over an answer's body where an answer is judged.
    Path(Path),
}

/// What a subject must pass. Of a path that selects several nodes, any may pass; `Not` holds if
/// none does.
#[derive(Debug, Clone)]
pub enum Test {
    Equals(Shape),
    OneOf(Vec<Test>),
    /// A class of HTTP statuses: 2 stands for 200 to 299.
    StatusClass(u16),
    Not(Box<Test>),
    Exists(bool),
    Empty(bool),
    Matches(Regex),
    Prefix(Shape),
    Suffix(Shape),
    Contains(Shape),
    /// A key of the table of that name.
    InTable {
        name: Arc<str>,
        table: Arc<Table>,
    },
    Compare(Comparison, Shape),
    All(Vec<Test>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// The condition that always holds.
    pub fn always() -> Self {
        Self::All(Vec::new())
    }

    pub fn is_always(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// Whether it holds now. The only faults are conversions that were asked for explicitly, and
    /// paths that go through too much of the document.
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, Fault> {
        match self {
            Self::All(parts) => {
                for part in parts {
                    if !part.holds(scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.holds(scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(part) => Ok(!part.holds(scope)?),
            Self::Test { subject, test, .. } => match subject {
                Subject::Path(path) => match scope.document() {
                    None => test.holds::<&Value>(&[], scope),
                    Some(Reading::Event(event)) => {
                        test.holds(&path.all(event.root(), scope.effort())?, scope)
                    }
                    Some(Reading::Tree(tree)) => {
                        test.holds(&path.all(tree, scope.effort())?, scope)
                    }
                },
                Subject::Name(name) => match present(name.find(scope))? {
                    Some(value) => test.holds(&[value], scope),
                    None => test.holds::<&Value>(&[], scope),
                },
            },
        }
    }

    /// Whether it holds, if that can be told although `judge`, which is asked about each test,
    /// cannot tell of all of them.
    pub fn known(
        &self,
        judge: &dyn Fn(&Self) -> Result<Option<bool>, Fault>,
    ) -> Result<Option<bool>, Fault> {
        let (parts, decisive) = match self {
            Self::All(parts) => (parts, false),
            Self::Any(parts) => (parts, true),
            Self::Not(part) => return Ok(part.known(judge)?.map(|holds| !holds)),
            Self::Test { .. } => return judge(self),
        };
        let mut known = Some(!decisive);
        for part in parts {
            match part.known(judge)? {
                Some(holds) if holds == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => known = None,
            }
        }
        Ok(known)
    }
}

/// Absence in whatever form is just absence here.
fn present<T>(found: Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
    match found {
        Err(fault) if fault.is_absence() => Ok(None),
        other => other,
    }
}

impl Test {
    fn holds<'v, N: Node<'v>>(&self, nodes: &[N], scope: &dyn Scope) -> Result<bool, Fault> {
        for node in nodes {
            self.pay(*node, scope.effort())?;
        }
        let with = |operand: &Shape, passes: &dyn Fn(N, &Value) -> bool| {
            Ok(present(operand.value(scope))?
                .is_some_and(|operand| nodes.iter().any(|node| passes(*node, &operand))))
        };
        match self {
            Self::Equals(operand) => with(operand, &|node, operand| equal(node, operand)),
            Self::OneOf(tests) => {
                for test in tests {
                    if test.holds(nodes, scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::StatusClass(class) => {
                let wanted = u64::from(*class);
                let is_of_class = |node: &N| match node.view() {
                    View::Number(digits) => {
                        digits.parse::<u64>().is_ok_and(|status| status / 100 == wanted)
                    }
                    _ => false,
                };
                Ok(nodes.iter().any(is_of_class))
            }
            Self::Not(test) => Ok(!test.holds(nodes, scope)?),
            Self::Exists(wanted) => Ok(nodes.iter().any(|node| !node.is_null()) == *wanted),
            Self::Empty(true) => Ok(nodes.is_empty() || nodes.iter().any(|node| is_empty(*node))),
            Self::Empty(false) => Ok(nodes.iter().any(|node| !is_empty(*node))),
            Self::Matches(regex) => {
                Ok(nodes.iter().any(|node| node.as_text().is_some_and(|text| regex.is_match(text))))
            }
            Self::Prefix(operand) => with(operand, &|node, operand| {
                both_text(node, operand).is_some_and(|(text, prefix)| text.starts_with(prefix))
            }),
            Self::Suffix(operand) => with(operand, &|node, operand| {
                both_text(node, operand).is_some_and(|(text, suffix)| text.ends_with(suffix))
            }),
            Self::Contains(operand) => with(operand, &|node, operand| contains(node, operand)),
            Self::InTable { table, .. } => Ok(nodes
                .iter()
                .any(|node| text_of(*node).is_some_and(|key| table.contains_key(key.as_str())))),
            Self::Compare(comparison, operand) => with(operand, &|node, operand| {
                order(node, operand).is_some_and(|order| comparison.allows(order))
            }),
            Self::All(tests) => {
                for test in tests {
                    if !test.holds(nodes, scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

impl Test {
    /// Pays for what it looks at of a node.
    fn pay<'v>(&self, node: impl Node<'v>, effort: &Effort) -> Result<(), Fault> {
        match (self, node.view()) {
            (Self::Contains(_), View::Array(_)) => effort.walk(node),
            (Self::Equals(operand), View::Array(_) | View::Object(_))
                if operand.as_constant().is_none_or(|operand| !is_scalar(operand)) =>
            {
                effort.walk(node)
            }
            (_, View::Text(text)) => effort.spend_text(text.len()),
            _ => effort.spend(1),
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

impl Comparison {
    fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn both_text<'v, 'o>(left: impl Node<'v>, right: &'o Value) -> Option<(&'v str, &'o str)> {
    Some((left.as_text()?, right.as_str()?))
}

fn contains<'v>(whole: impl Node<'v>, part: &Value) -> bool {
    match whole.view() {
        View::Array(_) => whole.children().any(|member| equal(member, part)),
        View::Text(text) => part.as_str().is_some_and(|part| text.contains(part)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
