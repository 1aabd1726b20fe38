//! Targets that hang, fail or cannot keep up, from outside: what becomes of their events, and of those
//! of others.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::Answer;
use crate::support::connector::Setup;
use crate::support::reply::{Gate, Reply};
use crate::support::stage::{OneStep, Stage, event};
use crate::support::{SOON, wait_until};

/// A stage with two targets: events of type `Dead` go to the one that answers nothing until the gate
/// is open, all others to the one that is well.
fn two_targets(adapt: impl FnOnce(Setup) -> Setup) -> (Stage, Gate) {
    let mapping = |name: &str, event: &str| {
        format!(
            "version: 1\ntargets:\n  {name}:\n    url: ${{TARGET_URL}}/{name}\n    timeout: 20s\nrules:\n  - \
             name: {name}\n    event: {event}\n    steps:\n      - request: PUT /x\n"
        )
    };
    let files = [("dead.yaml", mapping("dead", "Dead")), ("well.yaml", mapping("well", "Well"))];
    let (stage, gate) = (Stage::set_with(&files, adapt), Gate::new());
    let held = Reply::ok().held_by(&gate);
    stage.target.on("/dead/x", move |_| held.clone());
    (stage, gate)
}

fn large(event_type: &str, bytes: usize) -> Value {
    let mut event = event(event_type);
    event["pb_data"] = json!({ "padding": "x".repeat(bytes) });
    event
}

#[track_caller]
fn refused(answer: &Answer, setting: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["type"]), (503, &json!("CONNECTION_ERROR")), "{body}");
    assert_eq!(answer.header("retry-after"), Some("20"), "{body}");
    let message = body["message"].as_str().unwrap();
    assert!(message.starts_with("dead is busy with ") && message.contains(setting), "{message}");
}

#[test]
fn with_a_target_that_hangs_every_event_of_another_completes() {
    let (stage, gate) = two_targets(|setup| setup.env("MAX_IN_FLIGHT", "6"));
    thread::scope(|scope| {
        let hanging = [(); 3].map(|()| scope.spawn(|| stage.post_type("Dead")));
        stage.target.wait_for(3, SOON);
        for _ in 0..10 {
            refused(&stage.post_type("Dead"), "(MAX_IN_FLIGHT)");
        }
        let post = || (0..20).map(|_| stage.post_type("Well").status).collect::<Vec<_>>();
        let healthy = [(); 2].map(|()| scope.spawn(post));
        for statuses in healthy {
            assert_eq!(statuses.join().unwrap(), [200; 20]);
        }
        gate.open();
        for answer in hanging {
            assert_eq!(answer.join().unwrap().status, 200);
        }
    });
    assert_eq!(stage.post_type("Dead").status, 200);
}

#[test]
fn large_events_of_a_target_that_hangs_leave_room_for_those_of_another() {
    let (stage, gate) =
        two_targets(|setup| setup.env("MAX_BODY", "1000B").env("MAX_IN_FLIGHT_BYTES", "2000B"));
    thread::scope(|scope| {
        let hanging = scope.spawn(|| stage.post(&large("Dead", 700)));
        stage.target.wait_for(1, SOON);
        for _ in 0..5 {
            refused(&stage.post(&large("Dead", 700)), "(MAX_IN_FLIGHT_BYTES)");
            assert_eq!(stage.post(&large("Well", 700)).status, 200);
        }
        gate.open();
        assert_eq!(hanging.join().unwrap().status, 200);
    });
}

#[test]
fn a_breaker_opens_and_closes_once_and_says_so() {
    let mapping = OneStep::new("PUT /x")
        .target("retry: { attempts: 1 }")
        .target("breaker: { failures: 3, open_for: 300ms }");
    let stage = Stage::set(mapping);
    stage.target.always(Reply::status(503));
    for _ in 0..3 {
        assert_eq!(stage.post_type("SIM/Updated").status, 502);
    }
    let refused = stage.post_type("SIM/Updated");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(refused.json()["error"], "the breaker of hss is open");
    assert_eq!(stage.target.requests().len(), 3);
    wait_until("a probe fails", || (stage.post_type("SIM/Updated").status == 502).then_some(()));
    assert_eq!(stage.post_type("SIM/Updated").status, 503);
    stage.target.always(Reply::ok());
    wait_until("a probe succeeds", || (stage.post_type("SIM/Updated").status == 200).then_some(()));
    assert_eq!(stage.post_type("SIM/Updated").status, 200);
    assert_eq!(stage.target.requests().len(), 6);
    let about = |word: &'static str| {
        move |record: &Value| record["message"].as_str().is_some_and(|msg| msg.starts_with(word))
    };
    let opened = stage.connector.wait_for_log(about("breaker opened"), SOON);
    assert_eq!(
        (&opened["level"], &opened["target"]),
        (&json!("warning"), &json!("hss")),
        "{opened}"
    );
    assert_eq!((&opened["failures"], &opened["open_for_ms"]), (&json!(3), &json!(300)));
    stage.connector.wait_for_log(about("breaker closed"), SOON);
    let logs = stage.connector.logs();
    let count = |word| logs.iter().filter(|record| about(word)(record)).count();
    assert_eq!((count("breaker opened"), count("breaker closed")), (1, 1));
}

#[test]
fn a_target_gets_no_more_than_the_rate_from_many_events_at_once() {
    let stage = Stage::set(OneStep::new("PUT /x").target("limits: { rate: 20/s }"));
    thread::scope(|scope| {
        let posted: Vec<_> =
            (0..11).map(|_| scope.spawn(|| stage.post_type("SIM/Updated").status)).collect();
        assert!(posted.into_iter().all(|status| status.join().unwrap() == 200));
    });
    let times: Vec<_> = stage.target.requests().iter().map(|request| request.at).collect();
    let whole = times[10].duration_since(times[0]);
    // What is sent late by a moment does not make the next one late.
    assert!(whole >= Duration::from_millis(450), "{whole:?}");
}

#[test]
fn a_pause_that_the_target_asks_for_is_passed_on_to_those_who_cannot_wait() {
    let mapping = OneStep::new("PUT /x").target("retry: { attempts: 1 }");
    let stage = Stage::set(mapping);
    stage
        .target
        .always(Reply::Answer(crate::support::reply::Answer::new(429).header("Retry-After", "50")));
    for _ in 0..3 {
        let answer = stage.post_type("SIM/Updated");
        assert_eq!(
            (answer.status, answer.json()["type"].as_str()),
            (429, Some("RATE_LIMIT_ERROR"))
        );
        let pause: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((40..=50).contains(&pause), "{pause}");
    }
    assert_eq!(stage.target.requests().len(), 1);
}
