//! `extract`: where variables come from.

use super::decode::{Anything, Decode, Each, Flag, Given, OneOrMany, Reader, Text, document};
use super::when::When;
use crate::mapping::yaml::{Kind, Node};

/// A variable: a path alone, or the long form.
#[derive(Debug, Clone)]
pub enum Variable {
    Short(Text),
    Long(Box<LongVariable>),
}

document! {
    /// The long form of a variable.
    LongVariable is "a variable" {
        /// A JSONPath, or several of which the first that selects something counts.
        optional path: OneOrMany<Text>,
        /// Take everything that is selected, as an array.
        optional all: Flag,
        /// Another variable, dotted.
        optional from: Text,
        /// Any value; its strings are templates.
        optional value: Given,
        /// The first case that holds.
        optional cases: Each<Case>,
        /// A string becomes an array of trimmed strings.
        optional split: Text,
        /// The first member of an array.
        optional first: Flag,
        /// The first capture group, or the whole match.
        optional capture: Text,
        /// Explicit conversion.
        optional as_: Text,
        /// A look-up by text.
        optional map: Anything,
        /// Used when absent.
        optional default: Given,
        /// Absence is allowed.
        optional optional: Flag,
        /// Null is kept as null.
        optional nullable: Flag,
    }
}

document! {
    /// One case; the last may have no `when`.
    Case is "a case" {
        optional when: When,
        expected value: Given,
    }
}

impl Decode for Variable {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::String(_) => Text::decode(node, reader).map(Self::Short),
            Kind::Mapping(_) => {
                LongVariable::decode(node, reader).map(|long| Self::Long(Box::new(long)))
            }
            _ => {
                let help = match &node.kind {
                    Kind::Sequence(_) => "write `{ path: […] }` for the first of several paths",
                    _ => "write `{ value: … }` for a value that is always the same",
                };
                let expected = "a JSONPath, or a mapping with `path`, `from`, `value` or `cases`";
                reader.wrong_type_but(node, expected, help);
                None
            }
        }
    }
}
