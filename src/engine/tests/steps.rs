//! Steps that begin again, and steps over lists, in time.

use serde_json::{Value, json as value};

use super::super::outcome::FailureKind;
use super::super::testing::*;
use crate::clock::virtual_time::Luck;
use crate::event::Event;

/// A rule that reads a record and writes it back, unless somebody else was faster.
fn race() -> OneRule {
    rule("GET /record")
        .target("retry: { attempts: 2, backoff: 1s, max_backoff: 3s }")
        .then("PUT /record")
        .step("responses: [{ when: { status: 412 }, then: restart, message: too slow }]")
}

#[test]
fn a_rule_begins_again_after_waits_that_double_up_to_their_bound() {
    let lost = [ok(), status(412)];
    let replies = [lost.clone(), lost.clone(), lost, [ok(), ok()]].concat();
    let story = Story::of(race()).luck(Luck::Always(u64::MAX)).replies(replies);
    story.succeeds();
    let waits: Vec<u64> = story.waits().iter().map(|wait| wait.as_millis() as u64 + 1).collect();
    assert_eq!(waits, [1000, 2000, 3000], "one nanosecond below the bounds");
}

#[test]
fn the_fourth_time_it_fails_for_now() {
    let replies: Vec<Reply> = [ok(), status(412)].into_iter().cycle().take(8).collect();
    let failure = Story::of(race()).luck(Luck::Always(0)).replies(replies).fails();
    assert_eq!((failure.kind, &*failure.message), (FailureKind::Unavailable, "too slow"));
    assert_eq!(failure.step.as_deref(), Some("2"));
}

#[test]
fn a_target_may_say_when_to_begin_again() {
    let replies = [ok(), status(412).header("retry-after", "7"), ok(), ok()];
    let story = Story::of(race()).replies(replies);
    story.succeeds();
    assert_eq!(story.waits(), [secs(7)]);
}

#[test]
fn no_rule_begins_again_beyond_the_deadline_or_the_targets_patience() {
    for (deadline, pause) in [(secs(5), "6"), (secs(100), "13")] {
        let replies = [ok(), status(412).header("retry-after", pause)];
        let story = Story::of(race()).deadline(deadline).replies(replies);
        let failure = story.fails();
        assert_eq!(failure.retry_after.map(|pause| pause.as_secs()), pause.parse().ok());
        assert!(story.waits().is_empty());
    }
}

#[test]
fn tries_of_a_request_are_counted_anew_each_time() {
    let replies = [status(500), ok(), status(412), status(500), status(500)];
    let failure = Story::of(race()).replies(replies).fails();
    assert_eq!(failure.kind, FailureKind::BadAnswer);
}

/// An event with that list.
fn event_of(list: Value) -> Event {
    let body =
        value!({ "event_id": "e", "data": { "event_type": "X" }, "pb_data": { "list": list } });
    Event::parse(body.to_string().as_bytes(), "r".to_owned(), "u".to_owned()).expect("an event")
}

/// A rule that saves something of each member.
fn each() -> String {
    let mapping = rule("PUT /{{item}}")
        .step("for_each: list")
        .step("save: { kept: { path: $, optional: true } }")
        .then("PUT /sum")
        .step("json: \"{{kept}}\"");
    mapping.to_string().replace("rules:\n", "extract: { list: \"$.pb_data.list\" }\nrules:\n")
}

#[test]
fn members_share_the_events_deadline() {
    let story = Story::of(each()).deadline(secs(10)).always(ok().after(secs(4)));
    let failure = only_failure(story.run(event_of(value!([1, 2, 3, 4]))));
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert_eq!((failure.step.as_deref(), failure.index), (Some("1"), Some(2)));
    assert_eq!(story.took(), secs(10));
}

#[test]
fn a_member_is_tried_again_by_itself() {
    let story = Story::of(each()).replies([ok(), status(503), ok(), ok()]);
    assert!(succeeded(&story.run(event_of(value!(["a", "b"])))));
    let urls: Vec<String> = story.sent().iter().map(|sent| sent.request.url.to_string()).collect();
    assert_eq!(urls, ["a", "b", "b", "sum"].map(|path| format!("http://hss.test/{path}")));
}

#[test]
fn what_answers_leave_behind_has_an_end() {
    let large = json(200, value!("x".repeat(1 << 20)));
    let list: Vec<u32> = (0..100).collect();
    let story = Story::of(each()).always(large);
    let failure = only_failure(story.run(event_of(value!(list))));
    assert_eq!((failure.kind, failure.index), (FailureKind::Invalid, Some(7)));
    assert!(failure.error.contains("larger than 8388608 bytes"), "{}", failure.error);
    assert_eq!(story.tries(), 8);
}
