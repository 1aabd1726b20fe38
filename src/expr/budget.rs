//! What one value may cost to build: an event decides how long its lists are, and a mapping may go
//! over one list inside of another.

use std::cell::Cell;

use super::Fault;
use crate::document::{Node, View};

/// Largest text or body that may be rendered, in bytes.
pub const LARGEST_TEXT: usize = 8 << 20;

/// Deepest value, in levels: it is cloned, written and dropped by recursion. Events and answers have
/// at most 128 levels, and what mappings put around them comes on top.
const DEEPEST: usize = 256;

/// What every part of a value costs at least: more than it has as JSON text, as it takes more memory.
const PART: usize = 8;

/// What is left for one value.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

impl Budget {
    /// As much as a rendered body may have, in bytes.
    pub fn new() -> Self {
        Self { left: Cell::new(LARGEST_TEXT) }
    }

    /// Pays for one more part of the value, or one turn of a loop.
    pub fn part(&self) -> Result<(), Fault> {
        self.spend(PART)
    }

    /// Pays for a copy of `value`, `depth` levels below the root.
    pub fn copy<'v>(&self, value: impl Node<'v>, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(Fault::TooDeep { limit: DEEPEST });
        }
        self.part()?;
        match value.view() {
            View::Text(text) => self.spend(text.len()),
            View::Array(_) => value.children().try_for_each(|member| self.copy(member, depth + 1)),
            View::Object(_) => value.members().try_for_each(|(name, member)| {
                self.spend(name.len())?;
                self.copy(member, depth + 1)
            }),
            View::Null | View::Bool(_) | View::Number(_) => Ok(()),
        }
    }

    /// About how many parts were paid for.
    pub(super) fn parts(&self) -> usize {
        (LARGEST_TEXT - self.left.get()) / PART
    }

    fn spend(&self, bytes: usize) -> Result<(), Fault> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.ok_or(Fault::TooLarge { place: "value", limit: LARGEST_TEXT })?);
        Ok(())
    }
}
