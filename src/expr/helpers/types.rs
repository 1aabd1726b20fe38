//! From one type to another.

use serde_json::Value;

use super::super::convert::Type;
use super::{Absence::Propagates, Helper, given, helper};

pub(super) const HELPERS: &[Helper] = &[
    helper("string", (1, 1), "string name", Propagates, |a| {
        Type::String.convert(given(a, 0)).map(Some)
    }),
    helper("number", (1, 1), "number name", Propagates, |a| {
        Type::Number.convert(given(a, 0)).map(Some)
    }),
    helper("boolean", (1, 1), "boolean name", Propagates, |a| {
        Type::Boolean.convert(given(a, 0)).map(Some)
    }),
    helper("json", (1, 1), "json name", Propagates, |a| {
        Ok(Some(Value::String(given(a, 0).to_string())))
    })
    .walking(),
];
