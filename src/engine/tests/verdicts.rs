//! What an answer means: the step's table, then the target's, then the default.

use serde_json::json;

use super::super::outcome::FailureKind::{self, *};
use super::super::testing::*;

/// What an answer came to, seen from outside: a first step that is judged, and a second one that is
/// reached or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// The second step was sent.
    WentOn,
    /// It was not, and the rule succeeded.
    Stopped,
    /// It was not, and the rule failed.
    Failed(FailureKind),
}

use Came::{Failed, Stopped, WentOn};

/// Judges one answer by a step's and a target's table, in flow style.
#[track_caller]
fn judged(step: &str, target: &str, reply: Reply) -> Came {
    let mapping = rule("PUT /first")
        .step(&format!("responses: {step}"))
        .then("PUT /second")
        .target(&format!("responses: {target}"))
        .target("retry: { attempts: 1 }");
    let story = Story::of(mapping)
        .replies_of("http://hss.test/first", [reply])
        // A status that no table of these tests knows.
        .always(status(299));
    let outcome = story.run(event());
    match (story.tries(), succeeded(&outcome)) {
        (2, true) => WentOn,
        (1, true) => Stopped,
        (1, false) => Failed(only_failure(outcome).kind),
        odd => panic!("{odd:?}: {outcome:?}"),
    }
}

/// Judged by a step's table of one entry, which says `stop` where it holds.
#[track_caller]
fn holds(when: &str, reply: Reply) -> bool {
    match judged(&format!("[{{ when: {when}, then: stop }}]"), "[]", reply) {
        Stopped => true,
        WentOn | Failed(Refused) => false,
        other => panic!("{when}: {other:?}"),
    }
}

#[test]
fn every_status_has_its_meaning() {
    for code in 100..=999 {
        let meaning = match code {
            200..=299 => WentOn,
            401 | 403 | 407 => Failed(BadAnswer),
            408 | 425 => Failed(Unavailable),
            429 => Failed(RateLimited),
            500 | 502 | 503 | 504 => Failed(BadAnswer),
            _ => Failed(Refused),
        };
        assert_eq!(judged("[]", "[]", status(code)), meaning, "{code}");
    }
}

#[test]
fn each_verdict_goes_with_any_status() {
    for code in [200, 204, 302, 400, 401, 404, 409, 429, 500, 503] {
        for (then, came) in [("ok", WentOn), ("stop", Stopped), ("fail", Failed(Refused))] {
            let entry = format!("[{{ when: {{ status: {code} }}, then: {then} }}]");
            assert_eq!(judged(&entry, "[]", status(code)), came, "{then} of {code}, by the step");
            assert_eq!(judged("[]", &entry, status(code)), came, "{then} of {code}, by the target");
        }
    }
}

#[test]
fn stop_skips_every_later_step_and_ok_none() {
    let mapping = |then: &str| {
        rule("PUT /a")
            .then("PUT /b")
            .step(&format!("responses: [{{ when: {{ status: 404 }}, then: {then} }}]"))
            .then("PUT /c")
            .then("PUT /d")
    };
    let story = Story::of(mapping("stop")).replies([ok(), status(404)]);
    story.succeeds();
    let story = Story::of(mapping("ok")).replies([ok(), status(404), ok(), ok()]);
    story.succeeds();
}

#[test]
fn a_failure_reaches_no_later_step() {
    for reply in [status(400), status(302), status(401)] {
        let story = Story::of(rule("PUT /a").then("PUT /b").then("PUT /c")).replies([ok(), reply]);
        assert_eq!(story.fails().step.as_deref(), Some("2"));
    }
}

#[test]
fn the_steps_table_comes_first_then_the_targets_then_the_default() {
    let entry =
        |status: &str, then: &str| format!("{{ when: {{ status: {status} }}, then: {then} }}");
    let of = |entries: &[(&str, &str)]| {
        let entries: Vec<_> = entries.iter().map(|(status, then)| entry(status, then)).collect();
        format!("[{}]", entries.join(", "))
    };
    for (step, target, code, came) in [
        (&[("404", "ok")][..], &[("404", "fail")][..], 404, WentOn),
        (&[("404", "fail")], &[("404", "ok")], 404, Failed(Refused)),
        (&[("404", "stop")], &[("404", "fail")], 404, Stopped),
        (&[("404", "ok")], &[("409", "stop")], 409, Stopped),
        (&[("404", "ok")], &[("409", "stop")], 410, Failed(Refused)),
        (&[("404", "ok")], &[("409", "stop")], 200, WentOn),
        (&[], &[("2xx", "stop")], 204, Stopped),
        (&[], &[("2xx", "fail")], 204, Failed(Refused)),
        (&[("4xx", "stop"), ("404", "ok")], &[], 404, Stopped),
        (&[("404", "ok"), ("4xx", "stop")], &[], 404, WentOn),
        (&[("404", "ok"), ("4xx", "stop")], &[], 400, Stopped),
        (&[], &[("4xx", "stop"), ("404", "ok")], 404, Stopped),
        (&[("[404, 410]", "stop")], &[], 410, Stopped),
        (&[("[404, 5xx]", "stop")], &[], 599, Stopped),
        (&[("{ not: 2xx }", "stop")], &[], 503, Stopped),
        (&[("{ not: 2xx }", "stop")], &[], 201, WentOn),
        (&[("{ gte: 500, lt: 503 }", "stop")], &[], 502, Stopped),
        (&[("{ gte: 500, lt: 503 }", "stop")], &[], 400, Failed(Refused)),
    ] {
        assert_eq!(
            judged(&of(step), &of(target), status(code)),
            came,
            "{step:?} {target:?} {code}"
        );
    }
}

#[test]
fn a_step_without_a_table_has_the_targets_and_each_step_has_its_own() {
    let entry = |then: &str| format!("responses: [{{ when: {{ status: 404 }}, then: {then} }}]");
    let mapping =
        rule("PUT /a").step(&entry("ok")).then("PUT /b").target(&entry("stop")).then("PUT /c");
    Story::of(mapping).replies([status(404), status(404)]).succeeds();
}

#[test]
fn conditions_read_status_headers_text_and_body() {
    let reply = || {
        json(409, json!({ "code": 17, "errors": [{ "id": "a" }, { "id": "b" }], "none": null }))
            .header("x-verdict", "no")
            .header("x-many", "1")
            .header("x-many", "2")
    };
    for (when, expected) in [
        ("{ status: 409 }", true),
        ("{ status: 4xx, $.code: 17 }", true),
        ("{ status: 4xx, $.code: 18 }", false),
        ("{ $.code: \"17\" }", false),
        ("{ body.code: 17 }", true),
        ("{ body.errors.1.id: b }", true),
        ("{ '$.errors[*].id': b }", true),
        ("{ '$.errors[*].id': { not: b } }", false),
        ("{ $.none: { exists: true } }", false),
        ("{ $.none: { empty: true } }", true),
        ("{ $.missing: { exists: false } }", true),
        ("{ $.missing: { not: 1 } }", true),
        ("{ $.missing: 1 }", false),
        ("{ headers.x-verdict: no }", true),
        ("{ headers.X-Verdict: no }", true),
        ("{ headers.x-many: \"1, 2\" }", true),
        ("{ headers.x-none: { exists: false } }", true),
        ("{ text: { contains: '\"code\":17' } }", true),
        ("{ text: { matches: '^\\{' } }", true),
        ("{ event_type: SIM/Updated }", true),
        ("{ event_type: SIM/Created, status: 409 }", false),
        ("{ text: { prefix: '{{event_id}}' } }", false),
        ("{ any: [{ status: 404 }, { $.code: 17 }] }", true),
        ("{ all: [{ status: 409 }, { not: { $.code: 18 } }] }", true),
    ] {
        assert_eq!(holds(when, reply()), expected, "{when}");
    }
}

const UNREADABLE: [(&str, &str); 5] = [
    ("text/html", "<p>Welcome</p>"),
    ("application/json", "{\"code\": 1"),
    ("text/plain", "OK"),
    ("", "code=1"),
    ("application/json", "\u{0}"),
];

fn unreadable(code: u16, content_type: &str, body: &str) -> Reply {
    match content_type {
        "" => text(code, body),
        content_type => text(code, body).header("content-type", content_type),
    }
}

#[test]
fn a_success_that_an_entry_cannot_read_is_a_bad_answer() {
    for (content_type, body) in UNREADABLE {
        for code in [200, 201, 299] {
            for when in [
                "{ $.code: 1 }",
                "{ body.code: 1 }",
                "{ $.code: { not: 1 } }",
                "{ $.code: { exists: false } }",
                "{ not: { $.code: 1 } }",
                "{ status: 2xx, $.code: 1 }",
                "{ any: [{ $.code: 1 }, { status: 404 }] }",
            ] {
                for then in ["ok", "stop", "fail", "retry"] {
                    let table = format!("[{{ when: {when}, then: {then} }}]");
                    let reply = || unreadable(code, content_type, body);
                    let case = format!("{when} then {then} of {code} {body}");
                    assert_eq!(judged(&table, "[]", reply()), Failed(BadAnswer), "{case}");
                    assert_eq!(judged("[]", &table, reply()), Failed(BadAnswer), "{case}");
                }
            }
        }
    }
}

#[test]
fn it_is_not_sent_again_and_says_what_is_wrong() {
    let table = "responses: [{ when: { $.code: 1 }, then: retry, answer: 200, message: busy }]";
    let reply = unreadable(200, "text/html", "<p>Welcome</p>").header("retry-after", "3");
    let failure = Story::of(rule("PUT /x").target(table)).replies([reply]).fails();
    assert_eq!(failure.kind, BadAnswer);
    assert_eq!(failure.message, "hss answered 200 with a body that cannot be read");
    assert_eq!(failure.error, "the body is text/html, not JSON: <p>Welcome</p>");
    assert_eq!((failure.target_status, failure.answer), (Some(200), None));
    assert_eq!(failure.retry_after, None);
}

#[test]
fn what_decides_before_the_body_is_needed_needs_no_body() {
    for (when, came) in [
        ("{ status: 409, $.code: 1 }", WentOn),
        ("{ $.code: 1, status: 409 }", WentOn),
        ("{ any: [{ $.code: 1 }, { status: 200 }] }", Stopped),
        ("{ not: { all: [{ $.code: 1 }, { status: 409 }] } }", Stopped),
        ("{ text: { contains: Welcome } }", Stopped),
        ("{ headers.content-type: text/html }", Stopped),
    ] {
        let table = format!("[{{ when: {when}, then: stop }}]");
        let reply = || unreadable(200, "text/html", "<p>Welcome</p>");
        assert_eq!(judged(&table, "[]", reply()), came, "{when}");
    }
    let first = "[{ when: { status: 200 }, then: stop }, { when: { $.code: 1 }, then: fail }]";
    assert_eq!(judged(first, "[]", unreadable(200, "", "OK")), Stopped, "the first one decides");
    let last = "[{ when: { $.code: 1 }, then: fail }, { when: { status: 200 }, then: stop }]";
    assert_eq!(judged(last, "[]", unreadable(200, "", "OK")), Failed(BadAnswer));
}

#[test]
fn an_entry_that_cannot_read_a_failure_does_not_hold() {
    for (content_type, body) in UNREADABLE {
        for (code, by_default) in [
            (302, Refused),
            (400, Refused),
            (401, BadAnswer),
            (404, Refused),
            (429, RateLimited),
            (503, BadAnswer),
        ] {
            for when in [
                "{ $.code: 1 }",
                "{ $.code: { not: 1 } }",
                "{ $.code: { exists: false } }",
                "{ $.code: { empty: true } }",
                "{ not: { body.code: 1 } }",
            ] {
                let table = format!("[{{ when: {when}, then: stop }}]");
                let reply = unreadable(code, content_type, body);
                assert_eq!(judged(&table, "[]", reply), Failed(by_default), "{when} {code} {body}");
            }
            let table = format!(
                "[{{ when: {{ $.a: 1 }}, then: ok }}, {{ when: {{ status: {code} }}, then: stop }}]"
            );
            let reply = unreadable(code, content_type, body);
            assert_eq!(
                judged(&table, "[]", reply),
                Stopped,
                "the next entry is asked: {code} {body}"
            );
        }
    }
}

#[test]
fn an_empty_body_is_absent_and_not_unreadable() {
    for content_type in ["", "application/json", "text/html"] {
        for code in [200, 204, 404] {
            let reply = || unreadable(code, content_type, "");
            assert!(!holds("{ $.code: 1 }", reply()), "{code}");
            assert!(holds("{ $.code: { exists: false } }", reply()), "{code}");
            assert!(holds("{ $.code: { not: 1 } }", reply()), "{code}");
            assert!(holds("{ body: { empty: true } }", reply()), "{code}");
            assert!(holds("{ text: \"\" }", reply()), "{code}");
        }
    }
}

#[test]
fn a_body_is_data_whatever_it_is_called_if_only_it_reads_as_that() {
    for content_type in
        ["application/json", "text/html", "application/problem+json", "nonsense", ""]
    {
        assert!(
            holds("{ $.code: 1 }", unreadable(200, content_type, "{\"code\":1}")),
            "{content_type}"
        );
    }
    for (body, when) in [
        ("[1, 2]", "{ '$[1]': 2 }"),
        ("\"down\"", "{ $: down }"),
        ("null", "{ body: { empty: true } }"),
        ("7", "{ body: 7 }"),
        (
            "{\"code\": 123456789012345678901234567890}",
            "{ $.code: 123456789012345678901234567890 }",
        ),
    ] {
        assert!(holds(when, text(200, body)), "{body} {when}");
    }
}

#[test]
fn a_condition_that_cannot_convert_the_events_own_value_fails_the_event() {
    let mapping = "
version: 1
targets: { hss: { url: 'http://hss.test' } }
extract:
  serial: { path: $.event_id, as: integer }
rules:
  - name: all
    event: '*'
    steps:
      - request: PUT /x
        responses: [{ when: { serial: 1 }, then: ok }]
";
    let failure = Story::of(mapping).replies([ok()]).fails();
    assert_eq!(failure.kind, Invalid);
    assert_eq!(failure.message, "the answer of hss cannot be judged");
    assert!(failure.error.starts_with("`serial` cannot be read: "), "{}", failure.error);
    assert_eq!(failure.step.as_deref(), Some("1"));
}
