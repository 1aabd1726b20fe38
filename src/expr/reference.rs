//! Names as expressions use them: a root that was resolved at load, and a dotted way below it.

use std::sync::Arc;

use serde_json::Value;

use super::{Fault, Scope};

/// A variable of a mapping file: its position in [`crate::program::Mapping::variables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(pub usize);

/// What is saved under one name: by steps of a rule, its position in
/// [`crate::program::Rule::saved`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SavedId(pub usize);

/// One `$each` of a mapping file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EachId(pub usize);

/// What is there without being declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// The whole request body.
    Event,
    EventId,
    EventType,
    HandlerId,
    RequestId,
    UniqueId,
    /// When the event began to be processed: RFC 3339, UTC.
    Now,
    /// The member that a step's `for_each` has come to, and its position from 0.
    Item,
    Index,
    /// A signed assertion, in log-ins by it only.
    Assertion,
    /// Of an answer, in `responses` only.
    Status,
    Headers,
    Body,
    Text,
}

impl Builtin {
    /// Those that exist everywhere.
    pub const EVERYWHERE: [(&'static str, Self); 7] = [
        ("event", Self::Event),
        ("event_id", Self::EventId),
        ("event_type", Self::EventType),
        ("handler_id", Self::HandlerId),
        ("request_id", Self::RequestId),
        ("unique_id", Self::UniqueId),
        ("now", Self::Now),
    ];

    /// Those that exist in a step with `for_each`.
    pub const OF_MEMBERS: [(&'static str, Self); 2] =
        [("item", Self::Item), ("index", Self::Index)];

    /// Those that exist while an answer is judged.
    pub const OF_ANSWERS: [(&'static str, Self); 4] = [
        ("status", Self::Status),
        ("headers", Self::Headers),
        ("body", Self::Body),
        ("text", Self::Text),
    ];
}

/// Where a name begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    Variable(VariableId),
    Builtin(Builtin),
    Saved(SavedId),
    /// What the log-in of the request's target saved: a [`crate::program::Keepsake::place`].
    Session(SavedId),
    /// What became of a step: its position in the rule. An object of `status` and `skipped`.
    Step(usize),
    /// The member that an `$each` has come to.
    Member(EachId),
    /// Its position, from 0.
    Position(EachId),
}

/// A name and the way below it: `item.i_vd_plan`, `body.errors.0.text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub root: Root,
    pub below: Vec<Box<str>>,
    /// As written, for messages.
    pub text: Arc<str>,
}

impl Reference {
    /// A name and the way below it. Names of headers are lower-case from the wire on (RFC 9110,
    /// section 5.1: they are case-insensitive), so they are here.
    pub fn new<'n>(root: Root, below: impl Iterator<Item = &'n str>, text: &str) -> Self {
        let of_headers = root == Root::Builtin(Builtin::Headers);
        let below = below.map(|name| match of_headers {
            true => name.to_lowercase().into(),
            false => name.into(),
        });
        Self { root, below: below.collect(), text: text.into() }
    }

    /// The value, or `None` where it is absent, whether it may be or not.
    pub fn find<'s>(&self, scope: &'s dyn Scope) -> Result<Option<&'s Value>, Fault> {
        match self.below.is_empty() {
            true => scope.get(self.root),
            false => scope.below(self.root, &self.below),
        }
    }

    /// The value where a request needs it: the absence of a required variable is a fault. What is
    /// below a variable is always optional.
    pub fn need<'s>(&self, scope: &'s dyn Scope) -> Result<Option<&'s Value>, Fault> {
        // The event is always there, and need not be made a tree of for a value below it.
        if self.root == Root::Builtin(Builtin::Event) {
            return self.find(scope);
        }
        match scope.get(self.root)? {
            Some(value) => Ok(descend(value, &self.below)),
            None => scope.absence(self.root).map_or(Ok(None), Err),
        }
    }
}

impl Reference {
    /// What a loop goes over: the members of an array, the one value that is no array, or nothing
    /// where it is null or may be absent.
    pub fn members<'s>(&self, scope: &'s dyn Scope) -> Result<&'s [Value], Fault> {
        Ok(match self.need(scope)? {
            None | Some(Value::Null) => &[],
            Some(Value::Array(members)) => members,
            Some(one) => std::slice::from_ref(one),
        })
    }
}

/// Follows member names and array positions.
pub fn descend<'v>(mut value: &'v Value, below: &[Box<str>]) -> Option<&'v Value> {
    for key in below {
        value = match value {
            Value::Object(members) => members.get(&**key)?,
            Value::Array(members) => members.get(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}
