//! `test`: mapping tests from outside, for people, tools and CI servers.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Value, json};

use crate::support::command::{Ran, run};
use crate::support::samples::MISTAKEN;
use crate::support::scratch::Scratch;

const MAPPING: &str = "version: 1
targets:
  crm: { url: '${CRM_URL}', auth: { bearer: { token: '${CRM_TOKEN}' } } }
extract:
  imsi: $.pb_data.sim_info.imsi
  state:
    cases:
      - when: { $.pb_data.status: open }
        value: active
      - value: barred
rules:
  - name: update
    event: SIM/Updated
    steps:
      - request: PUT /sims/{{imsi}}
        json: { imsi: '{{imsi}}', state: '{{state}}', tags: [a, b] }
        responses: [{ when: { status: 404 }, then: ok }]
  - name: other
    event: '*'
    ignore: not for us
";

/// The head of a test file of that mapping.
const HEAD: &str = "mapping: crm.yaml
env: { CRM_URL: http://crm.test/api, CRM_TOKEN: token-of-march }
cases:
";

/// Reaches the rule `update` and the first case of `state`.
const GOOD: &str = r"
  - name: an open account is active
    event: &event
      event_id: e
      data: { event_type: SIM/Updated }
      pb_data: { status: open, sim_info: { imsi: '00101' } }
    exchange:
      - request: PUT /sims/00101
        headers: { Authorization: Bearer token-of-march }
        json: { imsi: '00101', state: active, tags: [a, b] }
    answer: { status: 200 }
";

/// The rest of the mapping.
const REST: &str = r"
  - name: another account is barred
    event: { event_id: e, data: { event_type: SIM/Updated }, pb_data: { sim_info: { imsi: '7' } } }
    variables: { state: barred }
    exchange:
      - { request: PUT /sims/7, reply: { status: 404 } }
  - name: other events are ignored
    event: { event_id: e, data: { event_type: SIM/Created }, pb_data: {} }
    rule: other
";

/// Differs in the body; has characters that XML and terminals take for something else.
const BAD: &str = r#"
  - name: "an <open> \e[31maccount & its tags"
    event: { event_id: e, data: { event_type: SIM/Updated }, pb_data: { sim_info: { imsi: '00101' } } }
    exchange:
      - request: PUT /sims/00101
        headers: { authorization: Bearer token-of-april }
        json: { imsi: '00101', state: active, tags: [b, "\e]0;c\a"], more: true }
"#;

/// A directory `mappings` with `crm.yaml` and its tests.
fn scratch(cases: &[&str]) -> Scratch {
    let scratch = Scratch::new();
    scratch.mapping("crm.yaml", MAPPING);
    scratch.mapping("crm.test.yaml", &format!("{HEAD}{}", cases.concat()));
    scratch
}

fn test(scratch: &Scratch, arguments: &[&str]) -> Ran {
    run(scratch.path(), &[&["test"], arguments].concat(), &[])
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|fault| panic!("{fault}: {}", ran.all()))
}

/// Without the time that it took.
fn timeless(text: &str) -> String {
    let summary = text.rfind(" (").filter(|at| text[*at..].ends_with(" s)\n"));
    text[..summary.unwrap_or_else(|| panic!("no time in {text}"))].to_owned()
}

#[test]
fn tests_that_pass_are_counted_and_the_code_is_0() {
    let scratch = scratch(&[GOOD, REST]);
    let ran = test(&scratch, &[]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
    assert_eq!(
        timeless(&ran.stdout),
        "ok ./mappings/crm.test.yaml: 3 cases\n\n3 cases, 3 passed, 0 failed"
    );
}

#[test]
fn what_differs_is_shown_side_by_side_with_its_place() {
    let scratch = scratch(&[GOOD, BAD]);
    let ran = test(&scratch, &["mappings"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), ""));
    assert_eq!(
        timeless(&ran.stdout),
        r#"FAILED mappings/crm.test.yaml: 2 cases, 1 failed

  an <open> ␛[31maccount & its tags
  mappings/crm.test.yaml:19:9: request 1 differs: authorization: Bearer token-of-april is expected, authorization: Bearer *** is sent

      expected                              sent
      PUT /sims/00101                       PUT /sims/00101
    ~ authorization: Bearer token-of-april  authorization: Bearer ***

      {                                     {
        "imsi": "00101",                      "imsi": "00101",
    ~   "state": "active",                    "state": "barred",
        "tags": [                             "tags": [
    +                                           "a",
          "b",                                  "b"
    -     "\u001b]0;c\u0007"
        ],                                    ]
    -   "more": true
      }                                     }

2 cases, 1 passed, 1 failed"#
    );
}

#[test]
fn cases_are_chosen_by_a_part_of_their_name() {
    let scratch = scratch(&[GOOD, REST, BAD]);
    for (filter, code, summary) in [
        ("account is", 0, "2 cases, 2 passed, 0 failed"),
        ("open", 1, "2 cases, 1 passed, 1 failed"),
        ("ignored", 0, "1 case, 1 passed, 0 failed"),
    ] {
        let ran = test(&scratch, &["--filter", filter]);
        assert_eq!(ran.code, Some(code), "{filter}: {}", ran.all());
        assert!(timeless(&ran.stdout).ends_with(summary), "{filter}: {}", ran.stdout);
    }
}

#[test]
fn what_is_tested_is_a_directory_a_test_file_or_a_mapping() {
    let scratch = scratch(&[GOOD]);
    scratch.write(
        "sub/bad.test.yaml",
        &format!("{}{BAD}", HEAD.replace("crm.yaml", "../mappings/crm.yaml")),
    );
    for (arguments, variables, code) in [
        (&["mappings"][..], &[][..], 0),
        (&["mappings/crm.test.yaml"], &[], 0),
        (&["mappings/crm.yaml"], &[], 0),
        (&["sub"], &[], 1),
        (&["sub/bad.test.yaml"], &[], 1),
        (&[], &[], 0),
        (&[], &[("MAPPINGS", "sub")], 1),
        (&["mappings"], &[("MAPPINGS", "sub")], 0),
        // What a mapping gets of the environment is what its tests say.
        (&["mappings"], &[("CRM_URL", "nonsense"), ("CRM_TOKEN", "")], 0),
    ] {
        let ran = run(scratch.path(), &[&["test"], arguments].concat(), variables);
        assert_eq!(ran.code, Some(code), "{arguments:?} {variables:?}: {}", ran.all());
    }
}

#[test]
fn what_cannot_be_tested_is_2() {
    let scratch = scratch(&[GOOD]);
    scratch.write("empty/notes.txt", "none");
    scratch.write("untested/crm.yaml", MAPPING);
    for (arguments, told) in [
        (&["nowhere"][..], "nowhere: No such file"),
        (&["empty"], "empty: there is no test file"),
        (&["untested"], "untested: there is no test file"),
        (&["untested/crm.yaml"], "NAME.test.yaml"),
        (&["--filter", "nobody"], "no case has `nobody` in its name"),
        (&["--min-coverage", "101"], "101 is not in 0..=100"),
        (&["--min-coverage", "x"], "invalid"),
        (&["--format", "xml"], "possible values: text, json"),
        (&["--junit", "no/such/place.xml"], "no/such/place.xml: the results cannot be written"),
    ] {
        let ran = test(&scratch, arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.all());
        assert!(ran.stderr.contains(told), "{arguments:?}: {}", ran.all());
    }
}

#[test]
fn mistakes_of_test_files_and_mappings_are_told_like_those_of_check() {
    let scratch = scratch(&[GOOD]);
    scratch.mapping("broken.test.yaml", "mapping: crm.yaml\ncsaes: []\n");
    scratch.mapping("mistaken.yaml", MISTAKEN);
    scratch.mapping(
        "mistaken.test.yaml",
        "mapping: mistaken.yaml\ncases: [{ name: x, event: { event_id: e, data: { event_type: X } }, rule: all }]\n",
    );
    let ran = test(&scratch, &[]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), ""));
    for part in [
        "FAILED ./mappings/broken.test.yaml: 0 cases, ",
        " --> ./mappings/broken.test.yaml:2:1\n",
        "did you mean `cases`?",
        "ok ./mappings/crm.test.yaml: 1 case\n",
        " --> ./mappings/mistaken.yaml:2:1\n",
        "1 case, 1 passed, 0 failed, 2 files with mistakes",
    ] {
        assert!(ran.stdout.contains(part), "{part}\nis not in\n{}", ran.stdout);
    }
    let object = json_of(&test(&scratch, &["--format", "json"]));
    assert_eq!((&object["cases"], &object["failed"]), (&json!(1), &json!(0)));
    assert!(object["errors"].as_u64() >= Some(2));
    let found = &object["files"][0]["diagnostics"][0];
    assert_eq!(
        (&found["file"], &found["line"]),
        (&json!("./mappings/broken.test.yaml"), &json!(2))
    );
}

#[test]
fn json_has_every_case_and_every_row() {
    let scratch = scratch(&[GOOD, BAD]);
    scratch.mapping("new.yaml", MAPPING);
    let ran = test(&scratch, &["--format=json", "--coverage"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), ""));
    assert!(!ran.stdout.contains('\u{1b}'));
    let object = json_of(&ran);
    assert_eq!(
        (&object["cases"], &object["passed"], &object["failed"], &object["untested"]),
        (&json!(2), &json!(1), &json!(1), &json!(["./mappings/new.yaml"]))
    );
    let cases = object["files"][0]["cases"].as_array().unwrap();
    assert_eq!(
        (&cases[0]["name"], &cases[0]["passed"], &cases[0]["line"], &cases[0]["failures"]),
        (&json!("an open account is active"), &json!(true), &json!(5), &json!([]))
    );
    let failure = &cases[1]["failures"][0];
    assert_eq!(
        (&failure["kind"], &failure["line"], &failure["column"], &failure["event"]),
        (&json!("request"), &json!(19), &json!(9), &json!(null))
    );
    let differing: Vec<&Value> =
        failure["rows"].as_array().unwrap().iter().filter(|row| row["differs"] == true).collect();
    assert_eq!(differing.len(), 5, "{differing:#?}");
    assert_eq!(
        differing[1],
        &json!({ "expected": "  \"state\": \"active\",", "sent": "  \"state\": \"barred\",", "differs": true })
    );
    assert_eq!(differing[4]["sent"], Value::Null);
    let coverage = object["coverage"].as_array().unwrap();
    let mappings: Vec<&Value> = coverage.iter().map(|reach| &reach["mapping"]).collect();
    assert_eq!(mappings, ["./mappings/crm.yaml", "./mappings/new.yaml"]);
    assert_eq!((&coverage[0]["parts"], &coverage[0]["reached"]), (&json!(6), &json!(4)));
}

#[test]
fn coverage_lists_what_no_test_reaches() {
    let good = scratch(&[GOOD]);
    let ran = test(&good, &["--coverage"]);
    assert_eq!(ran.code, Some(0));
    let expected = "
coverage ./mappings/crm.yaml: 50 % (3 of 6 parts)
  ./mappings/crm.yaml:10:9: no test reaches variable `state`, case 2
  ./mappings/crm.yaml:17:21: no test reaches rule `update`, step `1`, response 1
  ./mappings/crm.yaml:18:5: no test reaches rule `other`
";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    let ran = test(&scratch(&[GOOD, REST]), &["--coverage"]);
    assert!(
        ran.stdout.contains("\ncoverage ./mappings/crm.yaml: 100 % (6 of 6 parts)\n\n"),
        "{}",
        ran.stdout
    );

    for (least, code) in [("0", 0), ("50", 0), ("51", 1), ("100", 1)] {
        let ran = test(&good, &["--min-coverage", least]);
        assert_eq!(ran.code, Some(code), "{least}: {}", ran.stdout);
        assert!(
            ran.stdout.contains("50 % (3 of 6 parts)"),
            "it implies --coverage: {}",
            ran.stdout
        );
        assert_eq!(ran.stdout.contains(&format!(", less than {least} %\n")), code == 1);
    }
    assert_eq!(test(&scratch(&[GOOD, REST]), &["--min-coverage=100"]).code, Some(0));
}

#[test]
fn a_mapping_without_tests_is_told_and_reaches_nothing() {
    let scratch = scratch(&[GOOD]);
    scratch.mapping("new.yaml", MAPPING);
    let ran = test(&scratch, &[]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.contains("\nnote ./mappings/new.yaml: it has no tests\n"), "{}", ran.stdout);
    assert_eq!(test(&scratch, &["--min-coverage", "50"]).code, Some(1));
}

/// An element with its attributes; those in it come later.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn of(tag: &BytesStart<'_>) -> Self {
        let attribute = |attribute: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
            let attribute = attribute.unwrap();
            let value = nsps_connector::xml::attribute_value(&attribute.value).unwrap();
            (attribute.key.as_ref().to_owned(), value)
        };
        Self {
            name: tag.name().as_ref().to_owned(),
            attributes: tag.attributes().map(attribute).collect(),
            text: String::new(),
        }
    }

    fn get(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

fn elements(document: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(document);
    reader.config_mut().enable_all_checks(true);
    let mut elements: Vec<Element> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return elements,
            Event::Start(tag) | Event::Empty(tag) => elements.push(Element::of(&tag)),
            Event::Text(text) => {
                if let Some(last) = elements.last_mut() {
                    last.text.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                elements
                    .last_mut()
                    .unwrap()
                    .text
                    .push(nsps_connector::xml::resolve(&name).unwrap());
            }
            _ => {}
        }
    }
}

#[test]
fn the_junit_file_is_what_ci_servers_read() {
    let scratch = scratch(&[GOOD, BAD]);
    scratch.mapping("broken.test.yaml", "mapping: crm.yaml\ncsaes: []\n");
    let ran = test(&scratch, &["--junit", "results.xml", "--min-coverage", "90"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), ""));
    assert!(ran.stdout.contains("FAILED"), "the results are printed all the same");
    let document = scratch.read("results.xml");
    let elements = elements(&document);
    let named = |name: &str| -> Vec<&Element> {
        elements.iter().filter(|element| element.name == name).collect()
    };
    let whole = named("testsuites").remove(0);
    assert_eq!(
        (whole.get("tests"), whole.get("failures"), whole.get("errors")),
        ("4", "2", "1"),
        "{document}"
    );
    let suites: Vec<_> = named("testsuite").iter().map(|suite| suite.get("name")).collect();
    assert_eq!(suites, ["./mappings/broken.test.yaml", "./mappings/crm.test.yaml", "coverage"]);
    let cases = named("testcase");
    assert_eq!(cases.len(), 4);
    assert_eq!(cases[1].get("name"), "an open account is active");
    assert_eq!(cases[1].get("classname"), "./mappings/crm.test.yaml");
    assert_eq!(cases[2].get("name"), "an <open> \u{fffd}[31maccount & its tags");
    for timed in [named("testsuites"), named("testsuite"), cases].concat() {
        let time: f64 = timed.get("time").parse().unwrap();
        assert!((0.0..60.0).contains(&time), "{time}");
    }
    let failures = named("failure");
    assert_eq!(failures.len(), 2);
    assert!(failures[0].get("message").starts_with("request 1 differs: "), "{document}");
    assert!(failures[0].text.contains("\n    ~   \"state\": \"active\","), "{}", failures[0].text);
    assert_eq!(failures[1].get("message"), "tests reach 66.6 %, less than 90 %");
    assert!(named("error")[0].text.contains("broken.test.yaml:2:1"), "{document}");
}

#[test]
fn secrets_are_printed_in_no_format() {
    let unexpected =
        GOOD.replace("PUT /sims", "POST /sims").replace("token-of-march", "token-of-april");
    let mistaken =
        unexpected.replace("an open", "a second").replace("exchange:", "exchange: []\n    x:");
    for cases in [&[&*unexpected][..], &[GOOD, &mistaken]] {
        let scratch = scratch(cases);
        for format in ["text", "json"] {
            let ran = test(&scratch, &["--format", format, "--junit", "j.xml", "--coverage"]);
            assert_eq!(ran.code, Some(1), "{}", ran.all());
            let all = format!("{}{}", ran.all(), scratch.read("j.xml"));
            assert!(!all.contains("token-of-march"), "{all}");
        }
    }
}

#[test]
fn help_tells_the_codes_and_the_json_object() {
    let ran = test(&Scratch::new(), &["--help"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "[env: MAPPINGS] [default: ./mappings]",
        "--filter <TEXT>",
        "--junit <FILE>",
        "--min-coverage <N>",
        "Exit code: 0 if every case passed",
    ] {
        assert!(words.contains(part), "{part}\n{}", ran.stdout);
    }
    // Every name that the object has, and none of those that are the user's.
    let scratch = scratch(&[GOOD, BAD]);
    let object = json_of(&test(&scratch, &["--format=json", "--coverage"]));
    let mut names = Vec::new();
    names_of(&object, &mut names);
    for name in names {
        assert!(words.contains(&name), "{name}\n{}", ran.stdout);
    }
}

/// The names of all members.
fn names_of(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            names.push(name.clone());
            names_of(member, names);
        }),
        Value::Array(members) => members.iter().for_each(|member| names_of(member, names)),
        _ => {}
    }
}
