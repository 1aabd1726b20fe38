//! The README shows what really happens.

use std::process::Command;

use crate::support::command::run;
use crate::support::markdown;
use crate::support::scratch::{Scratch, repository_file};

fn blocks(language: &str) -> Vec<String> {
    let blocks = markdown::blocks(&repository_file("README.md"), language);
    blocks.into_iter().map(|block| block.text).collect()
}

/// `my/crm.yaml` and its tests, beside the event that they are about.
fn scratch() -> Scratch {
    let scratch = Scratch::new();
    let [mapping, test] = blocks("yaml").try_into().expect("a mapping and its tests");
    assert_eq!(mapping.lines().count(), 10);
    scratch.write("my/crm.yaml", &mapping);
    scratch.write("my/crm.test.yaml", &test);
    let event = "tests/events/sim-updated.json";
    scratch.write(event, &repository_file(event));
    scratch
}

#[test]
fn the_mapping_of_the_readme_loads_as_it_says() {
    let shown = run(scratch().path(), &["check", "my"], &[]).stdout;
    let told = blocks("").join("\n");
    assert!(told.contains(shown.trim()), "{shown}");
}

#[test]
fn the_test_of_the_readme_fails_as_it_says() {
    let shown = run(scratch().path(), &["test", "my"], &[]).stdout;
    let told = blocks("").into_iter().find(|block| block.contains("FAILED")).expect("a test");
    let told = told.strip_prefix("$ nsps-connector test my\n").expect("the command");
    let timeless = |text: &str| text.trim().rsplit_once(" (").expect("the time").0.to_owned();
    assert_eq!(timeless(&shown), timeless(told));
}

#[test]
fn explain_prints_what_the_readme_shows() {
    let explain = ["explain", "tests/events/sim-updated.json", "--mappings", "my"];
    let shown = run(scratch().path(), &explain, &[]).stdout;
    let told = blocks("").into_iter().find(|block| block.contains("Rule `sim-changed` runs"));
    for part in told.expect("the output").split("…\n") {
        let part = part.trim_end_matches('…').trim();
        assert!(shown.contains(part), "{part}\nis not in\n{shown}");
    }
}

#[test]
fn the_demonstration_prints_what_the_readme_shows() {
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .args(["demo", "--once"])
        .output()
        .expect("the binary runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = blocks("").into_iter().find(|block| block.contains("serviceGranted"));
    for part in told.expect("the output").split("…\n") {
        assert!(shown.contains(part.trim()), "{part}\nis not in\n{shown}");
    }
}
