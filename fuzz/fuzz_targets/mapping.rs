//! A mapping file. Whatever is wrong with it must be told; if nothing is, events go through it as
//! far as the requests that it would send.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nsps_connector::clock::SystemClock;
use nsps_connector::engine::trial::{Subject, Trial};
use nsps_connector::event::Event;
use nsps_connector::mapping::diagnostic::Style;
use nsps_connector::mapping::{env::Environment, load_text};

static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| {
    let events = [
        include_str!("../../tests/events/sim-updated.json"),
        include_str!("../../tests/events/sim-deleted.json"),
        r#"{"event_id":"e","data":{"event_type":"x","variables":{}},"pb_data":{}}"#,
    ];
    let event = |text: &str| Event::parse(text.as_bytes(), "r".to_owned(), "u".to_owned());
    events.into_iter().map(|text| event(text).unwrap()).collect()
});

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let variables =
        |name: &str| (name != "UNSET").then(|| "http://host.test/a?b={{c}}\"".to_owned());
    let no_files = |_: &str| Err("there are no files".to_owned());
    let loaded = load_text("fuzz.yaml", text, Environment::new(&variables, &no_files, false));
    loaded.report.render(Style::Plain);
    loaded.report.to_json();
    let Some(program) = loaded.program else {
        assert!(loaded.report.has_errors(), "a mapping was refused and nobody said why");
        return;
    };
    let clock = SystemClock::new();
    for event in &*EVENTS {
        let subject = Subject::new(event, &clock);
        for mapping in &program.mappings {
            let trial = Trial::new(mapping, &subject);
            let _ = trial.extract();
            if let Ok(Some(rule)) = trial.route() {
                let _ = trial.render(rule);
            }
        }
    }
});
