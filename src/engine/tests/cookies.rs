//! `cookies: true`: what a target sets is sent to it, with the session that it was set in.

use serde_json::json;

use super::super::testing::*;

const LOGIN: &str = "auth: { session: { login: [{ request: POST /login, form: { user: nsps } }, \
                     { request: GET /welcome }] } }";

/// The `cookie` of each request, `-` where there is none.
fn cookies(story: &Story) -> Vec<String> {
    let cookie = |sent: &Sent| {
        let found = sent.request.headers.iter().find(|(name, _)| &**name == "cookie");
        found.map_or_else(|| "-".to_owned(), |(_, value)| value.to_string())
    };
    story.sent().iter().map(cookie).collect()
}

fn setting(cookies: &[&str]) -> Reply {
    cookies.iter().fold(ok(), |reply, cookie| reply.header("set-cookie", cookie))
}

#[test]
fn cookies_of_a_log_in_are_those_of_its_session() {
    let story = Story::of(rule("GET /a").target(LOGIN).target("cookies: true")).replies([
        setting(&["SID=session-of-march; Path=/", "csrf=first-token; Path=/welcome"]),
        ok(),
        setting(&["more=further-cookie"]),
        status(401),
        setting(&["SID=session-of-april; Path=/"]),
        ok(),
        ok(),
    ]);
    story.succeeds_early();
    assert_eq!(story.shown("session-of-march first-token further-cookie"), "*** *** ***");
    story.succeeds();
    assert_eq!(
        cookies(&story),
        [
            "-",
            "csrf=first-token; SID=session-of-march",
            "SID=session-of-march",
            "SID=session-of-march; more=further-cookie",
            "-",
            "SID=session-of-april",
            "SID=session-of-april",
        ],
        "a new log-in begins without any"
    );
}

#[test]
fn a_session_that_is_refreshed_keeps_its_cookies() {
    let session = "auth: { session: { login: [{ request: POST /login }], refresh: [{ request: POST \
                   /refresh }], expires_in: 100 } }";
    let story = Story::of(rule("GET /a").target(session).target("cookies: true")).replies([
        setting(&["SID=1", "key=2"]),
        ok(),
        setting(&["SID=3"]),
        ok(),
    ]);
    story.succeeds_early();
    story.pass(secs(100));
    story.succeeds();
    assert_eq!(cookies(&story), ["-", "SID=1; key=2", "SID=1; key=2", "key=2; SID=3"]);
}

#[test]
fn a_target_without_sessions_has_cookies_of_its_own_and_tries_see_them() {
    let stumble = status(503).header("set-cookie", "route=2");
    let story = Story::of(
        rule("GET /a")
            .target("cookies: true")
            .then("GET /b")
            .step("headers: { cookie: 'route=mine; other=mine' }"),
    )
    .replies([setting(&["route=1"]), ok(), stumble, ok(), ok()]);
    story.succeeds_early();
    story.succeeds();
    assert_eq!(
        cookies(&story),
        ["-", "route=mine; other=mine", "route=1", "route=2", "route=mine; other=mine",]
    );
}

#[test]
fn nothing_is_kept_where_it_is_not_asked_for_and_a_reload_keeps_it() {
    let story = Story::of(rule("GET /a")).replies([setting(&["a=1"]), ok()]);
    story.succeeds_early();
    story.succeeds();
    assert_eq!(cookies(&story), ["-", "-"]);

    let mapping = rule("GET /a").target("cookies: true");
    let mut story = Story::of(&mapping).replies([setting(&["a=1"]), ok(), ok()]);
    story.succeeds_early();
    story.reload(mapping.clone().then("GET /b"));
    story.succeeds();
    assert_eq!(cookies(&story), ["-", "a=1", "a=1"]);
}

#[test]
fn a_log_in_may_say_where_requests_go() {
    let session = "auth: { session: { login: [{ request: POST /login, json: { user: nsps }, responses: \
                   [{ when: { status: 3xx }, then: ok }], save: { place: headers.location } }] } }";
    let story = Story::of(rule("'POST {{session.place}}'").target(session).step("query: { a: 1 }"))
        .replies([
            json(302, json!({})).header("location", "/node-7/prov?sid=x"),
            ok(),
            status(401),
            status(302).header("location", "http://hss.test/node-8/prov"),
            ok(),
            status(401),
            status(302).header("location", "http://other.test/prov"),
        ]);
    story.succeeds_early();
    story.succeeds_early();
    let failure = story.fails();
    assert!(failure.message.contains("another origin"), "{failure:?}");
    let urls: Vec<String> =
        story.sent().into_iter().map(|sent| sent.request.url.to_string()).collect();
    assert_eq!(
        urls,
        [
            "http://hss.test/login",
            "http://hss.test/node-7/prov?sid=x&a=1",
            "http://hss.test/node-7/prov?sid=x&a=1",
            "http://hss.test/login",
            "http://hss.test/node-8/prov?a=1",
            "http://hss.test/node-8/prov?a=1",
            "http://hss.test/login",
        ]
    );
}

#[test]
fn a_cookie_with_each_answer_drives_no_secret_out_that_is_in_use() {
    let session = "auth: { session: { login: [{ request: POST /login, save: { id: $.id } }], query: { \
                   sid: '{{session.id}}' } } }";
    for auth in [session, "headers: { x-more: y }"] {
        let story = Story::of(rule("GET /a").target(auth).target("cookies: true")).otherwise({
            let answers = std::sync::atomic::AtomicU32::new(0);
            move |_| {
                let number = answers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let first = if number == 0 { "SID=cookie-of-march" } else { "x=y" };
                json(200, json!({ "id": "id-of-march" }))
                    .header("set-cookie", first)
                    .header("set-cookie", &format!("last=at-moment-{number}"))
            }
        });
        for _ in 0..200 {
            story.run_early(event());
        }
        let last = story.sent().len() - 1;
        let shown = story.shown(&format!("cookie-of-march at-moment-{last}"));
        assert_eq!(shown, "*** ***");
        let id = if auth == session { "***" } else { "id-of-march" };
        assert_eq!(story.shown("id-of-march"), id);
    }
}

#[test]
fn a_log_in_that_follows_a_refused_refresh_begins_without_cookies() {
    let session = "auth: { session: { login: [{ request: POST /login }], refresh: [{ request: POST \
                   /refresh }], expires_in: 100 } }";
    let story = Story::of(rule("GET /a").target(session).target("cookies: true")).replies([
        setting(&["SID=1"]),
        ok(),
        status(400),
        setting(&["key=2"]),
        ok(),
    ]);
    story.succeeds_early();
    story.pass(secs(100));
    story.succeeds();
    assert_eq!(cookies(&story), ["-", "SID=1", "SID=1", "-", "key=2"]);
}

#[test]
fn cookies_of_a_token_endpoint_are_nobodys() {
    let auth = "auth: { oauth2: { token_url: 'http://sso.test/token', grant: client_credentials, \
                client_id: c, client_secret: a-long-secret } }";
    let story = Story::of(rule("GET /a").target(auth).target("cookies: true")).replies([
        json(200, json!({ "access_token": "t" })).header("set-cookie", "SSO=1"),
        setting(&["SID=1"]),
        status(401),
        json(200, json!({ "access_token": "t" })),
        ok(),
    ]);
    story.succeeds_early();
    story.succeeds();
    assert_eq!(cookies(&story), ["-", "-", "SID=1", "-", "-"]);
}
