//! What the log costs an event, for callgrind to count the instructions of: the two records of an
//! event with the subject that it has, both the thread that records and the log's own thread. With
//! `discard` behind the number of events nobody reads the log, and the difference is what it costs.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to say")]

mod parts;

use std::io;

use nsps_connector::fields;
use nsps_connector::telemetry::log::{Field, Log, Options, milliseconds, start};
use nsps_connector::telemetry::mask::Secrets;
use parts::Whole;
use serde_json::value::RawValue;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let events = arguments.iter().find_map(|argument| argument.parse().ok());
    let options = Options { output: Box::new(io::sink()), ..Options::default() };
    let (log, guard) = start(options);
    log.vault().hold(&Secrets::new(["a-token-of-the-bench".to_owned()]));
    let is_discarded = arguments.iter().any(|argument| argument == "discard");
    let log = if is_discarded { Log::discard() } else { log };
    let whole = Whole::new();
    whole.process();
    for _ in 0..events.unwrap_or(1_000_u32) {
        let event = whole.event();
        let log = log.about(event.subject());
        let outcome = whole.process_with(event, log.clone());
        let rule = &outcome.rules[0];
        let (mapping, name) = (&rule.mapping, &rule.rule);
        let rules = format!(r#"[{{"mapping":"{mapping}","rule":"{name}","outcome":"succeeded"}}]"#);
        let fields = fields! {
            "outcome" => Field::Word("succeeded"),
            "status" => 200,
            "duration_ms" => milliseconds(std::time::Duration::from_micros(1_234)),
            "rules" => RawValue::from_string(rules).expect("JSON"),
        };
        log.info("ingress", "Event processed successfully", fields);
    }
    drop(guard);
    assert_eq!(log.dropped(), 0, "every record counts");
}
