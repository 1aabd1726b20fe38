//! Tokens of OAuth 2.0: how they are asked for, used, refreshed and replaced.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::super::outcome::FailureKind::*;
use super::super::testing::*;

const TOKENS: &str = "https://sso.test/token?tenant=t";

/// A rule for a target that takes tokens of that server, asked for like that.
fn mapping(how: &str) -> OneRule {
    rule("POST /prov").target(&format!("auth: {{ oauth2: {{ token_url: '{TOKENS}', {how} }} }}"))
}

const CLIENT: &str = "grant: client_credentials, client_id: 'nsps:1', client_secret: 'öpen sésame'";

fn token(token: &str, more: Value) -> Reply {
    let mut body = json!({ "access_token": token, "token_type": "Bearer" });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    json(200, body)
}

fn form(sent: &Sent) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&sent.request.body).into_owned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The `authorization` of what was sent, where there is one.
fn authorization(sent: &Sent) -> Option<&str> {
    let mut headers = sent.request.headers.iter();
    headers.find(|(name, _)| &**name == "authorization").map(|(_, value)| &**value)
}

#[test]
fn each_grant_asks_in_its_own_way() {
    let basic = format!("Basic {}", STANDARD.encode("nsps%3A1:%C3%B6pen+s%C3%A9same"));
    for (how, fields, header) in [
        (CLIENT.to_owned(), pairs(&[("grant_type", "client_credentials")]), Some(&*basic)),
        (
            format!("{CLIENT}, client_auth: body, scope: 'a b', audience: https://hss.test"),
            pairs(&[
                ("grant_type", "client_credentials"),
                ("scope", "a b"),
                ("audience", "https://hss.test"),
                ("client_id", "nsps:1"),
                ("client_secret", "öpen sésame"),
            ]),
            None,
        ),
        (
            "grant: password, username: u, password: p4ssw0rd!".to_owned(),
            pairs(&[("grant_type", "password"), ("username", "u"), ("password", "p4ssw0rd!")]),
            None,
        ),
        (
            "grant: refresh_token, refresh_token: first-token, client_id: c".to_owned(),
            pairs(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", "first-token"),
                ("client_id", "c"),
            ]),
            None,
        ),
    ] {
        let story = Story::of(mapping(&how)).replies([token("a-token-1", json!({})), ok()]);
        story.succeeds();
        let sent = story.sent();
        assert_eq!((&*sent[0].request.method, &*sent[0].request.url), ("POST", TOKENS));
        assert_eq!(form(&sent[0]), fields, "{how}");
        assert_eq!(authorization(&sent[0]), header, "{how}");
        let media_type = "application/x-www-form-urlencoded";
        assert_eq!(sent[0].header("content-type"), media_type);
        assert_eq!(sent[1].header("authorization"), "Bearer a-token-1");
        assert_eq!(story.connections(), ["http://hss.test", TOKENS]);
    }
}

#[test]
fn an_assertion_is_signed_anew_for_each_token_and_never_shown() {
    let story = Story::of(mapping(
        "grant: jwt_bearer, scope: write, assertion: { issuer: nsps@test, key_file: /key, key_id: \
         k1, algorithm: HS256 }",
    ))
    .replies_of(TOKENS, [token("a-token-1", json!({})), token("a-token-2", json!({}))])
    .replies([ok(), status(401), ok()]);
    story.succeeds_early();
    story.succeeds();
    let assertions: Vec<String> = story
        .sent()
        .iter()
        .filter(|sent| &*sent.request.url == TOKENS)
        .map(|sent| {
            let form = form(sent);
            assert_eq!(form[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
            assert_eq!(form[2], ("scope".to_owned(), "write".to_owned()));
            form[1].1.clone()
        })
        .collect();
    assert_eq!(assertions.len(), 2);
    assert_ne!(assertions[0], assertions[1]);
    for assertion in &assertions {
        let claims = assertion.split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("nsps@test"), &json!("nsps@test")));
        assert_eq!((&claims["aud"], &claims["scope"]), (&json!(TOKENS), &json!("write")));
        assert_eq!(story.shown(assertion), "***");
    }
    let key = "a key of thirty-two bytes or more";
    assert_eq!(story.shown(&format!("a-token-1 a-token-2 {key}")), "*** *** ***");
}

#[test]
fn a_refresh_token_is_used_first_and_the_grant_if_it_is_refused() {
    let life = |refresh: Option<&str>| json!({ "expires_in": 100, "refresh_token": refresh });
    let story = Story::of(mapping(CLIENT))
        .replies_of(
            TOKENS,
            [
                token("a-token-1", life(Some("refresh-1"))),
                token("a-token-2", life(None)),
                token("a-token-3", life(Some("refresh-3"))),
                json(400, json!({ "error": "invalid_grant" })),
                token("a-token-4", life(None)),
                token("a-token-5", json!({})),
            ],
        )
        .always(ok());
    for number in 1..=5 {
        story.succeeds_early();
        let used = story.sent().last().unwrap().header("authorization").to_owned();
        assert_eq!(used, format!("Bearer a-token-{number}"));
        story.pass(secs(100));
    }
    let asked: Vec<String> = story
        .sent()
        .iter()
        .filter(|sent| &*sent.request.url == TOKENS)
        .map(|sent| form(sent).into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" "))
        .collect();
    let (grant, first, third) =
        ("client_credentials", "refresh_token refresh-1", "refresh_token refresh-3");
    assert_eq!(asked, [grant, first, first, third, grant, grant]);
    let hidden = story.shown("refresh-1 refresh-3 a-token-5");
    assert_eq!(hidden, "*** *** ***");
}

#[test]
fn an_answer_without_a_token_is_a_refusal_and_what_it_holds_is_not_shown() {
    for (reply, kind, message) in [
        (
            json(200, json!({ "error": "bad_code", "password": "shown nowhere" })),
            BadAnswer,
            "`access_token` is required and absent: in the answer to step `token`, \
             `$.access_token` selected nothing",
        ),
        (
            text(200, "<html>shown nowhere").header("content-type", "text/html"),
            BadAnswer,
            "token endpoint of hss answered 200 with a body that cannot be read",
        ),
        (
            json(400, json!({ "error": "invalid_scope" })),
            BadAnswer,
            "token endpoint of hss answered 400: {\"error\":\"invalid_scope\"}",
        ),
        (status(500), Unavailable, "token endpoint of hss answered 500 with an empty body"),
    ] {
        let rule = mapping(CLIENT).target("retry: { attempts: 1 }");
        let failure = Story::of(rule).replies([reply]).fails();
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.ends_with(message), "{failure:?}");
        assert!(!format!("{failure:?}").contains("shown nowhere"), "{failure:?}");
    }
}

#[test]
fn a_token_is_asked_for_again_when_the_server_stumbles() {
    let story = Story::of(mapping(CLIENT).target("retry: { attempts: 3 }")).replies([
        status(503),
        silence(),
        token("a-token-1", json!({})),
        ok(),
    ]);
    story.succeeds();
    let (key, keys) = (story.sent()[0].header("idempotency-key").to_owned(), story.sent());
    assert!(keys[..3].iter().all(|sent| sent.header("idempotency-key") == key));
}

#[test]
fn headers_of_the_target_go_to_the_target_alone() {
    let story = Story::of(mapping(CLIENT).target("headers: { x-key: '${SECRET}' }"))
        .replies([token("a-token-1", json!({})), ok()]);
    story.succeeds();
    let has_key = |sent: &Sent| sent.request.headers.iter().any(|(name, _)| &**name == "x-key");
    assert_eq!(story.sent().iter().map(has_key).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_token_that_cannot_be_sent_is_a_refusal() {
    for body in [json!(""), json!("a\nb"), json!("ключ"), json!({ "value": "x" }), json!(["x"])]
    {
        let story = Story::of(mapping(CLIENT))
            .replies_of(TOKENS, [json(200, json!({ "access_token": body })), token("t", json!({}))])
            .always(ok());
        let failure = only_failure(story.run_early(event()));
        assert_eq!(failure.kind, BadAnswer, "{body}");
        assert!(failure.message.contains("no text that a header can carry"), "{failure:?}");
        story.pass(secs(1));
        story.succeeds();
    }
    let numbered = json(200, json!({ "access_token": 4711 }));
    Story::of(mapping(CLIENT)).replies([numbered, ok()]).succeeds();
}

#[test]
fn the_first_refresh_token_is_used_again_only_if_the_last_one_is_refused() {
    let how = "grant: refresh_token, refresh_token: refresh-0, client_id: c";
    let life =
        |number: u32| json!({ "expires_in": 100, "refresh_token": format!("refresh-{number}") });
    let story = Story::of(mapping(how).target("retry: { attempts: 1 }"))
        .replies_of(
            TOKENS,
            [
                token("a-token-1", life(1)),
                status(503),
                token("a-token-2", life(2)),
                token("a-token-3", life(3)),
                token("a-token-4", life(4)),
                json(400, json!({ "error": "invalid_grant" })),
                token("a-token-5", life(5)),
            ],
        )
        .replies([ok(), ok(), status(403), status(403), ok(), ok()]);
    story.succeeds_early();
    story.pass(secs(100));
    assert_eq!(only_failure(story.run_early(event())).kind, Unavailable);
    story.pass(secs(30));
    story.succeeds_early();
    assert_eq!(only_failure(story.run_early(event())).kind, BadAnswer);
    for _ in 0..2 {
        story.pass(secs(100));
        story.succeeds_early();
    }
    let sent = story.sent();
    let asked = sent.iter().filter(|sent| &*sent.request.url == TOKENS).map(form);
    let tokens: Vec<String> = asked.map(|form| form[1].1.replace("refresh-", "")).collect();
    assert_eq!(tokens, ["0", "1", "1", "2", "3", "4", "0"]);
}
