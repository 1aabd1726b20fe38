//! The mapping reference: every key, test and word is there with an example, and every example
//! loads.

mod wrap;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::support::markdown::{blocks, code, sections, tables};
use crate::support::scratch::{Scratch, repository_file};

const PAGE: &str = "docs/mapping-reference.md";

/// Where each part of the schema is documented: a part of the schema, a heading, and how.
const CHAPTERS: [(&str, &str, Shown); 14] = [
    ("", "## A file", Shown::InARow),
    ("target", "## Targets", Shown::InARow),
    ("auth", "### `auth`", Shown::InARow),
    ("basic", "### `auth`", Shown::InAnExample),
    ("bearer", "### `auth`", Shown::InAnExample),
    ("api_key", "### `auth`", Shown::InAnExample),
    ("retry", "### `retry`", Shown::InARow),
    ("variable", "## Variables: `extract`", Shown::InARow),
    ("case", "## Variables: `extract`", Shown::InAnExample),
    ("when", "## Conditions: `when`", Shown::InARow),
    ("test", "## Conditions: `when`", Shown::InARow),
    ("rule", "## Rules", Shown::InARow),
    ("step", "## Steps", Shown::InARow),
    ("response_entry", "## Answers: `responses`", Shown::InARow),
];

/// Parts of the schema that have no keys.
const WITHOUT_KEYS: [&str; 2] = ["duration", "path"];

/// Words that a key takes: where they stand in the schema, and the heading.
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
    /// What stands in its first cell as code.
    keys: Vec<String>,
    example: String,
}

fn schema() -> Value {
    serde_json::from_str(&repository_file("schemas/mapping.schema.json")).unwrap()
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
        CHAPTERS.iter().map(|(_, heading, _)| (*heading, ())).chain(wrap::OTHERS).collect();
    let mut rows = Vec::new();
    for heading in headings.into_keys() {
        for table in tables(&chapter(page, heading)) {
            let Some(at) = table.head.iter().position(|cell| cell == "example") else { continue };
            for cells in table.rows {
                let keys = code(&cells[0]);
                let [example] = &code(&cells[at])[..] else {
                    panic!("{heading}: {cells:?} has not one example")
                };
                rows.push(Row { chapter: heading, keys, example: example.clone() });
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
    let (page, schema) = (repository_file(PAGE), schema());
    let rows = rows(&page);
    let mut missing = Vec::new();
    for (part, heading, shown) in CHAPTERS {
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
    for part in schema()["$defs"].as_object().unwrap().keys() {
        let known = CHAPTERS.iter().any(|(name, ..)| name == part);
        assert!(
            known || WITHOUT_KEYS.contains(&&**part),
            "nothing says where {part} is documented"
        );
    }
}

#[test]
fn every_word_that_a_key_takes_is_documented() {
    let (page, schema) = (repository_file(PAGE), schema());
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
    let blocks: Vec<_> = blocks(&page, "yaml")
        .into_iter()
        .filter(|block| !block.text.starts_with("mapping:"))
        .collect();
    assert!(blocks.len() > 10, "{}", blocks.len());
    for block in blocks {
        let key = block.text.split(':').next().unwrap();
        let whole = wrap::block(key, &block.text);
        scratch.mapping(&format!("line-{}.yaml", block.line), &whole);
    }
    let rows = rows(&page);
    assert!(rows.len() > 80, "{}", rows.len());
    for (at, row) in rows.iter().enumerate() {
        let whole = wrap::row(row.chapter, &row.keys, &row.example);
        scratch.mapping(&format!("row-{at}.yaml"), &whole);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .arg("check")
        .arg(scratch.path().join("mappings"))
        .env("HSS_URL", "http://hss.test")
        .env("HSS_TOKEN", "a-token-that-is-long")
        .env("HSS_PASSWORD", "a-password-that-is-long")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let unused = |told: &str| told.contains("[unused-variable]") || told.contains("[unused-table]");
    let is_odd =
        |told: &&str| told.contains("error[") || told.contains("warning[") && !unused(told);
    let odd: Vec<&str> = told.split("\n\n").filter(is_odd).collect();
    assert!(output.status.success() && odd.is_empty(), "{}", odd.join("\n\n"));
}
