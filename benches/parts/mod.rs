//! What benches of the engine share: the example mapping, its event, and a target that answers at
//! once.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nsps_connector::clock::{Clock, SystemClock};
use nsps_connector::engine::outcome::Outcome;
use nsps_connector::engine::transport::{
    Connect, Exchange, Headers, Request, Response, Transport, TransportError,
};
use nsps_connector::engine::{Engine, Set};
use nsps_connector::event::Event;
use nsps_connector::mapping::{self, env::Environment};
use nsps_connector::program::{Program, Target};
use nsps_connector::telemetry::log::Log;
use tokio::runtime::Runtime;

pub const MAPPING: &str = include_str!("../../mappings/wtl-hss.yaml");
const EVENT: &str = include_str!("../../tests/events/sim-updated.json");

pub fn program() -> Program {
    load(MAPPING)
}

/// What a mapping is compiled to.
pub fn load(mapping: &str) -> Program {
    let variables = |name: &str| match name {
        "WTL_API_URL" => Some("http://hss.test/wtl/hlr/v1".to_owned()),
        "WTL_API_TOKEN" => Some("a-token-of-the-bench".to_owned()),
        _ => None,
    };
    let no_files = |_: &str| Err("none".to_owned());
    let env = Environment::new(&variables, &no_files, false);
    mapping::load_text("wtl-hss.yaml", mapping, env).program.expect("the mapping loads")
}

/// The event as it travels: NSPS sends no white space.
pub fn compact() -> Vec<u8> {
    let event: serde_json::Value = serde_json::from_str(EVENT).expect("the sample is JSON");
    event.to_string().into_bytes()
}

pub fn parse(body: &[u8]) -> Event {
    Event::parse(body, "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(), "u".to_owned())
        .expect("the sample is an event")
}

/// What a target says that agrees.
pub fn yes() -> Response {
    let headers = Headers::from_iter([("content-type", "application/json")]);
    Response { status: 200, headers, body: Bytes::from_static(br#"{"result":true}"#) }
}

/// A target that says yes at once.
struct Instant;

impl Transport for Instant {
    fn send<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        black_box(request);
        Box::pin(std::future::ready(Ok(yes())))
    }
}

impl Connect for Instant {
    fn connect(&self, _: &Target) -> Result<Arc<dyn Transport>, TransportError> {
        Ok(Arc::new(Instant))
    }
}

/// All that happens to an event between the bytes that come in and the outcome.
pub struct Whole {
    body: Vec<u8>,
    set: Arc<Set>,
    engine: Engine,
    runtime: Runtime,
}

impl Whole {
    pub fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        Self {
            body: compact(),
            set: Arc::new(Set::assemble(program(), None, &Instant).expect("a set")),
            engine: Engine::new(clock, Duration::from_secs(25)),
            runtime: runtime.expect("a runtime"),
        }
    }

    /// One event from its bytes to its outcome.
    pub fn process(&self) {
        black_box(self.process_with(self.event(), Log::discard()));
    }

    pub fn event(&self) -> Event {
        parse(black_box(&self.body))
    }

    pub fn process_with(&self, event: Event, log: Log) -> Outcome {
        self.runtime.block_on(self.engine.process(Arc::clone(&self.set), event, log))
    }
}
