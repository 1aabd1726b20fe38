//! The schema of a mapping with keys of its own.

use serde_json::{Map, Value, json};

use super::{Schema, prose};

/// Takes the keys one by one, by methods that are called as those of
/// [`Fields`](crate::mapping::document::decode::Fields) are: the two read one list.
#[derive(Debug)]
pub struct Object {
    title: String,
    description: String,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
    patterns: Map<String, Value>,
}

impl Object {
    /// `what` is as messages have it, e.g. `a target`; the lines are those of its comment.
    pub fn new(what: &str, lines: &[&str]) -> Self {
        Self {
            title: title(what),
            description: prose(lines),
            properties: Map::new(),
            required: Vec::new(),
            patterns: Map::new(),
        }
    }

    pub fn optional(&mut self, name: &'static str, value: Schema) {
        self.properties.insert(name.to_owned(), value.into());
    }

    pub fn required(&mut self, name: &'static str, value: Schema) {
        self.optional(name, value);
        self.required.push(name);
    }

    pub fn expected(&mut self, name: &'static str, value: Schema) {
        self.required(name, value);
    }

    pub fn ignore_extensions(&mut self) {
        let any = Schema::described(&["Ignored: a place for YAML anchors."]);
        self.patterns.insert("^x-".to_owned(), any.into());
    }

    pub fn finish(self) -> Schema {
        let mut schema = Schema::any()
            .title(&self.title)
            .keyword("description", self.description)
            .types(&["object"])
            .keyword("properties", self.properties);
        if !self.patterns.is_empty() {
            schema = schema.keyword("patternProperties", self.patterns);
        }
        schema = schema.keyword("additionalProperties", json!(false));
        match self.required.is_empty() {
            true => schema,
            false => schema.keyword("required", self.required),
        }
    }
}

/// `` an entry of `responses` `` as `Entry of responses`.
fn title(what: &str) -> String {
    let bare = what.replace('`', "").replace('_', " ");
    let bare = bare.strip_prefix("a ").or_else(|| bare.strip_prefix("an ")).unwrap_or(&bare);
    let mut letters = bare.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
