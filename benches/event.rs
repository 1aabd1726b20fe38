//! What one event costs inside the connector, part by part, with the example mapping: reading it,
//! choosing the rule, evaluating the variables, rendering the request, and all of it with a target
//! that answers at once.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to say")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nsps_connector::clock::{Clock, SystemClock};
use nsps_connector::engine::transport::{
    Connect, Exchange, Request, Response, Transport, TransportError,
};
use nsps_connector::engine::trial::{Subject, Trial};
use nsps_connector::engine::{Engine, Set};
use nsps_connector::event::Event;
use nsps_connector::mapping::{self, env::Environment};
use nsps_connector::program::{Program, Target};
use nsps_connector::telemetry::log::Log;

const MAPPING: &str = include_str!("../mappings/wtl-hss.yaml");
const EVENT: &str = include_str!("../tests/events/sim-updated.json");

fn program() -> Program {
    let variables = |name: &str| match name {
        "WTL_API_URL" => Some("http://hss.test/wtl/hlr/v1".to_owned()),
        "WTL_API_TOKEN" => Some("a-token-of-the-bench".to_owned()),
        _ => None,
    };
    let no_files = |_: &str| Err("none".to_owned());
    let env = Environment::new(&variables, &no_files, false);
    mapping::load_text("wtl-hss.yaml", MAPPING, env).program.expect("the example loads")
}

/// The event as it travels: NSPS sends no white space.
fn compact() -> Vec<u8> {
    let event: serde_json::Value = serde_json::from_str(EVENT).expect("the sample is JSON");
    event.to_string().into_bytes()
}

fn parse(body: &[u8]) -> Event {
    Event::parse(body, "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(), "u".to_owned())
        .expect("the sample is an event")
}

/// A target that says yes at once.
struct Instant;

impl Transport for Instant {
    fn send(&self, request: Request) -> Exchange<'_> {
        black_box(request);
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let body = Bytes::from_static(br#"{"result":true}"#);
        Box::pin(std::future::ready(Ok(Response { status: 200, headers, body })))
    }
}

impl Connect for Instant {
    fn connect(&self, _: &Target) -> Result<Arc<dyn Transport>, TransportError> {
        Ok(Arc::new(Instant))
    }
}

fn parts(criterion: &mut Criterion) {
    let body = compact();
    let event = parse(&body);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let program = program();
    let mapping = &program.mappings[0];
    let subject = Subject::new(&event, &*clock);

    let mut group = criterion.benchmark_group("event");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("parse", |bench| bench.iter(|| parse(black_box(&body))));
    group.throughput(Throughput::Elements(1));
    group.bench_function("route", |bench| {
        bench.iter(|| Trial::new(mapping, &subject).route().expect("a rule").is_some());
    });
    group.bench_function("extract", |bench| {
        bench.iter(|| Trial::new(mapping, &subject).extract().expect("variables"));
    });
    group.bench_function("render", |bench| {
        let prepared = || {
            let trial = Trial::new(mapping, &subject);
            let rule = trial.route().expect("no fault").expect("a rule");
            trial.extract().expect("variables");
            (trial, rule)
        };
        let render = |(trial, rule): (Trial<'_>, _)| trial.render(rule).expect("a request");
        bench.iter_batched(prepared, render, BatchSize::SmallInput);
    });
    group.finish();
}

fn whole(criterion: &mut Criterion) {
    let body = compact();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let set = Arc::new(Set::assemble(program(), None, &Instant).expect("a set"));
    let engine = Engine::new(clock, Duration::from_secs(25));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");

    let mut group = criterion.benchmark_group("event");
    group.throughput(Throughput::Elements(1));
    group.bench_function("whole", |bench| {
        bench.iter(|| {
            let event = parse(black_box(&body));
            runtime.block_on(engine.process(Arc::clone(&set), event, Log::discard()))
        });
    });
    group.finish();
}

criterion_group!(benches, parts, whole);
criterion_main!(benches);
