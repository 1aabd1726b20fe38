//! The mapping reference: every key, test and word is there with an example, and every example
//! loads.

mod wrap;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::support::key::rsa_pem;
use crate::support::markdown::{blocks, code, sections, tables};
use crate::support::scratch::{Scratch, repository_file, sample_event};

const PAGE: &str = "docs/mapping-reference.md";

const MAPPING: &str = "mapping";
const TEST: &str = "test";

/// Where each part of a schema is documented: the schema, the part, a heading, and how.
const CHAPTERS: [(&str, &str, &str, Shown); 29] = [
    (MAPPING, "", "## A file", Shown::InARow),
    (MAPPING, "target", "## Targets", Shown::InARow),
    (MAPPING, "auth", "### `auth`", Shown::InARow),
    (MAPPING, "basic", "### `auth`", Shown::InAnExample),
    (MAPPING, "bearer", "### `auth`", Shown::InAnExample),
    (MAPPING, "api_key", "### `auth`", Shown::InAnExample),
    (MAPPING, "oauth2", "## Tokens of OAuth 2.0", Shown::InARow),
    (MAPPING, "assertion", "## Tokens of OAuth 2.0", Shown::InARow),
    (MAPPING, "session", "## Sessions", Shown::InARow),
    (MAPPING, "retry", "### `retry`", Shown::InARow),
    (MAPPING, "limits", "### `limits` of a target", Shown::InARow),
    (MAPPING, "breaker", "### `breaker`", Shown::InARow),
    (MAPPING, "tls", "### `tls`", Shown::InARow),
    (MAPPING, "variable", "## Variables: `extract`", Shown::InARow),
    (MAPPING, "case", "## Variables: `extract`", Shown::InAnExample),
    (MAPPING, "when", "## Conditions: `when`", Shown::InARow),
    (MAPPING, "test", "## Conditions: `when`", Shown::InARow),
    (MAPPING, "rule", "## Rules", Shown::InARow),
    (MAPPING, "step", "## Steps", Shown::InARow),
    (MAPPING, "repeat", "## Polling: `repeat`", Shown::InARow),
    (MAPPING, "undo", "## Taking back: `undo`", Shown::InARow),
    (MAPPING, "response_entry", "## Answers: `responses`", Shown::InARow),
    (MAPPING, "answer_when", "## Answers: `responses`", Shown::InARow),
    (TEST, "", "### A test file", Shown::InARow),
    (TEST, "case", "### A case", Shown::InARow),
    (TEST, "member", "### A case", Shown::InARow),
    (TEST, "exchange", "### A request and its answer", Shown::InARow),
    (TEST, "reply", "### A request and its answer", Shown::InARow),
    (TEST, "answer", "### What NSPS is told", Shown::InARow),
];

/// Parts of the schemas that have no keys, or are documented as parts of the other.
const ELSEWHERE: [(&str, &str); 5] = [
    (MAPPING, "answer_when"),
    (MAPPING, "duration"),
    (MAPPING, "path"),
    (TEST, "duration"),
    (TEST, "test"),
];

/// Words that a key takes: where they stand in the schema of mappings, and the heading.
const WORDS: [(&str, &str); 2] = [
    ("/$defs/response_entry/properties/then/enum", "### `then`"),
    ("/$defs/variable/properties/as/enum", "### Conversions: `as`"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// A row of a table has the key in its first cell, and it in its example.
    InARow,
    /// An example of the chapter has the key.
    InAnExample,
}

/// One row of a table with examples.
struct Row {
    chapter: &'static str,
    /// What the table says in its head over the keys.
    head: String,
    /// What stands in its first cell as code.
    keys: Vec<String>,
    example: String,
}

impl Row {
    fn is_of_tests(&self) -> bool {
        CHAPTERS.iter().any(|(of, _, heading, _)| *of == TEST && *heading == self.chapter)
    }
}

fn schema(of: &str) -> Value {
    serde_json::from_str(&repository_file(&format!("schemas/{of}.schema.json"))).unwrap()
}

/// The chapter under a heading.
fn chapter(page: &str, heading: &str) -> String {
    let depth = format!("{} ", heading.split(' ').next().unwrap());
    let found = sections(page, &depth).into_iter().find(|section| section.starts_with(heading));
    found.unwrap_or_else(|| panic!("no chapter `{heading}`")).to_owned()
}

/// The rows with an example of each chapter in which the keys of the format are documented.
fn rows(page: &str) -> Vec<Row> {
    let headings: BTreeMap<&'static str, ()> =
        CHAPTERS.iter().map(|(.., heading, _)| (*heading, ())).chain(wrap::OTHERS).collect();
    let mut rows = Vec::new();
    for heading in headings.into_keys() {
        for table in tables(&chapter(page, heading)) {
            let Some(at) = table.head.iter().position(|cell| cell == "example") else { continue };
            for cells in table.rows {
                let keys = code(&cells[0]);
                let [example] = &code(&cells[at])[..] else {
                    panic!("{heading}: {cells:?} has not one example")
                };
                let head = table.head[0].clone();
                rows.push(Row { chapter: heading, head, keys, example: example.clone() });
            }
        }
    }
    rows
}

/// Whether a fragment of YAML has this key, anywhere.
fn has_key(fragment: &str, key: &str) -> bool {
    fragment.match_indices(&format!("{key}:")).any(|(at, _)| {
        let before = fragment[..at].chars().next_back();
        before.is_none_or(|before| matches!(before, ' ' | '{' | '\n' | '[' | '-'))
    })
}

#[test]
fn every_key_of_the_format_is_documented_with_an_example() {
    let rows = rows(&repository_file(PAGE));
    let mut missing = Vec::new();
    for (of, part, heading, shown) in CHAPTERS {
        let schema = schema(of);
        let object = if part.is_empty() { &schema } else { &schema["$defs"][part] };
        let of_chapter = || rows.iter().filter(|row| row.chapter == heading);
        for key in object["properties"].as_object().unwrap().keys() {
            let there = match shown {
                Shown::InARow => {
                    of_chapter().any(|row| row.keys.contains(key) && has_key(&row.example, key))
                }
                Shown::InAnExample => of_chapter().any(|row| has_key(&row.example, key)),
            };
            if !there {
                missing.push(format!("{heading}: {key}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_part_of_the_format_has_a_chapter() {
    for of in [MAPPING, TEST] {
        for part in schema(of)["$defs"].as_object().unwrap().keys() {
            let known = CHAPTERS.iter().any(|(schema, name, ..)| *schema == of && name == part);
            let elsewhere = ELSEWHERE.contains(&(of, &**part));
            assert!(known || elsewhere, "nothing says where {part} of a {of} is documented");
        }
    }
}

#[test]
fn every_word_that_a_key_takes_is_documented() {
    let (page, schema) = (repository_file(PAGE), schema(MAPPING));
    for (place, heading) in WORDS {
        let tables = tables(&chapter(&page, heading));
        let first: Vec<String> = tables
            .iter()
            .flat_map(|table| table.rows.iter().flat_map(|cells| code(&cells[0])))
            .collect();
        let words = schema.pointer(place).unwrap().as_array().unwrap();
        assert!(words.len() > 2, "{place}");
        for word in words {
            let word = word.as_str().unwrap().to_owned();
            assert!(first.contains(&word), "{heading}: {word}");
        }
    }
}

#[test]
fn every_example_of_the_reference_loads_without_a_word_but_of_names_that_it_does_not_use() {
    let (scratch, page) = (Scratch::new(), repository_file(PAGE));
    let blocks = blocks(&page, "yaml");
    assert!(blocks.len() > 14, "{}", blocks.len());
    for block in blocks {
        let key = block.text.split(':').next().unwrap();
        if !["mapping", "exchange"].contains(&key) {
            let whole = wrap::block(key, &block.text);
            scratch.mapping(&format!("line-{}.yaml", block.line), &whole);
        }
    }
    let rows = rows(&page);
    assert!(rows.len() > 120, "{}", rows.len());
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_of_tests()) {
        scratch.mapping(&format!("row-{at}.yaml"), &wrap::row(row));
    }
    let key = scratch.write("key.pem", &rsa_pem());
    let of_tests = |file: &str| format!("{}/tests/certificates/{file}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .arg("check")
        .arg(scratch.path().join("mappings"))
        .env("HSS_URL", "http://hss.test")
        .env("HSS_TOKEN", "a-token-that-is-long")
        .env("HSS_USER", "nsps-user")
        .env("HSS_PASSWORD", "a-password-that-is-long")
        .env("SSO_SECRET", "a-secret-that-is-long")
        .env("KEY_FILE", key.to_str().unwrap())
        .env("HSS_CA_FILE", of_tests("authority.pem"))
        .env("HSS_CERT_FILE", of_tests("client.pem"))
        .env("HSS_KEY_FILE", of_tests("client-key.pem"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let unused = |told: &str| told.contains("[unused-variable]") || told.contains("[unused-table]");
    let is_odd =
        |told: &&str| told.contains("error[") || told.contains("warning[") && !unused(told);
    let odd: Vec<&str> = told.split("\n\n").filter(is_odd).collect();
    assert!(output.status.success() && odd.is_empty(), "{}", odd.join("\n\n"));
}

#[test]
fn every_example_of_a_test_file_can_be_read() {
    let (scratch, page) = (Scratch::new(), repository_file(PAGE));
    scratch.mapping("crm.yaml", wrap::TESTED);
    let event = sample_event("sim-updated").to_string();
    for name in ["other.json", "created.json", "updated.json"] {
        scratch.mapping(name, &event);
    }
    scratch.write("tests/events/sim-updated.json", &event);
    let rows = rows(&page);
    let of_tests: Vec<&Row> = rows.iter().filter(|row| row.is_of_tests()).collect();
    for (at, row) in of_tests.iter().enumerate() {
        scratch.mapping(&format!("row-{at}.test.yaml"), &wrap::test_row(row));
    }
    let output = run_tests(&scratch, &["--format", "json"]);
    let told: Value = serde_json::from_str(&output).unwrap();
    let files = told["files"].as_array().unwrap();
    assert_eq!(files.len(), of_tests.len());
    for file in files {
        let at = file["file"].as_str().unwrap();
        assert_eq!(file["diagnostics"], serde_json::json!([]), "{at}: {}", scratch.read(at));
    }
}

#[test]
fn the_test_file_of_the_reference_passes_with_its_first_mapping() {
    let (scratch, page) = (Scratch::new(), repository_file(PAGE));
    let blocks = blocks(&page, "yaml");
    let begins = |key: &str| blocks.iter().find(|block| block.text.starts_with(key)).unwrap();
    scratch.mapping("crm.yaml", &begins("version:").text);
    scratch.mapping("crm.test.yaml", &begins("mapping:").text);
    let told = run_tests(&scratch, &["--coverage"]);
    assert!(told.contains("3 cases, 3 passed, 0 failed"), "{told}");
    assert!(told.contains("100 %"), "{told}");
}

#[test]
fn the_log_ins_that_the_reference_lists_are_those_that_are_sent() {
    let (scratch, page) = (Scratch::new(), repository_file(PAGE));
    let blocks = blocks(&page, "yaml");
    let listed = blocks.iter().find(|block| block.text.starts_with("exchange:")).unwrap();
    scratch.mapping("hss.yaml", wrap::LOGGED_INTO);
    scratch.mapping("hss.test.yaml", &wrap::test_of(&listed.text));
    let told = run_tests(&scratch, &[]);
    assert!(told.contains("1 case, 1 passed, 0 failed"), "{told}");
}

/// What `test` says of the scratch's mappings.
fn run_tests(scratch: &Scratch, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nsps-connector"));
    let command = command.arg("test").arg(scratch.path().join("mappings")).args(arguments);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}
