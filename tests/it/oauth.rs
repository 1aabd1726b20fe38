//! OAuth 2.0 with an authorization server that nobody here wrote.

use std::thread;

use serde_json::json;

use crate::support::authorization_server::{AuthorizationServer, CLIENT_SECRET, PASSWORD};
use crate::support::client::Answer;
use crate::support::connector::Setup;
use crate::support::key::Pem;
use crate::support::scratch::Scratch;
use crate::support::stage::{OneStep, Stage};
use crate::support::wait_until;

const CLIENT: &str = "client_id: 'nsps:basic', client_secret: '${CLIENT_SECRET}'";
const BODY: &str = "client_auth: body, client_id: 'nsps:body', client_secret: '${CLIENT_SECRET}'";

/// A connector before a resource that takes the server's tokens.
struct Set {
    stage: Stage,
    server: AuthorizationServer,
    _keys: Scratch,
}

impl Set {
    /// `grant` is what stands in `oauth2` besides its URL and scope; tokens live for so many seconds.
    fn up(grant: &str, life: u32) -> Self {
        Self::with(grant, life, &Pem::rsa())
    }

    fn with(grant: &str, life: u32, key: &Pem) -> Self {
        let keys = Scratch::new();
        let private = keys.write("key.pem", &key.private).display().to_string();
        let server = AuthorizationServer::start(life, &keys.write("public.pem", &key.public));
        let url = server.url();
        let oauth = format!("token_url: {url}/token, scope: subscribers.write, {grant}");
        let mapping =
            OneStep::new("POST /prov").target(&format!("auth: {{ oauth2: {{ {oauth} }} }}"));
        let mapping = mapping.to_string().replace("${TARGET_URL}", &format!("{url}/api"));
        let secrets = |setup: Setup| {
            let setup = setup.env("CLIENT_SECRET", CLIENT_SECRET).env("PASSWORD", PASSWORD);
            setup.env("KEY_FILE", &private)
        };
        Self { stage: Stage::set_with(&[("hss.yaml", mapping)], secrets), server, _keys: keys }
    }

    fn post(&self) -> Answer {
        self.stage.post_type("SIM/Updated")
    }

    #[track_caller]
    fn succeeds(&self) {
        let answer = self.post();
        assert_eq!(answer.status, 200, "{} {}", answer.text(), self.server.refused());
    }
}

#[test]
fn client_credentials_are_accepted_in_the_header_and_in_the_body() {
    for client in [CLIENT, BODY] {
        let set = Set::up(&format!("grant: client_credentials, {client}"), 3600);
        set.succeeds();
        set.succeeds();
        assert_eq!(set.server.granted("client_credentials"), 1, "{client}");
        set.server.revoke();
        set.succeeds();
        assert_eq!(set.server.granted("client_credentials"), 2);
        assert_eq!(set.server.of_resource(), json!([200, 200, 401, 200]));
        assert_eq!(set.server.refused(), json!([]));
    }
}

#[test]
fn a_refresh_token_gives_the_next_token_and_is_followed_by_another() {
    let password = format!("grant: password, username: nsps, password: '${{PASSWORD}}', {CLIENT}");
    let set = Set::up(&password, 3600);
    set.succeeds();
    for refreshed in 1..4 {
        set.server.revoke();
        set.succeeds();
        // The server takes each refresh token once; one that comes twice ends all of them.
        assert_eq!(set.server.granted("refresh_token"), refreshed, "{}", set.server.refused());
    }
    assert_eq!((set.server.granted("password"), set.server.refused()), (1, json!([])));
}

#[test]
fn tokens_that_end_are_followed_by_others_and_no_event_notices() {
    let set = Set::up(&format!("grant: client_credentials, {CLIENT}"), 2);
    wait_until("a third token", || {
        set.succeeds();
        (set.server.granted("client_credentials") >= 3).then_some(())
    });
    assert_eq!(set.server.refused(), json!([]));
}

#[test]
fn assertions_are_signed_as_others_verify_them() {
    for (algorithm, key) in [("RS256", Pem::rsa()), ("ES256", Pem::ec())] {
        let issuer = "issuer: nsps@project.example, key_file: '${KEY_FILE}'";
        let assertion = format!("assertion: {{ {issuer}, algorithm: {algorithm} }}");
        let set = Set::with(&format!("grant: jwt_bearer, {assertion}, {CLIENT}"), 3600, &key);
        set.succeeds();
        set.server.revoke();
        set.succeeds();
        assert_eq!(set.server.refused(), json!([]), "{algorithm}");
    }
}

#[test]
fn two_hundred_events_cost_one_token() {
    let set = Set::up(&format!("grant: client_credentials, {CLIENT}"), 3600);
    for tokens in 1..3 {
        let statuses: Vec<u16> = thread::scope(|scope| {
            let posting: Vec<_> = (0..200).map(|_| scope.spawn(|| set.post().status)).collect();
            posting.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(statuses, [200; 200]);
        assert_eq!(set.server.granted("client_credentials"), tokens);
        set.server.revoke();
    }
}

#[test]
fn what_the_server_refuses_is_told_in_its_words_and_without_secrets() {
    let wrong = CLIENT.replace("${CLIENT_SECRET}", "another-secret");
    for (grant, told) in [
        (
            format!("grant: client_credentials, {wrong}"),
            "refuses the connector's credentials (401)",
        ),
        (
            format!("grant: password, username: nsps, password: another-password, {CLIENT}"),
            "answered 400: {\"error\":\"invalid_grant\"",
        ),
    ] {
        let set = Set::up(&grant, 3600);
        let answer = set.post();
        assert_eq!(answer.status, 502, "{}", answer.text());
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("the log-in was refused") && message.contains(told), "{message}");
        assert_eq!(set.server.of_resource(), json!([]));
    }
}
