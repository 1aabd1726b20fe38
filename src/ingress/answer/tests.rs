//! Outcomes and the answers they become.

use serde_json::json;

use super::*;
use crate::engine::outcome::{Members, Undone};
use crate::ingress::tests::Scripted;

fn about() -> About {
    let identity = Identity { request_id: "r".into(), unique_id: "u".into() };
    About { event_id: "e".into(), event_type: "SIM/Foo".into(), identity }
}

fn rule(name: &str, result: RuleResult) -> RuleOutcome {
    RuleOutcome { mapping: "hss.yaml".into(), rule: name.into(), result, undone: Vec::new() }
}

fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, format!("{kind:?} happened"), "the reason")
}

/// An answer whose body has been read.
struct Read {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

fn read(answer: Answer) -> Read {
    Read { status: answer.status, body: answer.value(), headers: answer.headers }
}

fn answer_to(results: impl IntoIterator<Item = RuleResult>) -> Read {
    let rules = results.into_iter().map(|result| rule("one", result)).collect();
    read(of_outcome(&Outcome { rules }, &about(), &Scripted::default()).answer)
}

fn answer_to_failure(failure: Failure) -> Read {
    answer_to([RuleResult::Failed(failure)])
}

fn header<'a>(answer: &'a Read, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
}

#[test]
fn success_names_the_event_and_its_rules() {
    let answer = answer_to([RuleResult::Succeeded, RuleResult::Ignored("not ours".to_owned())]);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "message": "Event processed successfully",
            "event_id": "e",
            "rules": [
                { "mapping": "hss.yaml", "rule": "one", "outcome": "succeeded" },
                { "mapping": "hss.yaml", "rule": "one", "outcome": "ignored", "message": "not ours" },
            ],
        })
    );
}

#[test]
fn an_event_that_nobody_wants_is_ignored() {
    assert_eq!(answer_to([]).body["message"], "Event ignored: no rule for SIM/Foo");
    let ignored = ["not ours", "too old"].map(|text| RuleResult::Ignored(text.to_owned()));
    assert_eq!(answer_to(ignored).body["message"], "Event ignored: not ours; too old");
}

#[test]
fn each_kind_of_failure_has_its_status_and_type() {
    for (kind, status, name) in [
        (FailureKind::Invalid, 422, VALIDATION),
        (FailureKind::Refused, 422, SERVICE),
        (FailureKind::RateLimited, 429, RATE_LIMIT),
        (FailureKind::Internal, 500, INTERNAL),
        (FailureKind::BadAnswer, 502, SERVICE),
        (FailureKind::Unavailable, 503, CONNECTION),
    ] {
        let answer = answer_to_failure(failure(kind));
        assert_eq!((answer.status, answer.body["type"].as_str()), (status, Some(name)));
        assert_eq!(header(&answer, "retry-after").is_some(), matches!(status, 429 | 503));
    }
}

#[test]
fn a_failure_says_where_and_why() {
    let answer = answer_to_failure(Failure {
        step: Some("2".into()),
        target: Some("hss".into()),
        target_status: Some(401),
        ..failure(FailureKind::BadAnswer)
    });
    assert_eq!(answer.status, 502, "a target's 401 is not ours");
    assert_eq!(
        answer.body,
        json!({
            "message": "BadAnswer happened",
            "error": "the reason",
            "type": "SERVICE_ERROR",
            "event_id": "e",
            "request_id": "r",
            "unique_id": "u",
            "details": [{
                "mapping": "hss.yaml", "rule": "one", "step": "2", "target": "hss",
                "type": "SERVICE_ERROR", "status": 401,
                "message": "BadAnswer happened", "error": "the reason",
            }],
        })
    );
}

#[test]
fn the_most_retryable_failure_decides_and_all_are_listed() {
    use FailureKind::*;
    let order = [Unavailable, RateLimited, BadAnswer, Internal, Invalid];
    for (at, expected) in order.into_iter().enumerate() {
        let kinds = order[at..].iter().rev();
        let answer = answer_to(kinds.map(|kind| RuleResult::Failed(failure(*kind))));
        assert_eq!(answer.body["message"], format!("{expected:?} happened"));
        assert_eq!(answer.body["details"].as_array().map(Vec::len), Some(order.len() - at));
    }
}

#[test]
fn of_equal_failures_the_first_one_decides() {
    let of = |kind| RuleResult::Failed(failure(kind));
    let answer = answer_to([of(FailureKind::Refused), of(FailureKind::Invalid)]);
    assert_eq!(answer.body["message"], "Refused happened");
}

#[test]
fn a_pause_is_told_in_whole_seconds() {
    let after = |pause| {
        let failure = Failure { retry_after: pause, ..failure(FailureKind::RateLimited) };
        header(&answer_to_failure(failure), "retry-after").unwrap().to_owned()
    };
    assert_eq!(after(None), "30");
    assert_eq!(after(Some(Duration::from_millis(1001))), "2");
    assert_eq!(after(Some(Duration::from_secs(7))), "7");
    assert_eq!(after(Some(Duration::ZERO)), "1");
    assert_eq!(after(Some(Duration::MAX)), u64::MAX.to_string());
}

#[test]
fn a_pause_that_a_target_asked_for_is_told_with_any_status() {
    let retry_after = Some(Duration::from_secs(120));
    let failure = Failure { retry_after, ..failure(FailureKind::BadAnswer) };
    let answer = answer_to_failure(failure);
    assert_eq!((answer.status, header(&answer, "retry-after")), (502, Some("120")));
}

#[test]
fn a_mapping_chooses_the_status() {
    for (asked, status, name) in [
        (404, 404, SERVICE),
        (401, 401, SERVICE),
        (500, 500, SERVICE),
        (429, 429, RATE_LIMIT),
        (503, 503, CONNECTION),
        (302, 422, SERVICE),
    ] {
        let refused = Failure { answer: Some(asked), ..failure(FailureKind::Refused) };
        let answer = answer_to_failure(refused);
        assert_eq!((answer.status, answer.body["type"].as_str()), (status, Some(name)), "{asked}");
    }
}

#[test]
fn an_acknowledged_failure_is_no_failure_unless_another_rule_failed() {
    let acknowledged = || Failure { answer: Some(200), ..failure(FailureKind::Refused) };
    let answer = answer_to([RuleResult::Succeeded, RuleResult::Failed(acknowledged())]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["message"], "Event acknowledged: Refused happened");
    assert_eq!(answer.body["rules"][1]["outcome"], "acknowledged");

    let other = RuleResult::Failed(failure(FailureKind::Invalid));
    let answer = answer_to([RuleResult::Failed(acknowledged()), other]);
    assert_eq!((answer.status, &answer.body["message"]), (422, &json!("Invalid happened")));
}

#[test]
fn secrets_do_not_go_out() {
    let leaky = "told hunter2hunter2 to go away".to_owned();
    for result in [
        RuleResult::Ignored(leaky.clone()),
        RuleResult::Failed(Failure {
            message: leaky.clone(),
            error: leaky.clone(),
            ..failure(FailureKind::Invalid)
        }),
        RuleResult::Failed(Failure {
            message: leaky.clone(),
            answer: Some(200),
            ..failure(FailureKind::Invalid)
        }),
    ] {
        let text = answer_to([result]).body.to_string();
        assert!(text.contains("told *** to go away") && !text.contains("hunter2"), "{text}");
    }
}

/// What NSPS and the log are told of a rule that failed at a member and was taken back.
fn taken_back(members: Option<Members>, undone: Vec<Undone>) -> (Value, Value) {
    let mut failure = failure(FailureKind::Refused);
    failure.step = Some("add".into());
    failure.index = members.map(|_| 3);
    failure.members = members;
    let rule = RuleOutcome { undone, ..rule("one", RuleResult::Failed(failure)) };
    let outcome = Outcome { rules: vec![rule] };
    let ended = of_outcome(&outcome, &about(), &Scripted::default());
    let rules: Value = serde_json::from_str(ended.rules.get()).unwrap();
    (read(ended.answer).body["details"][0].clone(), rules[0].clone())
}

fn undone(step: &str, times: usize, failed: usize, index: Option<u32>) -> Undone {
    let failure = (failed > 0).then(|| {
        let why = Failure::new(FailureKind::BadAnswer, "hss answered 500", "the reason");
        Box::new(Failure { index, ..why })
    });
    Undone { step: step.into(), times, failed, failure }
}

#[test]
fn a_failure_at_a_member_tells_how_many_of_how_many_were_done() {
    let (detail, entry) = taken_back(Some(Members { done: 2, all: 5 }), Vec::new());
    for told in [detail, entry] {
        let place = ["step", "index", "members", "done"].map(|key| told[key].clone());
        assert_eq!(place, [json!("add"), json!(3), json!(5), json!(2)], "{told}");
        assert!(told.get("undone").is_none() && told.get("not_undone").is_none(), "{told}");
    }
}

#[test]
fn what_was_taken_back_is_told_and_what_could_not_be() {
    let all = vec![
        undone("third", 1, 0, None),
        undone("second", 5, 2, Some(4)),
        undone("first", 1, 1, None),
    ];
    let (detail, entry) = taken_back(None, all);
    for told in [detail, entry] {
        assert_eq!(told["undone"], json!(["third"]), "{told}");
        assert_eq!(
            told["not_undone"],
            json!([
                { "step": "second", "index": 4, "members": 5, "done": 3, "message": "hss answered 500" },
                { "step": "first", "message": "hss answered 500" },
            ])
        );
        assert!(told.get("members").is_none(), "{told}");
    }
}
