//! Durations (`1m30s`) and sizes (`4MiB`) as people write them in settings and in mapping files.

use std::time::Duration;

/// Units of time with their length in milliseconds, longest first.
const TIME: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Units of size with their number of bytes.
const SIZE: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

/// Longest accepted duration: adding it to a moment can never overflow a clock.
const LONGEST: Duration = Duration::from_secs(10_000 * 86_400);

/// Largest accepted size: 1 TiB, so that sums of a few of them stay far from overflow.
const LARGEST: u64 = 1 << 40;

/// Why a text is no duration or no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitFault {
    #[error("it is empty")]
    Empty,
    #[error("a whole number is expected at `{0}`; there are no signs and no fractions")]
    NoNumber(String),
    #[error("`{0}` has no unit; add one, e.g. `{0}s`")]
    NoUnit(String),
    #[error("`{unit}` is no unit {of}")]
    UnknownUnit {
        unit: String,
        /// With the units that there are, e.g. `of size (B, kB, …)`.
        of: &'static str,
    },
    #[error("`{0}` is out of place; units go from long to short, each at most once")]
    Order(String),
    #[error("it is too large; the limit is {0}")]
    TooLarge(&'static str),
}

/// Reads a duration: whole numbers with the units `d`, `h`, `m`, `s` and `ms`, from long to short,
/// e.g. `36h`, `1m30s`, `250ms`. Zero needs no unit.
pub fn duration(text: &str) -> Result<Duration, UnitFault> {
    let text = text.trim();
    match text {
        "" => return Err(UnitFault::Empty),
        "0" => return Ok(Duration::ZERO),
        _ => {}
    }
    let mut rest = text;
    let mut units = &TIME[..];
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let (number, unit, tail) = part(rest)?;
        let length = next_time_unit(&mut units, number, unit)?;
        millis = count(number)
            .and_then(|count| count.checked_mul(length))
            .and_then(|part| millis.checked_add(part))
            .ok_or(UnitFault::TooLarge("10000d"))?;
        rest = tail;
    }
    let duration = Duration::from_millis(millis);
    if duration > LONGEST { Err(UnitFault::TooLarge("10000d")) } else { Ok(duration) }
}

/// The units that a duration may be written in, longest first.
pub fn of_time() -> impl Iterator<Item = &'static str> {
    TIME.iter().map(|(unit, _)| *unit)
}

/// A duration as [`duration`] reads it, in the longest units that fit; whole milliseconds only.
pub fn text_of(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (unit, millis) in TIME {
        let count = rest / u128::from(millis);
        rest %= u128::from(millis);
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Reads a size in bytes: a whole number, alone or with one of the units `B`, `kB`, `KiB`, `MB`,
/// `MiB`, `GB` and `GiB`, in any case.
pub fn size(text: &str) -> Result<u64, UnitFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UnitFault::Empty);
    }
    let end = digits(text)?;
    let (number, unit) = (&text[..end], text[end..].trim_start());
    let bytes = if unit.is_empty() { 1 } else { size_unit(unit)? };
    count(number)
        .and_then(|count| count.checked_mul(bytes))
        .filter(|size| *size <= LARGEST)
        .ok_or(UnitFault::TooLarge("1024GiB"))
}

/// The first number and unit of a duration, and what follows them.
fn part(text: &str) -> Result<(&str, &str, &str), UnitFault> {
    let (number, rest) = text.split_at(digits(text)?);
    let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, tail) = rest.split_at(end);
    Ok((number, unit.trim(), tail))
}

/// How many bytes of digits `text` begins with: at least one.
fn digits(text: &str) -> Result<usize, UnitFault> {
    match text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()) {
        0 => Err(UnitFault::NoNumber(text.to_owned())),
        end if text[end..].starts_with(['.', ',']) => Err(UnitFault::NoNumber(text.to_owned())),
        end => Ok(end),
    }
}

/// The length of `unit`; it and all longer units are used up thereby.
fn next_time_unit(
    units: &mut &[(&'static str, u64)],
    number: &str,
    unit: &str,
) -> Result<u64, UnitFault> {
    if unit.is_empty() {
        return Err(UnitFault::NoUnit(number.to_owned()));
    }
    if let Some(at) = units.iter().position(|(name, _)| *name == unit) {
        let length = units[at].1;
        *units = &units[at + 1..];
        return Ok(length);
    }
    if TIME.iter().any(|(name, _)| *name == unit) {
        Err(UnitFault::Order(format!("{number}{unit}")))
    } else {
        let of = "of time (d, h, m, s, ms)";
        Err(UnitFault::UnknownUnit { unit: unit.to_owned(), of })
    }
}

fn size_unit(unit: &str) -> Result<u64, UnitFault> {
    SIZE.iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))
        .map(|(_, bytes)| *bytes)
        .ok_or_else(|| {
            let of = "of size (B, kB, KiB, MB, MiB, GB, GiB)";
            UnitFault::UnknownUnit { unit: unit.to_owned(), of }
        })
}

/// `None` if the number is beyond 64 bits.
fn count(digits: &str) -> Option<u64> {
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit_and_in_their_sums() {
        for (text, millis) in [
            ("10s", 10_000),
            ("250ms", 250),
            ("1m30s", 90_000),
            ("36h", 129_600_000),
            ("40d", 3_456_000_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("0", 0),
            ("0s", 0),
            ("007s", 7_000),
            (" 10 s ", 10_000),
            ("10000d", 864_000_000_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_duration_is_written_as_it_is_read() {
        for text in ["10s", "200ms", "1m30s", "1d12h", "1d2h3m4s5ms", "0s", "10000d"] {
            let read = duration(text).expect(text);
            assert_eq!(text_of(read), text);
        }
    }

    #[test]
    fn what_is_no_duration_is_told_with_its_reason() {
        for (text, reason) in [
            ("", "it is empty"),
            ("  ", "it is empty"),
            ("10", "`10` has no unit; add one, e.g. `10s`"),
            ("1m30", "`30` has no unit; add one, e.g. `30s`"),
            ("s", "a whole number is expected at `s`; there are no signs and no fractions"),
            ("-1s", "a whole number is expected at `-1s`; there are no signs and no fractions"),
            ("1.5s", "a whole number is expected at `1.5s`; there are no signs and no fractions"),
            ("10 parsecs", "`parsecs` is no unit of time (d, h, m, s, ms)"),
            ("10S", "`S` is no unit of time (d, h, m, s, ms)"),
            ("10é", "`é` is no unit of time (d, h, m, s, ms)"),
            ("30s1m", "`1m` is out of place; units go from long to short, each at most once"),
            ("1s1s", "`1s` is out of place; units go from long to short, each at most once"),
            ("10001d", "it is too large; the limit is 10000d"),
            ("99999999999999999999s", "it is too large; the limit is 10000d"),
            ("18446744073709551615d", "it is too large; the limit is 10000d"),
        ] {
            let fault = duration(text).expect_err(text);
            assert_eq!(fault.to_string(), reason, "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_bytes_and_in_every_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("1500", 1_500),
            ("12B", 12),
            ("500kB", 500_000),
            ("1KiB", 1_024),
            ("2MB", 2_000_000),
            ("4MiB", 4_194_304),
            ("64 MiB", 67_108_864),
            ("1GB", 1_000_000_000),
            ("1GiB", 1_073_741_824),
            ("4mib", 4_194_304),
            ("1024GiB", LARGEST),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_told_with_its_reason() {
        for (text, reason) in [
            ("", "it is empty"),
            ("MiB", "a whole number is expected at `MiB`; there are no signs and no fractions"),
            ("-4MiB", "a whole number is expected at `-4MiB`; there are no signs and no fractions"),
            (
                "1.5MiB",
                "a whole number is expected at `1.5MiB`; there are no signs and no fractions",
            ),
            ("4M", "`M` is no unit of size (B, kB, KiB, MB, MiB, GB, GiB)"),
            ("4MiB4", "`MiB4` is no unit of size (B, kB, KiB, MB, MiB, GB, GiB)"),
            ("1025GiB", "it is too large; the limit is 1024GiB"),
            ("99999999999999999999", "it is too large; the limit is 1024GiB"),
        ] {
            let fault = size(text).expect_err(text);
            assert_eq!(fault.to_string(), reason, "{text}");
        }
    }
}
