//! Templates, sentence by sentence: what they give, and what they refuse.

mod blocks;
mod places;
mod refusals;

use serde_json::{Value, json};

use super::super::testing::World;
use super::super::{Fault, Scope};
use super::{Place, Unescaped};

fn world() -> World {
    World::of(json!({
        "word": "abc", "five": 5, "float": 1.50, "zero": 0, "yes": true, "no": false,
        "list": [1, "b", null], "object": {"k": {"n": 7}}, "nil": null, "void": "",
        "items": [{"n": "p", "m": [7, 8]}, {"n": "q", "m": []}], "bill-status": "open",
    }))
}

/// A required variable and an optional one, both absent.
fn lacking() -> World {
    World::new("needed: $.needed\noptional: { path: $.optional, optional: true }", json!({}))
}

#[track_caller]
fn gives(world: &World, rows: &[(&str, Value)]) {
    for (template, expected) in rows {
        assert_eq!(world.value(template), Ok(Some(expected.clone())), "{template}");
    }
}

#[track_caller]
fn fails(world: &World, rows: &[(&str, &str)]) {
    for (template, expected) in rows {
        let fault = world.value(template).expect_err(template).to_string();
        assert!(fault.contains(expected), "{template}: {fault}");
    }
}

#[test]
fn a_single_expression_keeps_the_type_of_its_value() {
    gives(
        &world(),
        &[
            ("{{word}}", json!("abc")),
            ("{{five}}", json!(5)),
            ("{{float}}", json!(1.50)),
            ("{{yes}}", json!(true)),
            ("{{list}}", json!([1, "b", null])),
            ("{{object.k}}", json!({"n": 7})),
            ("{{nil}}", json!(null)),
            ("{{ five }}", json!(5)),
            ("{{eq five 5.0}}", json!(true)),
            ("{{length list}}", json!(3)),
        ],
    );
}

#[test]
fn anything_beside_the_expression_makes_text() {
    gives(
        &world(),
        &[
            ("{{five}}!", json!("5!")),
            (" {{yes}}", json!(" true")),
            ("{{five}}{{zero}}", json!("50")),
            ("{{void}}{{void}}", json!("")),
            ("no expression at all", json!("no expression at all")),
            ("", json!("")),
            ("closing }} alone is text", json!("closing }} alone is text")),
        ],
    );
}

#[test]
fn a_single_absent_expression_is_absent_if_it_may_be() {
    assert_eq!(lacking().value("{{optional}}"), Ok(None));
    assert_eq!(lacking().value("{{optional.a.b}}"), Ok(None));
    assert_eq!(world().value("{{word.below}}"), Ok(None));
    assert_eq!(world().value("{{lower object.absent}}"), Ok(None));
    let fault = lacking().value("{{needed}}").expect_err("it is required");
    assert!(fault.is_absence());
    assert_eq!(fault.to_string(), "`needed` is required and absent: `$.needed` selected nothing");
}

#[test]
fn text_has_no_place_for_absence_null_objects_or_arrays() {
    fails(
        &lacking(),
        &[
            ("x{{optional}}", "`optional` is absent, and text cannot leave it out"),
            ("x{{lower optional}}", "`lower optional` is absent"),
            ("x{{needed}}", "`needed` is required and absent"),
        ],
    );
    fails(
        &world(),
        &[
            ("x{{nil}}", "`nil` is absent"),
            ("x{{object}}", "`object` is an object; write it with the `json` helper"),
            ("x{{list}}", "`list` is an array; write it with the `json` helper"),
        ],
    );
    gives(&world(), &[("x{{json object}}", json!(r#"x{"k":{"n":7}}"#))]);
}

#[test]
fn names_are_dotted_and_reach_into_arrays() {
    gives(
        &world(),
        &[
            ("{{object.k.n}}", json!(7)),
            ("{{object/k/n}}", json!(7)),
            ("{{object.[k].n}}", json!(7)),
            ("{{items.1.n}}", json!("q")),
            ("{{items.[0].m.1}}", json!(8)),
            ("{{bill-status}}", json!("open")),
            ("{{event.object.k.n}}", json!(7)),
        ],
    );
    assert_eq!(world().value("{{items.2}}"), Ok(None));
    assert_eq!(world().value("{{items.n}}"), Ok(None));
    assert_eq!(world().value("{{items.-1}}"), Ok(None));
}

#[test]
fn helpers_are_called_and_nested() {
    gives(
        &world(),
        &[
            ("{{upper word}}", json!("ABC")),
            ("{{upper (concat word five)}}", json!("ABC5")),
            ("{{concat (lower \"X\") '-' (upper 'y')}}", json!("x-Y")),
            ("{{default object.absent (upper word)}}", json!("ABC")),
            ("{{default nil 3}}", json!(3)),
            ("{{join (split \"a, b\" \",\") \"+\"}}", json!("a+b")),
            ("{{(upper word)}}", json!("ABC")),
            ("{{json [1, {\"a\": true}]}}", json!("[1,{\"a\":true}]")),
        ],
    );
    fails(&world(), &[("{{upper list}}", "`upper` failed: argument 1 is an array, not text")]);
}

#[test]
fn a_default_bears_the_absence_of_what_is_required_unless_it_is_required_itself() {
    let lacking = lacking();
    assert_eq!(lacking.value("{{default needed \"d\"}}"), Ok(Some(json!("d"))));
    assert_eq!(lacking.value("{{default (upper needed) \"d\"}}"), Ok(Some(json!("d"))));
    assert_eq!(lacking.value("{{default needed optional}}"), Ok(None));
    let fault = lacking.value("{{default optional needed}}").expect_err("nothing is left");
    assert!(matches!(fault, Fault::Absent { .. }), "{fault}");
}

#[test]
fn digits_of_numbers_survive() {
    let event = serde_json::from_str(r#"{"i": 123456789012345678901234567890, "d": 1.10}"#);
    let world = World::of(event.expect("JSON"));
    assert_eq!(
        world.body(&json!({"i": "{{i}}", "d": "{{d}}", "t": "{{i}}!"})),
        Ok(r#"{"i":123456789012345678901234567890,"d":1.10,"t":"123456789012345678901234567890!"}"#
            .to_owned())
    );
}

#[test]
fn comments_whitespace_control_and_escapes_are_those_of_handlebars() {
    gives(
        &world(),
        &[
            ("a{{! gone }}b", json!("ab")),
            ("a{{!-- {{gone}} --}}b", json!("ab")),
            ("a  {{~word~}}  b", json!("aabcb")),
            ("\\{{word}}", json!("{{word}}")),
            ("\\\\{{word}}", json!("\\abc")),
            ("{{#if yes}}\n  line\n{{/if}}\nend", json!("  line\nend")),
        ],
    );
}

#[test]
fn what_the_environment_gives_is_never_read_as_a_template() {
    let world = world();
    gives(
        &world,
        &[
            ("${BRACES}", json!("{{secret}}${UNSET}")),
            ("<${BRACES}>", json!("<{{secret}}${UNSET}>")),
            ("{{concat \"${BRACES}\" word}}", json!("{{secret}}${UNSET}abc")),
            ("{{first [\"${NAME}\"]}}", json!("env-NAME")),
            ("{{#if yes}}${BRACES}{{/if}}", json!("{{secret}}${UNSET}")),
            ("$${NAME}", json!("${NAME}")),
            ("${NAME:-x}", json!("env-NAME")),
        ],
    );
    assert_eq!(world.template("a${NAME}").as_literal().as_deref(), Some("aenv-NAME"));
}

#[test]
fn what_an_event_gives_is_never_read_as_a_template() {
    let world = World::of(json!({"a": "{{b}}", "b": "${NAME} \\{{", "c": "{{{a}}}{{#if b}}"}));
    gives(&world, &[("{{a}}|{{b}}|{{c}}", json!("{{b}}|${NAME} \\{{|{{{a}}}{{#if b}}"))]);
}

#[test]
fn headers_are_found_by_any_case() {
    let world = World::of(json!({})).answered(200, json!({"x-trace": "t"}), "{}");
    for template in ["{{headers.x-trace}}", "{{headers.X-Trace}}", "{{headers.[X-TRACE]}}"] {
        assert_eq!(world.value(template), Ok(Some(json!("t"))), "{template}");
    }
}

#[test]
fn messages_render_what_is_absent_as_nothing_and_structure_as_json() {
    let world = World::new("needed: $.needed\nlist: $.list", json!({"list": [1, {"a": null}]}))
        .answered(422, json!({}), r#"{"error": {"code": 7}, "none": null}"#);
    for (template, expected) in [
        ("{{body.error.detail}}", ""),
        ("no: {{body.none}}.", "no: ."),
        ("{{needed}}", ""),
        ("{{upper needed}}{{concat \"a\" needed}}", ""),
        ("{{body.error}} {{list}}", r#"{"code":7} [1,{"a":null}]"#),
        ("{{#each needed}}x{{else}}none{{/each}}", "none"),
        ("{{#if needed}}x{{else}}none{{/if}}", "none"),
        ("{{status}}: {{text}}", r#"422: {"error": {"code": 7}, "none": null}"#),
    ] {
        assert_eq!(world.text(template, Place::Message).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn unescaped_expressions_stand_in_text_bodies_only() {
    let world = world();
    for template in
        ["{{{word}}}", "{{&word}}", "{{{concat word 1}}}", "{{#if yes}}{{{word}}}{{/if}}"]
    {
        let faults = world.try_template(template, Unescaped::Refused).expect_err(template);
        assert_eq!(faults[0].code, "unescaped-template", "{template}");
        let allowed = world.try_template(template, Unescaped::Allowed).expect(template);
        let text = allowed.text(&world, Place::Text).expect(template);
        assert!(text.starts_with("abc"), "{template}: {text}");
    }
}

#[test]
fn a_rendered_text_ends_at_its_limit_and_so_does_the_work_for_it() {
    let big = "x".repeat(5 << 20);
    let many: Vec<Value> = vec![json!(0); 3000];
    let world = World::of(json!({"big": big, "many": many}));
    for template in [
        "{{big}}{{big}}",
        "{{#each many}}{{big}}{{/each}}",
        "{{#each many}}{{#each many}}{{#if this}}x{{/if}}{{/each}}{{/each}}",
    ] {
        let fault = world.text(template, Place::Text).expect_err(template);
        assert!(matches!(fault, Fault::TooLarge { .. }), "{template}: {fault}");
    }
    let fault = world.body(&json!(["{{big}}", "{{big}}"])).expect_err("10 MiB");
    assert_eq!(fault.to_string(), "the rendered body is larger than 8388608 bytes");
}

#[test]
fn an_answer_can_be_read_only_where_there_is_one() {
    let world = World::of(json!({}));
    assert_eq!(world.value("{{body.a}}"), Ok(None));
    assert!(world.document().is_some());
}
