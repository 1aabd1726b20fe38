//! Variables: where they come from, what is done to them, and what absence means.

use serde_json::{Value, json};

use super::super::Fault;
use super::super::testing::World;

fn event() -> Value {
    json!({
        "word": " a@b ", "csv": "a, b ,c", "number": 42, "yes": "Y", "nil": null, "void": "",
        "list": ["x1", "y2", "z"], "numbers": ["1", "2"], "none": [], "nils": [null, "5", null],
        "deep": [{"n": "p", "v": null}, {"n": "q", "v": 7}, {"n": "q", "v": 8}],
        "big": 12345678901234567890123u128.to_string(),
    })
}

#[track_caller]
fn variable(long: &str) -> Result<Option<Value>, Fault> {
    World::new(&format!("v: {long}"), event()).variable("v")
}

#[track_caller]
fn table(rows: &[(&str, Option<Value>)]) {
    for (long, expected) in rows {
        assert_eq!(variable(long).as_ref(), Ok(expected), "{long}");
    }
}

#[track_caller]
fn fails(rows: &[(&str, &str)]) {
    for (long, reason) in rows {
        let fault = variable(long).expect_err(long).to_string();
        assert!(fault.contains(reason), "{long}: {fault}");
    }
}

#[test]
fn the_short_form_takes_the_first_node() {
    table(&[
        ("$.number", Some(json!(42))),
        ("$.list[-1]", Some(json!("z"))),
        ("\"$.deep[?@.n == 'q'].v\"", Some(json!(7))),
        ("$.deep[0]", Some(json!({"n": "p", "v": null}))),
        ("$", Some(event())),
    ]);
}

#[test]
fn a_list_of_paths_is_a_fallback_chain() {
    table(&[
        ("{ path: [$.gone, $.number] }", Some(json!(42))),
        ("{ path: [$.nil, $.number] }", Some(json!(42))),
        ("{ path: [$.number, $.word] }", Some(json!(42))),
        ("{ path: [$.void, $.number] }", Some(json!(""))),
        ("{ path: [$.gone, $.nil], optional: true }", None),
        ("{ path: [$.gone, $.nil], nullable: true }", Some(json!(null))),
        ("{ path: ['$.deep[*].v', $.word] }", Some(json!(7))),
    ]);
}

#[test]
fn all_takes_everything_and_is_never_absent() {
    table(&[
        ("{ path: '$.deep[*].n', all: true }", Some(json!(["p", "q", "q"]))),
        ("{ path: '$.deep[*].v', all: true }", Some(json!([null, 7, 8]))),
        ("{ path: $.number, all: true }", Some(json!([42]))),
        ("{ path: $.gone, all: true }", Some(json!([]))),
        ("{ path: $.gone, all: true, default: x }", Some(json!([]))),
        ("{ path: [$.gone, '$.list[*]'], all: true }", Some(json!(["x1", "y2", "z"]))),
        ("{ path: $.number, all: false }", Some(json!(42))),
    ]);
}

#[test]
fn absent_null_and_empty_are_three_things() {
    table(&[
        ("{ path: $.gone, optional: true }", None),
        ("{ path: $.nil, optional: true }", None),
        ("{ path: $.nil, optional: true, nullable: true }", Some(json!(null))),
        ("{ path: $.gone, optional: true, nullable: true }", None),
        ("{ path: $.nil, default: d }", Some(json!("d"))),
        ("{ path: $.nil, default: d, nullable: true }", Some(json!(null))),
        ("{ path: $.gone, default: d, nullable: true }", Some(json!("d"))),
        ("{ path: $.void, default: d }", Some(json!(""))),
        ("{ path: $.none, default: d }", Some(json!([]))),
    ]);
    fails(&[
        ("$.gone", "`v` is required and absent: `$.gone` selected nothing"),
        ("$.nil", "`v` is required and absent"),
        ("{ path: $.gone, nullable: true }", "`v` is required and absent"),
        ("{ path: [$.gone, $.a.b] }", "`$.gone`, `$.a.b` selected nothing"),
        ("{ path: $.gone, optional: false }", "`v` is required and absent"),
    ]);
}

#[test]
fn a_default_is_any_value_and_may_be_a_template() {
    table(&[
        ("{ path: $.gone, default: 5 }", Some(json!(5))),
        ("{ path: $.gone, default: false }", Some(json!(false))),
        ("{ path: $.gone, default: [a, { b: 1 }] }", Some(json!(["a", {"b": 1}]))),
        ("{ path: $.gone, default: null }", Some(json!(null))),
        ("{ path: $.gone, default: \"{{event.number}}\" }", Some(json!(42))),
        ("{ path: $.gone, default: \"${NAME}\" }", Some(json!("env-NAME"))),
        ("{ path: $.gone, default: \"${BRACES}\" }", Some(json!("{{secret}}${UNSET}"))),
        ("{ path: $.gone, default: \"{{event.gone}}\" }", None),
    ]);
}

#[test]
fn from_takes_another_variable_or_what_is_below_it() {
    let world = World::new(
        "deep: $.deep\na: { from: deep }\nb: { from: deep.1.v }\nc: { from: event.number, as: string }\n\
         d: { from: deep.9.v, optional: true }\ne: { from: deep.9, default: x }",
        event(),
    );
    assert_eq!(world.variable("a"), Ok(Some(event()["deep"].clone())));
    assert_eq!(world.variable("b"), Ok(Some(json!(7))));
    assert_eq!(world.variable("c"), Ok(Some(json!("42"))));
    assert_eq!(world.variable("d"), Ok(None));
    assert_eq!(world.variable("e"), Ok(Some(json!("x"))));
}

#[test]
fn what_comes_from_an_absent_variable_is_as_absent_as_it_says_itself() {
    let world = World::new(
        "gone: $.gone\nallowed: { path: $.gone, optional: true }\nnone: { from: gone }\n\
         optional: { from: gone, optional: true }\nstood: { from: gone, default: d }\n\
         made: { value: \"{{gone}}\", default: d }\nsoft: { value: \"{{allowed}}\", default: d }\n\
         hole: { value: \"x{{allowed}}\", default: d }",
        event(),
    );
    assert_eq!(world.variable("optional"), Ok(None));
    assert_eq!(world.variable("stood"), Ok(Some(json!("d"))));
    assert_eq!(world.variable("soft"), Ok(Some(json!("d"))));
    for (name, reason) in [
        ("none", "`gone` is required and absent: `$.gone` selected nothing"),
        ("made", "`gone` is required and absent: `$.gone` selected nothing"),
        ("hole", "`allowed` is absent, and text cannot leave it out"),
    ] {
        assert!(world.variable(name).expect_err(name).to_string().contains(reason), "{name}");
    }
}

#[test]
fn a_value_is_any_structure_with_templates_in_it() {
    table(&[
        ("{ value: [\"{{event.number}}\", \"n={{event.number}}\"] }", Some(json!([42, "n=42"]))),
        ("{ value: { a: { b: \"{{event.nil}}\", c: \"{{event.gone}}\" } } }", {
            Some(json!({"a": {"b": null}}))
        }),
        ("{ value: 5 }", Some(json!(5))),
        ("{ value: { $$each: 1 } }", Some(json!({"$each": 1}))),
        ("{ value: \"{{event.gone}}\", optional: true }", None),
        ("{ value: \" 7 \", as: integer }", Some(json!(7))),
    ]);
}

#[test]
fn the_first_case_that_holds_gives_the_value() {
    for (state, blocked, expected) in [
        ("open", false, "granted"),
        ("open", true, "barred"),
        ("closed", false, "barred"),
        ("new", true, "new"),
    ] {
        let world = World::new(
            "state: $.state\nblocked: $.blocked\nv:\n  cases:\n    \
             - { when: { state: open, blocked: false }, value: granted }\n    \
             - { when: { state: new }, value: \"{{state}}\" }\n    - { value: barred }",
            json!({"state": state, "blocked": blocked}),
        );
        assert_eq!(world.variable("v"), Ok(Some(json!(expected))), "{state} {blocked}");
    }
}

#[test]
fn no_case_is_absence() {
    let cases = "cases: [{ when: { $.number: 1 }, value: a }]";
    table(&[
        (&format!("{{ {cases}, optional: true }}"), None),
        (&format!("{{ {cases}, default: d }}"), Some(json!("d"))),
    ]);
    fails(&[(&format!("{{ {cases} }}"), "`v` is required and absent: no case holds")]);
}

#[test]
fn a_case_that_is_not_taken_is_not_evaluated() {
    let world = World::new(
        "bad: { path: $.word, as: integer }\ngone: $.gone\nv:\n  cases:\n    \
         - { when: { $.number: 1 }, value: \"{{bad}}{{gone}}\" }\n    - { value: ok }\n    ",
        event(),
    );
    assert_eq!(world.variable("v"), Ok(Some(json!("ok"))));
}

#[test]
fn split_makes_trimmed_strings_of_a_string_only() {
    table(&[
        ("{ path: $.csv, split: \",\" }", Some(json!(["a", "b", "c"]))),
        ("{ path: $.csv, split: \", b\" }", Some(json!(["a", ",c"]))),
        ("{ path: $.void, split: \",\" }", Some(json!([]))),
        ("{ path: $.number, split: \",\" }", Some(json!(42))),
        ("{ path: $.list, split: \",\" }", Some(json!(["x1", "y2", "z"]))),
    ]);
}

#[test]
fn first_takes_a_member_of_an_array_only() {
    table(&[
        ("{ path: $.list, first: true }", Some(json!("x1"))),
        ("{ path: $.word, first: true }", Some(json!(" a@b "))),
        ("{ path: $.none, first: true, optional: true }", None),
        ("{ path: $.none, first: true, default: d }", Some(json!("d"))),
        ("{ path: $.nils, first: true, default: d }", Some(json!("d"))),
        ("{ path: $.list, first: false }", Some(json!(["x1", "y2", "z"]))),
    ]);
    fails(&[("{ path: $.none, first: true }", "or what it selected did not pass")]);
}

#[test]
fn capture_takes_the_first_group_or_the_match() {
    table(&[
        ("{ path: $.word, capture: '(\\w)@(\\w)' }", Some(json!("a"))),
        ("{ path: $.word, capture: '@\\w' }", Some(json!("@b"))),
        ("{ path: $.word, capture: '^\\d+$', optional: true }", None),
        ("{ path: $.word, capture: '^\\d+$', default: d }", Some(json!("d"))),
        ("{ path: $.word, capture: '(x)?@', default: d }", Some(json!("d"))),
        ("{ path: $.number, capture: '^(\\d)' }", Some(json!("4"))),
        ("{ path: $.list, capture: '[a-z](\\d)' }", Some(json!(["1", "2"]))),
        ("{ path: $.list, capture: 'q' }", Some(json!([]))),
    ]);
    fails(&[
        ("{ path: $.word, capture: '^\\d+$' }", "did not pass `split` to `map`"),
        ("{ path: '$.deep[0]', capture: x }", "`capture` reads text, this is an object"),
    ]);
}

#[test]
fn as_converts_explicitly_or_fails() {
    table(&[
        ("{ path: $.number, as: string }", Some(json!("42"))),
        ("{ path: $.numbers, as: integer }", Some(json!([1, 2]))),
        ("{ path: $.yes, as: boolean }", Some(json!(true))),
        ("{ path: $.big, as: integer }", {
            Some(serde_json::from_str("12345678901234567890123").expect("a number"))
        }),
        ("{ path: $.number, as: timestamp }", Some(json!("1970-01-01T00:00:42Z"))),
        ("{ path: $.gone, as: integer, optional: true }", None),
        ("{ path: $.gone, as: integer, default: none }", Some(json!("none"))),
    ]);
    fails(&[
        ("{ path: $.word, as: integer }", "`v` cannot be read: \" a@b \" is not an integer"),
        ("{ path: $.word, as: integer, default: 5, optional: true }", "is not an integer"),
        ("{ path: $.void, as: number }", "is not a number"),
        ("{ path: $.list, as: integer }", "\"x1\" is not an integer"),
        ("{ path: $.deep, as: string }", "an object is not a string"),
    ]);
}

#[test]
fn map_looks_up_by_text_and_a_miss_is_absence() {
    table(&[
        ("{ path: $.number, map: { 42: answer } }", Some(json!("answer"))),
        ("{ path: $.number, map: { 42: [1, true] } }", Some(json!([1, true]))),
        ("{ path: $.yes, map: { N: 1 }, default: 0 }", Some(json!(0))),
        ("{ path: $.yes, map: { N: 1 }, optional: true }", None),
        ("{ path: $.yes, map: { Y: null }, default: d }", Some(json!("d"))),
        ("{ path: $.list, map: { x1: 1, z: 26 } }", Some(json!([1, 26]))),
        ("{ path: $.yes, map: { Y: \"${NAME}\" } }", Some(json!("env-NAME"))),
    ]);
    fails(&[
        ("{ path: $.yes, map: { N: 1 } }", "`v` is required and absent"),
        ("{ path: $.deep, map: { a: 1 } }", "`map` looks up text, this is an object"),
    ]);
}

#[test]
fn the_stages_apply_in_their_own_order_however_they_are_written() {
    table(&[
        (
            "{ map: { 2: two }, as: integer, capture: 'n(\\d)', first: true, split: \";\", path: $.x, \
          default: none }",
            Some(json!("none")),
        ),
        ("{ map: { b: B }, first: true, split: \"@\", value: \"b@c\" }", Some(json!("B"))),
        ("{ as: integer, capture: '\\d+', first: true, split: \",\", value: \"n07,n8\" }", {
            Some(json!(7))
        }),
        ("{ map: { 7: seven }, as: integer, capture: '\\d+', split: \",\", value: \"n07,n8\" }", {
            Some(json!(["seven"]))
        }),
    ]);
}

#[test]
fn null_is_no_member_to_work_on_unless_it_may_be_one() {
    table(&[
        ("{ path: $.nils, as: integer }", Some(json!([5]))),
        ("{ path: $.nils, capture: '.' }", Some(json!(["5"]))),
        ("{ path: $.nils, map: { 5: five } }", Some(json!(["five"]))),
        ("{ path: $.nils, as: integer, nullable: true }", Some(json!([null, 5, null]))),
        ("{ path: $.nil, as: integer, nullable: true }", Some(json!(null))),
        ("{ path: $.nils }", Some(json!([null, "5", null]))),
    ]);
}

#[test]
fn a_regular_expression_may_come_from_the_environment_as_a_whole() {
    table(&[
        ("{ value: xenv-Ry, capture: \"${R}\" }", Some(json!("env-R"))),
        ("{ value: ab12, capture: \"${UNSET:-[0-9]+$}\" }", Some(json!("12"))),
    ]);
}

#[test]
fn variables_refer_to_each_other_in_any_order() {
    let world = World::new(
        "c: { value: \"{{b}}c\" }\nb: { from: a }\na: { value: \"{{event.number}}a\" }",
        event(),
    );
    assert_eq!(world.variable("c"), Ok(Some(json!("42ac"))));
}

#[test]
fn a_long_chain_of_variables_is_evaluated() {
    let link = |at: usize| format!("v{at}: {{ value: [\"{{{{v{}}}}}\"] }}\n", at - 1);
    let chain: String = (1..50).map(link).collect();
    let world = World::new(&format!("v0: $.number\n{chain}"), event());
    let value = world.variable("v49").expect("no fault").expect("present");
    assert_eq!(value.to_string(), format!("{}42{}", "[".repeat(49), "]".repeat(49)));
}
