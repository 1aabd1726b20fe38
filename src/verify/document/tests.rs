//! The schema of test files against what reads them.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use super::schema;
use crate::mapping::document::schema::tests::files::{
    assert_every_key_is_described, assert_examples_are_accepted, assert_of_draft_2020_12,
};
use crate::mapping::document::schema::tests::{Judge, value_of};
use crate::verify::tests::{MAPPING, mistakes, of_file};

static SCHEMA: LazyLock<Judge> = LazyLock::new(|| Judge::new(schema()));

#[test]
fn the_file_in_the_repository_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/test.schema.json");
    assert!(
        std::fs::read_to_string(path).unwrap() == format!("{:#}\n", schema()),
        "schemas/test.schema.json is out of date; write it anew:\n\
         cargo run -- schema test > schemas/test.schema.json"
    );
}

#[test]
fn it_is_a_sound_schema_that_says_what_each_key_is() {
    assert_of_draft_2020_12(&schema());
    assert_every_key_is_described(&schema(), 50);
    assert_examples_are_accepted(&schema(), 40);
}

/// A test file in which every key is used.
const RICH: &str = r#"
mapping: hss.yaml
x-anchors: { anything: [goes] }
env: { HSS_URL: http://hss.test, HSS_TOKEN: 12345678 }
now: 2026-01-31T12:00:00Z
cases:
  - name: one event
    env: { HSS_URL: http://other.test }
    now: 2026-02-01T12:00:00+01:00
    event: event.json
    set: { $.pb_data.sim_info.imsi: "7", "$.pb_data.numbers[*]": 1, $.pb_data.new: [1, { a: null }] }
    remove: [$.pb_data.note]
    rule: update
    variables: { imsi: "7", plan: gold, numbers: [1, 1], size: null }
    exchange:
      - request: PUT /sims/7
        target: hss
        step: put
        headers: { X-Plan: gold, accept: [a, b] }
        query: { force: true, n: [1, 1] }
        json: { imsi: "7" }
        reply:
          - { status: 503, headers: { Retry-After: 1, Set-Cookie: [a=1, b=2] }, text: busy, after: 1s }
          - { status: 200, json: { id: 7 } }
    answer: { status: 2xx, message: { contains: success }, error: { exists: false }, type: { not: SERVICE_ERROR }, undone: { exists: false }, not_undone: { exists: false } }
  - name: several events
    sequence:
      - event: { event_id: e, data: { event_type: SIM/Deleted }, pb_data: { sim_info: { imsi: "8" } } }
        exchange:
          - { request: DELETE http://hss.test/sims/8, json_contains: {}, reply: { timeout: true } }
          - { request: DELETE http://hss.test/sims/8, xml: <a/>, reply: { reset: true, after: 1ms } }
          - { request: POST /gone, form: { imsi: "8", n: [1, 2] }, reply: { refused: true } }
      - after: 1h30m
        event: event.json
        set: { $.a: 1 }
        remove: $.a
        rule: update
        variables: { imsi: "001010000020349" }
        exchange: [{ request: PUT /sims/001010000020349, text: "x", reply: { xml: <a/> } }]
        answer: { status: [200, 500] }
"#;

#[test]
fn a_test_file_with_every_key_is_accepted_by_both() {
    let told = mistakes(&of_file(MAPPING, RICH));
    assert_eq!(told, [""; 0]);
    assert_eq!(SCHEMA.accepts(&value_of(RICH)), Ok(()));
    let mut unused = Vec::new();
    unused_keys(&schema(), RICH, &mut unused);
    assert_eq!(unused, [""; 0], "the file does not use every key after all");
}

/// Keys of the schema that a text does not name; those of `when` are used elsewhere.
fn unused_keys(schema: &Value, text: &str, unused: &mut Vec<String>) {
    for group in ["properties", "$defs"] {
        for (name, part) in schema[group].as_object().into_iter().flatten() {
            let of_when = group == "$defs" && name == "test";
            if group == "properties"
                && !text.contains(&format!("{name}: "))
                && !text.contains(&format!("{name}:\n"))
            {
                unused.push(name.clone());
            }
            if !of_when {
                unused_keys(part, text, unused);
            }
        }
    }
}

#[test]
fn wrong_test_files_are_refused_by_both() {
    let with = |case: &str| {
        format!("mapping: hss.yaml\ncases: [{{ name: a, event: event.json, {case} }}]")
    };
    let reply =
        |text: &str| with(&format!("exchange: [{{ request: PUT /a, reply: {{ {text} }} }}]"));
    for text in [
        "[]".to_owned(),
        "cases: [{ name: a, event: event.json, exchange: [] }]".to_owned(),
        "mapping: hss.yaml".to_owned(),
        "mapping: hss.yaml\ncases: []".to_owned(),
        "mapping: hss.yaml\ncases: [{ event: event.json, exchange: [] }]".to_owned(),
        "mapping: hss.yaml\ncases: [{ name: '', event: event.json, exchange: [] }]".to_owned(),
        "mapping: hss.yaml\ncases: [{ name: a, exchange: [] }]".to_owned(),
        "mapping: hss.yaml\nenv: { 1X: 1 }\ncases: [{ name: a, event: event.json, exchange: [] }]"
            .to_owned(),
        "mapping: hss.yaml\nenv: { X: [1] }\ncases: [{ name: a, event: event.json, exchange: [] }]"
            .to_owned(),
        with("sequence: [{ event: event.json, exchange: [] }]"),
        with("exchange: [], stray: 1"),
        with("exchange: {}"),
        with("exchange: [], set: { a: 1 }"),
        with("exchange: [], remove: []"),
        with("exchange: [], rule: The Rule"),
        with("exchange: [], variables: { Imsi: 1 }"),
        with("answer: {}"),
        with("answer: { stray: 1 }"),
        with("answer: { message: null }"),
        with("exchange: [{ target: hss }]"),
        with("exchange: [{ request: PUT a }]"),
        with("exchange: [{ request: TRACE /a }]"),
        with("exchange: [{ request: PUT /a, json: 1, text: a }]"),
        with("exchange: [{ request: PUT /a, xml: { a: 1 } }]"),
        with("exchange: [{ request: PUT /a, headers: { 'a b': 1 } }]"),
        with("exchange: [{ request: PUT /a, query: { a: [] } }]"),
        with("exchange: [{ request: PUT /a, form: { a: { b: 1 } } }]"),
        with("exchange: [{ request: PUT /a, reply: [] }]"),
        reply("status: 99"),
        reply("status: ok"),
        reply("json: 1, text: a"),
        reply("timeout: true, status: 200"),
        reply("timeout: true, after: 1s"),
        reply("timeout: true, reset: true"),
        reply("refused: true, json: 1"),
        reply("timeout: 'yes'"),
        reply("after: 1"),
    ] {
        assert!(!mistakes(&of_file(MAPPING, &text)).is_empty(), "it is read: {text}");
        assert!(SCHEMA.accepts(&value_of(&text)).is_err(), "the schema takes {text}");
    }
}
