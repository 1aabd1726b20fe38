//! Text to text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::convert::{Type, shown};
use super::{Absence::Propagates, Helper, given, helper, text_at, text_of_argument, within_limits};

/// Most characters to which `pad_left` fills.
const WIDEST: i64 = 1000;

pub(super) const HELPERS: &[Helper] = &[
    helper("lower", (1, 1), "lower name", Propagates, |a| text(text_at(a, 0)?.to_lowercase())),
    helper("upper", (1, 1), "upper name", Propagates, |a| text(text_at(a, 0)?.to_uppercase())),
    helper("trim", (1, 1), "trim name", Propagates, |a| text(text_at(a, 0)?.trim())),
    helper("replace", (3, 3), "replace name \"from\" \"to\"", Propagates, |a| {
        let (whole, from, to) = (text_at(a, 0)?, text_at(a, 1)?, text_at(a, 2)?);
        replaced(&from)?;
        within_limits(whole.matches(&from).count(), to.len())?;
        text(whole.replace(&from, &to))
    })
    .checked(|position, literal| {
        let text = text_of_argument(literal, position)?;
        if position == 1 { replaced(&text) } else { Ok(()) }
    }),
    helper("before", (2, 2), "before name \"@\"", Propagates, |a| {
        let (whole, mark) = (text_at(a, 0)?, text_at(a, 1)?);
        text(whole.split_once(&mark).map_or(whole.as_str(), |(before, _)| before))
    }),
    helper("after", (2, 2), "after name \"@\"", Propagates, |a| {
        let (whole, mark) = (text_at(a, 0)?, text_at(a, 1)?);
        text(whole.split_once(&mark).map_or("", |(_, after)| after))
    }),
    helper("substring", (2, 3), "substring name 0 3", Propagates, |a| {
        let (whole, start) = (text_at(a, 0)?, integer(given(a, 1))?);
        let length = a.get(2).copied().flatten().map_or(Ok(i64::MAX), integer)?;
        let from_end = || whole.chars().count().saturating_sub(to_size(start.saturating_neg()));
        let start = if start < 0 { from_end() } else { to_size(start) };
        text(whole.chars().skip(start).take(to_size(length)).collect::<String>())
    })
    .checked(|position, literal| match position {
        0 => text_of_argument(literal, 0).map(drop),
        _ => integer(literal).map(drop),
    }),
    helper("pad_left", (2, 3), "pad_left name 10 \"0\"", Propagates, |a| {
        let (whole, width) = (text_at(a, 0)?, width(given(a, 1))?);
        let filling = a.get(2).copied().flatten().map_or(Ok(' '), filling)?;
        let missing = width.saturating_sub(whole.chars().count());
        let filled = std::iter::repeat_n(filling, missing).chain(whole.chars());
        text(filled.collect::<String>())
    })
    .checked(|position, literal| match position {
        0 => text_of_argument(literal, 0).map(drop),
        1 => width(literal).map(drop),
        _ => filling(literal).map(drop),
    }),
    helper("base64", (1, 1), "base64 name", Propagates, |a| {
        let plain = text_at(a, 0)?;
        within_limits(plain.len().div_ceil(3), 4)?;
        text(STANDARD.encode(plain))
    }),
    helper("concat", (1, usize::MAX), "concat a b", Propagates, |a| {
        let mut whole = String::new();
        for at in 0..a.len() {
            let part = text_at(a, at)?;
            within_limits(1, whole.len() + part.len())?;
            whole.push_str(&part);
        }
        text(whole)
    }),
];

fn replaced(from: &str) -> Result<(), String> {
    if from.is_empty() {
        return Err("what is to be replaced is empty".to_owned());
    }
    Ok(())
}

/// An integer; one of more digits than fit is as good as the farthest that does.
fn integer(value: &Value) -> Result<i64, String> {
    let integer = Type::Integer.convert(value)?;
    let farthest = || if integer.to_string().starts_with('-') { i64::MIN } else { i64::MAX };
    Ok(integer.as_i64().unwrap_or_else(farthest))
}

/// As a count of characters, of which there are never fewer than none.
fn to_size(number: i64) -> usize {
    usize::try_from(number.max(0)).unwrap_or(usize::MAX)
}

fn width(value: &Value) -> Result<usize, String> {
    match integer(value)? {
        width @ 0..=WIDEST => Ok(to_size(width)),
        _ => Err(format!("the width is 0 to {WIDEST}, not {}", shown(value))),
    }
}

fn filling(value: &Value) -> Result<char, String> {
    let text = text_of_argument(value, 2)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(filling), None) => Ok(filling),
        _ => Err(format!("it fills up with exactly one character, not with {}", shown(value))),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends helper calls, which return this")]
fn text(text: impl Into<String>) -> Result<Option<Value>, String> {
    Ok(Some(Value::String(text.into())))
}
