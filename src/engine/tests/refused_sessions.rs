//! Sessions that a target refuses, log-ins that it refuses, and how seldom both are tried again.

use serde_json::json;

use super::super::outcome::FailureKind::{self, *};
use super::super::testing::guarded::{Guarded, token_number};
use super::super::testing::*;
use super::super::transport::TransportFault;
use crate::clock::virtual_time::Luck;

fn story(target: &Guarded, mapping: impl std::fmt::Display) -> Story {
    let target = target.clone();
    Story::of(mapping).otherwise(move |sent| target.answer(sent))
}

#[test]
fn a_revoked_session_is_renewed_once_for_all_events_and_each_is_sent_once_more() {
    let fault = "<s:Envelope xmlns:s='x'><s:Body><s:Fault><faultcode>s:Auth</faultcode></s:Fault>\
                 </s:Body></s:Envelope>";
    for (refusal, responses) in [
        (status(401), ""),
        (status(403), ""),
        (status(407), ""),
        (
            json(200, json!({ "result": false, "code": 42 })),
            "{ when: { $.code: 42 }, then: login }",
        ),
        (text(500, fault), "{ when: { $..faultcode: { suffix: Auth } }, then: login }"),
        (status(302), "{ when: { status: 3xx }, then: login }"),
    ] {
        // All of them are on their way before the first one is refused.
        let target = Guarded::new().refusing_by(refusal.clone().after(ms(9))).login_takes(secs(1));
        let table = format!("responses: [{responses}]");
        for rule in
            [Guarded::rule("POST /prov").target(&table), Guarded::rule("POST /prov").step(&table)]
        {
            let story = story(&target, rule);
            story.succeeds();
            target.revoke();
            let before = (target.tokens(), story.tries());
            let outcomes = story.run_together((0..200).map(|n| event_named(&format!("e-{n}"))));
            assert!(outcomes.iter().all(succeeded), "{refusal:?}");
            let made = (target.tokens() - before.0, story.tries() - before.1);
            assert_eq!(made, (1, 401), "{refusal:?}");
        }
    }
}

#[test]
fn sending_once_more_is_rendered_anew_keeps_its_key_and_uses_no_try_up() {
    let target = Guarded::new();
    let rule = Guarded::rule("POST /prov").target("retry: { attempts: 1 }");
    let story = story(&target, rule.step("json: { token: '{{session.token}}', id: '{{uuid}}' }"));
    story.succeeds();
    target.revoke();
    story.succeeds();
    let sent: Vec<Sent> =
        story.sent().into_iter().filter(|sent| sent.request.url.ends_with("/prov")).collect();
    let tokens: Vec<&str> = sent.iter().map(|sent| sent.header("token")).collect();
    assert_eq!(tokens, [token_number(1), token_number(1), token_number(2)]);
    let bodies: Vec<&[u8]> = sent.iter().map(|sent| &*sent.request.body).collect();
    assert!(bodies[2].starts_with(br#"{"token":"token-number-2""#) && bodies[1] != bodies[2]);
    assert_eq!(sent[1].header("idempotency-key"), sent[2].header("idempotency-key"));
}

#[test]
fn a_request_that_is_refused_with_an_old_session_takes_the_new_one_without_a_log_in() {
    let target = Guarded::new();
    let slow = target.clone();
    // The second event's request is on its way while the first one's session is renewed.
    let story = Story::of(Guarded::rule("POST /prov")).otherwise(move |sent| {
        let reply = slow.answer(sent);
        let is_late = sent.request.headers.iter().any(|(_, value)| &**value == "request-of-late");
        reply.after(if is_late { secs(5) } else { ms(1) })
    });
    story.succeeds();
    target.revoke();
    let outcomes = story.run_together([event_named("early"), event_named("late")]);
    assert!(outcomes.iter().all(succeeded));
    assert_eq!((target.tokens(), story.tries()), (2, 7), "both were refused");
}

#[test]
fn a_session_that_is_refused_although_it_is_new_fails_and_is_not_renewed_for_a_while() {
    let target = Guarded::new();
    let forbidden = |sent: &Sent| sent.request.url.ends_with("/forbidden");
    let scripted = target.clone();
    let story = Story::of(Guarded::rule("POST /forbidden"))
        .luck(Luck::Always(u64::MAX))
        .otherwise(move |sent| if forbidden(sent) { status(403) } else { scripted.answer(sent) });
    let events = || (0..200).map(|number| event_named(&format!("e-{number}")));
    for (pause, tokens) in [(0, 2), (1, 3), (2, 4), (4, 5), (8, 6), (16, 7), (30, 8), (30, 9)] {
        story.pass(secs(pause));
        for outcome in story.run_together(events()) {
            let failure = only_failure(outcome);
            assert_eq!(failure.kind, BadAnswer);
            assert_eq!(failure.message, "hss refuses the connector's credentials (403)");
        }
        assert_eq!(target.tokens(), tokens, "after {pause} s");
        let failure = story.fails();
        assert_eq!(target.tokens(), tokens, "within the pause");
        let left = failure.retry_after.expect("it is told how long").as_secs_f64().ceil();
        assert!((1.0..=30.0).contains(&left), "{left}");
    }
}

#[test]
fn a_new_session_that_is_accepted_ends_all_pauses() {
    let target = Guarded::new();
    let scripted = target.clone();
    let story = Story::of(Guarded::rule("GET /sims/{{event_id}}"))
        .luck(Luck::Always(u64::MAX))
        .otherwise(move |sent| match sent.request.url.ends_with("/sims/bad") {
            true => status(401),
            false => scripted.answer(sent),
        });
    let bad = || only_failure(story.run_early(event_named("bad")));
    for pause in [0, 1, 2, 4, 8] {
        story.pass(secs(pause));
        assert_eq!(bad().retry_after, None);
    }
    assert!(bad().retry_after > Some(secs(10)));
    story.pass(secs(16));
    target.revoke();
    story.succeeds();
    assert_eq!(bad().retry_after, None);
    let pause = bad().retry_after;
    assert!(pause.is_some() && pause <= Some(secs(1)), "{pause:?}");
}

#[test]
fn a_log_in_that_fails_fails_all_who_wait_at_once_and_is_left_alone_for_a_while() {
    for (reply, kind, message) in [
        (
            text(401, "wrong password"),
            BadAnswer,
            "hss: the log-in was refused: hss refuses the connector's credentials (401)",
        ),
        (
            json(400, json!({ "error": "locked" })),
            BadAnswer,
            "hss: the log-in was refused: hss answered 400: {\"error\":\"locked\"}",
        ),
        (
            json(200, json!({ "no": "token" })),
            BadAnswer,
            "hss: the log-in was refused: `token` is required and absent: in the answer to step \
             `1`, `$.token` selected nothing",
        ),
        (status(503), Unavailable, "hss: the log-in failed: hss answered 503 with an empty body"),
        (
            fault(TransportFault::Unreachable),
            Unavailable,
            "hss: the log-in failed: hss cannot be reached",
        ),
        (silence(), Unavailable, "hss: the log-in failed: hss did not answer within 10000 ms"),
    ] {
        let target = Guarded::new();
        target.login_gets(Some(reply.clone()));
        let rule = Guarded::rule("POST /prov").target("retry: { attempts: 1 }");
        let story = story(&target, rule).luck(Luck::Always(u64::MAX));
        let mut tries = 0;
        for (pause, next) in [(0, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 30), (30, 30)] {
            story.pass(secs(pause));
            for outcome in story.run_together((0..50).map(|n| event_named(&format!("e-{n}")))) {
                let failure = only_failure(outcome);
                assert_eq!((failure.kind, &*failure.message), (kind, message), "{reply:?}");
                let left = failure.retry_after.unwrap();
                assert!(left <= secs(next) && left + ms(1) > secs(next), "{left:?}");
            }
            tries += 1;
            assert_eq!(story.tries(), tries, "{reply:?} after {pause} s");
        }
        target.login_gets(None);
        story.pass(secs(30));
        story.succeeds();
        target.revoke();
        target.login_gets(Some(reply));
        let pause = story.fails().retry_after.unwrap();
        assert!(pause <= secs(1), "what was over begins anew: {pause:?}");
    }
}

#[test]
fn a_target_that_asks_to_be_left_alone_is() {
    let target = Guarded::new();
    target.login_gets(Some(status(429).header("retry-after", "120")));
    let story = story(&target, Guarded::rule("POST /prov"));
    assert_eq!(story.fails().retry_after, Some(secs(120)));
    story.pass(secs(119));
    assert_eq!(story.fails().retry_after, Some(secs(1)));
    assert_eq!(story.tries(), 1);
    target.login_gets(Some(status(429).header("retry-after", "100000")));
    story.pass(secs(1));
    assert_eq!(story.fails().retry_after, Some(secs(300)), "nobody waits for a day");
    target.login_gets(None);
    story.pass(secs(300));
    story.succeeds();
}

#[test]
fn a_renewal_that_fails_does_no_harm_while_the_session_lasts() {
    let target = Guarded::new().life(secs(100));
    let story = story(&target, Guarded::rule("POST /prov"));
    story.succeeds();
    target.login_gets(Some(status(401)));
    story.pass(secs(85));
    for _ in 0..3 {
        story.succeeds();
    }
    assert_eq!(story.tries(), 1 + 4 + 1, "one log-in was tried");
    story.pass(secs(15));
    assert_eq!(story.fails().kind, BadAnswer);
}

#[test]
fn what_answers_mean_to_rules_they_do_not_mean_to_a_log_in() {
    let target = Guarded::new();
    for (entry, kind) in [
        ("{ when: { status: 409 }, then: login }", BadAnswer),
        ("{ when: { status: 409 }, then: fail, answer: 200 }", BadAnswer),
        ("{ when: { status: 409 }, then: retry, answer: 404 }", Unavailable),
        ("{ when: { status: 409, event_type: SIM/Updated }, then: ok }", BadAnswer),
    ] {
        target.login_gets(Some(json(409, json!({}))));
        let failure =
            story(&target, Guarded::rule("POST /prov").target(&format!("responses: [{entry}]")))
                .fails();
        assert_eq!((failure.kind, failure.answer), (kind, None::<u16>), "{entry}");
        assert_eq!(failure.target_status, Some(409));
    }
}

#[test]
fn the_next_session_is_got_from_the_last_one_if_that_is_possible() {
    let mapping = rule("GET /a").target(
        "auth: { session: { login: [{ request: POST /login, save: { token: $.token, key: $.key } }], \
         refresh: [{ request: POST /refresh, headers: { token: '{{session.token}}' }, json: { key: \
         '{{session.key}}' }, save: { token: $.token } }], expires_in: 100s, headers: { token: \
         '{{session.token}}', key: '{{session.key}}' } } }",
    );
    let begun =
        |token: &str| json(200, json!({ "token": token, "key": format!("key-of-{token}") }));
    let refreshed = |token: &str| json(200, json!({ "token": token }));
    let story = Story::of(mapping)
        .replies_of("http://hss.test/login", [begun("a"), begun("c"), begun("d")])
        .replies_of(
            "http://hss.test/refresh",
            [refreshed("b"), status(400), status(503), status(503), status(503)],
        )
        .always(ok());
    let used = |story: &Story| {
        let sent = story.sent();
        let last = sent.last().unwrap();
        (last.header("token").to_owned(), last.header("key").to_owned())
    };
    let pair = |token: &str, key: &str| (token.to_owned(), key.to_owned());
    story.run_early(event());
    assert_eq!(used(&story), pair("a", "key-of-a"));
    story.pass(secs(100));
    story.run_early(event());
    assert_eq!(used(&story), pair("b", "key-of-a"), "what is not renewed stays");
    story.pass(secs(100));
    story.run_early(event());
    assert_eq!(used(&story), pair("c", "key-of-c"), "refused: the log-in is next");
    story.pass(secs(100));
    let failure = only_failure(story.run_early(event()));
    assert_eq!(failure.kind, FailureKind::Unavailable);
    story.pass(secs(30));
    story.run_early(event());
    assert_eq!(used(&story), pair("d", "key-of-d"), "a way that failed is not gone twice");
}

#[test]
fn a_subscriber_that_is_forbidden_takes_the_session_from_nobody() {
    let target = Guarded::new();
    let scripted = target.clone();
    let story = Story::of(Guarded::rule("GET /sims/{{event_id}}"))
        .luck(Luck::Always(u64::MAX))
        .otherwise(move |sent| match sent.request.url.ends_with("/sims/bad") {
            true => status(403),
            false => scripted.answer(sent),
        });
    let bad = || only_failure(story.run_early(event_named("bad")));
    story.succeeds();
    target.login_gets(Some(status(503)));
    for pause in [0, 40, 40] {
        story.pass(secs(pause));
        assert_eq!(bad().message, "hss: the log-in failed: hss answered 503 with an empty body");
        story.succeeds();
        let before = story.tries();
        assert_eq!(bad().kind, Unavailable);
        assert_eq!(story.tries(), before + 1, "nothing is sent twice, or to log in");
    }
    target.login_gets(None);
    story.pass(secs(40));
    assert_eq!(bad().kind, BadAnswer);
    let tokens = target.tokens();
    target.revoke();
    story.succeeds();
    assert_eq!(target.tokens(), tokens + 1, "what the one met says nothing of the others");
    target.revoke();
    target.login_gets(Some(status(503)));
    assert_eq!(story.fails().kind, Unavailable);
    let before = story.tries();
    assert_eq!((story.fails().kind, story.tries()), (Unavailable, before), "401 is no doubt");
}

#[test]
fn a_target_that_stumbles_over_a_new_session_has_not_accepted_it() {
    let target = Guarded::new();
    let scripted = target.clone();
    let replies = [401, 503, 401, 401, 503, 401, 401].map(status);
    let story = Story::of(Guarded::rule("GET /a").target("retry: { backoff: 1ms }"))
        .luck(Luck::Always(u64::MAX))
        .replies_of("http://hss.test/a", replies)
        .otherwise(move |sent| scripted.answer(sent));
    for (pause, tokens) in [(0, 2), (1, 3), (1, 3)] {
        story.pass(secs(pause));
        let failure = only_failure(story.run_early(event()));
        assert_eq!((failure.kind, target.tokens()), (BadAnswer, tokens));
    }
}

#[test]
fn what_a_log_in_cannot_use_is_not_repeated_to_anybody() {
    let login = |more: &str| {
        let auth = format!(
            "auth: {{ session: {{ login: [{{ request: POST /login, {more} }}], headers: {{ token: \
             '{{{{session.token}}}}' }} }} }}"
        );
        rule("POST /prov").target(&auth)
    };
    let json = json(200, json!({ "token": "t0ken-of-march" }));
    let xml = text(200, "<a>&t0ken-of-march;</a>").header("content-type", "text/xml");
    for (more, reply) in [
        ("save: { token: { path: $.token, as: integer } }", &json),
        ("save: { token: { value: '{{add body.token 1}}' } }", &json),
        (
            "save: { token: $.token }, responses: [{ when: { $.token: { lt: '{{add body.token 1}}' } }, then: fail }]",
            &json,
        ),
        ("save: { token: $.token }", &xml),
    ] {
        let failure = Story::of(login(more)).replies([reply.clone()]).fails();
        assert_eq!(failure.kind, BadAnswer);
        assert!(!format!("{failure:?}").contains("t0ken"), "{more}: {failure:?}");
    }
}

#[test]
fn a_session_that_was_refused_although_it_is_new_is_not_refreshed() {
    let mapping = rule("GET /a").target(
        "auth: { session: { login: [{ request: POST /login, save: { token: $.token } }], refresh: [{ \
         request: POST /refresh, save: { token: $.token } }], headers: { token: '{{session.token}}' \
         } } }",
    );
    let target = Guarded::new();
    let scripted = target.clone();
    let story = Story::of(mapping)
        .replies_of("http://hss.test/a", [status(401), status(401), ok(), status(401), ok()])
        .otherwise(move |sent| scripted.answer(sent));
    assert_eq!(only_failure(story.run_early(event())).kind, BadAnswer);
    story.succeeds_early();
    story.pass(secs(1));
    story.succeeds();
    let sent = story.sent();
    let ways: Vec<&str> = sent.iter().map(|sent| &sent.request.url[15..]).collect();
    assert_eq!(ways, ["/login", "/a", "/refresh", "/a", "/a", "/a", "/login", "/a"]);
}
