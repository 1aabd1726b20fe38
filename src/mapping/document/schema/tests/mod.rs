//! The schema against what it describes: the files that there are, and what `check` says.

mod agreement;
pub(crate) mod files;
mod forms;
mod keys;

use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use super::of_mappings;
use crate::mapping::diagnostic::{Report, Source};
use crate::mapping::env::Environment;
use crate::mapping::yaml;
use crate::mapping::{Loaded, load_text};

/// A schema, ready to judge.
pub(crate) struct Judge(Schemas, SchemaIndex);

impl Judge {
    pub fn new(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("some.schema.json", schema).unwrap();
        let index = compiler.compile("some.schema.json", &mut schemas);
        let index = index.unwrap_or_else(|fault| panic!("{fault:#}"));
        Self(schemas, index)
    }

    /// Whether the schema accepts a value; the reason is in words.
    pub fn accepts(&self, value: &Value) -> Result<(), String> {
        self.0.validate(value, self.1).map_err(|fault| format!("{fault:#}"))
    }
}

static OF_MAPPINGS: LazyLock<Judge> = LazyLock::new(|| Judge::new(of_mappings()));

/// Whether the schema accepts a mapping; the reason is in words.
fn by_schema(mapping: &Value) -> Result<(), String> {
    OF_MAPPINGS.accepts(mapping)
}

/// What loading says of a mapping, whatever the environment holds.
fn by_check(text: &str) -> Loaded {
    let no_variable = |_: &str| None;
    let no_file = |_: &str| Err("there are no files here".to_owned());
    load_text("mapping.yaml", text, Environment::new(&no_variable, &no_file, true))
}

/// The value that a YAML text stands for.
pub(crate) fn value_of(text: &str) -> Value {
    let mut report = Report::new();
    let node = yaml::parse(&Source::new("mapping.yaml", text), &mut report);
    assert!(!report.has_errors(), "{}\n{text}", report.summary());
    node.expect("a value").to_json()
}

/// What stands at a pointer such as `/$defs/rule`.
fn part(pointer: &str) -> Value {
    of_mappings().pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}")).clone()
}

/// The examples of a schema that is not a reference, however they are told.
fn examples(schema: &Value) -> Vec<Value> {
    let plain = schema["examples"].as_array().into_iter().flatten().cloned();
    let snippets = schema["defaultSnippets"].as_array().into_iter().flatten();
    let others = snippets.map(|snippet| {
        let example = value_of(snippet["label"].as_str().unwrap());
        // Of a list of mappings a snippet has the one.
        match schema["type"] == "array" && example.is_object() {
            true => Value::Array(vec![example]),
            false => example,
        }
    });
    plain.chain(others).collect()
}
