//! `#if`, `#unless`, `#each`.

use serde_json::json;

use super::{World, fails, gives, lacking, world};

#[test]
fn an_if_takes_false_null_zero_and_emptiness_for_false() {
    let world = World::of(json!({
        "no": false, "nil": null, "zero": 0, "zero_float": 0.0, "minus_zero": -0.0, "blank": "",
        "list": [], "object": {}, "yes": true, "one": 1, "space": " ", "zero_text": "0",
        "false_text": "false", "nested": [0],
    }));
    for name in
        ["no", "nil", "zero", "zero_float", "minus_zero", "blank", "list", "object", "event.absent"]
    {
        let template = format!("{{{{#if {name}}}}}yes{{{{else}}}}no{{{{/if}}}}");
        gives(&world, &[(&template, json!("no"))]);
        let template = format!("{{{{#unless {name}}}}}un{{{{/unless}}}}less");
        gives(&world, &[(&template, json!("unless"))]);
    }
    for name in ["yes", "one", "space", "zero_text", "false_text", "nested"] {
        let template = format!("{{{{#if {name}}}}}yes{{{{else}}}}no{{{{/if}}}}");
        gives(&world, &[(&template, json!("yes"))]);
    }
}

#[test]
fn an_if_without_an_else_gives_nothing() {
    gives(&world(), &[("{{#if no}}x{{/if}}", json!("")), ("a{{#if no}}x{{/if}}b", json!("ab"))]);
}

#[test]
fn an_else_if_is_asked_in_its_turn() {
    let chain = "{{#if a}}1{{else if b}}2{{else if (eq c 3)}}3{{else}}4{{/if}}";
    for (a, b, c, expected) in
        [(1, 1, 3, "1"), (0, 1, 3, "2"), (0, 0, 3, "3"), (0, 0, 0, "4"), (1, 0, 0, "1")]
    {
        let world = World::of(json!({"a": a, "b": b, "c": c}));
        gives(&world, &[(chain, json!(expected))]);
    }
    let nested = "{{#each list}}{{#if this.a}}a{{else if this.b}}{{this.b}}{{/if}};{{/each}}";
    let world = World::of(json!({"list": [{"a": true}, {"b": "B"}, {}]}));
    gives(&world, &[(nested, json!("a;B;;"))]);
    gives(&world, &[("{{#unless list}}x{{else if list}}y{{/unless}}", json!("y"))]);
}

#[test]
fn the_mark_of_another_block_may_stand_for_else() {
    gives(&world(), &[("{{#if no}}a{{^}}b{{/if}}", json!("b"))]);
}

#[test]
fn what_is_in_a_branch_not_taken_is_not_evaluated() {
    let world = World::new(
        "needed: $.needed\nbad: { path: $.bad, as: integer }\nyes: $.yes",
        json!({"bad": "N/A", "yes": true}),
    );
    gives(
        &world,
        &[
            ("{{#if yes}}ok{{else}}{{needed}}{{bad}}{{/if}}", json!("ok")),
            ("{{#unless yes}}{{bad}}{{else}}ok{{/unless}}", json!("ok")),
            ("{{#each event.none}}{{bad}}{{/each}}.", json!(".")),
        ],
    );
    fails(
        &world,
        &[("{{#if yes}}{{bad}}{{/if}}", "`bad` cannot be read: \"N/A\" is not an integer")],
    );
}

#[test]
fn a_condition_of_a_block_bears_absence_even_of_what_is_required() {
    gives(
        &lacking(),
        &[
            ("{{#if needed}}x{{else}}none{{/if}}", json!("none")),
            ("{{#if (upper needed)}}x{{else}}none{{/if}}", json!("none")),
            ("{{#if (and optional needed)}}x{{else}}none{{/if}}", json!("none")),
            ("{{#unless (eq needed \"a\")}}none{{/unless}}", json!("none")),
        ],
    );
}

#[test]
fn an_each_goes_over_the_members_of_an_array() {
    gives(
        &world(),
        &[
            ("{{#each list}}{{@index}}{{#if @first}}f{{/if}}{{#if @last}}l{{/if}};{{/each}}", {
                json!("0f;1;2l;")
            }),
            ("{{#each items}}{{this.n}}{{/each}}", json!("pq")),
            ("{{#each items}}{{./n}}{{/each}}", json!("pq")),
            ("{{#each items}}{{this/n}}{{/each}}", json!("pq")),
            ("{{#each items}}{{json this.m}}{{/each}}", json!("[7,8][]")),
            ("{{#each [1, 2]}}{{this}}{{/each}}", json!("12")),
            ("{{#each (split \"a,b\" \",\")}}<{{this}}>{{/each}}", json!("<a><b>")),
        ],
    );
}

#[test]
fn an_each_goes_over_the_members_of_an_object_with_their_keys() {
    gives(&world(), &[("{{#each object}}{{@key}}={{this.n}}{{@index}};{{/each}}", json!("k=70;"))]);
}

#[test]
fn an_each_over_nothing_gives_its_else() {
    let template = |name: &str| format!("{{{{#each {name}}}}}x{{{{else}}}}none{{{{/each}}}}");
    for name in ["nil", "object.absent", "event.absent", "items.1.m"] {
        gives(&world(), &[(&template(name), json!("none"))]);
    }
    gives(&lacking(), &[(&template("optional"), json!("none"))]);
    fails(&lacking(), &[(&template("needed"), "`needed` is required and absent")]);
}

#[test]
fn an_each_over_something_else_fails() {
    fails(
        &world(),
        &[
            (
                "{{#each word}}x{{/each}}",
                "`#each` goes over an array or an object, this is a string",
            ),
            ("{{#each five}}x{{/each}}", "this is a number"),
        ],
    );
}

#[test]
fn an_each_may_name_its_member_and_its_position() {
    gives(
        &world(),
        &[
            ("{{#each items as |x|}}{{x.n}}{{/each}}", json!("pq")),
            ("{{#each items as |x i|}}{{i}}{{x.n}}{{/each}}", json!("0p1q")),
            ("{{#each items as |x i|}}{{this.n}}{{@index}}{{/each}}", json!("p0q1")),
            ("{{#each items as |word|}}{{word.n}}{{/each}}{{word}}", json!("pqabc")),
        ],
    );
}

#[test]
fn outer_variables_stay_visible_inside_an_each() {
    gives(
        &world(),
        &[
            ("{{#each items}}{{word}}{{/each}}", json!("abcabc")),
            ("{{#each items as |x|}}{{#each x.m}}{{word}}{{x.n}}{{this}};{{/each}}{{/each}}", {
                json!("abcp7;abcp8;")
            }),
            ("{{#each items as |x i|}}{{#each x.m as |y j|}}{{i}}{{j}}{{y}};{{/each}}{{/each}}", {
                json!("007;018;")
            }),
            ("{{#each items}}{{#each this.m}}{{@../index}}{{@index}};{{/each}}{{/each}}", {
                json!("00;01;")
            }),
            ("{{#each items}}{{#if yes}}{{this.n}}{{@index}}{{/if}}{{/each}}", json!("p0q1")),
        ],
    );
}

#[test]
fn a_member_hides_nothing_of_the_same_name() {
    // In Handlebars `n` would be the member's; here it is the variable, and `this.n` the member's.
    let world = World::of(json!({"n": "outer", "items": [{"n": "inner"}]}));
    gives(&world, &[("{{#each items}}{{n}} {{this.n}}{{/each}}", json!("outer inner"))]);
}
