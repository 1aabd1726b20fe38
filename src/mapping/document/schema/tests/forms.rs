//! What texts look like: a form refuses nothing that `check` accepts.

use proptest::prelude::*;
use regex::Regex;
use serde_json::{Value, json};

use super::super::Schema;
use super::super::form::{self, Form};
use super::{by_check, by_schema, part};
use crate::units;

fn fits(form: &Form, text: &str) -> bool {
    Regex::new(&form.pattern).unwrap().is_match(text)
}

/// Whether `check` has nothing against a name, or the way in which a text is written.
fn accepted(mapping: &Value, code: &str) -> bool {
    let report = by_check(&mapping.to_string()).report;
    !report.errors().any(|fault| fault.code == code)
}

const NAMES: [&str; 16] = [
    "a",
    "imsi",
    "cs_profile",
    "cs-profile",
    "_x",
    "x1",
    "1x",
    "0",
    "-x",
    "A",
    "imsI",
    "a.b",
    "a b",
    "",
    "é",
    "a\n",
];

#[test]
fn names_fit_where_check_takes_them() {
    for name in NAMES {
        let targets =
            json!({ "version": 1, "targets": { name: { "url": "http://a" } }, "rules": [] });
        let variables = json!({
            "version": 1,
            "targets": { "a": { "url": "http://a" } },
            "extract": { name: "$.a" },
            "tables": { name: {} },
            "rules": [],
        });
        for (mapping, form) in [(targets, form::KEBAB_NAME), (variables, form::NAME)] {
            let taken = accepted(&mapping, "invalid-name");
            assert_eq!(fits(&form, name), taken, "{name:?} {form:?}");
            assert_eq!(by_schema(&mapping).is_ok(), taken, "{mapping}");
        }
    }
}

#[test]
fn requests_fit_where_check_takes_them() {
    for (request, expected) in [
        ("POST /a", true),
        ("DELETE  /a/{{x}}", true),
        ("GET {{x}}", true),
        ("HEAD /", true),
        ("POST a", false),
        ("POST", false),
        ("/a", false),
        ("post /a", false),
        ("OPTIONS /a", false),
        ("POST https://hss.example/a", false),
    ] {
        assert_eq!(fits(&form::request(), request), expected, "{request}");
        if !expected {
            let step = json!({ "request": request });
            let rule = json!({ "name": "a", "event": "*", "steps": [step] });
            let target = json!({ "a": { "url": "http://a" } });
            let mapping = json!({ "version": 1, "targets": target, "rules": [rule] });
            assert!(by_check(&mapping.to_string()).program.is_none(), "{request}");
        }
    }
}

#[test]
fn durations_fit_with_their_units() {
    for (text, expected) in [
        ("10s", true),
        ("1m30s", true),
        (" 10 s ", true),
        ("36h", true),
        ("2d", true),
        ("250ms", true),
        ("${TIMEOUT}", true),
        ("${TIMEOUT:-10s}", true),
        ("${SECONDS}s", true),
        ("10", false),
        ("s", false),
        ("10 parsecs", false),
        ("1.5s", false),
        ("-1s", false),
        ("", false),
    ] {
        assert_eq!(fits(&form::duration(), text), expected, "{text}");
    }
}

#[test]
fn subjects_and_references_fit_with_what_is_below_them() {
    for (text, subject, reference) in [
        ("imsi", true, true),
        ("steps.create.status", true, true),
        ("headers.X-Request-Id", true, true),
        ("event.data.Größe", true, true),
        ("$.data.id", true, false),
        ("$['a b']", true, false),
        ("IMSI", false, false),
        ("{{imsi}}", false, false),
        (".a", false, false),
        ("", false, false),
    ] {
        assert_eq!(fits(&form::SUBJECT, text), subject, "{text}");
        assert_eq!(fits(&form::REFERENCE, text), reference, "{text}");
    }
}

#[test]
fn comments_become_paragraphs_and_lists() {
    let lines =
        [" One that", " goes on.", "", " Two:", " - a", " - b, which", "   goes on", "", " Three."];
    let text = "One that goes on.\n\nTwo:\n- a\n- b, which goes on\n\nThree.";
    assert_eq!(Value::from(Schema::described(&lines)), json!({ "description": text }));
    assert_eq!(Schema::described(&[]), Schema::any());
}

#[test]
fn every_word_that_can_be_chosen_has_a_meaning() {
    for (pointer, word) in
        [("/$defs/response_entry/properties/then", "then"), ("/$defs/variable/properties/as", "as")]
    {
        let schema = part(pointer);
        let words = schema["enum"].as_array().unwrap();
        let meanings = schema["enumDescriptions"].as_array().unwrap();
        assert!(words.len() > 3 && words.len() == meanings.len(), "{word}");
    }
}

proptest! {
    #[test]
    fn what_is_a_duration_fits(text in r"\PC{0,8}|( ?[0-9]{1,4} ?(d|h|m|s|ms|x) ?){1,4}") {
        if units::duration(&text).is_ok_and(|duration| !duration.is_zero()) {
            prop_assert!(fits(&form::duration(), &text), "{}", text);
        }
    }
}
