//! `when`: subjects and their tests, as written.

use super::decode::{Decode, Fields, Flag, Reader, Text};
use crate::mapping::diagnostic::Span;
use crate::mapping::yaml::{Key, Kind, Node};

/// A condition: all of its clauses must hold.
#[derive(Debug, Clone)]
pub struct When {
    pub clauses: Vec<Clause>,
}

#[derive(Debug, Clone)]
pub enum Clause {
    Any(Vec<When>),
    All(Vec<When>),
    Not(When),
    /// A name or a JSONPath, and what it must pass.
    Test(Key, Test),
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
    /// A key of that table.
    InTable(Text),
    Less(Node),
    LessOrEqual(Node),
    Greater(Node),
    GreaterOrEqual(Node),
}

impl Decode for When {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(entries) = node.as_mapping() else {
            reader.wrong_type(node, "a condition, which is a mapping of subjects to tests");
            return None;
        };
        let clauses: Vec<Option<Clause>> =
            entries.iter().map(|entry| clause(&entry.key, &entry.value, reader)).collect();
        let clauses = clauses.into_iter().collect::<Option<_>>()?;
        Some(Self { clauses })
    }
}

fn clause(key: &Key, value: &Node, reader: &mut Reader<'_>) -> Option<Clause> {
    match key.text.as_str() {
        "any" => several(value, reader).map(Clause::Any),
        "all" => several(value, reader).map(Clause::All),
        "not" => When::decode(value, reader).map(Clause::Not),
        _ => test(value, reader).map(|test| Clause::Test(key.clone(), test)),
    }
}

fn several(value: &Node, reader: &mut Reader<'_>) -> Option<Vec<When>> {
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
            reader.error(
                "null-in-condition",
                node.span,
                "nothing equals null in a condition",
                "write `{ exists: false }` for absent or null, `{ empty: true }` for empty too",
            );
            None
        }
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Some(Test::Equals(node.clone())),
        Kind::Sequence(members) => one_of(members, node.span, reader),
        Kind::Mapping(_) => named_tests(node, reader),
    }
}

fn one_of(members: &[Node], span: Span, reader: &mut Reader<'_>) -> Option<Test> {
    if members.is_empty() {
        reader.error("empty-list", span, "nothing is equal to one of an empty list", "");
        return None;
    }
    let wrong: Vec<&Node> = members
        .iter()
        .filter(|member| matches!(member.kind, Kind::Null | Kind::Sequence(_) | Kind::Mapping(_)))
        .collect();
    for member in &wrong {
        reader.wrong_type(member, "a scalar to compare with");
    }
    wrong.is_empty().then(|| Test::OneOf(members.to_vec()))
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

fn named_tests(node: &Node, reader: &mut Reader<'_>) -> Option<Test> {
    let mut fields = Fields::of(node, "a test", reader)?;
    let mut tests = Vec::new();
    if let Some(negated) = fields.take("not") {
        tests.extend(test(negated, reader).map(|test| Test::Not(Box::new(test))));
    }
    tests.extend(fields.optional("exists", reader).map(|Flag(wanted)| Test::Exists(wanted)));
    tests.extend(fields.optional("empty", reader).map(|Flag(wanted)| Test::Empty(wanted)));
    tests.extend(fields.optional("matches", reader).map(Test::Matches));
    tests.extend(fields.optional("prefix", reader).map(Test::Prefix));
    tests.extend(fields.optional("suffix", reader).map(Test::Suffix));
    tests.extend(fields.optional("in_table", reader).map(Test::InTable));
    for (name, make) in WITH_OPERAND {
        let Some(operand) = fields.take(name) else { continue };
        match operand.kind {
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => tests.push(make(operand.clone())),
            _ => reader.wrong_type(operand, "a scalar to compare with"),
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
