//! `responses`: what answers mean.

use serde_json::json;

use super::decode::{Given, Scalar, Text, document};
use super::schema::{Schema, form, refused};
use super::when::AnswerWhen;
use crate::program::{self, Then};

document! {
    /// One row of a `responses` table; the first whose `when` holds decides.
    #[schema(apply(answer_goes_with_failure), apply(wait_goes_with_another_try))]
    ResponseEntry is "an entry of `responses`" {
        /// Which answers are meant; `{}` for all. Subjects are `status` (a number, or a class such as
        /// `2xx`), `headers.NAME`, `text` (the raw body), and JSONPaths over the body.
        #[schema(examples([
            json!({ "status": 404 }),
            json!({ "status": "4xx", "$.code": ["LOCKED", "BUSY"] }),
            json!({ "$.result": false }),
        ]))]
        expected when: AnswerWhen,
        /// What the answer means.
        #[schema(words(&Then::NAMES, meaning))]
        expected then: Text,
        /// What NSPS is told: a template, in which what is absent is empty. Without it NSPS is told
        /// the status and the first 200 characters of the body.
        #[schema(examples(["{{body.error}}", "locked: {{body.detail}}"]))]
        optional message: Text,
        /// The status that NSPS sees instead of the usual one, with `retry` and `fail`: 400 to 599,
        /// or 200 to acknowledge what is hopeless, so that NSPS does not send it again.
        #[schema(apply(answer_status), examples([200, 409, 503]))]
        optional answer: Scalar,
        /// How long until the next try, with `retry` and `restart`: a duration, a number of seconds, or
        /// a template that gives one, where the target says it in its own way. It counts as
        /// `Retry-After` does, and wins over it; what is absent or makes no sense is as if it was not
        /// there.
        #[schema(
            types(&["string", "number"]),
            examples(json!(["{{body.error.retry_ms}}ms", "30s", 30])),
        )]
        optional wait: Given,
    }
}

fn meaning(then: Then) -> &'static str {
    match then {
        Then::Ok => "the step succeeded; go on",
        Then::Retry => {
            "try again, under the target's `retry`; used up: 429 after a 429, 502 after a 5xx, \
             otherwise 503"
        }
        Then::Fail => "permanent failure: 422",
        Then::Login => {
            "begin a new session by the target's log-in (one for all events that wait for it), and \
             send once more, whatever the method; refused again: 502"
        }
        Then::Restart => {
            "run the rule again from its first step, at most 3 times (for optimistic locking); \
             used up: 503"
        }
        Then::Stop => "the rule is done and succeeded; later steps are skipped",
    }
}

fn answer_status(schema: Schema) -> Schema {
    let refusals = program::ResponseEntry::REFUSALS;
    let alternatives = [
        Schema::any().keyword("const", program::ResponseEntry::ACKNOWLEDGED),
        Schema::of(&["integer"])
            .keyword("minimum", *refusals.start())
            .keyword("maximum", *refusals.end()),
        Schema::of(&["string"]).keyword("pattern", &*form::WHOLE_NUMBER.pattern),
    ];
    let message = "write 200, or a status from 400 to 599";
    let alternatives = alternatives.map(|schema| schema.keyword("errorMessage", message));
    schema.types(&["integer", "string"]).keyword("anyOf", alternatives)
}

fn wait_goes_with_another_try(schema: Schema) -> Schema {
    let last = Then::NAMES.iter().filter(|(_, then)| !then.takes_wait());
    let last: Vec<&str> = last.map(|(name, _)| *name).collect();
    let message = "`wait` goes with `then: retry` and `then: restart`";
    schema.where_then(
        json!({ "properties": { "then": { "enum": last } }, "required": ["then"] }),
        refused(&["wait"], message),
    )
}

fn answer_goes_with_failure(schema: Schema) -> Schema {
    let silent = Then::NAMES.iter().filter(|(_, then)| !then.takes_answer());
    let silent: Vec<&str> = silent.map(|(name, _)| *name).collect();
    let message = "`answer` goes with `then: retry` and `then: fail`";
    schema.where_then(
        json!({ "properties": { "then": { "enum": silent } }, "required": ["then"] }),
        refused(&["answer"], message),
    )
}
