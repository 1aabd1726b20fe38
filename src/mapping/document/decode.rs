//! From the YAML tree to documents: every fault is collected, none stops the reading of the rest.

use crate::mapping::diagnostic::{Diagnostic, Report, Source, Span};
use crate::mapping::names::did_you_mean;
use crate::mapping::yaml::{Key, Kind, Node};

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
                "put it in quotes to make it a string"
            }
            Kind::Null => "give it a value, or leave the key out",
            _ => "",
        };
        let found = if node.kind == Kind::Null { "nothing" } else { node.type_name() };
        self.error("wrong-type", node.span, format!("expected {expected}, found {found}"), help);
    }
}

/// The keys of a mapping, taken one by one; what nobody took is unknown.
pub struct Fields<'n> {
    what: &'static str,
    span: Span,
    rest: Vec<(&'n Key, &'n Node)>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// `what` names the mapping in messages, e.g. `a target`.
    pub fn of(node: &'n Node, what: &'static str, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_type(node, &format!("{what}, which is a mapping"));
            return None;
        };
        let rest = entries.iter().map(|entry| (&entry.key, &entry.value)).collect();
        Some(Self { what, span: node.span, rest, known: Vec::new() })
    }

    /// Where the whole mapping stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The value of a key that this mapping knows, if it is there.
    pub fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.push(name);
        let at = self.rest.iter().position(|(key, _)| key.text == name)?;
        Some(self.rest.swap_remove(at).1)
    }

    pub fn optional<T: Decode>(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        self.take(name).and_then(|node| T::decode(node, reader))
    }

    pub fn required<T: Decode>(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        let Some(node) = self.take(name) else {
            let message = format!("{} needs the key `{name}`", self.what);
            reader.error("missing-key", self.span, message, &format!("add `{name}: …`"));
            return None;
        };
        T::decode(node, reader)
    }

    /// The same, for a key without which the others can be read.
    pub fn expected<T: Decode>(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        self.required(name, reader)
    }

    /// Drops the keys that begin with `x-`: a home for YAML anchors.
    pub fn ignore_extensions(&mut self) {
        self.rest.retain(|(key, _)| !key.text.starts_with("x-"));
    }

    /// Reports every key that nobody took.
    pub fn finish(self, reader: &mut Reader<'_>) {
        for (key, _) in &self.rest {
            let help = match did_you_mean(&key.text, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys here are: {}", self.known.join(", ")),
            };
            let message = format!("{} has no key `{}`", self.what, key.text);
            reader.error("unknown-key", key.span, message, &help);
        }
    }
}

/// Declares a document: a struct of which each field is a key of a YAML mapping, its reading, and its
/// schema. One list of keys serves all three, so that they cannot differ. Without a `required` key
/// nothing is read; where an `expected` one is missing, which is reported too, the others still are.
///
/// The comments are what integrators read in their editor. `#[schema(…)]` calls methods of
/// [`Schema`](super::schema::Schema): above the name on the whole, above a key on its value.
macro_rules! document {
    (
        $(#[doc = $doc:literal])*
        $(#[schema( $($note:ident ( $($argument:tt)* )),* $(,)? )])?
        $name:ident is $what:literal $(, $also:ident)? {
            $(
                $(#[doc = $field_doc:literal])*
                $(#[schema( $($field_note:ident ( $($field_argument:tt)* )),* $(,)? )])?
                $presence:ident $field:ident: $type:ty
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            /// Where it stands.
            #[allow(dead_code, reason = "the place of some documents is never asked for")]
            pub span: $crate::mapping::yaml::Span,
            $( $(#[doc = $field_doc])* pub $field: document!(@type $presence $type), )*
        }

        impl $crate::mapping::document::decode::Decode for $name {
            fn decode(
                node: &$crate::mapping::yaml::Node,
                reader: &mut $crate::mapping::document::decode::Reader<'_>,
            ) -> Option<Self> {
                let mut fields =
                    $crate::mapping::document::decode::Fields::of(node, $what, reader)?;
                $( fields.$also(); )?
                $( let $field = fields.$presence::<$type>(document!(@key $field), reader); )*
                let span = fields.span();
                fields.finish(reader);
                Some(Self { span, $( $field: document!(@value $presence $field), )* })
            }
        }

        impl $name {
            /// Its own schema, to which [`Describe`](super::schema::Describe) gives a reference.
            pub(super) fn object(
                definitions: &mut $crate::mapping::document::schema::Definitions,
            ) -> $crate::mapping::document::schema::Schema {
                use $crate::mapping::document::schema;
                let mut object = schema::Object::new($what, &[$($doc),*]);
                $(
                    let value = <$type as schema::Describe>::schema(definitions);
                    let value = schema::Schema::described(&[$($field_doc),*])
                        .and(value)
                        $($( .$field_note($($field_argument)*) )*)?;
                    object.$presence(document!(@key $field), value);
                )*
                $( object.$also(); )?
                object.finish() $($( .$note($($argument)*) )*)?
            }
        }

        impl $crate::mapping::document::schema::Describe for $name {
            fn schema(
                definitions: &mut $crate::mapping::document::schema::Definitions,
            ) -> $crate::mapping::document::schema::Schema {
                definitions.refer(stringify!($name), Self::object)
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
        Text::decode(node, reader).map(Self)
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
            reader.wrong_type(node, "`true` or `false`");
            return None;
        };
        Some(Self(value))
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
            reader.error("empty-list", node.span, "this list is empty".to_owned(), "");
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
    pub members: Vec<Option<T>>,
}

impl<T: Decode> Decode for Each<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(members) = node.as_sequence() else {
            reader.wrong_type(node, "a list");
            return None;
        };
        Some(Self { members: members.iter().map(|member| T::decode(member, reader)).collect() })
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
