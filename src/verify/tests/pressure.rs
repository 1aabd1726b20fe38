//! Limits and breakers in tests: events of a sequence share them, cases do not.

use super::{failures, of_mapping};

const MAPPING: &str = "
version: 1
targets:
  hss:
    url: http://hss.test
    retry: { attempts: 1 }
    breaker: { failures: 2, open_for: 1m }
  slow:
    url: http://slow.test
    limits: { rate: 1/m }
rules:
  - { name: slow, event: SIM/Slow, steps: [{ target: slow, request: PUT /x }] }
  - { name: all, event: '*', steps: [{ target: hss, request: PUT /x }] }
";

const FAILS: &str =
    "exchange: [{ request: PUT /x, reply: { status: 503 } }], answer: { status: 502 }";
const OPEN: &str = "exchange: [], answer: { status: 503, error: the breaker of hss is open }";
const SUCCEEDS: &str = "exchange: [{ request: PUT /x }], answer: { status: 200 }";

fn sequence(members: &[(&str, &str)]) -> String {
    let member =
        |(after, what): &(&str, &str)| format!("{{ event: event.json, after: {after}, {what} }}");
    let members: Vec<String> = members.iter().map(member).collect();
    format!("sequence: [{}]", members.join(", "))
}

#[track_caller]
fn all_pass(cases: &[&str]) {
    let report = of_mapping(MAPPING, cases);
    for (at, case) in cases.iter().enumerate() {
        assert_eq!(failures(&report, at), [""; 0], "{case}");
    }
}

#[test]
fn a_sequence_goes_through_an_open_breaker() {
    let open = sequence(&[
        ("0s", FAILS),
        ("1s", FAILS),
        ("1s", OPEN),
        ("58s", OPEN),
        ("1s", FAILS),
        ("59s", OPEN),
        ("1s", SUCCEEDS),
        ("0s", SUCCEEDS),
    ]);
    all_pass(&[&open]);
}

#[test]
fn what_kept_a_request_from_its_target_is_told() {
    let more = "exchange: [{ request: PUT /x }], answer: { status: 503 }";
    let report = of_mapping(MAPPING, &[&sequence(&[("0s", FAILS), ("0s", FAILS), ("0s", more)])]);
    let told = "event 3: request 1 is not sent: PUT /x: the target failed so often that it is left \
                alone (`breaker`)";
    assert_eq!(failures(&report, 0), [told]);
}

#[test]
fn a_sequence_uses_up_a_rate() {
    let slow = "set: { $.data.event_type: SIM/Slow }";
    let sent = format!("{slow}, exchange: [{{ request: PUT /x, target: slow }}]");
    let late = format!(
        "{slow}, exchange: [], answer: {{ status: 503, message: {{ contains: limits.rate }} }}"
    );
    all_pass(&[&sequence(&[("0s", &sent), ("30s", &late), ("10s", &sent), ("60s", &sent)])]);
}

#[test]
fn no_case_sees_what_another_one_did() {
    let opens = sequence(&[("0s", FAILS), ("0s", FAILS)]);
    let fails = format!("event: event.json, {FAILS}");
    let succeeds = format!("event: event.json, {SUCCEEDS}");
    all_pass(&[&opens, &fails, &fails, &fails, &succeeds]);
}

#[test]
fn every_case_begins_without_a_session() {
    let mapping = "
version: 1
targets:
  hss:
    url: http://hss.test
    auth: { session: { login: [{ request: POST /login, save: { token: $.token } }], headers: { Token: '{{session.token}}' } } }
rules:
  - { name: all, event: '*', steps: [{ request: PUT /x }] }
";
    let case = "event: event.json, exchange: [{ request: POST /login, reply: { json: { token: a-token } } }, { request: PUT /x }]";
    let report = of_mapping(mapping, &[case, case]);
    assert_eq!((failures(&report, 0), failures(&report, 1)), (vec![], vec![]));
}
