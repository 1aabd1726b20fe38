//! The schema of events among the components: each of its definitions becomes one.

use serde_json::{Map, Value, json};

use super::pascal;
use crate::event::SCHEMA;

const SAMPLE: &str = include_str!("../../../tests/events/sim-updated.json");

/// `Event`, and what it refers to.
pub(super) fn schemas() -> Map<String, Value> {
    // Both texts are ours, and tests read them.
    let mut event: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
    refer_to_components(&mut event);
    let mut schemas = Map::new();
    if let Value::Object(members) = &mut event {
        // The dialect of the whole document is the same.
        members.shift_remove("$schema");
        if let Some(Value::Object(parts)) = members.shift_remove("$defs") {
            schemas.extend(parts.into_iter().map(|(name, part)| (pascal(&name), part)));
        }
    }
    schemas.insert("Event".to_owned(), event);
    schemas
}

fn refer_to_components(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (key, member) in members {
                match member.as_str().and_then(|text| text.strip_prefix("#/$defs/")) {
                    Some(name) if key == "$ref" => {
                        *member = format!("#/components/schemas/{}", pascal(name)).into();
                    }
                    _ => refer_to_components(member),
                }
            }
        }
        Value::Array(members) => members.iter_mut().for_each(refer_to_components),
        _ => {}
    }
}

pub(super) fn example() -> Value {
    let event: Value = serde_json::from_str(SAMPLE).unwrap_or_default();
    json!({ "summary": "The status of a SIM card changed", "value": event })
}
