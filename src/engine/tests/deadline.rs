//! The event's deadline: nothing is sent, waited for or hoped for beyond it.

use std::time::Duration;

use super::super::outcome::FailureKind;
use super::super::testing::*;
use crate::clock::virtual_time::Luck;

/// When each request was sent, and how long it was allowed to take.
fn tries(story: &Story) -> Vec<(Duration, Duration)> {
    story.sent().iter().map(|sent| (sent.at, sent.request.timeout)).collect()
}

#[test]
fn a_try_may_take_the_steps_time_out_or_else_the_targets() {
    for (of_target, of_step, within) in [
        (None, None, secs(10)),
        (Some("3s"), None, secs(3)),
        (Some("3s"), Some("700ms"), ms(700)),
        (Some("3s"), Some("20s"), secs(20)),
        (Some("1h"), None, secs(25)),
        (Some("3s"), Some("10000d"), secs(25)),
    ] {
        let mut mapping = rule("PUT /x");
        if let Some(timeout) = of_target {
            mapping = mapping.target(&format!("timeout: {timeout}"));
        }
        if let Some(timeout) = of_step {
            mapping = mapping.step(&format!("timeout: {timeout}"));
        }
        let story = Story::of(mapping).replies([ok()]);
        story.succeeds();
        assert_eq!(tries(&story), [(ms(0), within)], "{of_target:?} {of_step:?}");
    }
}

#[test]
fn a_try_is_cut_to_what_is_left_of_the_event() {
    let mapping = rule("PUT /x").target("timeout: 4s").target("retry: { attempts: 9 }");
    let story = Story::of(mapping).luck(Luck::Always(0)).deadline(secs(10)).always(silence());
    let failure = story.fails();
    assert_eq!(
        tries(&story),
        [(0, 4), (4, 4), (8, 2)].map(|(at, within)| (secs(at), secs(within)))
    );
    assert_eq!(story.took(), secs(10));
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert_eq!(failure.message, "hss did not answer within 2000 ms");
}

#[test]
fn an_answer_that_comes_too_late_is_not_seen() {
    let mapping = || rule("PUT /x").target("retry: { attempts: 1 }");
    Story::of(mapping()).deadline(secs(5)).replies([ok().after(secs(5))]).succeeds();
    let story = Story::of(mapping()).deadline(secs(5)).replies([ok().after(ms(5001))]);
    assert_eq!(story.fails().kind, FailureKind::Unavailable);
    assert_eq!(story.took(), secs(5));
}

#[test]
fn a_wait_that_would_end_after_the_deadline_is_not_begun() {
    for (deadline, waits) in [
        // Without jitter's help the waits are 100, 200, 400 and 800 ms long.
        (ms(100), &[][..]),
        (ms(101), &[100]),
        (ms(300), &[100]),
        (ms(301), &[100, 200]),
        (ms(1000), &[100, 200, 400]),
        (ms(1500), &[100, 200, 400]),
        (ms(1501), &[100, 200, 400, 800]),
        (secs(25), &[100, 200, 400, 800]),
    ] {
        let mapping = rule("PUT /x").target("retry: { attempts: 5 }");
        let story =
            Story::of(mapping).luck(Luck::Always(1 << 63)).deadline(deadline).always(status(500));
        let failure = story.fails();
        assert_eq!(
            story.waits(),
            waits.iter().copied().map(ms).collect::<Vec<_>>(),
            "{deadline:?}"
        );
        assert_eq!(failure.kind, FailureKind::BadAnswer, "of the last answer, not of the deadline");
        assert_eq!(failure.target_status, Some(500));
    }
}

#[test]
fn a_pause_that_the_target_asks_for_does_not_go_past_the_deadline_either() {
    let busy = || status(429).header("retry-after", "10");
    for (deadline, waits) in [(secs(10), 0), (ms(10_001), 1), (ms(20_000), 1), (ms(20_001), 2)] {
        let story = Story::of(rule("PUT /x")).deadline(deadline).always(busy());
        let failure = story.fails();
        assert_eq!(story.waits(), vec![secs(10); waits], "{deadline:?}");
        assert_eq!(failure.kind, FailureKind::RateLimited);
        assert_eq!(failure.retry_after, Some(secs(10)), "for NSPS to wait instead");
    }
}

#[test]
fn without_any_time_nothing_is_sent() {
    let story = Story::of(rule("PUT /x")).deadline(Duration::ZERO);
    let failure = story.fails();
    assert_eq!(story.tries(), 0);
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert_eq!(failure.message, "there is no time left for hss");
    assert_eq!(failure.error, "the event's deadline is over");
    assert_eq!((failure.step.as_deref(), failure.target.as_deref()), (Some("1"), Some("hss")));
}

#[test]
fn the_deadline_is_one_for_all_steps() {
    let mapping = || rule("PUT /a").then("PUT /b").then("PUT /c").target("timeout: 4s");
    let slow = || ok().after(secs(3));

    let story = Story::of(mapping()).deadline(secs(10)).replies([slow(), slow(), slow()]);
    story.succeeds();
    let expected = [(0, 4), (3, 4), (6, 4)].map(|(at, within)| (secs(at), secs(within)));
    assert_eq!(tries(&story), expected);

    let story = Story::of(mapping()).luck(Luck::Always(0)).deadline(secs(8)).replies([
        slow(),
        slow(),
        slow(),
    ]);
    let failure = story.fails();
    assert_eq!(tries(&story)[2], (secs(6), secs(2)));
    assert_eq!((failure.step.as_deref(), story.took()), (Some("3"), secs(8)));

    let story = Story::of(mapping()).deadline(secs(6)).replies([slow(), slow()]);
    let failure = story.fails();
    assert_eq!(failure.message, "there is no time left for hss");
    assert_eq!((failure.step.as_deref(), story.took()), (Some("3"), secs(6)));
}

#[test]
fn waits_of_one_step_are_taken_from_the_next_ones_time() {
    let mapping = rule("PUT /a").then("PUT /b").target("timeout: 4s");
    let pause = status(503).header("retry-after", "7");
    let story = Story::of(mapping).deadline(secs(10)).replies([pause, ok(), ok()]);
    story.succeeds();
    let expected = [(0, 4), (7, 3), (7, 3)].map(|(at, within)| (secs(at), secs(within)));
    assert_eq!(tries(&story), expected);
}

#[test]
fn a_step_that_is_skipped_needs_no_time() {
    let skipped = "when: { event_type: Other }";
    let mapping = rule("PUT /a").then("PUT /b").step(skipped);
    let story = Story::of(mapping).deadline(secs(5)).replies([ok().after(secs(5))]);
    story.succeeds();
}

#[test]
fn each_event_has_a_deadline_of_its_own() {
    let story = Story::of(rule("PUT /x")).deadline(secs(5)).always(ok().after(secs(4)));
    for _ in 0..3 {
        story.succeeds();
    }
    assert_eq!(story.took(), secs(12));
}
