//! `when`: subjects and their tests, as written.

use serde_json::json;

use super::decode::{Decode, Flag, Reader, Text, document};
use super::schema::{Definitions, Describe, Schema, form};
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
    /// A key of that table.
    InTable(Text),
    Less(Node),
    LessOrEqual(Node),
    Greater(Node),
    GreaterOrEqual(Node),
}

document! {
    /// What a subject must be: equal to a scalar (without conversion: 1 equals 1.0, not `"1"`), equal
    /// to one of a list of scalars, or passing each of the tests in a mapping: `open`,
    /// `[open, active]`, `{ exists: true }`. Strings to compare with are templates.
    ///
    /// What is absent passes none but `empty: true`, `exists: false` and `not`. Where a JSONPath
    /// selects several nodes, it is enough that one of them passes, and for `not` that none does.
    #[schema(
        keyword("minProperties", 1),
        examples(json!(["open", ["open", "active"], { "exists": true }])),
    )]
    NamedTests is "a test" {
        /// Not equal to this, to none of this list, or not passing these tests, such as
        /// `{ prefix: "00101" }`. Holds for what is absent.
        #[schema(examples(["closed"]))]
        optional not: Test,
        /// `true`: it is there and not null. `false`: it is absent or null.
        optional exists: Flag,
        /// `true`: it is absent, null, `""`, `[]` or `{}`. `false`: it is there and none of these.
        optional empty: Flag,
        /// It is a string in which this regular expression finds something. The syntax is that of
        /// Rust's `regex`, not anchored; it may be exactly one `${…}`.
        #[schema(examples(["^00101[0-9]{10}$"]))]
        optional matches: Text,
        /// It is a string that begins with this.
        #[schema(examples(["00101"]))]
        optional prefix: Text,
        /// It is a string that ends with this.
        #[schema(examples(["@msisdn"]))]
        optional suffix: Text,
        /// It is a string of which this is a part, or an array of which this is a member.
        #[schema(examples(["voice"]))]
        optional contains: Operand,
        /// It can be found in this one of the file's `tables`.
        #[schema(form(&form::NAME), examples(["plans"]))]
        optional in_table: Text,
        /// It is less than this number, or before this timestamp.
        #[schema(examples(json!([100, "2025-05-16T00:00:00Z"])))]
        optional lt: Operand,
        /// It is at most this number, or not after this timestamp.
        #[schema(examples(json!([100, "2025-05-16T00:00:00Z"])))]
        optional lte: Operand,
        /// It is more than this number, or after this timestamp.
        #[schema(examples(json!([100, "{{now}}"])))]
        optional gt: Operand,
        /// It is at least this number, or not before this timestamp.
        #[schema(examples(json!([100, "{{now}}"])))]
        optional gte: Operand,
    }
}

/// A scalar to compare with.
#[derive(Debug, Clone)]
pub struct Operand(Node);

/// What combines conditions, in place of a subject.
struct Combination {
    word: &'static str,
    make: Make,
    meaning: &'static str,
}

enum Make {
    OfSeveral(fn(Vec<When>) -> Clause),
    OfOne(fn(When) -> Clause),
}

const COMBINATIONS: [Combination; 3] = [
    Combination {
        word: "any",
        make: Make::OfSeveral(Clause::Any),
        meaning: "Conditions of which at least one must hold.",
    },
    Combination {
        word: "all",
        make: Make::OfSeveral(Clause::All),
        meaning: "Conditions that must all hold.",
    },
    Combination {
        word: "not",
        make: Make::OfOne(Clause::Not),
        meaning: "A condition that must not hold.",
    },
];

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

impl Describe for When {
    fn schema(definitions: &mut Definitions) -> Schema {
        definitions.refer("When", |definitions| {
            let condition = Self::schema(definitions);
            let example = json!([{ "bill_status": "open", "imsi": { "exists": true } }]);
            condition_of(&condition, definitions, []).examples(example)
        })
    }
}

/// A condition over an answer.
#[derive(Debug, Clone)]
pub struct AnswerWhen(When);

impl std::ops::Deref for AnswerWhen {
    type Target = When;

    fn deref(&self) -> &When {
        &self.0
    }
}

impl Decode for AnswerWhen {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        When::decode(node, reader).map(Self)
    }
}

impl Describe for AnswerWhen {
    fn schema(definitions: &mut Definitions) -> Schema {
        definitions.refer("AnswerWhen", |definitions| {
            let condition = Self::schema(definitions);
            let test = Test::schema(definitions);
            let status = "The status: a number, a class such as `4xx`, or a list of them.";
            let status =
                Schema::described(&[status]).and(test.clone()).examples(json!([404, "4xx"]));
            let text = "The body as it came.";
            let text = Schema::described(&[text]).and(test);
            let subjects = [("status", status), ("text", text)];
            let example = json!([{ "status": "4xx", "$.code": ["LOCKED", "BUSY"] }]);
            condition_of(&condition, definitions, subjects).examples(example)
        })
    }
}

/// The schema of a condition that may hold others of its kind; these subjects are proposed.
fn condition_of(
    condition: &Schema,
    definitions: &mut Definitions,
    subjects: impl IntoIterator<Item = (&'static str, Schema)>,
) -> Schema {
    let combinations = COMBINATIONS.iter().map(|combination| {
        let meaning = Schema::described(&[combination.meaning]);
        let schema = match combination.make {
            Make::OfOne(_) => meaning.and(condition.clone()),
            Make::OfSeveral(_) => {
                meaning.types(&["array"]).keyword("items", condition.clone()).keyword("minItems", 1)
            }
        };
        (combination.word, schema)
    });
    let properties: serde_json::Map<_, _> = subjects
        .into_iter()
        .chain(combinations)
        .map(|(name, schema)| (name.to_owned(), schema.into()))
        .collect();
    Schema::any()
        .title("Condition")
        .keyword("description", MEANING)
        .types(&["object"])
        .names(&form::SUBJECT)
        .keyword("properties", properties)
        .values(Test::schema(definitions))
}

/// What a condition is, for those who write one.
const MEANING: &str = "\
Subjects, and what each must be; all must hold. A subject is a variable or a built-in, dotted for what \
is below it, or a JSONPath over the event (in `responses` and `until`: over the answer's body). `any`, `all` and \
`not` stand in place of a subject and combine conditions.";

fn clause(key: &Key, value: &Node, reader: &mut Reader<'_>) -> Option<Clause> {
    if let Some(combination) = COMBINATIONS.iter().find(|one| one.word == key.text) {
        return match combination.make {
            Make::OfSeveral(make) => several(value, reader).map(make),
            Make::OfOne(make) => When::decode(value, reader).map(make),
        };
    }
    let of_mappings = value
        .as_sequence()
        .is_some_and(|members| members.iter().any(|member| member.as_mapping().is_some()));
    // No subject is tested with a list of mappings: `ayn` was meant to combine them.
    let near = of_mappings.then(|| did_you_mean(&key.text, ["any", "all"])).flatten();
    if let Some(near) = near {
        let message = format!("conditions are not combined with `{}`", key.text);
        reader.error("unknown-key", key.span, message, &format!("did you mean `{near}`?"));
        return several(value, reader).map(Clause::Any);
    }
    Some(Clause::Test(key.clone(), Test::decode(value, reader)))
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

impl Decode for Test {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Null => {
                null(node, reader);
                None
            }
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Some(Self::Equals(node.clone())),
            Kind::Sequence(members) => one_of(members, node.span, reader),
            Kind::Mapping(_) => named_tests(node, reader),
        }
    }
}

impl Describe for Test {
    fn schema(definitions: &mut Definitions) -> Schema {
        definitions.refer("Test", |definitions| {
            NamedTests::object(definitions)
                .types(&["string", "number", "boolean", "array", "object"])
                .keyword("items", Schema::scalar())
                .keyword("minItems", 1)
        })
    }
}

fn one_of(members: &[Node], span: Span, reader: &mut Reader<'_>) -> Option<Test> {
    if members.is_empty() {
        let help = "write the values to compare with, e.g. `[open, active]`";
        reader.error("empty-list", span, "nothing is equal to one of an empty list", help);
        return None;
    }
    let operands = members.iter().filter_map(|member| Operand::decode(member, reader)).count();
    (operands == members.len()).then(|| Test::OneOf(members.to_vec()))
}

fn null(node: &Node, reader: &mut Reader<'_>) {
    reader.error(
        "null-in-condition",
        node.span,
        "nothing equals null in a condition",
        "write `{ exists: false }` for absent or null, `{ empty: true }` for empty too",
    );
}

impl Decode for Operand {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.kind {
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Some(Self(node.clone())),
            Kind::Null => {
                null(node, reader);
                None
            }
            Kind::Sequence(_) | Kind::Mapping(_) => {
                let help = "write a string, a number, `true` or `false` here";
                reader.wrong_type_but(node, "a value to compare with", help);
                None
            }
        }
    }
}

impl Describe for Operand {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::scalar()
    }
}

fn named_tests(node: &Node, reader: &mut Reader<'_>) -> Option<Test> {
    let given = node.as_mapping().map_or(0, <[_]>::len);
    if given == 0 {
        let help = "write e.g. `{ exists: true }`";
        reader.error("empty-test", node.span, "this tests nothing", help);
        return None;
    }
    let tests = NamedTests::decode(node, reader)?.into_tests();
    // Fewer tests than keys: a fault was reported for each that is missing.
    (tests.len() == given).then_some(Test::All(tests))
}

impl NamedTests {
    fn into_tests(self) -> Vec<Test> {
        [
            self.not.map(|test| Test::Not(Box::new(test))),
            self.exists.map(|Flag(wanted)| Test::Exists(wanted)),
            self.empty.map(|Flag(wanted)| Test::Empty(wanted)),
            self.matches.map(Test::Matches),
            self.prefix.map(Test::Prefix),
            self.suffix.map(Test::Suffix),
            self.contains.map(|Operand(node)| Test::Contains(node)),
            self.in_table.map(Test::InTable),
            self.lt.map(|Operand(node)| Test::Less(node)),
            self.lte.map(|Operand(node)| Test::LessOrEqual(node)),
            self.gt.map(|Operand(node)| Test::Greater(node)),
            self.gte.map(|Operand(node)| Test::GreaterOrEqual(node)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
