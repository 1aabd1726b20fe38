//! Compiled expressions: values to values, without I/O. Names were resolved when they were
//! compiled; a [`Scope`] says what they stand for now.

mod at;
pub mod body;
mod budget;
pub mod compare;
pub mod condition;
pub mod convert;
mod each;
mod effort;
pub mod extract;
mod fault;
pub mod helpers;
pub mod path;
mod reading;
pub mod reference;
pub mod template;
#[cfg(test)]
mod testing;
mod witness;

pub use at::At;
pub use budget::{Budget, LARGEST_TEXT};
pub use each::Each;
pub use effort::Effort;
pub use fault::Fault;
pub use path::Path;
pub use reading::Reading;
pub use reference::{Builtin, EachId, Reference, Root, SavedId, VariableId, descend};
pub use template::Template;
pub use witness::{Came, Witness};

use std::collections::HashMap;

use serde_json::Value;

/// A look-up table: values by the text of their keys.
pub type Table = HashMap<Box<str>, Value>;

/// What names stand for while one event is processed.
pub trait Scope {
    /// The value of a name; `None` if it is absent. A variable is evaluated when first asked for.
    fn get(&self, root: Root) -> Result<Option<&Value>, Fault>;

    /// The value below a name, by names of members and positions; `None` if it is absent.
    fn below(&self, root: Root, way: &[Box<str>]) -> Result<Option<&Value>, Fault> {
        Ok(self.get(root)?.and_then(|value| descend(value, way)))
    }

    /// The fault to raise when a request or a value needs `root` and it is absent; `None` if its
    /// absence is allowed.
    fn absence(&self, root: Root) -> Option<Fault>;

    /// What JSONPath subjects and the `path` helper read: the event, or an answer's body.
    fn document(&self) -> Option<Reading<'_>>;

    /// What may still be computed for the event.
    fn effort(&self) -> &Effort;

    /// A new identifier each time: a version 4 UUID (RFC 9562) as text.
    fn uuid(&self) -> String;

    /// Who watches how values come about.
    fn witness(&self) -> Option<&dyn Witness> {
        None
    }
}
