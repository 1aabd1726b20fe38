//! Sessions, from outside: many events and one log-in, whatever becomes of the session meanwhile.

mod guard;
mod secrecy;

use std::thread;
use std::time::Duration;

use serde_json::json;

use guard::Guard;

use crate::support::client::Answer;
use crate::support::connector::{Setup, Signal};
use crate::support::reply::Reply;
use crate::support::stage::{OneStep, Stage};
use crate::support::{SOON, wait_until};

const SESSION: &str = "auth: { session: { login: [{ request: POST /login, query: { key: \
                       k3y-in-a-query }, json: { as: { password: p4ss-w0rd-of-hss } }, save: { \
                       token: $.access_token, life: { path: $.expires_in, optional: true } } }], \
                       expires_in: \"{{session.life}}\", headers: { Authorization: \"Bearer \
                       {{session.token}}\" } } }";

const OAUTH: &str = "auth: { oauth2: { token_url: \"${TARGET_URL}/token\", grant: \
                     client_credentials, client_id: nsps, client_secret: s3cret-of-nsps } }";

/// A connector whose target wants sessions, with a guard before that.
fn guarded(auth: &str, lines: &[&str], adapt: impl FnOnce(Setup) -> Setup) -> (Stage, Guard) {
    let step = OneStep::new("POST /prov").target(auth);
    let mapping = lines.iter().fold(step, |mapping, line| mapping.target(line)).to_string();
    let stage = Stage::set_with(&[("hss.yaml", mapping)], adapt);
    let guard = Guard::of(&stage.target);
    (stage, guard)
}

/// Posts so many events side by side.
fn burst(stage: &Stage, count: usize) -> Vec<Answer> {
    thread::scope(|scope| {
        let post = || stage.post_type("SIM/Updated");
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(post)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[track_caller]
fn all_succeed(answers: &[Answer]) {
    let failed = answers.iter().find(|answer| answer.status != 200);
    assert!(failed.is_none(), "{}", failed.map(Answer::text).unwrap_or_default());
}

#[test]
fn two_hundred_events_through_an_expiry_make_one_log_in() {
    for auth in [SESSION, OAUTH] {
        let (stage, guard) = guarded(auth, &[], |setup| setup);
        guard.life(Duration::from_secs(1));
        all_succeed(&burst(&stage, 1));
        wait_until("the session ends", || guard.is_over().then_some(()));
        guard.life(Duration::from_secs(3600));
        all_succeed(&burst(&stage, 200));
        assert_eq!(guard.logins(), 2, "{auth}");
        let posted = stage.target.requests().iter().filter(|it| it.path() == "/prov").count();
        assert_eq!(posted, 201, "nothing was refused");
    }
}

#[test]
fn a_revoked_session_costs_one_log_in_whatever_the_target_says() {
    let fault = "<s:Envelope xmlns:s='urn:s'><s:Body><s:Fault><faultcode>s:Client.Authentication\
                 </faultcode></s:Fault></s:Body></s:Envelope>";
    let table = "responses: [{ when: { $.code: [SESSION_EXPIRED] }, then: login }, { when: { \
                 $..faultcode: { suffix: Authentication } }, then: login }]";
    let (stage, guard) = guarded(SESSION, &[table], |setup| setup);
    all_succeed(&burst(&stage, 50));
    assert_eq!(guard.logins(), 1);
    for (revoked, refusal) in (1..).zip([
        Reply::status(401),
        Reply::status(403),
        Reply::json(200, json!({ "result": false, "code": "SESSION_EXPIRED" })),
        Reply::text(500, "text/xml", fault),
    ]) {
        guard.refuse_by(refusal.clone());
        guard.revoke();
        all_succeed(&burst(&stage, 50));
        assert_eq!(guard.logins(), revoked + 1, "{refusal:?}");
    }
}

#[test]
fn a_log_in_that_is_refused_fails_events_in_words_and_is_not_repeated_for_each() {
    for (auth, name) in [(SESSION, "hss"), (OAUTH, "token endpoint of hss")] {
        let (stage, guard) = guarded(auth, &[], |setup| setup);
        guard.login_gets(Some(Reply::json(400, json!({ "error": "invalid_client" }))));
        for answer in burst(&stage, 50).iter().chain(&burst(&stage, 50)) {
            let body = answer.json();
            assert_eq!((answer.status, &body["type"]), (502, &json!("SERVICE_ERROR")), "{body}");
            let message = format!(
                "hss: the log-in was refused: {name} answered 400: {{\"error\":\"invalid_client\"}}"
            );
            assert_eq!(body["message"], message.as_str());
            assert_eq!(body["details"][0]["step"], "send");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
        assert!(guard.logins() <= 2, "{}", guard.logins());
        guard.login_gets(None);
        wait_until("the pause is over", || {
            (stage.post_type("SIM/Updated").status == 200).then_some(())
        });
    }
}

#[test]
fn a_log_in_that_fails_for_now_is_tried_again_and_then_told_as_such() {
    let (stage, guard) = guarded(SESSION, &[], |setup| setup);
    guard.login_gets(Some(Reply::status(503)));
    let answer = stage.post_type("SIM/Updated");
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("hss: the log-in failed: hss answered 503"));
    assert_eq!(guard.logins(), 3, "a log-in is sent again, although it is a POST");
}

#[test]
fn a_slow_log_in_keeps_no_event_longer_than_its_deadline() {
    let slow = ["timeout: 10s"];
    let (stage, guard) = guarded(SESSION, &slow, |setup| setup.env("EVENT_DEADLINE", "1s"));
    let gate = guard.hold_logins();
    for answer in burst(&stage, 20) {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.text().contains("the log-in"), "{}", answer.text());
    }
    assert_eq!(guard.logins(), 1);
    gate.open();
    wait_until("the target logs us in", || {
        (stage.post_type("SIM/Updated").status == 200).then_some(())
    });
}

#[test]
fn a_reload_in_the_middle_of_a_log_in_is_not_felt() {
    let (stage, guard) = guarded(SESSION, &["timeout: 10s"], |setup| setup);
    let gate = guard.hold_logins();
    let answers = thread::scope(|scope| {
        let events = scope.spawn(|| burst(&stage, 20));
        stage.target.wait_for(1, SOON);
        stage.connector.signal(Signal::HUP);
        wait_until("the reload ends", || {
            (stage.connector.ready()["generation"] == 2).then_some(())
        });
        let more = scope.spawn(|| burst(&stage, 20));
        gate.open();
        [events.join().unwrap(), more.join().unwrap()].concat()
    });
    all_succeed(&answers);
    assert_eq!(guard.logins(), 1);
}

#[test]
fn a_shutdown_in_the_middle_of_a_log_in_lets_its_event_finish() {
    let (mut stage, guard) = guarded(SESSION, &["timeout: 10s"], |setup| setup);
    let gate = guard.hold_logins();
    let answers = thread::scope(|scope| {
        let events = scope.spawn(|| burst(&stage, 1));
        stage.target.wait_for(1, SOON);
        stage.connector.signal(Signal::TERM);
        let ending = |record: &serde_json::Value| record["message"] == "shutting down";
        stage.connector.wait_for_log(ending, SOON);
        gate.open();
        events.join().unwrap()
    });
    all_succeed(&answers);
    assert_eq!(guard.logins(), 1);
    assert!(stage.connector.wait_exit(SOON).success());
}
