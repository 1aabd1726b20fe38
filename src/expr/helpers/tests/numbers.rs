//! Reckoning: digit for digit, or a fault.

use proptest::prelude::*;
use serde_json::Value;

use super::call;

fn values(arguments: &str) -> Vec<Value> {
    serde_json::from_str(arguments).expect(arguments)
}

#[track_caller]
fn gives(name: &str, arguments: &str) -> String {
    let result = call(name, &values(arguments)).expect(arguments).expect(arguments);
    assert!(result.is_number(), "{name} {arguments}: {result}");
    result.to_string()
}

#[track_caller]
fn refuses(name: &str, arguments: &str) -> String {
    call(name, &values(arguments)).expect_err(&format!("{name} {arguments}"))
}

#[test]
fn results_are_exact_and_plainly_written() {
    for (name, arguments, expected) in [
        ("add", "[0.1, 0.2]", "0.3"),
        ("add", "[1.50, 1.50]", "3"),
        ("add", "[1, 2, 3, \"4\"]", "10"),
        ("add", "[\"+7\", \"0042\"]", "49"),
        ("add", "[\" 2.50 \", 1]", "3.5"),
        ("add", "[1e3, 1.5E-2]", "1000.015"),
        ("add", "[\"1e3\", 0]", "1000"),
        ("add", "[-0.0, 0]", "0"),
        ("add", "[0e999999999999, 1]", "1"),
        ("add", "[1.00000000000000000000000000000000000000000, 1]", "2"),
        ("add", "[9007199254740993, 1]", "9007199254740994"),
        ("add", "[9999999999999999999999999999, -1]", "9999999999999999999999999998"),
        ("add", "[9223372036854775807, 1]", "9223372036854775808"),
        ("sub", "[0.3, 0.1]", "0.2"),
        ("sub", "[1, 1]", "0"),
        ("sub", "[0, 0]", "0"),
        ("sub", "[-9223372036854775808, 1]", "-9223372036854775809"),
        ("mul", "[1.10, 3]", "3.3"),
        ("mul", "[-1, 0]", "0"),
        ("mul", "[-0.5, 2, 100]", "-100"),
        ("mul", "[123456789012345, 1000000007]", "123456789876542523086415"),
        ("mul", "[0.00000000000001, 0.00000000000001]", "0.0000000000000000000000000001"),
        ("div", "[1, 8]", "0.125"),
        ("div", "[10, 2]", "5"),
        ("div", "[-0.0, 7]", "0"),
        ("div", "[1, 3]", "0.3333333333333333333333333333"),
        ("div", "[1073741824, 1024]", "1048576"),
        ("round", "[2.5]", "3"),
        ("round", "[-2.5]", "-3"),
        ("round", "[2.4999]", "2"),
        ("round", "[-0.4]", "0"),
        ("round", "[1.005, 2]", "1.01"),
        ("round", "[-1.005, 2]", "-1.01"),
        ("round", "[1.5, 18]", "1.5"),
        ("round", "[0.1234567890123456785, 18]", "0.123456789012345679"),
        ("round", "[\"12.345\", \"1\"]", "12.3"),
        ("round", "[12345, 2]", "12345"),
        ("round", "[1e20]", "100000000000000000000"),
    ] {
        assert_eq!(gives(name, arguments), expected, "{name} {arguments}");
    }
}

#[test]
fn fixed_writes_as_many_digits_as_it_is_told() {
    for (arguments, expected) in [
        ("[12.5, 2]", "12.50"),
        ("[\"12.345\", 2]", "12.35"),
        ("[12, 2]", "12.00"),
        ("[-0.001, 2]", "0.00"),
        ("[-0.005, 2]", "-0.01"),
        ("[99.995, \"2\"]", "100.00"),
        ("[1e-3, 3]", "0.001"),
        ("[2.5, 0]", "3"),
        ("[9999999999999999999999999999, 18]", "9999999999999999999999999999.000000000000000000"),
    ] {
        let result = call("fixed", &values(arguments)).expect(arguments);
        assert_eq!(result, Some(Value::from(expected)), "{arguments}");
    }
    for (arguments, reason) in [
        ("[1, 19]", "0 to 18 digits"),
        ("[1, -1]", "0 to 18 digits"),
        ("[\"twelve\", 2]", "twelve"),
        ("[1e-400, 2]", "has more than 28 digits"),
    ] {
        let told = refuses("fixed", arguments);
        assert!(told.contains(reason), "{arguments}: {told}");
    }
}

#[test]
fn what_cannot_be_reckoned_with_exactly_is_refused_in_words() {
    for (name, arguments, reason) in [
        ("add", "[1e400, 1]", "1e+400 has more than 28 digits"),
        ("add", "[1e99999999999999999999, 1]", "has more than 28 digits"),
        ("add", "[1e-400, 1]", "has more than 28 digits"),
        ("add", "[123456789012345678901234567890123, 1]", "has more than 28 digits"),
        ("add", "[0.12345678901234567890123456789, 1]", "has more than 28 digits"),
        ("add", "[79228162514264337593543950335, 1]", "the result has more than 28 digits"),
        ("add", "[9999999999999999999999999999, 0.1]", "the result has more than 28 digits"),
        ("sub", "[9999999999999999999999999999, 0.1]", "the result has more than 28 digits"),
        ("mul", "[1.0000000000000000000000000001, 1.1]", "the result has more than 28 digits"),
        ("mul", "[0.000000000000001, 0.000000000000001]", "the result has more than 28 digits"),
        ("mul", "[100000000000000, 1000000000000000]", "the result has more than 28 digits"),
        ("div", "[0.0000000000000000000000000001, 10]", "the result has more than 28 digits"),
        ("div", "[9999999999999999999999999999, 0.001]", "the result has more than 28 digits"),
        ("div", "[1, 0]", "nothing can be divided by 0"),
        ("div", "[0, \"0.00\"]", "nothing can be divided by 0"),
        ("add", "[\"12 apples\", 1]", "\"12 apples\" is not a number"),
        ("add", "[\"\", 1]", "\"\" is not a number"),
        ("add", "[\"0x10\", 1]", "is not a number"),
        ("add", "[\"1_000\", 1]", "is not a number"),
        ("add", "[true, 1]", "true is not a number"),
        ("add", "[null, 1]", "null is not a number"),
        ("mul", "[[1], 1]", "an array is not a number"),
        ("round", "[1, 19]", "it rounds to 0 to 18 digits, not to 19"),
        ("round", "[1, -1]", "it rounds to 0 to 18 digits, not to -1"),
        ("round", "[1, 0.5]", "0.5 is not an integer"),
    ] {
        let refusal = refuses(name, arguments);
        assert!(refusal.contains(reason), "{name} {arguments}: {refusal}");
    }
}

/// A decimal number as written: its digits as an integer, and how many are after the point.
#[derive(Debug)]
struct Written {
    text: String,
    digits: i128,
    places: usize,
}

impl Written {
    fn billionths(&self) -> i128 {
        self.digits * 10_i128.pow(9 - self.places as u32)
    }
}

fn decimal() -> impl Strategy<Value = Written> {
    let most = 1_000_000_000_000_000_000_i128;
    (-most..=most, 0_usize..=9).prop_map(|(digits, places)| {
        let power = 10_i128.pow(places as u32);
        let sign = if digits < 0 { "-" } else { "" };
        let (whole, part) = (digits.abs() / power, digits.abs() % power);
        let text = match places {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{part:0places$}"),
        };
        Written { text, digits, places }
    })
}

/// What a plainly written number has after its point, at most `places` digits, as an integer.
fn scaled(text: &str, places: usize) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= places && !part.ends_with('0') && text != "-0", "{text}");
    format!("{whole}{part:0<places$}").parse().expect(text)
}

proptest! {
    #[test]
    fn sums_and_differences_are_those_of_integers(left in decimal(), right in decimal()) {
        let arguments = format!("[{}, {}]", left.text, right.text);
        let (one, other) = (left.billionths(), right.billionths());
        prop_assert_eq!(scaled(&gives("add", &arguments), 9), one + other);
        prop_assert_eq!(scaled(&gives("sub", &arguments), 9), one - other);
    }

    #[test]
    fn products_are_those_of_integers_or_refused(left in decimal(), right in decimal()) {
        let exact = left.digits * right.digits;
        match call("mul", &values(&format!("[{}, {}]", left.text, right.text))) {
            Ok(product) => {
                let product = product.expect("a product").to_string();
                prop_assert_eq!(scaled(&product, left.places + right.places), exact);
            }
            Err(_) => prop_assert!(exact.unsigned_abs() >= 10_u128.pow(28)),
        }
    }

    #[test]
    fn rounding_goes_half_away_from_zero(number in decimal(), digits in 0_u32..=9) {
        let rounded = gives("round", &format!("[{}, {digits}]", number.text));
        let (exact, unit) = (number.billionths(), 10_i128.pow(9 - digits));
        let expected = (exact.abs() + unit / 2) / unit * unit * exact.signum();
        prop_assert_eq!(scaled(&rounded, 9), expected);
    }

    #[test]
    fn a_quotient_times_its_divisor_is_near(left in decimal(), right in -9999_i128..=9999) {
        prop_assume!(right != 0);
        let quotient = gives("div", &format!("[{}, {right}]", left.text));
        let (whole, part) = quotient.split_once('.').unwrap_or((&quotient, ""));
        let part = &part[..part.len().min(9)];
        let billionths: i128 = format!("{whole}{part:0<9}").parse().expect("digits");
        prop_assert!((billionths * right - left.billionths()).abs() < right.abs(), "{quotient}");
    }
}
