//! Log-ins in mapping tests: they are requests like others, and each case begins without a session.

use super::{failures, mistakes, of_mapping};

const MAPPING: &str = r#"
version: 1
targets:
  hss:
    url: http://hss.test
    auth:
      session:
        login:
          - name: sign-in
            request: POST /login
            json: { password: "${PASSWORD:-a-long-password}" }
            responses: [{ when: { $.locked: true }, then: fail, message: locked }]
            save: { token: $.token, life: { path: $.life, optional: true } }
        refresh:
          - { name: renew, request: POST /renew, json: { old: "{{session.token}}" }, save: { token: $.token } }
        expires_in: "{{session.life}}"
        headers: { Token: "{{session.token}}" }
rules:
  - name: all
    event: '*'
    steps: [{ name: put, request: PUT /sims, json: 1 }]
"#;

const LOGIN: &str =
    "{ request: POST /login, step: sign-in, reply: { json: { token: one, life: 100 } } }";

fn put(token: &str, reply: &str) -> String {
    format!("{{ request: PUT /sims, step: put, headers: {{ token: {token} }}, reply: {reply} }}")
}

fn renew(old: &str, new: &str) -> String {
    format!(
        "{{ request: POST /renew, step: renew, json: {{ old: {old} }}, reply: {{ json: {{ token: \
         {new} }} }} }}"
    )
}

/// A case of one event.
fn once(exchanges: &[&str]) -> String {
    format!("event: event.json, exchange: [{}]", exchanges.join(", "))
}

#[test]
fn every_case_begins_without_a_session() {
    let one = once(&[LOGIN, &put("one", "{}")]);
    let report = of_mapping(MAPPING, &[&one, &one]);
    assert_eq!([failures(&report, 0), failures(&report, 1)], [[""; 0]; 2]);
}

#[test]
fn a_request_that_is_sent_again_with_another_session_is_listed_again() {
    let (first, second) = (put("one", "{ status: 401 }"), put("two", "{ status: 503 }"));
    let case = once(&[LOGIN, &first, &renew("one", "two"), &second]);
    let again = put("two", "[{ status: 503 }, {}]");
    let whole = once(&[LOGIN, &first, &renew("one", "two"), &again]);
    let report = of_mapping(MAPPING, &[&case, &whole]);
    assert_eq!(
        failures(&report, 0),
        ["request 4 is tried again, and has no reply for try 2"],
        "tries count from there"
    );
    assert_eq!(failures(&report, 1), [""; 0]);
}

#[test]
fn a_session_that_is_renewed_beside_an_event_is_a_request_of_that_event() {
    let (one, failed, two) = (put("one", "{}"), put("one", "{ status: 503 }"), put("two", "{}"));
    // The try after the renewal is made with the new session. What the answer to it does not tell,
    // the life of a session, stays.
    let case = format!(
        "sequence: [{{ {} }}, {{ after: 85s, {} }}, {{ after: 1h, {} }}]",
        once(&[LOGIN, &one]),
        once(&[&failed, &renew("one", "two"), &two]),
        once(&["{ request: POST /renew, reply: { status: 400 } }", LOGIN, &one]),
    );
    let report = of_mapping(MAPPING, &[&case]);
    assert_eq!(failures(&report, 0), [""; 0]);
    let unlisted =
        format!("sequence: [{{ {} }}, {{ after: 85s, {} }}]", once(&[LOGIN, &one]), once(&[&one]));
    let report = of_mapping(MAPPING, &[&unlisted]);
    assert_eq!(
        failures(&report, 0),
        ["event 2: a request is sent that nothing expects: POST /renew"]
    );
}

#[test]
fn log_ins_and_what_they_may_come_to_count_towards_coverage() {
    let covered = |cases: &[&str]| {
        let coverage = of_mapping(MAPPING, cases).coverage.expect("a coverage");
        let missed: Vec<String> = coverage.missed().map(|part| part.name.to_string()).collect();
        missed
    };
    let expired =
        once(&[LOGIN, &put("one", "{ status: 401 }"), &renew("one", "two"), &put("two", "{}")]);
    assert_eq!(covered(&[&expired]), ["target `hss`, login, step `sign-in`, response 1"]);
    assert_eq!(
        covered(&[&once(&[LOGIN, &put("one", "{}")])]),
        ["target `hss`, login, step `sign-in`, response 1", "target `hss`, refresh, step `renew`"]
    );
    let locked = "event: event.json, exchange: [{ request: POST /login, reply: { json: { locked: \
                  true } } }], answer: { status: 502, message: { contains: locked } }";
    assert_eq!(covered(&[&expired, locked]), [""; 0]);
}

#[test]
fn steps_of_log_ins_have_names_that_can_be_misspelt() {
    let report = of_mapping(
        MAPPING,
        &["event: event.json, exchange: [{ request: POST /login, step: sign-on }]"],
    );
    assert_eq!(mistakes(&report), ["unknown-step: there is no step `sign-on` in hss.yaml"]);
}

#[test]
fn tokens_are_requests_to_wherever_they_come_from() {
    let mapping = "version: 1
targets:
  hss:
    url: http://hss.test
    auth: { oauth2: { token_url: 'http://sso.test/token', grant: client_credentials, client_id: nsps, client_secret: a-long-secret } }
rules: [{ name: all, event: '*', steps: [{ name: put, request: PUT /sims, json: 1 }] }]
";
    let case = "event: event.json, exchange: [{ request: POST http://sso.test/token, form: { \
                grant_type: client_credentials }, reply: { json: { access_token: one } } }, { \
                request: PUT /sims, headers: { authorization: Bearer one } }]";
    let report = of_mapping(mapping, &[case]);
    assert_eq!(failures(&report, 0), [""; 0]);
    let coverage = report.coverage.expect("a coverage");
    assert_eq!(coverage.parts.len(), 2, "the rule and its step: {coverage:?}");
}
