//! What a document may hold, for editors: a JSON Schema (draft 2020-12), made from the types that
//! read the document.

pub mod form;
mod object;
mod snippet;
mod types;

#[cfg(test)]
pub(crate) mod tests;

use serde_json::{Map, Value, json};

pub use form::Form;
pub use object::Object;

/// A part of a document that can say what it may hold.
///
/// A schema sees less than `check` does: it looks up no names and parses no templates. It refuses
/// only what `check` refuses too.
pub trait Describe {
    /// Its schema. A part that is used in several places, or inside itself, goes into `definitions`.
    fn schema(definitions: &mut Definitions) -> Schema;
}

/// The schema of mapping files.
pub fn of_mappings() -> Value {
    of_documents(super::Mapping::object)
}

/// The schema of files of which this is the whole.
pub fn of_documents(make: fn(&mut Definitions) -> Schema) -> Value {
    let mut definitions = Definitions::default();
    let whole = make(&mut definitions);
    let whole = Schema::any()
        .keyword("$schema", "https://json-schema.org/draft/2020-12/schema")
        .and(whole)
        .keyword("$defs", definitions.0);
    Value::Object(whole.0)
}

/// Schemas by name, in the order in which they were first asked for.
#[derive(Debug, Default)]
pub struct Definitions(Map<String, Value>);

impl Definitions {
    /// A reference to the definition of a type, which is made when it is first asked for.
    pub fn refer(&mut self, type_name: &str, make: fn(&mut Self) -> Schema) -> Schema {
        let name = snake_case(type_name);
        let reference = Schema::any().keyword("$ref", format!("#/$defs/{name}"));
        if !self.0.contains_key(&name) {
            // Something must stand here already when the definition refers to itself.
            self.0.insert(name.clone(), Value::Null);
            let schema = make(self);
            self.0.insert(name, schema.into());
        }
        reference
    }
}

/// A schema: keywords in the order in which they were added.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema(Map<String, Value>);

impl From<Schema> for Value {
    fn from(schema: Schema) -> Self {
        Self::Object(schema.0)
    }
}

impl Schema {
    /// Any value.
    pub fn any() -> Self {
        Self(Map::new())
    }

    /// Values of these types: `string`, `integer`, `number`, `boolean`, `array`, `object`.
    pub fn of(types: &[&str]) -> Self {
        Self::any().types(types)
    }

    /// A string, a number, `true` or `false`.
    pub fn scalar() -> Self {
        Self::of(&["string", "number", "boolean"])
    }

    /// A scalar, or a list.
    pub fn scalar_or_list() -> Self {
        Self::of(&["string", "number", "boolean", "array"])
    }

    /// With a description, from the lines of a documentation comment.
    pub fn described(lines: &[&str]) -> Self {
        match prose(lines) {
            text if text.is_empty() => Self::any(),
            text => Self::any().keyword("description", text),
        }
    }

    /// The keywords of both, its own where both have one.
    pub fn and(mut self, other: Self) -> Self {
        for (keyword, value) in other.0 {
            self.0.entry(keyword).or_insert(value);
        }
        self
    }

    /// One more keyword, or another value for one.
    pub fn keyword(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub fn types(self, types: &[&str]) -> Self {
        match types {
            [one] => self.keyword("type", *one),
            several => self.keyword("type", several.to_vec()),
        }
    }

    /// The type of all of its values, where it says so and there is one.
    fn only_type(&self) -> Option<String> {
        self.0.get("type").and_then(Value::as_str).map(str::to_owned)
    }

    pub fn title(self, title: &str) -> Self {
        self.keyword("title", title)
    }

    pub fn default(self, value: impl Into<Value>) -> Self {
        self.keyword("default", value)
    }

    /// Examples, as a list. Those that editors insert as they are stand under `examples`; the others
    /// in the description, and under `defaultSnippets` unless these stand with the definition.
    pub fn examples(self, examples: impl Into<Value>) -> Self {
        let Value::Array(examples) = examples.into() else { return self };
        let (plain, others): (Vec<Value>, Vec<Value>) =
            examples.into_iter().partition(snippet::is_plain);
        let schema = if plain.is_empty() { self } else { self.keyword("examples", plain) };
        if others.is_empty() {
            return schema;
        }
        let lines: Vec<String> =
            others.iter().map(|other| format!("`{}`", snippet::on_one_line(other))).collect();
        let schema = schema.more(&format!("Example: {}.", lines.join(", ")));
        // A reference that has more than words beside it is another type to yaml-language-server.
        let snippets: Vec<Value> = others.iter().filter_map(snippet::of).collect();
        match schema.0.contains_key("$ref") || snippets.is_empty() {
            true => schema,
            false => schema.keyword("defaultSnippets", snippets),
        }
    }

    /// What a function of the document's own makes of it.
    pub fn apply(self, change: fn(Self) -> Self) -> Self {
        change(self)
    }

    /// One more paragraph in the description.
    pub fn more(self, text: &str) -> Self {
        let before = self.0.get("description").and_then(Value::as_str).unwrap_or_default();
        let both = format!("{before}\n\n{text}");
        self.keyword("description", both.trim_start())
    }

    /// What strings look like.
    pub fn form(self, form: &Form) -> Self {
        self.keyword("pattern", &*form.pattern).keyword("patternErrorMessage", form.expected)
    }

    /// What the names of a mapping of names look like.
    pub fn names(self, form: &Form) -> Self {
        // Editors insert the title where the author is to write a name.
        let name = Self::any().title("name").keyword("description", form.expected).form(form);
        self.keyword("propertyNames", name)
    }

    /// What the values of a mapping of names are.
    pub fn values(self, values: Self) -> Self {
        self.keyword("additionalProperties", values)
    }

    /// One of the words of a table, each with its meaning.
    pub fn words<T: Copy>(self, table: &[(&str, T)], meaning: fn(T) -> &'static str) -> Self {
        let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
        let meanings: Vec<&str> = table.iter().map(|(_, it)| meaning(*it)).collect();
        self.keyword("enum", words).keyword("enumDescriptions", meanings)
    }

    /// A whole number between these, both included, or text from the environment that is one.
    pub fn whole_number(self, least: u32, most: u32) -> Self {
        self.types(&["integer", "string"])
            .keyword("minimum", least)
            .keyword("maximum", most)
            .form(&form::WHOLE_NUMBER)
    }

    /// One of its keys, whatever they are, and not two.
    pub fn exactly_one_key(self) -> Self {
        let properties = self.0.get("properties").and_then(Value::as_object);
        let keys: Vec<String> =
            properties.into_iter().flatten().map(|(key, _)| key.clone()).collect();
        self.exactly_one(&keys.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// One of these keys, and not two. Not for two sets of keys of one object.
    pub fn exactly_one(self, keys: &[&str]) -> Self {
        let message = format!("give exactly one of {}", listed(keys));
        let alternatives: Vec<Value> =
            keys.iter().map(|key| json!({ "required": [key], "errorMessage": message })).collect();
        self.keyword("anyOf", alternatives).never_two(keys, &message)
    }

    /// None of these keys, or one of them.
    pub fn at_most_one(self, keys: &[&str]) -> Self {
        self.never_two(keys, &format!("give at most one of {}", listed(keys)))
    }

    /// Of two keys the one that comes later in `keys` is reported, under its own name.
    fn never_two(self, keys: &[&str], message: &str) -> Self {
        let pairs = keys.iter().enumerate().map(|(at, key)| (key, &keys[at + 1..]));
        pairs
            .filter(|(_, later)| !later.is_empty())
            .fold(self, |schema, (key, later)| schema.excludes(key, later, message))
    }

    /// Where `key` is there, the others are not.
    pub fn excludes(self, key: &str, others: &[&str], message: &str) -> Self {
        self.where_then(json!({ "required": [key] }), refused(others, message))
    }

    /// This key goes with that one only.
    pub fn needs(self, key: &str, other: &str) -> Self {
        let message = format!("`{key}` goes with `{other}` only");
        let then = json!({ "required": [other], "errorMessage": message });
        self.where_then(json!({ "required": [key] }), then)
    }

    /// What must hold where something else does. `dependentSchemas` would be shorter, but fewer
    /// editors know it.
    pub fn where_then(mut self, condition: Value, then: Value) -> Self {
        let rules = self.0.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(rules) = rules {
            rules.push(json!({ "if": condition, "then": then }));
        }
        self
    }
}

/// That none of these keys is there.
pub fn refused(keys: &[&str], message: &str) -> Value {
    let refused: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), json!(false))).collect();
    json!({ "properties": refused, "errorMessage": message })
}

/// `` `a`, `b` and `c` ``.
pub fn listed(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Lines of a comment as text: those of a paragraph joined, items of a list each on a line.
fn prose(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines.iter().map(|line| line.trim()) {
        let separator = match line {
            "" => "\n\n",
            _ if text.is_empty() || text.ends_with('\n') => "",
            _ if line.starts_with("- ") => "\n",
            _ => " ",
        };
        text.push_str(separator);
        text.push_str(line);
    }
    text
}

/// `ApiKey` as `api_key`.
fn snake_case(type_name: &str) -> String {
    let mut name = String::new();
    for (at, letter) in type_name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
