//! Watching an event on its way: for `explain`, and for what mapping tests reach and expect.

use super::transport::{Request, Response, TransportError};
use crate::expr::{Scope, Witness};
use crate::program::{Call, Mapping, ResponseEntry, Rule, Step, Target};

/// Hears of what the engine does, as it does it. Nobody listens while serving.
///
/// A `scope` is what names stand for at that moment. What is evaluated in it to tell of it counts
/// towards what the event may make the connector compute, and leaves nothing else behind.
pub trait Observer: Witness + Send + Sync + 'static {
    /// A mapping is asked whether it has a rule for the event.
    fn asked(&self, _mapping: &Mapping, _scope: &dyn Scope) {}

    /// This rule runs.
    fn chosen(&self, _mapping: &Mapping, _rule: &Rule) {}

    /// A step comes to a member of its `for_each`, or to its only turn; `runs`: its `when` holds.
    fn turn(&self, _step: &Step, _index: Option<u32>, _runs: bool, _scope: &dyn Scope) {}

    /// A request is about to be sent, for the first time or again.
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

    /// A rule is over, well or not.
    fn ended(&self, _mapping: &Mapping, _rule: &Rule, _scope: &dyn Scope) {}
}
