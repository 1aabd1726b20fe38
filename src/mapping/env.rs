//! Values from the environment: `${NAME}`, `${NAME:-fallback}`, `${file:/path}`, and `$${` for a
//! literal `${`. What they give is data: it is put in after YAML and templates were parsed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::ops::Range;

use jiff::Timestamp;

use crate::expr::template::Piece;

/// Largest file that `${file:}` reads, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Where `${…}` comes from, and what was found to be secret on the way.
pub struct Environment<'e> {
    variables: &'e Variables<'e>,
    files: &'e Files<'e>,
    /// Stand-ins are given for what is not set, so that the rest can be checked.
    allow_missing: bool,
    /// A test file says what there is, and nothing else does.
    of_test: bool,
    now: Option<Timestamp>,
    secrets: BTreeSet<String>,
}

/// Gives the value of a variable, if it is set. Files are read side by side.
pub type Variables<'e> = dyn Fn(&str) -> Option<String> + Sync + 'e;

/// Gives what is in a file, or why it cannot be read.
pub type Files<'e> = dyn Fn(&str) -> Result<String, String> + Sync + 'e;

/// Whether what a text takes from the environment must never be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Only what comes from files is secret.
    Plain,
    /// Everything from the environment is.
    Given,
    /// The whole text is.
    Whole,
}

/// A text after substitution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substituted {
    pub pieces: Vec<Piece>,
    /// Whether a stand-in is in it, so that what it says cannot be judged.
    pub stand_in: bool,
}

/// Why a text cannot be substituted, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFault {
    pub code: &'static str,
    pub range: Range<usize>,
    pub message: String,
    pub help: String,
}

/// Why something cannot be looked up: code, message and cure.
pub type LookUpFault = (&'static str, String, String);

impl Substituted {
    /// Everything joined.
    pub fn text(self) -> String {
        self.pieces.into_iter().map(|(Piece::Written(text) | Piece::Given(text))| text).collect()
    }
}

impl<'e> Environment<'e> {
    pub fn new(variables: &'e Variables<'e>, files: &'e Files<'e>, allow_missing: bool) -> Self {
        let (of_test, now, secrets) = (false, None, BTreeSet::new());
        Self { variables, files, allow_missing, of_test, now, secrets }
    }

    /// The same at that time: what is over by then is told.
    pub fn at(self, now: Timestamp) -> Self {
        Self { now: Some(now), ..self }
    }

    /// The time of day, if it makes a difference.
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// What a test file sets, and nothing else.
    pub fn of_test(variables: &'e Variables<'e>, files: &'e Files<'e>) -> Self {
        Self { of_test: true, ..Self::new(variables, files, false) }
    }

    /// The same for another file: no secret was met yet.
    pub fn afresh(&self) -> Self {
        Self { secrets: BTreeSet::new(), ..*self }
    }

    /// Every secret that was met.
    pub fn into_secrets(self) -> BTreeSet<String> {
        self.secrets
    }

    /// Notes a secret that was made from others, such as encoded credentials.
    pub fn hide(&mut self, secret: impl Into<String>) {
        self.secrets.insert(secret.into());
    }

    /// Replaces `${…}` in a text.
    pub fn substitute(
        &mut self,
        text: &str,
        secrecy: Secrecy,
    ) -> Result<Substituted, Vec<EnvFault>> {
        let mut substituted = Substituted { pieces: Vec::new(), stand_in: false };
        let mut faults = Vec::new();
        let mut written = String::new();
        let mut at = 0;
        while let Some(next) = text[at..].find("${").map(|found| at + found) {
            if text[..next].ends_with('$') && next > at {
                written.push_str(&text[at..next - 1]);
                written.push_str("${");
                at = next + 2;
                continue;
            }
            written.push_str(&text[at..next]);
            let Some(end) = text[next..].find('}').map(|found| next + found) else {
                faults.push(unclosed(next..text.len()));
                return Err(faults);
            };
            if !written.is_empty() {
                substituted.pieces.push(Piece::Written(std::mem::take(&mut written)));
            }
            match self.look_up(&text[next + 2..end], secrecy) {
                Ok((value, stand_in)) => {
                    substituted.stand_in |= stand_in;
                    substituted.pieces.push(Piece::Given(value));
                }
                Err((code, message, help)) => {
                    faults.push(EnvFault { code, range: next..end + 1, message, help });
                }
            }
            at = end + 1;
        }
        written.push_str(&text[at..]);
        if !written.is_empty() {
            substituted.pieces.push(Piece::Written(written));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if secrecy == Secrecy::Whole && !substituted.stand_in {
            self.hide(substituted.clone().text());
        }
        Ok(substituted)
    }

    /// The value of what stands between the braces, and whether it is a stand-in.
    fn look_up(&mut self, inner: &str, secrecy: Secrecy) -> Result<(String, bool), LookUpFault> {
        if let Some(path) = inner.strip_prefix("file:") {
            return self.file(path);
        }
        let (name, fallback) = match inner.split_once(":-") {
            Some((name, fallback)) => (name, Some(fallback)),
            None => (inner, None),
        };
        if !is_name(name) {
            return Err((
                "bad-environment",
                format!("`${{{inner}}}` does not name an environment variable"),
                "write `${NAME}`, `${NAME:-fallback}` or `${file:/path}`; a literal `${` is `$${`"
                    .to_owned(),
            ));
        }
        if let Some(value) = (self.variables)(name) {
            if secrecy == Secrecy::Given {
                self.hide(value.clone());
            }
            return Ok((value, false));
        }
        match fallback {
            Some(fallback) => Ok((fallback.to_owned(), false)),
            None if self.allow_missing => Ok((format!("unset-{name}"), true)),
            None => Err((
                "unset-environment",
                format!("the environment variable `{name}` is not set"),
                match self.of_test {
                    true => format!("tests see no other environment: add `{name}: …` to `env`"),
                    false => format!(
                        "set it, also in a file `.env`, or give a fallback: `${{{name}:-…}}`; \
                         `check --allow-missing-env` checks the rest"
                    ),
                },
            )),
        }
    }

    /// Reads a file that is secret as a whole; `None` where a stand-in has to do. A fault is a code,
    /// a message and a cure.
    pub fn read(&mut self, path: &str) -> Result<Option<String>, LookUpFault> {
        self.file(path).map(|(text, is_stand_in)| (!is_stand_in).then_some(text))
    }

    /// Reads a file that only the wire has a use for: a test, which has none, need not give it. It is
    /// secret if a private key is in it.
    pub fn read_for_wire(&mut self, path: &str) -> Result<Option<String>, LookUpFault> {
        match (self.files)(path) {
            Err(_) if self.of_test => Ok(None),
            Ok(text) if !text.contains("PRIVATE KEY-----") => Ok(Some(text)),
            _ => self.read(path),
        }
    }

    fn file(&mut self, path: &str) -> Result<(String, bool), LookUpFault> {
        match (self.files)(path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                self.hide(text);
                Ok((text.to_owned(), false))
            }
            Err(_) if self.allow_missing => Ok(("unset-file".to_owned(), true)),
            Err(reason) => Err((
                "unreadable-file",
                format!("the file `{path}` cannot be read: {reason}"),
                match self.of_test {
                    true => format!("tests see no files: add `\"file:{path}\": …` to `env`"),
                    false => "put the file there, or mount the secret that holds it".to_owned(),
                },
            )),
        }
    }
}

fn unclosed(range: Range<usize>) -> EnvFault {
    EnvFault {
        code: "bad-environment",
        range,
        message: "`${` is not closed".to_owned(),
        help: "write `${NAME}`; a literal `${` is `$${`".to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a file is that is not UTF-8.
pub const NO_TEXT: &str = "it is not a text in UTF-8";

/// Reads a file for `${file:}`; the reason is in words.
pub fn read_file(path: &str) -> Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    // A device has no size to ask for, and no end.
    let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    match read.map_err(|error| error.to_string())? as u64 {
        0..=LARGEST_FILE => String::from_utf8(bytes).map_err(|_| NO_TEXT.to_owned()),
        _ => Err(format!("it is larger than {LARGEST_FILE} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substitute(text: &str, secrecy: Secrecy) -> (Result<String, Vec<EnvFault>>, Vec<String>) {
        let variables = |name: &str| match name {
            "HOST" => Some("hss.test".to_owned()),
            "ODD" => Some("a${HOST}{{x}}\"".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let files = |path: &str| match path {
            "/run/secrets/t" => Ok("tok-from-file\r\n".to_owned()),
            _ => Err("No such file".to_owned()),
        };
        let mut env = Environment::new(&variables, &files, false);
        let result = env.substitute(text, secrecy).map(Substituted::text);
        (result, env.into_secrets().into_iter().collect())
    }

    #[test]
    fn each_form_gives_its_value() {
        for (text, expected) in [
            ("http://${HOST}/x", "http://hss.test/x"),
            ("${HOST}${HOST}", "hss.testhss.test"),
            ("${NONE:-cs-barred}", "cs-barred"),
            ("${NONE:-}", ""),
            ("${HOST:-other}", "hss.test"),
            ("${EMPTY}", ""),
            ("$${HOST}", "${HOST}"),
            ("a$${b}c ${HOST}", "a${b}c hss.test"),
            ("${file:/run/secrets/t}", "tok-from-file"),
            ("no $ here", "no $ here"),
            ("${ODD}", "a${HOST}{{x}}\""),
        ] {
            assert_eq!(substitute(text, Secrecy::Plain).0, Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_place() {
        for (text, code, range) in [
            ("x ${NONE}", "unset-environment", 2..9),
            ("${}", "bad-environment", 0..3),
            ("${1X}", "bad-environment", 0..5),
            ("${HOST", "bad-environment", 0..6),
            ("${file:/nope}", "unreadable-file", 0..13),
        ] {
            let faults = substitute(text, Secrecy::Plain).0.expect_err(text);
            assert_eq!((faults[0].code, faults[0].range.clone()), (code, range), "{text}");
        }
    }

    #[test]
    fn what_is_secret_is_noted() {
        let secrets = |text, secrecy| substitute(text, secrecy).1;
        assert_eq!(secrets("Token ${HOST}", Secrecy::Whole), ["Token hss.test"]);
        assert_eq!(secrets("Token ${HOST}", Secrecy::Given), ["hss.test"]);
        assert!(secrets("Token ${HOST}", Secrecy::Plain).is_empty());
        assert_eq!(secrets("${file:/run/secrets/t}", Secrecy::Plain), ["tok-from-file"]);
    }

    #[test]
    fn what_is_missing_may_be_stood_in_for() {
        let none = |_: &str| None;
        let no_file = |_: &str| Err("gone".to_owned());
        let mut env = Environment::new(&none, &no_file, true);
        let substituted = env.substitute("http://${HOST}", Secrecy::Whole).unwrap();
        assert!(substituted.stand_in);
        assert!(env.into_secrets().is_empty());
    }
}
