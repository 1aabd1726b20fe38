//! How long the engine waits between tries: full jitter, doubling up to a bound.

use std::time::Duration;

use super::super::outcome::FailureKind;
use super::super::testing::*;
use super::super::transport::TransportFault;
use crate::clock::virtual_time::Luck;

const HIGHEST: Luck = Luck::Always(u64::MAX);
const LOWEST: Luck = Luck::Always(0);

/// The longest wait that jitter can make of a bound: 2^64 equally likely parts of it begin at zero.
fn just_below(bound: Duration) -> Duration {
    bound.saturating_sub(Duration::from_nanos(1))
}

/// The waits of a target that never gets better.
fn waits(retry: &str, luck: Luck) -> Vec<Duration> {
    let mapping = rule("PUT /x").target(&format!("retry: {{ {retry} }}")).target("breaker: off");
    let story = Story::of(mapping).luck(luck).deadline(secs(1_000_000)).always(status(500));
    story.fails();
    assert_eq!(story.tries(), story.waits().len() + 1);
    let waited: Duration = story.waits().iter().sum();
    assert_eq!(story.took(), waited, "nothing else takes time");
    story.waits()
}

#[test]
fn the_bound_of_a_wait_doubles_with_every_try_up_to_the_largest() {
    for (retry, bounds) in [
        // The defaults: three tries, from 200 ms up.
        ("attempts: 3", &[200, 400][..]),
        ("attempts: 8", &[200, 400, 800, 1600, 3200, 5000, 5000]),
        ("attempts: 4, backoff: 500ms", &[500, 1000, 2000]),
        ("attempts: 5, backoff: 1s, max_backoff: 3s", &[1000, 2000, 3000, 3000]),
        ("attempts: 3, backoff: 1m, max_backoff: 10ms", &[10, 10]),
        ("attempts: 3, backoff: 1ms, max_backoff: 1ms", &[1, 1]),
        ("attempts: 2, backoff: 1h, max_backoff: 2h", &[3_600_000]),
        ("attempts: 1", &[]),
    ] {
        let bounds: Vec<_> = bounds.iter().map(|bound| just_below(ms(*bound))).collect();
        assert_eq!(waits(retry, HIGHEST), bounds, "{retry}");
    }
}

#[test]
fn jitter_is_full_so_that_a_wait_may_be_nothing_or_any_part_of_its_bound() {
    assert_eq!(waits("attempts: 4", LOWEST), [ms(0); 3]);
    assert_eq!(waits("attempts: 4", Luck::Always(1 << 63)), [ms(100), ms(200), ms(400)]);
    assert_eq!(waits("attempts: 4", Luck::Always(1 << 61)), [ms(25), ms(50), ms(100)]);
}

#[test]
fn chance_is_asked_anew_for_each_wait() {
    let bound = ms(100);
    let waits = waits("attempts: 100, backoff: 100ms, max_backoff: 100ms", Luck::Changing);
    assert!(waits.iter().all(|wait| *wait < bound), "{waits:?}");
    for quarter in 0..4 {
        let part = bound * quarter / 4..bound * (quarter + 1) / 4;
        let share = waits.iter().filter(|wait| part.contains(*wait)).count();
        assert!((10..=40).contains(&share), "{share} of 99 in {part:?}: {waits:?}");
    }
}

#[test]
fn the_hundredth_wait_is_as_bounded_as_the_first() {
    let longest = "attempts: 100, backoff: 10000d, max_backoff: 10000d";
    assert_eq!(waits(longest, LOWEST), [ms(0); 99]);
    let grown = waits("attempts: 100, backoff: 1ms, max_backoff: 1h", HIGHEST);
    assert_eq!(grown.last(), Some(&just_below(secs(3600))));
}

#[test]
fn attempts_are_all_tries_the_first_included() {
    for attempts in [1, 2, 3, 7, 100] {
        let mapping = rule("PUT /x")
            .target(&format!("retry: {{ attempts: {attempts} }}"))
            .target("breaker: off");
        let story = Story::of(mapping).luck(LOWEST).always(status(503));
        assert_eq!(story.fails().kind, FailureKind::BadAnswer);
        assert_eq!(story.tries(), attempts);
    }
}

#[test]
fn tries_end_with_the_first_success() {
    let story = Story::of(rule("PUT /x").target("retry: { attempts: 9 }")).luck(LOWEST).replies([
        status(503),
        fault(TransportFault::Broken),
        status(429),
        ok(),
    ]);
    story.succeeds();
    assert_eq!(story.waits(), [ms(0); 3]);
}

#[test]
fn each_step_has_tries_of_its_own() {
    let mapping = rule("PUT /first").then("PUT /second").target("retry: { attempts: 3 }");
    let story = Story::of(mapping).luck(Luck::Always(1 << 63)).replies([
        status(503),
        status(503),
        ok(),
        status(503),
        status(503),
        ok(),
    ]);
    story.succeeds();
    assert_eq!(story.waits(), [100, 200, 100, 200].map(ms));
}

#[test]
fn each_target_has_a_policy_of_its_own() {
    let mapping = "
version: 1
targets:
  one: { url: 'http://one.test', retry: { attempts: 2, backoff: 1s } }
  two: { url: 'http://two.test', retry: { attempts: 3, backoff: 4s } }
rules:
  - name: both
    event: '*'
    steps:
      - { target: one, request: PUT /x }
      - { target: two, request: PUT /x }
";
    let story = Story::of(mapping)
        .luck(Luck::Always(1 << 63))
        .replies_of("http://one.test/", [status(500), ok()])
        .replies_of("http://two.test/", [status(500), status(500), ok()]);
    story.succeeds();
    assert_eq!(story.waits(), [ms(500), secs(2), ms(2500)]);
}
