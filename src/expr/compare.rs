//! What values have in common: equality, order, emptiness and truth, without conversion.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use serde_json::{Number, Value};

use super::convert::moment;
use crate::document::{Node, View};

/// Null, `""`, `[]` or `{}`.
pub fn is_empty<'v>(value: impl Node<'v>) -> bool {
    match value.view() {
        View::Null => true,
        View::Text(text) => text.is_empty(),
        View::Array(length) | View::Object(length) => length == 0,
        View::Bool(_) | View::Number(_) => false,
    }
}

/// Equality without conversion: 1 equals 1.0, not "1".
pub fn equal<'l, 'r>(left: impl Node<'l>, right: impl Node<'r>) -> bool {
    match (left.view(), right.view()) {
        (View::Number(left), View::Number(right)) => order_numbers(left, right).is_eq(),
        (View::Array(l), View::Array(r)) => {
            l == r && left.children().zip(right.children()).all(|(l, r)| equal(l, r))
        }
        (View::Object(l), View::Object(r)) => l == r && same_members(left, right),
        (left, right) => left == right,
    }
}

/// Whether each member of one object is in the other, which has as many.
fn same_members<'l, 'r, R: Node<'r>>(left: impl Node<'l>, right: R) -> bool {
    // Most often they are in the same order. If not, looking up each could take the square of them.
    let mut others = right.members();
    let mut by_name: Option<HashMap<&str, R>> = None;
    left.members().all(|(name, l)| {
        let other = match &by_name {
            None => others.next().filter(|(other, _)| *other == name).map(|(_, other)| other),
            Some(_) => None,
        };
        let other = other.or_else(|| {
            by_name.get_or_insert_with(|| right.members().collect()).get(name).copied()
        });
        other.is_some_and(|r| equal(l, r))
    })
}

/// Hashes a number so that it goes with [`equal`].
pub fn hash_number(number: &Number, state: &mut impl Hasher) {
    Digits::of(number.as_str()).hash(state);
}

/// Whether anything can be greater or less than this.
pub fn has_order(value: &Value) -> bool {
    order(value, value).is_some()
}

/// Numbers with numbers, timestamps with timestamps; nothing else has an order.
pub fn order<'l, 'r>(left: impl Node<'l>, right: impl Node<'r>) -> Option<Ordering> {
    match (left.view(), right.view()) {
        (View::Number(left), View::Number(right)) => Some(order_numbers(left, right)),
        // Texts of digits could be moments, but whoever wrote them hardly thought of any.
        (View::Text(l), View::Text(r)) if is_digits(l) || is_digits(r) => None,
        (View::Text(l), View::Text(r)) => Some(moment(l)?.cmp(&moment(r)?)),
        _ => None,
    }
}

/// Whether a text is a number that was not made one.
pub fn is_digits(text: &str) -> bool {
    let text = text.trim();
    text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Orders numbers as JSON writes them.
pub(super) fn order_numbers(left: &str, right: &str) -> Ordering {
    match (left.parse::<i128>(), right.parse()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
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
    fn of(text: &str) -> Self {
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
