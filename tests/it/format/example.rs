//! A whole mapping: each thing that it says, from the event to what NSPS is told.

use serde_json::{Value, json};

use crate::support::connector::Setup;
use crate::support::reply::Reply;
use crate::support::stage::{Stage, fresh_id};

const MAPPING: &str = include_str!("whole-example.yaml");

fn stage(adapt: impl FnOnce(Setup) -> Setup) -> Stage {
    Stage::set_with(&[("wtl-hss.yaml", MAPPING.to_owned())], |setup| {
        let url = setup.value_of("TARGET_URL").to_owned();
        adapt(
            setup
                .env("WTL_API_URL", &format!("{url}/wtl/hlr/v1/"))
                .env("WTL_API_TOKEN", "tok-12345678"),
        )
    })
}

/// The event of an open account, changed.
fn event(event_type: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut event = json!({
        "event_id": fresh_id(),
        "data": { "event_type": event_type, "variables": {} },
        "pb_data": {
            "sim_info": { "imsi": "001010000020349" },
            "account_info": { "bill_status": "open", "blocked": false, "id": "79123456789@msisdn" },
            "access_policy_info": {
                "name": "WTL integration test",
                "attributes": [
                    { "group_name": "lte.wtl", "name": "cs_profile", "value": "cs-pp-20250319" },
                    { "group_name": "lte.wtl", "name": "eps_profile", "values": ["eps-pp"] },
                ],
            },
        },
    });
    change(&mut event["pb_data"]);
    event
}

/// What the target is sent for an event.
#[track_caller]
fn sent_for(change: impl FnOnce(&mut Value)) -> Value {
    let stage = stage(|setup| setup);
    stage.target.always(Reply::json(200, json!({ "result": true })));
    let answer = stage.post(&event("SIM/Updated", change));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["message"], "Event processed successfully");
    let requests = stage.target.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.uri.as_str()), ("POST", "/wtl/hlr/v1/prov"));
    assert_eq!(request.header("authorization"), Some("Bearer tok-12345678"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    request.json()
}

fn body(status: &str, msisdn: &Value, cs_profile: &str) -> Value {
    json!({
        "imsi": "001010000020349",
        "subscriber_status": status,
        "msisdn": msisdn,
        "cs_profile": cs_profile,
        "action": "update",
    })
}

#[test]
fn an_open_account_is_granted_service_with_its_number() {
    let expected = body("serviceGranted", &json!(["79123456789"]), "cs-pp-20250319");
    assert_eq!(sent_for(|_| {}), expected);
}

#[test]
fn an_account_that_is_blocked_or_not_open_is_barred() {
    for (blocked, bill_status, status, msisdn) in [
        (json!("Y"), json!("open"), "operatorDeterminedBarring", json!(["79123456789"])),
        (json!(1), json!("open"), "operatorDeterminedBarring", json!(["79123456789"])),
        (json!(null), json!("open"), "serviceGranted", json!(["79123456789"])),
        (json!(false), json!("suspended"), "operatorDeterminedBarring", json!([])),
        (json!(false), json!(null), "operatorDeterminedBarring", json!([])),
    ] {
        let sent = sent_for(|pb_data| {
            pb_data["account_info"]["blocked"] = blocked.clone();
            pb_data["account_info"]["bill_status"] = bill_status.clone();
        });
        assert_eq!(sent, body(status, &msisdn, "cs-pp-20250319"), "{blocked} {bill_status}");
    }
}

#[test]
fn a_number_that_is_none_is_no_number() {
    let sent = sent_for(|pb_data| pb_data["account_info"]["id"] = json!("someone@sip"));
    assert_eq!(sent, body("serviceGranted", &json!([]), "cs-pp-20250319"));
}

#[test]
fn the_profile_comes_from_values_or_value_of_one_policy_or_several_or_is_the_default() {
    let policy = |attributes: Value| json!({ "attributes": attributes });
    let (one, other) = (
        json!({ "name": "cs_profile", "values": ["v1", "v2"] }),
        json!({ "name": "x", "value": "y" }),
    );
    for (policies, profile) in [
        (policy(json!([one])), "v1"),
        (json!([policy(json!([other])), policy(json!([one]))]), "v1"),
        (policy(json!([{ "name": "cs_profile", "value": "v3", "values": null }])), "v3"),
        (policy(json!([other])), "cs-barred"),
        (json!(null), "cs-barred"),
    ] {
        let sent = sent_for(|pb_data| pb_data["access_policy_info"] = policies.clone());
        assert_eq!(sent["cs_profile"], profile, "{policies}");
    }
}

#[test]
fn the_default_profile_is_the_environments() {
    let stage = stage(|setup| setup.env("WTL_DEFAULT_CS_PROFILE", "cs-from-env"));
    let event = event("SIM/Updated", |pb_data| pb_data["access_policy_info"] = json!(null));
    assert_eq!(stage.post(&event).status, 200);
    assert_eq!(stage.target.requests()[0].json()["cs_profile"], "cs-from-env");
}

#[test]
fn an_event_without_an_imsi_is_acknowledged_and_nothing_is_sent() {
    for imsi in [json!(null), json!("")] {
        let stage = stage(|setup| setup);
        let answer =
            stage.post(&event("SIM/Deleted", |pb_data| pb_data["sim_info"]["imsi"] = imsi));
        assert_eq!(answer.status, 200);
        let message = "Event ignored: IMSI is empty or not provided";
        assert_eq!(answer.json()["message"], message);
        assert!(stage.target.requests().is_empty());
    }
}

#[test]
fn an_event_type_that_no_rule_is_for_is_acknowledged() {
    let stage = stage(|setup| setup);
    let answer = stage.post(&event("SIM/Deleted", |_| {}));
    assert_eq!(answer.status, 200);
    assert!(answer.json()["message"].as_str().unwrap().starts_with("Event ignored: "));
    assert!(stage.target.requests().is_empty());
}

#[test]
fn a_200_that_says_no_is_a_refusal_in_the_targets_words() {
    let stage = stage(|setup| setup);
    stage.target.always(Reply::json(200, json!({ "result": false, "error": "unknown profile" })));
    let answer = stage.post(&event("SIM/Updated", |_| {}));
    let body = answer.json();
    assert_eq!((answer.status, &body["message"]), (422, &json!("unknown profile")));
    assert_eq!(body["type"], "SERVICE_ERROR");
}
