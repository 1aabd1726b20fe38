//! What an event may hold to do harm.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// Texts that are harmless as values and harmful as structure.
const TEXTS: [&str; 34] = [
    "",
    " ",
    ".",
    "..",
    "/",
    "../..",
    "%2e%2e",
    "%2f",
    "a/b",
    "\\",
    "?a=b",
    "#f",
    "&a=b",
    "a=b&c=d",
    ";",
    "\"",
    "'",
    "\",\"x\":\"",
    "\n",
    "a\r\nX-Injected: yes",
    "\r\n\r\nGET / HTTP/1.1",
    "\t",
    "\0",
    "\u{7f}",
    "\u{85}\u{2028}\u{feff}",
    "<a/>",
    "]]>",
    "&amp;",
    "<!DOCTYPE x>",
    "{{v}}",
    "{{{v}}}",
    "${X}",
    "👩‍👩‍👧‍👦\u{fffd}\u{ffff}",
    "http://evil.test/",
];

/// Such texts, alone and put together, others, and long ones.
pub fn texts() -> impl Strategy<Value = String> {
    let known = prop::sample::select(TEXTS.to_vec());
    prop_oneof![
        6 => known.clone().prop_map(str::to_owned),
        4 => prop::collection::vec(known, 2..6).prop_map(|parts| parts.concat()),
        4 => any::<String>(),
        2 => "[a-zA-Z0-9._~-]{1,16}",
        1 => Just("<\"&'\r\n{{".repeat(12 << 10)),
    ]
}

/// Values of every type, with such texts in them, and such keys.
pub fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        8 => texts().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => prop::sample::select(vec!["1e400", "-0.0", "123456789012345678901234567890", "1.50"])
            .prop_map(|number| serde_json::from_str(number).expect("a number")),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((texts(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The text of a scalar that is not null.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
