//! What lets a request be followed through systems: identifiers that come in, come back and go out,
//! and the key by which a target knows a request again.

use serde_json::Value;

use crate::support::client::Answer;
use crate::support::reply::Reply;
use crate::support::stage::{OneStep, Stage, event};
use crate::support::target::Recorded;

const TRACE_ID: &str = "80f198ee56343ba864fe8b2a57d3eff7";

/// Posts an event with these identifiers.
fn post(stage: &Stage, event: &Value, trace_id: &str, request_id: &str) -> Answer {
    let headers = [("x-b3-traceid", trace_id), ("x-request-id", request_id)];
    stage.connector.post_event("/", event.to_string(), &headers)
}

fn header<'r>(request: &'r Recorded, name: &str) -> &'r str {
    request.header(name).unwrap_or_else(|| panic!("no {name} in {:?}", request.headers))
}

fn is_hex(text: &str, length: usize) -> bool {
    let is_digit = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    text.len() == length && text.bytes().all(is_digit)
}

#[test]
fn every_try_carries_the_trace_of_its_request_and_a_span_of_its_own() {
    let stage = Stage::set(OneStep::new("POST /x"));
    stage.target.next(Reply::status(429));
    stage.target.next(Reply::status(429));
    let answer = post(&stage, &event("SIM/Updated"), TRACE_ID, "unique-1");
    assert_eq!(answer.status, 200, "{}", answer.text());

    let tries = stage.target.requests();
    assert_eq!(tries.len(), 3);
    let mut spans: Vec<&str> = tries.iter().map(|request| header(request, "x-b3-spanid")).collect();
    for (request, span) in tries.iter().zip(&spans) {
        assert!(is_hex(span, 16), "{span}");
        assert_eq!(header(request, "x-b3-traceid"), TRACE_ID);
        assert_eq!(header(request, "x-request-id"), "unique-1");
        assert_eq!(header(request, "traceparent"), format!("00-{TRACE_ID}-{span}-01"));
    }
    spans.sort_unstable();
    spans.dedup();
    assert_eq!(spans.len(), 3, "one for each try");
}

#[test]
fn a_mapping_may_set_these_headers_itself() {
    let step = OneStep::new("POST /x").step(
        "headers: { X-B3-TraceId: t, x-b3-spanid: s, X-Request-Id: u, traceparent: p, \
         Idempotency-Key: \"key-{{event_id}}\" }",
    );
    let stage = Stage::set(step);
    let event = event("SIM/Updated");
    assert_eq!(post(&stage, &event, TRACE_ID, "unique-1").status, 200);
    let requests = stage.target.requests();
    let key = format!("key-{}", event["event_id"].as_str().unwrap());
    for (name, value) in [
        ("x-b3-traceid", "t"),
        ("x-b3-spanid", "s"),
        ("x-request-id", "u"),
        ("traceparent", "p"),
        ("idempotency-key", &*key),
    ] {
        let is_it = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        let values: Vec<_> = requests[0].headers.iter().filter(is_it).collect();
        assert_eq!(values.len(), 1, "{name}");
        assert_eq!(values[0].1, value, "{name}");
    }
}

#[test]
fn identifiers_come_back_and_go_out_as_they_came_in() {
    let stage = Stage::set(OneStep::new("PUT /x"));
    for (trace_id, request_id) in [
        (TRACE_ID, "3e84c79f-ab6f-4546-8e27-0b6ab866f1fb"),
        ("a3ce929d0e0e4736", "a b"),
        ("not hexadecimal", &*"~".repeat(128)),
    ] {
        let answer = post(&stage, &event("SIM/Updated"), trace_id, request_id);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-b3-traceid"), Some(trace_id));
        assert_eq!(answer.header("x-request-id"), Some(request_id));
        let requests = stage.target.requests();
        let sent = requests.last().unwrap();
        assert_eq!(header(sent, "x-b3-traceid"), trace_id);
        assert_eq!(header(sent, "x-request-id"), request_id);
        let parent = header(sent, "traceparent");
        assert!(is_hex(&parent[3..35], 32), "{parent}");
    }
}

#[test]
fn identifiers_that_are_missing_or_unfit_are_made() {
    let stage = Stage::set(OneStep::new("PUT /x"));
    let too_long = "x".repeat(129);
    let unfit = ["", "caf\u{e9}", "a\tb", &too_long];
    let headers = unfit.map(|bad| vec![("x-b3-traceid", bad), ("x-request-id", bad)]);
    let mut seen = Vec::new();
    for headers in headers.into_iter().chain([vec![]]) {
        let event = event("SIM/Updated").to_string();
        let answer = stage.connector.post_event("/", event, &headers);
        assert_eq!(answer.status, 200, "{headers:?}");
        let trace_id = answer.header("x-b3-traceid").unwrap().to_owned();
        let request_id = answer.header("x-request-id").unwrap().to_owned();
        assert!(is_hex(&trace_id, 32), "{trace_id}");
        assert!(uuid::Uuid::parse_str(&request_id).is_ok(), "{request_id}");

        let requests = stage.target.requests();
        let sent = requests.last().unwrap();
        assert_eq!(header(sent, "x-b3-traceid"), trace_id, "what comes back is what goes out");
        assert_eq!(header(sent, "x-request-id"), request_id);
        assert!(!seen.contains(&trace_id) && !seen.contains(&request_id), "made anew each time");
        seen.extend([trace_id, request_id]);
    }
}

#[test]
fn a_redelivered_event_shows_the_same_idempotency_key_and_another_event_another() {
    let stage = Stage::set(OneStep::new("POST /x"));
    let (event, other) = (event("SIM/Updated"), event("SIM/Updated"));
    stage.target.next(Reply::status(429));
    stage.target.next(Reply::status(400));
    assert_eq!(stage.post(&event).status, 422);
    assert_eq!(stage.post(&event).status, 200);
    assert_eq!(stage.post(&other).status, 200);

    let requests = stage.target.requests();
    let keys: Vec<&str> =
        requests.iter().map(|request| header(request, "idempotency-key")).collect();
    assert_eq!(keys.len(), 4);
    assert!(keys[0].len() >= 16, "{keys:?}");
    assert!(keys[1] == keys[0] && keys[2] == keys[0], "a try, and a redelivery: {keys:?}");
    assert_ne!(keys[3], keys[0]);
}

#[test]
fn only_what_is_not_safe_to_repeat_has_an_idempotency_key() {
    for (method, has_key) in
        [("POST", true), ("PATCH", true), ("PUT", false), ("DELETE", false), ("GET", false)]
    {
        let stage = Stage::set(OneStep::new(&format!("{method} /x")));
        assert_eq!(stage.post_type("SIM/Updated").status, 200);
        let requests = stage.target.requests();
        assert_eq!(requests[0].header("idempotency-key").is_some(), has_key, "{method}");
    }
}

#[test]
fn the_requests_of_one_event_have_different_idempotency_keys() {
    let mapping = concat!(
        "version: 1\ntargets:\n  hss:\n    url: ${TARGET_URL}\nrules:\n  - name: all\n",
        "    event: \"*\"\n    steps:\n      - request: POST /x\n      - request: POST /x\n",
    );
    let files = ["a.yaml", "b.yaml"].map(|name| (name, mapping.to_owned()));
    let stage = Stage::set_with(&files, |setup| setup);
    assert_eq!(stage.post_type("SIM/Updated").status, 200);
    let requests = stage.target.requests();
    let mut keys: Vec<&str> =
        requests.iter().map(|request| header(request, "idempotency-key")).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((requests.len(), keys.len()), (4, 4));
}
