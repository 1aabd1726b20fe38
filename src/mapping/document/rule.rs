//! `rules`: which events are handled, and how.

use super::decode::{Anything, Each, Given, Named, OneOrMany, Period, Text, document};
use super::extract::Variable;
use super::responses::ResponseEntry;
use super::when::When;

document! {
    /// What to do about some events.
    Rule is "a rule" {
        expected name: Text,
        /// An event type or a glob, or a list of them.
        expected event: OneOrMany<Text>,
        optional when: When,
        /// Variables of this rule.
        optional extract: Named<Variable>,
        /// What to do, in order.
        optional steps: Each<Step>,
        /// Acknowledge with this text; nothing is sent.
        optional ignore: Text,
        /// Refuse with this text; nothing is sent.
        optional reject: Text,
    }
}

document! {
    /// One request.
    Step is "a step" {
        optional name: Text,
        /// Which target; may be left out if the file has one.
        optional target: Text,
        /// Run only if it holds.
        optional when: When,
        /// `METHOD /path`.
        expected request: Text,
        optional query: Named<Anything>,
        optional headers: Named<Anything>,
        optional json: Given,
        optional text: Text,
        optional content_type: Text,
        /// Read before the target's.
        optional responses: Each<ResponseEntry>,
        /// Overrides the target's.
        optional timeout: Period,
    }
}
