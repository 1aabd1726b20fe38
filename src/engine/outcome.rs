//! What became of an event, in the engine's own words. How that reads as an HTTP answer is
//! `ingress::answer`'s to say.

use std::sync::Arc;
use std::time::Duration;

/// What every chosen rule came to, in the order of mapping files.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Empty if no rule of any file chose the event.
    pub rules: Vec<RuleOutcome>,
}

/// What one rule came to.
#[derive(Debug, Clone)]
pub struct RuleOutcome {
    /// File name of the mapping, e.g. `wtl-hss.yaml`.
    pub mapping: Arc<str>,
    pub rule: Arc<str>,
    pub result: RuleResult,
    /// What of its steps was taken back, in the order in which it was; none if it did not fail for
    /// good.
    pub undone: Vec<Undone>,
}

#[derive(Debug, Clone)]
pub enum RuleResult {
    /// Every step that had to run succeeded.
    Succeeded,
    /// An `ignore` rule: nothing was sent, and nothing is wrong.
    Ignored(String),
    Failed(Failure),
}

/// Why a rule failed.
#[derive(Debug, Clone)]
pub struct Failure {
    pub kind: FailureKind,
    /// Whether it may pass by itself.
    pub transient: bool,
    /// For operators: what happened, in the mapping author's words where there are some.
    pub message: String,
    /// The specific reason.
    pub error: String,
    /// The step's name, or its position from 1 (`2`), where a step failed.
    pub step: Option<Arc<str>>,
    /// The member of the step's `for_each`, from 0.
    pub index: Option<u32>,
    /// How far that came, where it has one.
    pub members: Option<Members>,
    pub target: Option<Arc<str>>,
    /// The status that the target answered with, if it answered.
    pub target_status: Option<u16>,
    /// `answer` of the mapping's `responses` entry: the status that NSPS is to see.
    pub answer: Option<u16>,
    /// How long the target asked us to stay away.
    pub retry_after: Option<Duration>,
}

/// How far a `for_each` came, which has 10,000 members at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Members {
    /// Those whose request succeeded.
    pub done: u16,
    /// All, those included that were skipped.
    pub all: u16,
}

/// What became of the undo of one step, all of its members together.
#[derive(Debug, Clone)]
pub struct Undone {
    /// The name of the step that was taken back, or its position from 1.
    pub step: Arc<str>,
    /// How often it had to be taken back.
    pub times: usize,
    /// How often that failed, or was not tried for want of time; and why it did first.
    pub failed: usize,
    pub failure: Option<Box<Failure>>,
}

impl Failure {
    /// A failure of no step and no target so far.
    pub fn new(kind: FailureKind, message: impl Into<String>, error: impl Into<String>) -> Self {
        Self {
            kind,
            transient: false,
            message: message.into(),
            error: error.into(),
            step: None,
            index: None,
            members: None,
            target: None,
            target_status: None,
            answer: None,
            retry_after: None,
        }
    }
}

/// Kinds of failure by what NSPS should make of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The event lacks or garbles what the mapping needs, or a `reject` rule chose it.
    Invalid,
    /// The target refused for good.
    Refused,
    /// The target says too many requests.
    RateLimited,
    /// The connector's own fault.
    Internal,
    /// The target failed, refused our credentials, or answered what cannot be read.
    BadAnswer,
    /// The target cannot be reached in time.
    Unavailable,
}
