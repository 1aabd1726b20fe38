//! Nothing that a log-in sends, gets or makes is printed or answered, however much is logged.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::guard::Guard;
use super::{OAUTH, SESSION, burst};
use crate::support::SOON;
use crate::support::connector::Signal;
use crate::support::key::rsa_pem;
use crate::support::reply::Reply;
use crate::support::stage::Stage;
use crate::support::target::Recorded;

const ASSERTED: &str = "auth: { oauth2: { token_url: \"${TARGET_URL}/token\", grant: jwt_bearer, \
                        assertion: { issuer: nsps, key_file: \"${KEY_FILE}\" } } }";

/// Three targets, each logged into in another way; what a target answers is told to NSPS.
fn mapping(kind: &str, auth: &str) -> (String, String) {
    let text = format!(
        "version: 1
targets:
  {kind}:
    url: ${{TARGET_URL}}
    {auth}
    cookies: true
    responses:
      - {{ when: {{ status: 409 }}, then: fail, message: \"{{{{text}}}}\" }}
rules:
  - name: all
    event: '*'
    steps:
      - request: POST /{kind}
        json: {{ event: '{{{{event_id}}}}' }}
"
    );
    (format!("{kind}.yaml"), text)
}

/// Everything that a request carried.
fn carried(request: &Recorded) -> String {
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{} {} {}", request.uri, headers.join("; "), request.text())
}

#[test]
fn nothing_of_a_log_in_is_shown_at_level_debug() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key.pem");
    fs::write(&file, rsa_pem()).unwrap();
    let mappings =
        [mapping("session", SESSION), mapping("oauth", OAUTH), mapping("asserted", ASSERTED)];
    let mappings: Vec<(&str, String)> =
        mappings.iter().map(|(name, text)| (&**name, text.clone())).collect();
    let mut stage =
        Stage::set_with(&mappings, |setup| setup.env("KEY_FILE", &file.display().to_string()));
    let guard = Guard::of(&stage.target);
    let mut answers = Vec::new();
    // One token at a time is accepted, and there are three who ask: each refuses the others'.
    for _ in 0..3 {
        answers.extend(burst(&stage, 20));
        guard.revoke();
    }
    stage.target.otherwise(|request| Reply::text(409, "text/plain", &carried(request)));
    answers.extend(burst(&stage, 5));
    let telling = answers.iter().filter(|answer| answer.text().contains("cookie: SID=***"));
    assert!(telling.count() > 0, "there is something to look at");
    guard.login_gets(Some(Reply::json(400, json!({ "error": "locked" }))));
    stage.target.otherwise(|_| Reply::status(401));
    answers.extend(burst(&stage, 5));
    let ready = stage.connector.ready().to_string();

    stage.connector.signal(Signal::TERM);
    assert!(stage.connector.wait_exit(SOON).success());
    let printed = stage.connector.transcript();
    assert!(printed.contains("exchange bodies") && printed.contains("logged in"), "{printed}");

    let mut secrets = guard.given();
    let written = ["p4ss-w0rd-of-hss", "s3cret-of-nsps", "k3y-in-a-query"];
    secrets.extend(written.map(str::to_owned));
    secrets.push(STANDARD.encode("nsps:s3cret-of-nsps"));
    let of_token_requests = stage.target.requests().into_iter().filter(|it| it.path() == "/token");
    let assertions = of_token_requests.filter_map(|request| {
        let form: Vec<_> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        form.into_iter().find(|(name, _)| name == "assertion").map(|(_, value)| value)
    });
    let before = secrets.len();
    secrets.extend(assertions);
    assert!(before > 10 && secrets.len() > before, "{secrets:?}");
    for secret in &secrets {
        let line = printed.lines().find(|line| line.contains(&**secret));
        assert!(line.is_none(), "`{secret}` is printed: {}", line.unwrap_or_default());
        assert!(!ready.contains(&**secret), "{ready}");
        let answer = answers.iter().map(|answer| answer.text()).find(|it| it.contains(&**secret));
        assert!(answer.is_none(), "`{secret}` is answered: {}", answer.unwrap_or_default());
    }
}

#[test]
fn what_refuses_a_log_in_is_told_without_what_the_log_in_sent() {
    let stage = Stage::set_with(&[("hss.yaml", mapping("hss", SESSION).1)], |setup| setup);
    stage.target.on("/login", |request| {
        let sent = format!("{} {}", request.uri, request.text());
        Reply::text(400, "text/plain", &sent)
    });
    let message = stage.post_type("SIM/Updated").json()["message"].to_string();
    let told = r#"/login?key=*** {\"as\":{\"password\":\"***\"}}"#;
    assert!(message.contains(told), "{message}");
}
