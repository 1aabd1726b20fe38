//! `breaker`: a target that fails again and again is left alone, and asked once after a while.

use super::super::outcome::FailureKind;
use super::super::testing::guarded::Guarded;
use super::super::testing::*;
use super::super::transport::TransportFault;

/// One try for each event, and a breaker that opens after so many failures.
fn once(failures: u32) -> OneRule {
    rule("PUT /x")
        .target("retry: { attempts: 1 }")
        .target(&format!("breaker: {{ failures: {failures}, open_for: 20s }}"))
}

#[test]
fn a_target_that_fails_is_left_alone_and_then_asked_once() {
    let story =
        Story::of(once(3)).replies([status(503), status(500), silence(), status(502), ok()]);
    for _ in 0..3 {
        story.run_early(event());
    }
    assert_eq!(story.took(), secs(10));
    story.pass(secs(5));
    let failure = only_failure(story.run_early(event()));
    assert_eq!((failure.kind, failure.transient), (FailureKind::Unavailable, true));
    assert_eq!(failure.retry_after, Some(secs(15)));
    assert_eq!(failure.message, "hss failed 3 times in a row, and is left alone for another 15 s");
    assert_eq!(failure.error, "the breaker of hss is open");
    assert_eq!(story.tries(), 3, "nothing is sent");
    story.pass(secs(15));
    assert_eq!(only_failure(story.run_early(event())).kind, FailureKind::BadAnswer);
    assert_eq!(only_failure(story.run_early(event())).retry_after, Some(secs(20)));
    story.pass(secs(20));
    story.succeeds();
    assert_eq!(story.tries(), 5);
}

#[test]
fn there_is_a_breaker_unless_it_is_switched_off() {
    let single = || rule("PUT /x").target("retry: { attempts: 1 }");
    let story = Story::of(single()).always(status(503));
    let failures: Vec<_> = (0..12).map(|_| story.fails().retry_after).collect();
    let open = Some(secs(15));
    assert_eq!((story.tries(), &failures[8..11]), (10, &[None, open, open][..]));
    let story = Story::of(single().target("breaker: off")).always(status(503));
    (0..50).for_each(|_| drop(story.fails()));
    assert_eq!(story.tries(), 50);
}

#[test]
fn what_counts_is_whether_the_target_is_in_trouble() {
    let responses = "responses: [{ when: { $.code: BUSY }, then: retry }, { when: { $.code: NO }, \
                     then: fail }, { when: { $.code: RACE }, then: restart }, { when: { $.code: FINE \
                     }, then: ok }]";
    let coded = |status: u16, code: &str| json(status, serde_json::json!({ "code": code }));
    for (reply, counts) in [
        (status(500), true),
        (status(503), true),
        (status(408), true),
        (silence(), true),
        (fault(TransportFault::Unreachable), true),
        (fault(TransportFault::Broken), true),
        (coded(500, "BUSY"), true),
        (coded(503, "RACE"), true),
        (status(429), false),
        (status(425), false),
        (status(404), false),
        (status(401), false),
        (status(501), false),
        (fault(TransportFault::TooLarge), false),
        (coded(409, "BUSY"), false),
        (coded(200, "BUSY"), false),
        (coded(412, "RACE"), false),
        (coded(500, "NO"), false),
        (coded(500, "FINE"), false),
    ] {
        let story = Story::of(once(1).target(responses)).deadline(secs(15)).always(reply.clone());
        story.run_early(event());
        let tries = story.tries();
        story.run_early(event());
        assert_eq!(story.tries() == tries, counts, "{reply:?}");
    }
}

#[test]
fn a_target_that_only_has_too_many_requests_is_not_one_that_fails() {
    let story = Story::of(once(2)).replies([status(503), status(429), status(503), status(503)]);
    for _ in 0..4 {
        story.run_early(event());
    }
    story.run(event());
    assert_eq!(story.tries(), 4);
}

#[test]
fn an_event_does_not_go_on_with_a_target_that_its_own_tries_showed_to_fail() {
    let mapping =
        rule("PUT /x").target("retry: { attempts: 9 }").target("breaker: { failures: 2 }");
    let story = Story::of(mapping).always(status(503));
    let failure = story.fails();
    assert_eq!((story.tries(), story.waits().len()), (2, 1));
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert_eq!(failure.retry_after, Some(secs(15)));
    assert_eq!(failure.target_status, Some(503));
    assert!(failure.message.starts_with("hss answered 503"), "the cause: {}", failure.message);
}

#[test]
fn the_first_step_that_meets_an_open_breaker_fails() {
    let story = Story::of(once(1).then("PUT /y")).replies([ok(), status(503)]);
    story.run_early(event());
    let failure = story.fails();
    assert_eq!((failure.step.as_deref(), story.tries()), (Some("1"), 2));
}

#[test]
fn an_undo_and_a_poll_that_meet_an_open_breaker_are_not_sent_and_that_is_told() {
    let undone = once(1).step("undo: { request: DELETE /x }").then("PUT /y");
    let story = Story::of(undone).otherwise(|sent| match sent.request.url.ends_with("/y") {
        true => status(400).after(secs(5)),
        false if sent.at > secs(0) => status(503),
        false => ok(),
    });
    let two = || ["e-1", "e-2"].into_iter().zip(0..).map(|(id, at)| (secs(at), event_named(id)));
    let outcomes = story.run_staggered(two());
    let undone = &outcomes[0].rules[0].undone[0];
    let why = undone.failure.as_ref().map(|failure| &*failure.error);
    assert_eq!((undone.failed, why), (1, Some("the breaker of hss is open")));
    assert_eq!(story.tries(), 3, "{:?}", story.itinerary());

    let polls = once(1).step("repeat: { until: { $.x: 1 }, every: 2s, for: 20s }");
    let story = Story::of(polls).otherwise(|sent| match sent.at == secs(1) {
        true => status(503),
        false => json(200, serde_json::json!({})),
    });
    let failure = only_failure(story.run_staggered(two()).remove(0));
    assert_eq!((failure.transient, failure.retry_after), (true, Some(secs(19))), "{failure:?}");
    assert_eq!(story.tries(), 2, "{:?}", story.itinerary());
}

#[test]
fn tries_without_time_prove_nothing() {
    // What is left for the second step is less than half of what a try may take.
    let mapping =
        rule("PUT /x").then("PUT /slow").target("timeout: 8s").target("breaker: { failures: 1 }");
    let story = Story::of(mapping)
        .deadline(secs(10))
        .replies_of("http://hss.test/slow", [silence(), ok().after(secs(2))])
        .replies_of("http://hss.test/x", [ok().after(secs(7)), ok()]);
    assert_eq!(only_failure(story.run_early(event())).kind, FailureKind::Unavailable);
    story.succeeds();
}

#[test]
fn log_ins_at_the_target_itself_open_its_breaker_and_token_endpoints_do_not() {
    let target = Guarded::new();
    target.login_gets(Some(status(503)));
    let answering = target.clone();
    let mapping = Guarded::rule("POST /prov").target("breaker: { failures: 3, open_for: 40s }");
    let story = Story::of(mapping).otherwise(move |sent| answering.answer(sent));
    let failure = story.fails();
    assert_eq!((story.tries(), failure.retry_after), (3, Some(secs(40))));
    target.login_gets(None);
    story.pass(secs(40));
    story.succeeds();

    let auth = "auth: { oauth2: { token_url: http://sso.test/token, grant: client_credentials, \
                client_id: nsps, client_secret: a-secret } }";
    let mapping = rule("POST /prov").target(auth).target("breaker: { failures: 1, open_for: 1h }");
    let token = json(200, serde_json::json!({ "access_token": "a-token" }));
    let story = Story::of(mapping.target("retry: { attempts: 3 }"))
        .replies_of("http://sso.test", [status(503), status(503), token])
        .always(ok());
    story.succeeds();
}

#[test]
fn an_open_breaker_stays_open_across_a_reload_that_leaves_the_target_as_it_is() {
    let mut story = Story::of(once(1)).always(status(503));
    story.fails();
    story.reload(once(1));
    story.fails();
    assert_eq!(story.tries(), 1);
    story.reload(once(1).target("headers: { X-Now: other }"));
    story.fails();
    assert_eq!(story.tries(), 2);
}
