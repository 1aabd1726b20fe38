//! Test files that nobody would write by accident: each ends soon, with a mistake that says why.

use std::path::Path;

use super::{Folder, MAPPING, mistakes, of_file, of_mapping};
use crate::verify::plan::{LARGEST_FILE, read_file};

#[test]
fn deep_and_endless_yaml_is_refused() {
    let deep = format!("mapping: hss.yaml\ncases: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(mistakes(&of_file(MAPPING, &deep))[0].starts_with("too-deep"));
    let long = format!("mapping: hss.yaml\n# {}\n", "x".repeat(2 << 20));
    assert!(mistakes(&of_file(MAPPING, &long))[0].starts_with("file-too-long"));
    let binary = Folder::default().with("hss.test.yaml", [0xff, 0xfe, 0x00]).run();
    assert_eq!(mistakes(&binary), ["unreadable-file: the file is not UTF-8 text"]);
    assert!(mistakes(&of_file(MAPPING, ""))[0].starts_with("empty-file"));
}

#[test]
fn an_event_that_is_too_large_is_refused() {
    let huge = format!("{{\"event_id\":\"{}\"}}", "x".repeat(100 << 20));
    let folder = Folder::default().with("hss.yaml", MAPPING).with("huge.json", huge);
    let test = "mapping: hss.yaml\ncases: [{ name: a, event: huge.json, exchange: [] }]";
    let told = mistakes(&folder.with("hss.test.yaml", test).run());
    assert_eq!(told, ["event-too-large: the event is larger than 4 MiB"]);

    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("huge.json");
    std::fs::File::create(&path).unwrap().set_len(LARGEST_FILE + 1).unwrap();
    assert_eq!(read_file(&path), Err("it is larger than 4 MiB".to_owned()));
}

/// What is told of cases that change an event, which holds `l`.
fn changed(l: &str, set: &str, cases: usize) -> Vec<String> {
    let large =
        format!(r#"{{"event_id":"e","data":{{"event_type":"X","variables":{{}}}},"l":{l}}}"#);
    let one = |at: usize| {
        format!("  - {{ name: case {at}, event: large.json, set: {{ {set} }}, exchange: [] }}\n")
    };
    let test = format!("mapping: hss.yaml\ncases:\n{}", (0..cases).map(one).collect::<String>());
    let folder = Folder::default().with("hss.yaml", MAPPING).with("large.json", large);
    mistakes(&folder.with("hss.test.yaml", test).run())
}

#[test]
fn events_that_grow_when_they_are_changed_are_refused() {
    let list = format!("[{}0]", "0,".repeat(9_000));
    let told = changed(&list, &format!("'$.l[*]': {}", "x".repeat(10_000)), 1);
    assert!(told[0].ends_with("larger than 8388608 bytes"), "{told:?}");
    let told = changed(&list, &format!("'$.l[*]': {}", "x".repeat(600)), 1);
    assert_eq!(told, ["event-too-large: the event is larger than 4 MiB"]);
    // Each is as large as may be; all together are too much.
    let told = changed(&format!("\"{}\"", "x".repeat(4_000_000)), "$.a: 1", 9);
    assert_eq!(told[0], "event-too-large: the events of this file come to more than 32 MiB");
}

#[test]
fn what_is_no_file_is_not_read() {
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(read_file(scratch.path()), Err("it is no file".to_owned()));
    assert_eq!(read_file(Path::new("/dev/zero")), Err("it is no file".to_owned()));
    let pipe = scratch.path().join("pipe.json");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(read_file(&pipe), Err("it is no file".to_owned()));
}

#[test]
fn a_file_outside_of_the_directory_may_be_read() {
    let folder = Folder::default()
        .with("hss.yaml", MAPPING)
        .with("../elsewhere/event.json", super::EVENT)
        .with("hss.test.yaml", "mapping: hss.yaml\ncases: [{ name: a, event: ../elsewhere/event.json, exchange: [{ request: PUT /sims/001010000020349 }] }]");
    assert_eq!(super::failures(&folder.run(), 0), [""; 0]);
}

#[test]
fn a_mapping_that_computes_without_end_ends() {
    let mapping = "
version: 1
targets: { a: { url: http://a.test } }
rules:
  - name: all
    event: '*'
    steps:
      - for_each: event.l
        request: POST /a
";
    let list: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    let text = format!(
        "event: {{ event_id: e, data: {{ event_type: X, variables: {{}} }}, l: [{}] }}, exchange: []",
        list.join(", ")
    );
    let told = super::failures(&of_mapping(mapping, &[&text]), 0);
    assert_eq!(told, ["a request is sent that nothing expects: POST /a"]);
}
