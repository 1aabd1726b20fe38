//! The README shows what really happens.

use std::process::Command;

use crate::support::markdown;
use crate::support::scratch::repository_file;

fn blocks(language: &str) -> Vec<String> {
    let blocks = markdown::blocks(&repository_file("README.md"), language);
    blocks.into_iter().map(|block| block.text).collect()
}

#[test]
fn the_mapping_of_the_readme_loads_as_it_says() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mapping = blocks("yaml").pop().expect("a mapping");
    assert_eq!(mapping.lines().count(), 10);
    std::fs::write(scratch.path().join("crm.yaml"), mapping).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .arg("check")
        .arg(scratch.path())
        .output()
        .expect("the binary runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = blocks("").join("\n");
    assert!(told.contains(shown.trim()), "{shown}");
}

#[test]
fn explain_prints_what_the_readme_shows() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mapping = blocks("yaml").pop().expect("a mapping");
    std::fs::write(scratch.path().join("crm.yaml"), mapping).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .args(["explain", "tests/events/sim-updated.json", "--mappings"])
        .arg(scratch.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("CRM_URL")
        .output()
        .expect("the binary runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
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
