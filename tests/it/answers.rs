//! What NSPS is told: each row of the table of answers, against the running connector.
//!
//! A fault of the connector's own (500) needs a panic, which nothing outside can cause: the tests
//! of `ingress` put one into the service behind the server.

mod limits;
mod refused;
mod retry;
mod rules;
mod several;
mod taken_back;
mod verdicts;

use serde_json::Value;

use crate::support::client::Answer;

/// Checks that an answer is a failure in the form that all failures have, and gives its body.
#[track_caller]
fn failure(answer: &Answer, status: u16, kind: &str) -> Value {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["type"], kind, "{text}");
    for field in ["message", "error"] {
        assert!(body[field].as_str().is_some_and(|text| !text.trim().is_empty()), "{text}");
    }
    for (field, header) in [("request_id", "x-b3-traceid"), ("unique_id", "x-request-id")] {
        assert_eq!(body[field].as_str(), answer.header(header), "{text}");
        assert!(body[field].is_string(), "{text}");
    }
    if matches!(status, 429 | 503) {
        let pause: u64 = answer.header("retry-after").expect("retry-after").parse().unwrap();
        assert!(pause >= 1);
    }
    body
}

/// The same for the failure of one rule of `hss.yaml`; gives its details too.
#[track_caller]
fn rule_failure(answer: &Answer, status: u16, kind: &str, event: &Value) -> (Value, Value) {
    let body = failure(answer, status, kind);
    assert_eq!(body["event_id"], event["event_id"]);
    let details = body["details"].as_array().expect("details");
    assert_eq!(details.len(), 1, "{body}");
    let detail = details[0].clone();
    assert_eq!(detail["mapping"], "hss.yaml");
    for field in ["type", "message", "error"] {
        assert_eq!(detail[field], body[field], "{body}");
    }
    (body, detail)
}

/// The same for the one step of a [`OneStep`].
///
/// [`OneStep`]: crate::support::stage::OneStep
#[track_caller]
fn step_failure(answer: &Answer, status: u16, kind: &str, event: &Value) -> Value {
    let (body, detail) = rule_failure(answer, status, kind, event);
    let place = [&detail["rule"], &detail["step"], &detail["target"]];
    assert_eq!(place, ["all", "send", "hss"], "{body}");
    body
}
