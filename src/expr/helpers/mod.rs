//! Template helpers: plain functions from values to a value, one file per family. A new helper is
//! one function and one line in its family's table.

mod lists;
mod logic;
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
    pub call: Call,
}

/// The arguments in order, `None` for an absent one; the reason says what is wrong with them.
pub type Call = fn(&[Option<&Value>]) -> Result<Option<Value>, String>;

/// What an absent argument does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The result is absent too.
    Propagates,
    /// The helper deals with it.
    Handled,
}

const FAMILIES: [&[Helper]; 4] = [logic::HELPERS, text::HELPERS, lists::HELPERS, types::HELPERS];

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
}

const fn helper(
    name: &'static str,
    arguments: (usize, usize),
    usage: &'static str,
    absence: Absence,
    call: Call,
) -> Helper {
    Helper { name, arguments, usage, absence, call }
}

/// A present argument; only for helpers through which absence propagates.
fn given<'a>(arguments: &[Option<&'a Value>], at: usize) -> &'a Value {
    arguments.get(at).copied().flatten().unwrap_or(&Value::Null)
}

/// The text of a scalar argument.
fn text_at(arguments: &[Option<&Value>], at: usize) -> Result<String, String> {
    let value = given(arguments, at);
    super::convert::text_of(value)
        .ok_or_else(|| format!("argument {} is {}, not text", at + 1, crate::event::kind(value)))
}

/// Refuses a text that repeats another until memory ends: both may come from an event.
fn within_limits(times: usize, length: usize) -> Result<(), String> {
    let bytes = times.saturating_mul(length);
    match bytes > super::template::LARGEST_TEXT {
        true => Err(format!("the result would have more than {bytes} bytes")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(name: &str, arguments: &[Value]) -> Result<Option<Value>, String> {
        let helper = find(name).expect(name);
        assert!(
            helper.takes(arguments.len()),
            "{name} does not take {} arguments",
            arguments.len()
        );
        let arguments: Vec<_> =
            arguments.iter().map(|value| (value != &json!("ABSENT")).then_some(value)).collect();
        (helper.call)(&arguments)
    }

    #[test]
    fn each_helper_does_what_its_name_says() {
        for (name, arguments, expected) in [
            ("eq", json!([1, 1.0]), json!(true)),
            ("eq", json!([1, "1"]), json!(false)),
            ("eq", json!(["ABSENT", "x"]), json!(false)),
            ("ne", json!(["a", "b"]), json!(true)),
            ("and", json!([true, "x", 1]), json!(true)),
            ("and", json!([true, 0]), json!(false)),
            ("or", json!(["", "ABSENT", 5]), json!(true)),
            ("not", json!(["ABSENT"]), json!(true)),
            ("default", json!(["ABSENT", "d"]), json!("d")),
            ("default", json!([null, "d"]), json!("d")),
            ("default", json!(["", "d"]), json!("")),
            ("lower", json!(["ÄB"]), json!("äb")),
            ("upper", json!(["äb"]), json!("ÄB")),
            ("trim", json!(["  x "]), json!("x")),
            ("replace", json!(["a-b-c", "-", ""]), json!("abc")),
            ("before", json!(["79@msisdn", "@"]), json!("79")),
            ("before", json!(["79", "@"]), json!("79")),
            ("after", json!(["a:b:c", ":"]), json!("b:c")),
            ("concat", json!(["a", 1, true]), json!("a1true")),
            ("split", json!(["a, b,c", ","]), json!(["a", "b", "c"])),
            ("join", json!([["a", 1], "-"]), json!("a-1")),
            ("first", json!([[7, 8]]), json!(7)),
            ("last", json!([[7, 8]]), json!(8)),
            ("length", json!([[7, 8]]), json!(2)),
            ("length", json!(["äö"]), json!(2)),
            ("string", json!([12]), json!("12")),
            ("number", json!(["12.5"]), json!(12.5)),
            ("boolean", json!(["Y"]), json!(true)),
            ("json", json!([{"a": [1]}]), json!("{\"a\":[1]}")),
        ] {
            let arguments = arguments.as_array().cloned().unwrap_or_default();
            assert_eq!(call(name, &arguments), Ok(Some(expected)), "{name} {arguments:?}");
        }
    }

    #[test]
    fn the_first_of_nothing_is_absent() {
        assert_eq!(call("first", &[json!([])]), Ok(None));
        assert_eq!(call("last", &[json!([])]), Ok(None));
    }

    #[test]
    fn a_helper_says_what_it_cannot_work_on() {
        for (name, arguments) in [
            ("lower", vec![json!([])]),
            ("join", vec![json!("x"), json!(",")]),
            ("number", vec![json!("N/A")]),
            ("length", vec![json!(5)]),
            ("replace", vec![json!("aaa"), json!(""), json!("b")]),
            ("split", vec![json!("aaa"), json!("")]),
            ("join", vec![json!([["a"]]), json!(",")]),
        ] {
            assert!(call(name, &arguments).is_err(), "{name}");
        }
    }

    #[test]
    fn no_helper_multiplies_texts_without_end() {
        let (many, long) = ("a".repeat(1 << 20), "b".repeat(1 << 20));
        let members: Vec<Value> = vec![json!("a"); 1 << 16];
        assert!(call("replace", &[json!(many), json!("a"), json!(long)]).is_err());
        assert!(call("join", &[json!(members), json!(long)]).is_err());
    }

    #[test]
    fn every_helper_has_a_usage_that_names_it() {
        for helper in all() {
            assert!(helper.usage.starts_with(helper.name), "{}", helper.name);
        }
    }
}
