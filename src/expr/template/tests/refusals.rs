//! What is no template is told at load, with its place.

use proptest::prelude::*;
use serde_json::json;

use super::super::{Template, TemplateFault, Unescaped};
use super::World;

fn world() -> World {
    World::of(json!({"a": "A", "list": [1], "yes": true}))
}

#[track_caller]
fn refusal(template: &str) -> TemplateFault {
    let faults = world().try_template(template, Unescaped::Refused).expect_err(template);
    faults.into_iter().next().expect("a fault")
}

#[test]
fn each_mistake_has_its_code_its_words_and_its_place() {
    for (template, code, message, place) in [
        ("x {{nope}}", "undefined-name", "nothing defines `nope`", "nope"),
        ("{{lower}}", "undefined-name", "nothing defines `lower`", "lower"),
        ("{{(lower)}}", "undefined-name", "nothing defines `lower`", "lower"),
        ("{{nope a}}", "unknown-helper", "there is no helper `nope`", "{{nope a}}"),
        ("{{#with a}}{{/with}}", "unknown-helper", "there is no block `#with`", "{{#with a}}"),
        ("{{#a}}x{{/a}}", "unknown-helper", "there is no block `#a`", "{{#a}}"),
        ("{{{{raw}}}}x{{{{/raw}}}}", "unknown-helper", "there is no block `#raw`", "{{{{raw}}}}"),
        (
            "{{lower a a}}",
            "wrong-arguments",
            "`lower` takes 1 argument, here are 2",
            "{{lower a a}}",
        ),
        ("{{lower x=1}}", "wrong-arguments", "no named arguments", "{{lower x=1}}"),
        ("{{#each list x=1}}{{/each}}", "wrong-arguments", "no named", "{{#each list x=1}}"),
        (
            "{{#if eq a 1}}{{/if}}",
            "wrong-arguments",
            "takes one argument, here are 3",
            "{{#if eq a 1}}",
        ),
        ("{{this}}", "undefined-name", "`this` stands for the member", "{{this}}"),
        ("{{./a}}", "undefined-name", "`./a` stands for the member", "{{./a}}"),
        ("{{a.this}}", "bad-template", "`this` cannot stand inside", "{{a.this}}"),
        ("{{@index}}", "undefined-name", "`@index` stands outside of an `#each`", "{{@index}}"),
        ("{{#each list}}{{@../index}}{{/each}}", "undefined-name", "outside", "{{@../index}}"),
        (
            "{{#each list}}{{@other}}{{/each}}",
            "undefined-name",
            "there is no `@other`",
            "{{@other}}",
        ),
        ("{{#each list}}{{../a}}{{/each}}", "bad-template", "climbs out", "{{../a}}"),
        ("{{@root.a}}", "bad-template", "climbs out of its block", "{{@root.a}}"),
        ("{{> part}}", "bad-template", "there are no partials", "{{> part}}"),
        ("{{#> part}}x{{/part}}", "bad-template", "there are no partials", "{{#> part}}"),
        ("{{* deco}}", "bad-template", "there are no decorators", "{{* deco}}"),
        ("{{{a}}}", "unescaped-template", "always escaped", "{{{a}}}"),
        ("ä {{&a}}", "unescaped-template", "always escaped", "{{&a}}"),
        ("a {{", "bad-template", "this `{{` is not closed", "{{"),
        ("a {{a} b", "bad-template", "this `{{` is not closed", "{{a} b"),
        ("{{}}", "bad-template", "this is not an expression", "{{}}"),
        ("{{a}} {{+}}", "bad-template", "this is not an expression", "{{+}}"),
        ("{{\"text\"}}", "bad-template", "this is not an expression", "{{\"text\"}}"),
        ("x{{#if a}}y", "bad-template", "this block is not closed", "{{#if a}}"),
        ("{{#if a}}{{#each list}}{{/if}}", "bad-template", "does not close", "{{/if}}"),
        ("{{/if}}", "bad-template", "none is open here", "{{/if}}"),
        ("{{else}}", "bad-template", "none is open here", "{{else}}"),
    ] {
        let fault = refusal(template);
        let range = fault.range.expect(template);
        assert_eq!((fault.code, &template[range]), (code, place), "{template}: {}", fault.message);
        assert!(fault.message.contains(message), "{template}: {}", fault.message);
    }
}

#[test]
fn a_literal_with_which_every_call_would_fail_is_told() {
    for (call, message) in [
        ("div a 0", "`div` would fail on every event: nothing can be divided by 0"),
        ("div a \"0.0\"", "nothing can be divided by 0"),
        ("add a \"x\"", "\"x\" is not a number"),
        ("mul 1 123456789012345678901234567890", "has more than 28 digits"),
        ("sub true a", "true is not a number"),
        ("round a 99", "it rounds to 0 to 18 digits, not to 99"),
        ("pad_left a 10 \"ab\"", "exactly one character, not with \"ab\""),
        ("pad_left a 1001", "the width is 0 to 1000, not 1001"),
        ("pad_left a -1", "the width is 0 to 1000, not -1"),
        ("substring a 1.5", "1.5 is not an integer"),
        ("substring a 0 \"all\"", "\"all\" is not an integer"),
        ("date a \"%!\"", "\"%!\" is not a format of dates"),
        ("date a \"%\"", "\"%\" is not a format of dates"),
        ("date a \"%Y\" \"Kyiv\"", "\"Kyiv\" is not a time zone"),
        ("date \"16.05.2025\" \"%Y\"", "\"16.05.2025\" is not a timestamp"),
        ("split a \"\"", "the separator is empty"),
        ("replace a \"\" \"b\"", "what is to be replaced is empty"),
    ] {
        let printed = format!("ä {{{{{call}}}}}");
        let fault = refusal(&printed);
        let range = fault.range.expect(call);
        assert_eq!((fault.code, &printed[range]), ("bad-argument", &printed[3..]), "{call}");
        assert!(fault.message.contains(message), "{call}: {}", fault.message);
        assert_eq!(refusal(&format!("{{{{#if ({call})}}}}{{{{/if}}}}")).code, "bad-argument");
        assert_eq!(refusal(&format!("{{{{json ({call})}}}}")).code, "bad-argument");
    }
}

#[test]
fn only_what_the_author_wrote_is_judged_as_a_literal() {
    for template in [
        "{{div a list}}",
        "{{date a \"${FORMAT}\" \"${ZONE}\"}}",
        "{{round a \"${DIGITS}\"}}",
        "{{div a (sub 1 1)}}",
        "{{date a \"%Q\"}}",
        "{{substring a -3 2}}",
        "{{round a \"2\"}}",
    ] {
        assert!(world().try_template(template, Unescaped::Refused).is_ok(), "{template}");
    }
}

#[test]
fn every_mistake_is_told_not_the_first_alone() {
    let template = "{{nope}} {{lower}} {{#if (oops a)}}{{#each zzz}}{{/each}}{{/if}}";
    let faults = world().try_template(template, Unescaped::Refused).expect_err(template);
    let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["undefined-name", "undefined-name", "unknown-helper", "undefined-name"]);
}

#[test]
fn mistakes_in_an_else_if_are_told() {
    assert_eq!(refusal("{{#if a}}{{else if nope}}{{/if}}").code, "undefined-name");
    assert_eq!(refusal("{{#if a}}{{else if yes}}{{nope}}{{/if}}").code, "undefined-name");
}

#[test]
fn a_template_too_deep_or_too_long_is_refused_quickly() {
    for (template, message) in [
        ("x".repeat(300 << 10), "longer than 262144 bytes"),
        ("{{a}}".repeat(1001), "more than 1000 expressions"),
        (format!("{{{{lower {}a{}}}}}", "(lower ".repeat(40), ")".repeat(40)), "deeper than 32"),
        (format!("{{{{json {}{}}}}}", "[".repeat(40), "]".repeat(40)), "deeper than 32"),
        (format!("{}{}", "{{#if a}}".repeat(40), "{{/if}}".repeat(40)), "deeper than 32"),
        (format!("{}{}", "{{ #if a}}".repeat(400), "{{/if}}".repeat(400)), "deeper than 32"),
        (format!("{}{}", "{{~ #if a}}".repeat(40), "{{/if}}".repeat(40)), "deeper than 32"),
        (
            format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{else if a}}".repeat(900)),
            "more than 100 `else`",
        ),
        (format!("{{{{#if a}}}}{}{{{{/if}}}}", "{{^ if a}}".repeat(900)), "more than 100 `else`"),
    ] {
        let fault = refusal(&template);
        assert!(fault.message.contains(message), "{message}: {}", fault.message);
    }
}

#[test]
fn the_longest_template_that_is_accepted_is_compiled_quickly() {
    let template = format!("{}{}", "ä{{a}}".repeat(1000), "ü\n".repeat(80_000));
    assert_eq!(
        world()
            .value(&template)
            .expect("it is well-formed")
            .map(|text| { text.as_str().unwrap_or_default().chars().count() }),
        Some(162_000)
    );
}

/// What templates are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{#if ",
        "{{#each ",
        "{{/if}}",
        "{{/each}}",
        "{{else",
        "{{^",
        "~",
        "{{{{",
        "}}}}",
        "a",
        "list",
        "this",
        ".",
        "/",
        "..",
        "@index",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "\\",
        " ",
        "\n",
        "|",
        " as ",
        "=",
        "1",
        "-",
        "${",
        "}",
        "$",
        "{{!--",
        "--}}",
        "{{>",
        "{{*",
        "&",
        "lower ",
        "eq ",
        "ä",
        "😀",
        "\0",
        "null",
        "true",
        "{",
        ":",
        ",",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Compiles a text and, if it is a template, renders it; only a panic would be a failure.
fn survives(text: &str) {
    struct Silent;
    impl super::super::Names for Silent {
        fn resolve(&mut self, _: &[&str]) -> Result<(crate::expr::Root, usize), TemplateFault> {
            Ok((crate::expr::Root::Builtin(crate::expr::Builtin::Event), 1))
        }

        fn table(&mut self, _: &str) -> Option<std::sync::Arc<crate::expr::Table>> {
            Some(std::sync::Arc::default())
        }

        fn reads_document(&mut self) {}

        fn environment(&mut self, text: &str, _: usize) -> Vec<super::super::Piece> {
            vec![super::super::Piece::Given(text.to_owned())]
        }
    }
    let world = world();
    let _ = world.try_template(text, Unescaped::Refused);
    if let Ok(template) = Template::parse(text, Unescaped::Allowed, &mut Silent) {
        let _ = template.value(&world);
        let _ = template.text(&world, super::super::Place::Message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_the_compiler_panic(text in "\\PC{0,40}") {
        survives(&text);
    }

    #[test]
    fn no_heap_of_pieces_makes_the_compiler_panic(text in pieces()) {
        survives(&text);
    }
}

#[test]
fn literal_text_is_handed_over_with_the_place_where_it_begins() {
    struct Recorder(Vec<(String, usize)>);
    impl super::super::Names for Recorder {
        fn resolve(&mut self, _: &[&str]) -> Result<(crate::expr::Root, usize), TemplateFault> {
            Ok((crate::expr::Root::Builtin(crate::expr::Builtin::Event), 1))
        }

        fn environment(&mut self, text: &str, offset: usize) -> Vec<super::super::Piece> {
            self.0.push((text.to_owned(), offset));
            Vec::new()
        }
    }
    let source = "ä {{a}} ${B} {{a~}}  ${C}\n{{#if a}}\n  ${D}{{/if}}\n";
    let mut recorder = Recorder(Vec::new());
    Template::parse(source, Unescaped::Refused, &mut recorder).expect("it is a template");
    assert_eq!(recorder.0.len(), 5);
    for (text, offset) in recorder.0 {
        assert!(source[offset..].starts_with(&text), "{text:?} at {offset}");
    }
}
