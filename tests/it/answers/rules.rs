//! One event, one mapping, and what its rule came to without a word from the target.

use serde_json::json;

use super::rule_failure;
use crate::support::stage::{OneStep, Stage, event};

#[test]
fn success_names_the_event_and_its_rules() {
    let stage = Stage::set(OneStep::new("POST /x"));
    let event = event("SIM/Updated");
    let answer = stage.post(&event);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.json(),
        json!({
            "message": "Event processed successfully",
            "event_id": event["event_id"],
            "rules": [{ "mapping": "hss.yaml", "rule": "all", "outcome": "succeeded" }],
        })
    );
}

#[test]
fn an_event_that_no_rule_is_for_is_ignored() {
    let mapping = OneStep::new("POST /x").to_string().replace("\"*\"", "SIM/Updated");
    let stage = Stage::set(mapping);
    for event_type in ["SIM/Created", "sim/updated", "SIM/UpdatedX"] {
        let answer = stage.post_type(event_type);
        let message = format!("Event ignored: no rule for {event_type}");
        assert_eq!((answer.status, &answer.json()["message"]), (200, &json!(message)));
        assert_eq!(answer.json()["rules"], json!([]));
    }
    assert_eq!(stage.target.connections(), 0);
}

/// A mapping with that rule, in flow style, before the one that sends.
fn with_rule(rule: &str) -> String {
    let mapping = OneStep::new("POST /x").to_string();
    mapping.replace("rules:\n", &format!("rules:\n  - {rule}\n"))
}

#[test]
fn an_ignore_rule_acknowledges_with_its_text() {
    let rule = r#"{ name: old, event: SIM/*, ignore: "nothing to do for {{event_type}}" }"#;
    let stage = Stage::set(with_rule(rule));
    let answer = stage.post_type("SIM/Deleted");
    let message = "Event ignored: nothing to do for SIM/Deleted";
    assert_eq!((answer.status, &answer.json()["message"]), (200, &json!(message)));
    let rule = json!({
        "mapping": "hss.yaml", "rule": "old", "outcome": "ignored",
        "message": "nothing to do for SIM/Deleted",
    });
    assert_eq!(answer.json()["rules"], json!([rule]));
    assert_eq!(stage.target.connections(), 0);
    assert_eq!(stage.post_type("DID/Created").json()["message"], "Event processed successfully");
}

#[test]
fn a_reject_rule_refuses_with_its_text() {
    let rule = r#"{ name: odd, event: SIM/*, reject: "no way to do {{event_type}}" }"#;
    let stage = Stage::set(with_rule(rule));
    let event = event("SIM/Deleted");
    let (body, detail) = rule_failure(&stage.post(&event), 422, "VALIDATION_ERROR", &event);
    assert_eq!(body["message"], "no way to do SIM/Deleted");
    assert_eq!(detail["rule"], "odd");
    assert_eq!(stage.target.connections(), 0);
}

#[test]
fn what_an_event_lacks_or_garbles_is_named_and_nothing_is_sent() {
    for (what, extract, request, step, named) in [
        (
            "a required variable is absent",
            "imsi: $.pb_data.sim_info.imsi",
            "POST /x",
            r#"json: { imsi: "{{imsi}}" }"#,
            &["imsi", "$.pb_data.sim_info.imsi"][..],
        ),
        (
            "a conversion fails",
            "count: { path: $.pb_data.text, as: integer }",
            "POST /x",
            r#"json: { count: "{{count}}" }"#,
            &["count", "integer"],
        ),
        (
            "a boolean is none",
            "flag: { path: $.pb_data.text, as: boolean }",
            "POST /x",
            r#"json: { flag: "{{flag}}" }"#,
            &["flag"],
        ),
        (
            "something optional is absent in a path",
            "imsi: { path: $.pb_data.sim_info.imsi, optional: true }",
            "PUT /subscribers/{{imsi}}",
            "json: {}",
            &["imsi"],
        ),
        (
            "something empty would make a segment vanish",
            "empty: $.pb_data.empty",
            "PUT /subscribers/{{empty}}/profile",
            "json: {}",
            &["segment empty"],
        ),
        (
            "something would climb",
            "dots: $.pb_data.dots",
            "PUT /subscribers/{{dots}}",
            "json: {}",
            &["`..`"],
        ),
        (
            "an object is where text is wanted",
            "object: $.pb_data.object",
            "POST /x",
            r#"text: "of {{object}}""#,
            &["object"],
        ),
        (
            "a control character is in a header",
            "lines: $.pb_data.lines",
            "POST /x",
            r#"headers: { X-Name: "{{lines}}" }"#,
            &["control character"],
        ),
    ] {
        let step = OneStep::new(request).step(step).top(&format!("extract:\n  {extract}"));
        let stage = Stage::set(step);
        let mut event = event("SIM/Updated");
        event["pb_data"] = json!({
            "text": "maybe", "empty": "", "dots": "..", "object": {"a": 1}, "lines": "a\r\nB: c",
        });
        let answer = stage.post(&event);
        let (body, detail) = rule_failure(&answer, 422, "VALIDATION_ERROR", &event);
        let place = [&detail["rule"], &detail["step"], &detail["target"]];
        assert_eq!(place, ["all", "send", "hss"], "{what}: {body}");
        for name in named {
            assert!(body["error"].as_str().unwrap().contains(name), "{what}: {body}");
        }
        assert_eq!(stage.target.connections(), 0, "{what}");
    }
}

#[test]
fn a_condition_that_cannot_be_judged_names_its_rule() {
    let rule = "{ name: odd, event: \"*\", when: { flag: true }, ignore: odd }";
    let mapping = with_rule(rule).replace(
        "targets:",
        "extract:\n  flag: { path: $.pb_data.flag, as: boolean, optional: true }\ntargets:",
    );
    let stage = Stage::set(mapping);
    let mut event = event("SIM/Updated");
    event["pb_data"] = json!({ "flag": "perhaps" });
    let (body, detail) = rule_failure(&stage.post(&event), 422, "VALIDATION_ERROR", &event);
    assert_eq!(detail["rule"], "odd");
    assert!(body["message"].as_str().unwrap().contains("flag"), "{body}");
    assert_eq!(stage.post_type("SIM/Updated").status, 200, "absence is no failure");
}
