//! Why an expression has no value for this event.

use std::sync::Arc;

/// Every variant is the event's fault, not the connector's: it ends as a validation failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A variable that is neither optional nor defaulted.
    #[error("`{variable}` is required and absent: {origin}")]
    Absent {
        variable: Arc<str>,
        /// Where the value should have come from, e.g. `` `$.a.b` selected nothing ``.
        origin: Arc<str>,
    },
    /// Something optional is absent where text, which has no place for nothing, needs it.
    #[error("`{expression}` is absent, and text cannot leave it out; give it a default")]
    Hole { expression: Arc<str> },
    /// Null, alone or in a list, where only text can be sent.
    #[error("`{name}` is null, or has a null member, which cannot be sent as text")]
    Null { name: Arc<str> },
    /// `as`, `capture` or `map` met a value that they cannot work on.
    #[error("`{variable}` cannot be read: {reason}")]
    Conversion { variable: Arc<str>, reason: String },
    /// A helper met a value that it cannot work on.
    #[error("`{helper}` failed: {reason}")]
    Helper { helper: &'static str, reason: String },
    /// An object or array where text is wanted.
    #[error("`{expression}` is {kind}; write it with the `json` helper to send it as text")]
    Structure { expression: Arc<str>, kind: &'static str },
    /// A value that would change the structure of the request.
    #[error("{place} cannot hold this value: {reason}")]
    Misfit { place: &'static str, reason: &'static str },
    /// What was rendered is larger than a request may be.
    #[error("the rendered {place} is larger than {limit} bytes")]
    TooLarge { place: &'static str, limit: usize },
    /// A list that a step goes over is longer than the requests that one event may cause.
    #[error("`{list}` has more than {limit} members")]
    TooMany { list: Arc<str>, limit: usize },
    /// What was rendered nests so deeply that nobody would read it.
    #[error("the rendered value nests deeper than {limit} levels")]
    TooDeep { limit: usize },
    /// A path that selects so much of this document, or compares so much, that it was given up.
    #[error("`{path}` was given up: it goes through too much of this document")]
    TooMuchWork { path: Arc<str> },
    /// Lists inside of lists, gone through member by member.
    #[error("this takes too much computing: long lists are gone through for each member of others")]
    TooMuchEffort,
}

impl Fault {
    /// Whether something is merely missing. A condition takes that as "does not hold".
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Absent { .. } | Self::Hole { .. })
    }

    /// The same without what it repeats of values.
    pub fn discreet(self) -> Self {
        let reason = "the value is of another form".to_owned();
        match self {
            Self::Conversion { variable, .. } => Self::Conversion { variable, reason },
            Self::Helper { helper, .. } => Self::Helper { helper, reason },
            other => other,
        }
    }
}
