//! The checked program: what mapping files mean, with nothing left to parse and no name left to
//! look up. Made by `mapping`, run by `engine`.

mod event_pattern;
mod target;

use std::sync::Arc;
use std::time::Duration;

pub use event_pattern::EventPattern;
pub use target::{ApiKeyPlace, Auth, METHODS, Method, Retry, Target};

use crate::expr::Template;
use crate::expr::body::Shape;
use crate::expr::condition::Condition;
use crate::expr::extract::Variable;
use crate::telemetry::mask::Secrets;

/// Everything that was loaded from one directory, in one step.
#[derive(Debug, Default)]
pub struct Program {
    /// In byte order of file names.
    pub mappings: Vec<Mapping>,
    /// SHA-256 of every file's name and text, in hexadecimal.
    pub hash: Arc<str>,
    /// What must never be shown.
    pub secrets: Arc<Secrets>,
}

/// One mapping file.
#[derive(Debug)]
pub struct Mapping {
    /// File name, e.g. `wtl-hss.yaml`.
    pub file: Arc<str>,
    pub description: Option<Arc<str>>,
    /// In the order of the file; [`Step::target`] is a position in it.
    pub targets: Vec<Arc<Target>>,
    /// Variables of every scope; a [`crate::expr::VariableId`] is a position in it.
    pub variables: Vec<Variable>,
    /// Tried in order; the first that matches runs.
    pub rules: Vec<Rule>,
}

/// What to do about some events.
#[derive(Debug)]
pub struct Rule {
    pub name: Arc<str>,
    pub events: Vec<EventPattern>,
    pub when: Condition,
    pub action: Action,
}

#[derive(Debug)]
pub enum Action {
    /// Acknowledge; nothing is sent.
    Ignore(Template),
    /// Refuse; nothing is sent.
    Reject(Template),
    Steps(Vec<Step>),
}

/// One request of a rule.
#[derive(Debug)]
pub struct Step {
    /// Its name, or its position from 1 where it has none.
    pub label: Arc<str>,
    /// Position in [`Mapping::targets`].
    pub target: usize,
    pub when: Condition,
    pub request: RequestTemplate,
    /// Read before the target's.
    pub responses: Vec<ResponseEntry>,
    /// Overrides the target's.
    pub timeout: Option<Duration>,
}

/// A request with holes.
#[derive(Debug)]
pub struct RequestTemplate {
    pub method: Method,
    /// Begins with `/`; each expression is a segment or a part of one.
    pub path: Template,
    pub query: Vec<(Arc<str>, Shape)>,
    /// Names are lower-case.
    pub headers: Vec<(Arc<str>, Shape)>,
    pub body: Body,
    /// The `content-type` header, where there is a body.
    pub content_type: Option<Arc<str>>,
}

#[derive(Debug)]
pub enum Body {
    None,
    Json(Shape),
    Text(Template),
}

/// One row of a `responses` table.
#[derive(Debug)]
pub struct ResponseEntry {
    pub when: Condition,
    pub then: Then,
    /// What NSPS is told.
    pub message: Option<Template>,
    /// The status that NSPS is to see instead of the usual one.
    pub answer: Option<u16>,
    /// Whether `when` reads the body: where it depends on one that can't be read, that's a failure.
    pub reads_body: bool,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The step succeeded; go on.
    Ok,
    /// Transient: try again.
    Retry,
    /// Permanent failure.
    Fail,
    /// The rule is done and succeeded; later steps are skipped.
    Stop,
}
