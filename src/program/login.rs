//! How a session with a target begins and is kept up: a small program of its own.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Mapping, Rule};
use crate::assertion::Assertion;
use crate::expr::SavedId;
use crate::expr::body::Shape;

/// A log-in: rules that belong to no event, and what requests carry of what they saved.
#[derive(Debug)]
pub struct Login {
    /// Where its steps go, and their variables. It has no rules: nobody chooses between these two.
    pub mapping: Mapping,
    /// Begins a session.
    pub login: Rule,
    /// Begins the next one from what the last one has; where its `when` does not hold, or it is
    /// refused, `login` does.
    pub refresh: Option<Rule>,
    /// Whether its steps stand in the mapping, and are not those of a grant of OAuth 2.0.
    pub is_written: bool,
    /// What a session keeps, by its NAME in `session.NAME`.
    pub kept: HashMap<Arc<str>, Keepsake>,
    /// Signed anew for each log-in; its steps have it as [`crate::expr::Builtin::Assertion`].
    pub assertion: Option<Assertion>,
    /// How long the session lasts, in seconds; until a target refuses it where there is none.
    pub expires_in: Option<Shape>,
    /// Sent with every request of the target; names are lower-case.
    pub headers: Vec<(Arc<str>, Shape)>,
    /// Sent with every request of the target.
    pub query: Vec<(Arc<str>, Shape)>,
}

impl Login {
    /// The ways to a session: the log-in, and the refresh if there is one.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        std::iter::once(&self.login).chain(&self.refresh)
    }
}

/// A value that a session keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepsake {
    /// Its place among the values, each of which has one; under [`crate::expr::Root::Session`].
    pub place: SavedId,
    /// Whether nobody may be shown it: life-times, and addresses that requests go to, are no secrets.
    pub is_secret: bool,
}
