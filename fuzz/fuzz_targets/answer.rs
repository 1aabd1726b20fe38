//! The body of a target's answer, judged by a table that reads it in every way. The first byte
//! chooses status and content type.

#![no_main]

use std::future::ready;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use nsps_connector::clock::SystemClock;
use nsps_connector::engine::transport::{
    Connect, Exchange, Headers, Request, Response, Transport, TransportError,
};
use nsps_connector::engine::{Engine, Set};
use nsps_connector::event::Event;
use nsps_connector::mapping::diagnostic::Style;
use nsps_connector::mapping::{env::Environment, load_text};
use nsps_connector::program::Target;
use nsps_connector::telemetry::log::Log;
use tokio::runtime::{Builder, Runtime};

const MAPPING: &str = r#"
version: 1
targets: { t: { url: "http://host.test", retry: { attempts: 1 }, breaker: off } }
rules:
- name: r
  event: "*"
  steps:
  - name: ask
    request: POST /
    save:
      one: { path: ["$.a[0]", "$..b"], optional: true, nullable: true }
      every: { path: "$..*", all: true }
      amount: { path: $.n, as: integer, optional: true, default: 0 }
      media_type: { path: headers.content-type, optional: true }
    responses:
    - { when: { $.result: false }, then: fail, message: "{{body.error}}: {{text}}" }
    - { when: { "$..code": [LOCKED, 1, 2.0] }, then: retry, message: "{{json body}}" }
    - { when: { status: 422 }, then: retry, wait: "{{body.n}}ms" }
    - { when: { "$..a[?@.b == 1 || @.c == @.d].e": { contains: x } }, then: stop }
    - { when: { status: 4xx, headers.content-type: { prefix: text }, text: { matches: '^a+b' } }, then: ok }
    - { when: { any: [{ body.x: { empty: true } }, { $.n: { gt: 5 } }], status: 409 }, then: ok }
"#;

const EVENT: &str = r#"{"event_id":"e","data":{"event_type":"x","variables":{}},"pb_data":{}}"#;

const STATUSES: [u16; 8] = [200, 201, 204, 302, 401, 409, 422, 503];
const TYPES: [&str; 4] =
    ["application/json", "text/plain; charset=iso-8859-1", "application/soap+xml", ""];

/// What the target answers next.
static ANSWER: Mutex<Option<Response>> = Mutex::new(None);

struct Scripted;

impl Transport for Scripted {
    fn send<'a>(&'a self, _: &'a Request) -> Exchange<'a> {
        let answer = ANSWER.lock().unwrap().take();
        Box::pin(ready(Ok(answer.expect("one request is sent for one event"))))
    }
}

impl Connect for Scripted {
    fn connect(&self, _: &Target) -> Result<Arc<dyn Transport>, TransportError> {
        Ok(Arc::new(Scripted))
    }
}

static SET: LazyLock<Arc<Set>> = LazyLock::new(|| {
    let none = |_: &str| None;
    let no_files = |_: &str| Err("there are no files".to_owned());
    let loaded = load_text("fuzz.yaml", MAPPING, Environment::new(&none, &no_files, false));
    let Some(program) = loaded.program else { panic!("{}", loaded.report.render(Style::Plain)) };
    Arc::new(Set::assemble(program, None, &Scripted).unwrap())
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    let status = STATUSES[usize::from(*choice) % STATUSES.len()];
    let of_type = TYPES[usize::from(*choice) / STATUSES.len() % TYPES.len()];
    let headers = Headers::from_iter([("content-type", of_type)]);
    let body = Bytes::copy_from_slice(body);
    *ANSWER.lock().unwrap() = Some(Response { status, headers, body });

    let engine = Engine::new(Arc::new(SystemClock::new()), Duration::from_secs(5));
    let event = Event::parse(EVENT.as_bytes(), "r".to_owned(), "u".to_owned()).unwrap();
    let outcome = RUNTIME.block_on(engine.process(SET.clone(), event, Log::discard()));
    assert_eq!(outcome.rules.len(), 1);
});
