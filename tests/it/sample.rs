//! The sample events with the example mapping: what the HLR/HSS gets, to the byte, and what NSPS is
//! told.

use serde_json::{Value, json};

use crate::support::client::Answer;
use crate::support::connector::{Connector, Setup};
use crate::support::reply::Reply;
use crate::support::scratch::{Scratch, repository_file, sample_event};
use crate::support::stage::fresh_id;
use crate::support::target::Target;

/// What the HLR/HSS gets for the sample event.
const UPSERT: &str = concat!(
    r#"{"imsi":"001010000020349","subscriber_status":"serviceGranted","msisdn":["79123456789"],"#,
    r#""cs_profile":"cs-pp-20250319","eps_profile":"eps-pp-20250319","action":"update"}"#
);

const IMSI: &str = "/pb_data/sim_info/imsi";
const ACCOUNT: &str = "/pb_data/account_info";
const POLICY: &str = "/pb_data/access_policy_info";

/// The connector with the example mapping, and the HLR/HSS behind it.
struct Wtl {
    connector: Connector,
    hss: Target,
    _scratch: Scratch,
}

impl Wtl {
    fn start(variables: &[(&str, &str)]) -> Self {
        let (scratch, hss) = (Scratch::new(), Target::start());
        scratch.example_mapping("wtl-hss.yaml");
        let mut setup = Setup::new(&scratch)
            .env("WTL_API_URL", &format!("{}/wtl/hlr/v1", hss.url()))
            .env("WTL_API_TOKEN", "token-of-the-hss");
        for (name, value) in variables {
            setup = setup.env(name, value);
        }
        Self { connector: setup.start(), hss, _scratch: scratch }
    }

    /// Posts the sample event, changed in these places, under an id of its own.
    fn post(&self, changes: &[(&str, Value)]) -> Answer {
        let mut event = sample_event("sim-updated");
        event["event_id"] = fresh_id().into();
        for (place, value) in changes {
            let (parent, name) = place.rsplit_once('/').unwrap();
            event.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        self.connector.post_event("/", event.to_string(), &[])
    }

    /// What the HLR/HSS gets of the sample event after these changes.
    fn upsert(&self, changes: &[(&str, Value)]) -> Value {
        let before = self.hss.requests().len();
        let answer = self.post(changes);
        assert_eq!(answer.status, 200, "{changes:?}: {}", answer.text());
        let requests = self.hss.requests();
        assert_eq!(requests.len(), before + 1, "{changes:?}");
        requests[before].json()
    }
}

/// The usual upsert, changed in these members.
fn upsert_but(changes: Value) -> Value {
    let mut upsert: Value = serde_json::from_str(UPSERT).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        upsert[name] = value.clone();
    }
    upsert
}

#[test]
fn the_guides_example_becomes_one_upsert_whichever_path_it_comes_by() {
    for path in ["/", "/process-event", "/api/events"] {
        let wtl = Wtl::start(&[]);
        let body = repository_file("tests/events/sim-updated.json");
        let answer = wtl.connector.post_event(path, body, &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json()["message"], "Event processed successfully");
        assert_eq!(answer.json()["event_id"], "3e84c79f-ab6f-4546-8e27-0b6ab866f1fb");

        let requests = wtl.hss.requests();
        assert_eq!(requests.len(), 1, "{path}");
        let sent = &requests[0];
        assert_eq!((&*sent.method, &*sent.uri), ("POST", "/wtl/hlr/v1/prov"));
        assert_eq!(sent.text(), UPSERT);
        assert_eq!(sent.header("authorization"), Some("Bearer token-of-the-hss"));
        assert_eq!(sent.header("content-type"), Some("application/json"));
        assert_eq!(sent.header("host"), Some(&*wtl.hss.address().to_string()));
    }
}

#[test]
fn other_samples_are_acknowledged_and_nothing_is_sent() {
    let wtl = Wtl::start(&[]);
    for name in [
        "sim-created",
        "sim-deleted",
        "sim-replaced-assigned",
        "sim-replaced-changed",
        "sim-replaced-removed",
    ] {
        let answer = wtl.connector.post_event("/", sample_event(name).to_string(), &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let message = &answer.json()["message"];
        assert_eq!(message, "Event ignored: only SIM/Updated is provisioned", "{name}");
    }
    assert_eq!(wtl.hss.connections(), 0);
}

#[test]
fn service_is_granted_to_open_accounts_that_are_not_blocked() {
    let wtl = Wtl::start(&[]);
    let (granted, barred) = ("serviceGranted", "operatorDeterminedBarring");
    for (blocked, bill_status, status, has_number) in [
        (json!(false), json!("open"), granted, true),
        (json!("N"), json!("open"), granted, true),
        (Value::Null, json!("open"), granted, true),
        (json!(true), json!("open"), barred, true),
        (json!("Y"), json!("open"), barred, true),
        (json!(false), json!("suspended"), barred, false),
        (json!(false), json!("terminated"), barred, false),
        (json!(false), json!(""), barred, false),
        (json!(false), Value::Null, barred, false),
        (json!("Y"), json!("inactive"), barred, false),
    ] {
        let upsert = wtl.upsert(&[
            ("/pb_data/account_info/blocked", blocked),
            ("/pb_data/account_info/bill_status", bill_status),
        ]);
        let msisdn = if has_number { json!(["79123456789"]) } else { json!([]) };
        assert_eq!(upsert, upsert_but(json!({"subscriber_status": status, "msisdn": msisdn})));
    }
    let gone = upsert_but(json!({"subscriber_status": barred, "msisdn": []}));
    assert_eq!(wtl.upsert(&[(ACCOUNT, Value::Null)]), gone);
}

#[test]
fn the_number_is_the_accounts_name_without_its_realm() {
    let wtl = Wtl::start(&[]);
    for (id, msisdn) in [
        (json!("79123456789@msisdn"), json!(["79123456789"])),
        (json!("79123456789"), json!(["79123456789"])),
        (json!("alice@voip.example"), json!([])),
        (json!("79123456789@voip.example"), json!([])),
        (json!(""), json!([])),
        (Value::Null, json!([])),
    ] {
        let upsert = wtl.upsert(&[("/pb_data/account_info/id", id)]);
        assert_eq!(upsert, upsert_but(json!({ "msisdn": msisdn })));
    }
}

#[test]
fn profiles_are_found_in_every_form_of_the_access_policy() {
    let wtl = Wtl::start(&[]);
    let attribute = |name: &str, key: &str, value: Value| json!({ "name": name, key: value });
    let policy = |attributes: Value| json!({ "i_access_policy": 179, "attributes": attributes });
    let other = policy(json!([attribute("apn", "value", json!("internet"))]));
    let usual = policy(json!([
        attribute("cs_profile", "value", json!("cs-1")),
        attribute("eps_profile", "value", json!("eps-1")),
    ]));
    for (what, policy) in [
        ("an object", usual.clone()),
        ("a list of them", json!([other, usual])),
        ("one attribute in each of a list", {
            let cs = policy(json!([attribute("cs_profile", "value", json!("cs-1"))]));
            let eps = policy(json!([attribute("eps_profile", "value", json!("eps-1"))]));
            json!([cs, eps])
        }),
        ("`values`, a list", {
            policy(json!([
                attribute("cs_profile", "values", json!(["cs-1", "cs-2"])),
                attribute("eps_profile", "values", json!(["eps-1"])),
            ]))
        }),
        ("a comma-separated list", {
            policy(json!([
                attribute("cs_profile", "value", json!("cs-1, cs-2")),
                attribute("eps_profile", "value", json!(" eps-1 ,eps-2")),
            ]))
        }),
        ("a comma-separated list in a list", {
            policy(json!([
                attribute("cs_profile", "values", json!(["cs-1,cs-2"])),
                attribute("eps_profile", "values", json!(["eps-1"])),
            ]))
        }),
    ] {
        let expected = upsert_but(json!({"cs_profile": "cs-1", "eps_profile": "eps-1"}));
        assert_eq!(wtl.upsert(&[(POLICY, policy)]), expected, "{what}");
    }
}

#[test]
fn without_an_access_policy_profiles_are_the_configured_ones() {
    let cases: [(&[(&str, &str)], _, _); 2] = [
        (&[], "cs-barred", "eps-barred"),
        (
            &[("WTL_DEFAULT_CS_PROFILE", "cs-default"), ("WTL_DEFAULT_EPS_PROFILE", "eps-default")],
            "cs-default",
            "eps-default",
        ),
    ];
    for (variables, cs, eps) in cases {
        let wtl = Wtl::start(variables);
        for policy in [
            Value::Null,
            json!({}),
            json!([]),
            json!({ "attributes": [{ "name": "cs_profile", "value": "" }] }),
            json!({ "attributes": [{ "name": "eps_profile", "values": [] }] }),
        ] {
            let upsert = wtl.upsert(&[(POLICY, policy.clone())]);
            let expected = upsert_but(json!({"cs_profile": cs, "eps_profile": eps}));
            assert_eq!(upsert, expected, "{policy}");
        }
    }
}

#[test]
fn an_event_without_an_imsi_is_ignored_and_nothing_is_sent() {
    let wtl = Wtl::start(&[]);
    for changes in [
        [(IMSI, json!(""))],
        [(IMSI, Value::Null)],
        [("/pb_data/sim_info", json!({ "status": "active" }))],
        [("/pb_data/sim_info", Value::Null)],
        [("/pb_data", json!({}))],
    ] {
        let answer = wtl.post(&changes);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["message"], "Event ignored: IMSI is empty or not provided");
        assert_eq!(answer.json()["rules"][0]["rule"], "no-imsi");
    }
    assert_eq!(wtl.hss.connections(), 0);
}

#[test]
fn an_imsi_outside_the_configured_pattern_is_ignored_and_nothing_is_sent() {
    let wtl = Wtl::start(&[("WTL_IMSI_PATTERN", "^00101[0-9]{10}$")]);
    for imsi in ["250990000020349", "0010100000203490", "00101"] {
        let answer = wtl.post(&[(IMSI, json!(imsi))]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let message = &answer.json()["message"];
        assert_eq!(message, "Event ignored: IMSI is outside the configured pattern");
    }
    assert_eq!(wtl.hss.connections(), 0);
    assert_eq!(wtl.upsert(&[]), upsert_but(json!({})));
}

#[test]
fn a_refusal_of_the_hss_reaches_nsps_in_its_words() {
    let wtl = Wtl::start(&[]);
    wtl.hss.next(Reply::json(200, json!({"result": false, "error": "unknown cs_profile"})));
    let answer = wtl.post(&[]);
    assert_eq!(answer.status, 422);
    let body = answer.json();
    assert_eq!(
        (&body["type"], &body["message"]),
        (&json!("SERVICE_ERROR"), &json!("unknown cs_profile"))
    );
    let detail = &body["details"][0];
    assert_eq!(
        [&detail["mapping"], &detail["rule"], &detail["step"], &detail["target"]],
        ["wtl-hss.yaml", "update", "provision", "wtl-hss"]
    );
    assert_eq!(wtl.hss.requests().len(), 1, "a refusal is final");

    wtl.hss.next(Reply::json(200, json!({"result": true})));
    assert_eq!(wtl.post(&[]).status, 200);
}
