//! `for_each`: one request for each member of a list.

use serde_json::{Value, json};

use super::{post, processed, sent, stage};
use crate::support::SOON;
use crate::support::reply::Reply;

const MAPPING: &str = r#"
extract:
  addons: { path: $.pb_data.addons, optional: true, nullable: true }
rules:
  - name: each
    event: "*"
    steps:
      - name: add
        for_each: addons
        when: { item.active: { not: false } }
        extract:
          tag: { value: "{{index}}-{{item.id}}" }
        request: PUT /addons/{{item.id}}
        json: { tag: "{{tag}}", at: "{{index}}" }
        save: { refs: { path: $.ref, optional: true } }
      - name: sum
        request: POST /sum
        json: { refs: "{{refs}}", status: "{{steps.add.status}}", skipped: "{{steps.add.skipped}}" }
"#;

#[test]
fn each_member_has_its_request_in_order() {
    let stage = stage(MAPPING);
    stage.target.next(Reply::json(200, json!({ "ref": 7 })));
    stage.target.next(Reply::json(201, json!({})));
    let addons =
        json!([{ "id": "a/b" }, { "id": "x", "active": false }, { "id": "c", "active": 1 }]);
    processed(&stage, &json!({ "addons": addons }));
    assert_eq!(
        sent(&stage),
        [
            r#"PUT /api/addons/a%2Fb {"tag":"0-a/b","at":0}"#,
            r#"PUT /api/addons/c {"tag":"2-c","at":2}"#,
            r#"POST /api/sum {"refs":[7,null,null],"status":201,"skipped":false}"#,
        ],
    );
}

#[test]
fn nothing_is_no_member_and_what_is_no_array_is_one() {
    for (addons, expected) in [
        (json!(null), r#"POST /api/sum {"refs":[],"skipped":true}"#),
        (json!([]), r#"POST /api/sum {"refs":[],"skipped":true}"#),
        (json!({ "id": 5 }), r#"PUT /api/addons/5 {"tag":"0-5","at":0}"#),
    ] {
        let stage = stage(MAPPING);
        processed(&stage, &json!({ "addons": addons }));
        assert_eq!(sent(&stage)[0], expected, "{addons}");
    }
    let stage = stage(MAPPING);
    processed(&stage, &json!({}));
    assert_eq!(sent(&stage), [r#"POST /api/sum {"refs":[],"skipped":true}"#]);
}

#[test]
fn the_first_failure_ends_it_and_says_which_member_it_was() {
    let stage = stage(MAPPING);
    stage.target.next(Reply::ok());
    stage.target.next(Reply::json(400, json!({ "error": "no" })));
    let answer = post(&stage, &json!({ "addons": [{ "id": 1 }, { "id": 2 }, { "id": 3 }] }));
    assert_eq!(answer.status, 422, "{}", answer.text());
    let detail = &answer.json()["details"][0];
    assert_eq!((&detail["step"], &detail["index"]), (&json!("add"), &json!(1)));
    assert_eq!(sent(&stage).len(), 2);
    let record = stage.connector.wait_for_log(|record| record["index"] == 1, SOON);
    assert_eq!(record["step"], "add");
}

#[test]
fn more_members_than_an_event_may_cause_requests_are_refused_before_the_first() {
    let stage = stage(MAPPING);
    let addons: Vec<Value> = (0..10_001).map(|id| json!({ "id": id })).collect();
    let answer = post(&stage, &json!({ "addons": addons }));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("`addons` has more than 10000 members"), "{}", answer.text());
    assert!(sent(&stage).is_empty());
}

#[test]
fn each_member_that_is_created_has_an_idempotency_key_of_its_own() {
    let stage = stage(&MAPPING.replace("PUT /addons/{{item.id}}", "POST /addons"));
    processed(&stage, &json!({ "addons": [{ "id": 1 }, { "id": 1 }] }));
    let requests = stage.target.requests();
    let keys: Vec<_> = requests.iter().map(|one| one.header("idempotency-key").unwrap()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys[0] != keys[1] && keys[1] != keys[2], "{keys:?}");
}

#[test]
fn a_list_without_members_leaves_what_an_earlier_step_saved() {
    let stage = stage(
        r#"
extract: { old: $.pb_data.old, new: $.pb_data.new }
rules:
  - name: r
    event: "*"
    steps:
      - for_each: old
        request: PUT /old/{{item}}
        save: { refs: $.ref }
      - for_each: new
        request: PUT /new/{{item}}
        save: { refs: $.ref }
      - request: POST /sum
        json: "{{refs}}"
"#,
    );
    stage.target.next(Reply::json(200, json!({ "ref": 7 })));
    processed(&stage, &json!({ "old": ["a"], "new": [] }));
    assert_eq!(sent(&stage)[1..], ["POST /api/sum [7]"]);
}
