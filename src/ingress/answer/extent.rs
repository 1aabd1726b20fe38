//! How much of a rule was done when it failed, and what of that was taken back.

use serde_json::{Map, Value};

use crate::engine::outcome::{Failure, Members, RuleOutcome, RuleResult, Undone};
use crate::telemetry::mask::Mask;

/// How far a step over a list came, and what was taken back.
pub(super) fn add(entry: &mut Map<String, Value>, rule: &RuleOutcome, mask: &dyn Mask) {
    if let RuleResult::Failed(failure) = &rule.result
        && let Failure { step: Some(step), index: Some(index), members: Some(members), .. } =
            failure
    {
        let Members { done, all } = *members;
        entry.insert("step".to_owned(), (**step).into());
        entry.insert("index".to_owned(), (*index).into());
        entry.insert("members".to_owned(), all.into());
        entry.insert("done".to_owned(), done.into());
    }
    let (failed, done): (Vec<&Undone>, Vec<&Undone>) =
        rule.undone.iter().partition(|undone| undone.failed > 0);
    if !done.is_empty() {
        let done = done.iter().map(|undone| Value::from(&*undone.step));
        entry.insert("undone".to_owned(), done.collect());
    }
    if !failed.is_empty() {
        let failed = failed.iter().map(|undone| not_undone(undone, mask));
        entry.insert("not_undone".to_owned(), failed.collect());
    }
}

/// What could not be taken back of a step, and why.
fn not_undone(undone: &Undone, mask: &dyn Mask) -> Value {
    let mut entry = Map::new();
    entry.insert("step".to_owned(), (*undone.step).into());
    let Some(failure) = &undone.failure else { return Value::Object(entry) };
    if let Some(index) = failure.index {
        entry.insert("index".to_owned(), index.into());
        entry.insert("members".to_owned(), undone.times.into());
        entry.insert("done".to_owned(), (undone.times - undone.failed).into());
    }
    entry.insert("message".to_owned(), mask.mask(&failure.message).into());
    Value::Object(entry)
}
