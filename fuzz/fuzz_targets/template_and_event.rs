//! A template, and after a zero byte an event. The template stands in every place of a request; what
//! is rendered keeps its structure whatever the event carries.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nsps_connector::clock::SystemClock;
use nsps_connector::engine::transport::Request;
use nsps_connector::engine::trial::{Subject, Trial};
use nsps_connector::event::Event;
use nsps_connector::mapping::{env::Environment, load_text};
use serde_json::{Value, json};

/// Each place is a rule of its own, so that one that refuses the template hides no other. The
/// template is between texts, and by itself.
const PLACES: [&str; 8] = [
    r#"{ request: "POST /path", text: TEMPLATE }"#,
    r#"{ request: "POST /path", json: { whole: TEMPLATE, list: [TEMPLATE] } }"#,
    r#"{ request: "POST /path", json: { part: "-TEMPLATE-" } }"#,
    r#"{ request: "GET /path/TEMPLATE/end" }"#,
    r#"{ request: "GET /path", query: { q: TEMPLATE } }"#,
    r#"{ request: "GET /path", headers: { x-fuzz: TEMPLATE } }"#,
    r#"{ request: "POST /path", form: { f: TEMPLATE } }"#,
    r#"{ request: "POST /path", xml: "<r a=\"-TEMPLATE-\">-TEMPLATE-</r>" }"#,
];

const EVENT: &str = include_str!("../../tests/events/sim-updated.json");

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let Ok(template) = std::str::from_utf8(parts.next().unwrap_or_default()) else { return };
    let event = parts.next().unwrap_or(EVENT.as_bytes());
    let Some(event) = event_of(event) else { return };
    for (at, place) in PLACES.into_iter().enumerate() {
        for request in render(&mapping(place, template), &event) {
            assert_sound(at, &request);
        }
    }
});

/// An event, or any JSON made to be one.
fn event_of(text: &[u8]) -> Option<Event> {
    let event = |text: &[u8]| Event::parse(text, "r".to_owned(), "u".to_owned()).ok();
    event(text).or_else(|| {
        let value: Value = serde_json::from_slice(text).ok()?;
        let data = json!({"event_type": "x", "variables": {"a": value}});
        event(
            json!({"event_id": "e", "data": data, "pb_data": {"a": value}}).to_string().as_bytes(),
        )
    })
}

fn mapping(place: &str, template: &str) -> String {
    let quoted = Value::from(template).to_string();
    let step = match place.contains("TEMPLATE/") || place.contains("-TEMPLATE") {
        true => place.replace("TEMPLATE", &quoted[1..quoted.len() - 1]),
        false => place.replace("TEMPLATE", &quoted),
    };
    format!(
        r#"
version: 1
targets: {{ t: {{ url: "http://host.test/base" }} }}
extract:
  a: {{ path: [$.pb_data.a, $.pb_data.sim_info.imsi], optional: true }}
  b: {{ path: $..a, all: true }}
  c: {{ from: event.data.variables, optional: true }}
  d: {{ value: ["{{{{a}}}}", 1, {{ x: "{{{{event_id}}}}" }}] }}
  e: {{ path: $..name, default: none, nullable: true }}
rules:
- name: r
  event: "*"
  steps: [{step}]
"#
    )
}

fn render(mapping: &str, event: &Event) -> Vec<Request> {
    let none = |_: &str| None;
    let no_files = |_: &str| Err("there are no files".to_owned());
    let loaded = load_text("fuzz.yaml", mapping, Environment::new(&none, &no_files, false));
    let Some(program) = loaded.program else {
        assert!(loaded.report.has_errors(), "a mapping was refused and nobody said why");
        return Vec::new();
    };
    let clock = SystemClock::new();
    let subject = Subject::new(event, &clock);
    let trial = Trial::new(&program.mappings[0], &subject);
    match trial.route() {
        Ok(Some(rule)) => trial.render(rule).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Whether pairs of names and values, encoded, have no other name than this.
fn one_name(pairs: &str, name: &str) -> bool {
    pairs.split('&').all(|pair| pair.split_once('=').is_some_and(|(found, _)| found == name))
}

fn assert_sound(place: usize, request: &Request) {
    let url = request.url.strip_prefix("http://host.test/base/path");
    let url = url.unwrap_or_else(|| panic!("another target: {}", request.url));
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
    assert!(!url.contains('#'), "{url}");
    match place {
        1 | 2 => {
            let body: Value = serde_json::from_slice(&request.body).expect("the body is JSON");
            let names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
            assert!(names.iter().all(|name| ["whole", "list", "part"].contains(name)), "{body}");
        }
        3 => {
            let path = url.strip_suffix("/end").expect("the path ends as it was written");
            assert!(!path.contains('?') && !path.split('/').any(|part| part == ".."), "{url}");
        }
        4 => {
            assert!(url.is_empty() || one_name(url.strip_prefix('?').unwrap_or(url), "q"), "{url}")
        }
        6 => {
            let body = std::str::from_utf8(&request.body).expect("a form is ASCII");
            assert!(body.is_empty() || one_name(body, "f"), "{body}");
        }
        7 => {
            let body = std::str::from_utf8(&request.body).expect("XML is UTF-8");
            let document = roxmltree::Document::parse(body);
            assert!(document.is_ok(), "{body}: {document:?}");
        }
        _ => assert!(url.is_empty(), "{url}"),
    }
    for (name, value) in &request.headers {
        let sound = |c: char| c == '\t' || !c.is_control();
        assert!(value.chars().all(sound), "{name}: {value:?}");
    }
}
