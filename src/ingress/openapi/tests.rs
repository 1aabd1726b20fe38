//! What the document says: of itself, of its examples, of events, and of answers that only a fault
//! or a slow client brings about.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::testing::{Contract, Heard};
use super::*;
use crate::event::Event;
use crate::ingress::EVENT_PATHS;

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
        let taken = Event::of(body.clone(), String::new(), String::new());
        prop_assert_eq!(described.is_ok(), taken.is_ok(), "{}", body);
    }
}
