//! What may be sent again: by method, by what happened, and by `retry.unsafe`.

use super::super::outcome::FailureKind::{self, *};
use super::super::testing::*;
use super::super::transport::TransportFault;
use crate::clock::virtual_time::Luck;

const METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"];

/// Whether the target can have acted on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acted {
    /// It says that it did not, or never heard of it, or the mapping says that it is to be repeated.
    No,
    /// Nobody knows.
    Perhaps,
    /// That is settled: nothing is gained by another try.
    Settled,
}

use Acted::{No, Perhaps, Settled};

/// What happens to every try, what that says, and what becomes of it in the end. `(retry)` in front
/// stands for a mapping that says `then: retry` of the status.
fn happenings() -> Vec<(String, Reply, Acted, FailureKind)> {
    let mut happenings: Vec<(String, Reply, Acted, FailureKind)> = [
        ("refused", fault(TransportFault::Unreachable), No, Unavailable),
        ("timed out", silence(), Perhaps, Unavailable),
        ("broken off", fault(TransportFault::Broken), Perhaps, Unavailable),
        ("answer too large", fault(TransportFault::TooLarge), Settled, BadAnswer),
        ("unsendable", fault(TransportFault::Unsendable), Settled, Internal),
    ]
    .map(|(what, reply, acted, kind)| (what.to_owned(), reply, acted, kind))
    .into();
    for (of_target, acted, kind) in [
        (408, Perhaps, Unavailable),
        (425, No, Unavailable),
        (429, No, RateLimited),
        (500, Perhaps, BadAnswer),
        (502, Perhaps, BadAnswer),
        (503, Perhaps, BadAnswer),
        (504, Perhaps, BadAnswer),
        (100, Settled, Refused),
        (199, Settled, Refused),
        (300, Settled, Refused),
        (301, Settled, Refused),
        (302, Settled, Refused),
        (303, Settled, Refused),
        (304, Settled, Refused),
        (307, Settled, Refused),
        (308, Settled, Refused),
        (400, Settled, Refused),
        (401, Settled, BadAnswer),
        (402, Settled, Refused),
        (403, Settled, BadAnswer),
        (404, Settled, Refused),
        (407, Settled, BadAnswer),
        (409, Settled, Refused),
        (410, Settled, Refused),
        (422, Settled, Refused),
        (424, Settled, Refused),
        (501, Settled, Refused),
        (505, Settled, Refused),
        (507, Settled, Refused),
        (511, Settled, Refused),
        (599, Settled, Refused),
        (600, Settled, Refused),
        (999, Settled, Refused),
    ] {
        happenings.push((of_target.to_string(), status(of_target), acted, kind));
    }
    for (of_target, kind) in [
        (200, Unavailable),
        (204, Unavailable),
        (302, Unavailable),
        (400, Unavailable),
        (401, Unavailable),
        (404, Unavailable),
        (408, Unavailable),
        (409, Unavailable),
        (429, RateLimited),
        (500, BadAnswer),
        (501, BadAnswer),
        (503, BadAnswer),
        (599, BadAnswer),
        (600, Unavailable),
    ] {
        happenings.push((format!("(retry) {of_target}"), status(of_target), No, kind));
    }
    happenings
}

fn mapping(method: &str, what: &str, is_unsafe: bool) -> OneRule {
    let mapping = rule(&format!("{method} /x"))
        .target("timeout: 1s")
        .target(&format!("retry: {{ attempts: 4, unsafe: {is_unsafe} }}"));
    match what.strip_prefix("(retry) ") {
        Some(code) => {
            mapping.step(&format!("responses: [{{ when: {{ status: {code} }}, then: retry }}]"))
        }
        None => mapping,
    }
}

#[test]
fn what_is_sent_again_depends_on_what_happened_on_the_method_and_on_unsafe() {
    for (what, reply, acted, kind) in happenings() {
        for method in METHODS {
            for is_unsafe in [false, true] {
                let story = Story::of(mapping(method, &what, is_unsafe))
                    .luck(Luck::Always(0))
                    .always(reply.clone());
                let failure = story.fails();
                let repeats = match acted {
                    No => true,
                    Perhaps => is_unsafe || !matches!(method, "POST" | "PATCH"),
                    Settled => false,
                };
                let expected = (if repeats { 4 } else { 1 }, kind);
                let case = format!("{method}, {what}, unsafe: {is_unsafe}");
                assert_eq!((story.tries(), failure.kind), expected, "{case}");
            }
        }
    }
}

#[test]
fn whoever_does_not_say_unsafe_means_that_it_is_not_allowed() {
    for method in ["POST", "PATCH"] {
        let story = Story::of(rule(&format!("{method} /x"))).replies([status(500)]);
        assert_eq!(story.fails().kind, BadAnswer);
    }
}

/// Each try is judged by itself: what it was before permits nothing.
#[test]
fn a_post_goes_on_until_a_try_may_have_been_acted_on() {
    let refused = || fault(TransportFault::Unreachable);
    for (replies, kind) in [
        (vec![refused(), status(429), status(500)], BadAnswer),
        (vec![status(429), status(425), silence()], Unavailable),
        (vec![refused(), refused(), fault(TransportFault::Broken)], Unavailable),
        (vec![status(429), status(408)], Unavailable),
        (vec![refused(), status(400)], Refused),
    ] {
        let story =
            Story::of(rule("POST /x").target("retry: { attempts: 9 }")).replies(replies.clone());
        assert_eq!(story.fails().kind, kind, "{replies:?}");
    }
    let mapping = rule("POST /x").target("retry: { attempts: 9 }");
    Story::of(mapping).replies([refused(), status(429), status(425), ok()]).succeeds();
}

#[test]
fn a_mapping_that_says_retry_of_a_status_says_it_of_no_other() {
    let entry = "responses: [{ when: { status: 5xx, $.busy: true }, then: retry }]";
    let busy = |busy: bool| json(503, serde_json::json!({ "busy": busy }));
    let story = Story::of(rule("POST /x").step(entry)).replies([busy(true), busy(false)]);
    assert_eq!(story.fails().kind, BadAnswer, "the second one was judged by default");
}

#[test]
fn a_table_of_the_target_says_retry_as_one_of_the_step_does() {
    let entry = "responses: [{ when: { status: 500 }, then: retry }]";
    for mapping in [rule("POST /x").step(entry), rule("POST /x").target(entry)] {
        let story = Story::of(mapping.target("retry: { attempts: 2 }")).luck(Luck::Always(0));
        story.replies([status(500), ok()]).succeeds();
    }
}
