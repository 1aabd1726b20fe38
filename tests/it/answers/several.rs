//! Several mappings, several failures, one answer.

use serde_json::{Value, json};

use super::failure;
use crate::support::SOON;
use crate::support::reply::{Gate, Reply};
use crate::support::stage::{Stage, event};

/// What makes the answer of that status, most retryable first.
const LEVELS: [(u16, &str); 5] = [
    (503, "CONNECTION_ERROR"),
    (429, "RATE_LIMIT_ERROR"),
    (502, "SERVICE_ERROR"),
    (500, "SERVICE_ERROR"),
    (422, "SERVICE_ERROR"),
];

/// A mapping whose target is at `/NAME`, for events of these types.
fn mapping(name: &str, events: &[String]) -> String {
    let events = events.join(", ");
    format!(
        "version: 1\ntargets:\n  {name}:\n    url: ${{TARGET_URL}}/{name}\n    timeout: 2s\n    \
         retry: {{ attempts: 1 }}\n    responses:\n      - when: {{ status: 418 }}\n        \
         then: fail\n        answer: 500\n      - when: {{ status: 410 }}\n        \
         then: fail\n        answer: 200\n        message: long gone\nrules:\n  - name: rule-{name}\n    event: [{events}]\n    \
         steps:\n      - name: step-{name}\n        request: POST /x\n"
    )
}

fn reply(status: u16) -> Reply {
    match status {
        503 => Reply::CloseUnanswered,
        429 => Reply::status(429),
        502 => Reply::status(500),
        500 => Reply::status(418),
        422 => Reply::status(400),
        other => Reply::status(other),
    }
}

/// One mapping for each of the levels from the `level`th on is concerned by `From/level`.
fn stage() -> Stage {
    // The order of the files is the reverse of what is wanted.
    let mappings: Vec<(String, String)> = (0..LEVELS.len())
        .map(|at| {
            let events: Vec<String> = (0..=at).map(|from| format!("From/{from}")).collect();
            (format!("{}.yaml", 9 - at), mapping(&format!("t{}", LEVELS[at].0), &events))
        })
        .collect();
    let mappings: Vec<_> =
        mappings.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let stage = Stage::set_with(&mappings, |setup| setup);
    for (status, _) in LEVELS {
        stage.target.on(&format!("/t{status}/x"), move |_| reply(status));
    }
    stage
}

#[test]
fn the_most_retryable_failure_decides_and_details_list_all() {
    let stage = stage();
    for (from, (status, kind)) in LEVELS.into_iter().enumerate() {
        let event = event(&format!("From/{from}"));
        let body = failure(&stage.post(&event), status, kind);
        assert_eq!(body["event_id"], event["event_id"]);
        let details = body["details"].as_array().unwrap();
        let listed: Vec<[&Value; 4]> = details
            .iter()
            .map(|detail| ["mapping", "rule", "step", "target"].map(|field| &detail[field]))
            .collect();
        let expected: Vec<[Value; 4]> = (from..LEVELS.len())
            .rev()
            .map(|at| {
                let name = LEVELS[at].0;
                [
                    json!(format!("{}.yaml", 9 - at)),
                    json!(format!("rule-t{name}")),
                    json!(format!("step-t{name}")),
                    json!(format!("t{name}")),
                ]
            })
            .collect();
        assert_eq!(listed, expected.iter().map(|entry| entry.each_ref()).collect::<Vec<_>>());
        let worst = details.last().unwrap();
        for field in ["message", "error", "type"] {
            assert_eq!(body[field], worst[field], "{body}");
        }
    }
}

#[test]
fn what_succeeded_or_was_acknowledged_is_not_among_the_failures() {
    let all = ["\"*\"".to_owned()];
    let mappings: Vec<(String, String)> =
        ["a", "b", "c"].map(|name| (format!("{name}.yaml"), mapping(name, &all))).into();
    let mappings: Vec<_> =
        mappings.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let stage = Stage::set_with(&mappings, |setup| setup);
    let answers = |a: u16, b: u16, c: u16| {
        for (name, status) in [("a", a), ("b", b), ("c", c)] {
            stage.target.on(&format!("/{name}/x"), move |_| reply(status));
        }
        stage.post_type("SIM/Updated")
    };

    let body = failure(&answers(200, 422, 410), 422, "SERVICE_ERROR");
    assert_eq!(body["details"].as_array().unwrap().len(), 1);
    assert_eq!(body["details"][0]["mapping"], "b.yaml");

    let acknowledged = answers(200, 200, 410);
    assert_eq!(acknowledged.status, 200);
    assert_eq!(acknowledged.json()["message"], "Event acknowledged: long gone");
    let rules = acknowledged.json()["rules"].clone();
    let outcomes = [0, 1, 2].map(|at: usize| rules[at]["outcome"].clone());
    assert_eq!(outcomes, ["succeeded", "succeeded", "acknowledged"]);

    assert_eq!(answers(200, 200, 200).json()["message"], "Event processed successfully");
}

#[test]
fn rules_of_different_files_run_side_by_side() {
    let all = ["\"*\"".to_owned()];
    let mappings = [("a.yaml", mapping("a", &all)), ("b.yaml", mapping("b", &all))]
        .map(|(name, text)| (name, text.replace("timeout: 2s", "timeout: 10s")));
    let stage = Stage::set_with(&mappings, |setup| setup);
    let gate = Gate::new();
    stage.target.always(Reply::ok().held_by(&gate));
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| stage.post_type("SIM/Updated"));
        // Both are there while neither has been answered.
        stage.target.wait_for(2, SOON);
        gate.open();
        assert_eq!(answer.join().unwrap().status, 200);
    });
}
