//! What an undo sees: what its step saw, whatever stands under the names by then.

use super::*;

#[test]
fn an_undo_sees_what_was_saved_up_to_its_step_and_not_what_came_later() {
    let mapping = rule("POST /a")
        .step("save: { id: $.id }")
        .step("undo: { request: 'DELETE /a/{{id}}', headers: { X-Of: '{{event_id}} {{mine}}' } }")
        .step("extract: { mine: { value: 'own {{event_id}}' } }")
        .then("POST /b")
        .step("save: { id: $.id }")
        .step("undo: { request: 'DELETE /b/{{id}}', json: { was: '{{steps.second.status}}' } }")
        .step("name: second")
        .then("POST /c");
    let story = Story::of(mapping).replies([id(1), id(2), status(400), ok(), ok()]);
    fails(&story);
    assert_eq!(sent(&story)[3..], ["DELETE /b/2", "DELETE /a/1"]);
    assert_eq!(&story.sent()[3].request.body[..], br#"{"was":200}"#);
    assert_eq!(story.sent()[4].header("x-of"), "e-1 own e-1");
}

#[test]
fn an_undo_has_the_very_values_that_its_step_had() {
    let mapping = rule("POST /{{mine}}")
        .step("for_each: list")
        .step("extract: { mine: { value: '{{item}}-{{uuid}}' } }")
        .step("undo: { request: 'DELETE /{{mine}}' }")
        .then("POST /x");
    let replies = [ok(), ok(), status(400), ok(), ok()];
    let story = Story::of(with_list(&mapping)).replies(replies);
    failed(story.run(event_of(&value!(["a", "b"]))));
    let sent = sent(&story);
    let mine = |at: usize| sent[at].split_once(" /").expect("a path").1;
    assert_eq!((mine(3), mine(4)), (mine(1), mine(0)));
    assert!(mine(0).starts_with("a-") && mine(1).starts_with("b-"), "{sent:?}");
}

#[test]
fn an_undo_knows_what_stood_under_a_name_before_its_step_saved_something_else_there() {
    let mapping = rule("GET /plan")
        .step("save: { plan: $.plan }")
        .then("PUT /{{was}}/new")
        .step("extract: { was: { value: '{{plan}}' } }")
        .step("save: { plan: $.plan }")
        .step("undo: { request: 'PUT /{{plan}}/{{was}}' }")
        .then("POST /x");
    let plan = |plan: &str| json(200, value!({ "plan": plan }));
    let replies = [plan("old"), plan("new"), status(400), ok()];
    let story = Story::of(mapping).replies(replies);
    fails(&story);
    assert_eq!(sent(&story)[3], "PUT /new/old");
}

#[test]
fn what_is_too_much_to_be_kept_for_undos_is_told_and_never_sent_as_something_else() {
    let mapping = rule("POST /{{item}}")
        .step("for_each: list")
        .step("extract: { long: { value: '{{uuid}}{{event.long}}' } }")
        .step("json: '{{long}}'")
        .step("undo: { request: 'DELETE /{{item}}', json: '{{long}}' }")
        .then("POST /x");
    let replies = [ok(), ok(), ok(), status(400), ok(), ok()];
    let story = Story::of(with_list(&mapping)).replies(replies);
    let body = value!({
        "event_id": "e",
        "data": { "event_type": "X" },
        "long": "x".repeat(3 << 20),
        "pb_data": { "list": ["a", "b", "c"] },
    });
    let event = Event::parse(body.to_string().as_bytes(), "r".to_owned(), "u".to_owned());
    let failure = failed(story.run(event.expect("an event")));
    assert_eq!(sent(&story)[4..], ["DELETE /b", "DELETE /a"]);
    assert_eq!(undone(&failure), ["1: 3, 1"]);
    let why = failure.undone[0].failure.as_ref().expect("a reason");
    assert_eq!(why.index, Some(2));
    assert!(why.message.contains("variables are for undos is larger"), "{}", why.message);
}

#[test]
fn what_was_done_is_taken_back_also_where_its_answer_does_not_have_what_is_saved() {
    let post = |line: &str| {
        let undo = "undo: { request: 'DELETE /a', headers: { X-Tag: '{{tag}}' } }";
        rule("POST /a")
            .step(undo)
            .step("save: { tag: headers.tag, id: { path: $.id, as: integer } }")
            .step(line)
    };
    let answer = |body: &str| text(200, body).header("tag", "t");
    for (answer, kind) in [
        (answer("{"), FailureKind::BadAnswer),
        (answer(r#"{ "id": "no number" }"#), FailureKind::Invalid),
        (answer("{}"), FailureKind::Invalid),
    ] {
        let story = Story::of(with_list(&post("for_each: list"))).replies([answer, ok()]);
        let failure = failed(story.run(event_of(&value!(["a", "b"]))));
        assert_eq!((failure.kind, undone(&failure)), (kind, vec!["1: 1, 0".to_owned()]));
        assert_eq!(story.sent()[1].header("x-tag"), "t");
    }
    let story = Story::of(post("name: first")).replies([answer("{"), ok()]);
    assert_eq!(undone(&fails(&story)), ["first: 1, 0"]);
}

#[test]
fn an_undo_that_needs_what_could_not_be_read_is_not_sent_with_something_else() {
    let mapping = rule("GET /a")
        .step("save: { id: $.id }")
        .then("POST /a")
        .step("save: { id: $.id }")
        .step("undo: { request: 'DELETE /a/{{id}}' }");
    let story = Story::of(mapping).replies([id(7), text(200, "{")]);
    let failure = fails(&story);
    assert_eq!((failure.kind, undone(&failure)), (FailureKind::BadAnswer, vec!["2: 1, 1".into()]));
    let why = failure.undone[0].failure.as_ref().expect("a reason");
    assert_eq!(
        why.message,
        "step `undo of 2` of rule `all`: `id` is required and absent: in the answer to step `2`, it \
         cannot be read"
    );
}
