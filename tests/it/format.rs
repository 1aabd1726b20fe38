//! The mapping format, from outside: what a mapping says is what the target gets.

mod addresses;
mod bodies;
mod environment;
mod example;
mod flow;
mod lists;
mod saved;
mod tables;

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::client::Answer;
use crate::support::stage::{Stage, fresh_id};

/// A connector with one mapping: one target, which is tried twice, and these further lines.
#[track_caller]
fn stage(lines: &str) -> Stage {
    let mut mapping =
        "version: 1\ntargets:\n  hss:\n    url: ${TARGET_URL}/api\n    timeout: 2s\n    \
                       retry: { attempts: 2, backoff: 1ms, max_backoff: 2ms }\n"
            .to_owned();
    writeln!(mapping, "{}", lines.trim_start_matches('\n')).unwrap();
    Stage::set(mapping)
}

/// Posts an event with that `pb_data`.
fn post(stage: &Stage, pb_data: &Value) -> Answer {
    stage.post(&json!({
        "event_id": fresh_id(),
        "data": { "event_type": "SIM/Updated" },
        "pb_data": pb_data,
    }))
}

/// Posts an event that must be processed.
#[track_caller]
fn processed(stage: &Stage, pb_data: &Value) {
    let answer = post(stage, pb_data);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Every request so far as `METHOD /path body`.
fn sent(stage: &Stage) -> Vec<String> {
    stage
        .target
        .requests()
        .iter()
        .map(|request| request.to_string().trim_end().to_owned())
        .collect()
}
