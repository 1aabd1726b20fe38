//! Every form in which targets tell of a quota, and everything that is none.

use super::*;

/// 2026-01-31T12:00:00Z
const NOW: i64 = 1_769_860_800;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn headers(text: &str) -> Headers {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name, value.trim())).collect()
}

/// What an answer of these headers comes to if no entry has a word of its own.
fn paused(status: u16, text: &str) -> Option<Duration> {
    let headers = headers(text);
    pause(status, asked(status, &headers, now()), &headers, now())
}

fn ms(span: Option<Duration>) -> Option<u128> {
    span.map(|span| span.as_millis())
}

#[test]
fn a_quota_that_is_used_up_is_read_in_every_form() {
    for (text, milliseconds) in [
        ("ratelimit-remaining: 0\nratelimit-reset: 30", 30_000),
        ("ratelimit-limit: 10, 10;w=60\nratelimit-remaining: 0\nratelimit-reset: 7", 7_000),
        ("ratelimit: limit=100, remaining=0, reset=50", 50_000),
        ("ratelimit: \"default\";r=0;t=30", 30_000),
        ("ratelimit: \"burst\";r=0;t=3, \"daily\";r=5;t=5000", 3_000),
        ("ratelimit: \"burst\";r=0;t=3\nratelimit: \"daily\";r=0;t=50", 50_000),
        ("ratelimit: \"a,b;r=5\";r=0;t=4", 4_000),
        ("ratelimit: \"a\\\"b\";r=0;t=5", 5_000),
        ("ratelimit: default;pk=:cHJveHk=:;r=0 ; t=6", 6_000),
        ("x-ratelimit-remaining: 0\nx-ratelimit-reset: 12", 12_000),
        ("x-ratelimit-remaining: 0\nx-ratelimit-reset: 1.5", 1_500),
        ("x-ratelimit-remaining: 0\nx-ratelimit-reset: 1769860821", 21_000),
        ("x-ratelimit-remaining: 0\nx-ratelimit-reset: 1769860821000", 21_000),
        ("x-rate-limit-remaining: 0\nx-rate-limit-reset: 1769860801", 1_000),
        ("x-ratelimit-remaining: 0\nx-ratelimit-reset: 2\nratelimit: \"a\";r=0;t=9", 9_000),
        ("x-ratelimit-remaining: 0\nx-ratelimit-reset: 999999999", 999_999_999_000),
    ] {
        for status in [200, 404, 429, 503] {
            let pause = paused(status, text);
            assert_eq!(ms(pause), Some(milliseconds), "{status} {text}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_as_if_it_was_not_there() {
    for text in [
        "",
        "ratelimit-remaining: 0",
        "ratelimit-reset: 30",
        "ratelimit-remaining: 1\nratelimit-reset: 30",
        "ratelimit-remaining: -1\nratelimit-reset: 30",
        "ratelimit-remaining: 0\nratelimit-reset: -30",
        "ratelimit-remaining: 0\nratelimit-reset: soon",
        "ratelimit-remaining: 0\nratelimit-reset: inf",
        "ratelimit-remaining: 0\nratelimit-reset: NaN",
        "ratelimit-remaining: 0\nratelimit-reset: 1e3",
        "ratelimit-remaining: 0\nratelimit-reset: 0",
        "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1769860000",
        "ratelimit-remaining: none\nratelimit-reset: 3",
        "ratelimit: \"default\";r=1;t=30",
        "ratelimit: \"default\";r;t",
        "ratelimit: \"default;r=0;t=30",
        "ratelimit: ,;=,;;,\"",
        "ratelimit: r=0",
    ] {
        assert_eq!(paused(200, text), None, "{text}");
    }
}

#[test]
fn a_refusal_for_a_time_is_a_pause() {
    for (status, text, seconds) in [
        (429, "retry-after: 12", Some(12)),
        (503, "retry-after: 12", Some(12)),
        (503, "retry-after: Sat, 31 Jan 2026 12:00:09 GMT", Some(9)),
        (500, "retry-after: 12", None),
        (200, "retry-after: 12", None),
        (429, "retry-after: 0", None),
        (429, "x-ratelimit-reset: 8", Some(8)),
        (503, "x-ratelimit-reset: 8", None),
        (429, "retry-after: 2\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 8", Some(8)),
    ] {
        let pause = paused(status, text);
        assert_eq!(pause, seconds.map(Duration::from_secs), "{status} {text}");
    }
}

#[test]
fn a_429_without_retry_after_asks_by_its_quota() {
    for (status, text, seconds) in [
        (429, "retry-after: 2\nx-ratelimit-reset: 8", Some(2)),
        (429, "retry-after: soon\nx-ratelimit-reset: 8", Some(8)),
        (429, "ratelimit: \"default\";r=3;t=30", Some(30)),
        (429, "x-ratelimit-reset: 1769860821", Some(21)),
        (429, "x-ratelimit-reset: 1769860000", Some(0)),
        (429, "x-ratelimit-reset: 99999999999999999999999999", Some(1 << 31)),
        (429, "", None),
        (503, "x-ratelimit-reset: 8", None),
    ] {
        let asked = asked(status, &headers(text), now());
        assert_eq!(asked, seconds.map(Duration::from_secs), "{status} {text}");
    }
}

#[test]
fn a_header_as_long_as_it_may_be_is_read_up_to_a_point() {
    for (long, seconds) in [
        ("é".repeat(10_000), None),
        (",".repeat(100_000), None),
        ("0".repeat(100_000), None),
        ("\"".repeat(9_999), None),
        ("9".repeat(100_000), Some(1 << 31)),
        (format!("{}, \"late\";r=0;t=5", "a;r=1;t=1,".repeat(1000)), None),
        (format!("\"early\";r=0;t=5,{}", "a;r=1;t=1,".repeat(1000)), Some(5)),
    ] {
        let text = format!("ratelimit: {long}\nratelimit-remaining: 0\nratelimit-reset: {long}");
        let pause = paused(200, &text);
        assert_eq!(pause, seconds.map(Duration::from_secs), "{:?}", long.get(..20));
    }
}
