//! Polls and undos, as people and tools read them.

use serde_json::json;

use super::{assert_in_order, explain, stage, told};
use crate::support::scratch::Scratch;

const JOB: &str = r"version: 1
targets: { crm: { url: http://crm.test } }
extract: { list: $.pb_data.list }
rules:
  - name: provision
    event: SIM/*
    steps:
      - name: start
        for_each: list
        request: POST /jobs/{{item}}
        undo: { request: 'DELETE /jobs/{{item}}' }
      - name: result
        request: GET /jobs
        repeat: { until: { $.state: done }, every: 2s, for: 4s }
      - { name: end, request: PUT /end }
";

const REPLIES: [&str; 8] = [
    "--reply",
    "created.yaml",
    "--reply",
    "created.yaml",
    "--reply",
    "polled.yaml",
    "--reply",
    "refused.yaml",
];

fn job() -> Scratch {
    let scratch = stage(JOB, &json!({ "list": ["a", "b"] }));
    scratch.write("created.yaml", "{ status: 201 }");
    scratch.write("polled.yaml", "[{ json: { state: queued } }, { json: { state: done } }]");
    scratch.write("refused.yaml", "{ status: 400 }");
    scratch
}

#[test]
fn polls_and_what_is_taken_back_are_told_in_their_order() {
    assert_in_order(
        &explain(&job(), &REPLIES).stdout,
        &[
            "  Step `start`, member 1: \"b\" (crm.yaml:8)\n",
            "  Step `result` (crm.yaml:12)\n",
            "    Reply 3: 200\n",
            "      ✗ `until` does not hold (crm.yaml:14)\n        ✗ $.state equals \"done\": it is \
             \"queued\"\n",
            "    Polled again after 2.000 s\n\n    GET http://crm.test/jobs\n",
            "    Reply 3: 200\n",
            "      ✓ `until` holds (crm.yaml:14)\n        ✓ $.state equals \"done\": it is \"done\"\n",
            "  Step `end` (crm.yaml:15)\n",
            "  Rule `provision` fails at step `end`: crm answered 400 with an empty body (after 2.000 s)",
            "  What its steps did is taken back, the last first\n",
            "  Step `undo of start`, member 1: \"b\" (crm.yaml:11)\n\n    DELETE http://crm.test/jobs/b\n",
            "    Stand-in for a reply: 200 {}\n",
            "  Step `undo of start`, member 0: \"a\" (crm.yaml:11)\n\n    DELETE http://crm.test/jobs/a\n",
            "What NSPS is told: 422\n",
            "\"undone\": [\n        \"start\"\n      ]",
        ],
    );
}

#[test]
fn a_poll_in_vain_says_why_it_ends() {
    let ran = explain(&job(), &REPLIES[..4]);
    assert_in_order(
        &ran.stdout,
        &[
            "    Polled again after 2.000 s\n",
            "    Polled again after 2.000 s\n",
            "      ✗ `until` does not hold",
            "    It is not polled again: the time to poll is over (`for`)\n",
            "  Step `end` is not reached",
            "what step `result` waits for did not come about within 4s (3 answers of crm, the last one \
             200)",
        ],
    );
    assert!(!ran.stdout.contains("taken back"), "{}", ran.stdout);
}

#[test]
fn tools_are_told_the_same() {
    let told = told(&job(), &REPLIES);
    let run = &told["mappings"][0]["run"];
    let until = |at: usize| &run["steps"][2]["exchanges"][at]["until"];
    assert_eq!((&until(0)["held"], &until(1)["held"]), (&json!(false), &json!(true)));
    assert_eq!(until(1)["when"]["asks"], "equals \"done\"");
    assert_eq!(run["steps"][0]["exchanges"][0]["until"], json!(null));
    assert_eq!(
        (&run["undos"][0]["step"], &run["undos_left_out"]),
        (&json!("undo of start"), &json!(0))
    );
    assert_eq!(run["undos"][0]["exchanges"][0]["request"]["method"], "DELETE");
}
