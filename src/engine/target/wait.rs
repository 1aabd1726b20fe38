//! `wait` of an entry of `responses`: how long until the next try, where a target says that in its
//! own way.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::retry::{LONGEST_PAUSE, retry_after};
use crate::expr::Scope;
use crate::program::ResponseEntry;
use crate::units;

/// What the entry says; `None` where it says nothing, or nothing that makes sense.
pub(super) fn asked(entry: &ResponseEntry, scope: &dyn Scope, now: Timestamp) -> Option<Duration> {
    // What cannot be written is like what is not there: the verdict stands without it.
    let value = entry.wait.as_ref()?.value(scope).ok()??;
    read(&value, now)
}

/// Seconds, as a number or as text; a duration, whose numbers may have a fraction if there is only
/// one; or a date as in `Retry-After`.
fn read(value: &Value, now: Timestamp) -> Option<Duration> {
    let text = match value {
        Value::Number(number) => return seconds(number.as_f64()?),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    let known = || Some(units::duration(text).ok()?.min(LONGEST_PAUSE));
    number(text, "").or_else(known).or_else(|| fraction(text)).or_else(|| {
        // What is left of its forms is a date.
        retry_after(Some(text), now)
    })
}

fn fraction(text: &str) -> Option<Duration> {
    number(text, "ms").map(|seconds| seconds / 1000).or_else(|| number(text, "s"))
}

/// A number before that unit, as seconds.
fn number(text: &str, unit: &str) -> Option<Duration> {
    let number = text.strip_suffix(unit)?.trim_end();
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    seconds(number.parse().ok().filter(|_| plain)?)
}

fn seconds(seconds: f64) -> Option<Duration> {
    if seconds.is_nan() || seconds < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_long_to_wait_is_read_from_whatever_targets_send() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        for (value, milliseconds) in [
            (json!(30), Some(30_000)),
            (json!(0), Some(0)),
            (json!(1.5), Some(1_500)),
            (json!("30"), Some(30_000)),
            (json!(" 0.25 "), Some(250)),
            (json!("1500ms"), Some(1_500)),
            (json!("1500.5 ms"), Some(1_500)),
            (json!("1.5s"), Some(1_500)),
            (json!("1m30s"), Some(90_000)),
            (json!("Sat, 31 Jan 2026 12:00:07 GMT"), Some(7_000)),
            (json!("Sat, 31 Jan 2026 11:00:00 GMT"), Some(0)),
            (json!(1e300), Some(2_147_483_648_000)),
            (json!("99999999999999999999999"), Some(2_147_483_648_000)),
            (json!("9999d"), Some(863_913_600_000)),
            (json!(-1), None),
            (json!("-1"), None),
            (json!("ms"), None),
            (json!(""), None),
            (json!("soon"), None),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!("1e3"), None),
            (json!("1.5m"), None),
            (json!(null), None),
            (json!([30]), None),
            (json!(true), None),
        ] {
            let read = read(&value, now).map(|wait| wait.as_millis());
            assert_eq!(read, milliseconds, "{value}");
        }
    }
}
