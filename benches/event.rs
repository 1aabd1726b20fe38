//! What one event costs inside the connector, part by part, with the example mapping: reading it,
//! choosing the rule, evaluating the variables, rendering the request, and all of it with a target
//! that answers at once.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to say")]

mod parts;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nsps_connector::clock::{Clock, SystemClock};
use nsps_connector::engine::trial::{Subject, Trial};

use parts::{Whole, compact, parse, program};

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
    let whole = Whole::new();
    let mut group = criterion.benchmark_group("event");
    group.throughput(Throughput::Elements(1));
    group.bench_function("whole", |bench| bench.iter(|| whole.process()));
    group.finish();
}

criterion_group!(benches, parts, whole);
criterion_main!(benches);
