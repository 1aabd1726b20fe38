//! When a request may be sent again, and after which wait.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::clock::Clock;
use crate::program::Retry;

/// A target may ask for a longer wait than our own, up to this many times the longest.
const PATIENCE: u32 = 4;

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

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date.
pub(in crate::engine) fn retry_after(header: Option<&str>, now: Timestamp) -> Option<Duration> {
    let text = header?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let until = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Sleep;

    struct Fixed(u64);

    impl Clock for Fixed {
        fn wall(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, _: Duration) -> Sleep {
            Box::pin(std::future::ready(()))
        }

        fn random(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn waits_double_up_to_their_bound_and_are_jittered_from_nothing_up() {
        let retry = Retry::default();
        for (next, most) in [(2, 200), (3, 400), (4, 800), (6, 3200), (7, 5000), (90, 5000)] {
            let longest = wait(&retry, next, None, &Fixed(u64::MAX)).unwrap();
            assert_eq!(longest.as_millis().next_multiple_of(100), most, "try {next}");
            assert_eq!(wait(&retry, next, None, &Fixed(0)), Some(Duration::ZERO), "try {next}");
        }
    }

    #[test]
    fn a_target_is_given_the_time_it_asks_for_within_patience() {
        let retry = Retry::default();
        let asked = |seconds| wait(&retry, 2, Some(Duration::from_secs(seconds)), &Fixed(7));
        assert_eq!(asked(20), Some(Duration::from_secs(20)));
        assert_eq!(asked(21), None);
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now: Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
        for (text, seconds) in [
            (Some("120"), Some(120)),
            (Some(" 0 "), Some(0)),
            (Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30)),
            (Some("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0)),
            (Some("soon"), None),
            (Some("-5"), None),
            (Some("99999999999999999999999"), None),
            (None, None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
