//! `rules`: which events are handled, and how.

use super::decode::{Anything, Named, OneOrMany, Text, document};
use super::extract::Variable;
use super::responses::ResponseEntry;
use super::when::When;

document! {
    /// What to do about some events.
    Rule is "a rule" {
        required name: Text,
        /// An event type or a glob, or a list of them.
        required event: OneOrMany<Text>,
        optional when: When,
        /// Variables of this rule.
        optional extract: Named<Variable>,
        /// What to do, in order.
        optional steps: Vec<Step>,
        /// Acknowledge with this text; nothing is sent.
        optional ignore: Text,
        /// Refuse with this text; nothing is sent.
        optional reject: Text,
    }
}

document! {
    /// One request, or one for each member of an array.
    Step is "a step" {
        /// Needed to refer to `steps.NAME`.
        optional name: Text,
        /// Which target; may be left out if the file has one.
        optional target: Text,
        /// Run only if it holds.
        optional when: When,
        /// Variables of this step.
        optional extract: Named<Variable>,
        /// Once for each member of this array, in order.
        optional for_each: Text,
        /// `METHOD /path`, or what an earlier step saved as a URL.
        optional request: Text,
        /// Instead of `request`: the rule fails here with this text.
        optional fail: Text,
        optional query: Named<Anything>,
        optional headers: Named<Anything>,
        /// The body as JSON: any value.
        optional json: Anything,
        /// The body as XML: a template.
        optional xml: Text,
        /// The body as a form.
        optional form: Named<Anything>,
        /// The body as text: a template.
        optional text: Text,
        /// Overrides the media type that goes with the body.
        optional content_type: Text,
        /// What later steps need of the answer.
        optional save: Named<Variable>,
        /// Read before the target's.
        optional responses: Vec<ResponseEntry>,
        /// Overrides the target's.
        optional timeout: Text,
    }
}
