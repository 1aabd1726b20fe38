//! Which records there are, and what each of them has.

use serde_json::{Value, json};

use crate::support::SOON;
use crate::support::client::begin;
use crate::support::connector::TOKEN;
use crate::support::reply::{Gate, Reply};
use crate::support::stage::{OneStep, Stage, event};

/// A connector as operators start it, but for everything being logged.
fn stage(mappings: &[(&str, String)]) -> Stage {
    Stage::set_with(mappings, |setup| {
        setup.env("LOG_LEVEL", "debug").env("LOG_IDENTIFIERS", "masked")
    })
}

/// The records about an event, once it has ended.
fn records_of(stage: &Stage, event: &Value) -> Vec<Value> {
    let is_of = |record: &Value| record["event_id"] == event["event_id"];
    stage.connector.wait_for_log(|record| is_of(record) && record["outcome"].is_string(), SOON);
    stage.connector.logs().into_iter().filter(is_of).collect()
}

fn end(records: &[Value]) -> &Value {
    let ends: Vec<_> = records.iter().filter(|record| record["outcome"].is_string()).collect();
    assert_eq!(ends.len(), 1, "one record when an event ends: {records:#?}");
    assert_eq!(Some(ends[0]), records.last(), "and none after it");
    ends[0]
}

fn exchanges(records: &[Value]) -> Vec<&Value> {
    records.iter().filter(|record| record["url"].is_string()).collect()
}

#[test]
fn every_line_is_a_json_object_with_the_same_beginning() {
    let stage = stage(&[("hss.yaml", OneStep::new("PUT /x").to_string())]);
    let events = [event("SIM/Updated"), event("SIM/\"Odd\"\nType")];
    for event in &events {
        assert_eq!(stage.post(event).status, 200);
    }
    stage.connector.post_event("/", "not JSON", &[]);
    stage.connector.get("/nothing");
    records_of(&stage, &events[1]);

    let none: [&str; 0] = [];
    assert_eq!(stage.connector.stray_lines(), none);
    assert_eq!(stage.connector.stderr(), none);
    let records = stage.connector.logs();
    assert!(records.len() >= 6, "{records:#?}");
    for record in &records {
        let names: Vec<&String> = record.as_object().unwrap().keys().take(4).collect();
        assert_eq!(names, ["timestamp", "level", "message", "logger"]);
        let time = record["timestamp"].as_str().unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        assert_eq!((time.len(), &time[26..]), (27, "Z"), "UTC with microseconds: {time}");
        let level = record["level"].as_str().unwrap();
        assert!(["error", "warning", "info", "debug"].contains(&level), "{level}");
    }
}

#[test]
fn every_record_about_an_event_says_whose_it_is() {
    let stage = stage(&[("hss.yaml", OneStep::new("PUT /x").to_string())]);
    stage.target.next(Reply::status(503));
    stage.target.next(Reply::Reset);
    stage.target.next(Reply::status(400));
    let event = event("SIM/Updated");
    let headers = [("x-b3-traceid", "80f198ee56343ba864fe8b2a57d3eff7"), ("x-request-id", "u-1")];
    let answer = stage.connector.post_event("/", event.to_string(), &headers);
    assert_eq!(answer.status, 422);

    let records = records_of(&stage, &event);
    for record in &records {
        assert_eq!(record["request_id"], "80f198ee56343ba864fe8b2a57d3eff7");
        assert_eq!(record["unique_id"], "u-1");
        assert_eq!(record["event_type"], "SIM/Updated");
    }
    // What the connector itself says while it is at an event is about that event.
    let first = stage.connector.logs().iter().position(|record| *record == records[0]).unwrap();
    for record in stage.connector.logs().iter().skip(first) {
        let is_ours = ["engine", "ingress"].iter().any(|logger| record["logger"] == *logger);
        assert!(!is_ours || record["event_id"] == event["event_id"], "{record}");
    }
}

#[test]
fn an_exchange_is_one_record() {
    let step = OneStep::new("PUT /subscribers/{{event_type}}").step("query: { a: \"b c\" }");
    let stage = stage(&[("hss.yaml", step.to_string())]);
    stage.target.next(Reply::status(503));
    stage.target.next(Reply::CloseUnanswered);
    stage.target.next(Reply::json(201, json!({})));
    let event = event("SIM/Updated");
    assert_eq!(stage.post(&event).status, 200);

    let records = records_of(&stage, &event);
    let exchanges = exchanges(&records);
    assert_eq!(exchanges.len(), 3, "{records:#?}");
    let url = format!("{}/subscribers/SIM%2FUpdated?a=b%20c", stage.target.url());
    for (number, exchange) in (1..).zip(&exchanges) {
        let expected = [
            ("mapping", json!("hss.yaml")),
            ("rule", json!("all")),
            ("step", json!("send")),
            ("target", json!("hss")),
            ("method", json!("PUT")),
            ("url", json!(url)),
            ("try", json!(number)),
        ];
        for (field, value) in expected {
            assert_eq!(exchange[field], value, "{exchange}");
        }
        assert!(exchange["duration_ms"].as_f64().is_some_and(|took| took > 0.0), "{exchange}");
    }
    assert_eq!((&exchanges[0]["status"], &exchanges[2]["status"]), (&json!(503), &json!(201)));
    let bodies: Vec<&Value> =
        records.iter().filter(|record| record["message"] == "exchange bodies").collect();
    for (exchange, bodies) in exchanges.iter().zip(&bodies) {
        for field in ["mapping", "rule", "step", "target", "try"] {
            assert_eq!(bodies[field], exchange[field], "{bodies}");
        }
    }
    assert_eq!(bodies.len(), 3);
    let broken = exchanges[1];
    assert!(broken.get("status").is_none() && broken["error"].is_string(), "{broken}");
    assert_eq!(broken["level"], "warning");
}

#[test]
fn the_end_of_an_event_is_one_record() {
    let ignoring = OneStep::new("PUT /x").to_string().replace(
        "rules:\n",
        "rules:\n  - { name: old, event: SIM/Deleted, ignore: of no interest }\n",
    );
    let gone =
        "responses: [{ when: { status: 410 }, then: fail, answer: 200, message: long gone }]";
    let stage =
        stage(&[("a.yaml", ignoring), ("b.yaml", OneStep::new("PUT /y").target(gone).to_string())]);
    let rule = |mapping: &str, rule: &str, outcome: &str| json!({ "mapping": mapping, "rule": rule, "outcome": outcome });
    for (event_type, reply, level, outcome, status, of_a, of_b) in [
        ("SIM/Updated", 200, "info", "succeeded", 200, "succeeded", "succeeded"),
        ("SIM/Deleted", 200, "info", "succeeded", 200, "ignored", "succeeded"),
        ("SIM/Updated", 410, "warning", "acknowledged", 200, "succeeded", "acknowledged"),
        ("SIM/Updated", 400, "warning", "failed", 422, "succeeded", "failed"),
        ("SIM/Updated", 401, "error", "failed", 502, "succeeded", "failed"),
        ("SIM/Updated", 408, "error", "failed", 503, "succeeded", "failed"),
    ] {
        stage.target.on("/y", move |_| Reply::status(reply));
        let event = event(event_type);
        let answer = stage.post(&event);
        assert_eq!(answer.status, status);
        let records = records_of(&stage, &event);
        let end = end(&records);
        assert_eq!((&end["level"], &end["outcome"]), (&json!(level), &json!(outcome)), "{end}");
        assert_eq!((&end["status"], &end["logger"]), (&json!(status), &json!("ingress")), "{end}");
        assert_eq!(end["message"], answer.json()["message"]);
        assert_eq!(end["error"], answer.json()["error"]);
        assert!(end["duration_ms"].as_f64().is_some_and(|took| took > 0.0), "{end}");
        let mut rules = end["rules"].clone();
        for rule in rules.as_array_mut().unwrap() {
            rule.as_object_mut().unwrap().remove("message");
        }
        let of_a = rule("a.yaml", if of_a == "ignored" { "old" } else { "all" }, of_a);
        assert_eq!(rules, json!([of_a, rule("b.yaml", "all", of_b)]));
    }
}

#[test]
fn an_event_that_no_rule_is_for_has_an_end_too() {
    let mapping = OneStep::new("PUT /x").to_string().replace("\"*\"", "SIM/Updated");
    let stage = stage(&[("hss.yaml", mapping)]);
    let event = event("SIM/Deleted");
    assert_eq!(stage.post(&event).status, 200);
    let records = records_of(&stage, &event);
    assert_eq!(
        (&end(&records)["outcome"], &end(&records)["rules"]),
        (&json!("ignored"), &json!([]))
    );
    assert!(exchanges(&records).is_empty());
}

#[test]
fn an_event_ends_in_the_log_even_if_nobody_waits_for_its_answer() {
    let stage = stage(&[("hss.yaml", OneStep::new("PUT /x").target("timeout: 20s").to_string())]);
    let gate = Gate::new();
    stage.target.next(Reply::ok().held_by(&gate));
    let event = event("SIM/Updated");
    let body = event.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: c\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let client = begin(stage.connector.address(), request.as_bytes());
    stage.target.wait_for(1, SOON);
    drop(client);
    gate.open();
    let records = records_of(&stage, &event);
    assert_eq!(end(&records)["outcome"], "succeeded");
}

#[test]
fn bodies_are_in_the_log_at_debug_only() {
    for (level, is_there) in [("debug", true), ("info", false)] {
        let step = OneStep::new("PUT /x").step("json: { greeting: hello-out }");
        let stage = Stage::set_with(&[("hss.yaml", step.to_string())], |setup| {
            setup.env("LOG_LEVEL", level)
        });
        stage.target.next(Reply::json(200, json!({ "greeting": "hello-in" })));
        let event = event("SIM/Updated");
        assert_eq!(stage.post(&event).status, 200);
        let text = json!(records_of(&stage, &event)).to_string();
        for word in ["hello-out", "hello-in"] {
            assert_eq!(text.contains(word), is_there, "{level}: {text}");
        }
    }
}

#[test]
fn a_level_leaves_out_what_is_less_severe() {
    for (level, levels) in [
        ("error", &["error"][..]),
        ("warning", &["error", "warning"]),
        ("info", &["error", "warning", "info"]),
        ("debug", &["error", "warning", "info", "debug"]),
    ] {
        let mapping = OneStep::new("PUT /x").target("retry: { attempts: 1 }").to_string();
        let stage = Stage::set_by(&[("hss.yaml", mapping)], |setup| {
            setup.env("LOG_LEVEL", level).start_unheard()
        });
        for reply in [Reply::ok(), Reply::status(400), Reply::Reset] {
            stage.target.next(reply);
            stage.post_type("SIM/Updated");
        }
        // The last event ends as an error, which every level has.
        stage.connector.wait_for_log(|record| record["status"] == 503, SOON);
        let logs = stage.connector.logs();
        let of_events = logs.iter().filter(|record| record["event_id"].is_string());
        let mut seen: Vec<&str> =
            of_events.map(|record| record["level"].as_str().unwrap()).collect();
        seen.sort_unstable();
        seen.dedup();
        let mut levels = levels.to_vec();
        levels.sort_unstable();
        assert_eq!(seen, levels, "{level}");
        let strays =
            logs.iter().filter(|record| !levels.contains(&record["level"].as_str().unwrap()));
        assert_eq!(strays.count(), 0, "{level}");
    }
}

#[test]
fn a_refused_request_is_one_record_with_its_identifiers() {
    let stage = stage(&[("hss.yaml", OneStep::new("PUT /x").to_string())]);
    let mut malformed = event("SIM/Updated");
    malformed.as_object_mut().unwrap().remove("pb_data");
    assert_eq!(stage.post(&malformed).status, 422);
    let is_it = |record: &Value| record["event_id"] == malformed["event_id"];
    let record = stage.connector.wait_for_log(is_it, SOON);
    assert_eq!((&record["outcome"], &record["status"]), (&json!("refused"), &json!(422)));

    for (method, path, token, status) in
        [("POST", "/", "Bearer wrong", 401), ("POST", "/unknown", "", 404), ("PUT", "/", "", 405)]
    {
        let id = format!("refused-{status}");
        let headers = [("authorization", token), ("x-request-id", &*id)];
        let answer = stage.connector.send(method, path, &headers, b"{}");
        assert_eq!(answer.status, status);
        stage.connector.wait_for_log(|record| record["unique_id"] == *id, SOON);
        let logs = stage.connector.logs();
        let records: Vec<_> = logs.iter().filter(|record| record["unique_id"] == *id).collect();
        assert_eq!(records.len(), 1, "{records:#?}");
        let record = records[0];
        assert_eq!((&record["outcome"], &record["status"]), (&json!("refused"), &json!(status)));
        assert_eq!((&record["level"], &record["path"]), (&json!("warning"), &json!(path)));
        assert_eq!(record["request_id"].as_str(), answer.header("x-b3-traceid"));
        assert_eq!(record["error"], answer.json()["error"]);
    }
}
