//! `when`: subjects and their tests, as written.

use super::decode::{Decode, Fields, Flag, Reader, Text};
use crate::mapping::diagnostic::Span;
use crate::mapping::names::did_you_mean;
use crate::mapping::yaml::{Key, Kind, Node};

/// A condition: all of its clauses must hold.
#[derive(Debug, Clone)]
pub struct When {
    pub clauses: Vec<Clause>,
    /// Whether something in it could not be read, which was reported.
    pub incomplete: bool,
}

#[derive(Debug, Clone)]
pub enum Clause {
    Any(Vec<When>),
    All(Vec<When>),
    Not(When),
    /// A name or a JSONPath, and what it must pass; none if that cannot be read.
    Test(Key, Option<Test>),
}

#[derive(Debug, Clone)]
pub enum Test {
    /// Equal to a scalar.
    Equals(Node),
    /// Equal to one of them.
    OneOf(Vec<Node>),
    /// Several named tests, all of which must hold.
    All(Vec<Test>),
    Not(Box<Test>),
    Exists(bool),
    Empty(bool),
    Matches(Text),
    Prefix(Text),
    Suffix(Text),
    Contains(Node),
    Less(Node),
    LessOrEqual(Node),
    Greater(Node),
    GreaterOrEqual(Node),
}

impl Decode for When {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(entries) = node.as_mapping() else {
            let expected = "a condition, which is a mapping of subjects to tests";
            let help = match node.kind {
                Kind::Sequence(_) => "write `all: […]` or `any: […]` for several conditions",
                _ => "write e.g. `bill_status: open`, or `imsi: { exists: true }`",
            };
            reader.wrong_type_but(node, expected, help);
            return None;
        };
        let clauses: Vec<Option<Clause>> =
            entries.iter().map(|entry| clause(&entry.key, &entry.value, reader)).collect();
        let incomplete = clauses.iter().any(Option::is_none);
        Some(Self { clauses: clauses.into_iter().flatten().collect(), incomplete })
    }
}

fn clause(key: &Key, value: &Node, reader: &mut Reader<'_>) -> Option<Clause> {
    match key.text.as_str() {
        "any" => several(value, reader).map(Clause::Any),
        "all" => several(value, reader).map(Clause::All),
        "not" => When::decode(value, reader).map(Clause::Not),
        name => {
            let of_mappings = value
                .as_sequence()
                .is_some_and(|members| members.iter().any(|member| member.as_mapping().is_some()));
            // No subject is tested with a list of mappings: `ayn` was meant to combine them.
            if let Some(near) = did_you_mean(name, ["any", "all"]).filter(|_| of_mappings) {
                let message = format!("conditions are not combined with `{name}`");
                reader.error("unknown-key", key.span, message, &format!("did you mean `{near}`?"));
                return several(value, reader).map(Clause::Any);
            }
            Some(Clause::Test(key.clone(), test(value, reader)))
        }
    }
}

fn several(value: &Node, reader: &mut Reader<'_>) -> Option<Vec<When>> {
    if value.as_mapping().is_some() {
        let help = "write a list with a condition for each: `[{ a: 1 }, { b: 2 }]`";
        reader.wrong_type_but(value, "a list of conditions", help);
        return None;
    }
    let conditions = Vec::<When>::decode(value, reader)?;
    if conditions.is_empty() {
        let message = "there is no condition in this list";
        reader.error("empty-list", value.span, message, "write e.g. `[{ a: 1 }, { b: 2 }]`");
        return None;
    }
    Some(conditions)
}

fn test(node: &Node, reader: &mut Reader<'_>) -> Option<Test> {
    match &node.kind {
        Kind::Null => {
            null(node, reader);
            None
        }
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Some(Test::Equals(node.clone())),
        Kind::Sequence(members) => one_of(members, node.span, reader),
        Kind::Mapping(_) => named_tests(node, reader),
    }
}

fn one_of(members: &[Node], span: Span, reader: &mut Reader<'_>) -> Option<Test> {
    if members.is_empty() {
        let help = "write the values to compare with, e.g. `[open, active]`";
        reader.error("empty-list", span, "nothing is equal to one of an empty list", help);
        return None;
    }
    let sound = members.iter().filter(|member| is_operand(member, reader)).count();
    (sound == members.len()).then(|| Test::OneOf(members.to_vec()))
}

/// Whether this can be compared with; if not, that is reported.
fn is_operand(node: &Node, reader: &mut Reader<'_>) -> bool {
    match node.kind {
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => return true,
        Kind::Null => null(node, reader),
        Kind::Sequence(_) | Kind::Mapping(_) => reader.wrong_type_but(
            node,
            "a value to compare with",
            "write a string, a number, `true` or `false` here",
        ),
    }
    false
}

fn null(node: &Node, reader: &mut Reader<'_>) {
    reader.error(
        "null-in-condition",
        node.span,
        "nothing equals null in a condition",
        "write `{ exists: false }` for absent or null, `{ empty: true }` for empty too",
    );
}

/// Makes a test from its operand.
type MakeTest = fn(Node) -> Test;

/// Tests that compare with a scalar.
const WITH_OPERAND: [(&str, MakeTest); 5] = [
    ("contains", Test::Contains),
    ("lt", Test::Less),
    ("lte", Test::LessOrEqual),
    ("gt", Test::Greater),
    ("gte", Test::GreaterOrEqual),
];

const TESTS: [&str; 11] =
    ["not", "exists", "empty", "matches", "prefix", "suffix", "contains", "lt", "lte", "gt", "gte"];

fn named_tests(node: &Node, reader: &mut Reader<'_>) -> Option<Test> {
    let mut fields = Fields::of(node, "a test", &TESTS, reader)?;
    fields.correct(reader);
    let mut tests = Vec::new();
    if let Some(negated) = fields.take("not") {
        tests.extend(test(negated, reader).map(|test| Test::Not(Box::new(test))));
    }
    tests.extend(fields.optional("exists", reader).map(|Flag(wanted)| Test::Exists(wanted)));
    tests.extend(fields.optional("empty", reader).map(|Flag(wanted)| Test::Empty(wanted)));
    tests.extend(fields.optional("matches", reader).map(Test::Matches));
    tests.extend(fields.optional("prefix", reader).map(Test::Prefix));
    tests.extend(fields.optional("suffix", reader).map(Test::Suffix));
    for (name, make) in WITH_OPERAND {
        let Some(operand) = fields.take(name) else { continue };
        if is_operand(operand, reader) {
            tests.push(make(operand.clone()));
        }
    }
    fields.finish(reader);
    let given = node.as_mapping().map_or(0, <[_]>::len);
    if given == 0 {
        reader.error(
            "empty-test",
            node.span,
            "this tests nothing",
            "write e.g. `{ exists: true }`",
        );
        return None;
    }
    // Fewer tests than keys: a fault was reported for each that is missing.
    (tests.len() == given).then_some(Test::All(tests))
}
