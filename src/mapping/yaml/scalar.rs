//! What a plain scalar means: the core schema of YAML 1.2, with what JSON cannot hold left out.

use serde_json::Number;

use super::node::Kind;

/// Why a plain scalar has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// `+79123456789`: the core schema takes it for a number, which would lose its `+`.
    Plus,
    /// `.inf`, `.nan`: numbers that JSON does not have.
    NotFinite,
    /// `0x…` or `0o…` beyond 128 bits.
    TooLarge,
}

/// The value of a plain scalar.
///
/// Beside the core schema: digits with a leading zero are text (`0010100` is an IMSI, not 10100),
/// numbers keep the digits that were written (`1.10` stays `1.10`), `0x1F` and `0o17` are 31 and 15.
pub(super) fn resolve(text: &str) -> Result<Kind, Unclear> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Kind::Null),
        "true" | "True" | "TRUE" => return Ok(Kind::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Kind::Bool(false)),
        _ => {}
    }
    if is_not_finite(text) {
        return Err(Unclear::NotFinite);
    }
    if let Some(number) = based(text) {
        return number.map(Kind::Number);
    }
    match decimal(text) {
        Some(_) if text.starts_with('+') => Err(Unclear::Plus),
        Some(number) => Ok(Kind::Number(number)),
        None => Ok(Kind::String(text.to_owned())),
    }
}

fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// `0x1F` and `0o17`, which have no sign.
fn based(text: &str) -> Option<Result<Number, Unclear>> {
    let (digits, radix) = match text.split_at_checked(2)? {
        ("0x", digits) => (digits, 16),
        ("0o", digits) => (digits, 8),
        _ => return None,
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let value = u128::from_str_radix(digits, radix).ok().and_then(Number::from_u128);
    Some(value.ok_or(Unclear::TooLarge))
}

/// A decimal number; none for one with a leading zero, which is a code of some kind.
fn decimal(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let bare = whole.is_empty() && fraction.is_none_or(str::is_empty);
    let coded = whole.len() > 1 && whole.starts_with('0');
    if bare || coded || !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return None;
    }
    if !exponent.is_empty() && !is_exponent(exponent) {
        return None;
    }
    json_number(text.starts_with('-'), whole, fraction, exponent)
}

/// JSON wants a digit on both sides of the point: `.5` is `0.5` there, and `5.` is `5.0`.
fn json_number(
    negative: bool,
    whole: &str,
    fraction: Option<&str>,
    exponent: &str,
) -> Option<Number> {
    let sign = if negative { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = match fraction {
        None => String::new(),
        Some("") => ".0".to_owned(),
        Some(digits) => format!(".{digits}"),
    };
    format!("{sign}{whole}{fraction}{exponent}").parse().ok()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_exponent(text: &str) -> bool {
    let digits = text.trim_start_matches(['e', 'E']);
    let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    !digits.is_empty() && is_digits(digits) && text.len() - digits.len() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        match resolve(text) {
            Ok(Kind::Null) => "null".to_owned(),
            Ok(Kind::Bool(value)) => value.to_string(),
            Ok(Kind::Number(number)) => number.to_string(),
            Ok(Kind::String(text)) => format!("{text:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, expected) in [
            ("", "null"),
            ("~", "null"),
            ("NULL", "null"),
            ("nUll", r#""nUll""#),
            ("True", "true"),
            ("FALSE", "false"),
            ("yes", r#""yes""#),
            ("no", r#""no""#),
            ("on", r#""on""#),
            ("off", r#""off""#),
            ("y", r#""y""#),
            ("0", "0"),
            ("-0", "-0"),
            ("42", "42"),
            ("-17", "-17"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0x", r#""0x""#),
            ("0xZZ", r#""0xZZ""#),
            ("-0x1F", r#""-0x1F""#),
            ("0b11", r#""0b11""#),
            ("12:30:45", r#""12:30:45""#),
            ("2024-01-01", r#""2024-01-01""#),
            ("10s", r#""10s""#),
            ("1.2.3", r#""1.2.3""#),
            ("-", r#""-""#),
            ("+", r#""+""#),
            (".", r#"".""#),
            ("e5", r#""e5""#),
            ("1e", r#""1e""#),
            ("1ee5", r#""1ee5""#),
            ("1e+-5", r#""1e+-5""#),
            ("١٢", r#""١٢""#),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_keeps_the_digits_that_were_written() {
        for (text, expected) in [
            ("1.10", "1.10"),
            ("10.0", "10.0"),
            ("0.5", "0.5"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("-.5e3", "-0.5e+3"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("-99999999999999999999", "-99999999999999999999"),
            ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
            ("0xFFFFFFFFFFFFFFFFFFFF", "1208925819614629174706175"),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn a_leading_zero_or_an_underscore_makes_text() {
        for text in ["0010100", "00", "-007", "00.5", "1_000", "0x1_F"] {
            assert_eq!(json(text), format!("{text:?}"), "{text}");
        }
    }

    #[test]
    fn what_would_change_silently_has_no_value() {
        for (text, expected) in [
            ("+79123456789", Unclear::Plus),
            ("+1.5", Unclear::Plus),
            (".inf", Unclear::NotFinite),
            ("-.INF", Unclear::NotFinite),
            (".NaN", Unclear::NotFinite),
            ("0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", Unclear::TooLarge),
        ] {
            assert_eq!(resolve(text), Err(expected), "{text}");
        }
    }
}
