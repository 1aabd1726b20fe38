//! From the YAML tree to documents: every fault is collected, none stops the reading of the rest.

use crate::mapping::diagnostic::{Diagnostic, Report, Source, Span};
use crate::mapping::yaml::{Kind, Node};

pub use super::fields::Fields;
pub use super::values::{
    Anything, Each, Flag, Given, Named, OneOrMany, PathText, Period, Scalar, Text, WithNode,
};

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

/// The key that a field is for, told while compiling: `for_` and `r#for` are for `for`.
pub const fn key_of(field: &'static str) -> &'static str {
    let field = match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    };
    match field.as_bytes() {
        [.., b'_'] => field.split_at(field.len() - 1).0,
        _ => field,
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
                $( fields.$also(); )?
                fields.correct(reader);
                $( let $field = fields.$presence::<$type>(document!(@key $field), reader); )*
                let span = fields.span();
                let unreadable = fields.finish(reader);
                Some(Self { span, unreadable, $( $field: document!(@value $presence $field), )* })
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
    (@key $field:ident) => { const { $crate::mapping::document::decode::key_of(stringify!($field)) } };
}
pub(crate) use document;
