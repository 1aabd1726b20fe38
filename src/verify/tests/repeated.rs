//! Polls and undos as mapping tests see them: each is a request like any other.

use super::{failures, mistakes, of_mapping};

const MAPPING: &str = r#"
version: 1
targets:
  hss:
    url: http://hss.test
    retry: { attempts: 2, backoff: 1s }
rules:
  - name: all
    event: '*'
    steps:
      - name: start
        request: POST /jobs
        undo:
          request: DELETE /jobs
          responses: [{ when: { status: 404 }, then: ok }]
      - name: result
        request: GET /jobs
        query: { tag: "{{uuid}}" }
        repeat: { until: { $.state: done }, every: 2s, for: 5s }
      - name: finish
        request: PUT /end
"#;

const START: &str = "{ request: POST /jobs, step: start }";

/// What is wrong with a case of these requests, and whatever else it says.
#[track_caller]
fn told(requests: &[&str], more: &str) -> Vec<String> {
    let case = format!("event: event.json, exchange: [{}]{more}", requests.join(", "));
    failures(&of_mapping(MAPPING, &[&case]), 0)
}

fn poll(replies: &str) -> String {
    format!("{{ request: GET /jobs, step: result, reply: {replies} }}")
}

const DONE: &str = "{ json: { state: done } }";

#[test]
fn polls_stand_in_one_list_with_tries_or_one_by_one() {
    let end = "{ request: PUT /end, step: finish }";
    let listed = poll(&format!("[{{}}, {{ status: 503 }}, {{}}, {DONE}]"));
    assert_eq!(told(&[START, &listed, end], ""), [""; 0]);
    let (one, again, last) = (poll("{}"), poll("[{ status: 503 }, {}]"), poll(DONE));
    assert_eq!(told(&[START, &one, &again, &last, end], ""), [""; 0]);
    let mixed = poll("[{}, {}]");
    assert_eq!(told(&[START, &mixed, &last, end], ""), [""; 0]);
}

#[test]
fn a_poll_too_many_or_too_few_is_told() {
    let end = "{ request: PUT /end }";
    let few = told(&[START, &poll("{}")], "");
    assert!(few[0].starts_with("a request is sent that nothing expects: GET /jobs"), "{few:?}");
    let many = poll(&format!("[{DONE}, {{}}]"));
    let many = told(&[START, &many, end], "");
    assert_eq!(many, ["request 2 is not tried again: try 2 is missing"]);
}

#[test]
fn a_poll_that_is_another_request_than_the_one_before_is_told() {
    let tag = "query: { tag: '11111111-1111-4111-8111-111111111111' }";
    let polls = format!("{{ request: GET /jobs, {tag}, reply: [{{}}, {DONE}] }}");
    let told = told(&[START, &polls, "{ request: PUT /end }"], "");
    assert_eq!(told.len(), 2, "each is rendered anew: {told:?}");
    assert!(told.iter().all(|one| one.starts_with("request 2 differs")), "{told:?}");
}

#[test]
fn a_poll_in_vain_takes_no_time() {
    let answer = ", answer: { status: 503, message: { contains: within 5s (3 answers } }";
    assert_eq!(told(&[START, &poll("[{}, {}, {}]")], answer), [""; 0]);
}

#[test]
fn an_undo_is_told_by_the_step_that_it_takes_back() {
    let refused = "{ request: PUT /end, reply: { status: 400 } }";
    let (done, refusal) = (poll(DONE), ", answer: { status: 422 }");
    let undo = |step: &str| format!("{{ request: DELETE /jobs, step: {step} }}");
    let all = |step: &str| told(&[START, &done, refused, &undo(step)], refusal);
    assert_eq!(all("undo of start"), [""; 0]);
    assert_eq!(
        all("start")[0],
        "request 4 differs: step: start is expected, step: undo of start is sent"
    );
    let missing = told(&[START, &done, refused], refusal);
    assert!(
        missing[0].starts_with("a request is sent that nothing expects: DELETE"),
        "{missing:?}"
    );
    let succeeds = told(&[START, &done, "{ request: PUT /end }", &undo("undo of start")], "");
    assert!(succeeds[0].starts_with("request 4 is not sent: DELETE /jobs"), "{succeeds:?}");
}

#[test]
fn what_was_taken_back_and_what_was_not_is_a_part_of_the_answer() {
    let undo = |status: u16| format!("{{ request: DELETE /jobs, reply: {{ status: {status} }} }}");
    let refused = "{ request: PUT /end, reply: { status: 400 } }";
    let all = |status, parts: &str| {
        let answer = format!(", answer: {{ status: 422, {parts} }}");
        told(&[START, &poll(DONE), refused, &undo(status)], &answer)
    };
    assert_eq!(all(404, "undone: start, not_undone: { exists: false }"), [""; 0]);
    assert_eq!(all(410, "undone: { empty: true }, not_undone: [result, start]"), [""; 0]);
    let told = all(410, "undone: start, not_undone: { not: start }");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[1].contains(
            r#"`not_undone` of the answer is expected to pass { not: start }, and is ["start"]"#
        ),
        "{told:?}"
    );
}

#[test]
fn a_request_that_nobody_expected_is_told_alone_whatever_is_taken_back_of_it() {
    let told = told(&[START, &poll(DONE)], ", answer: { status: 200 }");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("a request is sent that nothing expects: PUT /end"), "{told:?}");
}

#[test]
fn only_steps_with_an_undo_have_one() {
    let case = "event: event.json, exchange: [{ request: GET /jobs, step: undo of result }]";
    let report = of_mapping(MAPPING, &[case]);
    assert_eq!(mistakes(&report), ["unknown-step: there is no step `undo of result` in hss.yaml"]);
}

#[test]
fn undos_their_answers_and_both_ends_of_a_poll_count_towards_coverage() {
    let missed = |cases: &[&str]| {
        let coverage = of_mapping(MAPPING, cases).coverage.expect("a coverage");
        coverage.missed().map(|part| part.name.to_string()).collect::<Vec<_>>()
    };
    let done =
        format!("event: event.json, exchange: [{START}, {}, {{ request: PUT /end }}]", poll(DONE));
    assert_eq!(
        missed(&[&done]),
        [
            "rule `all`, undo of start",
            "rule `all`, undo of start, response 1",
            "rule `all`, step `result`, `until` does not hold",
        ]
    );
    let again = poll(&format!("[{{}}, {DONE}]"));
    let undone = format!(
        "event: event.json, exchange: [{START}, {again}, {{ request: PUT /end, reply: {{ status: 400 }} }}, \
         {{ request: DELETE /jobs, reply: {{ status: 404 }} }}], answer: {{ status: 422 }}"
    );
    assert_eq!(missed(&[&undone]), [""; 0]);
    let vain = format!(
        "event: event.json, exchange: [{START}, {}], answer: {{ status: 503 }}",
        poll("[{}, {}, {}]")
    );
    assert!(missed(&[&vain]).contains(&"rule `all`, step `result`, `until` holds".to_owned()));
}

#[test]
fn what_was_saved_is_there_to_be_looked_at_although_it_was_taken_back() {
    let mapping = MAPPING.replace(
        "        undo:\n",
        "        save: { id: { path: $.id, optional: true } }\n        undo:\n",
    );
    let mapping = mapping.replace("PUT /end", "PUT /end\n        query: { id: '{{id}}' }");
    let case = format!(
        "event: event.json, variables: {{ id: 7 }}, exchange: [{{ request: POST /jobs, reply: {{ json: {{ id: \
         7 }} }} }}, {}, {{ request: PUT /end, reply: {{ status: 400 }} }}, {{ request: DELETE /jobs }}], \
         answer: {{ status: 422 }}",
        poll(DONE)
    );
    assert_eq!(failures(&of_mapping(&mapping, &[&case]), 0), [""; 0]);
}
