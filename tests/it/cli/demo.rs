//! `demo`: shows one event's way, and then serves on.

use std::net::{SocketAddr, TcpListener};

use serde_json::json;

use crate::support::SOON;
use crate::support::client::send;
use crate::support::command::run;
use crate::support::connector::{Setup, Signal};
use crate::support::scratch::Scratch;

#[test]
fn once_shows_the_event_the_request_and_the_answer() {
    let scratch = Scratch::new();
    // What is set here is not the demonstration's affair.
    scratch
        .write(".env", "WTL_API_TOKEN=secret-of-mine\nAPI_TOKEN=secret-of-mine\nPORT=nonsense\n");
    let ran = run(scratch.path(), &["demo", "--once"], &[("WTL_API_URL", "http://elsewhere")]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
    let mut rest = &*ran.stdout;
    for next in [
        "# The event that NSPS posts: POST http://127.0.0.1:",
        "\"event_type\": \"SIM/Updated\"",
        "# What the target received: POST /wtl/hlr/v1/prov",
        "authorization: Bearer demo-target-token",
        "\"imsi\": \"001010000020349\"",
        "# What NSPS is told: status 200",
        "\"message\": \"Event processed successfully\"",
    ] {
        let found = rest.find(next).unwrap_or_else(|| panic!("{next} in {}", ran.stdout));
        rest = &rest[found + next.len()..];
    }
    assert!(!ran.all().contains("secret-of-mine"), "{}", ran.all());
}

#[test]
fn it_serves_on_as_it_says_until_a_signal() {
    let scratch = Scratch::new();
    let mut demo = Setup::command(&scratch, &["demo"]).spawn();
    // The command that is shown is to work as it stands.
    let url = demo.wait_for_line(|line| {
        line.strip_prefix("curl http://")?.strip_suffix("/ready").map(str::to_owned)
    });
    let address: SocketAddr = url.parse().unwrap();
    let shown = demo.wait_for_line(|line| line.contains("Authorization").then(|| line.to_owned()));
    let quoted: Vec<&str> = shown.split('\'').collect();
    let token = quoted[1].strip_prefix("Authorization: ").unwrap();
    let event = br#"{"event_id":"2","data":{"event_type":"SIM/Updated"},
        "pb_data":{"sim_info":{"imsi":"001010000020350"}}}"#;
    let json = ("content-type", "application/json");
    let answer = send(address, "POST", "/", &[("authorization", token), json], event);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["rules"][0]["outcome"], "succeeded");
    assert_eq!(send(address, "GET", "/ready", &[], b"").json()["status"], json!("Ready"));

    demo.signal(Signal::TERM);
    assert_eq!(demo.wait_exit(SOON).code(), Some(0), "{}", demo.transcript());
    let log = demo.stderr();
    let exchanges = log.iter().filter(|line| line.contains("\"message\":\"exchange\"")).count();
    assert_eq!(exchanges, 2, "one for each event: {log:#?}");
    assert!(!log.iter().any(|line| line.contains("demo-target-token")), "{log:#?}");
}

#[test]
fn a_port_in_use_is_no_obstacle() {
    // Where something else has it, nothing is known of when that ends.
    let taken = TcpListener::bind("127.0.0.1:8080");
    let ran = run(Scratch::new().path(), &["demo", "--once"], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let shown = ran.stdout.contains("127.0.0.1:8080/");
    assert!(taken.is_err() || !shown, "{}", ran.stdout);
}
