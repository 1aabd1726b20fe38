//! The OpenAPI document: where it is to be had, that it is one, and that answers of every kind are
//! as it says. All other tests hold their answers against it, too: `support/connector.rs` does that.

mod tried;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::support::SOON;
use crate::support::client::{self, Answer};
use crate::support::command::run;
use crate::support::connector::{Signal, TOKEN};
use crate::support::reply::{Gate, Reply};
use crate::support::scratch::{Scratch, repository_file};
use crate::support::stage::{Stage, event};

/// What `./test` installs.
fn tool(name: &str) -> PathBuf {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/openapi/bin").join(name);
    assert!(tool.exists(), "{}: ./test installs it", tool.display());
    tool
}

/// Python, with all of it. Programs are run by this one: they name theirs by its place at the time
/// of the installation, and the tree may have been moved.
fn python() -> Command {
    Command::new(tool("python"))
}

/// The first answer to these bytes, after which the connector closes.
fn answer_to(stage: &Stage, request: &str) -> Answer {
    client::send_bytes(stage.connector.address(), request.as_bytes().to_vec())
}

/// The answer to a HEAD, and nothing after it.
fn head(stage: &Stage, path: &str) -> Answer {
    let request = format!("HEAD {path} HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n");
    let mut stream = client::begin(stage.connector.address(), request.as_bytes());
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body, "", "HEAD {path}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let headers = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Answer { status, headers, body: Vec::new() }
}

fn plain() -> &'static str {
    "version: 1\ntargets: { hss: { url: \"${TARGET_URL}\" } }\n\
     rules: [{ name: all, event: '*', ignore: nothing to do }]\n"
}

#[test]
fn the_printed_document_is_that_of_the_repository() {
    let ran = run(Scratch::new().path(), &["schema", "openapi"], &[("EVENT_PATHS", "/elsewhere")]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    assert!(
        ran.stdout == repository_file("schemas/openapi.json"),
        "schemas/openapi.json is out of date; write it anew:\n\
         cargo run -- schema openapi > schemas/openapi.json"
    );
}

#[test]
fn the_document_is_openapi_3_1() {
    let text = repository_file("schemas/openapi.json");
    let scratch = Scratch::new();
    for (name, text, valid) in [
        ("document.json", text.clone(), true),
        ("no-description.json", text.replacen("\"description\"", "\"desription\"", 1), false),
        ("no-component.json", text.replace("/schemas/Failed", "/schemas/Faild"), false),
    ] {
        let file = scratch.write(name, &text);
        let told = python().args(["-m", "openapi_spec_validator"]).arg(file).output().unwrap();
        let words = String::from_utf8_lossy(&told.stdout).into_owned();
        assert_eq!(told.status.success(), valid, "{name}: {words}");
    }
}

#[test]
fn it_is_served_without_a_token_with_the_paths_that_are_set() {
    for (set, paths) in [
        ("/,/process-event,/api/events", &["/", "/process-event", "/api/events"][..]),
        ("/nsps", &["/nsps"]),
    ] {
        let stage = Stage::set_with(&[("hss.yaml", plain().to_owned())], |setup| {
            setup.env("EVENT_PATHS", set)
        });
        let answer = stage.connector.get("/openapi.json");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let document = answer.json();
        let with_post = document["paths"].as_object().unwrap().iter();
        let with_post = with_post.filter(|(_, item)| item.get("post").is_some());
        let mut found: Vec<&str> = with_post.map(|(path, _)| path.as_str()).collect();
        found.sort_by_key(|path| paths.iter().position(|known| known == path));
        assert_eq!(found, paths);
        if paths.len() == 3 {
            let printed: Value =
                serde_json::from_str(&repository_file("schemas/openapi.json")).unwrap();
            assert!(document == printed, "what is served by default is what is printed");
        }

        let without_body = head(&stage, "/openapi.json");
        assert_eq!(without_body.status, 200);
        assert_eq!(without_body.header("content-length"), answer.header("content-length"));
        let posted = stage.connector.send("POST", "/openapi.json", &[], b"{}");
        assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")));
    }
}

const MAPPING: &str = "version: 1
targets:
  hss:
    url: ${TARGET_URL}
    timeout: 10s
    retry: { attempts: 1 }
    responses:
      - { when: { status: 409 }, then: fail, answer: 409 }
      - { when: { status: 410 }, then: fail, answer: 200, message: long gone }
      - { when: { status: 418 }, then: fail, answer: 555 }
extract: { list: { path: \"$.data.list\", optional: true } }
rules:
  - { name: ignored, event: Ignored, ignore: nothing to do }
  - { name: rejected, event: Rejected, reject: not this one }
  - name: listed
    event: Listed
    steps:
      - name: add
        for_each: list
        request: PUT /addons/{{item}}
        undo: { request: 'DELETE /addons/{{item}}' }
  - { name: sent, event: Sent, steps: [{ request: POST /x, json: {} }] }
";

/// Which components described the answers so far.
struct Seen {
    stage: Stage,
    components: BTreeSet<String>,
}

impl Seen {
    #[track_caller]
    fn note(&mut self, method: &str, path: &str, answer: &Answer) {
        let place = self.stage.connector.described(method, path, answer);
        let place = place.unwrap_or_else(|fault| panic!("{method} {path}: {fault}"));
        self.components.insert(place.rsplit('/').next().unwrap().to_owned());
    }

    #[track_caller]
    fn sends(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        let answer = self.stage.connector.send(method, path, headers, body.as_bytes());
        self.note(method, path, &answer);
        answer.status
    }

    #[track_caller]
    fn posts(&mut self, event: &Value) -> u16 {
        let answer = self.stage.post(event);
        self.note("POST", "/", &answer);
        answer.status
    }

    fn requests_that_are_no_events(&mut self) {
        let token = format!("Bearer {TOKEN}");
        let token = ("authorization", token.as_str());
        let long = "x".repeat(2000);
        for (method, path, headers, body, status) in [
            ("POST", "/", &[][..], "{}", 401),
            ("POST", "/", &[token], "{", 400),
            ("POST", "/", &[token, ("content-type", "text/xml")], "{}", 415),
            ("POST", "/", &[token, ("content-encoding", "gzip")], "{}", 415),
            ("POST", "/", &[token], &long, 413),
            ("POST", "/", &[token], "{}", 422),
            ("POST", "/elsewhere", &[token], "{}", 404),
            ("DELETE", "/", &[token], "", 405),
            ("GET", "/api/events", &[], "", 405),
            ("GET", "/", &[("x-request-id", "u"), ("x-b3-traceid", "r")], "", 200),
            ("GET", "/health", &[], "", 200),
            ("GET", "/ready", &[], "", 200),
            ("GET", "/openapi.json", &[], "", 200),
        ] {
            assert_eq!(self.sends(method, path, headers, body), status, "{method} {path} {body}");
        }
        for (path, status) in [
            ("/", 200),
            ("/health", 200),
            ("/ready", 200),
            ("/openapi.json", 200),
            ("/elsewhere", 404),
            ("/api/events", 405),
        ] {
            let answer = head(&self.stage, path);
            assert_eq!(answer.status, status, "HEAD {path}");
            self.note("HEAD", path, &answer);
        }
    }

    fn what_is_no_request(&mut self) {
        let long = format!("x: {}\r\n", "x".repeat(200_000));
        for (method, path, rest, status) in [
            ("GET", "/health", "no header\r\n", 400),
            ("POST", "/", "content-length: -1\r\n", 400),
            ("GET", "/health", &*long, 431),
            ("POST", "/", &*long, 431),
        ] {
            let request = format!("{method} {path} HTTP/1.1\r\nhost: c\r\n{rest}\r\n");
            let answer = answer_to(&self.stage, &request);
            assert_eq!((answer.status, &*answer.text()), (status, ""), "{method} {path}");
            self.note(method, path, &answer);
        }
    }

    fn events(&mut self) {
        for (event_type, status) in [("Ignored", 200), ("Unknown", 200), ("Rejected", 422)] {
            assert_eq!(self.posts(&event(event_type)), status, "{event_type}");
        }
        for (reply, status) in [
            (Reply::ok(), 200),
            (Reply::status(410), 200),
            (Reply::status(400), 422),
            (Reply::status(429), 429),
            (Reply::status(500), 502),
            (Reply::status(401), 502),
            (Reply::CloseUnanswered, 503),
            (Reply::status(409), 409),
            (Reply::status(418), 555),
        ] {
            self.stage.target.next(reply);
            assert_eq!(self.posts(&event("Sent")), status);
        }
        let mut listed = event("Listed");
        listed["data"]["list"] = json!(["one", "two", "three"]);
        for status in [200, 200, 400, 204, 410] {
            self.stage.target.next(Reply::status(status));
        }
        assert_eq!(self.posts(&listed), 422);
    }

    fn one_too_many(&mut self) {
        let gate = Gate::new();
        self.stage.target.next(Reply::ok().held_by(&gate));
        let busy = thread::scope(|scope| {
            let before = self.stage.target.requests().len();
            let held = scope.spawn(|| self.stage.post_type("Sent"));
            self.stage.target.wait_for(before + 1, SOON);
            let busy = self.stage.post_type("Sent");
            gate.open();
            assert_eq!(held.join().unwrap().status, 200);
            busy
        });
        assert_eq!(busy.status, 503);
        self.note("POST", "/", &busy);
    }

    fn the_end(&mut self) {
        self.stage.connector.signal(Signal::TERM);
        let is_told = |record: &Value| record["message"] == "shutting down";
        self.stage.connector.wait_for_log(is_told, SOON);
        let ended = crate::support::wait_until("it is not ready", || {
            let answer = self.stage.connector.get("/ready");
            (answer.status == 503).then_some(answer)
        });
        self.note("GET", "/ready", &ended);
        assert_eq!(head(&self.stage, "/ready").status, 503);
    }
}

#[test]
fn answers_of_every_kind_are_as_the_document_says() {
    let stage = Stage::set_with(&[("hss.yaml", MAPPING.to_owned())], |setup| {
        setup.env("MAX_BODY", "1000B").env("MAX_IN_FLIGHT", "1").env("SHUTDOWN_DELAY", "1m")
    });
    let mut seen = Seen { stage, components: BTreeSet::new() };
    seen.requests_that_are_no_events();
    seen.what_is_no_request();
    seen.events();
    seen.one_too_many();
    seen.the_end();

    let document: Value = serde_json::from_str(&repository_file("schemas/openapi.json")).unwrap();
    let all = document["components"]["responses"].as_object().unwrap().keys();
    let unseen: Vec<&str> =
        all.map(String::as_str).filter(|name| !seen.components.contains(*name)).collect();
    // A fault of the connector's own, and clients that are waited for longer than a test should:
    // the tests of `ingress` bring them about.
    assert_eq!(unseen, ["HeadTooSlow", "TooSlow", "Fault", "ProbeFault"]);
}
