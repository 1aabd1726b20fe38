//! What the tests stand on holds: the fake target does what it is told, the connector's keeper
//! sees what a process does.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::SOON;
use crate::support::client::{self, Answer, send};
use crate::support::connector::{Connector, Setup, Signal};
use crate::support::reply::{self, Gate, Reply};
use crate::support::scratch::{Scratch, sample_event};
use crate::support::target::Target;

fn get(target: &Target, path: &str) -> Answer {
    send(target.address(), "GET", path, &[], b"")
}

/// Everything that comes until the target closes, or how the connection broke.
fn raw(target: &Target) -> Result<Vec<u8>, ErrorKind> {
    let mut stream = client::begin(target.address(), b"GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map(|_| bytes).map_err(|fault| fault.kind())
}

#[test]
fn a_target_records_requests_exactly_as_they_came() {
    let target = Target::start();
    let answer = send(
        target.address(),
        "PUT",
        "/a%2Fb/c?x=1&x=2",
        &[("X-Mixed-Case", "one"), ("x-mixed-case", "two")],
        "{\"é\": 1.0}".as_bytes(),
    );
    assert_eq!((answer.status, answer.json()), (200, json!({})));

    let requests = target.wait_for(1, SOON);
    let request = &requests[0];
    assert_eq!((&*request.method, &*request.uri), ("PUT", "/a%2Fb/c?x=1&x=2"));
    assert_eq!((request.path(), request.query()), ("/a%2Fb/c", Some("x=1&x=2")));
    let sent: Vec<_> =
        request.headers.iter().filter(|(name, _)| name.starts_with(['X', 'x'])).collect();
    let expected = [
        ("X-Mixed-Case".to_owned(), "one".to_owned()),
        ("x-mixed-case".to_owned(), "two".to_owned()),
    ];
    assert_eq!(sent, expected.iter().collect::<Vec<_>>());
    assert_eq!(request.text(), "{\"é\": 1.0}");
    assert_eq!(request.header("HOST"), Some(&*target.address().to_string()));
}

#[test]
fn a_target_answers_from_its_queue_first_then_by_path_then_otherwise() {
    let target = Target::start();
    target.always(Reply::status(404));
    target.on("/echo", |request| Reply::json(200, request.json()));
    target.next(Reply::json(503, json!({"busy": true})));
    let echo = || send(target.address(), "POST", "/echo?x", &[], b"[1]");

    assert_eq!((echo().status, echo().json()), (503, json!([1])));
    assert_eq!(get(&target, "/other").status, 404);
    assert_eq!(target.requests().len(), 3);
}

#[test]
fn a_target_keeps_connections_and_reads_chunked_bodies() {
    let target = Target::start();
    let chunked = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    let mut stream = client::begin(target.address(), chunked);
    assert_eq!(client::read_answer(&stream).status, 200);
    stream.write_all(b"GET /again HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(client::read_answer(&stream).status, 200);

    let requests = target.requests();
    assert_eq!(requests[0].text(), "abcde");
    assert_eq!((requests[0].connection, requests[1].connection), (0, 0));
    assert_eq!(target.connections(), 1);
}

#[test]
fn a_target_tells_of_what_was_no_request() {
    let target = Target::start();
    let mut stream = client::begin(target.address(), b"GET / HTTP/1.1\r\nno colon\r\n\r\n");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(target.faults(), ["a header without a colon: \"no colon\""]);
    assert!(target.requests().is_empty());
}

#[test]
fn a_target_can_break_off_at_every_point() {
    let target = Target::start();
    let full = reply::Answer::json(200, json!({"result": true}));
    for (reply, bytes) in [
        (Reply::CloseUnanswered, Vec::new()),
        (Reply::CloseAfterHead(full.clone()), full.head()),
        (Reply::CloseInBody(full.clone()), [full.head(), full.body[..7].to_vec()].concat()),
    ] {
        target.next(reply);
        assert_eq!(raw(&target), Ok(bytes));
    }
    target.next(Reply::Garbage);
    assert!(raw(&target).unwrap().starts_with(b"\x16\x03\x01"));
    target.next(Reply::Reset);
    assert_eq!(raw(&target), Err(ErrorKind::ConnectionReset));
}

#[test]
fn a_target_can_send_too_much_or_elsewhere_or_slowly() {
    let target = Target::start();
    target.next(Reply::huge(20 << 20));
    assert_eq!(get(&target, "/").body.len(), 20 << 20);

    target.next(Reply::redirect("http://elsewhere/"));
    let redirect = get(&target, "/");
    assert_eq!((redirect.status, redirect.header("Location")), (302, Some("http://elsewhere/")));

    let answer = reply::Answer::new(200).header("connection", "close").body("slow");
    target.next(Reply::Drip { answer, every: Duration::from_millis(1) });
    assert_eq!(get(&target, "/").text(), "slow");
}

#[test]
fn a_target_answers_when_its_gate_opens() {
    let target = Target::start();
    let gate = Gate::new();
    target.next(Reply::ok().held_by(&gate));
    thread::scope(|scope| {
        let answer = scope.spawn(|| get(&target, "/held"));
        target.wait_for(1, SOON);
        assert!(!answer.is_finished());
        gate.open();
        assert_eq!(answer.join().unwrap().status, 200);
    });
}

#[test]
fn a_target_that_hangs_still_ends_when_dropped() {
    let target = Target::start();
    target.always(Reply::Hang);
    let mut stream: TcpStream = client::begin(target.address(), b"GET / HTTP/1.1\r\n\r\n");
    target.wait_for(1, SOON);
    drop(target);
    assert!(!matches!(stream.read(&mut [0]), Ok(1..)));
}

#[test]
#[should_panic(expected = "2 requests expected, came: [\n    \"GET /one \",\n]")]
fn waiting_for_requests_that_never_come_shows_those_that_did() {
    let target = Target::start();
    get(&target, "/one");
    target.wait_for(2, Duration::from_millis(20));
}

#[test]
fn samples_are_events() {
    for (name, event_type) in [
        ("sim-updated", "SIM/Updated"),
        ("sim-created", "SIM/Created"),
        ("sim-deleted", "SIM/Deleted"),
        ("sim-replaced-assigned", "SIM/Replaced"),
        ("sim-replaced-removed", "SIM/Replaced"),
        ("sim-replaced-changed", "SIM/Replaced"),
    ] {
        let body = sample_event(name).to_string();
        let event =
            nsps_connector::event::Event::parse(body.as_bytes(), String::new(), String::new());
        assert_eq!(&*event.unwrap().event_type, event_type, "{name}");
    }
}

/// A stand-in for the connector: says where it listens, repeats signals, ends at SIGTERM with 7.
const STAND_IN: &str = r#"
trap 'echo "{\"message\":\"reloaded\"}"' HUP
trap 'echo "last words" >&2; exit 7' TERM
echo "not JSON"
echo "{\"logger\":\"engine\",\"address\":\"127.0.0.1:1\"}"
echo "{\"logger\":\"ingress\",\"address\":\"127.0.0.1:$PORT\",\"args\":\"$*\",\"home\":\"$HOME\"}"
while :; do /bin/sleep 0.01; done
"#;

fn stand_in(scratch: &Scratch, target: &Target) -> Connector {
    scratch.write("stand-in", STAND_IN);
    let port = target.address().port().to_string();
    let setup = Setup::new(scratch).program("/bin/sh", &["stand-in"]);
    setup.env("PORT", &port).arg("--watch").start()
}

#[test]
fn a_connector_is_found_where_it_says_and_hears_signals() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mut connector = stand_in(&scratch, &target);
    assert_eq!(connector.address(), target.address());
    assert_eq!(connector.stray_lines(), ["not JSON"]);
    assert_eq!(connector.logs()[1]["args"], "serve --watch");
    assert_eq!(connector.logs()[1]["home"], "", "the test's environment is not passed on");

    connector.signal(Signal::HUP);
    connector.wait_for_log(|record| record["message"] == "reloaded", SOON);
    connector.signal(Signal::TERM);
    assert_eq!(connector.wait_exit(SOON).code(), Some(7));
    assert_eq!(connector.stderr(), ["last words"]);
}

#[test]
fn events_are_posted_with_the_token_unless_a_test_says_otherwise() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let connector = stand_in(&scratch, &target);
    connector.post_event("/api/events", "{}", &[("x-request-id", "u")]);
    connector.post_event("/", "", &[("Authorization", "none")]);
    connector.get("/health");

    let requests = target.wait_for(3, SOON);
    assert_eq!(requests[0].header("authorization"), Some("Bearer test-token-of-nsps"));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(requests[0].header("x-request-id"), Some("u"));
    assert_eq!(requests[1].header("authorization"), Some("none"));
    assert_eq!((&*requests[2].method, requests[2].header("authorization")), ("GET", None));
}

#[test]
fn a_connector_that_ends_before_it_listens_can_be_watched() {
    let scratch = Scratch::new();
    let mut connector = Setup::new(&scratch).program("/bin/false", &[]).spawn();
    assert_eq!(connector.wait_exit(SOON).code(), Some(1));
}

#[test]
fn a_scratch_directory_takes_mappings_and_gives_them_back() {
    let scratch = Scratch::new();
    scratch.mapping("a.yaml", "version: 1\n");
    scratch.mapping("a.yaml", "version: 2\n");
    assert_eq!(scratch.read("mappings/a.yaml"), "version: 2\n");
    scratch.remove("mappings/a.yaml");
    scratch.example_mapping("wtl-hss.yaml");
    assert!(scratch.read("mappings/wtl-hss.yaml").contains("version: 1"));
    assert_eq!(std::fs::read_dir(scratch.path().join("mappings")).unwrap().count(), 1);
}
