//! Conditions: each test, on what is there, absent, null and empty.

use serde_json::{Value, json};

use crate::expr::testing::World;

#[track_caller]
fn table(rows: &[(&str, Value, bool)]) {
    for (when, event, expected) in rows {
        let holds = World::when(when, event.clone()).holds();
        assert_eq!(holds, Ok(*expected), "{when} on {event}");
    }
}

#[test]
fn values_are_compared_without_conversion() {
    table(&[
        ("{ $.a: 1 }", json!({"a": 1.0}), true),
        ("{ $.a: '1' }", json!({"a": 1}), false),
        ("{ $.a: [x, y] }", json!({"a": "y"}), true),
        ("{ $.a: { not: [x, y] } }", json!({"a": "z"}), true),
        ("{ $.a: '{{b}}' }", json!({"a": 1, "b": 1}), true),
        ("{ $.a: { not: '{{b}}' } }", json!({"a": 1, "b": null}), true),
    ]);
}

#[test]
fn nothing_is_equal_to_what_is_absent() {
    table(&[
        ("{ $.a: 1 }", json!({}), false),
        ("{ $.a: { not: 1 } }", json!({}), true),
        ("{ $.a: { exists: false } }", json!({"a": null}), true),
        ("{ $.a: { exists: true } }", json!({"a": ""}), true),
        ("{ $.a: { empty: true } }", json!({}), true),
        ("{ $.a: { empty: true } }", json!({"a": {}}), true),
        ("{ $.a: { empty: false } }", json!({}), false),
        ("{ $.a: { empty: false } }", json!({"a": 0}), true),
    ]);
}

#[test]
fn texts_numbers_and_times_have_tests_of_their_own() {
    table(&[
        ("{ $.a: { matches: '^00101' } }", json!({"a": "001019"}), true),
        ("{ $.a: { matches: '1' } }", json!({"a": 1}), false),
        ("{ $.a: { prefix: ab, suffix: cd } }", json!({"a": "abcd"}), true),
        ("{ $.a: { contains: b } }", json!({"a": ["a", "b"]}), true),
        ("{ $.a: { gte: 5, lt: 10 } }", json!({"a": 5}), true),
        ("{ $.a: { gt: 5 } }", json!({"a": "6"}), false),
        ("{ $.a: { lt: '2025-01-02' } }", json!({"a": "2025-01-01 23:00:00"}), true),
    ]);
}

#[test]
fn of_several_nodes_any_may_pass_and_not_needs_that_none_does() {
    table(&[
        ("{ '$.a[*]': x }", json!({"a": ["y", "x"]}), true),
        ("{ '$.a[*]': { not: x } }", json!({"a": ["y", "x"]}), false),
        ("{ '$.a[*]': { not: x } }", json!({"a": []}), true),
    ]);
}

#[test]
fn conditions_combine() {
    table(&[
        ("{ any: [{ $.a: 1 }, { $.b: 1 }] }", json!({"a": 0, "b": 1}), true),
        ("{ all: [{ $.a: 1 }, { $.b: 1 }] }", json!({"a": 0, "b": 1}), false),
        ("{ not: { $.a: 1 }, $.b: 1 }", json!({"a": 0, "b": 1}), true),
    ]);
}

#[test]
fn an_answer_is_judged_by_status_headers_text_and_body() {
    for (when, expected) in [
        ("{ status: 2xx }", true),
        ("{ status: [404, 5xx] }", false),
        ("{ headers.X-Kind: soap }", true),
        ("{ text: { contains: ok } }", true),
        ("{ $.result: false }", true),
        ("{ body.result: true }", false),
    ] {
        let world = World::with_conditions("", "{}", when, json!({})).answered(
            200,
            json!({"x-kind": "soap"}),
            r#"{"result": false, "note": "ok"}"#,
        );
        assert_eq!(world.answer_holds(), Ok(expected), "{when}");
    }
}
