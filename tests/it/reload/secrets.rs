//! Secrets and tokens are read again on reload, and masked from the first record on.

use serde_json::json;

use super::{identity, reload_in_vain, reload_well};
use crate::support::SOON;
use crate::support::connector::{Connector, Setup};
use crate::support::reply::{Gate, Reply};
use crate::support::samples::{MISTAKEN, event, posting, posting_with_token};
use crate::support::scratch::Scratch;
use crate::support::target::Target;

fn status_with(connector: &Connector, token: &str) -> u16 {
    let authorization = format!("Bearer {token}");
    connector.post_event("/", event("e"), &[("authorization", &authorization)]).status
}

#[test]
fn a_token_file_is_read_again() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    scratch.write("tokens", "token-of-march\n");
    let setup = Setup::new(&scratch).env("API_TOKEN", "").env("API_TOKEN_FILE", "tokens");
    let connector = setup.start();
    let statuses = |tokens: &[&str]| -> Vec<u16> {
        tokens.iter().map(|token| status_with(&connector, token)).collect()
    };
    assert_eq!(statuses(&["token-of-march", "token-of-april"]), [200, 401]);

    scratch.write("tokens", "token-of-march\ntoken-of-april\n");
    reload_well(&connector);
    assert_eq!(statuses(&["token-of-march", "token-of-april"]), [200, 200]);

    scratch.write("tokens", "token-of-april\n");
    reload_well(&connector);
    assert_eq!(statuses(&["token-of-march", "token-of-april"]), [401, 200]);
    assert!(!connector.transcript().contains("token-of-"), "{}", connector.transcript());
}

#[test]
fn a_broken_token_file_is_a_refused_reload_of_everything() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    scratch.write("tokens", "token-of-march");
    let setup = Setup::new(&scratch).env("API_TOKEN", "").env("API_TOKEN_FILE", "tokens");
    let connector = setup.start();
    let before = identity(&connector.ready());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v2"));

    for (content, problem) in [
        ("", "token 1 is empty"),
        ("token-of-april,,", "token 2 is empty"),
        ("token of april", "token 1 has a character that a header cannot carry in a token"),
    ] {
        scratch.write("tokens", content);
        let ready = reload_in_vain(&connector);
        assert_eq!(identity(&ready), before);
        let error = ready["last_reload"]["errors"][0].as_str().unwrap();
        assert!(error.starts_with(&format!("API_TOKEN_FILE is \"tokens\": {problem}")), "{error}");
        let told = |record: &serde_json::Value| {
            record["level"] == "error" && record["message"].as_str() == Some(error)
        };
        connector.wait_for_log(told, SOON);
    }
    scratch.remove("tokens");
    let error = reload_in_vain(&connector)["last_reload"]["errors"][0].to_string();
    assert!(error.contains("the file cannot be read: No such file or directory"), "{error}");

    assert_eq!(status_with(&connector, "token-of-march"), 200);
    assert_eq!(status_with(&connector, "token-of-april"), 401);
    assert_eq!(target.requests()[0].header("x-version"), Some("v1"));
    assert!(!connector.transcript().contains("of april"), "{}", connector.transcript());
}

#[test]
fn mistakes_in_tokens_and_in_mappings_are_told_together() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    scratch.write("tokens", "token-of-march");
    let setup = Setup::new(&scratch).env("API_TOKEN", "").env("API_TOKEN_FILE", "tokens");
    let connector = setup.start();
    scratch.write("tokens", "");
    scratch.mapping("a.yaml", MISTAKEN);
    let errors = reload_in_vain(&connector)["last_reload"]["errors"].to_string();
    assert!(
        errors.contains("./mappings/a.yaml:2:1") && errors.contains("API_TOKEN_FILE"),
        "{errors}"
    );
}

#[test]
fn a_secret_file_is_read_again_and_its_target_gets_a_new_connection() {
    let (scratch, plain, secret) = (Scratch::new(), Target::start(), Target::start());
    let file = scratch.write("secret", "secret-of-march\n");
    let token = format!("${{file:{}}}", file.display());
    scratch.mapping("plain.yaml", &posting(&plain, "/plain", "v1"));
    scratch.mapping("secret.yaml", &posting_with_token(&secret, &token, "/secret", "v1"));
    // Each thread has connections of its own.
    let connector = Setup::new(&scratch).env("WORKERS", "1").start();
    let post = || assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
    post();
    reload_well(&connector);
    post();
    assert_eq!((plain.connections(), secret.connections()), (1, 1));

    scratch.write("secret", "secret-of-april\n");
    post();
    reload_well(&connector);
    post();
    let sent: Vec<_> = secret
        .requests()
        .iter()
        .filter_map(|r| r.header("authorization").map(str::to_owned))
        .collect();
    let (march, april) = ("Bearer secret-of-march", "Bearer secret-of-april");
    assert_eq!(sent, [march, march, march, april]);
    assert_eq!((plain.connections(), secret.connections()), (1, 2));

    scratch.remove("secret");
    let ready = reload_in_vain(&connector);
    let error = ready["last_reload"]["errors"][0].as_str().unwrap();
    assert!(
        error.starts_with("./mappings/secret.yaml:5:") && error.contains("cannot be read"),
        "{error}"
    );
    post();
    assert_eq!(secret.requests()[4].header("authorization"), Some(april));
}

#[test]
fn secrets_of_the_old_and_of_the_new_set_are_masked_wherever_a_target_repeats_them() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let file = scratch.write("secret", "secret-of-march");
    let token = format!("${{file:{}}}", file.display());
    let failing = posting_with_token(&target, &token, "/a", "v1").replace(
        "rules:",
        "    responses: [{ when: { status: 400 }, then: fail, message: 'told {{body.seen}}' }]\nrules:",
    );
    scratch.mapping("a.yaml", &failing);
    let connector = Setup::new(&scratch).start();
    let repeat = |request: &crate::support::target::Recorded| {
        Reply::json(400, json!({ "seen": request.header("authorization") }))
    };
    let gate = Gate::new();
    let held = gate.clone();
    target.on("/a", move |request| repeat(request).held_by(&held));

    let mut answers = Vec::new();
    std::thread::scope(|scope| {
        let old = scope.spawn(|| connector.post_event("/", event("old"), &[]));
        target.wait_for(1, SOON);
        scratch.write("secret", "secret-of-april");
        reload_well(&connector);
        gate.open();
        answers.push(old.join().unwrap());
    });
    answers.push(connector.post_event("/", event("new"), &[]));

    let authorizations: Vec<_> = target
        .requests()
        .iter()
        .filter_map(|r| r.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(authorizations, ["Bearer secret-of-march", "Bearer secret-of-april"]);
    for answer in &answers {
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["message"], "told Bearer ***");
    }
    assert!(!connector.transcript().contains("secret-of-"), "{}", connector.transcript());
}

#[test]
fn what_a_refused_set_would_have_hidden_is_not_shown_either() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mapping =
        |place: &str| posting(&target, "/a", "v1").replace("rules:", &format!("{place}rules:"));
    let file = scratch.write("secret", "secret(of.march");
    let secret = format!("${{file:{}}}", file.display());
    scratch.mapping("a.yaml", &mapping(""));
    let connector = Setup::new(&scratch).start();
    for place in [
        format!("    timeout: '{secret}'\n"),
        format!("    retry: {{ attempts: '{secret}' }}\n"),
        format!("    headers: {{ x-a: '{secret}' }}\n    connect_timeout: '{secret}'\n"),
        format!("extract:\n  x: {{ path: $.a, capture: '{secret}' }}\n"),
    ] {
        scratch.mapping("a.yaml", &mapping(&place));
        let ready = reload_in_vain(&connector);
        assert!(!ready.to_string().contains("secret(of"), "{place}: {ready}");
    }
    assert!(!connector.transcript().contains("secret(of"), "{}", connector.transcript());
}

#[test]
fn what_a_refused_mapping_spells_out_is_not_shown_either() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let mapping =
        |auth: &str| posting(&target, "/a", "v1").replace("rules:", &format!("    {auth}\nrules:"));
    scratch.mapping("a.yaml", &mapping("timeout: 10s"));
    let connector = Setup::new(&scratch).start();
    for (auth, message) in [
        // Repeated where it is no secret.
        (
            "auth: { bearer: { token: &it open-sesame-0451 } }\n    timeout: *it",
            "a whole number is expected at `***`",
        ),
        ("auth: { basic: { username: a, password: +79123456789 } }", "`***` is a number in YAML"),
        ("auth:\n      bearer:\n        token: *open-sesame-0451", "`***` refers to an anchor"),
        ("auth: { bearer: { token: !open-sesame-0451 x } }", "YAML tags such as `***`"),
        ("auth: { basic: { username: a, password:open-sesame-0451 } }", "a key ends with a colon"),
        ("auth: { bearer: { token: 'it's open-sesame-0451' } }", "text follows a value"),
    ] {
        scratch.mapping("a.yaml", &mapping(auth));
        let ready = reload_in_vain(&connector);
        let errors = ready["last_reload"]["errors"].to_string();
        assert!(errors.contains(message), "{auth}: {errors}");
        for secret in ["open-sesame", "79123456789"] {
            assert!(!ready.to_string().contains(secret), "{auth}: {ready}");
        }
    }
    let transcript = connector.transcript();
    assert!(transcript.contains("is expected at `***`"), "{transcript}");
    assert!(!transcript.contains("sesame") && !transcript.contains("79123456789"), "{transcript}");
}
