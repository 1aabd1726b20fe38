//! Steps that are skipped, that fail, that end a rule or begin it again.

use serde_json::json;

use super::{post, processed, sent, stage};
use crate::support::reply::Reply;

#[test]
fn a_step_is_skipped_where_its_condition_does_not_hold_and_others_can_tell() {
    let stage = stage(
        r#"
rules:
  - name: r
    event: "*"
    steps:
      - name: first
        when: { $.pb_data.wanted: true }
        request: POST /first
      - name: second
        when: { steps.first.skipped: true }
        request: POST /second
      - name: third
        when: { steps.first.status: 2xx }
        request: POST /third
"#,
    );
    processed(&stage, &json!({ "wanted": false }));
    processed(&stage, &json!({ "wanted": true }));
    assert_eq!(sent(&stage), ["POST /api/second", "POST /api/first", "POST /api/third"]);
}

#[test]
fn a_step_that_fails_ends_the_rule_with_its_text() {
    let stage = stage(
        r#"
rules:
  - name: r
    event: "*"
    steps:
      - request: GET /state
        save: { state: $.state }
      - name: locked
        when: { state: LOCKED }
        fail: "the subscriber is {{state}}, call {{nobody.at.all}}"
        extract: { nobody: { path: $.pb_data.nobody, optional: true } }
      - request: POST /change
"#,
    );
    stage.target.next(Reply::json(200, json!({ "state": "LOCKED" })));
    let answer = post(&stage, &json!({}));
    let body = answer.json();
    assert_eq!((answer.status, &body["type"]), (422, &json!("SERVICE_ERROR")));
    assert_eq!(body["message"], "the subscriber is LOCKED, call ");
    assert_eq!(body["details"][0]["step"], "locked");
    assert_eq!(sent(&stage), ["GET /api/state"]);
}

/// A change that the target refuses if somebody else was faster.
const RACE: &str = r#"
rules:
  - name: r
    event: "*"
    steps:
      - name: read
        request: GET /record
        save: { version: $.version }
      - name: write
        request: POST /record/{{version}}
        responses:
          - { when: { status: 412 }, then: restart, message: somebody else was faster }
"#;

#[test]
fn a_restart_begins_again_with_the_first_step() {
    let stage = stage(RACE);
    stage.target.next(Reply::json(200, json!({ "version": 1 })));
    stage.target.next(Reply::status(412));
    stage.target.next(Reply::json(200, json!({ "version": 2 })));
    processed(&stage, &json!({}));
    assert_eq!(
        sent(&stage),
        ["GET /api/record", "POST /api/record/1", "GET /api/record", "POST /api/record/2"],
    );
    let requests = stage.target.requests();
    let key = |at: usize| requests[at].header("idempotency-key").unwrap();
    assert_ne!(key(1), key(3), "it is another change");
}

#[test]
fn a_rule_begins_again_three_times_at_most() {
    let stage = stage(RACE);
    stage.target.otherwise(|request| match request.method.as_str() {
        "GET" => Reply::json(200, json!({ "version": 1 })),
        _ => Reply::status(412),
    });
    let answer = post(&stage, &json!({}));
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["message"], "somebody else was faster");
    assert_eq!(sent(&stage).len(), 8);
}

#[test]
fn stop_ends_a_rule_and_the_members_that_are_left() {
    let stage = stage(
        r#"
extract: { list: $.pb_data.list }
rules:
  - name: r
    event: "*"
    steps:
      - for_each: list
        request: DELETE /{{item}}
        responses: [{ when: { status: 404 }, then: stop }]
      - request: POST /done
"#,
    );
    stage.target.on("/api/2", |_| Reply::status(404));
    processed(&stage, &json!({ "list": [1, 2, 3] }));
    assert_eq!(sent(&stage), ["DELETE /api/1", "DELETE /api/2"]);
}

#[test]
fn a_restart_that_is_used_up_says_which_member_it_was() {
    let stage = stage(
        r#"
extract: { list: $.pb_data.list }
rules:
  - name: r
    event: "*"
    steps:
      - for_each: list
        request: PUT /{{item}}
        responses: [{ when: { status: 412 }, then: restart }]
"#,
    );
    stage.target.on("/api/b", |_| Reply::status(412));
    let answer = post(&stage, &json!({ "list": ["a", "b"] }));
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["details"][0]["index"], 1);
}
