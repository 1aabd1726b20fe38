//! Keys: what the schema knows is what the decoder knows.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{by_check, by_schema, examples, of_mappings};

/// One step on the way to a part of a mapping.
#[derive(Debug, Clone)]
enum Way {
    Key(String),
    Item,
}

/// A mapping that has keys of its own, and the way to one that it describes.
struct Place {
    way: Vec<Way>,
    schema: Value,
}

impl Place {
    /// A mapping file in which nothing but this stands at the place.
    fn with(&self, value: Value) -> Value {
        self.way.iter().rev().fold(value, |inside, step| match step {
            Way::Key(key) => json!({ key: inside }),
            Way::Item => json!([inside]),
        })
    }

    fn keys(&self) -> BTreeSet<String> {
        self.schema["properties"].as_object().unwrap().keys().cloned().collect()
    }
}

/// Every place of a mapping file where unknown keys are refused, each definition once.
fn places() -> Vec<Place> {
    let whole = of_mappings();
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    visit(&whole, &whole, Vec::new(), &mut seen, &mut found);
    found
}

fn visit(
    whole: &Value,
    schema: &Value,
    way: Vec<Way>,
    seen: &mut HashSet<String>,
    found: &mut Vec<Place>,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        if seen.insert(reference.to_owned()) {
            let definition = whole.pointer(reference.trim_start_matches('#')).unwrap();
            visit(whole, definition, way, seen, found);
        }
        return;
    }
    if schema["additionalProperties"] == false {
        found.push(Place { way: way.clone(), schema: schema.clone() });
    }
    let beyond = |step: Way| way.iter().cloned().chain([step]).collect::<Vec<_>>();
    for (key, part) in schema["properties"].as_object().into_iter().flatten() {
        visit(whole, part, beyond(Way::Key(key.clone())), seen, found);
    }
    // A name that fits every form of names.
    let named = Way::Key("a".to_owned());
    for (inside, step) in [("additionalProperties", named), ("items", Way::Item)] {
        if schema[inside].is_object() {
            visit(whole, &schema[inside], beyond(step), seen, found);
        }
    }
    for part in schema["anyOf"].as_array().into_iter().flatten() {
        visit(whole, part, way.clone(), seen, found);
    }
}

/// What `check` says of unknown keys: message and cure of each.
fn unknown_keys(mapping: &Value) -> Vec<(String, String)> {
    let report = by_check(&mapping.to_string()).report;
    let unknown = report.errors().filter(|fault| fault.code == "unknown-key");
    unknown.map(|fault| (fault.message().into_owned(), fault.cures().collect())).collect()
}

#[test]
fn there_is_a_place_for_each_kind_of_mapping() {
    let titles: Vec<Value> = places().iter().map(|place| place.schema["title"].clone()).collect();
    assert_eq!(
        json!(titles),
        json!([
            "Mapping of the NSPS connector",
            "Target",
            "Authentication",
            "Basic authentication",
            "Bearer token",
            "API key",
            "OAuth 2.0",
            "Assertion",
            "Session",
            "Step",
            "Test",
            "Variable",
            "Case",
            "Entry of responses",
            "Retry",
            "Repeat",
            "Undo",
            "Limits",
            "Breaker",
            "TLS",
            "Rule",
        ])
    );
}

#[test]
fn the_decoder_knows_every_key_of_the_schema() {
    for place in places() {
        for key in place.keys() {
            let mapping = place.with(json!({ key.as_str(): "x" }));
            assert_eq!(unknown_keys(&mapping), [], "{mapping}");
        }
    }
}

#[test]
fn the_schema_knows_every_key_of_the_decoder() {
    // Far from every key, so that the cure is the list of those that there are.
    let stranger = "quite-another-key-than-any";
    for place in places() {
        let mapping = place.with(json!({ stranger: 1 }));
        let unknown = unknown_keys(&mapping);
        assert_eq!(unknown.len(), 1, "{mapping}: {unknown:?}");
        let (message, help) = &unknown[0];
        assert!(message.contains(stranger), "{message}");
        let known = help.strip_prefix("the keys here are: ").unwrap_or_else(|| panic!("{help}"));
        let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
        assert_eq!(known, place.keys(), "{mapping}");

        let refusal = by_schema(&mapping).unwrap_err();
        let what = format!("additionalProperties '{stranger}' not allowed");
        assert!(refusal.contains(&what), "{mapping}: {refusal}");
    }
}

#[test]
fn required_keys_are_missed_by_both() {
    for place in places() {
        let mapping = place.with(json!({}));
        let report = by_check(&mapping.to_string()).report;
        for key in place.schema["required"].as_array().into_iter().flatten() {
            let key = key.as_str().unwrap();
            let missed = |message: &str| {
                message.contains("needs the key") && message.contains(&format!("`{key}`"))
            };
            assert!(report.errors().any(|fault| missed(&fault.message())), "{mapping}: {key}");
            let refusal = by_schema(&mapping).unwrap_err();
            assert!(refusal.contains(&format!("'{key}'")), "{mapping}: {key}: {refusal}");
        }
    }
}

#[test]
fn keys_that_exclude_each_other_are_refused_by_both() {
    let refused = ["variable-source", "rule-action", "conflicting-keys"];
    let mut pairs = 0;
    for place in places() {
        for rule in place.schema["allOf"].as_array().into_iter().flatten() {
            let [Value::String(key)] = rule["if"]["required"].as_array().unwrap().as_slice() else {
                panic!("{rule}");
            };
            let others = rule["then"]["properties"].as_object().into_iter().flat_map(Map::keys);
            for other in others.filter(|_| rule["if"].get("properties").is_none()) {
                for alone in [key, other] {
                    let mapping = whole_with(&place, &[alone]);
                    assert_eq!(by_schema(&mapping), Ok(()), "{mapping}");
                }
                let mapping = whole_with(&place, &[key, other]);
                let report = by_check(&mapping.to_string()).report;
                let codes: Vec<&str> = report.errors().map(|fault| fault.code).collect();
                assert!(codes.iter().any(|code| refused.contains(code)), "{mapping}: {codes:?}");
                let refusal = by_schema(&mapping).unwrap_err();
                assert!(refusal.contains("false schema"), "{mapping}: {refusal}");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 47);
}

/// A mapping file with these keys at the place, and everywhere all that is required.
fn whole_with(place: &Place, keys: &[&str]) -> Value {
    let sampled = |key: &&str| ((*key).to_owned(), sample(&place.schema["properties"][*key]));
    let mut mapping = place.with(keys.iter().map(sampled).collect());
    let whole = of_mappings();
    complete(&whole, &whole, &mut mapping);
    mapping
}

/// Adds the keys that are required.
fn complete(whole: &Value, schema: &Value, value: &mut Value) {
    if let Some(reference) = schema["$ref"].as_str() {
        return complete(whole, whole.pointer(reference.trim_start_matches('#')).unwrap(), value);
    }
    match value {
        Value::Object(members) => {
            let choices = schema["anyOf"].as_array().into_iter().flatten();
            let chosen: Vec<&Value> = choices.map(|choice| &choice["required"][0]).collect();
            let given = chosen.iter().any(|key| members.contains_key(key.as_str().unwrap_or("")));
            let missing = chosen.into_iter().take(usize::from(!given));
            let required = schema["required"].as_array().into_iter().flatten().chain(missing);
            for key in required.filter_map(Value::as_str) {
                let sample = || sample(&schema["properties"][key]);
                members.entry(key.to_owned()).or_insert_with(sample);
            }
            for (key, value) in members {
                let named = &schema["properties"][key];
                let schema = if named.is_null() { &schema["additionalProperties"] } else { named };
                complete(whole, schema, value);
            }
        }
        Value::Array(members) => {
            members.iter_mut().for_each(|member| complete(whole, &schema["items"], member));
        }
        _ => {}
    }
}

/// A value that can stand under a key.
fn sample(schema: &Value) -> Value {
    static WHOLE: LazyLock<Value> = LazyLock::new(of_mappings);
    let reference = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    let definition = reference.map_or(schema, |reference| WHOLE.pointer(reference).unwrap());
    let fixed = [&schema["const"], &schema["enum"][0]];
    let fixed = fixed.into_iter().find(|value| !value.is_null()).cloned();
    let mut given = [schema, definition].into_iter().flat_map(examples);
    fixed.or_else(|| given.next()).unwrap_or_else(|| json!([]))
}
