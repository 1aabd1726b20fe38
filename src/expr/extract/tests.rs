//! Variables: each key of the long form, on what events really hold.

use serde_json::{Value, json};

use crate::expr::Fault;
use crate::expr::testing::World;

#[track_caller]
fn value(definition: &str, event: Value) -> Result<Option<Value>, Fault> {
    World::new(&format!("v: {definition}"), event).variable("v")
}

#[test]
fn each_source_and_stage_gives_its_value() {
    for (definition, event, expected) in [
        ("$.a", json!({"a": 7}), Some(json!(7))),
        ("{ path: [$.a, $.b] }", json!({"a": null, "b": 1}), Some(json!(1))),
        ("{ path: $..a, all: true }", json!({"a": 1, "b": {"a": 2}}), Some(json!([1, 2]))),
        ("{ path: $..z, all: true }", json!({}), Some(json!([]))),
        ("{ from: event.a.b }", json!({"a": {"b": [1]}}), Some(json!([1]))),
        ("{ path: $.a, split: ',' }", json!({"a": "x, y"}), Some(json!(["x", "y"]))),
        ("{ path: $.a, split: ',', first: true }", json!({"a": "x, y"}), Some(json!("x"))),
        ("{ path: $.a, capture: '^(\\d+)@' }", json!({"a": "79@m"}), Some(json!("79"))),
        (
            "{ path: $.a, capture: '\\d+' }",
            json!({"a": ["a1", "b", "c2"]}),
            Some(json!(["1", "2"])),
        ),
        ("{ path: $.a, as: integer }", json!({"a": ["1", 2]}), Some(json!([1, 2]))),
        ("{ path: $.a, map: { O: open, '1': one } }", json!({"a": 1}), Some(json!("one"))),
        (
            "{ path: $.a, map: { O: open }, default: other }",
            json!({"a": "X"}),
            Some(json!("other")),
        ),
        ("{ path: $.a, default: [1] }", json!({"a": null}), Some(json!([1]))),
        ("{ path: $.a, default: d }", json!({"a": ""}), Some(json!(""))),
        ("{ path: $.a, optional: true }", json!({}), None),
        ("{ path: $.a, nullable: true }", json!({"a": null}), Some(json!(null))),
        (
            "{ value: { k: ['{{event.a}}', 'x{{event.a}}'] } }",
            json!({"a": 1}),
            Some(json!({"k": [1, "x1"]})),
        ),
        (
            "{ cases: [{ when: { $.a: 1 }, value: one }, { value: other }] }",
            json!({"a": 1.0}),
            Some(json!("one")),
        ),
        (
            "{ cases: [{ when: { $.a: '1' }, value: one }, { value: other }] }",
            json!({"a": 1}),
            Some(json!("other")),
        ),
    ] {
        assert_eq!(value(definition, event.clone()), Ok(expected), "{definition} on {event}");
    }
}

#[test]
fn a_required_variable_that_is_absent_names_itself_and_its_path() {
    let fault = value("$.a.b", json!({"a": {}})).expect_err("it is absent").to_string();
    assert!(fault.contains("`v`") && fault.contains("`$.a.b`"), "{fault}");
}

#[test]
fn a_conversion_that_fails_is_a_fault_whatever_the_default() {
    for definition in
        ["{ path: $.a, as: integer, default: 1 }", "{ path: $.a, as: boolean, optional: true }"]
    {
        let fault = value(definition, json!({"a": "N/A"})).expect_err(definition);
        assert!(matches!(fault, Fault::Conversion { .. }), "{definition}: {fault}");
    }
}

#[test]
fn digits_beyond_64_bits_pass_through() {
    let event: Value = serde_json::from_str(r#"{"a": 123456789012345678901234567890}"#).unwrap();
    let kept = value("$.a", event).unwrap().unwrap();
    assert_eq!(kept.to_string(), "123456789012345678901234567890");
}
