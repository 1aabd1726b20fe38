//! Mistakes of test files: each is told at once, and nothing runs.

use super::{MAPPING, mistakes, of_file};

/// A file with one case, which has these lines.
fn with_case(lines: &str) -> String {
    format!("mapping: hss.yaml\ncases:\n  - name: a\n{lines}")
}

#[test]
fn each_mistake_is_told_and_nothing_runs() {
    let exchange =
        |text: &str| with_case(&format!("    event: event.json\n    exchange: [{{ {text} }}]\n"));
    let reply = |text: &str| exchange(&format!("request: PUT /a, reply: {{ {text} }}"));
    let event = |text: &str| with_case(&format!("    exchange: []\n{text}\n"));
    let mut wrong = Vec::new();
    for (file, code) in [
        ("cases: [{ name: a, event: event.json, exchange: [] }]".to_owned(), "missing-key"),
        ("mapping: hss.yaml\ncases: []".to_owned(), "empty-list"),
        ("mapping: hss.yaml\ncases: [{ nam: a, event: event.json, exchange: [] }]".to_owned(), "unknown-key"),
        ("mapping: none.yaml\ncases: [{ name: a, event: event.json, exchange: [] }]".to_owned(), "unreadable-file"),
        ("mapping: hss.yaml\nenv: { 1X: 1 }\ncases: [{ name: a, event: event.json, exchange: [] }]".to_owned(), "bad-environment"),
        ("mapping: hss.yaml\nnow: noon\ncases: [{ name: a, event: event.json, exchange: [] }]".to_owned(), "bad-timestamp"),
        ("mapping: hss.yaml\ncases: [{ name: a, event: event.json, exchange: [] }, { name: a, event: event.json, exchange: [] }]".to_owned(), "duplicate-name"),
        ("mapping: hss.yaml\ncases: [{ name: ' ', event: event.json, exchange: [] }]".to_owned(), "empty-name"),
        (with_case("    event: event.json\n"), "nothing-expected"),
        (with_case("    exchange: []\n"), "missing-key"),
        (with_case("    sequence: [{ event: event.json }]\n    exchange: []\n"), "conflicting-keys"),
        (with_case("    sequence: [{ event: event.json }]\n"), "nothing-expected"),
        (with_case("    sequence: []\n    now: 2026-01-01T00:00:00Z\n"), "empty-list"),
        (with_case("    sequence: [{ exchange: [] }]\n"), "missing-key"),
        (with_case("    sequence: [{ event: event.json, exchange: [], after: soon }]\n"), "bad-duration"),
        (event("    event: none.json"), "unreadable-file"),
        (event("    event: [1]"), "wrong-type"),
        (event("    event: hss.yaml"), "not-an-event"),
        (event("    event: { event_id: 1 }"), "not-an-event"),
        (event("    event: event.json\n    set: { $.event_id: null }"), "not-an-event"),
        (event("    event: event.json\n    set: { pb_data.x: 1 }"), "bad-path"),
        (event("    event: event.json\n    set: { '$.pb_data.[': 1 }"), "bad-path"),
        (event("    event: event.json\n    set: { $..none: 1 }"), "nothing-selected"),
        (event("    event: event.json\n    set: { $.event_id.x: 1 }"), "cannot-create"),
        (event("    event: event.json\n    remove: [$.none]"), "nothing-selected"),
        (event("    event: event.json\n    remove: []"), "empty-list"),
        (event("    event: event.json\n    rule: updat"), "unknown-rule"),
        (event("    event: event.json\n    variables: { ims: 1 }"), "unknown-variable"),
        (event("    event: event.json\n    rule: update\n    variables: { id: 1, imsi: 2, short: 1, other: 1 }"), "unknown-variable"),
        (event("    event: event.json\n    rule: delete\n    variables: { short: 1 }"), "unknown-variable"),
        (event("    event: event.json\n    answer: {}"), "empty-test"),
        (event("    event: event.json\n    answer: { staus: 200 }"), "unknown-key"),
        (event("    event: event.json\n    answer: { status: '200' }"), "bad-status"),
        (event("    event: event.json\n    answer: { message: { contains: '{{imsi}}' } }"), "undefined-name"),
        (event("    event: event.json\n    answer: { message: { matches: '(' } }"), "bad-regex"),
        (event("    event: event.json\n    answer: { message: { in_table: t } }"), "unknown-table"),
        (event("    event: event.json\n    answer: { message: '${NONE}' }"), "unset-environment"),
        (exchange("target: hss"), "missing-key"),
        (exchange("request: PUT /a, target: hsss"), "unknown-target"),
        (exchange("request: PUT"), "bad-request"),
        (exchange("request: PUT a"), "bad-request"),
        (exchange("request: PUT ftp://a"), "bad-request"),
        (exchange("request: PUT /a?b=1"), "bad-request"),
        (exchange("request: PUT /a b"), "bad-request"),
        (exchange("request: PUT /é"), "bad-request"),
        (exchange("request: 'PUT /{{imsi}}'"), "bad-request"),
        (exchange("request: put /a"), "bad-method"),
        (exchange("request: PUT /a, json: 1, text: a"), "conflicting-keys"),
        (exchange("request: PUT /a, headers: { 'a b': 1 }"), "bad-header"),
        (exchange("request: PUT /a, headers: { a: \"x\\ny\" }"), "bad-header"),
        (exchange("request: PUT /a, headers: { a: 1, A: 2 }"), "duplicate-name"),
        (exchange("request: PUT /a, query: { a: [] }"), "empty-list"),
        (exchange("request: PUT /a, query: { a: { b: 1 } }"), "wrong-type"),
        (exchange("request: PUT /a, query: { a: [null] }"), "wrong-type"),
        (exchange("request: PUT /a, form: { a: null }"), "wrong-type"),
        (exchange("request: PUT /a, reply: { headers: { a: null } }"), "wrong-type"),
        (exchange("request: PUT /a, form: { a: { b: 1 } }"), "wrong-type"),
        (exchange("request: PUT /a, body: 1"), "unknown-key"),
        (reply("status: 200, timeout: true"), "conflicting-keys"),
        (reply("timeout: true, after: 1s"), "conflicting-keys"),
        (reply("timeout: true, reset: true"), "conflicting-keys"),
        (reply("json: 1, xml: <a/>"), "conflicting-keys"),
        (reply("status: ok"), "bad-status"),
        (reply("status: 99"), "bad-status"),
        (reply("after: 1"), "bad-duration"),
        (reply("tiemout: true"), "unknown-key"),
        (reply("timeout: yes"), "wrong-type"),
    ] {
        let report = of_file(MAPPING, &file);
        let told = mistakes(&report);
        let [one] = told.as_slice() else {
            wrong.push(format!("{file}: {told:#?}"));
            continue;
        };
        let helpless = report.mistakes.errors().any(|error| error.cures().next().is_none());
        if !one.starts_with(&format!("{code}: ")) || helpless || !report.cases.is_empty() {
            wrong.push(format!("{file}: not {code}, but {one}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn all_mistakes_are_told_together() {
    let file = "
mapping: hss.yaml
cases:
  - { name: a, event: none.json, rule: nobody, exchange: [{ request: PUT a, target: none }] }
  - { name: b, event: event.json, remove: [$.x], variables: { x: 1 } }
";
    let codes: Vec<String> = mistakes(&of_file(MAPPING, file))
        .iter()
        .map(|told| told.split(':').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        codes,
        [
            "unreadable-file",
            "unknown-rule",
            "bad-request",
            "unknown-target",
            "nothing-selected",
            "unknown-variable"
        ]
    );
}

#[test]
fn a_mapping_with_a_mistake_says_so_in_its_own_place() {
    let report = of_file(
        "version: 1\nnonsense: 1\ntargets: { a: { url: http://a } }\nrules: [{ name: a, event: '*', ignore: a }]\n",
        &with_case("    event: event.json\n    exchange: []\n"),
    );
    let error = report.mistakes.errors().next().unwrap();
    assert_eq!((error.file(), error.code), ("hss.yaml", "unknown-key"));
    assert!(report.cases.is_empty() && report.coverage.is_none());
}
