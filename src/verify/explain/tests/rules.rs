//! Which rule runs, and why the others do not.

use serde_json::json;

use super::super::account::{End, Standing};
use super::{explained, mapping, tests};

const RULES: &str = "rules:
  - { name: other-type, event: DID/*, when: { $.pb_data.a: 1 }, ignore: x }
  - { name: far, event: SIM/*, when: { $.pb_data.a: 2, $.pb_data.b: 2 }, ignore: x }
  - { name: near, event: SIM/*, when: { $.pb_data.a: 1, $.pb_data.b: 2 }, ignore: x }
  - { name: runs, event: [DID/*, SIM/Updated], when: { $.pb_data.a: 1 }, ignore: because }
  - { name: as-near, event: SIM/*, when: { $.pb_data.b: 2, $.pb_data.a: 1 }, ignore: x }
  - { name: too, event: '*', ignore: x }
";

#[test]
fn the_rule_that_runs_comes_first_and_then_the_nearest_miss() {
    let explanation = explained(&mapping(RULES), &json!({"a": 1, "b": 1}), Vec::new());
    let rules = explanation.only().rules.iter();
    let told: Vec<_> = rules.map(|rule| (&*rule.name, rule.standing.clone())).collect();
    assert_eq!(
        told,
        [
            ("runs", Standing::Runs),
            ("too", Standing::WouldRun),
            ("near", Standing::Misses),
            ("as-near", Standing::Misses),
            ("far", Standing::Misses),
            ("other-type", Standing::OtherType),
        ]
    );
    assert!(matches!(&explanation.run().end, End::Ignored(text) if text == "because"));
    assert_eq!(explanation.told.0, 200);
}

#[test]
fn every_test_says_what_it_saw_where_it_stands_and_which_one_decided() {
    let explanation = explained(&mapping(RULES), &json!({"a": 1, "b": [3, 4]}), Vec::new());
    let near = &explanation.only().rules[2];
    assert_eq!(&*near.name, "near");
    let told = tests(near.when.as_ref());
    assert_eq!(told, ["+ $.pb_data.a equals 1 [1]", "- $.pb_data.b equals 2 [[3,4]] <"]);
    let at = near.when.as_ref().unwrap().tests()[1].at;
    assert_eq!((at.line, at.column), (6, 57));
}

#[test]
fn an_event_that_no_rule_is_for_is_explained_too() {
    let rules = "extract: { a: $.pb_data.a }
rules:
  - { name: one, event: SIM/*, when: { a: 2 }, ignore: x }
";
    let explanation = explained(&mapping(rules), &json!({"a": 1}), Vec::new());
    let only = explanation.only();
    assert!(only.run.is_none());
    assert_eq!(tests(only.rules[0].when.as_ref()), ["- a equals 2 [1] <"]);
    assert_eq!(only.variables.len(), 1);
    assert_eq!(explanation.told.0, 200);
    assert_eq!(explanation.told.1["message"], "Event ignored: no rule for SIM/Updated");
}

#[test]
fn a_rule_that_cannot_be_decided_on_is_where_the_event_ends() {
    let rules = "extract: { flag: { path: $.pb_data.flag, as: boolean } }
rules:
  - { name: before, event: SIM/*, when: { $.pb_data.a: 2 }, ignore: x }
  - { name: odd, event: SIM/*, when: { flag: true }, ignore: x }
  - { name: behind, event: SIM/*, when: { flag: true }, ignore: x }
";
    let explanation = explained(&mapping(rules), &json!({"flag": "maybe"}), Vec::new());
    let only = explanation.only();
    let fault = "`flag` cannot be read: \"maybe\" is not a boolean".to_owned();
    assert_eq!(only.rules[0].standing, Standing::Undecided(fault.clone()));
    let others: Vec<_> = only.rules[1..].iter().map(|rule| &rule.standing).collect();
    assert_eq!(others, [&Standing::Misses, &Standing::Misses]);
    assert!(matches!(&explanation.run().end, End::Failed { error, .. } if *error == fault));
    assert_eq!(explanation.told.0, 422);
}
