//! The bulkhead: a target that hangs does not take the room of others.

use super::super::outcome::FailureKind;
use super::super::testing::*;
use crate::event::Event;

/// Two targets: events whose id begins with `h` go to the one that hangs, those with `b` to both, the
/// healthy one first.
const TWO: &str = "
version: 1
targets:
  dead: { url: 'http://dead.test', retry: { attempts: 1 }, breaker: off }
  healthy: { url: 'http://healthy.test' }
rules:
  - { name: dead, event: '*', when: { event_id: { prefix: h } }, steps: [{ target: dead, request: PUT /x }] }
  - name: both
    event: '*'
    when: { event_id: { prefix: b } }
    steps: [{ target: healthy, request: PUT /x }, { target: dead, request: PUT /x }]
  - { name: healthy, event: '*', steps: [{ target: healthy, request: PUT /x }] }
";

fn story() -> Story {
    Story::of(TWO).otherwise(|sent| match sent.request.url.starts_with("http://dead.test") {
        true => silence(),
        false => ok(),
    })
}

fn named(prefix: &str, count: usize) -> Vec<Event> {
    (0..count).map(|number| event_named(&format!("{prefix}-{number}"))).collect()
}

fn to(story: &Story, url: &str) -> usize {
    story.sent().iter().filter(|sent| sent.request.url.starts_with(url)).count()
}

#[test]
fn events_of_others_complete_whatever_a_target_does() {
    for first in ["h", "b"] {
        let story = story().room(8, 1 << 20);
        let hanging = named(first, 6).into_iter().map(|event| (secs(0), event));
        let healthy = named("e", 40).into_iter().zip(0..);
        let healthy = healthy.map(|(event, number)| (ms(10 + number), event));
        let outcomes = story.run_staggered(hanging.chain(healthy));
        let (hanging, healthy) = outcomes.split_at(6);
        assert!(healthy.iter().all(succeeded), "{healthy:?}");
        assert_eq!(to(&story, "http://dead.test"), 4, "half of the room");
        let refused: Vec<_> = hanging.iter().cloned().map(only_failure).collect();
        let refused: Vec<_> =
            refused.into_iter().filter(|failure| failure.error.contains("share")).collect();
        assert_eq!(refused.len(), 2);
        let failure = &refused[0];
        assert_eq!((failure.kind, failure.transient), (FailureKind::Unavailable, true));
        assert_eq!(failure.retry_after, Some(secs(10)));
        assert!(failure.message.contains("4 of the 8 events in flight"), "{}", failure.message);
    }
}

#[test]
fn large_events_of_a_target_that_hangs_leave_bytes_for_others() {
    let size = event_named("h-0").size;
    let story = story().room(100, size * 8);
    let hanging = named("h", 6).into_iter().map(|event| (secs(0), event));
    let healthy = (secs(1), event_named("e-0"));
    let outcomes = story.run_staggered(hanging.chain([healthy]));
    assert!(succeeded(&outcomes[6]), "{:?}", outcomes[6]);
    assert_eq!(to(&story, "http://dead.test"), 4);
}

#[test]
fn what_is_taken_back_is_never_refused_and_counts() {
    let takes_back = TWO.replace(
        "steps: [{ target: healthy, request: PUT /x }, { target: dead, request: PUT /x }]",
        "steps: [{ target: healthy, request: PUT /x, undo: { target: dead, request: DELETE /x } }, \
         { fail: no }]",
    );
    let story = Story::of(takes_back)
        .room(8, 1 << 20)
        .otherwise(|sent| if sent.request.url.contains("dead") { silence() } else { ok() });
    let six = named("b", 6).into_iter().zip(0..).map(|(event, number)| (ms(number), event));
    let late = ["h-0", "e-0"].map(|id| (secs(1), event_named(id)));
    let outcomes = story.run_staggered(six.chain(late));
    assert_eq!(to(&story, "http://dead.test"), 6, "six that were done are taken back");
    let refused = only_failure(outcomes[6].clone());
    assert!(refused.message.contains("busy with 6 of the 8 events"), "{}", refused.message);
    assert!(succeeded(&outcomes[7]), "{:?}", outcomes[7]);
}

#[test]
fn what_began_with_a_target_goes_on_with_it_though_others_came() {
    let list = "extract: { list: { value: [1, 2] } }\nrules:";
    let once =
        "event: '*', when: { event_id: { prefix: h } }, steps: [{ target: dead, request: PUT /x }]";
    let of_list = once.replace("request: PUT /x", "request: PUT /x, for_each: list");
    let twice = once.replace("PUT /x }", "PUT /x }, { target: dead, request: PUT /y }");
    for steps in [of_list, twice] {
        // A third target, so that no part is half of the room.
        let mapping = TWO
            .replace("rules:", &format!("  third: {{ url: 'http://third.test' }}\n{list}"))
            .replace(once, &steps);
        let story = Story::of(mapping).room(8, 1 << 20).always(ok().after(secs(2)));
        let first = named("h", 4).into_iter().map(|event| (secs(0), event));
        let others = named("e", 2).into_iter().map(|event| (secs(1), event));
        let outcomes = story.run_staggered(first.chain(others));
        assert!(outcomes.iter().all(succeeded), "{steps}: {outcomes:?}");
    }
}

#[test]
fn places_are_free_again_when_events_end() {
    let story = story().room(4, 1 << 20);
    for _ in 0..5 {
        story.run_together(named("h", 4));
    }
    assert_eq!(to(&story, "http://dead.test"), 10);
}

#[test]
fn a_target_without_others_has_all_the_room() {
    let story = Story::of(rule("PUT /x")).room(5, 1 << 20).always(ok().after(secs(1)));
    let outcomes = story.run_together(named("e", 5));
    assert!(outcomes.iter().all(succeeded), "{outcomes:?}");
}
