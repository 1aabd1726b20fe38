//! `limits` and `breaker`: how much a target is asked, and when it is left alone.

use serde_json::json;

use super::decode::{Decode, Period, Reader, Scalar, document};
use super::schema::{Definitions, Describe, Schema, form};
use crate::mapping::yaml::{Kind, Node};
use crate::program;
use crate::units;

document! {
    /// How much the target is asked, at least one of both. Requests past that wait in the order in which
    /// they came; those whose event has no time for that fail with 503.
    #[schema(
        keyword("minProperties", 1),
        examples([json!({ "concurrency": 32, "rate": "100/s" })]),
    )]
    Limits is "`limits`" {
        /// Most requests at once.
        #[schema(
            whole_number(
                *program::Limits::CONCURRENCY.start(),
                *program::Limits::CONCURRENCY.end(),
            ),
            examples([32]),
        )]
        optional concurrency: Scalar,
        /// Most requests in a second or in a minute, spread evenly.
        #[schema(types(&["string"]), form(&form::RATE), examples(["100/s", "600/m"]))]
        optional rate: Scalar,
    }
}

document! {
    /// When the target is left alone because it fails: no answer, or 408 or a 5xx that is to be tried
    /// again, so many times in a row. Events fail with 503 then, without a request, until one that is
    /// let through succeeds.
    #[schema(examples([json!({ "failures": 5, "open_for": "30s" })]))]
    Breaker is "`breaker`" {
        /// So many failures in a row.
        #[schema(
            whole_number(*program::Breaker::FAILURES.start(), *program::Breaker::FAILURES.end()),
            default(program::Breaker::default().failures),
        )]
        optional failures: Scalar,
        /// How long nothing is sent; then one request is, which shows whether the target still fails.
        #[schema(
            default(units::text_of(program::Breaker::default().open_for)),
            examples(["30s"]),
        )]
        optional open_for: Period,
    }
}

/// A breaker, or none.
#[derive(Debug, Clone)]
pub enum BreakerSetting {
    Off,
    On(Breaker),
}

impl Decode for BreakerSetting {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let off = program::Breaker::OFF;
        match &node.kind {
            Kind::String(text) if text == off => Some(Self::Off),
            Kind::Mapping(_) => Breaker::decode(node, reader).map(Self::On),
            _ => {
                let help =
                    "write `breaker: off`, or e.g. `breaker: { failures: 5, open_for: 30s }`";
                reader.wrong_type_but(node, "`off`, or a mapping", help);
                None
            }
        }
    }
}

impl Describe for BreakerSetting {
    fn schema(definitions: &mut Definitions) -> Schema {
        let on = Breaker::schema(definitions);
        let off = Schema::any().keyword("const", program::Breaker::OFF);
        Schema::of(&["string", "object"]).keyword("anyOf", [off, on])
    }
}
