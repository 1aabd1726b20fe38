//! What NSPS is told: expected or not, and without a secret.

use super::{MAPPING, failures, of_file, of_mapping};

#[test]
fn a_failure_that_no_case_speaks_of_fails_the_case() {
    let cases = "exchange: [{ request: PUT /sims/001010000020349, reply: { status: 400 } }]";
    let report = of_mapping(MAPPING, &[&format!("event: event.json, {cases}")]);
    let told = failures(&report, 0);
    let [one] = told.as_slice() else { panic!("{told:?}") };
    let beginning = "`status` of the answer is expected to be 2xx, and is 422: hss answered 400";
    assert!(one.starts_with(beginning), "{one}");
    let spoken_of = format!("event: event.json, answer: {{ status: 422 }}, {cases}");
    assert_eq!(failures(&of_mapping(MAPPING, &[&spoken_of]), 0), [""; 0]);
}

#[test]
fn why_an_event_ended_is_told_before_what_was_not_sent_any_more() {
    let exchanges =
        "[{ request: PUT /sims/001010000020349, reply: { status: 400 } }, { request: POST /next }]";
    let report = of_mapping(MAPPING, &[&format!("event: event.json, exchange: {exchanges}")]);
    let told = failures(&report, 0);
    assert!(told[0].contains("and is 422"), "{told:?}");
    assert!(told[1].starts_with("request 2 is not sent"), "{told:?}");
}

#[test]
fn secrets_of_the_mapping_are_masked_in_every_kind_of_mismatch() {
    let mapping = "
version: 1
targets:
  a:
    url: http://a.test
    auth: { bearer: { token: '${TOKEN}' } }
    responses: [{ when: { status: 400 }, then: fail, message: '{{text}}' }]
extract: { note: { value: 'is ${TOKEN}' } }
rules:
  - { name: all, event: '*', steps: [{ request: POST /a, headers: { X-A: '${TOKEN}' }, text: 'b ${TOKEN}', json_: 1 }] }
".replace(", json_: 1", "");
    let file = "
mapping: hss.yaml
env: { TOKEN: open-sesame-1 }
cases:
  - name: differs
    event: event.json
    variables: { note: open-sesame-1 is wrong }
    answer: { message: { contains: no open-sesame-1 here } }
    exchange: [{ request: POST /b, text: a open-sesame-1, reply: { status: 400, text: echo open-sesame-1 } }]
  - { name: unexpected, event: event.json, exchange: [] }
  - name: missing
    event: event.json
    exchange: [{ request: POST /a }, { request: POST /open-sesame-1, text: open-sesame-1 }]
";
    let report = of_file(&mapping, file);
    assert!(!report.mistakes.has_errors());
    let all = format!("{:?}", report.cases);
    assert!(!all.contains("open-sesame"), "{all}");
    let counts: Vec<usize> = report.cases.iter().map(|case| case.failures.len()).collect();
    assert_eq!(counts, [3, 1, 1], "{all}");
    assert!(all.contains("***"));
}
