//! What names stand for while one event goes through one mapping, and while an answer is judged.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use serde_json::Value;

use super::target::answer::Answer;
use crate::clock::Clock;
use crate::event::Event;
use crate::expr::{Builtin, Fault, Root, Scope};
use crate::program::Mapping;

/// Built-ins that are not part of the event's body; the same for all mappings.
pub(super) struct Facts {
    request_id: Value,
    unique_id: Value,
    now: Value,
}

impl Facts {
    pub(super) fn of(event: &Event, clock: &dyn Clock) -> Self {
        Self {
            request_id: Value::from(event.request_id.as_str()),
            unique_id: Value::from(event.unique_id.as_str()),
            now: Value::from(clock.wall().to_string()),
        }
    }
}

type Evaluated<'e> = OnceCell<Result<Option<Cow<'e, Value>>, Fault>>;

/// The variables of one mapping for one event, each evaluated when first asked for.
pub(super) struct EventScope<'e> {
    mapping: &'e Mapping,
    event: &'e Event,
    facts: &'e Facts,
    values: Vec<Evaluated<'e>>,
}

impl<'e> EventScope<'e> {
    pub(super) fn new(mapping: &'e Mapping, event: &'e Event, facts: &'e Facts) -> Self {
        let values = mapping.variables.iter().map(|_| OnceCell::new()).collect();
        Self { mapping, event, facts, values }
    }

    fn builtin(&self, builtin: Builtin) -> Option<&Value> {
        let body = &self.event.body;
        match builtin {
            Builtin::Event => Some(body),
            Builtin::EventId => body.get("event_id"),
            Builtin::EventType => body.get("data")?.get("event_type"),
            Builtin::HandlerId => body.get("handler_id").filter(|id| !id.is_null()),
            Builtin::RequestId => Some(&self.facts.request_id),
            Builtin::UniqueId => Some(&self.facts.unique_id),
            Builtin::Now => Some(&self.facts.now),
            Builtin::Status | Builtin::Headers | Builtin::Body | Builtin::Text => None,
        }
    }
}

impl Scope for EventScope<'_> {
    fn get(&self, root: Root) -> Result<Option<&Value>, Fault> {
        let id = match root {
            Root::Builtin(builtin) => return Ok(self.builtin(builtin)),
            Root::Variable(id) => id,
        };
        let Some((variable, value)) = self.mapping.variables.get(id.0).zip(self.values.get(id.0))
        else {
            return Ok(None);
        };
        // A variable cannot ask for itself here: cycles are refused at load.
        match value.get_or_init(|| variable.evaluate(&self.event.body, self)) {
            Ok(value) => Ok(value.as_deref()),
            Err(fault) => Err(fault.clone()),
        }
    }

    fn absence(&self, root: Root) -> Option<Fault> {
        match root {
            Root::Variable(id) => self.mapping.variables.get(id.0)?.required(),
            Root::Builtin(_) => None,
        }
    }

    fn document(&self) -> Option<&Value> {
        Some(&self.event.body)
    }
}

/// The same, with an answer to read.
pub(super) struct AnswerScope<'a, 'e> {
    event: &'a EventScope<'e>,
    pub(super) answer: &'a Answer,
    asked: Cell<bool>,
}

impl<'a, 'e> AnswerScope<'a, 'e> {
    pub(super) fn new(event: &'a EventScope<'e>, answer: &'a Answer) -> Self {
        Self { event, answer, asked: Cell::new(false) }
    }

    /// Whether the body, as data, was asked for since this was last called.
    pub(super) fn body_was_asked_for(&self) -> bool {
        self.asked.take()
    }

    fn body(&self) -> Option<&Value> {
        self.asked.set(true);
        self.answer.body()
    }
}

impl Scope for AnswerScope<'_, '_> {
    fn get(&self, root: Root) -> Result<Option<&Value>, Fault> {
        match root {
            Root::Builtin(Builtin::Status) => Ok(Some(self.answer.status())),
            Root::Builtin(Builtin::Headers) => Ok(Some(self.answer.headers())),
            Root::Builtin(Builtin::Body) => Ok(self.body()),
            Root::Builtin(Builtin::Text) => Ok(Some(self.answer.text())),
            other => self.event.get(other),
        }
    }

    fn absence(&self, root: Root) -> Option<Fault> {
        self.event.absence(root)
    }

    fn document(&self) -> Option<&Value> {
        self.body()
    }
}
