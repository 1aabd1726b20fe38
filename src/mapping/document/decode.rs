//! From the YAML tree to documents: every fault is collected, none stops the reading of the rest.

use crate::mapping::diagnostic::{Diagnostic, Report, Source, Span};
use crate::mapping::yaml::{Key, Kind, Node};

pub use super::fields::Fields;

/// Collects what is wrong with one file.
pub struct Reader<'r> {
    pub source: &'r Source,
    pub report: &'r mut Report,
}

/// A part of a document that can be read from a node.
pub trait Decode: Sized {
    /// Reads the node; on `None` at least one fault was reported.
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
}

impl Reader<'_> {
    /// Reports a mistake: where, what, and (unless empty) what to do about it.
    pub fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) {
        self.push(Diagnostic::error(code, self.source, span, message), help);
    }

    fn push(&mut self, diagnostic: Diagnostic, help: &str) {
        self.report.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    /// Reports a node of the wrong type.
    pub fn wrong_type(&mut self, node: &Node, expected: &str) {
        let help = match &node.kind {
            Kind::Bool(_) | Kind::Number(_) if expected.contains("string") => {
                format!(
                    "put it in quotes to make it a string: \"{}\"",
                    self.source.slice(node.span)
                )
            }
            _ if expected.contains("mapping") => {
                "a mapping is written as `name: value` lines, without `- `".to_owned()
            }
            _ if expected.contains("list") => "begin each item of a list with `- `".to_owned(),
            _ => format!("write {expected}"),
        };
        self.wrong_type_but(node, expected, &help);
    }

    /// Reports a node of the wrong type, with what to write instead.
    pub fn wrong_type_but(&mut self, node: &Node, expected: &str, help: &str) {
        let (found, help) = match node.kind {
            Kind::Null => ("nothing", "give it a value, or leave the key out if it is optional"),
            _ => (node.type_name(), help),
        };
        self.error("wrong-type", node.span, format!("expected {expected}, found {found}"), help);
    }
}

/// Declares a document: a struct of which each field is a key of a YAML mapping, and its reading.
/// One list of keys serves both, so that they cannot differ. Without a `required` key nothing is
/// read; where an `expected` one is missing, which is reported too, the others still are.
macro_rules! document {
    (
        $(#[doc = $doc:literal])*
        $name:ident is $what:literal {
            $( $(#[doc = $field_doc:literal])* $presence:ident $field:ident: $type:ty ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            /// Where it stands.
            #[allow(dead_code, reason = "the place of some documents is never asked for")]
            pub span: $crate::mapping::yaml::Span,
            /// Keys that are there and could not be read, which was reported.
            #[allow(dead_code, reason = "for some documents it makes no difference")]
            pub unreadable: Vec<&'static str>,
            $( $(#[doc = $field_doc])* pub $field: document!(@type $presence $type), )*
        }

        impl $crate::mapping::document::decode::Decode for $name {
            fn decode(
                node: &$crate::mapping::yaml::Node,
                reader: &mut $crate::mapping::document::decode::Reader<'_>,
            ) -> Option<Self> {
                let keys = [$( document!(@key $field) ),*];
                let mut fields =
                    $crate::mapping::document::decode::Fields::of(node, $what, &keys, reader)?;
                fields.correct(reader);
                $( let $field = fields.$presence::<$type>(document!(@key $field), reader); )*
                let span = fields.span();
                let unreadable = fields.finish(reader);
                Some(Self { span, unreadable, $( $field: document!(@value $presence $field), )* })
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type expected $type:ty) => { Option<$type> };
    (@type optional $type:ty) => { Option<$type> };
    (@value required $field:ident) => { $field? };
    (@value expected $field:ident) => { $field };
    (@value optional $field:ident) => { $field };
    (@key $field:ident) => { stringify!($field).trim_start_matches("r#").trim_end_matches('_') };
}
pub(super) use document;

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
pub struct Named<T>(pub Vec<(Key, Option<T>)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Decode> Decode for Named<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_type(node, "a mapping of names");
            return None;
        };
        let read = entries.iter().map(|e| (e.key.clone(), T::decode(&e.value, reader)));
        Some(Self(read.collect()))
    }
}
