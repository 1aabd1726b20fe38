//! Text to text.

use serde_json::Value;

use super::{Absence::Propagates, Helper, helper, text_at, within_limits};

pub(super) const HELPERS: &[Helper] = &[
    helper("lower", (1, 1), "lower name", Propagates, |a| text(text_at(a, 0)?.to_lowercase())),
    helper("upper", (1, 1), "upper name", Propagates, |a| text(text_at(a, 0)?.to_uppercase())),
    helper("trim", (1, 1), "trim name", Propagates, |a| text(text_at(a, 0)?.trim())),
    helper("replace", (3, 3), "replace name \"from\" \"to\"", Propagates, |a| {
        let (whole, from, to) = (text_at(a, 0)?, text_at(a, 1)?, text_at(a, 2)?);
        if from.is_empty() {
            return Err("what is to be replaced is empty".to_owned());
        }
        within_limits(whole.matches(&from).count(), to.len())?;
        text(whole.replace(&from, &to))
    }),
    helper("before", (2, 2), "before name \"@\"", Propagates, |a| {
        let (whole, mark) = (text_at(a, 0)?, text_at(a, 1)?);
        text(whole.split_once(&mark).map_or(whole.as_str(), |(before, _)| before))
    }),
    helper("after", (2, 2), "after name \"@\"", Propagates, |a| {
        let (whole, mark) = (text_at(a, 0)?, text_at(a, 1)?);
        text(whole.split_once(&mark).map_or("", |(_, after)| after))
    }),
    helper("concat", (1, usize::MAX), "concat a b", Propagates, |a| {
        (0..a.len()).map(|at| text_at(a, at)).collect::<Result<String, _>>().and_then(text)
    }),
];

#[expect(clippy::unnecessary_wraps, reason = "it ends helper calls, which return this")]
fn text(text: impl Into<String>) -> Result<Option<Value>, String> {
    Ok(Some(Value::String(text.into())))
}
