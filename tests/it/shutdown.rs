//! The end by a signal: balancers are let notice, events finish, the exit code tells how it went.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::{begin, read_answer};
use crate::support::connector::{Connector, Setup, Signal, TOKEN};
use crate::support::reply::{Gate, Reply};
use crate::support::samples::{event, posting, posting_with_token};
use crate::support::scratch::Scratch;
use crate::support::target::Target;
use crate::support::{SOON, wait_until};

/// Far below every grace, deadline and delay that must not be waited for.
const QUICKLY: Duration = Duration::from_secs(4);

fn setup(scratch: &Scratch, target: &Target) -> Setup {
    scratch.mapping("a.yaml", &posting(target, "/a", "v1"));
    Setup::new(scratch)
}

fn wait_for_message(connector: &Connector, message: &str) -> Value {
    connector.wait_for_log(|record| record["message"] == message, SOON)
}

/// Whether the listener is closed.
fn refuses(connector: &Connector) -> bool {
    TcpStream::connect(connector.address()).is_err()
}

/// It ended in order: exit code 0, and the last record says so, whole and in its place.
fn assert_ended_in_order(connector: &mut Connector) {
    let status = connector.wait_exit(SOON);
    assert_eq!(status.code(), Some(0), "{}", connector.transcript());
    let last = last_record(connector);
    assert_eq!((&last["message"], &last["level"]), (&json!("stopped"), &json!("info")));
    assert_eq!(connector.stray_lines(), [""; 0]);
    assert_eq!(connector.stderr(), [""; 0]);
}

/// The last record of ours: threads of the HTTP library may have a word after it.
fn last_record(connector: &Connector) -> Value {
    connector.logs().into_iter().rfind(|record| record["logger"] == "app").unwrap()
}

/// The request of an event, on a connection that is kept.
fn request(id: &str) -> Vec<u8> {
    let body = event(id);
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[test]
fn events_under_load_are_all_answered_until_the_listener_closes() {
    const DELAY: Duration = Duration::from_millis(500);
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).env("SHUTDOWN_DELAY", "500ms").start();
    target.otherwise(|_| {
        thread::sleep(Duration::from_millis(2));
        Reply::ok()
    });

    let (asked, streams) = thread::scope(|scope| {
        let stream = |name: &'static str| {
            let connector = &connector;
            // When each request had been sent, and whether it was answered.
            scope.spawn(move || -> Vec<(Instant, bool)> {
                let mut sent = Vec::new();
                while let Ok(mut socket) = TcpStream::connect(connector.address()) {
                    let written = socket.write_all(&request(&format!("{name}-{}", sent.len())));
                    let at = Instant::now();
                    let mut answer = Vec::new();
                    let _ = socket.shutdown(Shutdown::Write);
                    let read = written.and_then(|()| socket.read_to_end(&mut answer));
                    sent.push((at, read.is_ok() && answer.starts_with(b"HTTP/1.1 200 ")));
                }
                sent
            })
        };
        let streams = [stream("one"), stream("two"), stream("three")];
        target.wait_for(30, SOON);
        let asked = Instant::now();
        connector.signal(Signal::TERM);
        (asked, streams.map(|stream| stream.join().unwrap()))
    });
    // What is sent in the very moment in which the listener closes may find it closed.
    let safe = asked + DELAY - Duration::from_millis(50);
    let lost = streams.iter().flatten().filter(|(at, answered)| *at < safe && !answered).count();
    assert_eq!(lost, 0, "{}", connector.transcript());
    assert!(streams.iter().flatten().any(|(at, _)| *at > asked), "load lasts into the shutdown");
    assert_ended_in_order(&mut connector);
}

#[test]
fn balancers_see_it_coming_while_events_are_still_processed() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).env("SHUTDOWN_DELAY", "400ms").start();
    assert_eq!(connector.get("/ready").status, 200);
    connector.signal(Signal::TERM);
    let record = wait_for_message(&connector, "shutting down");
    assert_eq!(record["signal"], "SIGTERM");
    assert_eq!((&record["delay_ms"], &record["grace_ms"]), (&json!(400), &json!(30_000)));

    let ready = wait_until("`/ready` says so", || {
        Some(connector.get("/ready")).filter(|answer| answer.status == 503)
    });
    assert_eq!(ready.json()["missing"], "shutting down");
    assert_eq!(connector.get("/health").status, 200);
    let answer = connector.post_event("/", event("late"), &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("connection"), Some("close"));
    wait_until("the listener closes", || refuses(&connector).then_some(()));
    assert_ended_in_order(&mut connector);
}

#[test]
fn events_in_flight_finish_after_the_listener_has_closed() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).start();
    let gate = Gate::new();
    target.always(Reply::ok().held_by(&gate));
    thread::scope(|scope| {
        let events = [1, 2, 3].map(|number| {
            let connector = &connector;
            scope.spawn(move || connector.post_event("/", event(&number.to_string()), &[]))
        });
        target.wait_for(3, SOON);
        connector.signal(Signal::TERM);
        wait_until("the listener closes", || refuses(&connector).then_some(()));
        gate.open();
        for event in events {
            assert_eq!(event.join().unwrap().status, 200);
        }
    });
    assert_ended_in_order(&mut connector);
}

#[test]
fn an_event_that_exceeds_the_grace_is_logged_and_given_back() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).env("SHUTDOWN_GRACE", "100ms").start();
    target.always(Reply::Hang);
    let stream = begin(connector.address(), &request("too-long"));
    target.wait_for(1, SOON);
    connector.signal(Signal::TERM);

    let answer = read_answer(&stream);
    assert_eq!((answer.status, &answer.json()["event_id"]), (503, &json!("too-long")));
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert_ended_in_order(&mut connector);
    let event = wait_for_message(&connector, "the event was given up: NSPS sends it again");
    assert_eq!((&event["event_id"], &event["status"]), (&json!("too-long"), &json!(503)));
    let left = wait_for_message(&connector, "events were given up at the end of the grace");
    assert_eq!((&left["level"], &left["events"]), (&json!("error"), &json!(1)));
}

#[test]
fn an_event_that_does_not_arrive_whole_is_given_back_as_well() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).env("SHUTDOWN_GRACE", "100ms").start();
    let whole = request("half");
    let stream = begin(connector.address(), &whole[..whole.len() - 5]);
    // An event on another connection tells that this one has been accepted.
    assert_eq!(connector.post_event("/", event("other"), &[]).status, 200);
    connector.signal(Signal::TERM);
    assert_eq!(read_answer(&stream).status, 503);
    assert_ended_in_order(&mut connector);
}

#[test]
fn a_second_signal_ends_at_once() {
    for (first, second) in
        [(Signal::TERM, Signal::TERM), (Signal::INT, Signal::INT), (Signal::TERM, Signal::INT)]
    {
        let (scratch, target) = (Scratch::new(), Target::start());
        let mut connector = setup(&scratch, &target).env("SHUTDOWN_DELAY", "30s").start();
        target.always(Reply::Hang);
        let _event = begin(connector.address(), &request("never-ends"));
        target.wait_for(1, SOON);
        connector.signal(first);
        wait_for_message(&connector, "shutting down");
        connector.signal(second);
        assert_eq!(connector.wait_exit(QUICKLY).code(), Some(1), "{first:?} {second:?}");
        let last = last_record(&connector);
        assert_eq!(last["message"], "ended by a second signal", "{}", connector.transcript());
    }
}

#[test]
fn an_interrupt_ends_it_as_well() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).start();
    connector.signal(Signal::INT);
    assert_ended_in_order(&mut connector);
}

#[test]
fn a_reload_is_no_second_signal() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).env("SHUTDOWN_DELAY", "200ms").start();
    connector.signal(Signal::TERM);
    wait_for_message(&connector, "shutting down");
    connector.signal(Signal::HUP);
    assert_ended_in_order(&mut connector);
}

#[test]
fn idle_connections_do_not_keep_it() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).start();
    let silent = TcpStream::connect(connector.address()).unwrap();
    let used = begin(connector.address(), &request("one"));
    assert_eq!(read_answer(&used).status, 200);
    let begun = begin(connector.address(), b"POST / HTTP/1.1\r\nhost:");
    connector.signal(Signal::TERM);
    assert_eq!(connector.wait_exit(QUICKLY).code(), Some(0));
    drop((silent, used, begun));
    assert_ended_in_order(&mut connector);
}

#[test]
fn a_reload_that_hangs_does_not_keep_it() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let pipe = scratch.path().join("secret");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mapping = posting_with_token(&target, &format!("${{file:{}}}", pipe.display()), "/a", "v");
    scratch.mapping("a.yaml", &posting(&target, "/a", "v"));
    let mut connector = Setup::new(&scratch).start();
    scratch.mapping("a.yaml", &mapping);
    connector.signal(Signal::HUP);
    wait_for_message(&connector, "reloading");
    // Opening waits until the reload reads; it then waits for what is never written.
    let writer = OpenOptions::new().write(true).open(&pipe).unwrap();
    assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
    connector.signal(Signal::TERM);
    assert_eq!(connector.wait_exit(QUICKLY).code(), Some(0));
    drop(writer);
    assert_ended_in_order(&mut connector);
}

#[test]
fn a_reload_in_the_moment_of_the_end_does_no_harm() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = setup(&scratch, &target).start();
    for _ in 0..20 {
        connector.signal(Signal::HUP);
    }
    connector.signal(Signal::TERM);
    assert_eq!(connector.wait_exit(SOON).code(), Some(0));
}
