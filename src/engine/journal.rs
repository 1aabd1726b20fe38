//! What the steps of a rule did, so that it can be taken back in reverse order.

use serde_json::Value;

use super::event_scope::Kept;
use crate::expr::SavedId;

/// A step that was done and has an undo, or one member of its `for_each`.
#[derive(Debug)]
pub(super) struct Deed {
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
}

/// What changed, in order. Without a deed there is nothing that anybody would go back to.
#[derive(Debug, Default)]
pub(super) struct Journal(Vec<Entry>);

#[derive(Debug)]
pub(super) enum Entry {
    Deed(Deed),
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
        steps: Vec<Value>,
    },
}

impl Journal {
    pub(super) fn did(&mut self, deed: Deed) {
        self.0.push(Entry::Deed(deed));
    }

    /// Notes a change behind what was done.
    pub(super) fn note(&mut self, entry: impl FnOnce() -> Entry) {
        if !self.0.is_empty() {
            self.0.push(entry());
        }
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        self.0.pop()
    }
}
