//! What values have in common: equality, order, emptiness and truth, without conversion.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde_json::{Number, Value};

use super::convert::timestamp;

/// Null, `""`, `[]` or `{}`.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(members) => members.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Equality without conversion: 1 equals 1.0, not "1".
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order_numbers(left, right).is_eq(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| equal(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, l)| right.get(key).is_some_and(|r| equal(l, r)))
        }
        _ => left == right,
    }
}

/// Hashes a number so that it goes with [`equal`].
pub fn hash_number(number: &Number, state: &mut impl Hasher) {
    Digits::of(number).hash(state);
}

/// Whether anything can be greater or less than this.
pub fn has_order(value: &Value) -> bool {
    order(value, value).is_some()
}

/// Numbers with numbers, timestamps with timestamps; nothing else has an order.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(order_numbers(left, right)),
        // Texts of digits could be moments, but whoever wrote them hardly thought of any.
        (Value::String(l), Value::String(r)) if is_digits(l) || is_digits(r) => None,
        (Value::String(_), Value::String(_)) => Some(timestamp(left)?.cmp(&timestamp(right)?)),
        _ => None,
    }
}

/// Whether a text is a number that was not made one.
pub fn is_digits(text: &str) -> bool {
    let text = text.trim();
    text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn order_numbers(left: &Number, right: &Number) -> Ordering {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => Digits::of(left).cmp(&Digits::of(right)),
    }
}

/// A number of any length, to be compared to its last digit.
#[derive(Hash)]
struct Digits {
    /// -1, 0 or 1.
    sign: i8,
    /// Where the point stands, counted from before the first digit that is not 0.
    point: i64,
    /// From the first digit that is not 0 to the last one.
    text: String,
}

impl Digits {
    fn of(number: &Number) -> Self {
        let text = number.as_str();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        // An exponent that no 64 bits hold is as good as the farthest that they do.
        let farthest = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
        let exponent = exponent.parse().unwrap_or(farthest);
        let (negative, mantissa) =
            mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let text = digits.trim_start_matches('0');
        if text.is_empty() {
            return Self { sign: 0, point: 0, text: String::new() };
        }
        let before = whole.len() as i64 - (digits.len() - text.len()) as i64;
        Self {
            sign: if negative { -1 } else { 1 },
            point: exponent.saturating_add(before),
            text: text.trim_end_matches('0').to_owned(),
        }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let size = self.point.cmp(&other.point).then_with(|| self.text.cmp(&other.text));
        let order = if self.sign < 0 { size.reverse() } else { size };
        self.sign.cmp(&other.sign).then(order)
    }
}

/// What `#if`, `and`, `or` and `not` take for true: everything but false, null, 0, `""`, `[]`, `{}`.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(members) => !members.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use super::*;

    fn hashed(number: &str) -> u64 {
        let mut state = DefaultHasher::new();
        hash_number(&serde_json::from_str(number).unwrap(), &mut state);
        state.finish()
    }

    #[test]
    fn equal_numbers_have_the_same_hash() {
        for same in [
            &["1", "1.0", "1e0", "10e-1", "0.1E1"][..],
            &["0", "-0", "0.00", "0e9", "-0.0e-99999999999999999999"],
            &["-1200", "-1.2e3", "-1200.000"],
            &["89380000000000000001", "89380000000000000001.0"],
        ] {
            for number in same {
                assert_eq!(hashed(number), hashed(same[0]), "{number}");
            }
        }
        for (one, other) in [("1", "-1"), ("1", "10"), ("0.1", "0.01"), ("12", "1.02e1")] {
            assert_ne!(hashed(one), hashed(other), "{one} {other}");
        }
    }
}
