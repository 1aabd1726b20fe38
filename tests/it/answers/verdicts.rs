//! What a target's answer becomes: by its status, by `responses`, and with `answer`.

use serde_json::json;

use super::{rule_failure, step_failure};
use crate::support::reply::Reply;
use crate::support::stage::{OneStep, Stage, event};

#[test]
fn each_status_of_a_target_has_its_answer() {
    let stage = Stage::set(OneStep::new("PUT /x").target("retry: { attempts: 1 }"));
    for (of_target, status, kind) in [
        (400, 422, "SERVICE_ERROR"),
        (401, 502, "SERVICE_ERROR"),
        (403, 502, "SERVICE_ERROR"),
        (404, 422, "SERVICE_ERROR"),
        (407, 502, "SERVICE_ERROR"),
        (408, 503, "CONNECTION_ERROR"),
        (409, 422, "SERVICE_ERROR"),
        (422, 422, "SERVICE_ERROR"),
        (425, 503, "CONNECTION_ERROR"),
        (429, 429, "RATE_LIMIT_ERROR"),
        (500, 502, "SERVICE_ERROR"),
        (501, 422, "SERVICE_ERROR"),
        (502, 502, "SERVICE_ERROR"),
        (503, 502, "SERVICE_ERROR"),
        (504, 502, "SERVICE_ERROR"),
    ] {
        let event = event("SIM/Updated");
        stage.target.next(Reply::text(of_target, "text/plain", "not today"));
        let body = step_failure(&stage.post(&event), status, kind, &event);
        assert_eq!(body["details"][0]["status"], of_target);
        let error = body["error"].as_str().unwrap();
        assert_eq!(error, format!("hss answered {of_target}: not today"));
        let message = body["message"].as_str().unwrap();
        assert!(message.contains("hss") && message.contains(&of_target.to_string()), "{message}");
    }
}

#[test]
fn every_2xx_is_success() {
    let stage = Stage::set(OneStep::new("PUT /x"));
    for status in [200, 201, 202, 204, 206, 299] {
        stage.target.next(Reply::status(status));
        assert_eq!(stage.post_type("SIM/Updated").status, 200, "{status}");
    }
}

#[test]
fn of_a_long_answer_the_beginning_is_told() {
    let stage = Stage::set(OneStep::new("PUT /x"));
    stage.target.next(Reply::text(400, "text/plain", &"é".repeat(100_000)));
    let event = event("SIM/Updated");
    let body = step_failure(&stage.post(&event), 422, "SERVICE_ERROR", &event);
    assert_eq!(body["error"], format!("hss answered 400: {}…", "é".repeat(200)));
}

/// What a table says, for one answer of the target.
struct Case {
    /// `responses` of the step and of the target, in flow style.
    step: &'static str,
    target: &'static str,
    reply: Reply,
    status: u16,
    /// Part of the message.
    told: &'static str,
    tries: usize,
}

fn check(cases: Vec<Case>) {
    for Case { step, target, reply, status, told, tries } in cases {
        let mapping = OneStep::new("POST /x")
            .step(&format!("responses: {step}"))
            .target(&format!("responses: {target}"));
        let stage = Stage::set(mapping);
        stage.target.always(reply);
        let answer = stage.post_type("SIM/Updated");
        assert_eq!(answer.status, status, "{step} {target}: {}", answer.text());
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(told), "{step} {target}: {message}");
        assert_eq!(stage.target.requests().len(), tries, "{step} {target}");
    }
}

#[test]
fn a_table_turns_statuses_and_bodies_into_verdicts() {
    let refusal = Reply::json(200, json!({"code": 17, "error": {"text": "no such profile"}}));
    let processed = "Event processed successfully";
    check(vec![
        Case {
            step: "[{ when: { status: 404 }, then: ok }]",
            target: "[]",
            reply: Reply::status(404),
            status: 200,
            told: processed,
            tries: 1,
        },
        Case {
            step: "[{ when: { status: 4xx, text: { contains: exists } }, then: ok }]",
            target: "[]",
            reply: Reply::text(409, "text/plain", "it exists"),
            status: 200,
            told: processed,
            tries: 1,
        },
        Case {
            step: r#"[{ when: { $.code: { not: 0 } }, then: fail, message: "{{body.error.text}} ({{body.code}})" }]"#,
            target: "[]",
            reply: refusal.clone(),
            status: 422,
            told: "no such profile (17)",
            tries: 1,
        },
        Case {
            step: "[{ when: { $.code: 17 }, then: retry, message: \"busy{{body.absent}}\" }]",
            target: "[]",
            reply: refusal.clone(),
            status: 503,
            told: "busy",
            tries: 3,
        },
        Case {
            step: "[{ when: { headers.x-verdict: no }, then: fail, message: by header }]",
            target: "[]",
            reply: crate::support::reply::Answer::new(200).header("X-Verdict", "no").into(),
            status: 422,
            told: "by header",
            tries: 1,
        },
        Case {
            step: "[{ when: { $.code: 17 }, then: fail }]",
            target: "[]",
            reply: refusal,
            status: 422,
            told: "hss answered 200: {\"code\":17",
            tries: 1,
        },
    ]);
}

#[test]
fn what_is_used_up_is_told_by_the_last_status() {
    let retry = "[{ when: { status: { not: 2xx } }, then: retry }]";
    let case = |of_target: u16, status: u16| Case {
        step: retry,
        target: "[]",
        reply: Reply::status(of_target),
        status,
        told: "hss answered",
        tries: 3,
    };
    check(vec![case(404, 503), case(401, 503), case(429, 429), case(500, 502), case(501, 502)]);
}

#[test]
fn the_steps_table_is_read_before_the_targets_and_the_first_entry_decides() {
    let case = |step, target, of_target, status, told, tries| Case {
        step,
        target,
        reply: Reply::status(of_target),
        status,
        told,
        tries,
    };
    let ok = "[{ when: { status: 404 }, then: ok }]";
    let fail = "[{ when: { status: 404 }, then: fail, message: gone }]";
    let retry = "[{ when: { status: 404 }, then: retry, message: later }]";
    let both = "[{ when: { status: 4xx }, then: fail, message: first }, { when: { status: 404 }, then: ok }]";
    check(vec![
        case(ok, fail, 404, 200, "processed", 1),
        case(fail, ok, 404, 422, "gone", 1),
        case(retry, fail, 404, 503, "later", 3),
        case("[]", retry, 404, 503, "later", 3),
        case("[]", fail, 404, 422, "gone", 1),
        case(ok, retry, 400, 422, "hss answered 400", 1),
        case(both, "[]", 404, 422, "first", 1),
    ]);
}

#[test]
fn stop_ends_the_rule_in_success() {
    for (table, requests) in
        [("{ when: { status: 404 }, then: stop }", 1), ("{ when: { status: 404 }, then: ok }", 2)]
    {
        for place in ["step", "target"] {
            let line = format!("responses: [{table}]");
            let mapping = OneStep::new("GET /first");
            let mapping = match place {
                "step" => mapping.step(&line),
                _ => mapping.target(&line),
            };
            let stage = Stage::set(format!("{mapping}      - request: POST /second\n"));
            stage.target.next(Reply::status(404));
            let answer = stage.post_type("SIM/Updated");
            assert_eq!(answer.json()["message"], "Event processed successfully");
            assert_eq!(answer.json()["rules"][0]["outcome"], "succeeded");
            assert_eq!(stage.target.requests().len(), requests, "{table} of the {place}");
        }
    }
}

#[test]
fn a_later_step_is_not_reached_after_a_failure() {
    let mapping = OneStep::new("POST /first").to_string();
    let stage = Stage::set(format!("{mapping}      - request: POST /second\n"));
    stage.target.next(Reply::ok());
    stage.target.next(Reply::status(400));
    let event = event("SIM/Updated");
    let (body, detail) = rule_failure(&stage.post(&event), 422, "SERVICE_ERROR", &event);
    assert_eq!(detail["step"], "2", "a step without a name is known by its position: {body}");

    stage.target.next(Reply::status(400));
    assert_eq!(stage.post_type("SIM/Updated").status, 422);
    let paths: Vec<String> = stage.target.requests().into_iter().map(|sent| sent.uri).collect();
    assert_eq!(paths, ["/first", "/second", "/first"]);
}

#[test]
fn an_entry_chooses_the_status() {
    for (then, answer, status, kind) in [
        ("fail", 400, 400, "SERVICE_ERROR"),
        ("fail", 404, 404, "SERVICE_ERROR"),
        ("fail", 409, 409, "SERVICE_ERROR"),
        ("fail", 429, 429, "RATE_LIMIT_ERROR"),
        ("fail", 500, 500, "SERVICE_ERROR"),
        ("fail", 503, 503, "CONNECTION_ERROR"),
        ("retry", 422, 422, "SERVICE_ERROR"),
        ("retry", 502, 502, "SERVICE_ERROR"),
    ] {
        let entry =
            format!("{{ when: {{ status: 410 }}, then: {then}, answer: {answer}, message: gone }}");
        let stage = Stage::set(OneStep::new("POST /x").target(&format!("responses: [{entry}]")));
        stage.target.always(Reply::status(410));
        let event = event("SIM/Updated");
        let body = step_failure(&stage.post(&event), status, kind, &event);
        assert_eq!(body["message"], "gone");
        let tries = if then == "retry" { 3 } else { 1 };
        assert_eq!(stage.target.requests().len(), tries, "{entry}");
    }
}

#[test]
fn answer_200_acknowledges_a_failure_and_says_so() {
    for then in ["fail", "retry"] {
        let entry =
            format!("{{ when: {{ status: 410 }}, then: {then}, answer: 200, message: long gone }}");
        let stage = Stage::set(OneStep::new("POST /x").target(&format!("responses: [{entry}]")));
        stage.target.always(Reply::status(410));
        let answer = stage.post_type("SIM/Updated");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["message"], "Event acknowledged: long gone");
        assert_eq!(answer.json()["rules"][0]["outcome"], "acknowledged");
        assert!(answer.json().get("type").is_none());
    }
}
