//! Texts that no case can foresee, such as random identifiers: in the JSON that is expected,
//! `{ $matches: regex }` stands for any text in which the regular expression finds something.

use std::borrow::Cow;

use regex::Regex;
use serde_json::{Map, Value};

/// The only key of an object that stands for a text.
pub const MATCHES: &str = "$matches";

/// The only key of an object that stands for itself, with one `$` less.
const LITERAL: &str = "$$matches";

/// What is expected, with the text that was sent in place of each pattern that it fits.
pub(super) fn settled<'e>(expected: &'e Value, sent: &Value) -> Cow<'e, Value> {
    match has_pattern(expected) {
        true => Cow::Owned(settle(expected, Some(sent))),
        false => Cow::Borrowed(expected),
    }
}

fn has_pattern(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            matches!(only(members), Some((MATCHES | LITERAL, _)))
                || members.values().any(has_pattern)
        }
        Value::Array(members) => members.iter().any(has_pattern),
        _ => false,
    }
}

fn settle(expected: &Value, sent: Option<&Value>) -> Value {
    match expected {
        Value::Object(members) => match (only(members), sent) {
            (Some((MATCHES, Value::String(pattern))), Some(Value::String(text))) => {
                let fits = Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text));
                if fits { Value::from(&**text) } else { expected.clone() }
            }
            (Some((LITERAL, value)), _) => {
                Value::Object(Map::from_iter([(MATCHES.to_owned(), value.clone())]))
            }
            _ => {
                let below = |name: &String| sent.and_then(|sent| sent.get(name));
                let settled = members.iter().map(|(n, one)| (n.clone(), settle(one, below(n))));
                Value::Object(settled.collect())
            }
        },
        Value::Array(members) => {
            let below = |at: usize| sent.and_then(|sent| sent.get(at));
            members.iter().enumerate().map(|(at, one)| settle(one, below(at))).collect()
        }
        scalar => scalar.clone(),
    }
}

/// The only member of an object.
fn only(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = members.iter();
    let (name, value) = members.next().filter(|_| members.len() == 0)?;
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_gives_way_to_a_text_that_fits_it_and_to_nothing_else() {
        let uuid = json!({ "$matches": "^[0-9a-f-]{36}$" });
        let sent = "06c45d18-8009-454f-b88b-b8a8724c81ec";
        for (expected, sent, settled_as) in [
            (json!({ "id": uuid }), json!({ "id": sent }), json!({ "id": sent })),
            (json!([1, [uuid]]), json!([2, [sent]]), json!([1, [sent]])),
            (uuid.clone(), json!("another"), uuid.clone()),
            (uuid.clone(), json!(7), uuid.clone()),
            (json!({ "id": uuid }), json!({}), json!({ "id": uuid })),
            (json!({ "$matches": "(" }), json!("("), json!({ "$matches": "(" })),
            (json!({ "$matches": "a", "b": 1 }), json!("a"), json!({ "$matches": "a", "b": 1 })),
            (json!({ "$$matches": "a" }), json!("a"), json!({ "$matches": "a" })),
        ] {
            assert_eq!(*settled(&expected, &sent), settled_as, "{expected} beside {sent}");
        }
    }
}
