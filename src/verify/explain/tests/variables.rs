//! Where values come from, and what fails for want of one.

use std::fmt::Write;

use serde_json::{Value, json};

use super::super::account::{Explanation, Outcome, Owner, Passage, TurnKind, VariableAccount};
use super::{answer, explained, json_answer, mapping, tests};

/// A passage in a few words.
fn words(passage: &Passage) -> String {
    let of = |value: &Option<super::super::Glimpse>| {
        value.as_ref().map_or("nothing".to_owned(), |value| value.text.clone())
    };
    match passage {
        Passage::Path { text, found, .. } => format!("{text}: {}", of(found)),
        Passage::PathNotAsked { text } => format!("({text})"),
        Passage::From { name, found } => format!("from {name}: {}", of(found)),
        Passage::Rendered { value } => format!("rendered: {}", of(value)),
        Passage::Case { number, held: true, value, .. } => format!("case {number}: {}", of(value)),
        Passage::Case { number, when, .. } => format!("(case {number} {:?})", tests(when.as_ref())),
        Passage::Stage { words, value } => format!("{words}: {}", of(value)),
        Passage::Default { value } => format!("default: {}", of(value)),
    }
}

fn told(variable: &VariableAccount) -> String {
    let mut told = match &variable.outcome {
        Outcome::Value(value) => value.text.clone(),
        Outcome::Absent => "absent".to_owned(),
        Outcome::Missing { needed_by } => format!("missing for {needed_by:?}"),
        Outcome::Fault(fault) => fault.clone(),
        Outcome::NotAsked => "not asked".to_owned(),
    };
    for passage in &variable.trail {
        write!(told, " | {}", words(passage)).unwrap();
    }
    told
}

#[test]
fn every_value_has_its_trail() {
    let event = json!({
        "a": "x@y", "b": "Y", "n": null, "l": ["1", "2", "zz"], "o": {"k": 1591}, "s": "p, q",
    });
    for (variable, expected) in [
        ("$.pb_data.a", "\"x@y\" | $.pb_data.a: \"x@y\""),
        ("{ path: $.z, optional: true }", "absent | $.z: nothing"),
        (
            "{ path: [$.z, $.pb_data.n, $.pb_data.b, $.pb_data.a, $.y] }",
            "\"Y\" | $.z: nothing | $.pb_data.n: null | $.pb_data.b: \"Y\" | ($.pb_data.a) | ($.y)",
        ),
        (
            "{ path: '$.pb_data.l[*]', all: true }",
            "[\"1\",\"2\",\"zz\"] | $.pb_data.l[*]: [\"1\",\"2\",\"zz\"]",
        ),
        (
            "{ path: $.pb_data.a, capture: '^(.)@', as: string, map: { x: X } }",
            "\"X\" | $.pb_data.a: \"x@y\" | capture ^(.)@: \"x\" | as string: \"x\" | map: \"X\"",
        ),
        (
            "{ path: $.pb_data.a, capture: '^#', as: integer, default: 7 }",
            "7 | $.pb_data.a: \"x@y\" | capture ^#: nothing | default: 7",
        ),
        (
            "{ path: $.pb_data.s, split: ',', first: true }",
            "\"p\" | $.pb_data.s: \"p, q\" | split \",\": [\"p\",\"q\"] | first: \"p\"",
        ),
        ("{ path: $.pb_data.n, nullable: true }", "null | $.pb_data.n: null"),
        ("{ path: $.pb_data.n, default: 1 }", "1 | $.pb_data.n: null | default: 1"),
        (
            "{ path: $.pb_data.a, as: integer }",
            "`it` cannot be read: \"x@y\" is not an integer | $.pb_data.a: \"x@y\"",
        ),
        ("{ from: event.pb_data.o.k }", "1591 | from event.pb_data.o.k: 1591"),
        ("{ value: ['{{upper \"a\"}}'] }", "[\"A\"] | rendered: [\"A\"]"),
        (
            "{ cases: [{ when: { $.pb_data.b: N }, value: 1 }, { when: { $.pb_data.b: Y }, value: 2 }, { value: 3 }] }",
            "2 | (case 1 [\"- $.pb_data.b equals \\\"N\\\" [\\\"Y\\\"] <\"]) | case 2: 2",
        ),
        (
            "{ cases: [{ when: { $.pb_data.b: N }, value: 1 }], default: 9 }",
            "9 | (case 1 [\"- $.pb_data.b equals \\\"N\\\" [\\\"Y\\\"] <\"]) | default: 9",
        ),
    ] {
        let rest = format!(
            "extract:\n  it: {variable}\nrules: [{{ name: r, event: '*', ignore: '{{{{it}}}}' }}]\n"
        );
        let explanation = explained(&mapping(&rest), &event, Vec::new());
        assert_eq!(told(explanation.variable("it")), expected, "{variable}");
    }
}

#[test]
fn variables_of_the_file_come_before_those_of_the_rule_that_runs_also_if_nothing_needs_them() {
    let rest = "extract: { b: $.pb_data.b, a: { path: $.a, optional: true } }
rules:
  - name: not-this
    event: DID/*
    extract: { d: $.d }
    ignore: '{{d}}{{b}}'
  - name: this
    event: SIM/*
    extract: { c: { from: b }, a: { value: of-the-rule } }
    ignore: '{{c}}{{a}}'
";
    let explanation = explained(&mapping(rest), &json!({"b": 1}), Vec::new());
    let variables = explanation.only().variables.iter();
    let names: Vec<_> = variables.map(|variable| (&*variable.name, variable.owner)).collect();
    let (file, rule) = (Owner::File, Owner::Rule);
    assert_eq!(names, [("b", file), ("a", file), ("c", rule), ("a", rule)]);
}

/// A rule of these steps, with variables that are there and others that are not.
fn lacking(steps: &[&str]) -> Explanation {
    let rest = "extract:
  imsi: $.pb_data.imsi
  msisdn: $.pb_data.msisdn
  both: { value: '{{imsi}}/{{msisdn}}' }
  soft: { from: msisdn, optional: true }
  unneeded: $.pb_data.unneeded
rules:
  - name: r
    event: '*'
    steps:
";
    let steps: String = steps.iter().map(|step| format!("      - {{ {step} }}\n")).collect();
    let event = json!({"imsi": "001", "l": [{"id": 1}, {"id": 2, "all": true}]});
    explained(&mapping(&format!("{rest}{steps}")), &event, Vec::new())
}

/// Steps whose requests cannot be made without the variable.
fn needed(explanation: &Explanation, name: &str) -> Vec<String> {
    match &explanation.variable(name).outcome {
        Outcome::Missing { needed_by } => needed_by.iter().map(ToString::to_string).collect(),
        other => vec![format!("{other:?}")],
    }
}

#[test]
fn what_is_missing_names_the_request_that_cannot_be_made_without_it() {
    for (step, fails) in [
        ("name: s, request: 'PUT /a/{{msisdn}}'", true),
        (
            "name: s, request: POST /b, json: { x: '{{default msisdn \"none\"}}', y: '{{both}}' }",
            true,
        ),
        ("name: s, request: POST /c, json: '{{msisdn}}'", true),
        ("name: s, for_each: msisdn, request: GET /f", true),
        (
            "name: s, for_each: event.pb_data.l, request: 'GET /{{item.id}}', query: { m: '{{msisdn}}' }",
            true,
        ),
        (
            "name: s, for_each: event.pb_data.l, request: POST /, text: '{{#if item.all}}{{msisdn}}{{/if}}'",
            true,
        ),
        ("name: s, request: POST /d, json: { x: '{{imsi}}', y: '{{soft}}' }", false),
        ("name: s, request: POST /e, text: '{{#if imsi}}{{imsi}}{{else}}{{msisdn}}{{/if}}'", false),
        ("name: s, when: { msisdn: { exists: true } }, request: 'PUT /a/{{msisdn}}'", false),
        ("name: s, when: { msisdn: { exists: false } }, request: GET /a", false),
        ("name: s, for_each: event.pb_data.none, request: 'PUT /a/{{msisdn}}'", false),
    ] {
        let explanation = lacking(&[step]);
        let expected: &[&str] = if fails { &["s"] } else { &[] };
        assert_eq!(needed(&explanation, "msisdn"), expected, "{step}");
        assert_eq!(needed(&explanation, "unneeded"), [""; 0], "{step}");
        assert_eq!(explanation.told.0, if fails { 422 } else { 200 }, "{step}");
    }
    let explanation = lacking(&["request: POST /b, json: '{{both}}'"]);
    assert!(matches!(explanation.variable("soft").outcome, Outcome::Absent));
    assert!(matches!(&explanation.variable("both").outcome, Outcome::Fault(fault)
        if fault.starts_with("`msisdn` is required and absent")));
    assert!(matches!(explanation.variable("imsi").outcome, Outcome::Value(_)));
}

#[test]
fn only_the_step_at_which_the_rule_ends_failed_for_what_is_missing() {
    let needs = "name: behind, request: 'PUT /{{msisdn}}'";
    let explanation = lacking(&["name: first, request: 'PUT /{{msisdn}}'", needs]);
    assert_eq!(needed(&explanation, "msisdn"), ["first"]);
    let explanation = lacking(&["name: ends, fail: no", needs]);
    assert_eq!(needed(&explanation, "msisdn"), [""; 0]);
}

#[test]
fn of_a_case_that_holds_every_test_is_told() {
    let rest = "extract:
  it:
    cases:
      - { when: { $.pb_data.status: open, $.pb_data.id: { exists: true } }, value: 1 }
rules: [{ name: r, event: '*', ignore: '{{it}}' }]
";
    let explanation = explained(&mapping(rest), &json!({"status": "open", "id": 7}), Vec::new());
    let [Passage::Case { when, held: true, .. }] = explanation.variable("it").trail.as_slice()
    else {
        panic!("{:?}", explanation.variable("it"))
    };
    let expected =
        ["+ $.pb_data.status equals \"open\" [\"open\"] <", "+ $.pb_data.id exists [7] <"];
    assert_eq!(tests(when.as_ref()), expected);
}

#[test]
fn each_turn_of_a_step_has_variables_of_its_own_and_what_it_saves() {
    let rest = "rules:
  - name: r
    event: '*'
    steps:
      - name: each
        for_each: event.pb_data.l
        when: { item: { not: skip } }
        extract: { own: { value: '<{{item}}>' }, idle: { value: '{{item}}' } }
        request: POST /a
        json: ['{{own}}', '{{#if none}}{{idle}}{{/if}}']
        save: { ref: { path: $.ref, default: 'none-{{item}}' } }
      - { request: POST /b, json: '{{ref}}' }
"
    .replace("'{{#if none}}{{idle}}{{/if}}'", "'{{#if event.none}}{{idle}}{{/if}}'");
    let replies = vec![vec![json_answer(200, &json!({"ref": 7}))]];
    let explanation = explained(&mapping(&rest), &json!({"l": ["a", "skip", "b"]}), replies);
    let turns = &explanation.run().turns;
    let story: Vec<String> = turns
        .iter()
        .map(|turn| {
            let member = turn
                .member
                .as_ref()
                .map(|member| format!("{} {}", member.index, member.item.as_ref().unwrap().text));
            let all = turn.variables.iter().chain(&turn.saved);
            let all: Vec<String> = all.map(|one| format!("{}: {}", one.name, told(one))).collect();
            format!("{} {:?} {:?} {}", turn.step, turn.kind, member, all.join("; "))
        })
        .collect();
    assert_eq!(
        story,
        [
            "each Runs Some(\"0 \\\"a\\\"\") own: \"<a>\" | rendered: \"<a>\"; idle: not asked; \
             ref: 7 | $.ref: 7",
            "each Skipped Some(\"1 \\\"skip\\\"\") own: not asked; idle: not asked; \
             ref: \"none-skip\" | default: \"none-skip\"",
            "each Runs Some(\"2 \\\"b\\\"\") own: \"<b>\" | rendered: \"<b>\"; idle: not asked; \
             ref: \"none-b\" | $.ref: nothing | default: \"none-b\"",
            "2 Runs None ",
        ]
    );
    assert_eq!(tests(turns[1].when.as_ref()), ["- item does not equal \"skip\" [\"skip\"] <"]);
    assert_eq!(
        turns[3].exchanges.first().unwrap().request.body.text,
        r#"[7,"none-skip","none-b"]"#
    );
}

#[test]
fn a_list_without_members_and_steps_that_are_not_reached_are_told() {
    let rest = "rules:
  - name: r
    event: '*'
    steps:
      - { name: none, for_each: event.pb_data.l, request: GET /a }
      - { name: found, when: { event_id: e-1 }, request: GET /b, responses: [{ when: {}, then: stop }] }
      - { name: behind, request: GET /c }
";
    let explanation = explained(&mapping(rest), &json!({}), vec![vec![answer(200, &[], "")]]);
    let run = explanation.run();
    let turns: Vec<_> = run.turns.iter().map(|turn| (&*turn.step, turn.kind)).collect();
    assert_eq!(turns, [("none", TurnKind::NoMember), ("found", TurnKind::Runs)]);
    let missed: Vec<_> = run.not_reached.iter().map(|(step, at)| (&**step, at.line)).collect();
    assert_eq!(missed, [("behind", 9)]);
}

#[test]
fn a_long_list_leaves_turns_out_but_not_the_last() {
    let rest = "rules:
  - name: r
    event: '*'
    steps:
      - { name: each, for_each: event.pb_data.l, request: 'GET /{{item}}' }
";
    let list: Vec<Value> = (0..2_000).map(Value::from).chain([Value::Null]).collect();
    let explanation = explained(&mapping(rest), &json!({ "l": list }), Vec::new());
    let run = explanation.run();
    assert_eq!((run.turns.len(), run.turns_left_out), (500, 1_501));
    assert_eq!(run.turns[499].member.as_ref().unwrap().index, 2_000);
    assert!(run.turns[499].exchanges.is_empty(), "null cannot be a part of a path");
    assert_eq!((explanation.exchanges, explanation.told.0), (2_000, 422));
}
