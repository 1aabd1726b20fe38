//! Scalars that are literal text, alone or in lists.

use crate::mapping::document::decode::{Decode, Reader};
use crate::mapping::document::schema::{Definitions, Describe, Schema};
use crate::mapping::yaml::{Kind, Node};

/// A scalar by its text: `8080` and `true` as they are written.
#[derive(Debug, Clone)]
pub struct Word(pub String);

impl Decode for Word {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::String(text) => Some(Self(text.clone())),
            Kind::Number(number) => Some(Self(number.to_string())),
            Kind::Bool(truth) => Some(Self(truth.to_string())),
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => {
                let help = "write a string, a number, `true` or `false` here";
                reader.wrong_type_but(node, "a text", help);
                None
            }
        }
    }
}

impl Describe for Word {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::scalar()
    }
}

/// One text, or several under the same name.
#[derive(Debug, Clone)]
pub struct Texts(pub Vec<String>);

impl Decode for Texts {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(members) = node.as_sequence() else {
            return Word::decode(node, reader).map(|Word(text)| Self(vec![text]));
        };
        if members.is_empty() {
            let help = "write at least one text, or leave the name out";
            reader.error("empty-list", node.span, "this list is empty", help);
            return None;
        }
        let texts: Vec<_> = members.iter().map(|member| Word::decode(member, reader)).collect();
        texts.into_iter().map(|text| text.map(|Word(text)| text)).collect::<Option<_>>().map(Self)
    }
}

impl Describe for Texts {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::scalar_or_list().keyword("items", Schema::scalar()).keyword("minItems", 1)
    }
}

impl AsRef<[String]> for Texts {
    fn as_ref(&self) -> &[String] {
        &self.0
    }
}

/// Texts under one name, or null, which is none: the name must not be there at all.
#[derive(Debug, Clone)]
pub struct TextsOrNone(Vec<String>);

impl AsRef<[String]> for TextsOrNone {
    fn as_ref(&self) -> &[String] {
        &self.0
    }
}

impl Decode for TextsOrNone {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.kind {
            Kind::Null => Some(Self(Vec::new())),
            _ => Texts::decode(node, reader).map(|Texts(texts)| Self(texts)),
        }
    }
}

impl Describe for TextsOrNone {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::of(&["string", "number", "boolean", "array", "null"])
            .keyword("items", Schema::scalar())
            .keyword("minItems", 1)
    }
}
