//! What an answer's headers say about when the target takes requests again: `Retry-After`, and the
//! several forms in which targets tell what is left of a quota.

use std::time::Duration;

use jiff::Timestamp;

use super::retry::{LONGEST_PAUSE, retry_after};
use crate::engine::transport::Headers;

/// The headers of a quota: what remains of it, and when it is renewed.
const FAMILIES: [(&str, &str); 3] = [
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
];

/// The one header of draft-ietf-httpapi-ratelimit-headers, from its eighth version on a list of
/// policies, before that a dictionary.
const LIST: &str = "ratelimit";

/// More of a header than this is not read, in bytes.
const LONGEST: usize = 1024;

/// From here on a number of seconds is a moment, since 1970: as a span it would be 31 years.
const FIRST_MOMENT: f64 = 1e9;

/// From here on the moment is in milliseconds: in seconds it would be the year 5138.
const FIRST_MILLISECOND: f64 = 1e11;

/// How long the target asks to be left alone with this request: by `Retry-After`, or where a 429 does
/// not have it by the headers of its quota.
pub(in crate::engine) fn asked(status: u16, headers: &Headers, now: Timestamp) -> Option<Duration> {
    let asked = retry_after(headers.get("retry-after"), now);
    // Which of several quotas it is that refuses may not be told.
    let refused = || reset(headers, now, used_up).or_else(|| reset(headers, now, |_| true));
    asked.or_else(|| if status == 429 { refused() } else { None })
}

/// How long the target asks to be left alone with all requests: where it refuses one for a time, which
/// it `asked` for, and where an answer, good or bad, used up what was left of a quota.
pub(in crate::engine) fn pause(
    status: u16,
    asked: Option<Duration>,
    headers: &Headers,
    now: Timestamp,
) -> Option<Duration> {
    let of_refusal = asked.filter(|_| matches!(status, 429 | 503));
    let of_quota = reset(headers, now, used_up);
    of_refusal.max(of_quota).filter(|pause| !pause.is_zero())
}

fn used_up(remaining: Option<f64>) -> bool {
    remaining == Some(0.0)
}

/// When a quota is renewed: the last one of those of which `counts` holds for what remains.
fn reset(
    headers: &Headers,
    now: Timestamp,
    counts: impl Fn(Option<f64>) -> bool,
) -> Option<Duration> {
    let of = |name| headers.get(name).and_then(number);
    let families = FAMILIES.map(|(remaining, reset)| (of(remaining), of(reset)));
    let lists = headers.iter().filter(|(name, _)| *name == LIST);
    let listed = lists.flat_map(|(_, value)| policies(beginning(value)));
    let known = families.into_iter().chain(listed).filter(|(remaining, _)| counts(*remaining));
    known.filter_map(|(_, reset)| span(reset?, now)).max()
}

/// What remains of each policy, and when it is renewed.
fn policies(value: &str) -> Vec<(Option<f64>, Option<f64>)> {
    let members = parts(value, ',');
    // The older form: one policy, whose parameters stand where the newer one has several.
    let older = parameters(&members);
    let newer = members.iter().map(|member| parameters(&parts(member, ';')));
    let known =
        |(remaining, reset): &(Option<f64>, Option<f64>)| remaining.is_some() || reset.is_some();
    newer.chain([older]).filter(known).collect()
}

/// Of `name=value`: what remains, and when it is renewed.
fn parameters(parts: &[&str]) -> (Option<f64>, Option<f64>) {
    let of = |names: [&str; 2]| {
        let mut pairs = parts.iter().filter_map(|part| part.split_once('='));
        let found = pairs.find(|(name, _)| names.contains(&name.trim()));
        found.and_then(|(_, value)| number(value))
    };
    (of(["r", "remaining"]), of(["t", "reset"]))
}

/// What stands between separators, those in quotes apart (RFC 9651, section 3.3.3).
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let separates = |c: char| {
        let is_quote = c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        quoted ^= is_quote;
        c == separator && !quoted
    };
    text.split(separates).collect()
}

/// A span from now on.
fn span(seconds: f64, now: Timestamp) -> Option<Duration> {
    let seconds = match seconds {
        moment if moment >= FIRST_MILLISECOND => moment / 1e3 - since_1970(now),
        moment if moment >= FIRST_MOMENT => moment - since_1970(now),
        span => span,
    };
    // A moment that is over asks for nothing.
    let span = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_PAUSE);
    Some(span.min(LONGEST_PAUSE))
}

fn since_1970(now: Timestamp) -> f64 {
    now.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}

/// A number that is not negative, and is one.
fn number(text: &str) -> Option<f64> {
    let text = beginning(text).trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
