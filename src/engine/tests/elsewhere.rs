//! Requests to other hosts than the target's: only to those that the mapping names, whatever an answer
//! or an event says.

use proptest::prelude::*;
use url::Url;

use super::super::testing::*;

/// What a step saved, and the request that goes there.
fn follows(url: &str, allowed: &str) -> OneRule {
    rule("POST /begin")
        .at(url)
        .target(&format!("allow_hosts: [{allowed}]"))
        .step("save: { place: $.place }")
        .then("'POST {{place}}'")
}

#[test]
fn a_saved_url_may_lead_to_a_host_that_is_named() {
    for (place, went) in [
        ("https://node.test/x?a=b#c", Some("https://node.test/x?a=b")),
        ("//node.test/x", Some("https://node.test/x")),
        ("https://10.0.0.7:8443/x", Some("https://10.0.0.7:8443/x")),
        ("/elsewhere", Some("https://hss.test/elsewhere")),
        ("http://node.test/x", None),
        ("https://node.test:8443/x", None),
        ("https://10.0.0.7/x", None),
        ("https://me@node.test/x", None),
        ("https://other.test/x", None),
        ("ftp://node.test/x", None),
    ] {
        let story = Story::of(follows("https://hss.test/api", "node.test, '10.0.0.7:8443'"))
            .always(json(200, serde_json::json!({ "place": place })));
        let outcome = story.run_early(event());
        let second = story.sent().get(1).map(|sent| sent.request.url.clone());
        assert_eq!(second.as_deref(), went, "{place}");
        assert_eq!(succeeded(&outcome), went.is_some(), "{place}");
    }
}

#[test]
fn where_a_url_leads_that_is_not_followed_is_told_without_it() {
    let story = Story::of(follows("https://hss.test", ""))
        .replies([json(200, serde_json::json!({ "place": "https://evil.test/?secret" }))]);
    let failure = story.fails();
    assert!(failure.message.contains("`allow_hosts` does not name it"), "{failure:?}");
    assert!(!failure.message.contains("evil"), "{failure:?}");
}

#[test]
fn another_host_is_sent_the_credentials_and_the_cookies_that_are_for_it() {
    let target = "auth: { session: { login: [{ request: POST /login, save: { token: $.token, place: \
                  $.place } }], headers: { Token: '{{session.token}}' } } }";
    let mapping = rule("'POST {{session.place}}'")
        .at("https://a.hss.test")
        .target(target)
        .target("allow_hosts: [b.hss.test]")
        .target("cookies: true")
        .target("headers: { X-Client: nsps }");
    let answer =
        json(200, serde_json::json!({ "token": "t-1", "place": "https://b.hss.test/prov" }))
            .header("set-cookie", "own=1")
            .header("set-cookie", "common=2; Domain=hss.test");
    let story = Story::of(mapping).replies([answer, ok()]);
    story.succeeds();
    let sent = story.sent();
    assert_eq!(&*sent[1].request.url, "https://b.hss.test/prov");
    for (name, value) in [("token", "t-1"), ("x-client", "nsps"), ("cookie", "common=2")] {
        assert_eq!(sent[1].header(name), value);
    }
}

const SCHEMES: [&str; 10] = [
    "",
    "http:",
    "https:",
    "HTTP:",
    "hTTps:",
    "ftp:",
    "file:",
    "javascript:",
    "ws:",
    "blob:https:",
];
const SLASHES: [&str; 9] = ["", "/", "//", "///", "\\", "\\\\", "/\\", "/%2f", "/.//"];
const USERS: [&str; 9] =
    ["", "", "me@", "me:pw@", "hss.test@", "hss.test:80@", "%40@", "@", "hss.test\\@"];
const HOSTS: [&str; 17] = [
    "",
    "hss.test",
    "node.test",
    "evil.test",
    "hss.test.evil.test",
    "evil.test%2f.hss.test",
    "HSS.TEST",
    "127.0.0.1",
    "169.254.169.254",
    "[::1]",
    "0x7f.1",
    "hss.test.",
    "ｈss.test",
    "hss。test",
    "evil.test#.hss.test",
    "evil.test?.hss.test",
    "evil.test\\.hss.test",
];
const PORTS: [&str; 9] = ["", ":80", ":443", ":8443", ":0", ":", ":080", ":65536", ":a"];
const RESTS: [&str; 10] =
    ["", "/", "/x", "?a=b", "#c", "/../..", "/%2e%2e/", "\\x", "/@evil.test", "//evil.test"];

/// Texts that may look like a URL that leads elsewhere.
fn places() -> impl Strategy<Value = String> {
    let of = |texts: &'static [&'static str]| prop::sample::select(texts);
    let parts = (of(&SCHEMES), of(&SLASHES), of(&USERS), of(&HOSTS), of(&PORTS), of(&RESTS));
    prop_oneof![
        4 => parts.prop_map(|(a, b, c, d, e, f)| format!("{a}{b}{c}{d}{e}{f}")),
        1 => "\\PC{0,40}",
        1 => "[a-z:/\\\\@?#.%0-9\\[\\]]{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_answer_makes_a_request_go_where_the_mapping_does_not_say(place in places(), secure: bool) {
        let own = if secure { "https://hss.test/api" } else { "http://hss.test/api" };
        let story = Story::of(follows(own, "'node.test:8443'"))
            .always(json(200, serde_json::json!({ "place": place })));
        story.run_early(event());
        for sent in story.sent() {
            let url = Url::parse(&sent.request.url).unwrap();
            let origin = (url.scheme(), url.host_str().unwrap(), url.port_or_known_default().unwrap());
            let may = matches!(
                (secure, origin),
                (true, ("https", "hss.test", 443))
                    | (false, ("http", "hss.test", 80) | ("http", "node.test", 8443))
                    | (_, ("https", "node.test", 8443))
            );
            prop_assert!(may, "{place:?} led to {url}");
            prop_assert!(url.username().is_empty() && url.password().is_none(), "{url}");
            prop_assert!(url.fragment().is_none(), "{url}");
        }
    }

    #[test]
    fn no_event_makes_a_request_go_elsewhere(value in places()) {
        let mapping = rule("PUT /sims/{{event_id}}/x-{{event_id}}")
            .at("http://hss.test/api")
            .step("query: { a: '{{event_id}}', b: ['{{event_id}}'] }");
        let story = Story::of(mapping).always(ok());
        let body = serde_json::json!({ "event_id": value, "data": { "event_type": "SIM/Updated" } });
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736".to_owned();
        let event = crate::event::Event::parse(body.to_string().as_bytes(), trace, "u".to_owned());
        // An event without an identifier is none.
        let Ok(event) = event else { return Ok(()) };
        story.run_early(event);
        for sent in story.sent() {
            let url = Url::parse(&sent.request.url).unwrap();
            prop_assert!(sent.request.url.starts_with("http://hss.test/api/sims/"), "{url}");
            let origin = (url.scheme(), url.host_str(), url.port(), url.username(), url.password());
            prop_assert_eq!(origin, ("http", Some("hss.test"), None, "", None));
            prop_assert_eq!(url.path_segments().unwrap().count(), 4);
            prop_assert!(url.fragment().is_none());
        }
    }
}
