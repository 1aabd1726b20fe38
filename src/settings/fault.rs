//! One mistake in the settings: where it is, what is wrong, and what would be right.

use std::fmt;

/// Longest part of a wrong value that is repeated, in characters.
const SHOWN: usize = 80;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// As it was given: the flag (`--listen`), the variable (`LISTEN`), or a file (`.env:3`).
    pub setting: String,
    /// The wrong value; never there where it may be a secret.
    pub value: Option<String>,
    /// What is wrong with it.
    pub problem: String,
    /// What a right one looks like.
    pub expected: String,
}

impl fmt::Display for SettingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, value, problem, expected } = self;
        match value {
            Some(value) => write!(f, "{setting} is {:?}: ", shorten(value))?,
            None => write!(f, "{setting}: ")?,
        }
        write!(f, "{problem}; expected {expected}")
    }
}

impl std::error::Error for SettingFault {}

/// The beginning of `value`, with a mark if there is more.
fn shorten(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(value: Option<&str>) -> String {
        let fault = SettingFault {
            setting: "LISTEN".to_owned(),
            value: value.map(str::to_owned),
            problem: "it is odd".to_owned(),
            expected: "something even".to_owned(),
        };
        fault.to_string()
    }

    #[test]
    fn a_fault_says_where_what_and_what_to_do() {
        assert_eq!(fault(Some("x")), r#"LISTEN is "x": it is odd; expected something even"#);
        assert_eq!(fault(None), "LISTEN: it is odd; expected something even");
    }

    #[test]
    fn a_long_or_unprintable_value_cannot_flood_the_message() {
        assert_eq!(
            fault(Some("a\n\u{1b}[2J")),
            r#"LISTEN is "a\n\u{1b}[2J": it is odd; expected something even"#
        );
        let long = fault(Some(&"é".repeat(5_000)));
        assert!(long.starts_with(&format!("LISTEN is \"{}…\"", "é".repeat(SHOWN))), "{long}");
    }
}
