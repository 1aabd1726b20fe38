//! When a request is sent again, and what NSPS is told when that does not help.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{failure, step_failure};
use crate::support::reply::{Answer, Reply};
use crate::support::stage::{OneStep, Stage, event};

/// Posts one event to a target that always answers like that; how often it was asked.
fn tries(method: &str, lines: &[&str], reply: Reply) -> (usize, u16) {
    let mapping = lines
        .iter()
        .fold(OneStep::new(&format!("{method} /x")), |mapping, line| mapping.target(line));
    let stage = Stage::set(mapping);
    stage.target.always(reply);
    let status = stage.post_type("SIM/Updated").status;
    (stage.target.requests().len(), status)
}

#[test]
fn what_is_safe_to_repeat_is_tried_again_after_every_transient_failure() {
    for method in ["GET", "PUT", "DELETE"] {
        for (reply, status) in
            [(Reply::status(500), 502), (Reply::status(408), 503), (Reply::CloseUnanswered, 503)]
        {
            assert_eq!(tries(method, &[], reply.clone()), (3, status), "{method} {reply:?}");
        }
    }
    assert_eq!(tries("PUT", &["timeout: 150ms"], Reply::Hang), (3, 503));
    assert_eq!(tries("PUT", &["retry: { attempts: 1 }"], Reply::status(500)), (1, 502));
    assert_eq!(
        tries("PUT", &["retry: { attempts: 5, backoff: 1ms }"], Reply::status(500)),
        (5, 502)
    );
}

#[test]
fn what_is_not_safe_to_repeat_is_not_after_it_may_have_reached_the_target() {
    for method in ["POST", "PATCH"] {
        for (reply, status) in [
            (Reply::status(500), 502),
            (Reply::status(408), 503),
            (Reply::status(504), 502),
            (Reply::CloseUnanswered, 503),
            (Reply::Garbage, 503),
        ] {
            assert_eq!(tries(method, &[], reply.clone()), (1, status), "{method} {reply:?}");
        }
    }
    assert_eq!(tries("POST", &["timeout: 150ms"], Reply::Hang), (1, 503));
}

#[test]
fn unsafe_repeats_it_all_the_same() {
    let retry = &["retry: { attempts: 3, backoff: 1ms, unsafe: true }"];
    for method in ["POST", "PATCH"] {
        for reply in [Reply::status(500), Reply::CloseUnanswered] {
            assert_eq!(tries(method, retry, reply.clone()).0, 3, "{method} {reply:?}");
        }
    }
}

#[test]
fn what_says_that_nothing_was_done_is_always_repeated() {
    for method in ["POST", "PATCH", "PUT"] {
        assert_eq!(tries(method, &[], Reply::status(425)), (3, 503), "{method}");
        assert_eq!(tries(method, &[], Reply::status(429)), (3, 429), "{method}");
    }
    let entry = "responses: [{ when: { status: 500 }, then: retry }]";
    assert_eq!(tries("POST", &[entry], Reply::status(500)), (3, 502));
}

#[test]
fn what_is_final_is_never_repeated() {
    for reply in [
        Reply::status(400),
        Reply::status(401),
        Reply::status(404),
        Reply::status(501),
        Reply::redirect("http://127.0.0.1:1/"),
    ] {
        assert_eq!(tries("PUT", &[], reply.clone()).0, 1, "{reply:?}");
    }
}

#[test]
fn a_try_that_succeeds_makes_the_event_succeed() {
    let stage = Stage::set(OneStep::new("PUT /x").step(r#"json: { now: "{{now}}", a: 1 }"#));
    stage.target.next(Reply::status(503));
    stage.target.next(Reply::Reset);
    let answer = stage.post_type("SIM/Updated");
    assert_eq!(answer.json()["message"], "Event processed successfully");
    let tries = stage.target.requests();
    assert_eq!(tries.len(), 3);
    assert!(tries.iter().all(|request| request.body == tries[0].body), "the same bytes each time");
}

/// Longer than the 20 ms that a target with `max_backoff: 5ms` is waited for.
fn busy(status: u16) -> Reply {
    let answer = Answer::json(status, json!({"reason": "maintenance"}));
    answer.header("retry-after", "3600").into()
}

#[test]
fn a_target_that_wants_more_patience_than_there_is_is_left_alone_and_nsps_is_told() {
    for (of_target, status, kind) in [
        (429, 429, "RATE_LIMIT_ERROR"),
        (425, 503, "CONNECTION_ERROR"),
        (503, 502, "SERVICE_ERROR"),
    ] {
        let stage = Stage::set(OneStep::new("PUT /x"));
        stage.target.always(busy(of_target));
        let event = event("SIM/Updated");
        let answer = stage.post(&event);
        step_failure(&answer, status, kind, &event);
        assert_eq!(answer.header("retry-after"), Some("3600"), "after a {of_target}");
        assert_eq!(stage.target.requests().len(), 1, "after a {of_target}");
    }
}

#[test]
fn a_pause_beyond_the_events_deadline_is_not_waited_for() {
    let mapping = OneStep::new("PUT /x").target("retry: { max_backoff: 1h }").to_string();
    let stage =
        Stage::set_with(&[("hss.yaml", mapping)], |setup| setup.env("EVENT_DEADLINE", "5s"));
    stage.target.always(busy(429));
    let began = Instant::now();
    let answer = stage.post_type("SIM/Updated");
    failure(&answer, 429, "RATE_LIMIT_ERROR");
    assert_eq!(answer.header("retry-after"), Some("3600"));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(stage.target.requests().len(), 1);
}

#[test]
fn a_short_pause_is_waited_for() {
    let mapping = OneStep::new("PUT /x").target("retry: { backoff: 1ms, max_backoff: 1s }");
    let stage = Stage::set(mapping);
    let answer = Answer::new(429).header("retry-after", "1");
    stage.target.next(answer.into());
    assert_eq!(stage.post_type("SIM/Updated").status, 200);
    let tries = stage.target.requests();
    let pause = tries[1].at - tries[0].at;
    assert!(pause >= Duration::from_millis(990), "{pause:?}");
}
