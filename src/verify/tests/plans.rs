//! What is run: directories, test files, mappings, and cases by name.

use std::path::PathBuf;

use super::{EVENT, Folder, MAPPING};
use crate::verify::Plan;

const TEST: &str = "mapping: hss.yaml\ncases:\n  - { name: one, event: event.json, exchange: [{ request: PUT /sims/001010000020349 }] }\n  - { name: two of them, event: event.json, rule: delete }\n";

fn scratch() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("hss.yaml", MAPPING),
        ("hss.test.yaml", TEST),
        ("more-of-hss.test.yml", TEST),
        ("other.yml", MAPPING),
        ("event.json", EVENT),
        (".hidden.test.yaml", "{"),
        ("notes.txt", "{"),
    ] {
        std::fs::write(scratch.path().join(name), text).unwrap();
    }
    scratch
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(name).collect()
}

#[test]
fn a_directory_a_test_file_and_a_mapping_each_have_their_tests() {
    let scratch = scratch();
    for (path, tests, mappings) in [
        ("", &["hss.test.yaml", "more-of-hss.test.yml"][..], &["hss.yaml", "other.yml"][..]),
        ("hss.test.yaml", &["hss.test.yaml"], &[]),
        ("hss.yaml", &["hss.test.yaml"], &["hss.yaml"]),
        ("other.yml", &[], &["other.yml"]),
    ] {
        let plan = Plan::find(&scratch.path().join(path)).unwrap();
        assert_eq!((names(&plan.tests), names(&plan.mappings)), (words(tests), words(mappings)));
    }
    let missing = Plan::find(&scratch.path().join("none")).unwrap_err();
    assert!(missing.contains("No such file"), "{missing}");
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn mappings_without_tests_are_told() {
    let scratch = scratch();
    let plan = Plan::find(scratch.path()).unwrap();
    let report = crate::verify::run(&plan, &crate::verify::read_file);
    let untested: Vec<&str> = report.untested.iter().map(|name| &**name).collect();
    assert_eq!(untested, [scratch.path().join("other.yml").to_str().unwrap()]);
    assert_eq!(report.files.len(), 2);
    let mapping = scratch.path().join("hss.yaml").display().to_string();
    assert!(report.files.iter().all(|file| file.cases.len() == 2 && *file.mapping == mapping));
}

#[test]
fn cases_are_chosen_by_a_part_of_their_name() {
    let folder = Folder::default()
        .with("hss.yaml", MAPPING)
        .with("hss.test.yaml", TEST)
        .with("event.json", EVENT);
    for (filter, expected) in [(None, 2), (Some("two"), 1), (Some("o"), 2), (Some("three"), 0)] {
        let plan = Plan {
            tests: vec![PathBuf::from("hss.test.yaml")],
            mappings: Vec::new(),
            filter: filter.map(str::to_owned),
        };
        assert_eq!(folder.run_plan(&plan).files[0].cases.len(), expected, "{filter:?}");
    }
}

#[test]
fn a_test_file_runs_on_any_text_of_its_mapping() {
    let folder = Folder::default().with("hss.test.yaml", TEST).with("event.json", EVENT);
    let read = |path: &std::path::Path| folder.read(path);
    let file = crate::verify::TestFile::read(std::path::Path::new("hss.test.yaml"), &read);
    let failed = |text: &str| {
        let report = file.run_on_text(text, Some("one"));
        (report.mistakes.errors().count(), report.cases.iter().filter(|it| !it.passed()).count())
    };
    fn for_several_threads(_: &(impl Send + Sync)) {}
    for_several_threads(&file);
    assert_eq!(failed(MAPPING), (0, 0));
    assert_eq!(failed(&MAPPING.replace("PUT /sims", "PUT /sim")), (0, 1));
    assert_eq!(failed(&MAPPING.replace("name: delete", "name: remove")), (1, 0), "a name is gone");
    assert_eq!(failed("version: 1\n"), (1, 0));
    assert!(!file.run(&read, None).mistakes.errors().all(|it| it.code != "unreadable-file"));
}
