//! Undoing: what is sent when a later step fails for good, in which order, and what it sees.

mod in_vain;
mod twice;
mod values;

use serde_json::{Value, json as value};

use super::super::outcome::{Failure, FailureKind, Members, Outcome, Undone};
use super::super::testing::*;
use crate::clock::virtual_time::Luck;
use crate::event::Event;

/// A rule that creates two things and needs a third.
fn three() -> OneRule {
    rule("POST /a")
        .step("save: { id: $.id }")
        .step("undo: { request: 'DELETE /a/{{id}}' }")
        .then("POST /b")
        .step("undo: { request: DELETE /b }")
        .then("POST /c")
}

fn id(id: u32) -> Reply {
    json(200, value!({ "id": id }))
}

/// Methods and paths, in order.
fn sent(story: &Story) -> Vec<String> {
    let line = |sent: Sent| {
        let path = sent.request.url.replace("http://hss.test", "");
        format!("{} {path}", sent.request.method)
    };
    story.sent().into_iter().map(line).collect()
}

/// A failure, and what was taken back.
#[derive(Debug)]
struct Failed {
    failure: Failure,
    undone: Vec<Undone>,
}

impl std::ops::Deref for Failed {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.failure
    }
}

#[track_caller]
fn failed(outcome: Outcome) -> Failed {
    let undone = outcome.rules.iter().flat_map(|rule| rule.undone.clone()).collect();
    Failed { failure: only_failure(outcome), undone }
}

#[track_caller]
fn fails(story: &Story) -> Failed {
    failed(story.run(event()))
}

/// Each undo as `step: times, failures`.
fn undone(failure: &Failed) -> Vec<String> {
    let told = failure.undone.iter();
    told.map(|one| format!("{}: {}, {}", one.step, one.times, one.failed)).collect()
}

#[test]
fn what_was_done_is_taken_back_in_reverse_when_a_later_step_fails_for_good() {
    let story = Story::of(three()).replies([id(7), ok(), status(400), ok(), ok()]);
    let failure = fails(&story);
    assert_eq!(sent(&story), ["POST /a", "POST /b", "POST /c", "DELETE /b", "DELETE /a/7"]);
    assert_eq!((failure.kind, failure.step.as_deref()), (FailureKind::Refused, Some("3")));
    assert_eq!(undone(&failure), ["2: 1, 0", "1: 1, 0"]);
}

#[test]
fn every_failure_that_does_not_pass_by_itself_is_one() {
    let with = |last: &str| three().then(last).to_string();
    for (mapping, replies, kind) in [
        (three().to_string(), vec![status(400)], FailureKind::Refused),
        (three().to_string(), vec![status(401)], FailureKind::BadAnswer),
        (
            three().step("save: { x: $.x }").to_string(),
            vec![text(200, "{")],
            FailureKind::BadAnswer,
        ),
        (with("PUT /{{lookup event \"nothing\"}}"), vec![ok()], FailureKind::Invalid),
        (with("PUT /x").replace("request: PUT /x", "fail: no"), vec![ok()], FailureKind::Refused),
        (
            three().step("responses: [{ when: {}, then: fail, answer: 200 }]").to_string(),
            vec![ok()],
            FailureKind::Refused,
        ),
    ] {
        let replies = [vec![id(7), ok()], replies, vec![ok(), ok()]].concat();
        let story = Story::of(&mapping).replies(replies);
        let failure = fails(&story);
        assert_eq!(failure.kind, kind, "{mapping}");
        assert_eq!(undone(&failure), ["2: 1, 0", "1: 1, 0"], "{mapping}");
    }
}

#[test]
fn what_may_pass_takes_nothing_back() {
    let stops = "responses: [{ when: {}, then: stop }]";
    let retries = "responses: [{ when: {}, then: retry, answer: 422 }]";
    let polls = "repeat: { until: { $.x: 1 }, every: 2s, for: 3s }";
    for (line, replies) in [
        (None, vec![status(500)]),
        (None, vec![silence()]),
        (None, vec![status(429).header("retry-after", "3600")]),
        (Some(retries), vec![ok(), ok(), ok()]),
        (Some(polls), vec![ok(), ok()]),
    ] {
        let mapping = line.map_or_else(three, |line| three().step(line));
        let story = Story::of(mapping).replies([vec![id(7), ok()], replies].concat());
        let failure = fails(&story);
        assert!(failure.transient && failure.undone.is_empty(), "{failure:?}");
    }
    let story = Story::of(three().step(stops).then("POST /never"));
    story.replies([id(7), ok(), ok()]).succeeds();
}

#[test]
fn a_step_that_failed_itself_or_was_skipped_is_not_taken_back() {
    let story = Story::of(three()).replies([id(7), status(400), ok()]);
    assert_eq!(undone(&fails(&story)), ["1: 1, 0"]);
    let skipped =
        three().to_string().replace("POST /b\n", "POST /b\n        when: { event_id: no }\n");
    let story = Story::of(skipped).replies([id(7), status(400), ok()]);
    assert_eq!(undone(&fails(&story)), ["1: 1, 0"]);
}

/// A rule that adds each member of a list, and needs something more.
fn each() -> String {
    let mapping = rule("POST /{{item}}")
        .step("for_each: list")
        .step("when: { item: { not: skipped } }")
        .step("save: { id: $.id }")
        .step("undo: { request: 'DELETE /{{item}}/{{index}}/{{id}}' }")
        .then("PUT /sum")
        .step("json: \"{{id}}\"");
    with_list(&mapping)
}

fn with_list(mapping: &impl ToString) -> String {
    mapping.to_string().replace("rules:\n", "extract: { list: \"$.pb_data.list\" }\nrules:\n")
}

fn event_of(list: &Value) -> Event {
    let body =
        value!({ "event_id": "e", "data": { "event_type": "X" }, "pb_data": { "list": list } });
    Event::parse(body.to_string().as_bytes(), "r".to_owned(), "u".to_owned()).expect("an event")
}

#[test]
fn members_that_were_done_are_taken_back_last_one_first_each_with_its_own_values() {
    let story = Story::of(each()).replies([id(1), id(2), status(400), ok(), ok()]);
    let failure = failed(story.run(event_of(&value!(["a", "skipped", "b", "c", "d"]))));
    assert_eq!(
        sent(&story),
        ["POST /a", "POST /b", "POST /c", "DELETE /b/2/2", "DELETE /a/0/1"],
        "the rest is not sent"
    );
    assert_eq!(failure.index, Some(3));
    assert_eq!(failure.members, Some(Members { done: 2, all: 5 }));
    assert_eq!(undone(&failure), ["1: 2, 0"]);
}

#[test]
fn a_list_that_was_done_is_taken_back_when_a_later_step_fails() {
    let story = Story::of(each()).replies([id(1), id(2), status(400), ok(), ok()]);
    let failure = failed(story.run(event_of(&value!(["a", "b"]))));
    assert_eq!(sent(&story)[2..], ["PUT /sum", "DELETE /b/1/2", "DELETE /a/0/1"]);
    assert_eq!((failure.index, failure.members), (None, None));
}

#[test]
fn members_that_fail_for_now_tell_how_far_it_came_and_stay() {
    let story = Story::of(each().replace("POST", "PUT"))
        .replies([vec![id(1)], vec![status(503); 3]].concat());
    let failure = failed(story.run(event_of(&value!(["a", "b", "c"]))));
    assert_eq!(story.tries(), 4, "the rest is not sent");
    assert_eq!((failure.index, failure.members), (Some(1), Some(Members { done: 1, all: 3 })));
    assert!(failure.undone.is_empty());
}

#[test]
fn an_undo_that_fails_keeps_no_other_from_being_sent() {
    let story = Story::of(three()).luck(Luck::Always(0)).replies([
        id(7),
        ok(),
        status(400),
        status(503),
        status(503),
        status(503),
        ok(),
    ]);
    let failure = fails(&story);
    assert_eq!(undone(&failure), ["2: 1, 1", "1: 1, 0"]);
    let why = failure.undone[0].failure.as_ref().expect("a reason");
    assert_eq!(
        (&*why.message, why.step.as_deref()),
        ("hss answered 503 with an empty body", Some("undo of 2"))
    );
    assert_eq!(failure.kind, FailureKind::Refused, "the event fails by what failed");
}

#[test]
fn an_undo_is_judged_by_its_own_table_before_the_targets() {
    let gone = "undo: { request: DELETE /a, responses: [{ when: { status: 404 }, then: ok }] }";
    let story = Story::of(rule("POST /a").step(gone).then("POST /b"));
    let story = story.replies([ok(), status(400), status(404)]);
    assert_eq!(undone(&fails(&story)), ["1: 1, 0"]);
    let of_target = "responses: [{ when: { status: 404 }, then: stop }, { when: { status: 412 }, then: restart }]";
    for (answer, failed) in [(404, 0), (412, 1), (410, 1)] {
        let mapping = rule("POST /a").step("undo: { request: DELETE /a }").then("POST /b");
        let story = Story::of(mapping.target(of_target));
        let story = story.replies([ok(), status(400), status(answer)]);
        assert_eq!(fails(&story).undone[0].failed, failed, "{answer}");
    }
}

#[test]
fn an_undo_that_cannot_be_rendered_is_told_and_the_others_are_sent() {
    let mapping = rule("POST /a")
        .step("undo: { request: DELETE /a }")
        .then("POST /b")
        .step("save: { id: { path: $.id, optional: true } }")
        .step("undo: { request: 'DELETE /b/{{id}}' }")
        .then("POST /c");
    let story = Story::of(mapping).replies([ok(), ok(), status(400), ok()]);
    let failure = fails(&story);
    assert_eq!(sent(&story).last().map(String::as_str), Some("DELETE /a"));
    assert_eq!(undone(&failure), ["2: 1, 1", "1: 1, 0"]);
}

#[test]
fn nothing_is_taken_back_beyond_the_deadline_and_that_is_told() {
    let slow = || ok().after(secs(4));
    let story = Story::of(three()).deadline(secs(10)).replies([
        id(7),
        ok(),
        status(400).after(secs(3)),
        slow(),
        slow(),
    ]);
    let failure = fails(&story);
    assert_eq!(
        (undone(&failure), story.took()),
        (vec!["2: 1, 0".into(), "1: 1, 1".into()], secs(10))
    );

    let late = status(400).after(secs(10));
    let story = Story::of(three()).deadline(secs(10)).replies([id(7), ok(), late]);
    let failure = fails(&story);
    assert_eq!(undone(&failure), ["2: 1, 1", "1: 1, 1"]);
    let why = failure.undone[1].failure.as_ref().expect("a reason");
    assert_eq!(why.message, "there is no time left for hss");
}

#[test]
fn a_step_and_its_undo_are_two_requests_to_whoever_tells_them_apart_by_key() {
    let mapping = rule("POST /a").step("undo: { request: POST /a }").then("POST /b");
    let story = Story::of(mapping).replies([ok(), status(400), status(429), ok()]);
    fails(&story);
    let sent = story.sent();
    let key = |at: usize| sent[at].header("idempotency-key");
    assert_ne!(key(0), key(2));
    assert_eq!(key(2), key(3), "of one request that is sent again");
}

#[test]
fn a_session_that_ends_before_the_undo_is_renewed_for_it() {
    let session = "auth: { session: { login: [{ request: POST /login, save: { token: $.token } }], \
                   headers: { Token: '{{session.token}}' } } }";
    let login = |token: &str| json(200, value!({ "token": token }));
    let mapping =
        rule("POST /a").target(session).step("undo: { request: DELETE /a }").then("POST /b");
    let story = Story::of(mapping)
        .replies_of("http://hss.test/login", [login("first-token"), login("second-token")])
        .replies_of("http://hss.test/a", [ok(), status(401), ok()])
        .replies_of("http://hss.test/b", [status(400)]);
    assert_eq!(undone(&fails(&story)), ["1: 1, 0"]);
    assert_eq!(story.sent().pop().expect("a request").header("token"), "second-token");
}

#[test]
fn a_restart_that_may_not_be_is_transient() {
    let story = Story::of(three().step("responses: [{ when: { status: 412 }, then: restart }]"));
    let story =
        story.deadline(secs(5)).replies([id(7), ok(), status(412).header("retry-after", "9")]);
    let failure = fails(&story);
    assert!(failure.transient && failure.undone.is_empty());
}

#[test]
fn an_event_that_is_given_up_while_it_is_undone_leaves_nothing_behind() {
    let slow = || ok().after(secs(4));
    let story = Story::of(three()).replies([id(7), ok(), status(400), slow(), slow()]);
    assert_eq!(story.given_up_after(secs(2), event()), 4);
    story.pass(secs(60));
    assert_eq!(story.tries(), 4);
}

#[test]
fn an_undo_that_cannot_be_rendered_is_told_by_its_own_name_and_target() {
    let mapping = rule("POST /a")
        .step("target: hss")
        .step("save: { id: { path: $.id, optional: true } }")
        .step("undo: { target: other, request: 'DELETE /a/{{id}}' }")
        .then("POST /b")
        .step("target: hss");
    let mapping =
        mapping.to_string().replace("rules:\n", "  other: { url: http://other.test }\nrules:\n");
    let story = Story::of(mapping).replies([ok(), status(400)]);
    let failed = fails(&story);
    let why = failed.undone[0].failure.as_ref().expect("a reason");
    assert_eq!((why.target.as_deref(), why.step.as_deref()), (Some("other"), Some("undo of 1")));
    assert!(why.message.starts_with("step `undo of 1` of rule `all`: "), "{}", why.message);
}
