//! Pauses that targets ask for: for one request, by `wait`, and for all of them, by headers.

use super::super::outcome::FailureKind;
use super::super::testing::*;
use super::super::transport::TransportFault;
use crate::clock::virtual_time::Luck;
use crate::event::Event;

/// One event at each of these times in seconds.
fn at<const N: usize>(times: [u64; N]) -> [(std::time::Duration, Event); N] {
    times.map(|time| (secs(time), event_named(&format!("e-{time}"))))
}

fn times(story: &Story) -> Vec<f64> {
    story.sent().iter().map(|sent| sent.at.as_secs_f64()).collect()
}

#[test]
fn while_a_target_wants_a_pause_the_others_wait_in_order() {
    let refusal = status(429).header("retry-after", "10");
    let mapping = rule("PUT /{{event_id}}").target("limits: { concurrency: 1 }");
    let story = Story::of(mapping).replies([refusal, ok(), ok(), ok()]);
    let outcomes = story.run_staggered(at([0, 2, 1]));
    assert!(outcomes.iter().all(succeeded), "{outcomes:?}");
    assert_eq!(times(&story), [0.0, 10.0, 10.0, 10.0]);
    let order: Vec<_> = story.sent().iter().map(|sent| sent.request.url.to_string()).collect();
    let waiting = |name: &str| order.iter().skip(1).position(|url| url.ends_with(name)).unwrap();
    assert!(waiting("e-1") < waiting("e-2"), "{order:?}");
}

#[test]
fn an_event_that_has_no_time_for_the_pause_fails_at_once() {
    for (refusal, kind) in [(429, FailureKind::RateLimited), (503, FailureKind::Unavailable)] {
        let mapping = rule("PUT /x").target("retry: { attempts: 1 }");
        let story = Story::of(mapping).always(status(refusal).header("retry-after", "50"));
        story.fails();
        story.pass(secs(10));
        let failure = story.fails();
        assert_eq!((failure.kind, failure.transient), (kind, true));
        assert_eq!(failure.retry_after, Some(secs(40)));
        assert!(
            failure.message.starts_with("hss wants no requests for another 40 s"),
            "{failure:?}"
        );
        assert_eq!((story.tries(), story.took()), (1, secs(10)));
    }
}

#[test]
fn no_pause_keeps_all_events_away_for_more_than_a_minute() {
    for seconds in ["61", "3600", "99999999999999999999"] {
        let mapping = rule("PUT /x").target("retry: { attempts: 1 }");
        let story = Story::of(mapping).replies([status(429).header("retry-after", seconds), ok()]);
        let failure = only_failure(story.run_early(event()));
        assert!(failure.retry_after > Some(secs(60)), "what it says is passed on: {failure:?}");
        story.pass(secs(59));
        story.succeeds();
        assert_eq!(times(&story), [0.0, 60.0]);
    }
}

#[test]
fn the_last_request_of_a_quota_closes_the_gate_until_it_is_renewed() {
    for (name, value, more) in [
        ("ratelimit-reset", "5", ("ratelimit-remaining", "0")),
        ("x-ratelimit-reset", "5", ("x-ratelimit-remaining", "0")),
        // 2026-01-31T12:00:05Z
        ("x-ratelimit-reset", "1769860805", ("x-ratelimit-remaining", "0")),
        ("ratelimit", "\"default\";r=0;t=5", ("x-nothing", "")),
    ] {
        let last = || ok().header(name, value).header(more.0, more.1);
        let story = Story::of(rule("PUT /x").then("PUT /y")).replies([last(), ok()]);
        story.succeeds();
        assert_eq!(times(&story), [0.0, 5.0], "{name}: {value}");
    }
    let some_left = ok().header("x-ratelimit-remaining", "1").header("x-ratelimit-reset", "5");
    let story = Story::of(rule("PUT /x").then("PUT /y")).replies([some_left, ok()]);
    story.succeeds();
    assert_eq!(times(&story), [0.0, 0.0]);
}

#[test]
fn a_429_is_tried_again_when_its_quota_is_renewed() {
    for (reset, time) in [("7", 7.0), ("1769860807", 7.0), ("1769860807000", 7.0)] {
        let story = Story::of(rule("POST /x"))
            .replies([status(429).header("x-ratelimit-reset", reset), ok()]);
        story.succeeds();
        assert_eq!(times(&story), [0.0, time], "{reset}");
    }
}

/// A rule whose target says in the body how long to wait.
fn in_the_body(then: &str, wait: &str) -> OneRule {
    rule("POST /x")
        .target("retry: { attempts: 2, max_backoff: 5s }")
        .target(&format!("responses: [{{ when: {{ $.busy: true }}, then: {then}, wait: {wait} }}]"))
}

/// When the second try comes, in seconds, after a body that says `after`.
#[track_caller]
fn second_try(mapping: OneRule, after: serde_json::Value, header: Option<&str>) -> f64 {
    let busy = json(200, serde_json::json!({ "busy": true, "after": after }));
    let busy = match header {
        Some(value) => busy.header("retry-after", value),
        None => busy,
    };
    let story = Story::of(mapping).luck(Luck::Always(1 << 63)).replies([busy, ok()]);
    story.succeeds();
    times(&story)[1]
}

#[test]
fn an_entry_says_how_long_to_wait_where_the_target_has_its_own_way() {
    use serde_json::json;
    for (wait, after, time) in [
        ("'{{body.after}}ms'", json!(1500), 1.5),
        ("'{{body.after}}'", json!(3), 3.0),
        ("'{{body.after}}'", json!("3"), 3.0),
        ("'{{body.after}}'", json!("0m4s"), 4.0),
        ("'{{body.after}}'", json!("Sat, 31 Jan 2026 12:00:04 GMT"), 4.0),
        ("'{{div body.after 1000}}'", json!(2500), 2.5),
        ("12s", json!(null), 12.0),
        ("12", json!(null), 12.0),
        ("0.5", json!(null), 0.5),
        // As if it was not there: half of the first bound.
        ("'{{body.after}}ms'", json!("soon"), 0.1),
        ("'{{body.after}}ms'", json!(-5), 0.1),
        ("'{{body.after}}'", json!({ "s": 5 }), 0.1),
        ("'{{body.other.after}}'", json!(5), 0.1),
        ("'{{body.other.after}}ms'", json!(5), 0.1),
    ] {
        for then in ["retry", "restart"] {
            assert_eq!(second_try(in_the_body(then, wait), after.clone(), None), time, "{wait}");
        }
    }
}

#[test]
fn a_wait_that_makes_no_sense_leaves_retry_after_to_say_it() {
    use serde_json::json;
    let mapping = || in_the_body("retry", "'{{body.after}}'");
    assert_eq!(second_try(mapping(), json!("soon"), Some("4")), 4.0);
    assert_eq!(second_try(mapping(), json!(2), Some("4")), 2.0, "the mapping knows better");
}

#[test]
fn a_wait_beyond_our_patience_is_passed_on_at_once() {
    let busy = json(200, serde_json::json!({ "busy": true, "after": 21 }));
    for then in ["retry", "restart"] {
        let story = Story::of(in_the_body(then, "'{{body.after}}'")).always(busy.clone());
        let failure = story.fails();
        assert_eq!((failure.retry_after, story.tries()), (Some(secs(21)), 1), "{then}");
    }
}

#[test]
fn a_wait_for_one_request_does_not_hold_up_others_unless_the_target_refuses_all() {
    let body = || serde_json::json!({ "busy": true, "after": 6 });
    for (status, second) in [(200, 1.0), (409, 1.0), (429, 6.0), (503, 6.0)] {
        let mapping = in_the_body("retry", "'{{body.after}}'");
        let story = Story::of(mapping).replies([json(status, body()), ok(), ok()]);
        let outcomes = story.run_staggered(at([0, 1]));
        assert!(outcomes.iter().all(succeeded), "{outcomes:?}");
        assert_eq!(times(&story)[1], second, "{status}");
    }
}

#[test]
fn headers_of_a_hostile_target_do_no_harm() {
    for value in ["", "0", "-1", "NaN", "inf", "1e999", "9".repeat(400).as_str(), "\"", ";;;,,,=="]
    {
        for name in ["retry-after", "ratelimit-reset", "x-ratelimit-reset", "ratelimit"] {
            let reply = status(429)
                .header(name, value)
                .header("x-ratelimit-remaining", value)
                .header("ratelimit-remaining", "0");
            let story = Story::of(rule("PUT /x")).always(reply);
            story.fails();
            story.fails();
            assert!(story.took() < secs(60), "{name}: {value}");
        }
    }
    let story = Story::of(rule("PUT /x").target("retry: { attempts: 1 }"))
        .replies([fault(TransportFault::Unsendable), ok()]);
    story.run_early(event());
    story.succeeds();
}
