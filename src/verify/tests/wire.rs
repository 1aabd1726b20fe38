//! Successive tries, faults of the wire, and the order of requests.

use std::time::Instant;

use super::{case, of_mapping};

const PUT: &str = "request: PUT /sims/001010000020349";
const DELETED: &str = "event: event.json, set: { $.data.event_type: SIM/Deleted }";

#[track_caller]
fn told(exchange: &str, more: &str) -> Vec<String> {
    case(&format!("event: event.json, exchange: [{{ {PUT}, {exchange} }}]{more}"))
}

#[test]
fn tries_are_counted_and_time_passes_at_once() {
    #[expect(clippy::disallowed_methods, reason = "that nobody waits is what is measured")]
    let began = Instant::now();
    for (reply, more, expected) in [
        ("reply: [{ status: 503 }, { status: 503 }, {}]", ", answer: { status: 200 }", ""),
        (
            "reply: [{ status: 503 }, { status: 503 }, { status: 503 }]",
            ", answer: { status: 502 }",
            "",
        ),
        (
            "reply: [{ timeout: true }, { reset: true }, { refused: true }]",
            ", answer: { status: 503, message: hss cannot be reached, error: { contains: connection refused } }",
            "",
        ),
        ("reply: [{ timeout: true }, {}]", ", answer: { status: 200 }", ""),
        (
            "reply: [{ timeout: true }, { timeout: true }, { timeout: true }]",
            ", answer: { message: hss did not answer within 5000 ms }",
            "",
        ),
        // A reply that takes longer than the try may is never seen.
        ("reply: [{ after: 5001ms }, { status: 200, after: 5s }]", ", answer: { status: 200 }", ""),
        ("reply: [{ status: 503 }, {}, {}]", "", "request 1 is not tried again: try 3 is missing"),
        ("reply: [{}, {}]", "", "request 1 is not tried again: try 2 is missing"),
        (
            "reply: { status: 503 }",
            ", answer: { status: 200 }",
            "request 1 is tried again, and has no reply for try 2",
        ),
        (
            "reply: [{ status: 429, headers: { Retry-After: 3600 } }]",
            ", answer: { status: 429 }",
            "",
        ),
    ] {
        let found = told(reply, more);
        let expected: Vec<&str> = [expected].into_iter().filter(|text| !text.is_empty()).collect();
        assert_eq!(found, expected, "{reply}");
    }
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

#[test]
fn what_a_reply_says_is_what_the_mapping_reads() {
    let mapping = "
version: 1
targets: { a: { url: http://a.test, responses: [{ when: { status: 299 }, then: fail, message: '{{headers.x-a}}|{{headers.content-type}}|{{text}}' }] } }
rules: [{ name: all, event: '*', steps: [{ request: POST /a }] }]
";
    for (reply, message) in [
        ("json: { b: [1, '2', null] }", r#"|application/json|{"b":[1,"2",null]}"#),
        ("xml: '<a>1</a>'", "|text/xml; charset=utf-8|<a>1</a>"),
        ("text: hello", "|text/plain; charset=utf-8|hello"),
        ("headers: { X-A: [1, 2] }", "1, 2||"),
        ("json: null, headers: { Content-Type: text/odd }", "|text/odd|null"),
        ("json: \"{{imsi}} ${HOME}\"", "|application/json|\"{{imsi}} ${HOME}\""),
    ] {
        let yaml = message.replace('\'', "''");
        let text = format!(
            "event: event.json, exchange: [{{ request: POST /a, reply: {{ status: 299, {reply} }} }}], answer: {{ message: {{ suffix: '{}' }} }}",
            yaml.replace("{{", "\\{{").replace("${", "$${")
        );
        let report = of_mapping(mapping, &[&text]);
        assert_eq!(super::failures(&report, 0), [""; 0], "{reply}");
    }
}

#[test]
fn requests_are_expected_in_order_and_each_of_them() {
    const DELETE: &str = "{ request: DELETE /sims/001010000020349, target: hss }";
    const GONE: &str =
        "{ request: POST /gone, target: crm, form: { imsi: '001010000020349', n: [1, 2] } }";
    for (exchange, expected) in [
        (format!("{DELETE}, {GONE}"), vec![]),
        (DELETE.to_owned(), vec!["a request is sent that nothing expects: POST /gone"]),
        (
            String::new(),
            vec!["a request is sent that nothing expects: DELETE /sims/001010000020349"],
        ),
        (format!("{DELETE}, {GONE}, {GONE}"), vec!["request 3 is not sent: POST /gone"]),
        // One that is skipped does not make all that follow differ.
        (format!("{GONE}, {DELETE}"), vec!["a request is sent that nothing expects: POST /gone"]),
        (
            format!("{{ request: GET /before }}, {DELETE}, {GONE}"),
            vec!["request 1 is not sent: GET /before"],
        ),
        (
            format!("{DELETE}, {{ request: GET /between }}, {GONE}"),
            vec!["request 2 is not sent: GET /between"],
        ),
    ] {
        let found = case(&format!("{DELETED}, exchange: [{exchange}]"));
        assert_eq!(found, expected, "{exchange}");
    }
}

#[test]
fn the_first_unexpected_request_ends_the_event_and_is_all_that_is_told() {
    let found = case(&format!(
        "{DELETED}, rule: delete, exchange: [{{ request: DELETE /sims/001010000020349, reply: [{{ status: 503 }}] }}, \
         {{ request: POST /gone }}], answer: {{ status: 200 }}, variables: {{ imsi: wrong }}"
    ));
    assert_eq!(found, ["request 1 is tried again, and has no reply for try 2"]);
}

#[test]
fn a_rule_that_begins_again_sends_anew() {
    let mapping = "
version: 1
targets: { a: { url: http://a.test, responses: [{ when: { status: 412 }, then: restart }] } }
rules: [{ name: all, event: '*', steps: [{ request: GET /a }, { request: PUT /a }] }]
";
    let text = "event: event.json, answer: { status: 200 }, exchange: [{ request: GET /a }, \
                { request: PUT /a, reply: { status: 412 } }, { request: GET /a }, { request: PUT /a }]";
    assert_eq!(super::failures(&of_mapping(mapping, &[text]), 0), [""; 0]);
}

#[test]
fn two_runs_are_the_same() {
    let mapping = "
version: 1
targets: { a: { url: http://a.test } }
rules: [{ name: all, event: '*', steps: [{ request: POST /a, json: { unique: '{{unique_id}}', id: '{{uuid}}', trace: '{{request_id}}' } }] }]
";
    let wrong = "event: event.json, exchange: [{ request: POST /a, json: {} }]";
    let told = || super::failures(&of_mapping(mapping, &[wrong, wrong]), 1);
    let once = told();
    assert!(once[0].contains("00000000-0000-4000-8000-000000000001"), "{once:?}");
    assert_eq!(once, told());
    let both = of_mapping(mapping, &[wrong, wrong]);
    assert_eq!(super::failures(&both, 0), super::failures(&both, 1), "cases are no neighbours");
}
