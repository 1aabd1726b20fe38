//! What an event carries can become a value of a request, and never its structure: for events of
//! every kind, in every place where a mapping can put a value.

mod hostile;

use std::collections::BTreeMap;

use nsps_connector::clock::SystemClock;
use nsps_connector::engine::transport::Request;
use nsps_connector::engine::trial::{Subject, Trial};
use nsps_connector::event::Event;
use nsps_connector::mapping::env::Environment;
use nsps_connector::mapping::load_text;
use nsps_connector::program::Program;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use hostile::{text_of, texts, values};

/// A mapping with `v` and `list` from the event, and one step of these lines.
#[track_caller]
fn program(step: &str) -> Program {
    let hostile = |_: &str| Some("{{v}}${X}\"'</a>&%2f".to_owned());
    let no_files = |_: &str| Err("none".to_owned());
    let text = format!(
        "version: 1\ntargets: {{ t: {{ url: http://t.test/base }} }}\nextract:\n  \
         v: {{ path: $.pb_data.v, optional: true, nullable: true }}\n  \
         list: {{ path: $.pb_data.list, optional: true }}\nrules:\n- name: r\n  event: '*'\n  \
         steps:\n  - {}\n",
        step.trim().replace('\n', "\n    "),
    );
    let loaded = load_text("t.yaml", &text, Environment::new(&hostile, &no_files, false));
    loaded.program.unwrap_or_else(|| panic!("{:?}\n{text}", loaded.report))
}

/// The request for an event with that `pb_data`, or the words of the refusal.
fn render(program: &Program, pb_data: Value) -> Result<Request, String> {
    let body = json!({ "event_id": "e", "data": { "event_type": "X" }, "pb_data": pb_data });
    let event = Event::parse(body.to_string().as_bytes(), "r".to_owned(), "u".to_owned());
    let (event, clock) = (event.expect("an event"), SystemClock::new());
    let subject = Subject::new(&event, &clock);
    let trial = Trial::new(&program.mappings[0], &subject);
    let rule = trial.route().map_err(|fault| fault.to_string())?.expect("the rule is for all");
    let mut requests = trial.render(rule).map_err(|fault| fault.to_string())?;
    assert_eq!(requests.len(), 1);
    Ok(requests.remove(0))
}

/// `pb_data` in which `v` may be absent.
fn with(v: Option<&Value>) -> Value {
    Value::Object(v.map(|v| ("v".to_owned(), v.clone())).into_iter().collect::<Map<_, _>>())
}

const JSON: &str = r#"
request: POST /x
json:
  whole: "{{v}}"
  part: "<{{default (json v) ''}}>"
  env: "${X}"
  deep: { list: [1, "{{v}}", { "k": "{{v}}" }], "a\"b": "{{v}}" }
  each: { $each: list, $value: { id: "{{item}}", at: "{{index}}", v: "{{v}}" } }
  $$lit: x
"#;

const FORM: &str = "request: POST /x\nform: { whole: \"{{v}}\", \"a&b=c\": \"<{{default v ''}}>\", env: \"${X}\" }";

const QUERY: &str = "request: GET /x\nquery: { whole: \"{{v}}\", \"a&b=c\": \"<{{default v ''}}>\", env: \"${X}\" }";

const PATH: &str = "request: GET /a/{{v}}/b-{{v}}.c/${X}";

const HEADER: &str =
    "request: GET /x\nheaders: { X-Whole: \"{{v}}\", X-Part: \"<{{default v ''}}>\" }";

/// Names with their values, as who receives a form reads them.
fn pairs(encoded: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

/// What a form or query of `whole`, `a&b=c` and `env` must hold for `v`; `None` if it is refused.
fn expected_pairs(v: Option<&Value>) -> Option<Vec<(String, String)>> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut pairs = match v {
        None => Vec::new(),
        Some(scalar) => vec![pair("whole", text_of(scalar)?)],
    };
    pairs.push(pair("a&b=c", format!("<{}>", v.map_or(Some(String::new()), text_of)?)));
    pairs.push(pair("env", "{{v}}${X}\"'</a>&%2f".to_owned()));
    Some(pairs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_json_body_has_exactly_the_keys_of_the_mapping(
        v in prop::option::of(values()),
        list in prop::collection::vec(values(), 0..4),
    ) {
        let program = program(JSON);
        let mut pb_data = with(v.as_ref());
        pb_data["list"] = Value::Array(list.clone());
        let request = render(&program, pb_data).expect("JSON has a place for everything");
        let body: Value = serde_json::from_slice(&request.body).expect("the body is JSON");
        let present = |mut object: Map<String, Value>, name: &str| {
            object.extend(v.iter().map(|v| (name.to_owned(), v.clone())));
            Value::Object(object)
        };
        let each = list.iter().enumerate().map(|(at, item)| {
            let mut object = Map::new();
            object.insert("id".to_owned(), item.clone());
            object.insert("at".to_owned(), json!(at));
            present(object, "v")
        });
        let mut list = vec![json!(1)];
        list.extend(v.clone());
        list.push(present(Map::new(), "k"));
        let mut deep = Map::new();
        deep.insert("list".to_owned(), Value::Array(list));
        let part = v.as_ref().map_or_else(String::new, Value::to_string);
        let mut expected = Map::new();
        expected.extend(v.iter().map(|v| ("whole".to_owned(), v.clone())));
        expected.insert("part".to_owned(), json!(format!("<{part}>")));
        expected.insert("env".to_owned(), json!("{{v}}${X}\"'</a>&%2f"));
        expected.insert("deep".to_owned(), present(deep, "a\"b"));
        expected.insert("each".to_owned(), each.collect());
        expected.insert("$lit".to_owned(), json!("x"));
        prop_assert_eq!(body, Value::Object(expected));
    }

    #[test]
    fn a_form_has_exactly_its_names(v in prop::option::of(values())) {
        let rendered = render(&program(FORM), with(v.as_ref()));
        let body = rendered.map(|request| pairs(&String::from_utf8_lossy(&request.body)));
        prop_assert_eq!(body.ok(), expected_pairs(v.as_ref()));
    }

    #[test]
    fn a_query_has_exactly_its_names(v in prop::option::of(values())) {
        let rendered = render(&program(QUERY), with(v.as_ref()));
        let expected = expected_pairs(v.as_ref());
        match rendered {
            Ok(request) => {
                let (path, query) = request.url.split_once('?').expect("a query");
                prop_assert_eq!(path, "http://t.test/base/x");
                prop_assert_eq!(Some(pairs(query)), expected);
                prop_assert!(!query.contains(['#', '?', '/', ' ']), "{}", query);
            }
            // A URL has its limit, which is no limit of forms.
            Err(reason) => prop_assert!(expected.is_none() || reason.contains("URL"), "{}", reason),
        }
    }

    #[test]
    fn a_path_has_exactly_its_segments(v in prop::option::of(values())) {
        let rendered = render(&program(PATH), with(v.as_ref()));
        let text = v.as_ref().and_then(text_of).filter(|text| !matches!(text.as_str(), "" | "." | ".."));
        match rendered {
            Ok(request) => {
                let text = text.expect("what is refused is not sent");
                let path = request.url.strip_prefix("http://t.test/base/").expect("the target's");
                let segments: Vec<String> = path
                    .split('/')
                    .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                    .collect();
                let expected =
                    ["a".to_owned(), text.clone(), format!("b-{text}.c"), "{{v}}${X}\"'</a>&%2f".to_owned()];
                prop_assert_eq!(segments, expected);
                let url = url::Url::parse(&request.url).expect("a URL");
                prop_assert_eq!(url.host_str(), Some("t.test"));
                prop_assert!(url.query().is_none() && url.fragment().is_none());
                prop_assert_eq!(url.path_segments().map(Iterator::count), Some(5));
            }
            Err(reason) => prop_assert!(text.is_none() || reason.contains("URL"), "{}", reason),
        }
    }

    #[test]
    fn a_header_holds_no_control_character(v in prop::option::of(values())) {
        let rendered = render(&program(HEADER), with(v.as_ref()));
        let text = v.as_ref().map_or(Some(String::new()), text_of);
        let text = text.filter(|text| !text.chars().any(|c| c.is_control() && c != '\t'));
        match rendered {
            Ok(request) => {
                let text = text.expect("what is refused is not sent");
                let headers: BTreeMap<&str, &str> =
                    request.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
                let part = format!("<{text}>");
                let mut expected = BTreeMap::from([("x-part", &*part)]);
                if v.is_some() {
                    expected.insert("x-whole", &text);
                }
                prop_assert_eq!(headers, expected);
            }
            Err(_) => prop_assert!(text.is_none()),
        }
    }

    #[test]
    fn a_text_body_is_what_was_written_around_what_was_given(v in texts()) {
        let program = program("request: POST /x\ntext: '<{{v}}|{{{v}}}>'");
        let request = render(&program, json!({ "v": v.clone() })).expect("a text");
        prop_assert_eq!(String::from_utf8_lossy(&request.body), format!("<{v}|{v}>"));
    }
}
