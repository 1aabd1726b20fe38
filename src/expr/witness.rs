//! Watching how values come about: for `explain`, and for what mapping tests reach.

use serde_json::Value;

use super::extract::{Stage, Variable};
use super::{At, Fault};

/// Hears of every step in the evaluation of variables, in order. Nobody listens while serving.
pub trait Witness {
    /// Something of `variable` was evaluated.
    fn came(&self, _variable: &Variable, _how: Came<'_>) {}
}

/// How a value comes about, step by step.
#[derive(Debug, Clone, Copy)]
pub enum Came<'v> {
    /// The evaluation begins.
    Begun,
    /// A path was tried, or the name that stands for one.
    Path { text: &'v str, found: Option<&'v Value> },
    /// Another variable was asked.
    From { name: &'v str, found: Option<&'v Value> },
    /// A `value` was rendered.
    Rendered { value: Option<&'v Value> },
    /// A case holds: its position from 0.
    Case { index: usize, at: At, value: Option<&'v Value> },
    /// No case holds.
    NoCase,
    /// A stage was applied.
    Stage { stage: &'v Stage, value: Option<&'v Value> },
    /// There is no value: the default stands in for it.
    Default { value: Option<&'v Value> },
    /// The evaluation is over: with a value, without one, or because it cannot go on.
    Ended { result: Result<Option<&'v Value>, &'v Fault> },
}
