//! The checked program: what mapping files mean, with nothing left to parse and no name left to
//! look up. Made by `mapping`, run by `engine`.

mod event_pattern;
mod index;
mod login;
pub mod route;
mod target;

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

pub use event_pattern::EventPattern;
pub use index::Index;
pub use login::{Keepsake, Login};
pub use route::Route;
pub use target::{
    ApiKeyPlace, Auth, Breaker, Limits, METHODS, Method, Rate, Retry, RetryKeys, Target,
};

use crate::expr::body::Shape;
use crate::expr::condition::Condition;
use crate::expr::extract::Variable;
use crate::expr::{At, Reference, SavedId, Template, VariableId};
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
    /// Positions in `variables` of those that all rules share.
    pub shared: Range<usize>,
    /// Tried in order; the first that matches runs.
    pub rules: Vec<Rule>,
}

impl Mapping {
    /// The variable of that name as a rule sees it, outside of its steps.
    pub fn variable(&self, rule: &Rule, name: &str) -> Option<VariableId> {
        let mut seen = rule.variables.clone().chain(self.shared.clone());
        let named = |at: &usize| self.variables.get(*at).is_some_and(|it| &*it.name == name);
        seen.find(named).map(VariableId)
    }
}

/// What to do about some events.
#[derive(Debug)]
pub struct Rule {
    pub at: At,
    pub name: Arc<str>,
    pub events: Vec<EventPattern>,
    pub when: Condition,
    pub action: Action,
    /// Names under which steps save what later ones need; a [`SavedId`] is a position in it.
    pub saved: Vec<Arc<str>>,
    /// Positions in [`Mapping::variables`] of this rule's own; they hide the shared ones.
    pub variables: Range<usize>,
}

#[derive(Debug)]
pub enum Action {
    /// Acknowledge; nothing is sent.
    Ignore(Template),
    /// Refuse; nothing is sent.
    Reject(Template),
    Steps(Vec<Step>),
}

/// One step of a rule.
#[derive(Debug)]
pub struct Step {
    pub at: At,
    /// Its name, or its position from 1 where it has none.
    pub label: Arc<str>,
    /// Asked for each member, where there are several.
    pub when: Condition,
    /// Once for each member of this array, in order; once if there is none.
    pub for_each: Option<Reference>,
    /// Positions in [`Mapping::variables`] of this step's own; evaluated anew for each member.
    pub variables: Range<usize>,
    pub act: Act,
    /// What takes it back, once it is done.
    pub undo: Option<Box<Undo>>,
}

/// A request that takes back what a step did.
#[derive(Debug)]
pub struct Undo {
    pub at: At,
    /// `undo of NAME`.
    pub label: Arc<str>,
    /// It saves nothing, and is not repeated.
    pub call: Call,
}

/// What a step does.
#[derive(Debug)]
pub enum Act {
    /// Boxed: it is much larger than a text.
    Call(Box<Call>),
    /// The rule fails for good, with this text.
    Fail(Template),
}

/// One request, what its answers mean, and what is kept of them.
#[derive(Debug)]
pub struct Call {
    /// Position in [`Mapping::targets`].
    pub target: usize,
    pub request: RequestTemplate,
    /// Read before the target's.
    pub responses: Vec<ResponseEntry>,
    pub save: Vec<Save>,
    /// Overrides the target's.
    pub timeout: Option<Duration>,
    /// Override the target's, key by key.
    pub retry: RetryKeys,
    /// Until when it is sent again although it succeeds.
    pub repeat: Option<Repeat>,
}

/// How a request polls.
#[derive(Debug)]
pub struct Repeat {
    pub at: At,
    /// Where the wait is said.
    pub every_at: At,
    /// Asked of every answer that is `ok`.
    pub until: Condition,
    /// Whether `until` reads the body.
    pub reads_body: bool,
    /// The wait after an answer, at least [`Self::SHORTEST`].
    pub every: Duration,
    /// From the first sending to the last, at most.
    pub period: Duration,
}

impl Repeat {
    /// The shortest wait that an author can ask for.
    pub const SHORTEST: Duration = Duration::from_millis(100);
}

/// What later steps need of an answer.
#[derive(Debug)]
pub struct Save {
    pub slot: SavedId,
    /// Its paths read the answer's body.
    pub variable: Variable,
}

/// A request with holes.
#[derive(Debug)]
pub struct RequestTemplate {
    pub method: Method,
    pub address: Address,
    pub query: Vec<(Arc<str>, Shape)>,
    /// Names are lower-case.
    pub headers: Vec<(Arc<str>, Shape)>,
    pub body: Body,
    /// The `content-type` header, where there is a body.
    pub content_type: Option<Arc<str>>,
}

/// Where a request goes.
#[derive(Debug)]
pub enum Address {
    /// Below the target's URL. It begins with `/`; each expression is a segment or a part of one.
    Path(Template),
    /// What a step or a log-in saved: a URL reference (RFC 3986, section 4.1), whose origin must be
    /// the target's, or of a host in `allow_hosts`.
    Saved(Reference),
    /// The target's URL as it is.
    Itself,
}

#[derive(Debug)]
pub enum Body {
    None,
    Json(Shape),
    /// Its expressions stand in element text and attribute values only.
    Xml(Template),
    Form(Vec<(Arc<str>, Shape)>),
    Text(Template),
}

/// One row of a `responses` table.
#[derive(Debug, Clone)]
pub struct ResponseEntry {
    pub at: At,
    pub when: Condition,
    pub then: Then,
    /// What NSPS is told.
    pub message: Option<Template>,
    /// The status that NSPS is to see instead of the usual one.
    pub answer: Option<u16>,
    /// How long until the next try: seconds, or a text that says how long.
    pub wait: Option<Shape>,
    /// Whether `when` reads the body: where it depends on one that can't be read, that's a failure.
    pub reads_body: bool,
    /// Whether it names what an event or a session has.
    pub varies: bool,
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
    /// The target does not accept the session: begin another one and send once more.
    Login,
    /// The rule begins again with its first step.
    Restart,
    /// The rule is done and succeeded; later steps are skipped.
    Stop,
}

impl Then {
    pub const NAMES: [(&'static str, Self); 6] = [
        ("ok", Self::Ok),
        ("retry", Self::Retry),
        ("fail", Self::Fail),
        ("login", Self::Login),
        ("restart", Self::Restart),
        ("stop", Self::Stop),
    ];

    /// What an answer of this status means where no entry holds.
    pub fn by_default(status: u16) -> Self {
        match status {
            200..=299 => Self::Ok,
            408 | 425 | 429 | 500 | 502 | 503 | 504 => Self::Retry,
            _ => Self::Fail,
        }
    }

    /// Whether an entry with this verdict may say what NSPS is to see.
    pub fn takes_answer(self) -> bool {
        matches!(self, Self::Retry | Self::Fail)
    }

    /// Whether an entry with this verdict may say how long until the next try.
    pub fn takes_wait(self) -> bool {
        matches!(self, Self::Retry | Self::Restart)
    }
}

impl ResponseEntry {
    /// As an answer to NSPS: the event is not to come again.
    pub const ACKNOWLEDGED: u16 = 200;
    /// The other statuses that NSPS may be made to see.
    pub const REFUSALS: RangeInclusive<u16> = 400..=599;
}
