//! Every test of `when`, on subjects that are there, absent, null, or several.

use serde_json::{Value, json};

use super::super::testing::World;

/// Conditions over one event, and whether they hold.
#[track_caller]
fn table(event: &Value, rows: &[(&str, bool)]) {
    for (when, expected) in rows {
        let world = World::when(when, event.clone());
        assert_eq!(world.holds(), Ok(*expected), "{when}");
        // Whoever explains it says the same.
        let found = world.take_apart(|_, finding| finding.holds().map_err(Clone::clone));
        assert_eq!(found, Ok(*expected), "{when}");
    }
}

#[test]
fn equality_converts_nothing() {
    let event = json!({
        "one": 1, "float": 1.0, "word": "1", "yes": true, "yes_word": "true", "void": "",
    });
    table(
        &event,
        &[
            ("{ one: 1 }", true),
            ("{ one: 1.0 }", true),
            ("{ float: 1 }", true),
            ("{ one: \"1\" }", false),
            ("{ word: 1 }", false),
            ("{ word: \"1\" }", true),
            ("{ yes: true }", true),
            ("{ yes: \"true\" }", false),
            ("{ yes_word: true }", false),
            ("{ yes: 1 }", false),
            ("{ one: true }", false),
            ("{ void: \"\" }", true),
            ("{ one: 2 }", false),
        ],
    );
}

#[test]
fn large_numbers_are_compared_exactly() {
    let event = serde_json::from_str(
        r#"{"wide": 9007199254740993, "wider": 123456789012345678901234567890, "fraction": 0.10}"#,
    );
    table(
        &event.expect("JSON"),
        &[
            ("{ wide: 9007199254740993 }", true),
            ("{ wide: 9007199254740992 }", false),
            ("{ wide: { gt: 9007199254740992 } }", true),
            ("{ wider: 123456789012345678901234567890 }", true),
            ("{ wider: 123456789012345678901234567891 }", false),
            ("{ wider: { lt: 123456789012345678901234567891 } }", true),
            ("{ fraction: 0.1 }", true),
            ("{ fraction: { gt: 0 } }", true),
        ],
    );
}

#[test]
fn numbers_of_any_length_and_form_have_an_order() {
    let number = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect(text);
    let ascending = [
        "-1e99999999999999999999",
        "-1e400",
        "-12345678901234567890123456789012345678901235",
        "-12345678901234567890123456789012345678901234",
        "-10",
        "-0.12",
        "-0.1",
        "0",
        "1e-400",
        "0.1",
        "0.10000000000000000000000000000000000000001",
        "0.2",
        "9",
        "10",
        "10.5",
        "12345678901234567890123456789012345678901234",
        "12345678901234567890123456789012345678901235",
        "1e400",
        "1e401",
        "1e99999999999999999999",
    ];
    for (at, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            let found = super::order(&number(left), &number(right));
            assert_eq!(found, Some(at.cmp(&other)), "{left} and {right}");
        }
    }
    for (left, right) in [
        ("100", "1e2"),
        ("100", "1.00E+2"),
        ("0.01", "1e-2"),
        ("0", "-0.0"),
        ("0", "0e999"),
        ("5", "5.000"),
        ("1e400", "10e399"),
    ] {
        assert!(super::equal(&number(left), &number(right)), "{left} and {right}");
    }
}

#[test]
fn a_list_is_equality_with_one_of_its_members() {
    let event = json!({"state": "open", "count": 2});
    table(
        &event,
        &[
            ("{ $.state: [open, active] }", true),
            ("{ $.state: [closed] }", false),
            ("{ count: [1, 2.0] }", true),
            ("{ count: [\"2\"] }", false),
            ("{ $.state: { not: [open, active] } }", false),
            ("{ $.state: { not: [closed, gone] } }", true),
        ],
    );
}

#[test]
fn nothing_but_emptiness_and_not_holds_of_what_is_absent() {
    let event = json!({"other": 1});
    for subject in ["$.gone", "event.gone", "'$.gone[*].x'", "$..gone"] {
        for (test, expected) in [
            ("1", false),
            ("[1, 2]", false),
            ("\"\"", false),
            ("{ exists: true }", false),
            ("{ exists: false }", true),
            ("{ empty: true }", true),
            ("{ empty: false }", false),
            ("{ matches: '.*' }", false),
            ("{ prefix: \"\" }", false),
            ("{ suffix: \"\" }", false),
            ("{ contains: \"\" }", false),
            ("{ lt: 1 }", false),
            ("{ gte: 1 }", false),
            ("{ not: 1 }", true),
            ("{ not: [1, 2] }", true),
            ("{ not: { exists: true } }", true),
            ("{ not: { exists: false } }", false),
            ("{ not: { empty: true } }", false),
            ("{ not: { matches: x } }", true),
            ("{ not: { lt: 1 } }", true),
            ("{ not: { not: 1 } }", false),
        ] {
            table(&event, &[(&format!("{{ {subject}: {test} }}"), expected)]);
        }
    }
}

#[test]
fn null_is_selected_but_does_not_exist() {
    let event = json!({"nil": null});
    for subject in ["$.nil", "nil"] {
        for (test, expected) in [
            ("{ exists: true }", false),
            ("{ exists: false }", true),
            ("{ empty: true }", true),
            ("{ empty: false }", false),
            ("\"\"", false),
            ("0", false),
            ("false", false),
            ("{ not: x }", true),
            ("{ matches: '^$' }", false),
            ("{ lte: 0 }", false),
        ] {
            table(&event, &[(&format!("{{ {subject}: {test} }}"), expected)]);
        }
    }
}

#[test]
fn emptiness_is_of_text_lists_and_objects() {
    let event = json!({
        "void": "", "none": [], "bare": {}, "zero": 0, "no": false, "blank": " ", "some": [null],
    });
    for (name, empty) in [
        ("void", true),
        ("none", true),
        ("bare", true),
        ("zero", false),
        ("no", false),
        ("blank", false),
        ("some", false),
    ] {
        table(
            &event,
            &[
                (&format!("{{ {name}: {{ empty: true }} }}"), empty),
                (&format!("{{ {name}: {{ empty: false }} }}"), !empty),
                (&format!("{{ {name}: {{ exists: true }} }}"), true),
            ],
        );
    }
}

#[test]
fn text_is_tested_by_its_parts() {
    let event = json!({"imsi": "001010000020349", "count": 12, "list": ["ab", 1, null]});
    table(
        &event,
        &[
            ("{ imsi: { matches: '^00101' } }", true),
            ("{ imsi: { matches: '0349' } }", true),
            ("{ imsi: { matches: '^0349' } }", false),
            ("{ imsi: { matches: '^[0-9]{15}$' } }", true),
            ("{ count: { matches: '12' } }", false),
            ("{ imsi: { prefix: \"001\" } }", true),
            ("{ imsi: { prefix: \"1\" } }", false),
            ("{ imsi: { prefix: \"\" } }", true),
            ("{ imsi: { suffix: \"349\" } }", true),
            ("{ imsi: { suffix: \"001\" } }", false),
            ("{ count: { prefix: \"1\" } }", false),
            ("{ imsi: { contains: \"0000\" } }", true),
            ("{ imsi: { contains: \"x\" } }", false),
            ("{ imsi: { contains: 1 } }", false),
        ],
    );
}

#[test]
fn a_list_contains_its_members_and_not_their_parts() {
    let event = json!({"list": ["ab", 1, null], "count": 12, "object": {"a": 1}});
    table(
        &event,
        &[
            ("{ list: { contains: ab } }", true),
            ("{ list: { contains: a } }", false),
            ("{ list: { contains: 1.0 } }", true),
            ("{ list: { contains: \"1\" } }", false),
            ("{ count: { contains: 1 } }", false),
            ("{ object: { contains: a } }", false),
        ],
    );
}

#[test]
fn numbers_have_an_order_and_timestamps_have_another() {
    let event = json!({
        "five": 5, "half": 0.5, "word": "5x", "day": "2025-05-16", "moment": "2025-05-16T10:00:00+02:00",
        "local": "2025-05-16 08:00:00", "list": [5],
        "six": "6", "ten": "10",
    });
    table(
        &event,
        &[
            ("{ five: { lt: 6 } }", true),
            ("{ five: { lt: 5 } }", false),
            ("{ five: { lte: 5.0 } }", true),
            ("{ five: { gt: 4.9 } }", true),
            ("{ five: { gte: 5 } }", true),
            ("{ five: { gte: 6 } }", false),
            ("{ five: { gt: 1, lt: 10 } }", true),
            ("{ five: { gt: 1, lt: 5 } }", false),
            ("{ half: { lt: 1 } }", true),
            ("{ five: { lt: '{{six}}' } }", false),
            ("{ ten: { gt: '{{six}}' } }", false),
            ("{ five: { lt: '{{number six}}' } }", true),
            ("{ six: { gt: '{{ten}}' } }", false),
            ("{ word: { lt: 6 } }", false),
            ("{ word: { lt: '{{word}}' } }", false),
            ("{ list: { lt: 6 } }", false),
            ("{ day: { lt: \"2025-05-17\" } }", true),
            ("{ day: { lt: \"2025-05-16T00:00:01Z\" } }", true),
            ("{ moment: { lte: \"2025-05-16 08:00:00\" } }", true),
            ("{ moment: { lt: \"2025-05-16 08:00:00\" } }", false),
            ("{ local: { gte: \"2025-05-16T10:00:00+02:00\" } }", true),
            ("{ day: { gt: \"{{local}}\" } }", false),
            ("{ day: { lt: \"{{local}}\" } }", true),
            ("{ day: { lt: 1747400386 } }", false),
        ],
    );
}

#[test]
fn a_path_that_selects_several_nodes_passes_if_any_of_them_does() {
    let event = json!({"items": [{"n": 1}, {"n": "b"}, {"n": null}, {}]});
    table(
        &event,
        &[
            ("{ '$.items[*].n': 1 }", true),
            ("{ '$.items[*].n': b }", true),
            ("{ '$.items[*].n': c }", false),
            ("{ '$.items[*].n': { not: c } }", true),
            ("{ '$.items[*].n': { not: b } }", false),
            ("{ '$.items[*].n': { not: [b, c] } }", false),
            ("{ '$.items[*].n': [c, 1] }", true),
            ("{ '$.items[*].n': { exists: true } }", true),
            ("{ '$.items[*].n': { exists: false } }", false),
            ("{ '$.items[*].n': { empty: true } }", true),
            ("{ '$.items[*].n': { empty: false } }", true),
            ("{ '$.items[2:].n': { exists: true } }", false),
            ("{ '$.items[*].n': { lt: 2 } }", true),
            ("{ '$.items[*].n': { matches: '^b$' } }", true),
            // Each of several tests may be passed by another node.
            ("{ '$.items[*].n': { lt: 2, matches: b } }", true),
        ],
    );
}

#[test]
fn all_subjects_of_a_condition_must_hold() {
    let event = json!({"a": 1, "b": 2});
    table(
        &event,
        &[
            ("{ a: 1, b: 2 }", true),
            ("{ a: 1, b: 3 }", false),
            ("{}", true),
            ("{ a: { exists: true, not: 2, lt: 5 } }", true),
            ("{ a: { exists: true, not: 1 } }", false),
        ],
    );
}

#[test]
fn any_all_and_not_combine_conditions() {
    let event = json!({"a": 1, "b": 2});
    table(
        &event,
        &[
            ("{ any: [{ a: 2 }, { b: 2 }] }", true),
            ("{ any: [{ a: 2 }, { b: 3 }] }", false),
            ("{ all: [{ a: 1 }, { b: 2 }] }", true),
            ("{ all: [{ a: 1 }, { b: 3 }] }", false),
            ("{ not: { a: 1 } }", false),
            ("{ not: { a: 1, b: 3 } }", true),
            ("{ not: { any: [{ a: 2 }, { all: [{ a: 1 }, { not: { b: 2 } }] }] } }", true),
            ("{ a: 1, any: [{ b: 3 }, { $.gone: { exists: false } }], not: { b: 1 } }", true),
            ("{ a: 2, any: [{ b: 2 }] }", false),
        ],
    );
}

#[test]
fn operands_are_templates() {
    let event =
        json!({"imsi": "1", "prev": "1", "other": "2", "list": [7, "1"], "n": 5, "nil": null});
    table(
        &event,
        &[
            ("{ imsi: \"{{prev}}\" }", true),
            ("{ imsi: \"{{other}}\" }", false),
            ("{ imsi: { not: \"{{prev}}\" } }", false),
            ("{ imsi: { not: \"{{other}}\" } }", true),
            ("{ n: \"{{n}}\" }", true),
            ("{ n: \"{{n}}!\" }", false),
            ("{ list: { contains: \"{{imsi}}\" } }", true),
            ("{ list: \"{{list}}\" }", true),
            ("{ other: [\"{{prev}}\", \"{{concat other}}\"] }", true),
            ("{ $.imsi: { prefix: \"{{prev}}\" } }", true),
            ("{ n: { gte: \"{{n}}\" } }", true),
            ("{ imsi: \"${NAME}\" }", false),
        ],
    );
}

#[test]
fn a_test_with_an_absent_operand_does_not_hold() {
    let event = json!({"imsi": "1"});
    table(
        &event,
        &[
            ("{ imsi: \"{{event.gone}}\" }", false),
            ("{ imsi: { not: \"{{event.gone}}\" } }", true),
            ("{ imsi: { prefix: \"{{event.gone}}\" } }", false),
            ("{ imsi: { contains: \"x{{event.gone}}\" } }", false),
            ("{ imsi: { lt: \"{{event.gone}}\" } }", false),
            ("{ $.gone: \"{{event.gone}}\" }", false),
        ],
    );
}

#[test]
fn a_condition_never_fails_for_the_absence_of_what_is_required() {
    let extract = "needed: $.gone\nderived: { from: needed }\nmade: { value: \"x{{needed}}\" }";
    for (when, expected) in [
        ("{ needed: 1 }", false),
        ("{ needed: { not: 1 } }", true),
        ("{ needed: { exists: false } }", true),
        ("{ needed: { empty: true } }", true),
        ("{ needed.below: { exists: false } }", true),
        ("{ derived: { exists: false } }", true),
        ("{ made: { exists: false } }", true),
        ("{ $.one: \"{{needed}}\" }", false),
        ("{ $.one: { not: \"x{{needed}}\" } }", true),
    ] {
        let world = World::with_conditions(extract, when, "{}", json!({"one": 1}));
        assert_eq!(world.holds(), Ok(expected), "{when}");
    }
}

#[test]
fn a_conversion_that_fails_is_not_absence() {
    let extract = "count: { path: $.count, as: integer }";
    let world = World::with_conditions(extract, "{ count: 5 }", "{}", json!({"count": "N/A"}));
    let fault = world.holds().expect_err("N/A is no count");
    assert_eq!(fault.to_string(), "`count` cannot be read: \"N/A\" is not an integer");
}

#[test]
fn parts_that_cannot_matter_any_more_are_not_evaluated() {
    let extract = "bad: { path: $.bad, as: integer }";
    for (when, expected) in
        [("{ $.a: 2, bad: 1 }", false), ("{ any: [{ $.a: 1 }, { bad: 1 }] }", true)]
    {
        let event = json!({"a": 1, "bad": "x"});
        let world = World::with_conditions(extract, when, "{}", event);
        assert_eq!(world.holds(), Ok(expected), "{when}");
    }
}

#[test]
fn an_answer_is_judged_by_status_headers_body_and_text() {
    let headers = json!({"x-code": "E7", "content-type": "application/json"});
    let body = r#"{"result": false, "errors": [{"code": 5}, {"code": 7}]}"#;
    for (when, expected) in [
        ("{ status: 409 }", true),
        ("{ status: 4xx }", true),
        ("{ status: [404, 4xx] }", true),
        ("{ status: [2xx, 5xx] }", false),
        ("{ status: { not: 2xx } }", true),
        ("{ status: { not: [2xx, 4xx] } }", false),
        ("{ status: { gte: 400, lt: 500 } }", true),
        ("{ headers.x-code: E7 }", true),
        ("{ headers.X-Code: E7 }", true),
        ("{ headers.x-other: { exists: false } }", true),
        ("{ headers: { exists: true } }", true),
        ("{ $.result: false }", true),
        ("{ body.result: false }", true),
        ("{ '$.errors[*].code': 7 }", true),
        ("{ body.errors.0.code: 5 }", true),
        ("{ $.result: true }", false),
        ("{ text: { contains: '\"code\": 7' } }", true),
        ("{ status: 409, $.result: { not: true } }", true),
        // An event's own member is no part of the answer.
        ("{ $.own: { exists: true } }", false),
        ("{ own: 1, event.own: 1 }", true),
    ] {
        let world = World::with_conditions("own: $.own", "{}", when, json!({"own": 1})).answered(
            409,
            headers.clone(),
            body,
        );
        assert_eq!(world.answer_holds(), Ok(expected), "{when}");
    }
}

#[test]
fn the_body_of_an_answer_that_is_no_json_is_absent() {
    for (when, expected) in [
        ("{ $.a: { exists: false } }", true),
        ("{ body: { empty: true } }", true),
        ("{ text: down }", true),
    ] {
        let world =
            World::with_conditions("", "{}", when, json!({})).answered(500, json!({}), "down");
        assert_eq!(world.answer_holds(), Ok(expected), "{when}");
    }
}
