//! Conditions taken apart: what was seen, what decides, how near a miss is, in which words.

use serde_json::{Value, json};

use super::{Finding, Tested};
use crate::expr::condition::Tell;
use crate::expr::testing::World;

struct Plainly;

impl Tell for Plainly {
    fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn value(&self, value: &Value) -> String {
        value.to_string()
    }
}

fn tests<'f, 's>(finding: &'f Finding<'s>) -> Vec<&'f Tested<'s>> {
    match finding {
        Finding::All(parts) | Finding::Any(parts) => parts.iter().flat_map(tests).collect(),
        Finding::Not(part) => tests(part),
        Finding::Test(tested) => vec![tested],
    }
}

/// Each test in words: a mark, subject, what is asked, what was seen, and whether it decides.
fn told(when: &str, event: &Value) -> Vec<String> {
    let world = World::when(when, event.clone());
    world.take_apart(|scope, finding| {
        let line = |tested: &Tested<'_>| {
            let mark = match tested.held {
                Ok(true) => "+",
                Ok(false) => "-",
                Err(_) => "?",
            };
            let saw: Vec<String> = tested.saw.iter().map(|value| value.to_string()).collect();
            let decides = if tested.decides { " <" } else { "" };
            let asks = tested.test.words(scope, &Plainly);
            format!("{mark} {} {asks} [{}]{decides}", tested.subject.text(), saw.join(" "))
        };
        tests(finding).into_iter().map(line).collect()
    })
}

#[test]
fn every_test_has_words_for_itself_and_its_opposite() {
    let event = json!({"a": "open", "n": 7, "list": [1, 2], "b": "open"});
    for (when, words) in [
        ("{ a: open }", "+ a equals \"open\""),
        ("{ a: { not: open } }", "- a does not equal \"open\""),
        ("{ a: [open, closed] }", "+ a is one of \"open\", \"closed\""),
        ("{ a: { not: [x, y] } }", "+ a is none of \"x\", \"y\""),
        ("{ a: { exists: true } }", "+ a exists"),
        ("{ a: { exists: false } }", "- a does not exist"),
        ("{ a: { not: { exists: false } } }", "+ a exists"),
        ("{ a: { empty: true } }", "- a is empty"),
        ("{ a: { empty: false } }", "+ a is not empty"),
        ("{ a: { matches: '^op' } }", "+ a matches ^op"),
        ("{ a: { not: { matches: '^op' } } }", "- a does not match ^op"),
        ("{ a: { prefix: op } }", "+ a begins with \"op\""),
        ("{ a: { not: { prefix: op } } }", "- a does not begin with \"op\""),
        ("{ a: { suffix: en } }", "+ a ends with \"en\""),
        ("{ a: { not: { suffix: en } } }", "- a does not end with \"en\""),
        ("{ list: { contains: 3 } }", "- list contains 3"),
        ("{ list: { not: { contains: 3 } } }", "+ list does not contain 3"),
        ("{ n: { lt: 7 } }", "- n is less than 7"),
        ("{ n: { lte: 7 } }", "+ n is at most 7"),
        ("{ n: { gt: 7 } }", "- n is greater than 7"),
        ("{ n: { gte: 7 } }", "+ n is at least 7"),
        ("{ n: { not: { gte: 7 } } }", "- n is not at least 7"),
        ("{ a: '{{b}}' }", "+ a equals {{b}} (\"open\")"),
        ("{ a: '{{path \"$.none\"}}' }", "- a equals {{path \"$.none\"}} (absent)"),
        ("{ n: { not: { gt: 1, lt: 9 } } }", "- n is not so: is less than 9 and is greater than 1"),
    ] {
        let told = told(when, &event);
        assert!(told.len() == 1 && told[0].starts_with(words), "{when}: {told:?}");
    }
}

#[test]
fn all_that_was_seen_is_told_and_absence_is_nothing() {
    let event = json!({"a": null, "list": [{"x": 1}, {"x": 2}]});
    for (when, line) in [
        ("{ a: 1 }", "- a equals 1 [null] <"),
        ("{ $.none: 1 }", "- $.none equals 1 [] <"),
        ("{ '$.list[*].x': 2 }", "+ $.list[*].x equals 2 [1 2] <"),
    ] {
        assert_eq!(told(when, &event), [line], "{when}");
    }
}

#[test]
fn the_test_that_decides_is_the_one_at_which_the_engine_stops() {
    let event = json!({"t": true, "f": false});
    for (when, marks) in [
        ("{ t: true, f: false }", "+< +<"),
        ("{ t: false, f: true }", "-< -"),
        ("{ t: true, f: true }", "+ -<"),
        ("{ any: [{ t: false }, { f: false }, { t: true }] }", "- +< +"),
        ("{ any: [{ t: false }, { f: true }] }", "-< -<"),
        ("{ not: { t: true, f: false } }", "+< +<"),
        ("{ not: { t: false, f: false } }", "-< +"),
        ("{ t: true, any: [{ t: false, f: false }, { f: true }] }", "+ -< + -<"),
        ("{ t: { exists: true, empty: true } }", "+ -<"),
    ] {
        let told = told(when, &event);
        let mark =
            |line: &String| format!("{}{}", &line[..1], if line.ends_with('<') { "<" } else { "" });
        assert_eq!(told.iter().map(mark).collect::<Vec<_>>().join(" "), marks, "{when}");
    }
}

#[test]
fn a_miss_is_as_near_as_its_tests_are_as_they_should_be() {
    let event = json!({"t": true, "f": false});
    for (when, nearness) in [
        ("{ t: true, f: true }", (1, 2)),
        ("{ t: false }", (0, 1)),
        ("{ not: { t: true } }", (0, 1)),
        ("{ not: { t: true, f: true } }", (1, 1)),
        ("{ not: { any: [{ t: true }, { f: true }] } }", (1, 2)),
        ("{ t: true, any: [{ t: false }, { t: true, f: true }] }", (2, 3)),
        ("{ all: [{ t: true }, { f: false }] }", (2, 2)),
        ("{}", (1, 1)),
        ("{ any: [{}, { t: false }] }", (1, 1)),
        ("{ not: {} }", (0, 1)),
    ] {
        let world = World::when(when, event.clone());
        assert_eq!(world.take_apart(|_, finding| finding.nearness()), nearness, "{when}");
    }
}

#[test]
fn what_cannot_be_told_is_the_fault_that_the_event_has() {
    let event = json!({"t": "odd"});
    let extract = "b: { path: $.t, as: boolean }";
    for (when, fails) in [
        ("{ b: true }", true),
        ("{ $.t: even, b: true }", false),
        ("{ any: [{ $.t: odd }, { b: true }] }", false),
        ("{ any: [{ $.t: even }, { b: true }] }", true),
        ("{ not: { b: true } }", true),
    ] {
        let world = World::with_conditions(extract, when, "{ status: 200 }", event.clone());
        let found = world.take_apart(|_, finding| finding.holds().map_err(Clone::clone));
        assert_eq!((found.is_err(), found), (fails, world.holds()), "{when}");
    }
}
