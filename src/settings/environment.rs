//! The process' environment over the file `.env`: one look-up for settings and mappings alike.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;

use super::SettingFault;

/// Name of the file, in the working directory.
const FILE: &str = ".env";

/// Variables of the process, and those of `.env` that the process does not have. The process' own
/// environment is never changed: other threads may be reading it.
#[derive(Clone, Default)]
pub struct Environment {
    file: HashMap<String, String>,
}

impl Environment {
    /// Reads `.env` in `directory`; none there is no fault. Of a name that the file sets twice the
    /// first value counts.
    pub fn read(directory: &Path) -> Result<Self, SettingFault> {
        match std::fs::read_to_string(directory.join(FILE)) {
            Ok(text) => Self::parse(&text, FILE),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(fault) => Err(unreadable(FILE, &fault)),
        }
    }

    /// Reads a file that must be there, in the form of `.env`.
    pub fn read_file(path: &Path) -> Result<Self, SettingFault> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &name),
            Err(fault) => Err(unreadable(&name, &fault)),
        }
    }

    /// The variable's value, which may be empty. Bytes that are not UTF-8 are replaced.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn get(&self, name: &str) -> Option<String> {
        match std::env::var_os(name) {
            Some(value) => Some(value.to_string_lossy().into_owned()),
            None => self.file.get(name).cloned(),
        }
    }

    fn parse(text: &str, name: &str) -> Result<Self, SettingFault> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut file = HashMap::new();
        for variable in dotenvy::from_read_iter(text.as_bytes()) {
            let (name, value) = variable.map_err(|fault| malformed(text, name, &fault))?;
            file.entry(name).or_insert(value);
        }
        Ok(Self { file })
    }
}

/// Values may be secrets: not even their names are printed, since there may be hundreds.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("variables_of_file", &self.file.len()).finish()
    }
}

fn unreadable(name: &str, fault: &io::Error) -> SettingFault {
    SettingFault {
        setting: name.to_owned(),
        value: None,
        problem: format!("it cannot be read: {fault}"),
        expected: "a readable text file".to_owned(),
    }
}

/// The line is named by its number alone, because its text may hold a secret.
fn malformed(text: &str, name: &str, fault: &dotenvy::Error) -> SettingFault {
    let number = match fault {
        dotenvy::Error::LineParse(line, _) => line_number(text, line),
        _ => None,
    };
    SettingFault {
        setting: number.map_or(name.to_owned(), |number| format!("{name}:{number}")),
        value: None,
        problem: "the line cannot be understood".to_owned(),
        expected: "NAME=value, NAME='a literal value', a comment after `#`, or an empty line"
            .to_owned(),
    }
}

/// Where the faulty entry begins, from 1. An entry may go on over several lines in quotes.
fn line_number(text: &str, entry: &str) -> Option<usize> {
    let first = entry.lines().next()?.trim_end();
    text.lines().position(|line| line.trim_end() == first).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Environment {
        Environment::parse(text, FILE).expect("well-formed")
    }

    #[test]
    fn the_file_gives_what_the_process_does_not_have() {
        let environment = parse(
            "\u{feff}# tokens\nHOUSE_A=one\nexport HOUSE_B='t$o \"x\"' # why\n\nHOUSE_A=two\nPATH=/nowhere\n",
        );
        assert_eq!(environment.get("HOUSE_A").as_deref(), Some("one"));
        assert_eq!(environment.get("HOUSE_B").as_deref(), Some("t$o \"x\""));
        assert_ne!(environment.get("PATH").as_deref(), Some("/nowhere"));
        assert_eq!(environment.get("HOUSE_C"), None);
    }

    #[test]
    fn a_malformed_line_is_named_by_its_number_without_its_text() {
        for (text, place) in [
            ("A=1\nB 2\n", ".env:2"),
            ("A=1\r\n\r\nsecret-token-1234\r\n", ".env:3"),
            ("A=1\nAB=1\nB='open\nstill", ".env:3"),
            ("XB 2=3\nB 2=3", ".env:1"),
        ] {
            let fault = Environment::parse(text, FILE).expect_err(text);
            assert_eq!(
                fault.to_string(),
                format!(
                    "{place}: the line cannot be understood; expected NAME=value, NAME='a literal \
                     value', a comment after `#`, or an empty line"
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn a_directory_without_the_file_is_no_fault_and_an_unreadable_file_is() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Environment::read(directory.path()).is_ok());
        std::fs::create_dir(directory.path().join(FILE)).unwrap();
        let fault = Environment::read(directory.path()).expect_err("it is a directory");
        assert!(fault.to_string().starts_with(".env: it cannot be read: "), "{fault}");
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", parse("A=hidden")), "Environment { variables_of_file: 1 }");
    }
}
