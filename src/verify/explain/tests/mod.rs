//! Explanations of small mappings: what is told of rules, variables, requests and answers.

mod answers;
mod log_ins;
mod repeated;
mod rules;
mod secrets;
mod variables;

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::account::{Explanation, Found, MappingAccount, RunAccount, Try, VariableAccount};
use super::{Question, explain};
use crate::engine::script::Reply;
use crate::engine::transport::{Response, TransportFault};
use crate::event::Event;
use crate::mapping::diagnostic::Style;
use crate::mapping::env::Environment;
use crate::mapping::load_text;
use crate::program::Program;

/// A mapping with a target, and below it what is written here.
fn mapping(rest: &str) -> String {
    format!("version: 1\ntargets: {{ hss: {{ url: http://hss.test }} }}\n{rest}")
}

/// The environment of these tests.
fn variable(name: &str) -> Option<String> {
    let value = match name {
        "SECRET" => "open-sesame-42",
        "PIN" => "0815",
        "FLAG" => "1",
        _ => return None,
    };
    Some(value.to_owned())
}

fn file(path: &str) -> Result<String, String> {
    match path {
        "pin" => Ok("4711\n".to_owned()),
        _ => Err("there is no such file".to_owned()),
    }
}

#[track_caller]
fn program(text: &str) -> Program {
    let environment = Environment::new(&variable, &file, false);
    let loaded = load_text("hss.yaml", text, environment);
    let report = loaded.report.render(Style::Plain);
    loaded.program.unwrap_or_else(|| panic!("{report}\n{text}"))
}

fn event(pb_data: &Value) -> Event {
    let body = json!({
        "event_id": "e-1", "data": { "event_type": "SIM/Updated" }, "pb_data": pb_data,
    });
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736".to_owned();
    Event::parse(body.to_string().as_bytes(), trace, "u-1".to_owned()).expect("an event")
}

#[track_caller]
fn explained(text: &str, pb_data: &Value, replies: Vec<Vec<Reply>>) -> Explanation {
    explained_with(text, pb_data, replies, false)
}

/// The same, with log-ins or without them.
#[track_caller]
fn explained_with(
    text: &str,
    pb_data: &Value,
    replies: Vec<Vec<Reply>>,
    log_ins: bool,
) -> Explanation {
    let now = "2026-01-31T12:00:00Z".parse().expect("a moment");
    let deadline = Duration::from_secs(25);
    let (program, event) = (program(text), event(pb_data));
    explain(Question { program, event, replies, log_ins, now, deadline }).expect("an explanation")
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().copied().collect();
    let body = Bytes::copy_from_slice(body.as_bytes());
    Reply::at_once(Ok(Response { status, headers, body }))
}

fn json_answer(status: u16, body: &Value) -> Reply {
    answer(status, &[("content-type", "application/json")], &body.to_string())
}

fn fault(fault: TransportFault) -> Reply {
    Reply::at_once(Err(fault))
}

impl Explanation {
    /// Of the only mapping.
    #[track_caller]
    fn only(&self) -> &MappingAccount {
        assert_eq!(self.mappings.len(), 1);
        &self.mappings[0]
    }

    #[track_caller]
    fn run(&self) -> &RunAccount {
        self.only().run.as_ref().expect("a rule that runs")
    }

    /// Everything that was sent, as `METHOD URL`.
    fn sent(&self) -> Vec<String> {
        let runs = self.mappings.iter().filter_map(|mapping| mapping.run.as_ref());
        let exchanges = runs.flat_map(|run| &run.turns).flat_map(|turn| &turn.exchanges);
        let line = |request: &super::account::Sent| format!("{} {}", request.method, request.url);
        exchanges.map(|exchange| line(&exchange.request)).collect()
    }

    #[track_caller]
    fn variable(&self, name: &str) -> &VariableAccount {
        let found = self.only().variables.iter().find(|variable| &*variable.name == name);
        found.unwrap_or_else(|| panic!("nothing is told of `{name}`"))
    }

    /// The tries of the exchange at this position.
    #[track_caller]
    fn tries(&self, at: usize) -> &[Try] {
        let mut exchanges = self.run().turns.iter().flat_map(|turn| &turn.exchanges);
        &exchanges.nth(at).expect("an exchange").tries
    }
}

/// The tests of a condition: a mark, subject, what is asked and what was seen.
fn tests(found: Option<&Found>) -> Vec<String> {
    let tests = found.map(Found::tests).unwrap_or_default();
    let line = |tested: &super::account::Tested| {
        let mark = tested.held.as_ref().map_or("?", |held| if *held { "+" } else { "-" });
        let saw: Vec<&str> = tested.saw.iter().map(|value| value.text.as_str()).collect();
        let decides = if tested.decides { " <" } else { "" };
        format!("{mark} {} {} [{}]{decides}", tested.subject, tested.asks, saw.join(" "))
    };
    tests.into_iter().map(line).collect()
}
