//! Watching an event on its way: for `explain`, and for what mapping tests reach and expect.

use std::sync::Arc;

use super::transport::{Request, Response, TransportError};
use crate::expr::{Fault, Scope, Witness};
use crate::program::{Call, Mapping, Repeat, ResponseEntry, Rule, Step, Target, Undo};

/// Hears of what the engine does, as it does it. Nobody listens while serving.
///
/// A `scope` is what names stand for at that moment. What is evaluated in it to tell of it counts
/// towards what the event may make the connector compute, unless that is done apart
/// ([`crate::expr::Effort::apart`]), and leaves nothing else behind.
pub trait Observer: Witness + Send + Sync + 'static {
    /// A mapping is asked whether it has a rule for the event.
    fn asked(&self, _mapping: &Mapping, _scope: &dyn Scope) {}

    /// This rule runs.
    fn chosen(&self, _mapping: &Mapping, _rule: &Rule) {}

    /// A step begins; of how many members of its `for_each`, if it has that.
    fn begun(&self, _step: &Step, _members: Option<usize>) {}

    /// A step comes to a member of its `for_each`, or to its only turn; `runs`: its `when` holds.
    fn turn(&self, _step: &Step, _index: Option<u32>, _runs: bool, _scope: &dyn Scope) {}

    /// That turn of the step is over, well or not.
    fn turned(&self, _mapping: &Mapping, _step: &Step) {}

    /// A log-in to a target begins, perhaps beside the event that needs it. Whoever this gives hears of
    /// its steps; nobody if nobody is given.
    fn logging_in(self: Arc<Self>, _target: &Target) -> Option<Arc<dyn Observer>> {
        None
    }

    /// Whether log-ins are taken as done, with nothing sent: what they would save is `session.NAME`.
    fn takes_log_ins_as_done(&self) -> bool {
        false
    }

    /// A log-in to a target was taken as done.
    fn taken_as_done(&self, _target: &Target) {}

    /// A request is about to be sent, for the first time or again. With another session it is
    /// another request.
    fn sending(&self, _target: &Target, _request: &Request, _attempt: u32) {}

    /// This came back.
    fn received(&self, _target: &Target, _result: Result<&Response, &TransportError>) {}

    /// An answer was judged: by an entry, or by the default. `scope` reads the answer.
    fn judged(
        &self,
        _call: &Call,
        _target: &Target,
        _by: Option<&ResponseEntry>,
        _scope: &dyn Scope,
    ) {
    }

    /// An answer cannot be judged, because of this entry: of a fault, or, without one, because the
    /// entry needs a body that cannot be read.
    fn unjudged(
        &self,
        _call: &Call,
        _target: &Target,
        _entry: &ResponseEntry,
        _fault: Option<&Fault>,
        _scope: &dyn Scope,
    ) {
    }

    /// An answer was asked whether it is what a poll waits for; if it is not, the request may be sent
    /// once more. `scope` reads the answer.
    fn polled(&self, _repeat: &Repeat, _held: bool, _scope: &dyn Scope) {}

    /// The rule failed, and what a step did is taken back, or what it did for a member.
    fn undoing(&self, _step: &Step, _undo: &Undo, _index: Option<u32>, _scope: &dyn Scope) {}

    /// A request is not sent, perhaps not even once, or its rule does not begin again, although that
    /// might help.
    fn given_up(&self, _why: GivenUp) {}

    /// A rule is over, well or not.
    fn ended(&self, _mapping: &Mapping, _rule: &Rule, _scope: &dyn Scope) {}

    /// The event leaves a mapping, whether a rule ran or not.
    fn left(&self, _mapping: &Mapping, _scope: &dyn Scope) {}
}

/// Why a request is not sent (again), or a rule does not begin again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// The target may have acted on it, and a second time may do harm.
    Unsafe,
    /// The tries are used up.
    UsedUp,
    /// The rule began again as often as it may.
    Restarts,
    /// The time that a poll has is over.
    Polled,
    /// The target asks for a longer wait than we have patience for.
    TooPatient,
    /// The event's deadline comes before the end of the wait.
    NoTime,
    /// The target failed so often that nothing is sent to it for a while.
    Open,
    /// The target wants no requests until after the event's deadline.
    Paused,
    /// Its `limits` leave no place before the event's deadline.
    Limited,
}

impl GivenUp {
    /// Whether something that stands before the target keeps the request from it.
    pub fn is_of_gate(self) -> bool {
        matches!(self, Self::Open | Self::Paused | Self::Limited)
    }

    /// In words for the author of the mapping.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unsafe => {
                "the target may have acted on it, and doing so twice may do harm (`retry.unsafe: \
                 true` allows it)"
            }
            Self::UsedUp => "its tries are used up (`retry.attempts`)",
            Self::Restarts => "it has done so as often as it may",
            Self::Polled => "the time to poll is over (`for`)",
            Self::TooPatient => "the target asks for a longer wait than `max_backoff` allows",
            Self::NoTime => "the event's deadline does not allow another wait",
            Self::Open => "the target failed so often that it is left alone (`breaker`)",
            Self::Paused => "the target wants no requests until after the event's deadline",
            Self::Limited => "`limits` leave no place for it before the event's deadline",
        }
    }
}
