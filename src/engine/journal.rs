//! What the steps of a rule did, so that it can be taken back in reverse order.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::event_scope::{Evaluated, Kept, Past};
use crate::expr::{Budget, Fault, LARGEST_TEXT, SavedId};

/// A step that was done and has an undo, or one member of its `for_each`.
#[derive(Debug)]
pub(super) struct Deed<'e> {
    /// Position of the step in its rule.
    pub step: usize,
    /// How often the rule had begun again by then.
    pub restarts: u32,
    /// The member, behind its position.
    pub member: Option<(u32, Value)>,
    /// Of the answer.
    pub status: u16,
    /// What was saved of it.
    pub saved: Vec<(SavedId, Kept)>,
    /// The step's own variables, as far as it asked for them: what chance gave them, or what was saved
    /// under a name before the step saved something else there, they would not be given again.
    pub variables: Vec<Evaluated<'e>>,
}

/// What changed, in order. Without a deed there is nothing that anybody would go back to.
#[derive(Debug, Default)]
pub(super) struct Journal<'e> {
    entries: Vec<Entry<'e>>,
    /// For copies of variables, of which each member of a long list has its own.
    room: Budget,
}

#[derive(Debug)]
pub(super) enum Entry<'e> {
    Deed(Deed<'e>),
    /// Another value stood under the name before.
    Saved {
        slot: SavedId,
        before: Kept,
    },
    /// A step was over.
    Ended,
    /// The rule began again; this was what it had come to.
    Begun {
        saved: Vec<Kept>,
        steps: Vec<Past>,
    },
}

impl<'e> Journal<'e> {
    pub(super) fn did(&mut self, deed: Deed<'e>) {
        self.entries.push(Entry::Deed(deed));
    }

    /// Copies of a step's own variables. One that there is no room for becomes a fault: an undo that is
    /// not sent is told of, and one with another value may take back something else.
    pub(super) fn copies(&self, variables: &[Evaluated<'e>]) -> Vec<Evaluated<'e>> {
        let copy = |variable: &Evaluated<'e>| match variable.get() {
            Some(Ok(Some(Cow::Owned(value)))) if self.room.copy(value, 0).is_err() => {
                let place = "sum of what variables are for undos";
                OnceCell::from(Err(Fault::TooLarge { place, limit: LARGEST_TEXT }))
            }
            _ => variable.clone(),
        };
        variables.iter().map(copy).collect()
    }

    /// Notes a change behind what was done.
    pub(super) fn note(&mut self, entry: impl FnOnce() -> Entry<'e>) {
        if !self.entries.is_empty() {
            self.entries.push(entry());
        }
    }

    pub(super) fn pop(&mut self) -> Option<Entry<'e>> {
        self.entries.pop()
    }
}
