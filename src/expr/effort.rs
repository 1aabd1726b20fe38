//! What may be computed between two requests: an event decides how long its lists are, and a mapping
//! may go through one list for each member of another.

use std::cell::Cell;

use super::Fault;
use crate::document::{Node, View};

/// About fifty times what the largest document that is read has in values; a second or a few of
/// computing.
const MOST: usize = 100_000_000;

/// Bytes of text that count like one value.
const TEXT: usize = 32;

/// What is left until the next answer, counted in values that are looked at.
#[derive(Debug)]
pub struct Effort {
    left: Cell<usize>,
}

impl Default for Effort {
    fn default() -> Self {
        Self::new()
    }
}

impl Effort {
    pub fn new() -> Self {
        Self::of(MOST)
    }

    pub(super) fn of(most: usize) -> Self {
        Self { left: Cell::new(most) }
    }

    /// Begins anew: a request was sent, and whoever sends looks at the time.
    pub fn renew(&self) {
        self.left.set(MOST);
    }

    /// Lets somebody compute who only watches: as much as there may be, at nobody's expense.
    pub fn apart<T>(&self, work: impl FnOnce() -> T) -> T {
        let left = self.left.replace(MOST);
        let result = work();
        self.left.set(left);
        result
    }

    pub(super) fn left(&self) -> usize {
        self.left.get()
    }

    /// Pays for so many values.
    pub(super) fn spend(&self, values: usize) -> Result<(), Fault> {
        let left = self.left.get().checked_sub(values);
        self.left.set(left.unwrap_or(0));
        left.map(drop).ok_or(Fault::TooMuchEffort)
    }

    /// Pays for so many bytes of text.
    pub(super) fn spend_text(&self, bytes: usize) -> Result<(), Fault> {
        self.spend(1 + bytes / TEXT)
    }

    /// Pays for a walk through all of a value.
    pub(super) fn walk<'v>(&self, value: impl Node<'v>) -> Result<(), Fault> {
        match value.view() {
            View::Text(text) => self.spend_text(text.len()),
            View::Array(_) | View::Object(_) => {
                self.spend(1)?;
                value.children().try_for_each(|member| self.walk(member))
            }
            View::Null | View::Bool(_) | View::Number(_) => self.spend(1),
        }
    }
}

#[cfg(test)]
mod tests;
