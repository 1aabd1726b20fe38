//! Lists and their members.

use serde_json::Value;

use super::{Absence::Propagates, Helper, given, helper, text_at, text_of_argument, within_limits};
use crate::event::kind;
use crate::expr::convert::text_of;

pub(super) const HELPERS: &[Helper] = &[
    helper("split", (2, 2), "split name \",\"", Propagates, |a| {
        let (whole, mark) = (text_at(a, 0)?, text_at(a, 1)?);
        separator(&mark)?;
        parts(&whole, &mark).map(Some)
    })
    .checked(|position, literal| {
        let text = text_of_argument(literal, position)?;
        if position == 1 { separator(&text) } else { Ok(()) }
    }),
    helper("join", (2, 2), "join list \",\"", Propagates, |a| {
        let parts: Option<Vec<String>> = list(a)?.iter().map(text_of).collect();
        let parts = parts.ok_or("a member is not a text, number or boolean")?;
        let mark = text_at(a, 1)?;
        within_limits(parts.len(), mark.len())?;
        Ok(Some(Value::String(parts.join(&mark))))
    })
    .walking(),
    helper("first", (1, 1), "first list", Propagates, |a| Ok(list(a)?.first().cloned())),
    helper("last", (1, 1), "last list", Propagates, |a| Ok(list(a)?.last().cloned())),
    helper("lookup", (2, 2), "lookup plans key", Propagates, |a| {
        let key = text_at(a, 1)?;
        match given(a, 0) {
            Value::Object(members) => Ok(members.get(&key).cloned()),
            Value::Array(members) => {
                Ok(key.parse().ok().and_then(|at: usize| members.get(at)).cloned())
            }
            other => Err(format!("argument 1 is {}, not a table, object or array", kind(other))),
        }
    }),
    helper("length", (1, 1), "length list", Propagates, |a| match given(a, 0) {
        Value::Array(members) => Ok(Some(Value::from(members.len()))),
        Value::Object(members) => Ok(Some(Value::from(members.len()))),
        Value::String(text) => Ok(Some(Value::from(text.chars().count()))),
        other => Err(format!("{} has no length", kind(other))),
    }),
];

fn separator(mark: &str) -> Result<(), String> {
    if mark.is_empty() {
        return Err("the separator is empty".to_owned());
    }
    Ok(())
}

/// The trimmed parts of a text, as an array; a blank text has none.
pub fn parts(whole: &str, mark: &str) -> Result<Value, String> {
    if whole.trim().is_empty() {
        return Ok(Value::Array(Vec::new()));
    }
    within_limits(whole.matches(mark).count(), size_of::<Value>())?;
    Ok(whole.split(mark).map(|part| Value::from(part.trim())).collect())
}

fn list<'a>(arguments: &[Option<&'a Value>]) -> Result<&'a Vec<Value>, String> {
    match given(arguments, 0) {
        Value::Array(members) => Ok(members),
        other => Err(format!("argument 1 is {}, not an array", kind(other))),
    }
}
