//! What names stand for while one event goes through one mapping, and while an answer is read.

mod parts;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use parts::Parts;

use super::bulkhead::Place;
use super::journal::{Deed, Entry, Journal};
use super::observe::Observer;
use super::session::Values;
use super::target::answer::Answer;
use crate::clock::{self, Clock};
use crate::document::{Node, Spot};
use crate::event::Event;
use crate::expr::{
    Builtin, Effort, Fault, Reading, Root, SavedId, Scope, VariableId, Witness, descend,
};
use crate::program::{Mapping, Rule, Step};

/// Built-ins that are not the whole of the event; the same for all mappings. Each is made when it is
/// first asked for, which of most nobody does: until then it is to take little room.
pub(super) struct Facts {
    began: Timestamp,
    event_id: Fact,
    event_type: Fact,
    handler_id: Fact,
    request_id: Fact,
    unique_id: Fact,
    now: Fact,
}

type Fact = OnceLock<Option<Box<Value>>>;

impl Facts {
    /// Those of an event that begins now.
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self {
            began: clock.wall(),
            event_id: Fact::new(),
            event_type: Fact::new(),
            handler_id: Fact::new(),
            request_id: Fact::new(),
            unique_id: Fact::new(),
            now: Fact::new(),
        }
    }

    fn get(&self, builtin: Builtin, event: &Event) -> Option<&Value> {
        let root = || event.body.root();
        let fact = match builtin {
            Builtin::EventId => {
                self.event_id.get_or_init(|| root().get("event_id").map(Spot::owned).map(Box::new))
            }
            Builtin::EventType => self.event_type.get_or_init(|| {
                root().get("data")?.get("event_type").map(Spot::owned).map(Box::new)
            }),
            Builtin::HandlerId => self.handler_id.get_or_init(|| {
                let id = root().get("handler_id").filter(|id| !id.is_null());
                id.map(Spot::owned).map(Box::new)
            }),
            Builtin::RequestId => self.request_id.get_or_init(|| boxed(&*event.request_id)),
            Builtin::UniqueId => self.unique_id.get_or_init(|| boxed(&*event.unique_id)),
            Builtin::Now => self.now.get_or_init(|| boxed(self.began.to_string())),
            _ => return None,
        };
        fact.as_deref()
    }
}

fn boxed(value: impl Into<Value>) -> Option<Box<Value>> {
    Some(Box::new(value.into()))
}

/// A variable, once it was asked for: absent, a value, or what is wrong with it.
pub(super) type Evaluated<'e> = OnceCell<Result<Option<Cow<'e, Value>>, Fault>>;

/// The variables of one mapping for one event, each evaluated when first asked for, and what the
/// steps of the rule that runs have come to.
pub(super) struct EventScope<'e> {
    mapping: &'e Mapping,
    event: &'e Event,
    parts: Parts,
    facts: &'e Facts,
    clock: &'e dyn Clock,
    values: Vec<Evaluated<'e>>,
    saved: Vec<Kept>,
    /// By position of the step.
    steps: Vec<Past>,
    item: Option<(Value, Value)>,
    /// Among the events of the target that the rule is busy with; given back when the rule ends.
    pub(super) place: Option<Arc<Place>>,
    /// What the log-in saved with whose session a request is made.
    session: Option<Values>,
    assertion: Option<Value>,
    /// When the last request was sent of whose answer something is saved, on the clock's monotonic
    /// scale.
    pub(super) sent: Duration,
    /// When the first one of this turn was.
    pub(super) first_sent: Option<Duration>,
    journal: Journal<'e>,
    effort: Effort,
    pub(super) observer: Option<&'e dyn Observer>,
}

/// A step that is over.
#[derive(Debug)]
pub(super) struct Past {
    /// Of its last answer; none of one that was skipped.
    status: Option<u16>,
    value: OnceCell<Value>,
}

impl Past {
    fn new(status: Option<u16>) -> Self {
        Self { status, value: OnceCell::new() }
    }

    /// What `steps.NAME` is.
    fn value(&self) -> &Value {
        self.value.get_or_init(|| match self.status {
            Some(status) => json!({ "status": status, "skipped": false }),
            None => json!({ "skipped": true }),
        })
    }
}

/// What is kept under a name that a step saves.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Value(Value),
    /// And the fault to raise where it is needed, unless it may be absent.
    Absent(Option<Fault>),
}

impl<'e> EventScope<'e> {
    pub(super) fn new(
        mapping: &'e Mapping,
        event: &'e Event,
        facts: &'e Facts,
        clock: &'e dyn Clock,
    ) -> Self {
        let values = mapping.variables.iter().map(|_| OnceCell::new()).collect();
        let (saved, steps) = (Vec::new(), Vec::new());
        let (effort, sent, first_sent) = (Effort::new(), clock.monotonic(), None);
        let journal = Journal::default();
        let (item, session, assertion, observer) = (None, None, None, None);
        Self {
            mapping,
            event,
            parts: Parts::default(),
            facts,
            clock,
            values,
            saved,
            steps,
            item,
            place: None,
            session,
            assertion,
            sent,
            first_sent,
            journal,
            effort,
            observer,
        }
    }

    pub(super) fn observed_by(mut self, observer: Option<&'e dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Tells whoever watches.
    pub(super) fn tell(&self, what: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.observer {
            what(observer);
        }
    }

    /// Forgets what steps came to: a rule begins, perhaps again.
    pub(super) fn begin(&mut self, rule: &Rule) {
        let saved = vec![Kept::Absent(None); rule.saved.len()];
        let saved = std::mem::replace(&mut self.saved, saved);
        let steps = std::mem::take(&mut self.steps);
        self.journal.note(|| Entry::Begun { saved, steps });
    }

    /// Notes that the step, or this member of it, was done, for it may have to be taken back.
    pub(super) fn did(
        &mut self,
        of: &Step,
        restarts: u32,
        index: Option<u32>,
        status: u16,
        saved: Vec<(SavedId, Kept)>,
    ) {
        let item = self.item.as_ref().map(|(item, _)| item.clone());
        let (step, member) = (self.steps.len(), index.zip(item));
        let own = self.values.get(of.variables.clone()).unwrap_or_default();
        let variables = self.journal.copies(own);
        self.journal.did(Deed { step, restarts, member, status, saved, variables });
    }

    /// Goes back to what was done last and is not taken back: names stand for what they did when it
    /// was done.
    pub(super) fn go_back(&mut self) -> Option<Deed<'e>> {
        let mut last = None;
        while last.is_none() {
            match self.journal.pop()? {
                Entry::Saved { slot, before } => {
                    self.put(slot, before);
                }
                Entry::Ended => drop(self.steps.pop()),
                Entry::Begun { saved, steps } => (self.saved, self.steps) = (saved, steps),
                Entry::Deed(deed) => last = Some(deed),
            }
        }
        let mut deed = last?;
        for (slot, kept) in deed.saved.drain(..) {
            let before = self.put(slot, kept);
            self.journal.note(|| Entry::Saved { slot, before });
        }
        self.steps.push(Past::new(Some(deed.status)));
        self.journal.note(|| Entry::Ended);
        Some(deed)
    }

    /// A step comes to a member of its `for_each`, or begins its only turn: its own variables are
    /// evaluated anew.
    pub(super) fn turn(&mut self, step: &Step, member: Option<(u32, Value)>) {
        self.item = member.map(|(index, item)| (item, Value::from(index)));
        self.first_sent = None;
        for value in self.values.get_mut(step.variables.clone()).unwrap_or_default() {
            *value = OnceCell::new();
        }
    }

    /// A step, or one member of it, is taken back: its own variables are what they were.
    pub(super) fn turn_back(&mut self, step: &Step, deed: &mut Deed<'e>) {
        self.turn(step, deed.member.take());
        let own = self.values.get_mut(step.variables.clone()).unwrap_or_default();
        for (value, kept) in own.iter_mut().zip(deed.variables.drain(..)) {
            *value = kept;
        }
    }

    /// A step is over: with the status of its last answer, or skipped.
    pub(super) fn ended(&mut self, status: Option<u16>) {
        self.item = None;
        self.journal.note(|| Entry::Ended);
        self.steps.push(Past::new(status));
    }

    /// Keeps what a step saved.
    pub(super) fn keep(&mut self, slot: SavedId, kept: Kept) {
        let before = self.put(slot, kept);
        self.journal.note(|| Entry::Saved { slot, before });
    }

    /// Puts a value under a name; gives the one that was there.
    fn put(&mut self, slot: SavedId, kept: Kept) -> Kept {
        match self.saved.get_mut(slot.0) {
            Some(place) => std::mem::replace(place, kept),
            None => kept,
        }
    }

    /// What the steps of the rule saved, by slot; the scope has it no more.
    pub(super) fn take_saved(&mut self) -> Vec<Kept> {
        std::mem::take(&mut self.saved)
    }

    /// What a log-in proves with who it is.
    pub(super) fn assert(&mut self, assertion: String) {
        self.assertion = Some(Value::from(assertion));
    }

    /// A request is made with this session, or with none.
    pub(super) fn enter(&mut self, session: Option<Values>) {
        self.session = session;
    }

    /// Whether a value is kept under that name.
    pub(super) fn has(&self, slot: SavedId) -> bool {
        matches!(self.saved.get(slot.0), Some(Kept::Value(_)))
    }

    fn builtin(&self, builtin: Builtin) -> Option<&Value> {
        match builtin {
            Builtin::Event => Some(self.parts.whole(&self.event.body)),
            Builtin::Item => self.item.as_ref().map(|(item, _)| item),
            Builtin::Index => self.item.as_ref().map(|(_, index)| index),
            Builtin::Assertion => self.assertion.as_ref(),
            Builtin::EventId
            | Builtin::EventType
            | Builtin::HandlerId
            | Builtin::RequestId
            | Builtin::UniqueId
            | Builtin::Now => self.facts.get(builtin, self.event),
            Builtin::Status | Builtin::Headers | Builtin::Body | Builtin::Text => None,
        }
    }

    fn variable(&self, id: VariableId) -> Result<Option<&Value>, Fault> {
        let Some((variable, value)) = self.mapping.variables.get(id.0).zip(self.values.get(id.0))
        else {
            return Ok(None);
        };
        // A variable cannot ask for itself here: cycles are refused at load.
        match value
            .get_or_init(|| variable.evaluate(&|| Some(Reading::Event(&self.event.body)), self))
        {
            Ok(value) => Ok(value.as_deref()),
            Err(fault) => Err(fault.clone()),
        }
    }
}

impl Scope for EventScope<'_> {
    fn get(&self, root: Root) -> Result<Option<&Value>, Fault> {
        Ok(match root {
            Root::Builtin(builtin) => self.builtin(builtin),
            Root::Variable(id) => self.variable(id)?,
            Root::Saved(id) => match self.saved.get(id.0) {
                Some(Kept::Value(value)) => Some(value),
                _ => None,
            },
            Root::Session(id) => {
                self.session.as_ref().and_then(|values| values.get(id.0)?.as_ref())
            }
            Root::Step(at) => self.steps.get(at).map(Past::value),
            // Those of `$each` stand in front of these.
            Root::Member(_) | Root::Position(_) => None,
        })
    }

    fn absence(&self, root: Root) -> Option<Fault> {
        match root {
            Root::Variable(id) => self.mapping.variables.get(id.0)?.required(),
            Root::Saved(id) => match self.saved.get(id.0) {
                Some(Kept::Absent(fault)) => fault.clone(),
                _ => None,
            },
            _ => None,
        }
    }

    fn below(&self, root: Root, way: &[Box<str>]) -> Result<Option<&Value>, Fault> {
        if root == Root::Builtin(Builtin::Event) {
            return Ok(self.parts.below(&self.event.body, way));
        }
        Ok(self.get(root)?.and_then(|value| descend(value, way)))
    }

    fn document(&self) -> Option<Reading<'_>> {
        Some(Reading::Event(&self.event.body))
    }

    fn effort(&self) -> &Effort {
        &self.effort
    }

    fn uuid(&self) -> String {
        clock::uuid(self.clock).to_string()
    }

    fn witness(&self) -> Option<&dyn Witness> {
        Some(self.observer?)
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

    fn below(&self, root: Root, way: &[Box<str>]) -> Result<Option<&Value>, Fault> {
        if root == Root::Builtin(Builtin::Event) {
            return self.event.below(root, way);
        }
        Ok(self.get(root)?.and_then(|value| descend(value, way)))
    }

    fn document(&self) -> Option<Reading<'_>> {
        self.body().map(Reading::Tree)
    }

    fn effort(&self) -> &Effort {
        self.event.effort()
    }

    fn uuid(&self) -> String {
        self.event.uuid()
    }

    fn witness(&self) -> Option<&dyn Witness> {
        self.event.witness()
    }
}
