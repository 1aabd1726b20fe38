//! Bearer tokens of NSPS: where they come from, and what a token may be.

use std::fmt;
use std::path::PathBuf;

use super::SettingFault;

/// Shorter tokens are not masked where others repeat them.
const MASKABLE: usize = 8;

const EXPECTED: &str = "one or several tokens of visible ASCII characters, comma-separated";

/// Where tokens come from. Each [`load`](Self::load) reads them anew, so that a file may be
/// replaced while the connector runs.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// Comma-separated text.
    Given {
        /// Flag or variable that gave it.
        setting: String,
        text: String,
    },
    /// A file, one token a line or comma-separated.
    File {
        /// Flag or variable that named it.
        setting: String,
        path: PathBuf,
    },
}

impl TokenSource {
    /// The tokens, at least one, each once.
    pub fn load(&self) -> Result<Vec<String>, SettingFault> {
        match self {
            Self::Given { setting, text } => tokens(text.split(','))
                .map_err(|problem| fault(setting.clone(), None, problem, EXPECTED)),
            Self::File { setting, path } => {
                let place = || Some(path.display().to_string());
                let text = std::fs::read_to_string(path).map_err(|error| {
                    let problem = format!("the file cannot be read: {error}");
                    fault(setting.clone(), place(), problem, "a readable file with tokens")
                })?;
                tokens(text.trim_end().split([',', '\n'])).map_err(|problem| {
                    let expected = "a file with one token a line, of visible ASCII characters";
                    fault(setting.clone(), place(), problem, expected)
                })
            }
        }
    }
}

/// Never shows a token.
impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given { setting, .. } => {
                f.debug_struct("Given").field("setting", setting).field("text", &"***").finish()
            }
            Self::File { setting, path } => {
                f.debug_struct("File").field("setting", setting).field("path", path).finish()
            }
        }
    }
}

/// What to tell operators about tokens that work and are not wise.
pub fn token_warnings(tokens: &[String]) -> Vec<String> {
    let short = tokens.iter().filter(|token| token.len() < MASKABLE).count();
    if short == 0 {
        return Vec::new();
    }
    vec![format!(
        "{short} of {} API tokens have fewer than {MASKABLE} bytes: they are easy to guess, and \
         too short to be masked where a target repeats them",
        tokens.len()
    )]
}

/// Trims and checks; a fault names a token by its position, never by its text.
fn tokens<'t>(parts: impl Iterator<Item = &'t str>) -> Result<Vec<String>, String> {
    let mut tokens: Vec<String> = Vec::new();
    for (index, part) in parts.enumerate() {
        let token = part.trim();
        if token.is_empty() {
            return Err(format!("token {} is empty", index + 1));
        }
        // RFC 6750 allows fewer characters still; what other issuers made must be usable.
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = "has a character that a header cannot carry in a token";
            return Err(format!("token {} {what}", index + 1));
        }
        if !tokens.iter().any(|known| known == token) {
            tokens.push(token.to_owned());
        }
    }
    Ok(tokens)
}

fn fault(setting: String, value: Option<String>, problem: String, expected: &str) -> SettingFault {
    SettingFault { setting, value, problem, expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> TokenSource {
        TokenSource::Given { setting: "API_TOKEN".to_owned(), text: text.to_owned() }
    }

    fn file(path: PathBuf) -> TokenSource {
        TokenSource::File { setting: "API_TOKEN_FILE".to_owned(), path }
    }

    #[test]
    fn tokens_are_separated_by_commas_and_trimmed_and_counted_once() {
        for (text, tokens) in [
            ("secret-token", &["secret-token"][..]),
            ("old-token , new-token", &["old-token", "new-token"]),
            ("a,b,a", &["a", "b"]),
            ("ey.J-_~+/=:", &["ey.J-_~+/=:"]),
        ] {
            assert_eq!(given(text).load().unwrap(), tokens, "{text}");
        }
    }

    #[test]
    fn a_bad_token_is_named_by_its_position_and_never_by_its_text() {
        for (text, problem) in [
            (",", "token 1 is empty"),
            ("hidden,,x", "token 2 is empty"),
            ("hidden,", "token 2 is empty"),
            ("good,hid\u{7}den", "token 2 has a character that a header cannot carry in a token"),
            ("hidden hidden", "token 1 has a character that a header cannot carry in a token"),
            ("hiddén", "token 1 has a character that a header cannot carry in a token"),
        ] {
            let fault = given(text).load().expect_err(text);
            assert_eq!(fault.to_string(), format!("API_TOKEN: {problem}; expected {EXPECTED}"));
        }
    }

    #[test]
    fn a_file_has_one_token_a_line_or_commas_and_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        let source = file(path.clone());
        for (text, tokens) in [
            ("one\n", &["one"][..]),
            ("one", &["one"]),
            ("one\r\ntwo\r\n\n", &["one", "two"]),
            ("one,two\nthree\n", &["one", "two", "three"]),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(source.load().unwrap(), tokens, "{text:?}");
        }
    }

    #[test]
    fn a_file_that_is_missing_or_empty_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        let missing = file(path.clone()).load().expect_err("missing").to_string();
        assert!(missing.contains("API_TOKEN_FILE is "), "{missing}");
        assert!(missing.contains("the file cannot be read: "), "{missing}");
        std::fs::write(&path, "\n").unwrap();
        let empty = file(path).load().expect_err("empty").to_string();
        assert!(empty.contains("token 1 is empty"), "{empty}");
    }

    #[test]
    fn short_tokens_are_warned_of() {
        assert!(token_warnings(&["12345678".to_owned()]).is_empty());
        let warnings = token_warnings(&["12345678".to_owned(), "1234567".to_owned()]);
        assert!(warnings[0].starts_with("1 of 2 API tokens have fewer than 8 bytes"));
    }

    #[test]
    fn debug_shows_no_token() {
        assert_eq!(
            format!("{:?}", given("hidden")),
            r#"Given { setting: "API_TOKEN", text: "***" }"#
        );
    }
}
