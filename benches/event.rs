//! What one event costs inside the connector, part by part, with the example mapping: reading it,
//! choosing the rule, evaluating the variables, rendering the request, judging the answer, and all of
//! it with a target that answers at once. What else grows with a mapping or an event: rules that
//! refuse, filters, large events. And what a mapping costs to load.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to say")]

mod parts;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nsps_connector::clock::{Clock, SystemClock};
use nsps_connector::engine::trial::{Subject, Trial};

use parts::{MAPPING, Whole, compact, load, parse, program, yes};

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
    let rule = Trial::new(mapping, &subject).route().expect("no fault").expect("a rule");
    group.bench_function("judge", |bench| {
        let trial = || Trial::new(mapping, &subject);
        let judge = |trial: Trial<'_>| assert!(trial.judge(rule, black_box(yes())));
        bench.iter_batched(trial, judge, BatchSize::SmallInput);
    });
    group.finish();
}

/// What rules cost that are for the event's type and refuse it by `when`.
fn refusing(criterion: &mut Criterion) {
    const RULES: u64 = 1000;
    let refusing = |number| {
        format!(
            "  - {{ name: no-{number}, event: '*', when: {{ imsi: '9{number:014}' }}, ignore: x }}\n"
        )
    };
    let rules: String = (0..RULES).map(refusing).collect();
    let program =
        load(&format!("version: 1\nextract: {{ imsi: $.pb_data.sim_info.imsi }}\nrules:\n{rules}"));
    let (event, clock) = (parse(&compact()), SystemClock::new());
    let subject = Subject::new(&event, &clock);
    let mut group = criterion.benchmark_group("rules");
    group.throughput(Throughput::Elements(RULES));
    group.bench_function("refuse", |bench| {
        bench.iter(|| {
            Trial::new(&program.mappings[0], &subject).route().expect("no fault").is_none()
        });
    });
    group.finish();
}

/// What a filter costs, in the usual event and in one with a thousand times as much.
fn sizes(criterion: &mut Criterion) {
    let filter = "$.pb_data.account_info.assigned_addons[?@.addon_priority == 10].name";
    let ignore = "rules: [{ name: all, event: '*', ignore: x }]";
    let program = load(&format!("version: 1\nextract: {{ name: \"{filter}\" }}\n{ignore}\n"));
    let clock = SystemClock::new();
    for (name, body) in [("usual", compact()), ("large", large())] {
        let event = parse(&body);
        let subject = Subject::new(&event, &clock);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("parse", |bench| bench.iter(|| parse(black_box(&body))));
        group.bench_function("filter", |bench| {
            bench
                .iter(|| Trial::new(&program.mappings[0], &subject).extract().expect("a variable"));
        });
        group.finish();
    }
}

/// The event of an account with thousands of add-ons: a megabyte.
fn large() -> Vec<u8> {
    let mut event: serde_json::Value = serde_json::from_slice(&compact()).expect("JSON");
    let addons = event.pointer_mut("/pb_data/account_info/assigned_addons").expect("a list");
    let addons = addons.as_array_mut().expect("a list");
    let addon = addons[0].clone();
    addons.resize(1_000_000 / addon.to_string().len(), addon);
    event.to_string().into_bytes()
}

fn loading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mapping");
    group.throughput(Throughput::Bytes(MAPPING.len() as u64));
    group.bench_function("load", |bench| bench.iter(|| load(black_box(MAPPING))));
    group.finish();
}

fn whole(criterion: &mut Criterion) {
    let whole = Whole::new();
    let mut group = criterion.benchmark_group("event");
    group.throughput(Throughput::Elements(1));
    group.bench_function("whole", |bench| bench.iter(|| whole.process()));
    group.finish();
}

criterion_group!(benches, parts, refusing, sizes, loading, whole);
criterion_main!(benches);
