//! Reckoning with decimal numbers: exact, or a fault that says why not. The only file that names
//! the crate of decimal numbers, which would round where we refuse.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::super::convert::{Type, number_from, shown};
use super::{Absence::Propagates, Helper, given, helper};

/// Most digits after the point that `round` keeps.
const MOST_DIGITS: u32 = 18;

const TOO_LONG: &str = "the result has more than 28 digits, too many to reckon with exactly";

pub(super) const HELPERS: &[Helper] = &[
    helper("add", (2, usize::MAX), "add a b", Propagates, |a| fold(a, sum)).checked(operand),
    helper("sub", (2, 2), "sub a b", Propagates, |a| fold(a, |left, right| sum(left, -right)))
        .checked(operand),
    helper("mul", (2, usize::MAX), "mul a b", Propagates, |a| fold(a, product)).checked(operand),
    helper("div", (2, 2), "div a b", Propagates, |a| fold(a, quotient)).checked(
        |position, literal| match decimal(literal)?.is_zero() && position == 1 {
            true => Err(BY_ZERO.to_owned()),
            false => Ok(()),
        },
    ),
    helper("round", (1, 2), "round a 2", Propagates, |a| {
        let digits = a.get(1).copied().flatten().map_or(Ok(0), digits)?;
        let away = RoundingStrategy::MidpointAwayFromZero;
        number(decimal(given(a, 0))?.round_dp_with_strategy(digits, away))
    })
    .checked(|position, literal| match position {
        0 => operand(position, literal),
        _ => digits(literal).map(drop),
    }),
    helper("fixed", (2, 2), "fixed a 2", Propagates, |a| {
        let digits = digits(given(a, 1))?;
        let away = RoundingStrategy::MidpointAwayFromZero;
        let rounded = decimal(given(a, 0))?.round_dp_with_strategy(digits, away);
        Ok(Some(Value::from(with_digits(rounded, digits))))
    })
    .checked(|position, literal| match position {
        0 => operand(position, literal),
        _ => digits(literal).map(drop),
    }),
];

/// With exactly so many digits after the point, of which there are no more.
fn with_digits(decimal: Decimal, digits: u32) -> String {
    let plain = decimal.normalize().to_string();
    if digits == 0 {
        return plain;
    }
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let width = usize::try_from(digits).unwrap_or_default();
    format!("{whole}.{fraction:0<width$}")
}

const BY_ZERO: &str = "nothing can be divided by 0";

fn operand(_: usize, literal: &Value) -> Result<(), String> {
    decimal(literal).map(drop)
}

fn fold(
    arguments: &[Option<&Value>],
    step: fn(Decimal, Decimal) -> Result<Decimal, String>,
) -> Result<Option<Value>, String> {
    let mut result = decimal(given(arguments, 0))?;
    for at in 1..arguments.len() {
        result = step(result, decimal(given(arguments, at))?)?.normalize();
    }
    number(result)
}

/// The crate rounds what does not fit into its 96 bits; then the result has fewer digits after the
/// point than it must have.
fn sum(left: Decimal, right: Decimal) -> Result<Decimal, String> {
    left.checked_add(right)
        .filter(|sum| sum.is_zero() || sum.scale() == left.scale().max(right.scale()))
        .ok_or_else(|| TOO_LONG.to_owned())
}

fn product(left: Decimal, right: Decimal) -> Result<Decimal, String> {
    if left.is_zero() || right.is_zero() {
        return Ok(Decimal::ZERO);
    }
    left.checked_mul(right)
        .filter(|product| product.scale() == left.scale() + right.scale())
        .ok_or_else(|| TOO_LONG.to_owned())
}

/// A quotient that does not end is rounded to as many digits as there can be.
fn quotient(left: Decimal, right: Decimal) -> Result<Decimal, String> {
    if right.is_zero() {
        return Err(BY_ZERO.to_owned());
    }
    left.checked_div(right)
        .filter(|quotient| !quotient.is_zero() || left.is_zero())
        .ok_or_else(|| TOO_LONG.to_owned())
}

/// What `number` takes for a number, without zeros at its end.
fn decimal(value: &Value) -> Result<Decimal, String> {
    let number = Type::Number.convert(value)?;
    exact(&number.to_string()).ok_or_else(|| {
        format!("{} has more than 28 digits, too many to reckon with exactly", shown(&number))
    })
}

/// A number as JSON writes it (RFC 8259, section 6), if not a digit of it would be lost.
fn exact(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    let mantissa = Decimal::from_str_exact(mantissa).ok()?.normalize();
    if mantissa.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i64::from(mantissa.scale()).checked_sub(exponent.parse().ok()?)?;
    let (mantissa, scale) = match u32::try_from(scale) {
        Ok(scale) => (mantissa.mantissa(), scale),
        Err(_) => {
            let power = 10_i128.checked_pow(u32::try_from(scale.checked_neg()?).ok()?)?;
            (mantissa.mantissa().checked_mul(power)?, 0)
        }
    };
    Decimal::try_from_i128_with_scale(mantissa, scale).ok().map(|decimal| decimal.normalize())
}

fn digits(value: &Value) -> Result<u32, String> {
    let digits = Type::Integer.convert(value)?.as_u64().and_then(|digits| digits.try_into().ok());
    digits
        .filter(|digits| *digits <= MOST_DIGITS)
        .ok_or_else(|| format!("it rounds to 0 to {MOST_DIGITS} digits, not to {}", shown(value)))
}

fn number(decimal: Decimal) -> Result<Option<Value>, String> {
    number_from(&decimal.normalize().to_string()).map(Some).ok_or_else(|| TOO_LONG.to_owned())
}
