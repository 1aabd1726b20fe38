//! What becomes of an event when the tries are used up, or when there was only one to make.

use serde_json::json;

use super::super::outcome::FailureKind::{self, *};
use super::super::testing::*;
use super::super::transport::TransportFault;
use crate::clock::virtual_time::Luck;

/// A PUT that is tried three times, with `responses` of the step in flow style.
fn thrice(responses: &str) -> Story {
    let mapping = rule("PUT /x").target("timeout: 1s").step(&format!("responses: {responses}"));
    Story::of(mapping).luck(Luck::Always(0))
}

#[test]
fn the_last_try_says_what_it_was() {
    let broken = || fault(TransportFault::Broken);
    let refused = || fault(TransportFault::Unreachable);
    for (replies, kind, of_target) in [
        ([status(429), status(429), status(429)], RateLimited, Some(429)),
        ([status(500), status(503), status(429)], RateLimited, Some(429)),
        ([status(429), status(429), status(503)], BadAnswer, Some(503)),
        ([status(429), refused(), status(500)], BadAnswer, Some(500)),
        ([status(500), status(500), status(408)], Unavailable, Some(408)),
        ([status(500), status(429), status(425)], Unavailable, Some(425)),
        ([status(500), status(429), refused()], Unavailable, None),
        ([status(429), status(429), broken()], Unavailable, None),
        ([status(500), status(500), silence()], Unavailable, None),
        // What is final ends the tries, whatever was before.
        ([status(429), status(500), status(400)], Refused, Some(400)),
        ([status(500), refused(), status(401)], BadAnswer, Some(401)),
        ([broken(), silence(), fault(TransportFault::TooLarge)], BadAnswer, None),
    ] {
        let story = thrice("[]").replies(replies.clone());
        let failure = story.fails();
        assert_eq!((failure.kind, failure.target_status), (kind, of_target), "{replies:?}");
        assert_eq!(failure.answer, None, "no mapping asked for another answer");
    }
}

#[test]
fn an_explicit_retry_is_used_up_by_the_class_of_its_last_status() {
    for (of_target, kind) in [
        (200, Unavailable),
        (302, Unavailable),
        (404, Unavailable),
        (408, Unavailable),
        (429, RateLimited),
        (499, Unavailable),
        (500, BadAnswer),
        (501, BadAnswer),
        (599, BadAnswer),
        (600, Unavailable),
    ] {
        let retry = format!("[{{ when: {{ status: {of_target} }}, then: retry }}]");
        let story = thrice(&retry).replies(vec![status(of_target); 3]);
        let failure = story.fails();
        assert_eq!((failure.kind, failure.target_status), (kind, Some(of_target)), "{of_target}");
    }
}

#[test]
fn every_failure_says_where_it_was() {
    let mapping = rule("PUT /a").then("PUT /b").step("name: second");
    for (reply, kind) in [
        (status(400), Refused),
        (status(401), BadAnswer),
        (fault(TransportFault::TooLarge), BadAnswer),
        (fault(TransportFault::Unsendable), Internal),
    ] {
        let outcome = Story::of(&mapping).replies([ok(), reply]).run(event());
        assert_eq!((&*outcome.rules[0].mapping, &*outcome.rules[0].rule), ("hss.yaml", "all"));
        let failure = only_failure(outcome);
        let place = (failure.step.as_deref(), failure.target.as_deref());
        assert_eq!((place, failure.kind), ((Some("second"), Some("hss")), kind));
    }
    let failure = Story::of(rule("PUT /a").then("PUT /b")).replies([ok(), status(400)]).fails();
    assert_eq!(failure.step.as_deref(), Some("2"), "a step without a name is told by its position");
}

#[test]
fn without_words_of_the_mapping_the_engine_has_its_own() {
    for (reply, message, error) in [
        (text(503, "  down\n"), "hss answered 503: down", "hss answered 503: down"),
        (status(404), "hss answered 404 with an empty body", "hss answered 404 with an empty body"),
        (text(302, " \n "), "hss answered 302 with an empty body", ""),
        (
            text(401, "who are you?"),
            "hss refuses the connector's credentials (401)",
            "hss answered 401: who are you?",
        ),
        (status(407), "hss refuses the connector's credentials (407)", ""),
        (
            fault(TransportFault::Unreachable),
            "hss cannot be reached",
            "cannot connect to hss.test:80",
        ),
        (silence(), "hss did not answer within 1000 ms", "hss.test:80 did not answer within 1s"),
        (
            fault(TransportFault::Broken),
            "hss broke the connection off without a complete answer",
            "broke off",
        ),
        (
            fault(TransportFault::TooLarge),
            "hss answered more than can be read",
            "larger than can be read",
        ),
        (
            fault(TransportFault::Unsendable),
            "the request to hss cannot be sent",
            "nobody expects it",
        ),
    ] {
        let failure = thrice("[]").always(reply.clone()).fails();
        assert_eq!(failure.message, message, "{reply:?}");
        assert!(failure.error.contains(error), "{reply:?}: {}", failure.error);
    }
}

/// Message and answer of what a table makes of the same reply to every try.
fn told(responses: &str, reply: Reply) -> (FailureKind, String, Option<u16>) {
    let failure = thrice(responses).always(reply).fails();
    (failure.kind, failure.message, failure.answer)
}

#[test]
fn an_entry_has_the_last_word_on_message_and_answer() {
    for (entry, kind, message, answer) in [
        ("then: fail", Refused, "hss answered 410: {\"by\":\"ops\"}", None),
        ("then: retry", Unavailable, "hss answered 410: {\"by\":\"ops\"}", None),
        ("then: fail, message: gone", Refused, "gone", None),
        ("then: retry, message: gone", Unavailable, "gone", None),
        ("then: fail, message: \"\"", Refused, "", None),
        ("then: fail, answer: 409, message: gone", Refused, "gone", Some(409)),
        ("then: retry, answer: 422, message: gone", Unavailable, "gone", Some(422)),
        ("then: fail, answer: 200, message: gone", Refused, "gone", Some(200)),
        ("then: retry, answer: 200, message: gone", Unavailable, "gone", Some(200)),
        ("then: fail, answer: 599, message: gone", Refused, "gone", Some(599)),
        (
            "then: fail, message: \"{{status}} by {{body.by}}{{body.nobody}} of {{event_id}}\"",
            Refused,
            "410 by ops of e-1",
            None,
        ),
        (
            "then: fail, message: \"{{headers.x-who}}: {{text}}\"",
            Refused,
            "me: {\"by\":\"ops\"}",
            None,
        ),
        ("then: fail, message: \"{{body}}\"", Refused, "{\"by\":\"ops\"}", None),
    ] {
        let table = format!("[{{ when: {{ status: 410 }}, {entry} }}]");
        let reply = json(410, json!({ "by": "ops" })).header("x-who", "me");
        assert_eq!(told(&table, reply), (kind, message.to_owned(), answer), "{entry}");
    }
}

#[test]
fn a_message_that_cannot_be_written_changes_nothing_of_the_verdict() {
    let mapping = "
version: 1
targets: { hss: { url: 'http://hss.test', retry: { attempts: 1 } } }
extract:
  serial: { path: $.event_id, as: integer }
rules:
  - name: all
    event: '*'
    steps:
      - request: PUT /x
        responses: [{ when: { status: 410 }, then: retry, answer: 200, message: '{{serial}}' }]
";
    let failure = Story::of(mapping).replies([text(410, "gone")]).fails();
    assert_eq!((failure.kind, failure.answer), (Unavailable, Some(200)));
    assert_eq!(failure.message, "hss answered 410: gone");
}

#[test]
fn when_entries_alternate_the_last_one_counts() {
    let table = "[{ when: { status: 410 }, then: retry, answer: 200, message: gone }, \
                 { when: { status: 411 }, then: retry, message: long }]";
    for (replies, kind, message, answer) in [
        ([410, 411, 410], Unavailable, "gone", Some(200)),
        ([410, 410, 411], Unavailable, "long", None),
        ([410, 411, 503], BadAnswer, "hss answered 503 with an empty body", None),
        ([503, 429, 410], Unavailable, "gone", Some(200)),
    ] {
        let failure = thrice(table).replies(replies.map(status)).fails();
        let told = (failure.kind, failure.message.as_str(), failure.answer);
        assert_eq!(told, (kind, message, answer), "{replies:?}");
    }
    let failure = thrice(table).replies([status(410), status(410), silence()]).fails();
    assert_eq!((failure.kind, failure.answer), (Unavailable, None), "nothing was answered last");
}

#[test]
fn a_try_that_the_deadline_forbids_leaves_the_words_of_the_last_one() {
    let table = "responses: [{ when: { status: 410 }, then: retry, answer: 404, message: gone }]";
    let story = Story::of(rule("PUT /x").step(table))
        .luck(Luck::Always(u64::MAX))
        .deadline(ms(150))
        .replies([status(410)]);
    let failure = story.fails();
    assert_eq!((failure.message.as_str(), failure.answer), ("gone", Some(404)));
}

#[test]
fn each_key_of_a_steps_retry_is_instead_of_the_targets() {
    let of_target = "retry: { attempts: 2, unsafe: true }";
    for (of_step, tries) in [
        ("responses: []", 2),
        ("retry: {}", 2),
        ("retry: { attempts: 4 }", 4),
        ("retry: { unsafe: false }", 1),
        ("retry: { unsafe: false, attempts: 4 }", 1),
    ] {
        let mapping = rule("POST /x").target(of_target).step(of_step);
        let story = Story::of(mapping).luck(Luck::Always(0)).replies(vec![status(503); tries]);
        assert_eq!(story.fails().kind, BadAnswer, "{of_step}");
    }
}
