//! Positions, numbers and quoted text (RFC 9535, sections 2.3.1.1, 2.3.3.1 and 2.3.5.1).

use super::super::PathFault;
use super::{Reader, fault};

/// Largest position, and largest whole number of a filter: RFC 9535, section 2.1, takes the bounds
/// of I-JSON (RFC 7493).
const LARGEST: u64 = (1 << 53) - 1;

/// Most digits of a number with a fraction or an exponent: as many as survive in 64 bits.
const MOST_DIGITS: usize = 15;

impl<'t> Reader<'t> {
    /// A position or a part of a slice: an integer, without leading zeros and not `-0`.
    pub(super) fn position(&mut self) -> Result<(), PathFault> {
        let start = self.at;
        let digits = self.integer()?;
        if digits == "0" && self.text[start..].starts_with('-') {
            return Err(fault(start, "`-0` is not a position", "write `0`, or `-1` for the last"));
        }
        if matches!(self.peek(), Some('.' | 'e' | 'E')) {
            return Err(fault(start, "a position is a whole number", "write e.g. `[0]`"));
        }
        within_bounds(start, digits)
    }

    /// A number of a filter. What could not be compared to its last digit is refused.
    pub(super) fn number(&mut self) -> Result<(), PathFault> {
        let start = self.at;
        let whole = self.integer()?;
        let before_fraction = self.at;
        if self.eat(".") && self.take(|c| c.is_ascii_digit()).is_empty() {
            return Err(fault(
                before_fraction,
                "a digit is missing after the point",
                "write `1.0`",
            ));
        }
        let mantissa = &self.text[start..self.at];
        let before_exponent = self.at;
        if self.eat("e") || self.eat("E") {
            let _ = self.eat("-") || self.eat("+");
            if self.take(|c| c.is_ascii_digit()).is_empty() {
                let message = "a digit is missing after the `e` of this number";
                return Err(fault(before_exponent, message, "write e.g. `1e3`"));
            }
        }
        if self.at == before_fraction {
            return within_bounds(start, whole);
        }
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0');
        let digits = digits.count();
        // Below the smallest normal number, 64 bits hold fewer digits.
        let exact = self.text[start..self.at].parse().is_ok_and(f64::is_normal);
        if digits > MOST_DIGITS || (digits > 0 && !exact) {
            return Err(fault(
                start,
                format!(
                    "this number cannot be compared exactly: it has more than {MOST_DIGITS} digits, or is too large or too small"
                ),
                "take the values with `all: true`, and compare in a condition",
            ));
        }
        Ok(())
    }

    /// Digits after an optional `-`.
    fn integer(&mut self) -> Result<&'t str, PathFault> {
        let start = self.at;
        let _ = self.eat("-");
        let digits = self.take(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(fault(start, "a digit is missing after `-`", "write e.g. `-1`"));
        }
        if digits.len() > 1 && digits.starts_with('0') {
            let trimmed = digits.trim_start_matches('0');
            let trimmed = if trimmed.is_empty() { "0" } else { trimmed };
            let help = format!("write `{trimmed}` for a number, `'{digits}'` for text");
            return Err(fault(start, "a number does not begin with 0", help));
        }
        Ok(digits)
    }

    /// Text in single or double quotes.
    pub(super) fn string(&mut self) -> Result<(), PathFault> {
        let open = self.at;
        let quote = self.peek().unwrap_or('\'');
        self.at += quote.len_utf8();
        loop {
            self.take(|c| c != quote && c != '\\' && c >= ' ');
            match self.peek() {
                Some('\\') => self.escape(quote)?,
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(());
                }
                Some(c) => {
                    let help = format!("write `\\u{:04x}` in its place", u32::from(c));
                    return Err(fault(self.at, "a control character stands in this text", help));
                }
                None => {
                    let help = format!("its second `{quote}` is missing");
                    return Err(fault(open, "this quote is not closed", help));
                }
            }
        }
    }

    fn escape(&mut self, quote: char) -> Result<(), PathFault> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some('u') => self.unicode_escape(start),
            Some(c) if c == quote || "bfnrt/\\".contains(c) => {
                self.at += 1;
                Ok(())
            }
            _ => Err(fault(
                start,
                "this is not an escape of JSONPath",
                "write `\\\\` for a backslash; text in single quotes needs none before `\"`",
            )),
        }
    }

    /// `\uXXXX`, or two of them for a character beyond U+FFFF.
    fn unicode_escape(&mut self, start: usize) -> Result<(), PathFault> {
        let lone = || {
            fault(
                start,
                "this escape is not a character",
                "write four hexadecimal digits, e.g. `\\u00e4`, or the character itself",
            )
        };
        self.at += 1;
        match self.four_digits().ok_or_else(lone)? {
            0xD800..=0xDBFF if self.eat("\\u") => match self.four_digits() {
                Some(0xDC00..=0xDFFF) => Ok(()),
                _ => Err(lone()),
            },
            0xD800..=0xDFFF => Err(lone()),
            _ => Ok(()),
        }
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let code = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.at += 4;
        code.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

fn within_bounds(start: usize, digits: &str) -> Result<(), PathFault> {
    match digits.parse::<u64>() {
        Ok(number) if number <= LARGEST => Ok(()),
        _ => Err(fault(
            start,
            format!("a number of a JSONPath is at most {LARGEST}"),
            "if it is text in the document, put it in quotes; else compare it in a condition",
        )),
    }
}
