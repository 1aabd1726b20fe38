//! `repeat`: a request that is sent until its answer says that something has come about.

use serde_json::json;

use super::decode::{Period, document};
use super::when::AnswerWhen;
use crate::program;
use crate::units;

document! {
    /// Polls: the request is sent again, rendered anew, until an answer that is `ok` passes `until`.
    /// Other answers mean what they mean without it.
    #[schema(
        examples([json!({ "until": { "$.state": "done" }, "every": "2s", "for": "20s" })]),
    )]
    Repeat is "`repeat`" {
        /// What the answer must say for the step to be done. Subjects are those of `responses`:
        /// `status`, `headers.NAME`, `text` (the raw body), and JSONPaths over the body.
        #[schema(examples([json!({ "$.state": ["done", "failed"] })]))]
        expected until: AnswerWhen,
        /// How long to wait after an answer before the request is sent again.
        #[schema(
            apply(at_least),
            examples(["2s"]),
        )]
        expected every: Period,
        /// How long, from the first time that the request is sent. After that, or at the event's
        /// deadline if that comes before, the event fails with 503.
        #[schema(examples(["20s"]))]
        expected for_: Period,
    }
}

fn at_least(schema: super::schema::Schema) -> super::schema::Schema {
    schema.more(&format!("At least {}.", units::text_of(program::Repeat::SHORTEST)))
}
