//! What documents are made of: scalars, lists and names, each read with its place.

use super::decode::{Decode, Reader};
use crate::mapping::diagnostic::Span;
use crate::mapping::yaml::{Key, Kind, Node};

/// A string, with its place.
#[derive(Debug, Clone)]
pub struct Text {
    node: Node,
}

impl Text {
    pub fn as_str(&self) -> &str {
        match &self.node.kind {
            Kind::String(text) => text,
            _ => "",
        }
    }

    pub fn span(&self) -> Span {
        self.node.span
    }

    pub fn node(&self) -> &Node {
        &self.node
    }
}

impl Decode for Text {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::String(_) = node.kind else {
            reader.wrong_type(node, "a string");
            return None;
        };
        Some(Self { node: node.clone() })
    }
}

/// A JSONPath, as text; where an answer is read, also a part of that answer.
#[derive(Debug, Clone)]
pub struct PathText(Text);

impl std::ops::Deref for PathText {
    type Target = Text;

    fn deref(&self) -> &Text {
        &self.0
    }
}

impl Decode for PathText {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Text::decode(node, reader).map(Self)
    }
}

/// A boolean, with its place.
#[derive(Debug, Clone, Copy)]
pub struct Flag(pub bool);

impl Decode for Flag {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Bool(value) = node.kind else {
            let help = "write `true` or `false`, without quotes";
            reader.wrong_type_but(node, "`true` or `false`", help);
            return None;
        };
        Some(Self(value))
    }
}

/// A length of time, as text with units.
#[derive(Debug, Clone)]
pub struct Period(Text);

impl std::ops::Deref for Period {
    type Target = Text;

    fn deref(&self) -> &Text {
        &self.0
    }
}

impl Decode for Period {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Kind::Number(number) = &node.kind {
            let message = format!("`{number}` is a duration without a unit");
            let help = format!("write e.g. `{number}s`, or `{number}ms`");
            reader.error("bad-duration", node.span, message, &help);
            return None;
        }
        Text::decode(node, reader).map(Self)
    }
}

/// A whole number, with its place; one from the environment comes as text.
#[derive(Debug, Clone)]
pub struct Scalar(pub Node);

impl Decode for Scalar {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.kind {
            Kind::Number(_) | Kind::String(_) => Some(Self(node.clone())),
            _ => {
                reader.wrong_type(node, "a number or a string");
                None
            }
        }
    }
}

/// Any value; what its strings mean is the reader's business.
#[derive(Debug, Clone)]
pub struct Anything(pub Node);

impl Decode for Anything {
    fn decode(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        Some(Self(node.clone()))
    }
}

/// Any value that is written: `json:` alone is rather forgotten than null.
#[derive(Debug, Clone)]
pub struct Given(pub Node);

impl Decode for Given {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.kind == Kind::Null && node.span.start == node.span.end {
            reader.error(
                "wrong-type",
                node.span,
                "expected a value, found nothing",
                "write `null` if that is meant, `\"\"` for an empty text, or leave the key out",
            );
            return None;
        }
        Some(Self(node.clone()))
    }
}

/// A part of a document, and the tree that it was read from.
#[derive(Debug, Clone)]
pub struct WithNode<T> {
    pub node: Node,
    pub value: T,
}

impl<T: Decode> Decode for WithNode<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        T::decode(node, reader).map(|value| Self { node: node.clone(), value })
    }
}

/// One thing, or a list of them.
#[derive(Debug, Clone)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Sequence(members) = &node.kind else {
            return T::decode(node, reader).map(|one| Self(vec![one]));
        };
        if members.is_empty() {
            let help = "write at least one member";
            reader.error("empty-list", node.span, "this list is empty".to_owned(), help);
            return None;
        }
        many(members, reader).map(Self)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Sequence(members) = &node.kind else {
            reader.wrong_type(node, "a list");
            return None;
        };
        many(members, reader)
    }
}

/// Reads every member, so that each reports its faults, before giving up on the list.
fn many<T: Decode>(members: &[Node], reader: &mut Reader<'_>) -> Option<Vec<T>> {
    let decoded: Vec<Option<T>> = members.iter().map(|member| T::decode(member, reader)).collect();
    decoded.into_iter().collect()
}

/// A list whose members are read each for itself: one that cannot be read does not hide the faults
/// of the others.
#[derive(Debug, Clone)]
pub struct Each<T> {
    /// Where the list stands.
    pub span: Span,
    pub members: Vec<Option<T>>,
}

impl<T: Decode> Decode for Each<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(members) = node.as_sequence() else {
            reader.wrong_type(node, "a list");
            return None;
        };
        let members = members.iter().map(|member| T::decode(member, reader)).collect();
        Some(Self { span: node.span, members })
    }
}

/// A mapping from names of the author's choice. A value that could not be read keeps its name, so
/// that references to it are not reported as well.
#[derive(Debug, Clone)]
pub struct Named<T>(
    pub Vec<(Key, Option<T>)>,
    /// Where they stand.
    pub Span,
);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new(), Span::default())
    }
}

impl<T: Decode> Decode for Named<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_type(node, "a mapping of names");
            return None;
        };
        let read = entries.iter().map(|e| (e.key.clone(), T::decode(&e.value, reader)));
        Some(Self(read.collect(), node.span))
    }
}
