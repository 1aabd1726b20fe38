//! When a request may be sent again, and after which wait.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use crate::clock::Clock;
use crate::program::Retry;

/// A target may ask for a longer wait than our own, up to this many times the longest.
const PATIENCE: u32 = 4;

/// A longer `Retry-After` is taken for this one, of 68 years: what RFC 9111, section 1.2.2, has for
/// seconds that are too many to count.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(1 << 31);

/// The obsolete forms of a date that every recipient has to read (RFC 9110, section 5.6.7).
const OBSOLETE_DATES: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// The wait before try number `next` (2 is the first that needs one), or `None` if the target asks
/// for more patience than we have: full jitter, exponential, bounded.
pub(in crate::engine) fn wait(
    retry: &Retry,
    next: u32,
    asked: Option<Duration>,
    clock: &dyn Clock,
) -> Option<Duration> {
    if let Some(asked) = asked {
        return (asked <= retry.max_backoff * PATIENCE).then_some(asked);
    }
    let doublings = next.saturating_sub(2).min(30);
    let bound = retry.backoff.saturating_mul(1 << doublings).min(retry.max_backoff);
    let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    // A fraction of the bound, from 2^64 equally likely ones.
    let jittered = (u128::from(nanos) * u128::from(clock.random())) >> 64;
    Some(Duration::from_nanos(u64::try_from(jittered).unwrap_or(nanos)))
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date, of which one that is over asks
/// for no pause. `None` where there is none that can be read.
pub(in crate::engine) fn retry_after(header: Option<&str>, now: Timestamp) -> Option<Duration> {
    let text = header?.trim();
    let pause = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // All that can be wrong with digits is that they are too many.
        text.parse().map_or(LONGEST_PAUSE, Duration::from_secs)
    } else {
        Duration::try_from(http_date(text)?.duration_since(now)).unwrap_or(Duration::ZERO)
    };
    Some(pause.min(LONGEST_PAUSE))
}

fn http_date(text: &str) -> Option<Timestamp> {
    let obsolete = |form: &&str| {
        let date = strtime::parse(form, text).ok()?.to_datetime().ok()?;
        TimeZone::UTC.to_timestamp(date).ok()
    };
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    date.or_else(|| OBSOLETE_DATES.iter().find_map(obsolete))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now: Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
        for (text, seconds) in [
            (Some("120"), Some(120)),
            (Some(" 0 "), Some(0)),
            (Some("99999999999999999999999"), Some(1 << 31)),
            (Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30)),
            (Some("Sunday, 06-Nov-94 08:49:37 GMT"), Some(30)),
            (Some("Sun Nov  6 08:49:37 1994"), Some(30)),
            (Some("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0)),
            (Some("soon"), None),
            (Some("-5"), None),
            (Some(""), None),
            (None, None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
