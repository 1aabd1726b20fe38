//! Answers that nobody would send in good faith: none of them brings the engine down, makes it slow,
//! or is told on in full.

use serde_json::{Value, json};

use super::super::outcome::{Failure, FailureKind};
use super::super::testing::*;

const MEGABYTE: usize = 1 << 20;

/// A table that looks at everything, and holds of nothing here.
const LOOKS_AT_EVERYTHING: &str = r#"responses:
          - { when: { headers.x-note: "\u0001never" }, then: stop }
          - { when: { text: { contains: "\u0001never" } }, then: stop }
          - { when: { text: { matches: '(never|ever)+$' } }, then: stop }
          - { when: { $.code: { gt: 1 } }, then: stop }
          - { when: { $..code: never }, then: stop }
          - { when: { body.code: [never, 1.5, "{{event_id}}"] }, then: stop }"#;

/// Judged by that table, and then by a status that nothing but the default knows.
fn looked_at(reply: Reply) -> Failure {
    Story::of(rule("PUT /x").step(LOOKS_AT_EVERYTHING)).replies([reply]).fails()
}

fn is_short(failure: &Failure) -> bool {
    failure.message.chars().count() < 300 && failure.error.chars().count() < 300
}

#[test]
fn a_megabyte_of_anything_is_judged_and_told_in_brief() {
    for (what, body) in [
        ("letters", "x".repeat(MEGABYTE)),
        ("two bytes each", "é".repeat(MEGABYTE / 2)),
        ("spaces", " ".repeat(MEGABYTE)),
        ("almost what is looked for", "neve".repeat(MEGABYTE / 4)),
        ("braces", "{".repeat(MEGABYTE)),
        ("brackets", "[".repeat(MEGABYTE)),
        ("quotes", "\"".repeat(MEGABYTE)),
        ("a string", json!("x".repeat(MEGABYTE)).to_string()),
        ("digits", "9".repeat(MEGABYTE)),
        ("digits of a code", format!("{{\"code\":-{}}}", "9".repeat(MEGABYTE))),
        ("an exponent", "{\"code\":-1e999999999}".to_owned()),
        ("small members", format!("[{}0]", "0,".repeat(MEGABYTE / 2))),
        ("small objects", format!("[{}0]", "{\"code\":0},".repeat(MEGABYTE / 11))),
        (
            "one key again and again",
            format!("{{{}\"code\":0}}", "\"code\":0,".repeat(MEGABYTE / 9)),
        ),
        ("nothing but zero bytes", "\0".repeat(MEGABYTE)),
    ] {
        let failure = looked_at(text(418, &body));
        assert_eq!(
            (failure.kind, failure.target_status),
            (FailureKind::Refused, Some(418)),
            "{what}"
        );
        assert!(is_short(&failure), "{what}: {}", failure.error.len());
    }
}

#[test]
fn nesting_is_read_to_its_limit_and_unreadable_beyond_it() {
    let table = "responses: [{ when: { $.code: 1 }, then: stop }]";
    let nested = |depth: usize| format!("{}{}", "{\"a\":".repeat(depth), "1") + &"}".repeat(depth);
    let judge = |body: &str| {
        let story = Story::of(rule("PUT /x").step(table)).replies([text(200, body)]);
        story.run(event())
    };
    assert!(succeeded(&judge(&nested(127))));
    for depth in [128, 1000, 150_000] {
        let failure = only_failure(judge(&nested(depth)));
        assert_eq!(failure.kind, FailureKind::BadAnswer, "{depth}");
        assert!(is_short(&failure), "{depth}");
    }
    let unread = Story::of(rule("PUT /x")).replies([text(200, &nested(150_000))]);
    unread.succeeds();
    let deep = rule("PUT /x").step("responses: [{ when: { $..a..a: never }, then: ok }]");
    let failure = Story::of(deep).replies([text(418, &nested(127))]).fails();
    assert_eq!(failure.kind, FailureKind::Refused);
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let table = "responses: [{ when: { $.code: \"\u{fffd}\" }, then: stop }]";
    Story::of(rule("PUT /x").step(table)).replies([bytes(418, b"{\"code\":\"\xff\"}")]).succeeds();

    for body in
        [&b"\xff\xfe\xfd"[..], b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", &[0x80; 5000]]
    {
        let failure = looked_at(bytes(418, body));
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(is_short(&failure) && failure.error.len() > "hss answered 418: ".len());
        let failure = looked_at(bytes(200, body));
        assert_eq!(failure.kind, FailureKind::BadAnswer, "a success that cannot be read");
    }
}

#[test]
fn headers_are_read_whatever_is_in_them() {
    let table = "responses: [{ when: { headers.x-note: { exists: true } }, then: fail, \
                 message: \"it says {{headers.x-note}}\" }]";
    for note in [
        "",
        "a\r\nx-b: c",
        "\0\u{1b}[2J\u{7f}",
        "\u{202e}evil",
        "\u{fffd}",
        "{{body}}",
        "${SECRET}",
    ] {
        let reply = status(200).header("x-note", note);
        let failure = Story::of(rule("PUT /x").step(table)).replies([reply]).fails();
        assert_eq!(failure.message, format!("it says {note}"));
    }
    let many = (0..10_000).fold(status(418), |reply, at| {
        reply.header("x-note", "n").header(&format!("x-{at}"), "v").header("", "")
    });
    assert_eq!(looked_at(many).kind, FailureKind::Refused);
}

#[test]
fn content_types_are_read_whatever_is_in_them() {
    for content_type in [
        ";",
        ";;;=;=",
        "application/json;charset",
        "application/json;charset=",
        "application/json; charset=\"",
        "application/json; charset=martian; charset=utf-8",
        "APPLICATION/JSON ; CHARSET=UTF-8",
        "\0",
        &"a/".repeat(50_000),
        &format!("text/plain{}", ";charset=x".repeat(50_000)),
    ] {
        let table = "responses: [{ when: { $.code: 1 }, then: stop }]";
        let reply = text(418, "{\"code\":1}").header("content-type", content_type);
        Story::of(rule("PUT /x").step(table)).replies([reply]).succeeds();
    }
    // What the parameter says of the bytes is believed, even if nothing is left of them then.
    let utf_16 =
        text(418, "{\"code\":1}").header("content-type", "application/json; charset=utf-16");
    assert_eq!(looked_at(utf_16).kind, FailureKind::Refused);
}

#[test]
fn numbers_that_no_machine_holds_are_compared_to_their_last_digit() {
    for (number, greater) in [
        ("1e400", true),
        ("-1e400", false),
        ("123456789012345678901234567890", true),
        ("-0", false),
        ("1.0000000000000000000001", true),
        ("2.0000000000000000000001", true),
        ("1e-400", false),
    ] {
        let table = "responses: [{ when: { $.code: { gt: 1 } }, then: stop }]";
        let reply = text(418, &format!("{{\"code\":{number}}}"));
        let outcome = Story::of(rule("PUT /x").step(table)).replies([reply]).run(event());
        assert_eq!(succeeded(&outcome), greater, "{number}");
    }
}

#[test]
fn keys_that_mean_something_elsewhere_mean_nothing_here() {
    let table = "responses: [{ when: { $.code: 1 }, then: stop }]";
    for body in [
        r#"{"code":1,"$serde_json::private::Number":"x"}"#,
        r#"{"code":1,"__proto__":{"code":2}}"#,
        r#"{"code":1,"$each":[1],"$when":false}"#,
        r#"{"code":1,"{{event}}":"{{event}}"}"#,
        r#"{"code":1,"":{"":null}}"#,
    ] {
        Story::of(rule("PUT /x").step(table)).replies([text(418, body)]).succeeds();
    }
    for body in
        [r#"{"$serde_json::private::Number":"x"}"#, r#"{"$serde_json::private::RawValue":"x"}"#]
    {
        assert_eq!(looked_at(text(418, body)).kind, FailureKind::Refused, "{body}");
    }
}

#[test]
fn a_message_is_told_up_to_a_limit_however_much_the_target_puts_into_it() {
    let message = |message: &str, body: &Value| {
        let table = format!(
            "responses: [{{ when: {{ status: 400 }}, then: fail, message: \"{message}\" }}]"
        );
        Story::of(rule("PUT /x").step(&table)).replies([json(400, body.clone())]).fails().message
    };
    let body = json!({ "error": "é".repeat(MEGABYTE / 2), "fine": "é".repeat(2000) });
    assert_eq!(message("{{body.error}}", &body), format!("{}…", "é".repeat(2000)));
    assert_eq!(message("{{body.fine}}", &body), "é".repeat(2000));
    let again = "{{text}}".repeat(100);
    let told = message(&again, &body);
    assert!(told.len() < 9000, "{}", told.len());
    let each = "{{#each body.list as |one|}}{{one}}{{/each}}";
    let told = message(each, &json!({ "list": vec!["abc"; 100_000] }));
    assert_eq!(told.chars().count(), 2001);
}

#[test]
fn a_secret_that_a_target_repeats_is_told_by_nobody_not_even_in_part() {
    let mapping = |table: &str| {
        rule("PUT /x")
            .target("auth: { bearer: { token: \"${SECRET}\" } }")
            .target(&format!("responses: {table}"))
    };
    let by_message = "[{ when: { status: 400 }, then: fail, message: \"{{text}}\" }]";
    for (table, cut) in [("[]", 200), (by_message, 2000)] {
        for before in 0..=cut {
            if before > 5 && before + 15 < cut {
                continue;
            }
            let body = format!("{}open-sesame{}", "x".repeat(before), "y".repeat(5000));
            let failure = Story::of(mapping(table)).replies([text(400, &body)]).fails();
            for told in [&failure.message, &failure.error] {
                assert!(!told.contains("op"), "{before}: {told}");
            }
        }
    }
}

#[test]
fn what_a_target_answers_is_never_taken_for_a_template() {
    let table = "responses: [{ when: { status: 400 }, then: fail, message: \"{{body.error}}\" }]";
    let body = json!({ "error": "{{event_id}} {{#each event}}x{{/each}} ${SECRET} {{{text}}}" });
    let failure = Story::of(rule("PUT /x").step(table)).replies([json(400, body)]).fails();
    assert_eq!(failure.message, "{{event_id}} {{#each event}}x{{/each}} ${SECRET} {{{text}}}");
}
