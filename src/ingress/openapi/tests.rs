//! What the document says: of itself, of its examples, of events, and of answers that only a fault
//! or a slow client brings about.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::testing::{Contract, Heard};
use super::*;
use crate::engine::outcome::{
    Failure, FailureKind, Members, Outcome, RuleOutcome, RuleResult, Undone,
};
use crate::event::Event;
use crate::ingress::EVENT_PATHS;
use crate::ingress::answer::{About, Answer, Identity, of_outcome};
use crate::telemetry::mask::Secrets;

fn contract() -> Contract {
    Contract::of(document(&EVENT_PATHS))
}

/// Every `$ref` of a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(target) if name == "$ref" => drop(found.insert(target.to_owned())),
                    _ => references(member, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| references(member, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_of_use() {
    let document = document(&EVENT_PATHS);
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let of_no_operation = ["UnknownPath", "OtherMethod"];
    for kind in ["schemas", "responses", "parameters", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let used = found.contains(&format!("#/components/{kind}/{name}"));
            assert!(used != of_no_operation.contains(&&**name), "{kind}/{name}");
        }
    }
}

#[test]
fn every_example_is_what_its_schema_describes() {
    let document = document(&EVENT_PATHS);
    let contract = contract();
    let mut seen = 0;
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        let Some(content) = response["content"].get("application/json") else { continue };
        let schema = format!("/components/responses/{name}/content/application~1json/schema");
        let examples = content["examples"].as_object();
        assert!(examples.is_some() || name == "Document" || name == "HeadTooLarge", "{name}");
        for (of, example) in examples.into_iter().flatten() {
            assert_eq!(contract.validate(&schema, &example["value"]), Ok(()), "{name} {of}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
    let sample = &event::example()["value"];
    assert!(sample["event_id"].is_string(), "the sample event was read");
    assert_eq!(contract.validate("/components/schemas/Event", sample), Ok(()));
    assert_eq!(contract.validate("/components/schemas/Document", &document), Ok(()));
}

/// Generators of clients make of a reference with members beside it, or of an event with
/// alternatives, a class that has nothing of what is referred to.
#[test]
fn a_client_can_be_generated() {
    fn check(value: &Value, at: &str) {
        let has = |key: &str| value.get(key).is_some();
        assert!(!has("$ref") || !(has("properties") || has("type")), "{at}");
        for key in ["anyOf", "oneOf", "allOf"] {
            assert!(!has(key) || !has("properties"), "{at}: {key}");
        }
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| check(member, &format!("{at}/{name}")));
            }
            Value::Array(members) => members.iter().for_each(|member| check(member, at)),
            _ => {}
        }
    }
    check(&document(&EVENT_PATHS), "");
}

#[test]
fn the_paths_of_events_are_those_that_are_set() {
    let set = document(&["/nsps", "/health"]);
    let paths = set["paths"].as_object().unwrap();
    let methods = |path: &str| -> Vec<&str> {
        paths[path].as_object().unwrap().keys().map(String::as_str).collect()
    };
    let names: Vec<&String> = paths.keys().collect();
    assert_eq!(names, ["/", "/health", "/ready", "/openapi.json", "/nsps"]);
    assert_eq!(methods("/"), ["get", "head"]);
    assert_eq!(methods("/health"), ["get", "head", "post"]);
    assert_eq!(methods("/nsps"), ["post"]);
}

#[test]
fn operations_have_names_of_their_own() {
    let document = document(&EVENT_PATHS);
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let names: Vec<&str> = operations.map(|one| one["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 11);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn what_is_wrong_with_an_answer_is_found() {
    let contract = contract();
    let headers = |more: &[(&str, &str)]| -> Vec<(String, String)> {
        let ours =
            [("content-type", "application/json"), ("x-b3-traceid", "r"), ("x-request-id", "u")];
        let all = ours.iter().chain(more);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let busy =
        r#"{"message":"m","error":"e","type":"CONNECTION_ERROR","request_id":"r","unique_id":"u"}"#;
    let more = busy.replace("}", r#","more":1}"#);
    let detail = r#""mapping":"m","rule":"r","type":"SERVICE_ERROR","message":"m","error":"e""#;
    let failed = |detail: &str| {
        let failed = busy.replace("CONNECTION", "SERVICE");
        failed.replace("}", &format!(r#","event_id":"e","details":[{{{detail}}}]}}"#))
    };
    let (refused, further) = (failed(detail), failed(&format!(r#"{detail},"more":1"#)));
    let other = busy.replace("CONNECTION", "RATE_LIMIT");
    let pause = [("retry-after", "30")];
    for (path, status, given, body, fault) in [
        ("/", 503, headers(&pause), busy, None),
        ("/", 503, headers(&[]), busy, Some("without Retry-After")),
        ("/", 503, headers(&[("retry-after", "0")]), busy, Some("Retry-After: ")),
        ("/", 503, headers(&[("retry-after", "soon")]), busy, Some("Retry-After: ")),
        ("/", 503, headers(&[pause[0], pause[0]]), busy, Some("more than once")),
        ("/", 503, headers(&[pause[0], ("server", "x")]), busy, Some("server is not described")),
        ("/", 503, headers(&pause), &*more, Some("more")),
        ("/", 503, headers(&pause), &*other, Some("'/type'")),
        ("/", 503, headers(&pause), "", Some("EOF")),
        ("/", 503, Vec::new(), busy, Some("without")),
        ("/", 422, headers(&[]), &*refused, None),
        ("/", 422, headers(&[]), &*further, Some("'more'")),
        ("/", 409, headers(&[]), &*refused, None),
        ("/", 502, headers(&[]), &*refused, None),
        ("/", 500, headers(&[]), &*other, Some("'/type'")),
        ("/", 400, Vec::new(), "", None),
        ("/", 400, Vec::new(), busy, Some("it has a body")),
        ("/", 406, headers(&[]), busy, Some("'/type'")),
        ("/", 202, headers(&[]), busy, Some("no status 202")),
        ("/elsewhere", 503, headers(&pause), busy, Some("/elsewhere: 503")),
    ] {
        let body = body.as_bytes();
        let heard = Heard { method: "POST", path, status, headers: &given, body };
        match (contract.judge(&heard), fault) {
            (Ok(_), None) => {}
            (Err(told), Some(fault)) => assert!(told.contains(fault), "{status}: {told}"),
            (judged, fault) => panic!("{status}: {judged:?}, expected {fault:?}"),
        }
    }
}

#[test]
fn what_follows_the_head_of_an_answer_to_head_is_found() {
    let contract = contract();
    let ours = [("content-type", "application/json"), ("x-b3-traceid", "r"), ("x-request-id", "u")];
    let headers = ours.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (path, status) in [("/health", 200), ("/ready", 503), ("/elsewhere", 404)] {
        for (body, fits) in [("", true), ("{}", false)] {
            let body = body.as_bytes();
            let heard = Heard { method: "HEAD", path, status, headers: &headers, body };
            assert_eq!(contract.judge(&heard).is_ok(), fits, "{path} {status}");
        }
    }
}

/// Every failure that the engine knows, with every status that a mapping may ask for.
#[test]
fn whatever_a_rule_fails_of_is_answered_as_the_document_says() {
    use FailureKind::{BadAnswer, Internal, Invalid, RateLimited, Refused, Unavailable};
    let contract = contract();
    let answers = (100..=599).map(Some).chain([None]);
    for (kind, answer) in [Invalid, Refused, RateLimited, Internal, BadAnswer, Unavailable]
        .into_iter()
        .flat_map(|kind| answers.clone().map(move |answer| (kind, answer)))
    {
        let pause = answer.is_some_and(|status| status % 2 == 1).then_some(Duration::ZERO);
        let failure = Failure { answer, retry_after: pause, ..Failure::new(kind, "m", "e") };
        let place = judged(&contract, failure, Vec::new());
        assert!(place.is_ok(), "{kind:?} {answer:?}: {place:?}");
    }
}

/// As far as each can come: at a step or before the first one, at a member or without a list.
#[test]
fn however_far_a_rule_came_is_answered_as_the_document_says() {
    let contract = contract();
    let failed = || Failure::new(FailureKind::Refused, "m", "e");
    let at_step = Failure { step: Some("add".into()), ..failed() };
    let at_target =
        Failure { target: Some("hss".into()), target_status: Some(999), ..at_step.clone() };
    let at_member = Failure { index: Some(9999), ..at_target.clone() };
    let members = Some(Members { done: 9999, all: 10_000 });
    let of_members = Failure { members, ..at_member.clone() };
    let undone = |times, failed, failure: Option<&Failure>| Undone {
        step: "add".into(),
        times,
        failed,
        failure: failure.cloned().map(Box::new),
    };
    let nothing_undone = Vec::new();
    let partly = vec![undone(2, 0, None), undone(1, 1, Some(&at_target))];
    let of_lists = vec![undone(9999, 9999, Some(&at_member)), undone(2, 1, Some(&of_members))];
    for failure in [failed(), at_step, at_target, at_member, of_members] {
        for undone in [&nothing_undone, &partly, &of_lists] {
            // A failure of the event, and one that is acknowledged.
            for answer in [None, Some(200)] {
                let failure = Failure { answer, ..failure.clone() };
                let place = judged(&contract, failure, undone.clone());
                let expected = if answer.is_some() { "Processed" } else { "Invalid" };
                assert_eq!(place, Ok(format!("/components/responses/{expected}")));
            }
        }
    }
}

/// Where the document describes what such a failure is answered with.
fn judged(contract: &Contract, failure: Failure, undone: Vec<Undone>) -> Result<String, String> {
    let result = RuleResult::Failed(failure);
    let rule = RuleOutcome { mapping: "m.yaml".into(), rule: "r".into(), result, undone };
    let identity = Identity { request_id: "r".into(), unique_id: "u".into() };
    let about = About { event_id: "e".into(), event_type: "X".into(), identity };
    let outcome = Outcome { rules: vec![rule] };
    let Answer { status, headers, body } = of_outcome(&outcome, &about, &Secrets::default()).answer;
    let of_all =
        [("content-type", "application/json"), ("x-b3-traceid", "r"), ("x-request-id", "u")];
    let of_all = of_all.map(|(name, value)| (name, value.to_owned()));
    let headers: Vec<_> = of_all.into_iter().chain(headers).collect();
    let headers: Vec<_> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let body = body.as_bytes();
    contract.judge(&Heard { method: "POST", path: "/", status, headers: &headers, body })
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("x")),
        Just(json!("é".repeat(512))),
        Just(json!("é".repeat(513))),
        Just(json!(7)),
        Just(json!([])),
        Just(json!({})),
        Just(json!({ "event_type": "SIM/Updated" })),
        Just(json!({ "event_type": "SIM/Updated", "variables": {} })),
        Just(json!({ "account_info": 5, "sim_info": null, "access_policy_info": [{}] })),
    ]
}

proptest! {
    #[test]
    fn the_component_of_events_refuses_what_the_connector_refuses(
        id in proptest::option::of(any_value()),
        data in proptest::option::of(any_value()),
        pb_data in proptest::option::of(any_value()),
    ) {
        let new = Some(json!(1));
        let members = [("event_id", id), ("data", data), ("pb_data", pb_data), ("new", new)];
        let members = members.into_iter();
        let members = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let body = Value::Object(members.collect());
        thread_local!(static CONTRACT: Contract = contract());
        let described = CONTRACT.with(|known| known.validate("/components/schemas/Event", &body));
        let taken = Event::parse(body.to_string(), String::new(), String::new());
        prop_assert_eq!(described.is_ok(), taken.is_ok(), "{}", body);
    }
}
