//! The usual stage of a test: a target, a mapping to it, and a connector between the two.

use std::fmt;

use serde_json::{Value, json};

use super::client::Answer;
use super::connector::{Connector, Setup};
use super::scratch::Scratch;
use super::target::Target;

/// A connector with a target behind it. Mappings find the target at `${TARGET_URL}`.
pub struct Stage {
    pub connector: Connector,
    pub target: Target,
    _scratch: Scratch,
}

impl Stage {
    /// With `hss.yaml` as its only mapping.
    pub fn set(mapping: impl fmt::Display) -> Self {
        Self::set_with(&[("hss.yaml", mapping.to_string())], |setup| setup)
    }

    /// With these mappings, by file name, and with whatever else is to be set up.
    pub fn set_with(mappings: &[(&str, String)], adapt: impl FnOnce(Setup) -> Setup) -> Self {
        Self::set_by(mappings, |setup| adapt(setup).start())
    }

    /// The same, started by the caller.
    pub fn set_by(mappings: &[(&str, String)], start: impl FnOnce(Setup) -> Connector) -> Self {
        let (scratch, target) = (Scratch::new(), Target::start());
        for (name, text) in mappings {
            scratch.mapping(name, text);
        }
        let setup = Setup::new(&scratch).env("TARGET_URL", &target.url());
        Self { connector: start(setup), target, _scratch: scratch }
    }

    pub fn post(&self, event: &Value) -> Answer {
        self.connector.post_event("/", event.to_string(), &[])
    }

    /// Posts an event of that type that says nothing else; its id is new each time.
    pub fn post_type(&self, event_type: &str) -> Answer {
        self.post(&event(event_type))
    }
}

/// An event id that no other event has.
pub fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// An event of that type, with a new id and empty `pb_data`.
pub fn event(event_type: &str) -> Value {
    json!({ "event_id": fresh_id(), "data": { "event_type": event_type }, "pb_data": {} })
}

/// A mapping with one target, `hss`, and one rule, `all`, of one step, `send`, for every event. The
/// target is tried three times, without a pause worth the name.
pub struct OneStep {
    request: String,
    target: String,
    step: String,
    top: String,
}

impl OneStep {
    pub fn new(request: &str) -> Self {
        let [target, step, top] = [const { String::new() }; 3];
        Self { request: request.to_owned(), target, step, top }
    }

    /// One more line for the target.
    pub fn target(mut self, line: &str) -> Self {
        self.target.push_str(&format!("    {line}\n"));
        self
    }

    /// One more line for the step.
    pub fn step(mut self, line: &str) -> Self {
        self.step.push_str(&format!("        {line}\n"));
        self
    }

    /// One more line for the file.
    pub fn top(mut self, line: &str) -> Self {
        self.top.push_str(&format!("{line}\n"));
        self
    }
}

impl fmt::Display for OneStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, target, step, top } = self;
        let defaults =
            [("timeout", "2s"), ("retry", "{ attempts: 3, backoff: 1ms, max_backoff: 5ms }")];
        let defaults: String = defaults
            .iter()
            .filter(|(key, _)| !target.contains(&format!(" {key}:")))
            .map(|(key, value)| format!("    {key}: {value}\n"))
            .collect();
        write!(
            f,
            "version: 1\n{top}targets:\n  hss:\n    url: ${{TARGET_URL}}\n{defaults}{target}\
             rules:\n  - name: all\n    event: \"*\"\n    steps:\n      - name: send\n        \
             request: {request}\n{step}"
        )
    }
}
