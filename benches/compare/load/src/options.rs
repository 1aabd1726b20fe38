//! Options of the command line: `--name value`, each once.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::Fault;

pub struct Options(BTreeMap<String, String>);

impl Options {
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Fault> {
        let mut options = BTreeMap::new();
        while let Some(argument) = arguments.next() {
            let name = argument.strip_prefix("--").ok_or(format!("{argument}: an option?"))?;
            let value = arguments.next().ok_or(format!("--{name} wants a value"))?;
            options.insert(name.to_owned(), value);
        }
        Ok(Self(options))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn required(&self, name: &str) -> Result<&str, Fault> {
        Ok(self.text(name).ok_or(format!("--{name} is missing"))?)
    }

    pub fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, Fault> {
        let read = |text: &str| text.parse().map_err(|_| format!("--{name} {text}: a number?"));
        Ok(self.text(name).map(read).transpose()?)
    }
}
