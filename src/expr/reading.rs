//! What paths read: an event, where it stands, or a tree.

use std::borrow::Cow;

use serde_json::Value;

use super::{Budget, Effort, Fault, Path};
use crate::document::{Document, Node};

/// What JSONPath subjects, selectors and the `path` helper read.
#[derive(Debug, Clone, Copy)]
pub enum Reading<'v> {
    Event(&'v Document),
    /// An answer's body, as a rule.
    Tree(&'v Value),
}

impl<'v> Reading<'v> {
    /// What a path selects first: see [`Path::first`].
    pub fn first(self, path: &Path, effort: &Effort) -> Result<Option<Cow<'v, Value>>, Fault> {
        match self {
            Self::Event(event) => taken(path.first(event.root(), effort)?, effort),
            Self::Tree(tree) => taken(path.first(tree, effort)?, effort),
        }
    }

    /// Everything that a path selects, within what one value may cost: nodes that contain each other
    /// are copied once for each level.
    pub fn all(self, path: &Path, effort: &Effort) -> Result<Vec<Value>, Fault> {
        match self {
            Self::Event(event) => copies(path.all(event.root(), effort)?),
            Self::Tree(tree) => copies(path.all(tree, effort)?),
        }
    }
}

/// A value for longer than the look at it; pays for it if that takes a copy.
fn taken<'v>(
    node: Option<impl Node<'v>>,
    effort: &Effort,
) -> Result<Option<Cow<'v, Value>>, Fault> {
    let value = node.map(Node::to_value);
    if let Some(Cow::Owned(copy)) = &value {
        effort.walk(copy)?;
    }
    Ok(value)
}

fn copies<'v, N: Node<'v>>(nodes: Vec<N>) -> Result<Vec<Value>, Fault> {
    let budget = Budget::new();
    let copy = |node: N| budget.copy(node, 0).map(|()| node.to_value().into_owned());
    nodes.into_iter().map(copy).collect()
}
