//! `save`: what later steps need of an answer.

use serde_json::json;

use super::{post, processed, sent, stage};
use crate::support::reply::{Answer, Reply};

/// Finds, or else creates, and goes on with either.
const UPSERT: &str = r#"
extract: { imsi: $.pb_data.imsi }
rules:
  - name: upsert
    event: "*"
    steps:
      - name: find
        request: GET /subscribers/{{imsi}}
        responses: [{ when: { status: 404 }, then: ok }]
        save:
          id: { path: [$.id, "$.items[0].id"], optional: true }
          etag: { path: headers.ETag, optional: true }
      - name: create
        when: { id: { exists: false } }
        request: POST /subscribers
        json: { imsi: "{{imsi}}" }
        save: { id: { path: $.id, as: string }, made: { value: "{{status}}-{{default body.id 0}}", default: "no" } }
      - name: patch
        extract: { id: { value: "<{{id}}>" } }
        request: PATCH /subscribers/{{id}}
        headers: { if-match: "{{etag}}" }
        json: { made: "{{made}}", created: "{{steps.create.status}}" }
"#;

#[test]
fn a_later_step_uses_what_an_earlier_one_found() {
    let stage = stage(UPSERT);
    let found = Answer::json(200, json!({ "items": [{ "id": 9 }] })).header("etag", "\"v1\"");
    stage.target.next(found.into());
    processed(&stage, &json!({ "imsi": "1" }));
    assert_eq!(
        sent(&stage),
        ["GET /api/subscribers/1", r#"PATCH /api/subscribers/%3C9%3E {"made":"no"}"#],
    );
    assert_eq!(stage.target.requests()[1].header("if-match"), Some("\"v1\""));
}

#[test]
fn what_was_not_found_is_created_and_used_under_the_same_name() {
    let stage = stage(UPSERT);
    stage.target.next(Reply::text(404, "text/plain", "nobody"));
    stage.target.next(Reply::json(201, json!({ "id": 12 })));
    processed(&stage, &json!({ "imsi": "1" }));
    assert_eq!(
        sent(&stage)[1..],
        [
            r#"POST /api/subscribers {"imsi":"1"}"#,
            r#"PATCH /api/subscribers/%3C12%3E {"made":"201-12","created":201}"#,
        ],
    );
    assert_eq!(stage.target.requests()[2].header("if-match"), None);
}

#[test]
fn a_saved_value_that_is_needed_and_absent_names_itself_its_path_and_its_step() {
    let stage = stage(UPSERT);
    stage.target.next(Reply::status(404));
    stage.target.next(Reply::json(201, json!({ "other": 12 })));
    let answer = post(&stage, &json!({ "imsi": "1" }));
    assert_eq!(answer.status, 422, "{}", answer.text());
    for part in ["`id` is required", "in the answer to step `create`, `$.id` selected nothing"] {
        assert!(answer.text().contains(part), "{part}: {}", answer.text());
    }
}

#[test]
fn a_success_whose_body_is_needed_and_cannot_be_read_is_the_targets_fault() {
    for unreadable in
        [Reply::text(200, "text/html", "<p>maintenance"), Reply::text(200, "application/json", "{")]
    {
        let stage = stage(UPSERT);
        stage.target.next(unreadable);
        let answer = post(&stage, &json!({ "imsi": "1" }));
        assert_eq!(answer.status, 502, "{}", answer.text());
        assert_eq!(sent(&stage).len(), 1);
    }
}

#[test]
fn a_value_that_cannot_be_converted_fails_the_event() {
    let stage = stage(
        "rules:\n- name: r\n  event: '*'\n  steps:\n  - request: GET /a\n    save: { n: { path: $.n, as: \
         integer } }\n  - request: POST /b\n    json: '{{n}}'\n",
    );
    stage.target.next(Reply::json(200, json!({ "n": "many" })));
    let answer = post(&stage, &json!({}));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("is not an integer"), "{}", answer.text());
}

#[test]
fn a_default_that_reads_an_answer_is_absent_where_the_step_was_skipped() {
    let stage = stage(
        r#"
rules:
  - name: r
    event: "*"
    steps:
      - when: { event_id: never }
        request: POST /a
        save: { made: { path: $.id, default: "by {{status}}" } }
      - request: POST /b
        json: "{{default made 'nothing'}}"
"#,
    );
    processed(&stage, &json!({}));
    assert_eq!(sent(&stage), [r#"POST /api/b "nothing""#]);
}
