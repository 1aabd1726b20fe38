//! Sessions: one log-in however many events wait for it, renewed before it ends, kept by a reload.

use std::time::Duration;

use serde_json::json;

use super::super::outcome::FailureKind::*;
use super::super::testing::guarded::{Guarded, token_number};
use super::super::testing::*;
use crate::clock::virtual_time::Luck;
use crate::event::Event;

fn story(target: &Guarded, mapping: impl std::fmt::Display) -> Story {
    let target = target.clone();
    Story::of(mapping).otherwise(move |sent| target.answer(sent))
}

fn events(count: usize) -> impl Iterator<Item = Event> {
    (0..count).map(|number| event_named(&format!("e-{number}")))
}

#[track_caller]
fn all_succeed(story: &Story, count: usize) {
    let outcomes = story.run_together(events(count));
    let failed = outcomes.iter().find(|outcome| !succeeded(outcome));
    assert!(failed.is_none(), "{failed:?}");
}

#[test]
fn two_hundred_events_begin_one_session() {
    let target = Guarded::new().login_takes(secs(2));
    let story = story(&target, Guarded::rule("POST /prov"));
    all_succeed(&story, 200);
    assert_eq!((target.tokens(), story.tries()), (1, 201));
    assert_eq!(story.took(), secs(2), "all of them waited for it, and side by side");
    story.succeeds();
    assert_eq!(target.tokens(), 1);
}

#[test]
fn a_session_is_renewed_beside_the_events_shortly_before_it_ends() {
    let target = Guarded::new().life(secs(100)).login_takes(secs(2));
    let story = story(&target, Guarded::rule("POST /prov"));
    story.succeeds();
    story.pass(secs(77));
    story.succeeds();
    assert_eq!(
        target.tokens(),
        1,
        "its life began when it was asked for, and a fifth of it is the margin"
    );
    story.pass(secs(2));
    let before = story.took();
    all_succeed(&story, 200);
    assert_eq!(story.took(), before, "nobody waited");
    story.pass(secs(3));
    all_succeed(&story, 200);
    assert_eq!(target.tokens(), 2);
    let of_last = story.sent().last().unwrap().header("token").to_owned();
    assert_eq!(of_last, token_number(2));
}

#[test]
fn two_hundred_events_after_its_end_wait_for_one_new_session() {
    let target = Guarded::new().life(secs(3600)).login_takes(secs(1));
    let story = story(&target, Guarded::rule("POST /prov"));
    story.succeeds();
    story.pass(secs(3600));
    all_succeed(&story, 200);
    assert_eq!((target.tokens(), story.tries()), (2, 203));
}

#[test]
fn a_session_without_a_life_that_makes_sense_lasts_until_it_is_refused() {
    for life in [json!(null), json!("soon"), json!(0), json!({ "s": 1 })] {
        let target = Guarded::new();
        target.login_gets(Some(json(200, json!({ "token": token_number(1), "expires_in": life }))));
        let story = Story::of(Guarded::rule("POST /prov"))
            .replies_of(
                "http://hss.test/login",
                [json(200, json!({ "token": "t", "expires_in": life }))],
            )
            .always(ok());
        story.succeeds();
        story.pass(Duration::from_secs(1 << 30));
        story.succeeds();
        assert_eq!(story.tries(), 3, "{life}");
    }
}

#[test]
fn a_life_may_be_the_same_for_all_sessions() {
    for life in ["30", "30s", "'{{add 10 20}}'"] {
        let session = format!(
            "auth: {{ session: {{ login: [{{ request: POST /login, save: {{ token: $.token }} }}], \
             expires_in: {life}, headers: {{ token: '{{{{session.token}}}}' }} }} }}"
        );
        let target = Guarded::new();
        let story = story(&target, rule("GET /a").target(&session));
        for (after, tokens) in [(0, 1), (23, 1), (2, 2), (23, 2), (2, 3), (31, 4)] {
            story.pass(secs(after));
            story.succeeds();
            assert_eq!(target.tokens(), tokens, "{life} {after}");
        }
    }
}

#[test]
fn an_event_waits_no_longer_than_it_may_and_the_log_in_goes_on_without_it() {
    let target = Guarded::new().login_takes(secs(8));
    let rule = Guarded::rule("GET /late").target("timeout: 9s").target("retry: { attempts: 1 }");
    let slow = rule.to_string().replacen(
        "      - request: GET /late",
        "      - request: GET /first\n        target: other\n        timeout: 20s\n      - target: hss\n        request: GET /late",
        1,
    );
    let slow = slow.replacen("targets:\n", "targets:\n  other: { url: http://other.test }\n", 1);
    let story = story(&target, slow).replies_of("http://other.test", [ok().after(secs(19)), ok()]);
    let failure = only_failure(story.run_early(event()));
    assert_eq!((failure.kind, failure.transient), (Unavailable, true));
    assert_eq!(failure.message, "hss: the log-in takes too long");
    assert_eq!(story.took(), secs(25));
    story.pass(secs(3));
    let before = story.took();
    story.succeeds();
    assert_eq!((story.took(), target.tokens()), (before, 1));
}

#[test]
fn a_reload_that_leaves_the_target_as_it_is_keeps_the_session() {
    let target = Guarded::new();
    let mapping = Guarded::rule("POST /a");
    let mut story = story(&target, &mapping);
    story.succeeds();
    story.reload(mapping.clone().then("POST /b"));
    story.succeeds();
    assert_eq!(target.tokens(), 1);
    story.reload(mapping.target("headers: { x-more: y }"));
    story.succeeds();
    assert_eq!(target.tokens(), 2, "another definition begins anew");
}

#[test]
fn a_reload_in_the_middle_of_a_log_in_disturbs_nobody() {
    for (line, tokens) in [("", 2), ("headers: { x-more: y }", 3)] {
        let target = Guarded::new().life(secs(100)).login_takes(secs(5));
        let mapping = Guarded::rule("POST /a");
        let mut story = story(&target, &mapping);
        story.succeeds();
        story.pass(secs(85));
        story.succeeds();
        let more = if line.is_empty() { mapping } else { mapping.target(line) };
        story.reload(more);
        story.pass(secs(6));
        all_succeed(&story, 10);
        assert_eq!(target.tokens(), tokens, "{line}");
    }
}

#[test]
fn what_was_saved_is_hidden_from_then_on_apart_from_life_times_and_addresses() {
    let login = "{ request: POST /login, save: { token: $.token, life: $.life, place: $.place, \
                 deep: $.deep } }";
    let session = format!(
        "auth: {{ session: {{ login: [{login}], expires_in: '{{{{session.life}}}}', headers: {{ \
         token: '{{{{session.token}}}}', deep: '{{{{json session.deep}}}}' }} }} }}"
    );
    let body = json!({
        "token": "secret of march", "life": 123_456_789, "place": "/place/of/session",
        "deep": { "x": ["secret in a list", 987_654_321] },
    });
    let mapping = rule("'POST {{session.place}}'").target(&session);
    let story = Story::of(mapping).replies([json(200, body), ok()]);
    assert_eq!(story.shown("secret of march"), "secret of march");
    story.succeeds();
    for secret in ["secret of march", "secret in a list", "987654321", "secret%20of%20march"] {
        assert_eq!(story.shown(secret), "***");
    }
    for open in ["123456789", "/place/of/session"] {
        assert_eq!(story.shown(open), open);
    }
}

#[test]
fn what_is_an_address_of_one_target_is_a_secret_of_another() {
    let login = |name: &str, headers: &str| {
        format!(
            "{{ session: {{ login: [{{ request: POST /login, save: {{ {name}: $.x }} }}]{headers} }} }}"
        )
    };
    let mapping = format!(
        "version: 1
targets:
  hss: {{ url: http://hss.test, auth: {hss} }}
  node: {{ url: http://node.test, auth: {node} }}
rules:
  - name: all
    event: '*'
    steps:
      - {{ target: hss, request: GET /jobs, save: {{ token: $.job }} }}
      - {{ target: hss, request: 'GET {{{{token}}}}' }}
      - {{ target: node, request: 'GET {{{{session.token}}}}' }}
",
        hss = login("token", ", headers: { token: '{{session.token}}' }"),
        node = login("token", ""),
    );
    let story = Story::of(mapping)
        .replies_of("http://hss.test/login", [json(200, json!({ "x": "token-of-march" }))])
        .replies_of("http://node.test/login", [json(200, json!({ "x": "/node-of-march" }))])
        .always(json(200, json!({ "job": "/job" })));
    story.succeeds();
    assert_eq!(story.shown("token-of-march /node-of-march"), "*** /node-of-march");
}

#[test]
fn what_an_address_of_a_session_carries_in_its_query_is_hidden() {
    let session =
        "auth: { session: { login: [{ request: POST /login, save: { place: $.place } }] } }";
    let body = json!({ "place": "/prov?sid=of%2Fmarch-7&n=1#sid=no-session" });
    let story = Story::of(rule("'POST {{session.place}}'").target(session))
        .replies([json(200, body), ok()]);
    story.succeeds();
    let sent = &story.sent()[1].request.url;
    assert_eq!(story.shown(sent), "http://hss.test/prov?sid=***&n=1");
    assert_eq!(story.shown("of/march-7 no-session"), "*** no-session");
}

#[test]
fn a_life_begins_with_the_step_that_saves() {
    let session = "auth: { session: { login: [{ request: POST /login, save: { token: $.token } }, { \
                   request: GET /welcome }], expires_in: 100, headers: { token: \
                   '{{session.token}}' } } }";
    let token = json(200, json!({ "token": "t" }));
    let story = Story::of(rule("GET /a").target(session))
        .replies_of("http://hss.test/login", [token.clone().after(secs(9)), token])
        .replies_of("http://hss.test/welcome", [ok(), ok()])
        .always(ok());
    story.succeeds_early();
    story.pass(secs(72));
    story.succeeds();
}

#[test]
fn a_log_in_that_breaks_off_is_no_log_in_any_more() {
    let target = Guarded::new();
    let (scripted, calls) = (target.clone(), std::sync::atomic::AtomicU32::new(0));
    let story = Story::of(Guarded::rule("GET /a")).otherwise(move |sent| {
        let first = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        assert!(!first, "whoever sends it breaks down");
        scripted.answer(sent)
    });
    let broken = || story.run_early(event());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(broken)).is_err());
    story.succeeds();
    assert_eq!(target.tokens(), 1);
}

#[test]
fn targets_of_one_definition_share_a_session_whatever_their_names_are() {
    let target = Guarded::new();
    let first = Guarded::rule("GET /a").to_string();
    let second = first.replacen("  hss:", "  other:", 1).replacen("GET /a", "GET /b", 1);
    let scripted = target.clone();
    let story = Story::of_files([("a.yaml", first), ("b.yaml", second)])
        .otherwise(move |sent| scripted.answer(sent));
    all_succeed(&story, 20);
    assert_eq!((target.tokens(), story.tries()), (1, 41));
}

#[test]
fn a_session_that_ends_among_members_repeats_no_member_and_a_restart_none_of_it() {
    let steps = "auth: { session: { login: [{ request: POST /login, save: { token: $.token } }], headers: { \
                 token: '{{session.token}}' } } }";
    let list = "{ value: [a, b, c] }";
    let mapping = rule("'POST /members/{{item}}'")
        .target(steps)
        .step("for_each: members")
        .step("save: { ids: $.id }")
        .then("PUT /all")
        .step("json: { ids: '{{ids}}' }")
        .step("responses: [{ when: { status: 412 }, then: restart }]");
    let mapping = mapping.to_string().replacen(
        "rules:",
        &format!("extract: {{ members: {list} }}\nrules:"),
        1,
    );
    let of = |id: &str| json(200, json!({ "id": id }));
    let login = |number: u32| json(200, json!({ "token": token_number(number) }));
    let story = Story::of(mapping).luck(Luck::Always(0)).replies([
        login(1),
        of("1"),
        status(401),
        login(2),
        of("2"),
        of("3"),
        status(401),
        login(3),
        status(412),
        of("4"),
        of("5"),
        of("6"),
        ok(),
    ]);
    story.succeeds();
    let sent = story.sent();
    let posts: Vec<&Sent> =
        sent.iter().filter(|sent| sent.request.url.contains("/members/")).collect();
    let members: Vec<&str> = posts.iter().map(|sent| &sent.request.url[24..]).collect();
    assert_eq!(members, ["a", "b", "b", "c", "a", "b", "c"]);
    let keys: Vec<&str> = posts.iter().map(|sent| sent.header("idempotency-key")).collect();
    assert_eq!(keys[1], keys[2], "sent once more it is the same request");
    let different: std::collections::HashSet<&str> = keys.into_iter().collect();
    assert_eq!(different.len(), 6);
    let last = sent.last().unwrap();
    assert_eq!(&*last.request.body, br#"{"ids":["4","5","6"]}"#);
    assert_eq!(last.header("token"), token_number(3));
}

#[test]
fn what_a_log_in_proves_itself_with_is_hidden_without_its_scheme() {
    let session = "auth: { session: { login: [{ request: POST /login, headers: { authorization: 'Nsps \
                   made-at-{{now}}' }, save: { token: $.token } }], headers: { token: \
                   '{{session.token}}' } } }";
    let token = json(200, json!({ "token": "t" }));
    let story = Story::of(rule("GET /a").target(session)).replies([token, ok()]);
    story.succeeds();
    let made = story.sent()[0].header("authorization").split_once(' ').unwrap().1.to_owned();
    assert_eq!(story.shown(&made), "***");
}

#[test]
fn a_log_in_that_looks_up_another_word_is_another_log_in() {
    let target = Guarded::new();
    let session = "auth: { session: { login: [{ request: POST /login, json: { as: '{{lookup roles \
                   \"nsps\"}}' }, save: { token: $.token } }], headers: { token: \
                   '{{session.token}}' } } }";
    let mapping = rule("GET /a").target(session).to_string();
    let with = |role: &str| {
        mapping.replacen("rules:", &format!("tables: {{ roles: {{ nsps: {role} }} }}\nrules:"), 1)
    };
    let mut story = story(&target, with("reader"));
    for (role, tokens) in [("reader", 1), ("writer", 2), ("writer", 2)] {
        story.reload(with(role));
        story.succeeds();
        assert_eq!(target.tokens(), tokens, "{role}");
    }
}
