//! `as`: explicit conversion of one value.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Number, Value};

use crate::document::{Node, View};
use crate::event::kind;

/// What `as` converts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    String,
    Integer,
    Number,
    Boolean,
    /// RFC 3339.
    Timestamp,
}

impl Type {
    pub const NAMES: [(&'static str, Self); 5] = [
        ("string", Self::String),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("timestamp", Self::Timestamp),
    ];

    /// The value as this type; the reason says what is wrong with the value.
    pub fn convert(self, value: &Value) -> Result<Value, String> {
        match self {
            Self::String => {
                text_of(value).map(Value::String).ok_or_else(|| cannot(value, "a string"))
            }
            Self::Integer => integer(value).ok_or_else(|| cannot(value, "an integer")),
            Self::Number => number(value).ok_or_else(|| cannot(value, "a number")),
            Self::Boolean => boolean(value).ok_or_else(|| cannot(value, "a boolean")),
            Self::Timestamp => timestamp(value)
                .map(|moment| Value::String(moment.to_string()))
                .ok_or_else(|| cannot(value, "a timestamp")),
        }
    }
}

pub(super) fn cannot(value: &Value, wanted: &str) -> String {
    format!("{} is not {wanted}", shown(value))
}

/// Most characters of a value that a message repeats.
const MOST_SHOWN: usize = 64;

/// A value as a message tells it: whole, or only of what kind and length it is. A part of a secret
/// would not be recognized as one, and be told.
pub(super) fn shown(value: &Value) -> String {
    let length = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => return kind(value).to_owned(),
        Value::String(text) => text.chars().count(),
        Value::Number(_) | Value::Bool(_) => value.to_string().len(),
    };
    match length > MOST_SHOWN {
        true => format!("{} of {length} characters", kind(value)),
        false => value.to_string(),
    }
}

/// The text of a scalar: a string itself, a number as written, `true` or `false`.
pub fn text_of<'v>(value: impl Node<'v>) -> Option<String> {
    match value.view() {
        View::Text(text) | View::Number(text) => Some(text.to_owned()),
        View::Bool(boolean) => Some(boolean.to_string()),
        View::Null | View::Array(_) | View::Object(_) => None,
    }
}

/// Digits are kept, however many there are; a fraction is accepted only if it is zero.
fn integer(value: &Value) -> Option<Value> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let whole = match digits.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') && !zeros.is_empty() => {
            whole
        }
        Some(_) => return None,
        None => digits,
    };
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    let sign = if negative && whole != "0" { "-" } else { "" };
    number_from(&format!("{sign}{whole}"))
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => {
            let text = text.trim();
            number_from(text).or_else(|| integer(value))
        }
        _ => None,
    }
}

/// A number as JSON writes it, digit for digit.
pub(super) fn number_from(text: &str) -> Option<Value> {
    serde_json::from_str::<Number>(text).ok().map(Value::Number)
}

fn boolean(value: &Value) -> Option<Value> {
    let truth = match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => match number.as_i64()? {
            1 => true,
            0 => false,
            _ => return None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "y" | "1" => true,
            "false" | "n" | "0" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(Value::Bool(truth))
}

/// Epoch numbers from here on are milliseconds: as seconds they would lie beyond the year 5138.
const FIRST_MILLISECONDS: u64 = 100_000_000_000;

/// Reads the forms of time that the billing system sends; no zone means UTC.
pub fn timestamp(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => epoch(number.as_i64()?),
        Value::String(text) => moment(text),
        _ => None,
    }
}

/// The same of a text.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| at_utc(text.parse::<DateTime>().ok()?))
        .or_else(|| at_utc(text.parse::<Date>().ok()?.at(0, 0, 0, 0)))
        .or_else(|| epoch(text.parse().ok()?))
}

fn at_utc(local: DateTime) -> Option<Timestamp> {
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn epoch(number: i64) -> Option<Timestamp> {
    if number.unsigned_abs() >= FIRST_MILLISECONDS {
        return Timestamp::from_millisecond(number).ok();
    }
    Timestamp::from_second(number).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(to: Type, rows: &[(Value, Option<Value>)]) {
        for (from, expected) in rows {
            assert_eq!(to.convert(from).ok().as_ref(), expected.as_ref(), "{from} as {to:?}");
        }
    }

    #[test]
    fn integers_keep_their_digits() {
        let huge: Value = serde_json::from_str("123456789012345678901234567890").unwrap();
        table(
            Type::Integer,
            &[
                (json!("0042"), Some(json!(42))),
                (json!("-7"), Some(json!(-7))),
                (json!("+7"), Some(json!(7))),
                (json!("5.00"), Some(json!(5))),
                (json!("123456789012345678901234567890"), Some(huge.clone())),
                (huge.clone(), Some(huge)),
                (json!("5.5"), None),
                (json!("N/A"), None),
                (json!(""), None),
                (json!(true), None),
                (json!([1]), None),
            ],
        );
    }

    #[test]
    fn numbers_are_read_from_text() {
        table(
            Type::Number,
            &[
                (json!("10"), Some(json!(10))),
                (json!(" 2.5 "), Some(json!(2.5))),
                (json!("N/A"), None),
            ],
        );
    }

    #[test]
    fn booleans_are_read_in_every_form_the_billing_system_uses() {
        for (value, truth) in [
            (json!(true), true),
            (json!("Y"), true),
            (json!("n"), false),
            (json!("1"), true),
            (json!(0), false),
            (json!("False"), false),
        ] {
            assert_eq!(Type::Boolean.convert(&value), Ok(json!(truth)), "{value}");
        }
        for value in [json!("yes"), json!(2), json!(null), json!({})] {
            assert!(Type::Boolean.convert(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn timestamps_are_read_in_every_form_and_come_out_as_rfc_3339() {
        for (value, expected) in [
            (json!("2025-05-16T12:59:46"), "2025-05-16T12:59:46Z"),
            (json!("2025-05-16 12:59:46"), "2025-05-16T12:59:46Z"),
            (json!("2025-05-16"), "2025-05-16T00:00:00Z"),
            (json!("2025-03-12T16:47:30.443939+02:00"), "2025-03-12T14:47:30.443939Z"),
            (json!(1747400386), "2025-05-16T12:59:46Z"),
            (json!("1747400386000"), "2025-05-16T12:59:46Z"),
            (json!(-1), "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Type::Timestamp.convert(&value), Ok(json!(expected)), "{value}");
        }
        for value in [json!("16.05.2025"), json!(i64::MIN), json!(u64::MAX), json!(""), json!(true)]
        {
            assert!(Type::Timestamp.convert(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_failed_conversion_says_what_it_met() {
        assert_eq!(
            Type::Integer.convert(&json!("N/A")),
            Err("\"N/A\" is not an integer".to_owned())
        );
        assert_eq!(Type::String.convert(&json!({})), Err("an object is not a string".to_owned()));
        assert_eq!(
            Type::Integer.convert(&json!("x".repeat(100))),
            Err("a string of 100 characters is not an integer".to_owned())
        );
    }
}
