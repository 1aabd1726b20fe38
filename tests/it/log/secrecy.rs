//! What nothing that the process prints may show: secrets at all, and subscribers' data unless it
//! is asked for.

use serde_json::{Value, json};

use crate::support::SOON;
use crate::support::client::{self, Answer};
use crate::support::connector::TOKEN;
use crate::support::reply::{self, Reply};
use crate::support::scratch::sample_event;
use crate::support::stage::{Stage, fresh_id};
use crate::support::target::Recorded;

const BEARER: &str = "bearer-9f2c41d7";
const PASSWORD: &str = "password+77/ab%3d";
/// `operator:` and the password, as HTTP Basic sends them.
const PAIR: &str = "b3BlcmF0b3I6cGFzc3dvcmQrNzcvYWIlM2Q=";
const HEADER_KEY: &str = "header-key-5e81";
const QUERY_KEY: &str = "query-key/a b&c";
const QUERY_KEY_ENCODED: &str = "query-key%2Fa%20b%26c";
const FILED: &str = "from-a-file-3b77";
const GIVEN: &str = "given-in-a-header-08d";

const SECRETS: [&str; 9] =
    [TOKEN, BEARER, PASSWORD, PAIR, HEADER_KEY, QUERY_KEY, QUERY_KEY_ENCODED, FILED, GIVEN];

const IMSI: &str = "001010000020349";
const PERSONAL: [&str; 9] = [
    IMSI,
    "79123456789",
    "8900100000000203498",
    "001010000020350",
    "Marek",
    "Vran\u{e1}",
    "Vran\\u00e1",
    "vrana@example.com",
    "vrana%40example.com",
];

/// Every kind of credential, one mapping each; what is sent holds all that must not be seen.
const KINDS: [(&str, &str); 6] = [
    ("bearer", "auth: { bearer: { token: \"${BEARER}\" } }"),
    ("basic", "auth: { basic: { username: operator, password: \"${PASSWORD}\" } }"),
    ("header", "auth: { api_key: { header: X-API-Key, value: \"Token ${HEADER_KEY}\" } }"),
    ("query", "auth: { api_key: { query: key, value: \"${QUERY_KEY}\" } }"),
    ("file", "auth: { bearer: { token: \"${file:mappings/token}\" } }"),
    ("given", "headers: { X-Given: \"${GIVEN}\" }"),
];

fn mapping(kind: &str, credential: &str) -> String {
    format!(
        r#"version: 1
targets:
  {kind}:
    url: ${{TARGET_URL}}
    timeout: 100ms
    retry: {{ attempts: 2, backoff: 1ms }}
    {credential}
    responses:
      - when: {{ $.result: false }}
        then: fail
        message: "{{{{body.error}}}}"
extract:
  imsi: $.pb_data.sim_info.imsi
  email: {{ path: $.pb_data.account_info.email, optional: true }}
rules:
  - name: none
    event: SIM/Deleted
    ignore: "{{{{imsi}}}} is gone"
  - name: refuse
    event: SIM/Created
    reject: "{{{{imsi}}}} of {{{{email}}}} is new"
  - name: all
    event: "*"
    steps:
      - request: PUT /subscribers/{{{{imsi}}}}
        query: {{ email: "{{{{email}}}}" }}
        headers: {{ X-Imsi: "{{{{imsi}}}}" }}
        json: {{ event: "{{{{event}}}}", "{{{{imsi}}}}": 1 }}
"#
    )
}

/// Everything that a target can know, in an answer of that status.
fn echo(request: &Recorded, status: u16, body: impl Fn(&str) -> Value) -> Reply {
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let known = format!("{} {} {}", headers.join("; "), request.uri, request.text());
    let mut answer = reply::Answer::json(status, body(&known));
    answer.headers.extend(request.headers.iter().filter(|(name, _)| name == "x-imsi").cloned());
    answer.into()
}

/// The sample event with more of what must not be seen.
fn event(event_type: &str) -> Value {
    let mut event = sample_event("sim-updated");
    event["event_id"] = fresh_id().into();
    event["data"]["event_type"] = event_type.into();
    let account = &mut event["pb_data"]["account_info"];
    account["lastname"] = "Vran\u{e1}".into();
    account["email"] = "marek.vrana@example.com".into();
    event["pb_data"]["sim_info"]["iccid"] = "8900100000000203498".into();
    event["pb_data"]["prev_sim_info"] = json!({ "imsi": "001010000020350" });
    event
}

fn stage(level: &str, identifiers: &str) -> Stage {
    let mappings =
        KINDS.map(|(kind, credential)| (format!("{kind}.yaml"), mapping(kind, credential)));
    let mappings: Vec<_> =
        mappings.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let files = [&*mappings, &[("token", FILED.to_owned())]].concat();
    Stage::set_by(&files, |mut setup| {
        for (name, value) in [
            ("BEARER", BEARER),
            ("PASSWORD", PASSWORD),
            ("HEADER_KEY", HEADER_KEY),
            ("QUERY_KEY", QUERY_KEY),
            ("GIVEN", GIVEN),
            ("LOG_LEVEL", level),
            ("LOG_IDENTIFIERS", identifiers),
        ] {
            setup = setup.env(name, value);
        }
        setup.start_unheard()
    })
}

/// Lets happen whatever may make the connector say too much; all answers that NSPS got.
fn provoke(stage: &Stage) -> Vec<Answer> {
    let text = |known: &str| json!({ "result": true, "known": known });
    let refusal = |known: &str| json!({ "result": false, "error": known });
    let post = |event: &Value| stage.post(event);
    let mut answers = Vec::new();

    stage.target.otherwise(move |request| echo(request, 200, text));
    answers.push(post(&event("SIM/Updated")));
    answers.push(post(&event("SIM/Deleted")));
    answers.push(post(&event("SIM/Created")));
    for status in [200, 400, 401] {
        stage.target.otherwise(move |request| echo(request, status, refusal));
        answers.push(post(&event("SIM/Updated")));
        stage.target.otherwise(move |request| echo(request, status, |known| json!([known])));
        answers.push(post(&event("SIM/Updated")));
    }
    stage.target.otherwise(|request| {
        let body = format!("{{{} {}", request.uri, request.header("authorization").unwrap_or("-"));
        Reply::text(200, "application/json", &body)
    });
    answers.push(post(&event("SIM/Updated")));
    for reply in [Reply::Hang, Reply::CloseUnanswered, Reply::Garbage] {
        stage.target.always(reply);
        answers.push(post(&event("SIM/Updated")));
    }

    stage.target.always(Reply::ok());
    let mut odd = event("SIM/Updated");
    odd["pb_data"]["account_info"]["email"] = json!({ "home": "marek.vrana@example.com" });
    answers.push(post(&odd));
    odd["pb_data"]["sim_info"]["imsi"] = json!("001010000020349\r\nX: y");
    answers.push(post(&odd));
    let mut not_an_event = event("SIM/Updated");
    not_an_event["data"] = json!(IMSI);
    answers.push(post(&not_an_event));
    let raw = |body: String, headers: &[(&str, &str)]| {
        stage.connector.post_event(&format!("/subscribers/{IMSI}?token={TOKEN}"), &body, headers);
        stage.connector.post_event("/", body, headers)
    };
    let body = event("SIM/Updated").to_string();
    answers.push(raw(body[..body.len() - 9].to_owned(), &[]));
    answers.push(raw(body.clone(), &[("content-type", IMSI)]));
    answers.push(raw(body.clone(), &[("authorization", &format!("Bearer {TOKEN}x"))]));
    answers.push(raw(body, &[("authorization", &format!("Basic {TOKEN}"))]));
    for request in [
        format!("POST /{IMSI} HTTP/1.1\r\nauthorization Bearer {TOKEN}\r\n\r\n"),
        format!("{TOKEN} {IMSI}\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nhost: c\r\nx: {}\r\n\r\n", TOKEN.repeat(20_000)),
    ] {
        drop(client::begin(stage.connector.address(), request.as_bytes()));
    }
    answers
}

/// All that the process printed, once it has ended.
fn printed(stage: &mut Stage) -> String {
    stage.connector.signal(crate::support::connector::Signal::TERM);
    assert!(stage.connector.wait_exit(SOON).success());
    let none: [&str; 0] = [];
    assert_eq!(stage.connector.stray_lines(), none);
    assert_eq!(stage.connector.stderr(), none);
    stage.connector.transcript()
}

#[track_caller]
fn assert_hidden(text: &str, hidden: &[&str], where_: &str) {
    for hidden in hidden {
        let line = text.lines().find(|line| line.contains(hidden));
        assert!(line.is_none(), "`{hidden}` is shown {where_}: {}", line.unwrap_or_default());
    }
}

/// Nothing of this is in the log at that level, nor a secret in an answer.
fn nothing_is_shown_at(level: &str) {
    for identifiers in ["masked", "off"] {
        let mut stage = stage(level, identifiers);
        let answers = provoke(&stage);
        let sent = stage.target.requests();
        assert!(sent.iter().any(|request| request.uri.contains(QUERY_KEY_ENCODED)));
        assert!(sent.iter().any(|request| request.text().contains(IMSI)));
        let printed = printed(&mut stage);
        let place = format!("at level {level}, identifiers {identifiers}");
        assert!(printed.contains("\"outcome\":\"failed\""), "there is something to look at");
        assert_hidden(&printed, &SECRETS, &place);
        assert_hidden(&printed, &PERSONAL, &place);
        for answer in answers {
            assert_hidden(&answer.text(), &SECRETS, "in an answer");
        }
    }
}

#[test]
fn nothing_is_shown_at_level_error() {
    nothing_is_shown_at("error");
}

#[test]
fn nothing_is_shown_at_level_warning() {
    nothing_is_shown_at("warning");
}

#[test]
fn nothing_is_shown_at_level_info() {
    nothing_is_shown_at("info");
}

#[test]
fn nothing_is_shown_at_level_debug() {
    nothing_is_shown_at("debug");
}

#[test]
fn subscribers_are_shown_where_that_is_asked_for_and_secrets_never() {
    let mut stage = stage("debug", "full");
    provoke(&stage);
    let printed = printed(&mut stage);
    for shown in [IMSI, "79123456789", "8900100000000203498", "Marek", "vrana@example.com"] {
        assert!(printed.contains(shown), "{shown}");
    }
    assert_hidden(&printed, &SECRETS, "with identifiers in full");
}

#[test]
fn masked_identifiers_can_still_be_told_apart() {
    let mut stage = stage("debug", "masked");
    stage.post(&event("SIM/Updated"));
    let printed = printed(&mut stage);
    assert!(printed.contains("00101********49") && printed.contains("00101********50"));
    assert!(!printed.contains("***@"), "an address is not half masked");
}

#[test]
fn an_answer_that_is_cut_does_not_show_the_beginning_of_a_secret() {
    let stage = stage("info", "masked");
    for padding in 170..200 {
        stage.target.otherwise(move |request| {
            let authorization = request.header("authorization").unwrap_or("-");
            let token = authorization.trim_start_matches("Bearer ");
            Reply::text(400, "text/plain", &format!("{}{token}", "-".repeat(padding)))
        });
        let text = stage.post(&event("SIM/Updated")).text();
        for secret in [BEARER, PAIR, FILED] {
            let beginning = &secret[..secret.len().min(8)];
            assert!(!text.contains(beginning), "{padding}: {text}");
        }
    }
}
