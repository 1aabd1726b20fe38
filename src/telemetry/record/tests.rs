//! Records as they are written: what is in them, in which order, and what of it is hidden.

use serde_json::json;

use super::*;
use crate::fields;
use crate::telemetry::mask::Secrets;
use crate::telemetry::testing::Output;

fn event() -> Value {
    json!({"pb_data": {
        "account_info": {"firstname": "Serhii", "zip": "200"},
        "sim_info": {"imsi": "001010000020349"},
    }})
}

fn subject() -> Subject {
    Subject {
        request_id: Some("4bf92f3577b34da6a123456789012e47".into()),
        unique_id: Some("79123456789".into()),
        event_id: None,
        event_type: Some("SIM/Updated".into()),
        identifiers: Identifiers::of(&event()),
    }
}

/// The record about the subject that these fields make, as text and as JSON.
fn written(secrets: &[&str], message: &str, fields: Fields) -> (String, Value) {
    let output = Output::default();
    let (log, guard) = output.start(Level::Debug, IdentifierMode::Masked);
    log.vault().hold(&Secrets::new(secrets.iter().map(|text| (*text).to_owned())));
    log.about(subject()).info("engine", message.to_owned(), fields);
    drop(guard);
    (output.text(), output.records().remove(0))
}

#[test]
fn a_record_is_one_line_of_json_in_its_order() {
    let fields = fields! { "status" => 200, "rules" => json!([{"b": 1, "a": null}]), "ok" => true };
    let (text, record) = written(&[], "event \"ended\"\n\u{1}", fields);
    let timestamp = record["timestamp"].as_str().unwrap();
    let rest = text.strip_prefix(&format!("{{\"timestamp\":\"{timestamp}\",")).unwrap();
    assert_eq!(
        rest,
        concat!(
            r#""level":"info","message":"event \"ended\"\n\u0001","logger":"engine","#,
            r#""request_id":"4bf92f3577b34da6a123456789012e47","unique_id":"79123456789","#,
            r#""event_type":"SIM/Updated","status":200,"rules":[{"b":1,"a":null}],"ok":true}"#,
            "\n",
        )
    );
    assert_eq!((timestamp.len(), timestamp.as_bytes()[26]), (27, b'Z'), "{timestamp}");
    assert!(timestamp.parse::<Timestamp>().is_ok());
}

#[test]
fn json_that_is_written_already_is_shown_as_the_value_is_that_it_says() {
    let wide = json!(vec![json!({ "a": 1 }); 100]);
    for value in [
        json!([]),
        json!([{ "rule": "one", "outcome": "succeeded", "n": 2.50 }]),
        json!([{ "rule": "Serhii", "Serhii": 200 }]),
        json!([{ "a": "first-secret", "b": 79_123_456_789_u64, "c": -10.5 }]),
        json!({ "a": "say \"Serhii\"", "b": "\u{1}", "c": "ä" }),
        json!({ "text": "ä".repeat(LONGEST_TEXT) }),
        wide,
        (0..100).fold(json!(1), |inner, _| json!([inner])),
    ] {
        let json = RawValue::from_string(value.to_string()).unwrap();
        let shown = |field: Field| written(&["first-secret"], "m", vec![("rules", field)]).1;
        let (json, value) = (shown(json.into()), shown(value.into()));
        assert_eq!(json["rules"].to_string(), value["rules"].to_string());
    }
}

#[test]
fn numbers_stay_the_numbers_that_they_were() {
    let exact = r#"{"i":1,"f":2.50,"e":1e+3,"big":123456789012345678901234567890,"list":[0.1,-7]}"#;
    let body: Value = serde_json::from_str(exact).unwrap();
    let (text, _) = written(&[], "m", fields! { "body" => body, "duration_ms" => 1.5 });
    assert!(text.contains(&format!("\"body\":{exact},\"duration_ms\":1.5}}")), "{text}");
}

#[test]
fn a_name_is_written_once() {
    let fields = fields! {
        "level" => 1, "x" => 1, "request_id" => "mine", "event_id" => "e", "x" => 2, "x" => 3,
    };
    let (text, record) = written(&[], "m", fields);
    assert!(text.ends_with("\"event_id\":\"e\",\"x\":3}\n"), "{text}");
    assert_eq!(record["level"], "info");
    assert_eq!(text.matches("request_id").count(), 1, "{text}");
}

#[test]
fn secrets_are_masked_in_every_text_of_a_record() {
    let fields = fields! {
        "url" => "https://x/?t=first-secret",
        "body" => json!({"first-secret": [{"a": "<first-secret>"}], "***": 1}),
        "event_id" => "first-secret",
    };
    let (text, record) =
        written(&["first-secret", "SIM/Updated", "4bf92f3577b3"], "m first-secret", fields);
    assert!(!text.contains("first-secret"), "{text}");
    assert_eq!(record["message"], "m ***");
    assert_eq!(record["event_type"], "***");
    assert_eq!(record["request_id"], "***4da6a123456789012e47");
    assert_eq!(record["body"], json!({"***": [{"a": "<***>"}], "***#1": 1}));
}

#[test]
fn identifiers_are_masked_everywhere_but_in_trace_ids_and_measures() {
    let fields = fields! {
        "status" => 200,
        "event_id" => "550e8400e29b41d4-79123456789",
        "url" => "/subs/001010000020349",
        "body" => json!({
            "imsi": 79_123_456_789_u64, "zip": 200, "Serhii": ["Serhii", 79_123_456],
        }),
    };
    let (_, record) = written(&[], "Serhii 001010000020349", fields);
    assert_eq!(record["message"], "S***** 00101********49");
    assert_eq!(record["status"], 200);
    assert_eq!(record["unique_id"], "79123456789");
    assert_eq!(record["event_id"], "550e8400e29b41d4-79123456789");
    assert_eq!(record["url"], "/subs/00101********49");
    let body = json!({"imsi": "79123****89", "zip": "***", "S*****": ["S*****", 79_123_456]});
    assert_eq!(record["body"], body);
}

#[test]
fn a_secret_that_holds_an_identifier_is_masked_as_a_secret() {
    let (_, record) = written(&["user:001010000020349"], "as user:001010000020349", fields! {});
    assert_eq!(record["message"], "as ***");
}

#[test]
fn a_long_text_is_cut_and_says_how_long_it_was() {
    let megabyte = "ä".repeat(1 << 19);
    let fields = fields! { "body" => megabyte.as_str(), "deep" => json!([megabyte]) };
    let (_, record) = written(&[], &megabyte, fields);
    for text in [&record["message"], &record["body"], &record["deep"][0]] {
        let text = text.as_str().unwrap();
        let shown = text.strip_suffix("... (cut, 1048576 bytes)").unwrap();
        assert_eq!(shown, "ä".repeat(LONGEST_TEXT / 2));
    }
}

#[test]
fn a_cut_never_shows_half_of_what_is_masked() {
    for (hidden, shown) in
        [("first-secret", "***"), ("001010000020349", "00101********49"), ("Serhii", "S*****")]
    {
        for before in 1..hidden.len() {
            let text = format!("{}{hidden}{}", " ".repeat(LONGEST_TEXT - before), ".".repeat(99));
            let (_, record) = written(&["first-secret"], &text, fields! {});
            let message = record["message"].as_str().unwrap().trim_start();
            assert_eq!(message, format!("{shown}... (cut, {} bytes)", text.len()));
        }
    }
}

#[test]
fn values_of_any_depth_and_size_are_shown_in_part() {
    let deep = (0..10_000).fold(Value::from("core"), |inner, _| {
        Value::Object(Map::from_iter([("in".to_owned(), inner)]))
    });
    let (text, _) = written(&[], "m", fields! { "deep" => deep });
    assert!(text.contains("... (nested too deeply)"), "{text}");

    let wide: Vec<String> = (0..100_000).map(|index| format!("item {index}")).collect();
    let members: Map<String, Value> = wide.iter().map(|n| (n.clone(), Value::Null)).collect();
    let (text, record) = written(&[], "m", fields! { "list" => wide, "object" => members });
    assert!(text.len() < 3 * LARGEST_FIELD, "{}", text.len());
    assert!(record["object"]["..."].as_str().unwrap().ends_with(" more"));
    assert!(
        record["list"].as_array().unwrap().last().unwrap().as_str().unwrap().starts_with("... (")
    );
}
