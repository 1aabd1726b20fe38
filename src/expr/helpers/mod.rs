//! Template helpers: plain functions from values to a value, one file per family. A new helper is
//! one function and one line in its family's table.

mod dates;
pub mod lists;
mod logic;
mod numbers;
mod text;
mod types;

use serde_json::Value;

/// One helper.
#[derive(Debug)]
pub struct Helper {
    pub name: &'static str,
    /// Fewest and most arguments.
    pub arguments: (usize, usize),
    /// How it is written, e.g. `default name "x"`.
    pub usage: &'static str,
    pub absence: Absence,
    /// Whether it goes through all of a list, not only its members' number or one of them.
    pub walks: bool,
    call: Call,
    check: Option<Check>,
    doubt: Option<Doubt>,
}

/// The arguments in order, `None` for an absent one; the reason says what is wrong with them.
type Call = fn(&[Option<&Value>]) -> Result<Option<Value>, String>;

/// The position of an argument, from 0, and what is written there; the reason says why every call
/// with it would fail.
type Check = fn(usize, &Value) -> Result<(), String>;

/// The position of an argument, from 0, and what is written there.
type Doubt = fn(usize, &Value) -> Option<Pointless>;

/// Why no call with an argument does what a call is for, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointless {
    pub reason: &'static str,
    pub help: String,
}

/// What an absent argument does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The result is absent too.
    Propagates,
    /// The helper deals with it.
    Handled,
}

const FAMILIES: [&[Helper]; 6] = [
    logic::HELPERS,
    text::HELPERS,
    lists::HELPERS,
    types::HELPERS,
    numbers::HELPERS,
    dates::HELPERS,
];

/// Helpers that need more than their arguments: templates know them by themselves.
pub const OF_TEMPLATES: [&str; 2] = ["path", "uuid"];

/// Whether a helper has that name.
pub fn is_helper(name: &str) -> bool {
    find(name).is_some() || OF_TEMPLATES.contains(&name)
}

/// The helper of that name.
pub fn find(name: &str) -> Option<&'static Helper> {
    all().find(|helper| helper.name == name)
}

/// Every helper there is.
pub fn all() -> impl Iterator<Item = &'static Helper> {
    FAMILIES.into_iter().flatten()
}

/// The cure for an unknown helper: the nearest one, or the list.
pub fn suggest(name: &str) -> String {
    let names = || all().map(|helper| helper.name).chain(OF_TEMPLATES);
    let nearest = names()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 2.min(name.len() / 2));
    match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None => {
            let names: Vec<&str> = names().collect();
            format!("the helpers are: {}", names.join(", "))
        }
    }
}

impl Helper {
    /// The result, `None` where it is absent, for as many arguments as it takes. The reason says
    /// what is wrong with them.
    pub fn call(&self, arguments: &[Option<&Value>]) -> Result<Option<Value>, String> {
        let result = (self.call)(arguments)?;
        if let Some(Value::String(text)) = &result {
            within_limits(1, text.len())?;
        }
        Ok(result)
    }

    /// Whether a literal can stand at that position, from 0. The reason says why every call with it
    /// would fail.
    pub fn check(&self, position: usize, literal: &Value) -> Result<(), String> {
        self.check.map_or(Ok(()), |check| check(position, literal))
    }

    /// What is wrong with a literal at that position, from 0, although calls with it succeed.
    pub fn doubt(&self, position: usize, literal: &Value) -> Option<Pointless> {
        self.doubt.and_then(|doubt| doubt(position, literal))
    }

    /// Whether it may be called with that many arguments.
    pub fn takes(&self, count: usize) -> bool {
        (self.arguments.0..=self.arguments.1).contains(&count)
    }

    /// How many arguments it takes, in words.
    pub fn arity(&self) -> String {
        match self.arguments {
            (1, 1) => "1 argument".to_owned(),
            (fewest, most) if fewest == most => format!("{fewest} arguments"),
            (fewest, usize::MAX) => format!("{fewest} or more arguments"),
            (fewest, most) => format!("{fewest} to {most} arguments"),
        }
    }

    const fn checked(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    const fn doubted(mut self, doubt: Doubt) -> Self {
        self.doubt = Some(doubt);
        self
    }

    const fn walking(mut self) -> Self {
        self.walks = true;
        self
    }
}

const fn helper(
    name: &'static str,
    arguments: (usize, usize),
    usage: &'static str,
    absence: Absence,
    call: Call,
) -> Helper {
    Helper { name, arguments, usage, absence, walks: false, call, check: None, doubt: None }
}

/// A present argument; only for helpers through which absence propagates.
fn given<'a>(arguments: &[Option<&'a Value>], at: usize) -> &'a Value {
    arguments.get(at).copied().flatten().unwrap_or(&Value::Null)
}

/// The text of a scalar argument.
fn text_at(arguments: &[Option<&Value>], at: usize) -> Result<String, String> {
    text_of_argument(given(arguments, at), at)
}

fn text_of_argument(value: &Value, at: usize) -> Result<String, String> {
    super::convert::text_of(value)
        .ok_or_else(|| format!("argument {} is {}, not text", at + 1, crate::event::kind(value)))
}

/// Refuses a result that repeats a text until memory ends: all of it may come from an event.
fn within_limits(times: usize, length: usize) -> Result<(), String> {
    let bytes = times.saturating_mul(length);
    match bytes > super::LARGEST_TEXT {
        true => Err(format!(
            "the result would have {bytes} bytes; {} are the most",
            super::LARGEST_TEXT
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
