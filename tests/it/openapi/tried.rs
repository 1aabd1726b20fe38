//! schemathesis against the running connector: whatever it makes of the document is answered as the
//! document says.

use std::process::Output;

use serde_json::{Value, json};

use super::{python, tool};
use crate::support::connector::{Connector, Setup, TOKEN};
use crate::support::reply::Reply;
use crate::support::scratch::Scratch;
use crate::support::target::Target;

/// The connector with the example mapping, and an HLR/HSS that takes everything.
struct Tried {
    connector: Connector,
    scratch: Scratch,
    _hss: Target,
}

impl Tried {
    fn start() -> Self {
        let (scratch, hss) = (Scratch::new(), Target::start());
        hss.always(Reply::json(200, json!({ "result": true })));
        scratch.example_mapping("wtl-hss.yaml");
        let connector = Setup::new(&scratch)
            .env("WTL_API_URL", &hss.url())
            .env("WTL_API_TOKEN", "token-of-the-hss")
            .env("LOG_LEVEL", "info")
            // One path that probes ask, too, and one that they do not.
            .env("EVENT_PATHS", "/,/api/events")
            .start();
        Self { connector, scratch, _hss: hss }
    }

    fn document(&self) -> Value {
        self.connector.get("/openapi.json").json()
    }

    /// Runs schemathesis on a document; what it leaves behind goes with the directory.
    fn by(&self, document: &Value, more: &[&str]) -> (Option<i32>, String) {
        let file = self.scratch.write("openapi.json", &document.to_string());
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi/schemathesis.toml");
        let url = format!("http://{}", self.connector.address());
        let ran = python()
            .arg(tool("schemathesis"))
            .args(["--config-file", config, "run", "--no-color", "--url", &url])
            .args(more)
            .arg(file)
            .current_dir(self.scratch.path())
            .env_clear()
            .envs([("TOKEN", TOKEN), ("PYTHONUTF8", "1"), ("COLUMNS", "120")])
            .output();
        let Output { status, stdout, stderr } = ran.unwrap();
        (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
    }
}

#[test]
fn schemathesis_finds_nothing() {
    let tried = Tried::start();
    let (code, told) = tried.by(&tried.document(), &[]);
    assert_eq!(code, Some(0), "{told}");
    for words in ["10 selected / 10 total", "Tested: 10", "Examples (in", "Stateful (in"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// Of all examples, few are wrong ones: these all are, and not for want of a token.
#[test]
fn schemathesis_finds_no_wrong_event_that_is_taken() {
    let tried = Tried::start();
    let wrong = ["--mode", "negative", "--generation-with-security-parameters", "false"];
    let much = ["--phases", "fuzzing", "--max-examples", "200", "--include-path", "/api/events"];
    let (code, told) = tried.by(&tried.document(), &[&wrong[..], &much].concat());
    assert!(code == Some(0) && told.contains("200 generated, 200 passed"), "{code:?} {told}");
}

/// Documents that say something else of the connector, and what must be found at a path.
#[test]
fn schemathesis_finds_what_is_not_as_the_document_says() {
    let tried = Tried::start();
    for (phase, place, value, path, found) in [
        (
            "examples",
            "/components/schemas/Event/properties/event_id",
            json!({ "type": "string" }),
            "/api/events",
            "Schema-valid request rejected",
        ),
        (
            "coverage",
            "/components/schemas/Event/required",
            json!(["event_id", "data", "handler_id"]),
            "/api/events",
            "Schema-violating request accepted",
        ),
        (
            "examples",
            "/components/schemas/Ready/properties/status",
            json!({ "const": "Fine" }),
            "/ready",
            "Response violates schema",
        ),
    ] {
        let mut document = tried.document();
        *document.pointer_mut(place).expect("a place of the document") = value;
        let (code, told) = tried.by(&document, &["--phases", phase, "--include-path", path]);
        assert!(code == Some(1) && told.contains(found), "{place}: {code:?} {told}");
    }
}
