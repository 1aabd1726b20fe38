//! Polling, in time: when a request is sent again, until when, and what becomes of it.

use serde_json::json as value;

use super::super::outcome::FailureKind::{BadAnswer, Invalid, RateLimited, Refused, Unavailable};
use super::super::testing::*;
use crate::clock::virtual_time::Luck;

/// A rule that asks for a job until it is done.
fn job() -> OneRule {
    rule("GET /job").step("repeat: { until: { $.state: done }, every: 2s, for: 20s }")
}

fn state(state: &str) -> Reply {
    json(200, value!({ "state": state }))
}

/// When each request was sent, in seconds.
fn times(story: &Story) -> Vec<f64> {
    story.sent().iter().map(|sent| sent.at.as_secs_f64()).collect()
}

#[test]
fn a_request_is_sent_until_its_answer_is_the_one_that_is_waited_for() {
    let saved = job().step("save: { ticket: $.ticket }").then("PUT /{{ticket}}");
    let done = json(200, value!({ "state": "done", "ticket": 7 }));
    let story = Story::of(saved).replies([state("queued"), state("running"), done, ok()]);
    story.succeeds();
    assert_eq!(times(&story), [0.0, 2.0, 4.0, 4.0]);
    assert!(story.itinerary()[3].starts_with("PUT http://hss.test/7"), "saved of the last answer");
}

#[test]
fn an_answer_that_is_there_at_once_is_not_waited_for() {
    let story = Story::of(job()).replies([state("done")]);
    story.succeeds();
    assert!(story.waits().is_empty());
}

#[test]
fn the_last_request_goes_out_when_the_time_is_over_and_not_later() {
    for (every, period, last) in [("2s", "20s", 20.0), ("2s", "19999ms", 18.0), ("1m", "1m", 60.0)]
    {
        let repeat = format!("repeat: {{ until: {{ text: x }}, every: {every}, for: {period} }}");
        let mapping = rule("GET /job").step(&repeat);
        let story = Story::of(mapping).deadline(secs(100)).always(state("queued"));
        let failure = story.fails();
        assert_eq!(times(&story).last(), Some(&last), "{every} {period}");
        assert_eq!((failure.kind, failure.transient), (Unavailable, true));
        assert_eq!(failure.target_status, Some(200));
    }
}

#[test]
fn a_poll_in_vain_tells_what_was_waited_for_and_what_came() {
    let story = Story::of(job()).always(json(202, value!({ "state": "queued" })));
    let failure = story.fails();
    assert_eq!(
        failure.message,
        "what step `1` waits for did not come about within 20s (11 answers of hss, the last one 202)"
    );
    assert_eq!(failure.error, r#"hss answered 202: {"state":"queued"}"#);
    assert_eq!((failure.step.as_deref(), failure.target.as_deref()), (Some("1"), Some("hss")));
    assert_eq!(failure.retry_after, None);
}

#[test]
fn a_poll_in_vain_passes_on_when_the_target_wants_to_be_asked_again() {
    let story = Story::of(job()).always(state("queued").header("retry-after", "90"));
    assert_eq!(story.fails().retry_after, Some(secs(90)));
}

#[test]
fn nothing_is_polled_beyond_the_events_deadline() {
    for (deadline, last) in [(secs(6), 4.0), (ms(6001), 6.0)] {
        let story = Story::of(job()).deadline(deadline).always(state("queued"));
        let failure = story.fails();
        assert_eq!(times(&story).last(), Some(&last), "{deadline:?}");
        assert_eq!(failure.kind, Unavailable);
        assert!(failure.message.contains("deadline (EVENT_DEADLINE)"), "{}", failure.message);
    }
}

#[test]
fn a_poll_that_is_on_its_way_at_the_deadline_is_cut() {
    let slow = state("queued").after(secs(3));
    let story = Story::of(job().target("retry: { attempts: 1 }")).deadline(secs(12)).always(slow);
    let failure = story.fails();
    assert_eq!(times(&story), [0.0, 5.0, 10.0]);
    assert_eq!((failure.kind, story.took()), (Unavailable, secs(12)));
    assert_eq!(failure.message, "hss did not answer within 2000 ms");
}

#[test]
fn the_time_counts_from_the_first_sending_whatever_it_came_to() {
    let story = Story::of(job().target("retry: { attempts: 9 }")).replies(
        [vec![status(503).header("retry-after", "17")], vec![state("queued"); 2]].concat(),
    );
    let failure = story.fails();
    assert_eq!(times(&story), [0.0, 17.0, 19.0], "21 s would be too late");
    assert_eq!(failure.kind, Unavailable);
}

#[test]
fn each_poll_has_tries_of_its_own() {
    let down = || status(503);
    let replies = [down(), down(), state("queued"), down(), down(), state("done")];
    let story = Story::of(job()).luck(Luck::Always(0)).replies(replies);
    story.succeeds();
    let story = Story::of(job()).luck(Luck::Always(0)).replies([
        state("queued"),
        down(),
        down(),
        status(429),
    ]);
    assert_eq!(story.fails().kind, RateLimited, "of the answer, not of the poll");
}

#[test]
fn answers_that_are_not_ok_mean_what_they_always_do() {
    let entries = "responses: [{ when: { $.state: failed }, then: fail, message: '{{body.why}}' }, \
                   { when: { $.state: gone }, then: stop }, { when: { status: 404 }, then: ok }]";
    let failed = json(200, value!({ "state": "failed", "why": "no such IMSI" }));
    let story = Story::of(job().step(entries)).replies([state("queued"), failed]);
    let failure = story.fails();
    assert_eq!((failure.kind, &*failure.message), (Refused, "no such IMSI"));
    let story = Story::of(job().step(entries).then("PUT /never"));
    story.replies([state("queued"), state("gone")]).succeeds();
    let found = json(404, value!({ "state": "done" }));
    Story::of(job().step(entries)).replies([status(404), found]).succeeds();
}

#[test]
fn what_cannot_be_read_is_a_bad_answer_if_it_says_yes_and_the_poll_needs_it() {
    let failure = Story::of(job()).replies([text(200, "{")]).fails();
    assert_eq!((failure.kind, failure.transient), (BadAnswer, false));
    let by_status =
        "repeat: { until: { any: [{ status: 201 }, { $.state: done }] }, every: 1s, for: 9s }";
    let story = Story::of(rule("GET /job").step(by_status)).replies([text(201, "{")]);
    story.succeeds();
    let by_text = "repeat: { until: { text: { suffix: DONE } }, every: 1s, for: 9s }";
    let story =
        Story::of(rule("GET /job").step(by_text)).replies([text(200, "{"), text(200, "{ DONE")]);
    story.succeeds();
}

#[test]
fn a_condition_that_meets_what_it_cannot_convert_fails_the_event() {
    let mapping = "version: 1\ntargets: { hss: { url: \"http://hss.test\" } }\nextract:\n  \
                   n: { path: $.event_id, as: integer }\nrules:\n  - name: all\n    event: '*'\n    \
                   steps:\n      - request: GET /job\n        repeat: { until: { n: 1 }, every: 1s, for: 9s }\n";
    assert_eq!(Story::of(mapping).replies([ok()]).fails().kind, Invalid);
}

#[test]
fn names_of_the_event_and_of_earlier_steps_are_asked_and_absent_ones_do_not_hold() {
    let mapping = rule("POST /job")
        .step("save: { wanted: { path: $.wanted, optional: true } }")
        .then("GET /job")
        .step("repeat: { until: { $.state: '{{wanted}}' }, every: 1s, for: 3s }");
    let wanted = json(200, value!({ "wanted": "done" }));
    Story::of(&mapping).replies([wanted, state("x"), state("done")]).succeeds();
    let story = Story::of(&mapping).replies([vec![ok()], vec![state("done"); 4]].concat());
    assert_eq!(story.fails().kind, Unavailable);
}

#[test]
fn each_poll_is_rendered_anew_and_its_tries_are_not() {
    let mapping =
        rule("GET /{{uuid}}").step("repeat: { until: { $.state: done }, every: 2s, for: 20s }");
    let story = Story::of(mapping).replies([status(503), state("queued"), state("done")]);
    story.succeeds();
    let urls: Vec<String> =
        story.sent().into_iter().map(|sent| sent.request.url.to_string()).collect();
    assert_eq!(urls[0], urls[1]);
    assert_ne!(urls[1], urls[2]);
}

#[test]
fn a_post_has_another_key_for_each_poll_and_the_same_for_each_try_of_it() {
    let plain = Story::of(rule("POST /job")).replies([ok()]);
    plain.succeeds();
    let mapping =
        rule("POST /job").step("repeat: { until: { $.state: done }, every: 2s, for: 20s }");
    let story = Story::of(mapping).replies([state("a"), status(429), state("b"), state("done")]);
    story.succeeds();
    let sent = story.sent();
    let keys: Vec<&str> = sent.iter().map(|sent| sent.header("idempotency-key")).collect();
    assert_eq!(keys[0], plain.sent()[0].header("idempotency-key"), "what began it is one request");
    assert_eq!(keys[1], keys[2]);
    assert!(keys[0] != keys[1] && keys[2] != keys[3] && keys[0] != keys[3], "{keys:?}");
}

#[test]
fn each_member_polls_until_its_own_is_done() {
    let mapping = "version: 1\ntargets: { hss: { url: \"http://hss.test\" } }\nextract:\n  \
                   ids: { value: [a, b] }\nrules:\n  - name: all\n    event: '*'\n    steps:\n      \
                   - for_each: ids\n        request: GET /{{item}}\n        \
                   repeat: { until: { $.state: done }, every: 2s, for: 4s }\n        \
                   save: { state: $.state }\n      - request: PUT /sum\n        json: '{{state}}'\n";
    let a = [state("x"), state("x"), state("done")];
    let story = Story::of(mapping)
        .replies_of("http://hss.test/a", a.clone())
        .replies_of("http://hss.test/b", [state("x"), state("done")])
        .replies_of("http://hss.test/sum", [ok()]);
    story.succeeds();
    assert_eq!(times(&story), [0.0, 2.0, 4.0, 4.0, 6.0, 6.0], "each has its own time");
    let bodies = story.sent().pop().map(|sent| sent.request.body);
    assert_eq!(bodies.as_deref(), Some(&br#"["done","done"]"#[..]));

    let story = Story::of(mapping)
        .replies_of("http://hss.test/a", a)
        .replies_of("http://hss.test/b", vec![state("x"); 3]);
    let failure = story.fails();
    assert_eq!((failure.kind, failure.index), (Unavailable, Some(1)));
}

#[test]
fn a_restart_in_the_middle_polls_from_the_beginning() {
    let mapping = rule("PUT /record")
        .then("GET /job")
        .step("repeat: { until: { $.state: done }, every: 2s, for: 20s }")
        .step("responses: [{ when: { $.state: lost }, then: restart }]");
    let story = Story::of(mapping).luck(Luck::Always(0)).replies([
        ok(),
        state("queued"),
        state("lost"),
        ok(),
        state("queued"),
        state("done"),
    ]);
    story.succeeds();
}

/// A target with log-ins, and a rule that polls it.
fn guarded_job() -> String {
    let session = "auth: { session: { login: [{ request: POST /login, save: { token: $.token } }], \
                   headers: { Token: '{{session.token}}' } } }";
    job().target(session).to_string()
}

fn login(token: &str) -> Reply {
    json(200, value!({ "token": token }))
}

#[test]
fn a_session_that_ends_in_the_middle_is_renewed_and_the_poll_goes_on() {
    let story = Story::of(guarded_job())
        .replies_of("http://hss.test/login", [login("first-token"), login("second-token")])
        .replies_of("http://hss.test/job", [state("queued"), status(401), state("done")]);
    story.succeeds();
    let jobs: Vec<_> =
        story.sent().into_iter().filter(|sent| sent.request.url.ends_with("job")).collect();
    let tokens: Vec<&str> = jobs.iter().map(|sent| sent.header("token")).collect();
    assert_eq!(tokens, ["first-token", "first-token", "second-token"]);
}

#[test]
fn a_session_that_is_refused_in_each_poll_is_renewed_in_each() {
    let logins = [login("first-token"), login("second-token"), login("third-token")];
    let story = Story::of(guarded_job()).replies_of("http://hss.test/login", logins).replies_of(
        "http://hss.test/job",
        [status(401), state("queued"), status(401), state("done")],
    );
    story.succeeds();
}

#[test]
fn a_log_in_may_poll_too() {
    let session = "auth: { session: { login: [{ request: POST /login, save: { id: $.id } }, \
                   { request: 'GET /login/{{id}}', repeat: { until: { $.token: { exists: true } }, \
                   every: 1s, for: 5s }, save: { token: $.token } }], \
                   headers: { Token: '{{session.token}}' } } }";
    let asked = json(200, value!({ "id": 7 }));
    let story = Story::of(rule("PUT /x").target(session)).replies([
        asked.clone(),
        state("wait"),
        login("a-long-token"),
        ok(),
    ]);
    story.succeeds();
    let last = story.sent().pop().expect("a request");
    assert_eq!((last.header("token"), last.at), ("a-long-token", secs(1)));

    let mut replies = vec![asked];
    replies.extend(vec![state("wait"); 6]);
    let failure = Story::of(rule("PUT /x").target(session)).replies(replies).fails();
    assert_eq!((failure.kind, failure.transient), (Unavailable, true));
}

#[test]
fn an_event_that_is_given_up_in_the_middle_leaves_nothing_behind() {
    let story = Story::of(job()).always(state("queued"));
    let sent = story.given_up_after(ms(4500), event());
    assert_eq!(sent, 3);
    story.pass(secs(60));
    assert_eq!(story.tries(), 3, "nobody polls any more");
}
