//! Undoing where little is left: of the time, of what may be computed, and of a target that fails.

use super::*;
use crate::engine::testing::guarded::Guarded;
use crate::engine::transport::TransportFault;

#[test]
fn a_rule_that_computed_too_much_is_taken_back_all_the_same() {
    let mapping = rule("POST /a")
        .step("save: { id: $.id }")
        .step("undo: { request: 'DELETE /a/{{id}}' }")
        .then("POST /b")
        .step("text: '{{#each list}}{{eq event.long event.long}}{{/each}}'");
    let story = Story::of(with_list(&mapping)).replies([id(7), ok()]);
    // Long texts are compared at once, and count by their length.
    let body = value!({
        "event_id": "e",
        "data": { "event_type": "X" },
        "long": "x".repeat(4 << 20),
        "pb_data": { "list": vec![0; 500] },
    });
    let event = Event::parse(body.to_string().as_bytes(), "r".to_owned(), "u".to_owned());
    let failure = failed(story.run(event.expect("an event")));
    assert!(failure.message.contains("too much computing"), "{}", failure.message);
    assert_eq!(sent(&story), ["POST /a", "DELETE /a/7"]);
    assert_eq!(undone(&failure), ["1: 1, 0"]);
}

#[test]
fn nobody_logs_in_for_an_undo_that_there_is_no_time_for() {
    let login = json(200, value!({ "token": "a-long-token", "expires_in": 5 }));
    for undo in ["DELETE /a", "POST /not/a"] {
        let mapping =
            Guarded::rule("POST /a").step(&format!("undo: {{ request: {undo} }}")).then("POST /b");
        let story = Story::of(mapping).deadline(secs(10)).replies([
            login.clone(),
            ok(),
            status(400).after(secs(10)),
        ]);
        let failure = fails(&story);
        let why = failure.undone[0].failure.as_ref().expect("a reason");
        assert_eq!(why.message, "there is no time left for hss", "{undo}");
        story.pass(secs(60));
        assert_eq!(sent(&story), ["POST /login", "POST /a", "POST /b"], "{undo}");
    }
}

#[test]
fn what_there_is_no_time_for_is_not_rendered() {
    let mapping = rule("POST /a")
        .step("save: { id: { path: $.id, optional: true } }")
        .step("undo: { request: 'DELETE /a/{{id}}' }")
        .then("POST /b");
    let replies = || [ok(), status(400).after(secs(10))];
    for (deadline, why) in [(10, "there is no time left for hss"), (11, "step `undo of 1`")] {
        let story = Story::of(&mapping).deadline(secs(deadline)).replies(replies());
        let failure = fails(&story);
        let found = failure.undone[0].failure.as_ref().expect("a reason");
        assert!(found.message.starts_with(why), "{}", found.message);
    }
}

#[test]
fn an_open_breaker_is_told_of_each_undo_that_it_holds_and_lets_those_of_other_targets_through() {
    let mapping = rule("POST /a")
        .target("breaker: { failures: 1, open_for: 30s }")
        .target("retry: { attempts: 1 }")
        .step("target: hss")
        .step("undo: { request: DELETE /a }")
        .then("POST /b")
        .step("target: other")
        .step("undo: { request: DELETE /b }")
        .then("POST /c")
        .step("target: hss")
        .step("undo: { request: DELETE /c }")
        .then("POST /d")
        .step("target: other");
    let mapping =
        mapping.to_string().replace("rules:\n", "  other: { url: http://other.test }\nrules:\n");
    let story = Story::of(mapping)
        .replies_of("http://hss.test/c", [ok(), fault(TransportFault::Unreachable)])
        .replies_of("http://hss.test/a", [ok()])
        .replies_of("http://other.test/d", [status(400)])
        .replies_of("http://other.test/b", [ok(), ok()]);
    let failure = fails(&story);
    assert_eq!(undone(&failure), ["3: 1, 1", "2: 1, 0", "1: 1, 1"]);
    let why = failure.undone[2].failure.as_ref().expect("a reason");
    assert_eq!(why.message, "hss failed 1 time in a row, and is left alone for another 30 s");
}

#[test]
fn an_undo_waits_for_a_pause_that_the_target_asks_for() {
    let busy = status(429).header("retry-after", "3");
    let story = Story::of(three()).replies([id(7), ok(), status(400), busy, ok(), ok()]);
    assert_eq!(undone(&fails(&story)), ["2: 1, 0", "1: 1, 0"]);
    assert_eq!(story.took(), secs(3));
}

#[test]
fn a_poll_that_is_refused_for_good_takes_back_what_it_waited_for() {
    let mapping = rule("POST /{{item}}")
        .step("for_each: list")
        .step("save: { job: $.id }")
        .step("repeat: { until: { $.state: done }, every: 2s, for: 20s }")
        .step("undo: { request: 'DELETE /{{item}}/{{job}}' }");
    let state = |state: &str, id: u32| json(200, value!({ "state": state, "id": id }));
    let replies = [state("x", 1), state("done", 2), state("x", 3), status(400), ok()];
    let story = Story::of(with_list(&mapping)).replies(replies);
    let failure = failed(story.run(event_of(&value!(["a", "b"]))));
    assert_eq!(sent(&story)[4..], ["DELETE /a/2"], "of its last answer, and only what was done");
    assert_eq!((failure.index, undone(&failure)), (Some(1), vec!["1: 1, 0".to_owned()]));
}
