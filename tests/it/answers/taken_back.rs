//! Polls, lists and undos of the running connector: what NSPS and the log are told.

use serde_json::{Value, json};

use super::rule_failure;
use crate::support::SOON;
use crate::support::reply::Reply;
use crate::support::stage::{Stage, event};

const MAPPING: &str = "version: 1
targets: { hss: { url: \"${TARGET_URL}\", retry: { attempts: 1 } } }
extract: { imsi: $.pb_data.sim_info.imsi, list: { path: \"$.data.list\", optional: true } }
rules:
  - name: all
    event: '*'
    steps:
      - name: create
        request: POST /subscribers
        json: { imsi: '{{imsi}}' }
        undo: { request: 'DELETE /subscribers/{{imsi}}' }
      - name: ready
        request: GET /subscribers
        repeat: { until: { $.state: ready }, every: 100ms, for: 5s }
      - name: add
        for_each: list
        request: PUT /addons/{{item}}
        undo: { request: 'DELETE /addons/{{item}}' }
";

fn stage() -> Stage {
    Stage::set_with(&[("hss.yaml", MAPPING.to_owned())], |setup| {
        setup.env("LOG_IDENTIFIERS", "masked")
    })
}

/// An event with three members, whose IMSI it gives, too.
fn event_of_three() -> (Value, &'static str) {
    let mut event = event("SIM/Updated");
    event["data"]["list"] = json!(["one", "two", "three"]);
    event["pb_data"] = json!({ "sim_info": { "imsi": "001010000020349" } });
    (event, "001010000020349")
}

#[test]
fn what_was_done_is_polled_for_counted_and_taken_back() {
    let (stage, (event, imsi)) = (stage(), event_of_three());
    stage.target.next(Reply::status(201));
    stage.target.next(Reply::json(200, json!({ "state": "pending" })));
    stage.target.next(Reply::json(200, json!({ "state": "ready" })));
    stage.target.next(Reply::ok());
    stage.target.next(Reply::json(400, json!({ "error": format!("no room for {imsi}") })));
    stage.target.next(Reply::ok());
    stage.target.next(Reply::json(410, json!({ "error": format!("{imsi} is gone") })));
    let answer = stage.post(&event);
    let (_, detail) = rule_failure(&answer, 422, "SERVICE_ERROR", &event);
    let sent: Vec<String> =
        stage.target.requests().iter().map(|one| one.path().to_owned()).collect();
    let by_number = format!("/subscribers/{imsi}");
    assert_eq!(
        sent,
        [
            "/subscribers",
            "/subscribers",
            "/subscribers",
            "/addons/one",
            "/addons/two",
            "/addons/one",
            &by_number,
        ]
    );
    let place = ["step", "index", "members", "done"].map(|key| detail[key].clone());
    assert_eq!(place, [json!("add"), json!(1), json!(3), json!(1)]);
    assert_eq!(detail["undone"], json!(["add"]));
    assert_eq!(detail["not_undone"][0]["step"], "create");
    let why = detail["not_undone"][0]["message"].as_str().unwrap();
    assert!(why.starts_with("hss answered 410"), "{why}");

    let is_of = |record: &Value| record["event_id"] == event["event_id"];
    stage.connector.wait_for_log(|record| is_of(record) && record["outcome"].is_string(), SOON);
    let records: Vec<Value> = stage.connector.logs().into_iter().filter(is_of).collect();
    let exchanges = records.iter().filter(|record| record["url"].is_string());
    let polls: Vec<&Value> = exchanges.filter_map(|record| record.get("poll")).collect();
    assert_eq!(polls, [&json!(1), &json!(2)]);
    let failed =
        records.iter().find(|record| record["message"] == "undo failed").expect("a warning");
    let of_undo = ["level", "step", "rule", "target"].map(|key| failed[key].clone());
    assert_eq!(of_undo, ["warning", "undo of create", "all", "hss"].map(Value::from));
    assert!(failed["reason"].as_str().is_some_and(|why| why.starts_with("hss answered 410")));
    let end = records.last().expect("the end of the event");
    let rule = &end["rules"][0];
    assert_eq!((&rule["undone"], &rule["done"]), (&json!(["add"]), &json!(1)));
    assert_eq!(rule["not_undone"][0]["step"], "create");
    let all = Value::from(records.clone()).to_string();
    assert!(!all.contains(imsi), "identifiers are masked: {all}");
}

#[test]
fn what_passes_by_itself_is_not_taken_back() {
    let (stage, (event, _)) = (stage(), event_of_three());
    stage.target.next(Reply::status(201));
    stage.target.next(Reply::json(200, json!({ "state": "ready" })));
    stage.target.next(Reply::ok());
    stage.target.next(Reply::status(503));
    let answer = stage.post(&event);
    let (_, detail) = rule_failure(&answer, 502, "SERVICE_ERROR", &event);
    assert_eq!((&detail["index"], &detail["done"]), (&json!(1), &json!(1)));
    assert_eq!((detail.get("undone"), detail.get("not_undone")), (None, None));
    assert_eq!(stage.target.requests().len(), 4);
}
