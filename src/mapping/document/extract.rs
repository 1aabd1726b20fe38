//! `extract`: where variables come from.

use serde_json::json;

use super::decode::{
    Anything, Decode, Each, Flag, Given, OneOrMany, PathText, Reader, Text, document,
};
use super::schema::{Definitions, Describe, Schema, form};
use super::when::When;
use crate::expr::convert::Type;
use crate::mapping::yaml::{Kind, Node};

/// A variable: a path alone, or the long form.
#[derive(Debug, Clone)]
pub enum Variable {
    Short(PathText),
    Long(Box<LongVariable>),
}

document! {
    /// Where a value comes from, and what is done to it: a JSONPath (RFC 9535) alone, of which the
    /// first selected node that is not null counts, or a mapping with exactly one of `path`, `from`,
    /// `value` and `cases`. Whatever the order of the keys, `split`, `first`, `capture`, `as`, `map`
    /// and `default` apply in this order.
    ///
    /// One that is neither `optional` nor has a `default`, and is absent when a request or a `value`
    /// needs it, fails the event with 422; a condition never fails for absence.
    #[schema(
        exactly_one(&["path", "from", "value", "cases"]),
        needs("all", "path"),
        examples(["$.pb_data.sim_info.imsi"]),
    )]
    LongVariable is "a variable" {
        /// A JSONPath, of which the first selected node that is not null counts; or a list of them,
        /// of which the first that selects something not null counts. It reads the event, under
        /// `save` the body of the answer; there `status` and `headers.NAME` may stand for a path.
        #[schema(
            examples(json!(["$.pb_data.sim_info.imsi", ["$.data.id", "$.data.uuid"]])),
        )]
        optional path: OneOrMany<PathText>,
        /// With `path`: whether everything that is selected is taken, as an array, `[]` if nothing is.
        #[schema(examples([true]))]
        optional all: Flag,
        /// Another variable or a built-in, dotted for what is below it.
        #[schema(form(&form::REFERENCE), examples(["msisdn", "event.data.variables"]))]
        optional from: Text,
        /// Any YAML value.
        #[schema(more(SHAPE), examples(json!(["{{imsi}}@{{domain}}", ["{{msisdn}}"]])))]
        optional value: Given,
        /// Cases, of which the first whose `when` holds gives the value; the last may have no `when`.
        #[schema(
            keyword("minItems", 1),
            examples(json!([[{ "when": { "bill_status": "open" }, "value": "active" }]])),
        )]
        optional cases: Each<Case>,
        /// The separator at which a string becomes an array of trimmed strings.
        #[schema(keyword("minLength", 1), examples([","]))]
        optional split: Text,
        /// Whether the first member of an array is taken; anything else stays as it is.
        #[schema(examples([true]))]
        optional first: Flag,
        /// A regular expression (the syntax is that of Rust's `regex`, not anchored): its first
        /// group, or the whole match, becomes the value. No match counts as absent. On an array it
        /// works member by member. It may be exactly one `${…}`.
        #[schema(examples([r"^(\d+)(?:@msisdn)?$"]))]
        optional capture: Text,
        /// The type to convert to; what cannot be converted fails the event with 422. On an array it
        /// works member by member.
        #[schema(words(&Type::NAMES, meaning))]
        optional as_: Text,
        /// A look-up by text (1591 is `"1591"`): a mapping of values to what they become, such as
        /// `{ O: active, S: suspended }`, or the name of one of the file's `tables`. A miss counts as absent. On an array it works member by
        /// member.
        #[schema(
            types(&["object", "string"]),
            form(&form::NAME),
            examples(["plans"]),
        )]
        optional map: Anything,
        /// Used where there is no value: any YAML value, read as that of `value` is.
        #[schema(examples(json!(["cs-barred", "${DEFAULT_PROFILE:-none}", []])))]
        optional default: Given,
        /// Whether the value may be absent.
        #[schema(examples([true]))]
        optional optional: Flag,
        /// Whether null is kept as null, instead of counting as absent.
        #[schema(examples([true]))]
        optional nullable: Flag,
    }
}

document! {
    /// One case: its value counts if its `when` holds and that of none before it does.
    Case is "a case" {
        /// The condition; only the last case may have none.
        #[schema(examples([json!({ "bill_status": "open", "blocked": false })]))]
        optional when: When,
        /// Any YAML value.
        #[schema(more(SHAPE), examples(json!(["serviceGranted", ["{{msisdn}}"]])))]
        expected value: Given,
    }
}

/// How strings and objects of free values are read.
pub(super) const SHAPE: &str = "\
Strings in it are templates. One that is exactly one expression takes the type of what it stands for: \
`\"{{msisdns}}\"` can be an array; where that is absent and optional, its key or list member is left \
out. Two kinds of objects shape the value instead of standing in it:\n\
- `{ $each: list, $value: … }` is an array with a `$value` for each member of the variable `list`; \
inside, the member is `item` and its position `index`. `$as: name` gives the member another name, and \
`$when: { … }`, a condition, leaves out members for which it does not hold.\n\
- `{ $when: { … }, $value: … }` is its `$value` where the condition holds; elsewhere its key or list \
member is left out.\n\n\
A key that begins with `$` is written `$$…`.";

fn meaning(to: Type) -> &'static str {
    match to {
        Type::String => "text: numbers as they were written, `true` and `false`",
        Type::Integer => "a whole number, with all of its digits",
        Type::Number => "a number",
        Type::Boolean => "from `true` and `false`, `Y` and `N`, `1` and `0`",
        Type::Timestamp => {
            "RFC 3339, from RFC 3339, `2025-05-16 12:59:46` and `2025-05-16` (no zone means UTC), \
             and epoch seconds or milliseconds"
        }
    }
}

impl Decode for Variable {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::String(_) => PathText::decode(node, reader).map(Self::Short),
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

impl Describe for Variable {
    fn schema(definitions: &mut Definitions) -> Schema {
        // One schema, not two: of a mistake in an alternative, editors say that none fits.
        definitions.refer("Variable", |definitions| {
            LongVariable::object(definitions).types(&["string", "object"]).form(&form::path())
        })
    }
}
