//! No argument, whatever it is, makes a helper panic or gives more than there may be.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Helper, all};
use crate::expr::LARGEST_TEXT;

/// What events and mappings may hold, and then some.
fn argument() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        1 => Just(None),
        6 => prop::sample::select(terrible()).prop_map(Some),
        2 => "\\PC{0,12}".prop_map(|text| Some(json!(text))),
        2 => "[%_0:.^#-]{0,3}[a-zA-Z%]?".prop_map(|format| Some(json!(format!("%{format}")))),
        2 => any::<i64>().prop_map(|number| Some(json!(number))),
        2 => "-?[1-9][0-9]{0,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,20})?".prop_map(|number| {
            Some(serde_json::from_str(&number).expect("a number"))
        }),
    ]
}

fn terrible() -> Vec<Value> {
    let deep = |levels| (0..levels).fold(json!("deep"), |inner, _| json!([inner]));
    let numbers = ["0", "-0.0", "1e400", "-1e400", "1e-400", "1e99999999999999999999"];
    let mut values: Vec<Value> =
        numbers.iter().map(|number| serde_json::from_str(number).expect(number)).collect();
    values.extend([
        serde_json::from_str(&"9".repeat(100_000)).expect("a long number"),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1000),
        json!(0.1),
        json!(null),
        json!(true),
        json!(""),
        json!("a"),
        json!(" "),
        json!("😀"),
        json!("e\u{301}👨‍👩‍👧‍👦"),
        json!("\u{0}"),
        json!("%"),
        json!("%Y-%m-%dT%H:%M:%S%.f%:z"),
        json!("Europe/Kyiv"),
        json!("+25:59:59"),
        json!("-262143-01-01"),
        json!("9999-12-30T22:00:00.999999999Z"),
        json!("2025-05-16 12:59:46"),
        json!("9".repeat(100_000)),
        json!("ΐ\"\\".repeat(1 << 20)),
        json!("a".repeat(3 << 20)),
        json!({}),
        json!({"a": {"b": []}}),
        json!([]),
        json!(vec!["a"; 50_000]),
        deep(120),
    ]);
    values
}

/// Calls the helper, and has each argument checked as the literal that it might be.
fn survives(helper: &Helper, arguments: &[Option<Value>]) {
    let (fewest, most) = helper.arguments;
    let count = arguments.len().clamp(fewest, most);
    let borrowed: Vec<Option<&Value>> =
        (0..count).map(|at| arguments.get(at).and_then(Option::as_ref)).collect();
    let absent = borrowed.iter().any(Option::is_none);
    if !(absent && helper.absence == super::Absence::Propagates) {
        match helper.call(&borrowed) {
            Ok(None) => {}
            Ok(Some(Value::String(text))) => assert!(text.len() <= LARGEST_TEXT, "{}", helper.name),
            Ok(Some(Value::Array(members))) => {
                assert!(members.len() * size_of::<Value>() <= 2 * LARGEST_TEXT, "{}", helper.name);
            }
            Ok(Some(_)) => {}
            Err(reason) => assert!(reason.len() < 1000, "{}: {}", helper.name, reason.len()),
        }
    }
    for (position, literal) in borrowed.iter().enumerate() {
        if let Some(literal) = literal
            && let Err(reason) = helper.check(position, literal)
        {
            assert!(reason.len() < 1000, "{}: {}", helper.name, reason.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_helper_panics_or_exceeds_the_limits(arguments in prop::collection::vec(argument(), 0..5)) {
        for helper in all() {
            survives(helper, &arguments);
        }
    }

    #[test]
    fn what_a_check_refuses_no_call_accepts(arguments in prop::collection::vec(argument(), 4)) {
        for helper in all() {
            let count = helper.arguments.1.min(4);
            let present: Vec<Option<&Value>> = arguments[..count].iter().map(Option::as_ref).collect();
            let refused = present.iter().enumerate().any(|(position, literal)| {
                literal.is_some_and(|literal| helper.check(position, literal).is_err())
            });
            if refused && present.iter().all(Option::is_some) {
                prop_assert!(helper.call(&present).is_err(), "{} {present:?}", helper.name);
            }
        }
    }
}

#[test]
fn no_pair_of_terrible_arguments_makes_a_helper_panic() {
    let terrible = terrible();
    for helper in all() {
        for first in &terrible {
            // What is long is long beside any other argument.
            let long = first.as_str().is_some_and(|text| text.len() > 1 << 20);
            for second in ["-1", "\"%Y\"", "1e400"].into_iter().take(if long { 1 } else { 3 }) {
                let second = serde_json::from_str(second).expect("JSON");
                survives(helper, &[Some(first.clone()), Some(second), Some(json!("a"))]);
            }
        }
    }
}
