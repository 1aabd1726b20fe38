//! Requests that do not become events.

use serde_json::json;

use super::failure;
use crate::support::connector::TOKEN;
use crate::support::stage::{OneStep, Stage, event};

const EVENT: &str =
    r#"{"event_id":"e","data":{"event_type":"SIM/Updated"},"pb_data":{"sim_info":{}}}"#;

fn stage() -> Stage {
    Stage::set_with(&[("hss.yaml", OneStep::new("POST /x").to_string())], |setup| {
        setup.env("MAX_BODY", "1000B")
    })
}

#[test]
fn without_a_known_token_nothing_is_read() {
    let stage = stage();
    for authorization in
        [None, Some("Bearer wrong"), Some("Bearer "), Some("Basic dTpw"), Some(TOKEN)]
    {
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
        // A body that is no JSON either: the token is what counts.
        for body in [EVENT, "{"] {
            let answer = stage.connector.send("POST", "/", &headers, body.as_bytes());
            let body = failure(&answer, 401, "AUTHENTICATION_ERROR");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert!(!body.to_string().contains("wrong"));
        }
    }
    assert_eq!(stage.target.connections(), 0);
}

#[test]
fn of_several_tokens_each_is_accepted() {
    let mapping = OneStep::new("POST /x").to_string();
    let stage = Stage::set_with(&[("hss.yaml", mapping)], |setup| {
        setup.env("API_TOKEN", "the-new-token, the-old-token")
    });
    for (token, status) in [("the-new-token", 200), ("the-old-token", 200), (TOKEN, 401)] {
        let token = format!("Bearer {token}");
        let event = event("SIM/Updated").to_string();
        let answer = stage.connector.post_event("/", event, &[("authorization", &token)]);
        assert_eq!(answer.status, status, "{token}");
    }
}

#[test]
fn paths_and_methods_that_are_not_there_are_answered_in_json() {
    let stage = stage();
    let authorization = format!("Bearer {TOKEN}");
    for (method, path, status, allow) in [
        ("POST", "/unknown", 404, None),
        ("GET", "/unknown", 404, None),
        ("POST", "/api/events/", 404, None),
        ("GET", "/api/events", 405, Some("POST")),
        ("PUT", "/process-event", 405, Some("POST")),
        ("DELETE", "/", 405, Some("GET, HEAD, POST")),
        ("POST", "/health", 405, Some("GET, HEAD")),
    ] {
        let headers = [("authorization", &*authorization)];
        let answer = stage.connector.send(method, path, &headers, EVENT.as_bytes());
        failure(&answer, status, "VALIDATION_ERROR");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
    assert_eq!(stage.target.connections(), 0);
}

#[test]
fn the_paths_that_take_events_can_be_set() {
    let mapping = OneStep::new("POST /x").to_string();
    let stage = Stage::set_with(&[("hss.yaml", mapping)], |setup| {
        setup.env("EVENT_PATHS", "/nsps,/nsps/v2")
    });
    for (path, status) in [("/nsps", 200), ("/nsps/v2", 200), ("/process-event", 404), ("/", 405)] {
        let answer = stage.connector.post_event(path, event("SIM/Updated").to_string(), &[]);
        assert_eq!(answer.status, status, "{path}");
    }
}

#[test]
fn a_body_that_is_not_json_is_refused() {
    let stage = stage();
    for body in ["", " ", "{", "event_id=1", "{\"event_id\":\"e\"}}", "\u{feff}{}", "{'a':1}"] {
        let answer = stage.connector.post_event("/", body, &[]);
        failure(&answer, 400, "VALIDATION_ERROR");
    }
    let not_utf8 = stage.connector.post_event("/", b"{\"event_id\":\"\xff\"}", &[]);
    failure(&not_utf8, 400, "VALIDATION_ERROR");
}

#[test]
fn a_body_of_another_kind_is_refused() {
    let stage = stage();
    for (name, value, status) in [
        ("content-type", "application/json; charset=utf-8", 200),
        ("content-type", "text/plain", 415),
        ("content-type", "application/x-www-form-urlencoded", 415),
        ("content-encoding", "gzip", 415),
    ] {
        let answer = stage.connector.post_event("/", event("X").to_string(), &[(name, value)]);
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 415 {
            failure(&answer, 415, "VALIDATION_ERROR");
        }
    }
    // A missing Content-Type is taken for JSON.
    let authorization = format!("Bearer {TOKEN}");
    let headers = [("authorization", &*authorization)];
    let body = event("X").to_string();
    assert_eq!(stage.connector.send("POST", "/", &headers, body.as_bytes()).status, 200);
}

#[test]
fn a_body_that_is_too_large_is_refused_announced_or_not() {
    let stage = stage();
    let fits = |bytes: usize| {
        let mut event = event("X");
        event["padding"] = "".into();
        let padding = "x".repeat(bytes - event.to_string().len());
        event["padding"] = padding.into();
        event.to_string()
    };
    assert_eq!(stage.connector.post_event("/", fits(1000), &[]).status, 200);
    let body = failure(&stage.connector.post_event("/", fits(1001), &[]), 413, "VALIDATION_ERROR");
    assert!(body["error"].as_str().unwrap().contains("1000 bytes"), "{body}");
    let huge = fits(5_000_000);
    failure(&stage.connector.post_event("/", &huge, &[]), 413, "VALIDATION_ERROR");

    let head = format!(
        "POST / HTTP/1.1\r\nhost: c\r\nauthorization: Bearer {TOKEN}\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    let chunked = format!("{head}{:x}\r\n{huge}\r\n0\r\n\r\n", huge.len());
    let answer = crate::support::client::send_bytes(stage.connector.address(), chunked.into());
    failure(&answer, 413, "VALIDATION_ERROR");
    assert_eq!(stage.target.requests().len(), 1);
}

#[test]
fn an_envelope_that_is_no_event_is_refused_with_the_reason() {
    let stage = stage();
    let data = json!({ "event_type": "SIM/Updated" });
    for (body, reason) in [
        (json!([]), "must be an object"),
        (json!(null), "must be an object"),
        (json!({ "data": data, "pb_data": {} }), "`event_id` is missing"),
        (json!({ "event_id": null, "data": data, "pb_data": {} }), "`event_id`"),
        (json!({ "event_id": 7, "data": data, "pb_data": {} }), "`event_id` must be a string"),
        (json!({ "event_id": "", "data": data, "pb_data": {} }), "`event_id` is empty"),
        (json!({ "event_id": "e", "pb_data": {} }), "`data` is missing"),
        (json!({ "event_id": "e", "data": [], "pb_data": {} }), "`data` must be an object"),
        (json!({ "event_id": "e", "data": {}, "pb_data": {} }), "`data.event_type` is missing"),
        (json!({ "event_id": "e", "data": data, "pb_data": [] }), "`pb_data` must be an object"),
        (json!({ "event_id": "e", "data": data }), "neither `data.variables` nor `pb_data`"),
    ] {
        let answer = stage.connector.post_event("/", body.to_string(), &[]);
        let told = failure(&answer, 422, "VALIDATION_ERROR");
        assert!(told["error"].as_str().unwrap().contains(reason), "{told}");
        let id = body.get("event_id").filter(|id| **id == json!("e"));
        assert_eq!(told.get("event_id"), id, "where it is known: {told}");
    }
    assert_eq!(stage.target.connections(), 0);
}

#[test]
fn an_event_may_lack_everything_but_its_id_its_type_and_one_section() {
    let stage = stage();
    for (data, pb_data) in [
        (json!({ "event_type": "X" }), json!({})),
        (json!({ "event_type": "X", "variables": {} }), json!(null)),
        (json!({ "event_type": "X", "more": 1 }), json!({ "account_info": null, "new": [1] })),
    ] {
        let mut event = event("X");
        event["data"] = data;
        event["pb_data"] = pb_data;
        assert_eq!(stage.post(&event).status, 200, "{event}");
    }
}
