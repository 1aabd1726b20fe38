//! Checked test files: nothing left to parse, no file left to read.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub use crate::engine::script::Reply;
use crate::event::Event;
use crate::expr::At;
use crate::expr::condition::Condition;

/// One case: a story of events that come to a mapping one after the other.
#[derive(Debug)]
pub struct Case {
    pub at: At,
    pub name: Arc<str>,
    /// What `${…}` gives, by what stands between the braces.
    pub env: Arc<[(Box<str>, Box<str>)]>,
    /// When the first event comes.
    pub now: Timestamp,
    /// At least one.
    pub scenes: Vec<Scene>,
}

/// One event, and what is to become of it.
#[derive(Debug)]
pub struct Scene {
    pub at: At,
    /// Time that passes before it comes.
    pub after: Duration,
    pub event: Arc<Event>,
    /// In this order, and nothing else.
    pub exchanges: Vec<Expected>,
    pub rule: Option<(At, Arc<str>)>,
    pub variables: Vec<Expectation>,
    /// Over an object of `status`, `message`, `error` and `type`.
    pub answer: Vec<Clause>,
}

/// The value that a variable must have, or what was saved under its name.
#[derive(Debug)]
pub struct Expectation {
    pub at: At,
    pub name: Arc<str>,
    /// Null stands for null and for absent.
    pub value: Value,
}

/// What one part of the answer must pass.
#[derive(Debug)]
pub struct Clause {
    pub at: At,
    /// `status`, `message`, `error` or `type`.
    pub part: &'static str,
    /// The test as written, for messages.
    pub written: Box<str>,
    /// Its paths read the answer.
    pub test: Condition,
}

/// A request that must be sent, and what comes back.
#[derive(Debug)]
pub struct Expected {
    pub at: At,
    /// Upper-case.
    pub method: Box<str>,
    pub address: Address,
    /// Only where the case names it.
    pub target: Option<Box<str>>,
    /// The label of the step that must send it, where the case says so.
    pub step: Option<Box<str>>,
    /// Those that must be there, by lower-case name; a name without values must not be there.
    pub headers: Vec<(Box<str>, Vec<String>)>,
    /// Parameters that must be there, decoded; a name without values must not be there.
    pub query: Vec<(Box<str>, Vec<String>)>,
    pub body: Body,
    /// To successive tries, at least one; each must be asked for.
    pub replies: Vec<Reply>,
}

/// Where a request must go, without its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Below the URL of its target; begins with `/`.
    Below(Box<str>),
    /// An absolute URL.
    Whole(Box<str>),
}

/// What a request must carry.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// It is not looked at.
    Any,
    Json(Value),
    /// Objects may have more keys; arrays have the same length.
    JsonContains(Value),
    /// White space between tags does not count.
    Xml(Box<str>),
    Form(Vec<(Box<str>, Vec<String>)>),
    Text(Box<str>),
}
