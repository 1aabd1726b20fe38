//! Examples that an editor cannot insert as they are: lists, mappings, and texts that need quotes.
//!
//! yaml-language-server inserts a text in a list or a mapping without the quotes that it needs, and
//! shows a mapping as `[object Object]`. `defaultSnippets` tell it what to show and what to insert.

use serde_json::{Map, Value, json};

use crate::mapping::diagnostic::{Report, Source};
use crate::mapping::yaml;

/// Whether an example is inserted as it is.
pub fn is_plain(example: &Value) -> bool {
    match example {
        Value::String(text) => needs_no_quotes(text, text),
        Value::Array(_) | Value::Object(_) => false,
        _ => true,
    }
}

/// An example as YAML on one line.
pub fn on_one_line(example: &Value) -> String {
    match example {
        Value::String(text) if needs_no_quotes(text, &format!("[{text}]")) => text.clone(),
        Value::Array(members) => {
            let members: Vec<String> = members.iter().map(on_one_line).collect();
            format!("[{}]", members.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                format!("{}: {}", on_one_line(&json!(key)), on_one_line(value))
            };
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{ {} }}", members.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// An entry of `defaultSnippets`. Of a list of mappings the server wants the one mapping.
pub fn of(example: &Value) -> Option<Value> {
    let inserted = match example.as_array().map(Vec::as_slice) {
        Some([only @ Value::Object(_)]) => only,
        Some([] | [Value::Object(_) | Value::Array(_), ..]) => return None,
        _ => example,
    };
    Some(json!({ "label": on_one_line(inserted), "body": body(inserted, &mut 0) }))
}

/// What is inserted: each scalar is a place to type over, in the syntax of snippets.
fn body(example: &Value, places: &mut usize) -> Value {
    match example {
        Value::Array(members) => members.iter().map(|member| body(member, places)).collect(),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| (escaped(key), body(value, places));
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        Value::String(text) => {
            let quote = if needs_no_quotes(text, text) { "" } else { "\"" };
            let quoted = json!(text).to_string();
            let inner = if quote.is_empty() { text } else { &quoted[1..quoted.len() - 1] };
            place(quote, inner, places)
        }
        scalar => place("", &scalar.to_string(), places),
    }
}

fn place(quote: &str, text: &str, places: &mut usize) -> Value {
    *places += 1;
    json!(format!("{quote}${{{places}:{}}}{quote}", escaped(text)))
}

/// A text in which nothing is the syntax of snippets.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('$', r"\$").replace('}', r"\}")
}

/// Whether what is written, alone or in a list, reads as that text and nothing else. A value from
/// the environment gets quotes, because it is often put in braces, where it needs them.
fn needs_no_quotes(text: &str, written: &str) -> bool {
    let mut report = Report::new();
    let read =
        yaml::parse(&Source::new("example", written), &mut report).map(|node| node.to_json());
    let same = read.is_some_and(|read| read == json!(text) || read == json!([text]));
    same && report.is_empty() && !text.starts_with("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_reads_on_one_line_as_what_it_is() {
        for (example, line) in [
            (json!("open"), "open"),
            (json!("{{imsi}}"), "\"{{imsi}}\""),
            (json!("PUT /sims/{{imsi}}"), "\"PUT /sims/{{imsi}}\""),
            (json!("00101"), "00101"),
            (json!("2101"), "\"2101\""),
            (json!("true"), "\"true\""),
            (json!("*"), "\"*\""),
            (json!(["a", 1, true]), "[a, 1, true]"),
            (json!({ "$.a": { "exists": true }, "b": [] }), "{ $.a: { exists: true }, b: [] }"),
            (json!({ "1591": "a, b" }), "{ \"1591\": \"a, b\" }"),
        ] {
            assert_eq!(on_one_line(&example), line);
        }
    }

    #[test]
    fn what_is_inserted_has_its_quotes_and_none_of_the_syntax_of_snippets() {
        for (example, inserted) in [
            (json!("{{imsi}}"), json!(r#""${1:{{imsi\}\}}""#)),
            (json!("PUT /sims/{{imsi}}"), json!(r"${1:PUT /sims/{{imsi\}\}}")),
            (json!("${TOKEN}"), json!(r#""${1:\${TOKEN\}}""#)),
            (json!(["a", 2]), json!(["${1:a}", "${2:2}"])),
            (json!([{ "a": 1 }]), json!({ "a": "${1:1}" })),
            (json!({ "$.a": { "exists": true } }), json!({ r"\$.a": { "exists": "${1:true}" } })),
        ] {
            assert_eq!(of(&example).unwrap()["body"], inserted);
        }
    }

    #[test]
    fn examples_that_are_inserted_as_they_are_stay_examples() {
        for (example, plain) in [
            (json!("open"), true),
            (json!("SIM/*"), true),
            (json!("POST /sims/{{imsi}}"), true),
            (json!(404), true),
            (json!(true), true),
            (json!("*"), false),
            (json!("{{x}}"), false),
            (json!("${X}"), false),
            (json!("a: b"), false),
            (json!([]), false),
            (json!({}), false),
        ] {
            assert_eq!(is_plain(&example), plain, "{example}");
        }
    }
}
