//! The JSONPath Compliance Test Suite (github.com/jsonpath-standard/jsonpath-compliance-test-suite):
//! each of its cases selects what RFC 9535 says, or is refused. `./test` fetches it.

use std::fs;
use std::path::Path as File;

use nsps_connector::document::{Document, Spot};
use nsps_connector::expr::{Effort, Path};
use serde_json::Value;

/// Where `./test` puts the suite.
const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/jsonpath-compliance/cts.json");

/// All that we do otherwise: sound selectors that are refused on purpose, by the names of their
/// cases (`*` stands for anything), and what is said to their author.
const REFUSED: [(&str, &str); 4] = [
    // What a regular expression costs depends on the event, and `capture` has them already.
    ("functions, match, *", "regular expressions are not allowed"),
    ("functions, search, *", "regular expressions are not allowed"),
    ("whitespace, functions, * between arg and comma", "regular expressions are not allowed"),
    ("whitespace, functions, * between comma and arg", "regular expressions are not allowed"),
];

fn cases() -> Vec<Value> {
    let text = fs::read_to_string(File::new(SUITE)).unwrap_or_else(|error| {
        panic!("{SUITE}: {error}; run `./test` once: it fetches the JSONPath Compliance Test Suite")
    });
    let Value::Array(cases) = serde_json::from_str::<Value>(&text).unwrap()["tests"].take() else {
        panic!("{SUITE} has no list of tests")
    };
    cases
}

/// What a case comes to, if that is not what it should.
fn fault_of(case: &Value) -> Option<String> {
    let (name, selector) = (case["name"].as_str().unwrap(), case["selector"].as_str().unwrap());
    let refusal = REFUSED.iter().find(|(pattern, _)| matches(pattern, name));
    match (Path::parse(selector), case["invalid_selector"] == true, refusal) {
        (Err(_), true, _) => None,
        (Ok(_), true, _) => Some("is accepted, and is not JSONPath".to_owned()),
        (Err(fault), false, Some((_, told))) if fault.message.contains(told) => None,
        (Err(fault), false, _) => Some(format!("is refused: {}", fault.message)),
        (Ok(_), false, Some(_)) => Some("is accepted now: take it off the list".to_owned()),
        (Ok(path), false, None) => {
            let (tree, flat) = (&case["document"], Document::of(&case["document"]));
            let found: Value =
                path.all(tree, &Effort::new()).unwrap().into_iter().cloned().collect();
            let spots = path.all(flat.root(), &Effort::new()).unwrap();
            let found_in_event: Value = spots.into_iter().map(Spot::owned).collect();
            if found_in_event != found {
                return Some(format!("selects {found}, and of an event {found_in_event}"));
            }
            let wanted: Vec<&Value> = match &case["results"] {
                Value::Array(results) => results.iter().collect(),
                _ => vec![&case["result"]],
            };
            (!wanted.contains(&&found)).then(|| format!("selects {found}, and not {wanted:?}"))
        }
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            let rest = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            rest.is_some_and(|rest| !rest.is_empty())
        }
        None => pattern == name,
    }
}

#[test]
fn jsonpath_selects_what_its_standard_says() {
    let cases = cases();
    assert!(cases.len() >= 687, "the suite has shrunk to {} cases", cases.len());
    let told =
        |case: &Value| Some(format!("{}: {} {}", case["name"], case["selector"], fault_of(case)?));
    let faults: Vec<String> = cases.iter().filter_map(told).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

#[test]
fn what_is_refused_on_purpose_is_in_the_suite() {
    let cases = cases();
    for (pattern, _) in REFUSED {
        let named = |case: &Value| matches(pattern, case["name"].as_str().unwrap());
        assert!(cases.iter().any(named), "{pattern} names nothing");
    }
}
