//! Lists inside of lists end, whatever goes through them.

use serde_json::{Value, json};

use super::super::Fault;
use super::super::testing::World;
use super::{Effort, MOST};

fn list(members: usize) -> Value {
    json!({ "list": vec![json!("x"); members], "long": "y".repeat(32 * members) })
}

/// Templates that look at the whole list, or at a long text, for each of its members.
const QUADRATIC: [&str; 6] = [
    "{{#each list}}{{length (json list)}}{{/each}}",
    "{{#each list}}{{eq list list}}{{/each}}",
    "{{#each list}}{{length (lower long)}}{{/each}}",
    "{{#each list}}{{length (default event.none list)}}{{/each}}",
    "{{#each list}}{{length (path '$..*')}}{{/each}}",
    "{{#each list}}{{#each list}}{{/each}}{{#each list}}-{{/each}}{{/each}}",
];

#[test]
fn a_list_that_is_gone_through_for_each_of_its_members_is_given_up_if_it_is_long() {
    for text in QUADRATIC {
        let few = World::of(list(10)).with_effort(20_000);
        assert!(few.value(text).is_ok(), "{text}: {:?}", few.value(text));
        let many = World::of(list(1_000)).with_effort(20_000);
        let given_up = many.value(text);
        assert!(
            matches!(given_up, Err(Fault::TooMuchEffort | Fault::TooMuchWork { .. })),
            "{text}: {given_up:?}"
        );
    }
}

#[test]
fn conditions_pay_for_what_they_look_at() {
    for (when, enough) in [
        ("{ list: { contains: x } }", 3_000),
        ("{ list: '{{list}}' }", 4_000),
        ("{ long: { matches: z } }", 3_000),
        ("{ $..*: nothing }", 10_000),
    ] {
        let world = || World::when(when, list(1_000));
        assert!(world().with_effort(enough).holds().is_ok(), "{when}");
        let given_up = world().with_effort(500).holds();
        assert!(given_up.is_err(), "{when}: {given_up:?}");
    }
}

#[test]
fn who_only_watches_spends_nothing_of_it() {
    let effort = Effort::of(10);
    effort.spend(3).unwrap();
    assert_eq!(effort.apart(|| effort.spend(1_000).map(|()| effort.left())), Ok(MOST - 1_000));
    assert_eq!(effort.left(), 7);
    assert_eq!(effort.apart(|| effort.spend(MOST + 1)), Err(Fault::TooMuchEffort));
    assert_eq!(effort.left(), 7);
}
