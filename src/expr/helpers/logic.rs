//! Comparing and choosing.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::compare::{equal, order, truthy};
use super::{Absence::Handled, Helper, helper};

pub(super) const HELPERS: &[Helper] = &[
    helper("eq", (2, 2), "eq a b", Handled, |a| Ok(Some(Value::Bool(same(a))))).walking(),
    helper("ne", (2, 2), "ne a b", Handled, |a| Ok(Some(Value::Bool(!same(a))))).walking(),
    helper("lt", (2, 2), "lt a b", Handled, |a| ordered(a, Ordering::is_lt)),
    helper("lte", (2, 2), "lte a b", Handled, |a| ordered(a, Ordering::is_le)),
    helper("gt", (2, 2), "gt a b", Handled, |a| ordered(a, Ordering::is_gt)),
    helper("gte", (2, 2), "gte a b", Handled, |a| ordered(a, Ordering::is_ge)),
    helper("and", (2, usize::MAX), "and a b", Handled, |a| {
        Ok(Some(Value::Bool(a.iter().all(|value| value.is_some_and(truthy)))))
    }),
    helper("or", (2, usize::MAX), "or a b", Handled, |a| {
        Ok(Some(Value::Bool(a.iter().any(|value| value.is_some_and(truthy)))))
    }),
    helper("not", (1, 1), "not a", Handled, |a| Ok(Some(Value::Bool(!a[0].is_some_and(truthy))))),
    helper("default", (2, usize::MAX), "default name \"x\"", Handled, |a| {
        Ok(a.iter().flatten().find(|value| !value.is_null()).map(|value| (*value).clone()))
    }),
];

/// Without conversion: 1 equals 1.0, not "1"; what is absent equals nothing.
fn same(arguments: &[Option<&Value>]) -> bool {
    matches!(arguments, [Some(left), Some(right)] if equal(*left, *right))
}

/// What is absent, or has no order, is neither less nor greater.
#[expect(clippy::unnecessary_wraps, reason = "it ends helper calls, which return this")]
fn ordered(
    arguments: &[Option<&Value>],
    holds: fn(Ordering) -> bool,
) -> Result<Option<Value>, String> {
    let order = match arguments {
        [Some(left), Some(right)] => order(*left, *right),
        _ => None,
    };
    Ok(Some(Value::Bool(order.is_some_and(holds))))
}
