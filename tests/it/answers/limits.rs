//! How many events at once, and how long one may take.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{failure, step_failure};
use crate::support::SOON;
use crate::support::reply::{Gate, Reply};
use crate::support::stage::{OneStep, Stage, event};

/// With a target that is patiently waited for.
fn stage(variables: &[(&str, &str)]) -> Stage {
    let mapping = OneStep::new("PUT /x").target("timeout: 20s").to_string();
    Stage::set_with(&[("hss.yaml", mapping)], |setup| {
        variables.iter().fold(setup, |setup, (name, value)| setup.env(name, value))
    })
}

#[test]
fn past_the_limit_of_events_the_answer_is_503_at_once() {
    let stage = stage(&[("MAX_IN_FLIGHT", "2")]);
    let gate = Gate::new();
    stage.target.always(Reply::ok().held_by(&gate));
    thread::scope(|scope| {
        let held = [(); 2].map(|()| scope.spawn(|| stage.post_type("SIM/Updated")));
        stage.target.wait_for(2, SOON);

        let refused = stage.post_type("SIM/Updated");
        let body = failure(&refused, 503, "CONNECTION_ERROR");
        assert!(body["error"].as_str().unwrap().contains("MAX_IN_FLIGHT"), "{body}");
        assert_eq!(stage.target.requests().len(), 2);
        assert_eq!(stage.connector.get("/health").status, 200, "probes are not refused");

        gate.open();
        for answer in held {
            assert_eq!(answer.join().unwrap().status, 200);
        }
    });
    assert_eq!(stage.post_type("SIM/Updated").status, 200);
}

#[test]
fn past_the_limit_of_bytes_the_answer_is_503_at_once() {
    let stage = stage(&[("MAX_BODY", "1000B"), ("MAX_IN_FLIGHT_BYTES", "1000B")]);
    let mut large = event("SIM/Updated");
    large["pb_data"] = json!({ "padding": "x".repeat(700) });
    let gate = Gate::new();
    stage.target.next(Reply::ok().held_by(&gate));
    thread::scope(|scope| {
        let held = scope.spawn(|| stage.post(&large));
        stage.target.wait_for(1, SOON);
        let mut other = large.clone();
        other["event_id"] = "another".into();
        let body = failure(&stage.post(&other), 503, "CONNECTION_ERROR");
        assert!(body["error"].as_str().unwrap().contains("MAX_IN_FLIGHT_BYTES"), "{body}");
        assert_eq!(stage.post_type("SIM/Updated").status, 200, "a small one still fits");
        gate.open();
        assert_eq!(held.join().unwrap().status, 200);
        assert_eq!(stage.post(&other).status, 200);
    });
}

#[test]
fn a_target_that_hangs_does_not_keep_an_event_beyond_its_deadline() {
    let stage = stage(&[("EVENT_DEADLINE", "300ms")]);
    stage.target.always(Reply::Hang);
    let event = event("SIM/Updated");
    let began = Instant::now();
    let body = step_failure(&stage.post(&event), 503, "CONNECTION_ERROR", &event);
    let took = began.elapsed();
    assert!(Duration::from_millis(290) <= took && took < Duration::from_secs(5), "{took:?}");
    let message = body["message"].as_str().unwrap();
    assert!(message.starts_with("hss did not answer within "), "{message}");
    assert_eq!(stage.target.requests().len(), 1);
}

#[test]
fn tries_go_on_until_the_deadline_and_no_longer() {
    let mapping = OneStep::new("PUT /x")
        .target("timeout: 50ms")
        .target("retry: { attempts: 10, backoff: 1ms }")
        .to_string();
    let stage =
        Stage::set_with(&[("hss.yaml", mapping)], |setup| setup.env("EVENT_DEADLINE", "220ms"));
    stage.target.always(Reply::Hang);
    let began = Instant::now();
    failure(&stage.post_type("SIM/Updated"), 503, "CONNECTION_ERROR");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    let tries = stage.target.requests().len();
    assert!((1..=6).contains(&tries), "{tries}");
}

#[test]
fn the_deadline_is_one_for_all_steps() {
    let mapping = OneStep::new("PUT /first").target("timeout: 20s").to_string();
    let mapping = format!("{mapping}      - request: PUT /second\n");
    let stage =
        Stage::set_with(&[("hss.yaml", mapping)], |setup| setup.env("EVENT_DEADLINE", "500ms"));
    stage.target.on("/second", |_| Reply::Hang);
    let event = event("SIM/Updated");
    let body = failure(&stage.post(&event), 503, "CONNECTION_ERROR");
    assert_eq!(body["details"][0]["step"], "2");
    let paths: Vec<String> = stage.target.requests().into_iter().map(|sent| sent.uri).collect();
    assert_eq!(paths, ["/first", "/second"]);
}

#[test]
fn events_that_wait_do_not_hold_up_others() {
    let stage = stage(&[("WORKERS", "1")]);
    let gate = Gate::new();
    for _ in 0..20 {
        stage.target.next(Reply::ok().held_by(&gate));
    }
    thread::scope(|scope| {
        let held: Vec<_> =
            (0..20).map(|_| scope.spawn(|| stage.post_type("SIM/Updated"))).collect();
        stage.target.wait_for(20, SOON);
        assert_eq!(stage.post_type("SIM/Updated").status, 200);
        gate.open();
        assert!(held.into_iter().all(|answer| answer.join().unwrap().status == 200));
    });
}
