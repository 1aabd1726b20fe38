//! `limits`: so many requests at once, so many in a second, in order and never past the deadline.

use super::super::outcome::{Failure, FailureKind, Outcome};
use super::super::testing::guarded::Guarded;
use super::super::testing::*;
use crate::event::Event;

fn events(count: usize) -> impl Iterator<Item = Event> {
    (0..count).map(|number| event_named(&format!("e-{number}")))
}

/// When each request was sent, in seconds.
fn times(story: &Story) -> Vec<f64> {
    story.sent().iter().map(|sent| sent.at.as_secs_f64()).collect()
}

fn failures(outcomes: Vec<Outcome>) -> Vec<Failure> {
    outcomes.into_iter().filter(|outcome| !succeeded(outcome)).map(only_failure).collect()
}

#[test]
fn requests_past_the_limit_wait_for_their_turn() {
    let mapping = rule("PUT /x").target("limits: { concurrency: 2 }");
    let story = Story::of(mapping).always(ok().after(secs(1)));
    assert!(failures(story.run_together(events(5))).is_empty());
    assert_eq!(times(&story), [0.0, 0.0, 1.0, 1.0, 2.0]);
}

#[test]
fn a_rate_is_spread_evenly() {
    let story = Story::of(rule("PUT /x").target("limits: { rate: 4/s }")).always(ok());
    assert!(failures(story.run_together(events(5))).is_empty());
    assert_eq!(times(&story), [0.0, 0.25, 0.5, 0.75, 1.0]);
    let story = Story::of(rule("PUT /x").then("PUT /y").target("limits: { rate: 30/m }"));
    let story = story.always(ok());
    story.succeeds();
    assert_eq!(times(&story), [0.0, 2.0]);
}

#[test]
fn an_event_that_comes_too_late_in_the_queue_fails_with_the_time_that_it_takes() {
    let mapping = rule("PUT /x").target("limits: { rate: 1/s }");
    let story = Story::of(mapping).deadline(secs(3)).always(ok());
    let failed = failures(story.run_together(events(4)));
    let [failure] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!((failure.kind, failure.transient), (FailureKind::Unavailable, true));
    assert_eq!(failure.retry_after, Some(secs(3)));
    assert_eq!(failure.target.as_deref(), Some("hss"));
    assert!(failure.message.contains("`limits.rate` is in 3 s"), "{}", failure.message);
    assert_eq!(times(&story), [0.0, 1.0, 2.0]);
}

#[test]
fn an_event_that_finds_no_place_among_those_at_once_fails_at_its_deadline() {
    let mapping = rule("PUT /x").target("limits: { concurrency: 1 }").target("timeout: 9s");
    let story = Story::of(mapping).deadline(secs(5)).always(ok().after(secs(4)));
    let first = (secs(0), event_named("e-1"));
    let rest = [(secs(1), event_named("e-2")), (secs(1), event_named("e-3"))];
    let failed = failures(story.run_staggered([first].into_iter().chain(rest)));
    // The second one has its place when four of its five seconds are over.
    let kinds: Vec<_> = failed.iter().map(|failure| failure.kind).collect();
    assert_eq!(kinds, [FailureKind::Unavailable; 2]);
    assert!(failed[0].message.starts_with("hss did not answer within 2000 ms"), "{failed:?}");
    assert!(failed[1].message.contains("`limits.concurrency`"), "{failed:?}");
    assert_eq!(failed[1].retry_after, Some(secs(5)));
    assert_eq!(times(&story), [0.0, 4.0]);
}

#[test]
fn no_place_is_kept_while_a_request_waits_to_be_sent_again() {
    let mapping = rule("PUT /x").target("limits: { concurrency: 1 }");
    let busy = status(409).header("retry-after", "5");
    let story = Story::of(mapping.target("responses: [{ when: { status: 409 }, then: retry }]"))
        .replies([busy, ok().after(secs(1)), ok()]);
    assert!(failures(story.run_together(events(2))).is_empty());
    assert_eq!(times(&story), [0.0, 0.0, 5.0]);
}

#[test]
fn no_place_is_kept_while_an_event_waits_for_a_session() {
    let target = Guarded::new().login_takes(secs(2));
    let answering = target.clone();
    let mapping = Guarded::rule("POST /prov").target("limits: { concurrency: 1 }");
    let story = Story::of(mapping).otherwise(move |sent| answering.answer(sent));
    assert!(failures(story.run_together(events(5))).is_empty());
    assert_eq!((target.tokens(), story.took()), (1, secs(2)));
}

#[test]
fn a_log_in_goes_before_those_who_wait_for_it() {
    for (limits, took) in [("concurrency: 1", secs(12)), ("rate: 1/s", secs(12))] {
        let target = Guarded::new();
        let answering = target.clone();
        let mapping = Guarded::rule("POST /prov").target(&format!("limits: {{ {limits} }}"));
        let story = Story::of(mapping).otherwise(move |sent| answering.answer(sent).after(secs(1)));
        story.succeeds();
        story.pass(secs(10));
        target.revoke();
        let (before, sent) = (story.took(), story.tries());
        let failed = failures(story.run_together(events(10)));
        assert!(failed.is_empty(), "{limits}: {failed:?}");
        let itinerary = &story.itinerary()[sent..];
        assert_eq!(itinerary.len(), 12, "{limits}: one refused, a log-in, ten: {itinerary:#?}");
        assert_eq!(story.took() - before, took, "{limits}");
    }
}

#[test]
fn who_waited_in_vain_for_a_session_that_lasts_is_sent_with_what_there_is() {
    let target = Guarded::new().life(secs(2));
    let answering = target.clone();
    let mapping = Guarded::rule("POST /prov")
        .target("limits: { rate: 6/m }")
        .target("retry: { attempts: 1 }");
    let story =
        Story::of(mapping).deadline(secs(100)).otherwise(move |sent| answering.answer(sent));
    let failed = failures(story.run_together(events(1)));
    assert_eq!((failed.len(), failed[0].target_status), (1, Some(401)), "{failed:?}");
    assert!(story.tries() <= 6, "{:#?}", story.itinerary());
}

#[test]
fn log_ins_at_the_target_itself_count_and_token_endpoints_do_not() {
    let target = Guarded::new();
    let mapping = Guarded::rule("POST /prov").target("limits: { rate: 1/s }");
    let story = Story::of(mapping).otherwise(move |sent| target.answer(sent));
    story.succeeds();
    assert_eq!(times(&story), [0.0, 1.0], "the log-in, then the request");

    let auth = "auth: { oauth2: { token_url: http://sso.test/token, grant: client_credentials, \
                client_id: nsps, client_secret: a-secret } }";
    let token = json(200, serde_json::json!({ "access_token": "a-token" }));
    let story = Story::of(rule("POST /prov").target(auth).target("limits: { rate: 1/s }"))
        .replies_of("http://sso.test", [token])
        .always(ok());
    story.succeeds();
    assert_eq!(times(&story), [0.0, 0.0]);
}

#[test]
fn targets_of_the_same_definition_share_their_limits_also_across_a_reload() {
    let mapping = || rule("PUT /x").target("limits: { rate: 1/s }");
    let files = [("a.yaml", mapping()), ("b.yaml", mapping())];
    let story = Story::of_files(files).always(ok());
    assert!(succeeded(&story.run(event())));
    assert_eq!(times(&story), [0.0, 1.0]);

    let mut story = Story::of(mapping()).always(ok());
    story.succeeds();
    story.reload(mapping());
    story.succeeds();
    assert_eq!(times(&story), [0.0, 1.0]);
    story.reload(rule("PUT /x").target("limits: { rate: 2/s }"));
    story.succeeds();
    assert_eq!(times(&story), [0.0, 1.0, 1.0], "another definition is another target");
}

#[test]
fn ten_thousand_events_pass_in_order() {
    let mapping = rule("PUT /{{event_id}}").target("limits: { rate: 1000/s, concurrency: 50 }");
    let story = Story::of(mapping).always(ok().after(ms(20)));
    let outcomes = story.run_together(events(10_000));
    assert!(failures(outcomes).is_empty());
    let sent = story.sent();
    let late =
        |(number, sent): &(usize, &Sent)| !sent.request.url.ends_with(&format!("/e-{number}"));
    assert_eq!(sent.iter().enumerate().find(late).map(|(number, _)| number), None);
    assert_eq!(story.took(), ms(9_950 + 20));
}
