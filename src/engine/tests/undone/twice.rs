//! Undoing what a rule did more than once: after it began again, and on and off within one run.

use super::*;
use crate::engine::testing::guarded::Guarded;

/// A rule that looks for something, creates it if it is not there, and may begin again.
fn found_or_created() -> OneRule {
    rule("GET /x")
        .step("save: { id: { path: $.id, optional: true } }")
        .then("POST /x")
        .step("when: { id: { exists: false } }")
        .step("save: { id: $.id }")
        .step("undo: { request: 'DELETE /x/{{id}}' }")
        .then("PUT /x/{{id}}")
        .step("responses: [{ when: { status: 412 }, then: restart }]")
}

#[test]
fn what_was_done_before_the_rule_began_again_is_taken_back_too() {
    let story = Story::of(found_or_created()).luck(Luck::Always(0)).replies([
        ok(),
        id(7),
        status(412),
        id(7),
        status(400),
        ok(),
    ]);
    let failure = fails(&story);
    let expected = ["GET /x", "POST /x", "PUT /x/7", "GET /x", "PUT /x/7", "DELETE /x/7"];
    assert_eq!(sent(&story), expected, "the second run only found it");
    assert_eq!(undone(&failure), ["2: 1, 0"]);
}

#[test]
fn what_was_done_twice_is_deleted_once_unless_it_was_not_the_same() {
    for (second, deleted) in [(7, vec!["DELETE /x/7"]), (8, vec!["DELETE /x/8", "DELETE /x/7"])] {
        let replies = [ok(), id(7), status(412), ok(), id(second), status(400)];
        let replies = [replies.to_vec(), vec![ok(); deleted.len()]].concat();
        let story = Story::of(found_or_created()).luck(Luck::Always(0)).replies(replies);
        let failure = fails(&story);
        assert_eq!(sent(&story)[6..], deleted);
        assert_eq!(undone(&failure), ["2: 2, 0"]);
    }
}

#[test]
fn what_is_not_safe_to_repeat_is_taken_back_as_often_as_it_was_done() {
    let mapping = rule("POST /credit")
        .step("undo: { request: POST /debit }")
        .then("PUT /x")
        .step("responses: [{ when: { status: 412 }, then: restart }]");
    let replies = [ok(), status(412), ok(), status(400), ok(), ok()];
    let story = Story::of(mapping).luck(Luck::Always(0)).replies(replies);
    fails(&story);
    assert_eq!(sent(&story)[4..], ["POST /debit", "POST /debit"]);
    let keys: Vec<String> =
        story.sent()[4..].iter().map(|sent| sent.header("idempotency-key").to_owned()).collect();
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn what_was_switched_off_on_and_off_is_on_again() {
    let mapping = rule("PUT /off")
        .step("undo: { request: PUT /on }")
        .then("PUT /on")
        .step("undo: { request: PUT /off }")
        .then("PUT /off")
        .step("undo: { request: PUT /on }")
        .then("POST /x");
    let replies = [vec![ok(); 3], vec![status(400)], vec![ok(); 3]].concat();
    let story = Story::of(mapping).replies(replies);
    fails(&story);
    assert_eq!(sent(&story)[4..], ["PUT /on", "PUT /off", "PUT /on"]);
}

#[test]
fn what_was_created_deleted_and_created_is_deleted() {
    let mapping = rule("POST /a")
        .step("undo: { request: DELETE /a }")
        .then("DELETE /a")
        .step("undo: { request: POST /a }")
        .then("POST /a")
        .step("undo: { request: DELETE /a }")
        .then("POST /x");
    let replies = [vec![ok(); 3], vec![status(400)], vec![ok(); 3]].concat();
    let story = Story::of(mapping).replies(replies);
    fails(&story);
    assert_eq!(sent(&story)[4..], ["DELETE /a", "POST /a", "DELETE /a"]);
}

#[test]
fn what_was_put_twice_by_a_rule_that_began_again_is_put_back_twice() {
    let mapping = rule("PUT /plan/new")
        .step("undo: { request: PUT /plan/old }")
        .then("PUT /x")
        .step("responses: [{ when: { status: 412 }, then: restart }]");
    let replies = [ok(), status(412), ok(), status(400), ok(), ok()];
    let story = Story::of(mapping).luck(Luck::Always(0)).replies(replies);
    assert_eq!(undone(&fails(&story)), ["1: 2, 0"]);
    assert_eq!(sent(&story)[4..], ["PUT /plan/old", "PUT /plan/old"]);
}

#[test]
fn what_was_done_twice_is_deleted_once_also_where_the_session_ends_in_between() {
    let mapping = Guarded::rule("POST /{{item}}")
        .step("for_each: list")
        .step("undo: { request: 'DELETE /{{item}}' }")
        .then("PUT /x")
        .step("responses: [{ when: { status: 412 }, then: restart }]");
    let login = |token: &str| json(200, value!({ "token": token }));
    let story = Story::of(with_list(&mapping))
        .luck(Luck::Always(0))
        .replies_of("http://hss.test/login", [login("first-token"), login("second-token")])
        .replies_of("http://hss.test/a", [ok(), ok(), status(401), ok()])
        .replies_of("http://hss.test/b", [ok(), ok(), ok()])
        .replies_of("http://hss.test/x", [status(412), status(400)]);
    let failure = failed(story.run(event_of(&value!(["b", "a"]))));
    assert_eq!(undone(&failure), ["1: 4, 0"]);
    assert_eq!(sent(&story)[7..], ["DELETE /a", "POST /login", "DELETE /a", "DELETE /b"]);
}

#[test]
fn each_run_of_a_list_is_taken_back_with_what_it_saved() {
    let mapping = rule("GET /of")
        .step("save: { of: $.id }")
        .then("POST /{{item}}")
        .step("for_each: list")
        .step("save: { id: $.id }")
        .step("undo: { request: 'POST /undo/{{of}}/{{item}}/{{id}}' }")
        .then("PUT /x")
        .step("responses: [{ when: { status: 412 }, then: restart }]");
    let replies = [id(1), id(2), id(3), status(412), id(4), id(5), status(400), ok(), ok(), ok()];
    let story = Story::of(with_list(&mapping)).luck(Luck::Always(0)).replies(replies);
    let failure = failed(story.run(event_of(&value!(["a", "b"]))));
    assert_eq!(
        sent(&story)[7..],
        ["POST /undo/4/a/5", "POST /undo/1/b/3", "POST /undo/1/a/2"],
        "the second run failed at its second member"
    );
    assert_eq!((failure.index, undone(&failure)), (Some(1), vec!["2: 3, 0".to_owned()]));
}

#[test]
fn a_delete_that_failed_is_sent_for_the_run_before_too() {
    let mapping = rule("POST /a")
        .step("undo: { request: DELETE /a }")
        .then("PUT /x")
        .step("responses: [{ when: { status: 412 }, then: restart }]");
    let replies = [ok(), status(412), ok(), status(400), status(409), ok()];
    let story = Story::of(mapping).luck(Luck::Always(0)).replies(replies);
    assert_eq!(undone(&fails(&story)), ["1: 2, 1"]);
}
