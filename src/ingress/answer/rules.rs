//! `rules` of an answer and of the log, written once for both.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::{Verdict, extent};
use crate::engine::outcome::{Outcome, RuleOutcome, RuleResult};
use crate::telemetry::mask::Mask;

/// One of them.
#[derive(Serialize)]
struct Rule<'a> {
    mapping: &'a str,
    rule: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
    #[serde(flatten)]
    extent: Map<String, Value>,
}

impl<'a> Rule<'a> {
    fn of(rule: &'a RuleOutcome, mask: &dyn Mask) -> Self {
        let RuleOutcome { mapping, rule: name, .. } = rule;
        let message = text(rule).map(|text| mask.mask(text));
        let mut extent = Map::new();
        extent::add(&mut extent, rule, mask);
        Self { mapping, rule: name, outcome: Verdict::of(rule).word(), message, extent }
    }
}

/// Every rule, and why where it did not simply succeed.
pub(super) fn written(outcome: &Outcome, mask: &dyn Mask) -> Box<RawValue> {
    let rules: Vec<_> = outcome.rules.iter().map(|rule| Rule::of(rule, mask)).collect();
    to_raw_value(&rules).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Why it did not simply succeed.
pub(super) fn text(rule: &RuleOutcome) -> Option<&str> {
    match &rule.result {
        RuleResult::Succeeded => None,
        RuleResult::Ignored(text) => Some(text),
        RuleResult::Failed(failure) => Some(&failure.message),
    }
}
