//! Secrets of a mapping, hidden in what its tests tell.

use serde_json::Value;

use super::report::Mismatch;
use crate::telemetry::mask::Secrets;

/// The same with `***` in place of every secret.
pub fn veiled(mismatch: Mismatch, secrets: &Secrets) -> Mismatch {
    if secrets.is_empty() {
        return mismatch;
    }
    let text = |text: &str| secrets.mask(text).into_owned();
    match mismatch {
        // Differences are written without secrets.
        Mismatch::Request { .. }
        | Mismatch::Unexpected { .. }
        | Mismatch::Missing { .. }
        | Mismatch::Rule { .. } => mismatch,
        Mismatch::Variable { name, expected, found, fault } => Mismatch::Variable {
            name,
            expected: value(expected, secrets),
            found: found.map(|found| value(found, secrets)),
            fault: fault.map(|fault| text(&fault)),
        },
        Mismatch::Answer { part, expected, found, status, body } => Mismatch::Answer {
            part,
            expected: text(&expected).into(),
            found: value(found, secrets),
            status,
            body: value(body, secrets),
        },
        Mismatch::Broken(reason) => Mismatch::Broken(text(&reason)),
    }
}

fn value(value: Value, secrets: &Secrets) -> Value {
    match value {
        Value::String(text) => Value::String(secrets.mask(&text).into_owned()),
        Value::Array(members) => {
            members.into_iter().map(|member| self::value(member, secrets)).collect()
        }
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (secrets.mask(&name).into_owned(), self::value(member, secrets)))
            .collect(),
        other => other,
    }
}
