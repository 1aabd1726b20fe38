//! What stays the same from try to try and from delivery to delivery, and what must not.

use std::collections::BTreeSet;

use super::super::testing::*;
use super::super::transport::{Request, TransportFault};

/// A request that takes all it can from an event, and from what changes with time.
fn talkative(method: &str) -> OneRule {
    rule(&format!("{method} /x/{{{{event_id}}}}"))
        .step("query: { at: \"{{now}}\" }")
        .step("headers: { X-At: \"{{now}}\", X-Request: \"{{request_id}}\" }")
        .step("json: { at: \"{{now}}\", id: \"{{event_id}}\", of: \"{{event.pb_data}}\" }")
        .target("auth: { bearer: { token: \"${SECRET}\" } }")
        .target("retry: { attempts: 4, unsafe: true }")
}

/// A request without what is meant to differ between two tries.
fn without_span(mut request: Request) -> Request {
    request.headers.retain(|(name, _)| !matches!(&**name, "x-b3-spanid" | "traceparent"));
    request
}

#[test]
fn every_try_sends_the_same_bytes() {
    for method in ["PUT", "POST", "PATCH", "DELETE"] {
        let story = Story::of(talkative(method)).replies([
            status(503).after(ms(1500)),
            fault(TransportFault::Broken),
            silence(),
            ok(),
        ]);
        story.succeeds();
        let sent = story.sent();
        assert_eq!(sent.len(), 4, "{method}");
        let first = without_span(sent[0].request.clone());
        assert!(!first.body.is_empty() && first.url.contains("at=2026"), "{first:?}");
        for sent in sent {
            let mut again = without_span(sent.request);
            // The one thing that is ours and not the target's.
            again.timeout = first.timeout;
            assert_eq!(again, first, "{method}");
        }
    }
}

#[test]
fn every_try_is_a_span_of_its_own_in_the_same_trace() {
    let story = Story::of(rule("PUT /a").then("PUT /b").target("retry: { attempts: 3 }"))
        .replies([status(503), status(503), ok(), status(503), ok()]);
    story.succeeds();
    let sent = story.sent();
    let spans: BTreeSet<&str> = sent.iter().map(|sent| sent.header("x-b3-spanid")).collect();
    assert_eq!(spans.len(), 5);
    for sent in &sent {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", sent.header("x-b3-spanid"));
        assert!(span.len() == 16 && span.bytes().all(|digit| digit.is_ascii_hexdigit()), "{span}");
        assert_eq!(sent.header("x-b3-traceid"), trace);
        assert_eq!(sent.header("traceparent"), format!("00-{trace}-{span}-01"));
        assert_eq!(sent.header("x-request-id"), "request-of-e-1");
    }
}

#[test]
fn a_redelivered_event_sends_the_same_requests_under_the_same_keys() {
    let mapping = rule("POST /a/{{event_id}}")
        .step("json: \"{{event}}\"")
        .then("PATCH /b")
        .step("headers: { X-Id: \"{{event_id}}\" }");
    let story = Story::of(mapping).always(ok().after(secs(9)));
    story.succeeds();
    // Later, and in a request of its own.
    let mut again = event();
    again.request_id = "00000000000000000000000000000001".into();
    again.unique_id = "another-request".into();
    assert!(succeeded(&story.run(again)));
    let sent = story.sent();
    assert_eq!(sent.len(), 4);
    let fixed = |sent: &Sent| {
        let mut request = without_span(sent.request.clone());
        request.headers.retain(|(name, _)| !matches!(&**name, "x-b3-traceid" | "x-request-id"));
        request
    };
    for at in [0, 1] {
        let (before, after) = (&sent[at], &sent[at + 2]);
        assert_eq!(before.header("idempotency-key"), after.header("idempotency-key"));
        assert_eq!(fixed(before), fixed(after));
    }
}

/// The key of the only request, or of the last of several.
#[track_caller]
fn key_of(file: &str, mapping: impl std::fmt::Display, event_id: &str) -> String {
    let story = Story::of_files([(file, mapping)]).always(ok());
    story.run(event_named(event_id));
    story.sent().last().expect("something was sent").header("idempotency-key").to_owned()
}

#[test]
fn a_key_tells_events_files_rules_and_steps_apart_and_nothing_else() {
    let plain = || rule("POST /x");
    let named = |rule: &str, step: &str| {
        plain()
            .step(&format!("name: {step}"))
            .to_string()
            .replace("name: all", &format!("name: {rule}"))
    };
    let key = key_of("hss.yaml", plain(), "e-1");
    assert!(key.len() == 32 && key.bytes().all(|digit| digit.is_ascii_hexdigit()), "{key}");

    for (what, same) in [
        ("the same", plain()),
        ("PATCH", rule("PATCH /x")),
        ("another path", rule("POST /y")),
        ("another body", plain().step("json: { a: 1 }")),
        ("another target", plain().at("http://elsewhere.test")),
        ("another policy", plain().target("retry: { attempts: 1 }").target("timeout: 1s")),
        ("more steps behind it", plain().then("PUT /y")),
    ] {
        assert_eq!(first_key(same), key, "{what}");
    }

    let different = [
        ("another event", key_of("hss.yaml", plain(), "e-2")),
        ("another file", key_of("crm.yaml", plain(), "e-1")),
        ("another rule", key_of("hss.yaml", named("other", "s"), "e-1")),
        ("another step", key_of("hss.yaml", named("all", "s"), "e-1")),
        ("a second step", key_of("hss.yaml", rule("PUT /y").then("POST /x"), "e-1")),
        // The same letters, in other places.
        ("shifted to the rule", key_of("hss.yaml", named("alls", "t"), "e-1")),
        ("shifted to the step", key_of("hss.yaml", named("all", "st"), "e-1")),
        ("shifted to the file", key_of("1hss.yaml", named("all", "s"), "e-")),
        ("shifted to the event", key_of("hss.yaml", named("all", "s"), "e-1h")),
    ];
    let keys: BTreeSet<&str> = different.iter().map(|(_, key)| &**key).chain([&*key]).collect();
    assert_eq!(keys.len(), different.len() + 1, "{different:?}");
}

#[track_caller]
fn first_key(mapping: OneRule) -> String {
    let story = Story::of(mapping).always(ok());
    story.succeeds();
    story.sent()[0].header("idempotency-key").to_owned()
}

#[test]
fn only_what_is_not_safe_to_repeat_has_a_key_and_a_mapping_may_set_its_own() {
    for (method, has_key) in [
        ("GET", false),
        ("HEAD", false),
        ("PUT", false),
        ("DELETE", false),
        ("POST", true),
        ("PATCH", true),
    ] {
        let story = Story::of(rule(&format!("{method} /x"))).replies([ok()]);
        story.succeeds();
        let headers = &story.sent()[0].request.headers;
        let has = headers.iter().any(|(name, _)| &**name == "idempotency-key");
        assert_eq!(has, has_key, "{method}");
    }
    let own = "headers: { Idempotency-Key: \"own-{{event_id}}\" }";
    for mapping in [rule("POST /x").step(own), rule("PUT /x").target(own)] {
        let story = Story::of(mapping).replies([status(429), ok()]);
        story.succeeds();
        for sent in story.sent() {
            assert_eq!(sent.header("idempotency-key"), "own-e-1");
            let of_name = sent.request.headers.iter().filter(|(n, _)| &**n == "idempotency-key");
            assert_eq!(of_name.count(), 1);
        }
    }
}
