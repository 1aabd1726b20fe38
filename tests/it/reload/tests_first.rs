//! With `--test-on-reload`, mappings go live only if their tests pass.

use serde_json::{Value, json};

use super::{identity, reload_in_vain, reload_well};
use crate::support::SOON;
use crate::support::connector::{Connector, Setup};
use crate::support::samples::{event, posting};
use crate::support::scratch::Scratch;
use crate::support::target::Target;

/// A test of [`posting`] that expects a version.
fn expecting(version: &str) -> String {
    format!(
        "mapping: a.yaml
cases:
  - name: the version is told
    event: {event}
    exchange:
      - request: POST /a
        headers: {{ x-version: {version} }}
        json: {{ event: e, version: {version} }}
",
        event = event("e")
    )
}

fn version(connector: &Connector, target: &Target) -> String {
    assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
    target.requests().last().unwrap().header("x-version").unwrap().to_owned()
}

fn errors(ready: &Value) -> Vec<&str> {
    let errors = ready["last_reload"]["errors"].as_array().unwrap();
    errors.iter().filter_map(Value::as_str).collect()
}

#[test]
fn mappings_of_which_a_test_fails_do_not_go_live() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    scratch.mapping("a.test.yaml", &expecting("v1"));
    let connector = Setup::new(&scratch).arg("--test-on-reload").start();
    let before = identity(&connector.ready());
    assert_eq!(version(&connector, &target), "v1");

    scratch.mapping("a.yaml", &posting(&target, "/a", "v2"));
    let ready = reload_in_vain(&connector);
    assert_eq!(identity(&ready), before);
    let told = errors(&ready);
    assert_eq!(told.len(), 1, "{told:?}");
    let place =
        "./mappings/a.test.yaml:6:9: the case `the version is told` fails: request 1 differs";
    assert!(told[0].starts_with(place) && told[0].ends_with("[test-failed]"), "{told:?}");
    let failed = connector.wait_for_log(|record| record["code"] == "test-failed", SOON);
    assert_eq!(
        [&failed["level"], &failed["file"], &failed["line"]],
        [&json!("error"), &json!("./mappings/a.test.yaml"), &json!(6)]
    );
    assert_eq!(version(&connector, &target), "v1");

    scratch.mapping("a.test.yaml", &expecting("v2"));
    reload_well(&connector);
    assert_eq!(version(&connector, &target), "v2");

    scratch.remove("mappings/a.test.yaml");
    scratch.mapping("a.yaml", &posting(&target, "/a", "v3"));
    reload_well(&connector);
    assert_eq!(version(&connector, &target), "v3", "without tests there is nothing to fail");
}

#[test]
fn a_mistake_in_a_test_file_is_as_bad_as_a_failing_test() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).env("TEST_ON_RELOAD", "true").start();
    scratch.mapping("a.test.yaml", &expecting("v1").replace("exchange", "exchnage"));
    let ready = reload_in_vain(&connector);
    assert_eq!(
        errors(&ready),
        ["./mappings/a.test.yaml:5:5: a case has no key `exchnage` [unknown-key]"]
    );
}

#[test]
fn a_failing_test_keeps_it_from_starting_unless_nobody_asked() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    scratch.mapping("a.test.yaml", &expecting("v2"));
    let mut refused = Setup::new(&scratch).arg("--test-on-reload").spawn();
    assert_eq!(refused.wait_exit(SOON).code(), Some(2), "{}", refused.transcript());
    let stderr = refused.stderr().join("\n");
    assert!(
        stderr.contains("error[test-failed]") && stderr.contains("a.test.yaml:6:9"),
        "{stderr}"
    );

    let connector = Setup::new(&scratch).start();
    assert_eq!(version(&connector, &target), "v1");
}
