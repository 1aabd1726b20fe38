//! `Retry-After`: read in every form, waited for within our patience, and passed on beyond it.

use std::time::Duration;

use super::super::outcome::FailureKind;
use super::super::testing::*;
use crate::clock::virtual_time::Luck;

/// What a target's word came to.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// We waited for that long, and tried again.
    Waited(Duration),
    /// We gave up at once, and passed that on.
    GaveUp(Duration),
}

use Came::{GaveUp, Waited};

/// Half of the first bound: the wait where nothing that can be read was asked for.
const OWN: Came = Waited(Duration::from_millis(100));

/// A request that may be tried twice, with a bound of 20 s for what a target may ask for.
fn twice() -> OneRule {
    rule("PUT /x").target("retry: { attempts: 2, max_backoff: 5s }")
}

/// What becomes of such an answer, on Saturday, 2026-01-31, at 12:00:00 UTC.
#[track_caller]
fn asked_by(mapping: OneRule, answer: Reply) -> Came {
    let story =
        Story::of(mapping).luck(Luck::Always(1 << 63)).deadline(secs(1_000_000)).always(answer);
    let failure = story.fails();
    match story.waits()[..] {
        [wait] => {
            assert_eq!(story.tries(), 2);
            Waited(wait)
        }
        [] => {
            assert_eq!((story.tries(), story.took()), (1, Duration::ZERO), "at once");
            GaveUp(failure.retry_after.expect("passed on"))
        }
        _ => panic!("two tries have one wait between them: {:?}", story.waits()),
    }
}

#[track_caller]
fn asked(value: &str) -> Came {
    asked_by(twice(), status(429).header("retry-after", value))
}

#[test]
fn seconds_are_waited_for_up_to_four_times_the_largest_back_off() {
    for (value, came) in [
        ("0", Waited(ms(0))),
        ("1", Waited(secs(1))),
        ("007", Waited(secs(7))),
        (" 3\t", Waited(secs(3))),
        ("20", Waited(secs(20))),
        ("21", GaveUp(secs(21))),
        ("3600", GaveUp(secs(3600))),
    ] {
        assert_eq!(asked(value), came, "{value}");
    }
    let mapping = |bound: &str| {
        rule("PUT /x").target(&format!("retry: {{ attempts: 2, max_backoff: {bound} }}"))
    };
    for (bound, seconds, came) in [
        ("1h", 14_400, Waited(secs(14_400))),
        ("1h", 14_401, GaveUp(secs(14_401))),
        ("250ms", 1, Waited(secs(1))),
        ("249ms", 1, GaveUp(secs(1))),
        ("249ms", 0, Waited(ms(0))),
        ("10000d", 999_999, Waited(secs(999_999))),
    ] {
        let answer = status(429).header("retry-after", &seconds.to_string());
        assert_eq!(asked_by(mapping(bound), answer), came, "{seconds} s of {bound}");
    }
}

#[test]
fn each_form_of_a_date_is_read() {
    for (value, came) in [
        ("Sat, 31 Jan 2026 12:00:20 GMT", Waited(secs(20))),
        ("Sat, 31 Jan 2026 12:00:21 GMT", GaveUp(secs(21))),
        ("Sun, 01 Feb 2026 12:00:00 GMT", GaveUp(secs(86_400))),
        // The obsolete forms of RFC 9110, section 5.6.7, which everybody has to read.
        ("Saturday, 31-Jan-26 12:00:20 GMT", Waited(secs(20))),
        ("Sunday, 01-Feb-26 12:00:00 GMT", GaveUp(secs(86_400))),
        ("Sat Jan 31 12:00:20 2026", Waited(secs(20))),
        ("Sun Feb  1 12:00:00 2026", GaveUp(secs(86_400))),
    ] {
        assert_eq!(asked(value), came, "{value}");
    }
}

#[test]
fn a_date_that_is_over_asks_for_nothing() {
    for value in [
        "Sat, 31 Jan 2026 12:00:00 GMT",
        "Sat, 31 Jan 2026 11:59:59 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(asked(value), Waited(ms(0)), "{value}");
    }
}

#[test]
fn a_date_is_held_against_the_time_of_its_answer() {
    let answer = status(503).header("retry-after", "Sat, 31 Jan 2026 12:00:20 GMT");
    let mapping = rule("PUT /x").target("retry: { attempts: 3 }");
    let story = Story::of(mapping).deadline(secs(60)).always(answer.after(secs(8)));
    story.fails();
    assert_eq!(story.waits(), [secs(12), ms(0)], "8 s after the beginning, and 28 s after it");
}

#[test]
fn what_cannot_be_read_leaves_our_own_back_off() {
    for value in [
        "",
        " ",
        "soon",
        "-5",
        "+5",
        "1.5",
        "5s",
        "5, 6",
        "٥",
        "0x10",
        "1e3",
        "Sat, 31 Jan 2026",
        "Sat, 31 Jan 2026 12:00:20",
        "Mon, 31 Jan 2026 12:00:20 GMT",
        "Sat, 32 Jan 2026 12:00:20 GMT",
        "Sat, 31 Jan 99999 12:00:20 GMT",
        "2026-01-31T12:00:20Z",
        "\u{0}",
        "5\u{7}",
        &"(".repeat(100_000),
        &"x".repeat(1 << 20),
    ] {
        let start: String = value.chars().take(40).collect();
        assert_eq!(asked(value), OWN, "{start:?}");
    }
    assert_eq!(asked_by(twice(), status(429)), OWN, "no header at all");
}

#[test]
fn a_number_beyond_all_bounds_is_a_long_time_and_not_garbage() {
    // RFC 9111, section 1.2.2, takes delta-seconds of any length, and 2^31 for what is longer.
    let longest = GaveUp(secs(1 << 31));
    for value in [
        "2147483648",
        "2147483649",
        "18446744073709551615",
        "18446744073709551616",
        &"9".repeat(9999),
    ] {
        assert_eq!(asked(value), longest, "{value}");
    }
    assert_eq!(asked("2147483647"), GaveUp(secs((1 << 31) - 1)));
    assert_eq!(asked("Thu, 30 Dec 9999 12:00:00 GMT"), longest);
}

#[test]
fn every_answer_that_is_tried_again_is_heard_about_it() {
    let entry = "responses: [{ when: { status: [200, 302, 400, 401] }, then: retry }]";
    for of_target in [408, 425, 429, 500, 502, 503, 504, 200, 302, 400, 401] {
        for (value, came) in [("2", Waited(secs(2))), ("99", GaveUp(secs(99)))] {
            let answer = status(of_target).header("retry-after", value);
            assert_eq!(asked_by(twice().target(entry), answer), came, "{of_target}");
        }
    }
}

#[test]
fn what_is_not_tried_again_tells_it_on() {
    for (mapping, of_target, kind) in [
        (rule("POST /x"), 503, FailureKind::BadAnswer),
        (rule("POST /x"), 408, FailureKind::Unavailable),
        (rule("PUT /x").target("retry: { attempts: 1 }"), 429, FailureKind::RateLimited),
    ] {
        let answer = status(of_target).header("retry-after", "3");
        let story = Story::of(mapping).replies([answer]);
        let failure = story.fails();
        assert_eq!((failure.kind, failure.retry_after), (kind, Some(secs(3))), "{of_target}");
        assert!(story.waits().is_empty());
    }
}

#[test]
fn only_what_was_asked_for_last_is_told_on() {
    let mapping = rule("PUT /x").target("retry: { attempts: 3 }");
    let asks = |value: &str| status(503).header("retry-after", value);
    let story = Story::of(&mapping).replies([asks("1"), asks("2"), status(503)]);
    assert_eq!(story.fails().retry_after, None);
    assert_eq!(story.waits(), [secs(1), secs(2)]);

    let story = Story::of(&mapping).replies([status(503), status(503), asks("7")]);
    assert_eq!(story.fails().retry_after, Some(secs(7)));

    let story = Story::of(&mapping).replies([asks("1"), asks("99")]);
    assert_eq!(story.fails().retry_after, Some(secs(99)));
    assert_eq!(story.waits(), [secs(1)], "of three tries, two were made");
}

#[test]
fn the_first_of_several_headers_counts() {
    let answer = status(429).header("retry-after", "2").header("retry-after", "99");
    assert_eq!(asked_by(twice(), answer), Waited(secs(2)));
}

#[test]
fn a_permanent_failure_knows_no_pause() {
    for of_target in [400, 404, 501, 302, 401] {
        let story = Story::of(twice()).replies([status(of_target).header("retry-after", "3")]);
        assert_eq!(story.fails().retry_after, None, "{of_target}");
    }
}
