//! The schema of events against what reads them.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;
use serde_json::json;

use super::*;

static WHOLE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap());

static COMPILED: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("event.schema.json", WHOLE.clone()).unwrap();
    let index = compiler.compile("event.schema.json", &mut schemas);
    let index = index.unwrap_or_else(|fault| panic!("{fault:#}"));
    (schemas, index)
});

/// Why the schema refuses an envelope.
fn by_schema(body: &Value) -> Result<(), String> {
    let (schemas, index) = &*COMPILED;
    schemas.validate(body, *index).map_err(|fault| format!("{fault:#}"))
}

/// Why the connector refuses it.
fn by_connector(body: &Value) -> Result<(), String> {
    parse(&body.to_string()).map(|_| ()).map_err(|fault| fault.to_string())
}

/// The sample events of the repository.
fn samples() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

#[test]
fn it_is_a_schema_of_draft_2020_12() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let draft = "https://json-schema.org/draft/2020-12/schema";
    let index = compiler.compile(draft, &mut schemas).unwrap();
    assert_eq!(WHOLE["$schema"], draft);
    assert_eq!(schemas.validate(&WHOLE, index).map_err(|fault| format!("{fault:#}")), Ok(()));
}

#[test]
fn every_sample_is_what_the_schema_describes() {
    let samples = samples();
    assert!(samples.len() >= 6, "{}", samples.len());
    for sample in samples {
        assert_eq!(by_schema(&sample), Ok(()), "{sample}");
        assert_described(&WHOLE, &sample, "");
    }
}

/// Every member of the value has a description.
fn assert_described(schema: &Value, value: &Value, at: &str) {
    let reference = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    let schema = reference.map_or(schema, |reference| WHOLE.pointer(reference).unwrap());
    for (name, member) in value.as_object().into_iter().flatten() {
        let described = &schema["properties"][name];
        assert!(described.is_object(), "nothing is said of {at}/{name}");
        assert_described(described, member, &format!("{at}/{name}"));
    }
    for member in value.as_array().into_iter().flatten() {
        assert_described(&schema["items"], member, &format!("{at}/*"));
    }
}

#[test]
fn every_member_says_what_it_is() {
    let mut told = 0;
    let mut left = vec![&*WHOLE];
    while let Some(schema) = left.pop() {
        for (name, part) in schema["properties"].as_object().into_iter().flatten() {
            left.push(part);
            let text = part["description"].as_str().unwrap_or_default();
            let elsewhere = part["$ref"].is_string();
            assert!(elsewhere || (text.ends_with('.') && text.contains(' ')), "{name}: {text:?}");
            told += 1;
        }
        left.extend(schema["$defs"].as_object().into_iter().flatten().map(|(_, part)| part));
    }
    assert!(told > 80, "{told}");
}

#[test]
fn the_connector_and_the_schema_refuse_the_same_envelopes() {
    let long = "\u{e9}".repeat(LONGEST_NAME);
    let too_long = format!("{long}x");
    let data = json!({ "event_type": "SIM/Updated", "variables": {} });
    for (body, accepted) in [
        (json!({ "event_id": "e", "data": data }), true),
        (json!({ "event_id": "e", "data": data, "pb_data": null, "status": null }), true),
        (json!({ "event_id": "e", "data": { "event_type": "x" }, "pb_data": {} }), true),
        (
            json!({ "event_id": "e", "data": { "event_type": "x", "variables": null }, "pb_data": {} }),
            true,
        ),
        (json!({ "event_id": long, "data": { "event_type": long }, "pb_data": { "a": [] } }), true),
        (
            json!({ "event_id": "e", "data": data, "new": [1], "handler_id": 7, "created_at": [] }),
            true,
        ),
        (
            json!({ "event_id": "e", "data": data, "pb_data": { "sim_info": 1, "account_info": [] } }),
            true,
        ),
        (json!(null), false),
        (json!([]), false),
        (json!("event"), false),
        (json!({}), false),
        (json!({ "event_id": "e" }), false),
        (json!({ "data": data }), false),
        (json!({ "event_id": null, "data": data }), false),
        (json!({ "event_id": "", "data": data }), false),
        (json!({ "event_id": 7, "data": data }), false),
        (json!({ "event_id": too_long, "data": data }), false),
        (json!({ "event_id": "e", "data": null, "pb_data": {} }), false),
        (json!({ "event_id": "e", "data": [], "pb_data": {} }), false),
        (json!({ "event_id": "e", "data": {}, "pb_data": {} }), false),
        (json!({ "event_id": "e", "data": { "event_type": "" }, "pb_data": {} }), false),
        (json!({ "event_id": "e", "data": { "event_type": null }, "pb_data": {} }), false),
        (json!({ "event_id": "e", "data": { "event_type": too_long }, "pb_data": {} }), false),
        (json!({ "event_id": "e", "data": { "event_type": "x" } }), false),
        (json!({ "event_id": "e", "data": { "event_type": "x", "variables": null } }), false),
        (json!({ "event_id": "e", "data": { "event_type": "x" }, "pb_data": null }), false),
        (
            json!({ "event_id": "e", "data": { "event_type": "x", "variables": [] }, "pb_data": {} }),
            false,
        ),
        (json!({ "event_id": "e", "data": data, "pb_data": "{}" }), false),
    ] {
        assert_eq!(by_connector(&body).is_ok(), accepted, "{body}");
        assert_eq!(by_schema(&body).is_ok(), accepted, "{body}");
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,3}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{}])),
        Just(json!({ "variables": {}, "pb_data": {}, "event_type": "x" })),
    ]
}

proptest! {
    #[test]
    fn a_sample_changed_in_its_upper_levels_is_judged_alike(
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "/event_id", "/data", "/data/event_type", "/data/variables", "/pb_data",
                    "/pb_data/sim_info", "/pb_data/account_info", "/status", "/handler_id", "",
                ]),
                prop_oneof![2 => anything().prop_map(Some), 1 => Just(None)],
            ),
            0..4,
        ),
    ) {
        let samples = samples();
        let mut body = sample.get(&samples).clone();
        for (pointer, change) in changes {
            match (change, pointer.rsplit_once('/')) {
                (Some(value), _) => {
                    body.pointer_mut(pointer).into_iter().for_each(|at| *at = value.clone());
                }
                (None, Some((parent, name))) => {
                    let parent = body.pointer_mut(parent).and_then(Value::as_object_mut);
                    parent.and_then(|members| members.shift_remove(name));
                }
                (None, None) => {}
            }
        }
        let (connector, schema) = (by_connector(&body), by_schema(&body));
        prop_assert_eq!(connector.is_ok(), schema.is_ok(), "{}\n{:?}\n{:?}", body, connector, schema);
    }
}
