//! The operator's page is true: every record of the log stands in it, every setting, and every message of a refusal; and
//! nothing stands there that is not.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use regex::Regex;

use crate::support::command::run;
use crate::support::markdown::{Table, code, sections, tables};
use crate::support::scratch::repository_file;
use crate::support::sources::{Source, sources};

const PAGE: &str = "docs/operations.md";

/// A call that writes a record.
#[derive(Debug, PartialEq, Eq)]
struct Recorded {
    path: String,
    /// None where it is computed.
    level: Option<String>,
    logger: String,
    /// None where it is computed.
    message: Option<String>,
}

/// The table of a section with this word first in its head.
fn table(heading: &str, first: &str) -> Table {
    let page = repository_file(PAGE);
    let section = sections(&page, "## ").into_iter().find(|section| section.starts_with(heading));
    let found = tables(section.unwrap_or_else(|| panic!("no section {heading}")));
    found.into_iter().find(|table| table.head[0] == first).expect("the table")
}

/// Where the arguments of a call stand whose parenthesis opens at `open`; none if it never closes.
fn arguments(source: &Source, open: usize) -> Vec<Range<usize>> {
    let code = &source.code;
    let (mut depth, mut from, mut found) = (0, open + 1, Vec::new());
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 1 => {
                found.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            // In `code` a literal is blank, too.
            if !source.text[from..at].trim().is_empty() {
                found.push(from..at);
            }
            return found;
        }
    }
    Vec::new()
}

/// The text of an argument that is one plain string.
fn literal(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('"')).then(|| inner.to_owned())
}

/// The calls of a file that write records: `.warning(LOGGER, MESSAGE, FIELDS)`, or
/// `.record(LEVEL, LOGGER, MESSAGE, FIELDS)`. A logger is always written out, and who has fields for a record names the
/// macro, so that what `check` reports by methods of the same names is none.
fn recorded(source: &Source) -> Vec<Recorded> {
    if !source.code.contains("crate::fields") {
        return Vec::new();
    }
    let pattern = Regex::new(r"\.(error|warning|info|debug|record)\(").unwrap();
    let calls = pattern.captures_iter(&source.code[..source.end_of_code()]);
    let read = |call: regex::Captures<'_>| {
        let given = arguments(source, call.get(0).unwrap().end() - 1);
        let texts: Vec<&str> =
            given.iter().map(|range| source.text[range.clone()].trim()).collect();
        let (level, logger, message) = match (&call[1], &texts[..]) {
            ("record", [level, logger, message, _]) => {
                let level = level.strip_prefix("Level::").map(str::to_lowercase);
                (level, logger, message)
            }
            ("record", _) => return None,
            (level, [logger, message, _]) => (Some(level.to_owned()), logger, message),
            _ => return None,
        };
        let (path, message) = (source.path.clone(), literal(message));
        Some(Recorded { path, level, logger: literal(logger)?, message })
    };
    calls.filter_map(read).collect()
}

fn all_recorded() -> Vec<Recorded> {
    sources("src").iter().flat_map(recorded).collect()
}

#[test]
fn every_record_of_the_log_stands_in_the_table() {
    let table = table("## Records of the log", "logger");
    let records = all_recorded();
    assert!(records.len() > 20, "{records:#?}");
    for record in records {
        let of_logger = table.rows.iter().filter(|row| code(&row[0]) == [&*record.logger]);
        let mut fitting = of_logger.filter(|row| match &record.message {
            Some(message) => code(&row[2]) == [&**message],
            None => row[2].starts_with('*'),
        });
        let is_level = |row: &Vec<String>| match &record.level {
            Some(level) => row[1].split(", ").any(|word| word == level),
            None => row[1].contains(", "),
        };
        assert!(fitting.any(is_level), "no row for {record:?}");
    }
}

#[test]
fn every_row_of_the_table_is_a_record_of_the_log() {
    let records = all_recorded();
    for row in table("## Records of the log", "logger").rows {
        let [logger] = &code(&row[0])[..] else { panic!("{row:?}") };
        let message = code(&row[2]).first().cloned();
        let message = message.filter(|_| !row[2].starts_with('*'));
        let there = records.iter().any(|it| it.logger == *logger && it.message == message);
        assert!(there, "nothing records {row:?}");
    }
}

/// The names of fields that a file gives to records: in `fields! { … }`, or one by one.
fn fields(source: &Source) -> BTreeSet<String> {
    let code = &source.code[..source.end_of_code()];
    let of_macro = code.match_indices("fields! {").flat_map(|(at, found)| {
        let given = arguments(source, at + found.len() - 1);
        given.into_iter().filter_map(|range| literal(source.text[range].split("=>").next()?))
    });
    let one_by_one = Regex::new(r#"(?:push\(|=> )\("([a-z_]+)","#).unwrap();
    let others = one_by_one.captures_iter(&source.text[..code.len()]);
    of_macro.chain(others.map(|found| found[1].to_owned())).collect()
}

#[test]
fn the_fields_of_records_are_those_of_the_table() {
    let given: BTreeSet<String> = sources("src")
        .iter()
        .filter(|source| !recorded(source).is_empty())
        .flat_map(fields)
        .collect();
    let rows = table("## Records of the log", "logger").rows;
    let told = |row: &Vec<String>| code(&row[3]);
    let of_rows: BTreeSet<String> = rows.iter().flat_map(told).collect();
    let unknown: Vec<_> = given.difference(&of_rows).collect();
    assert!(given.len() > 25 && unknown.is_empty(), "{unknown:?}");
    let certain: BTreeSet<String> = rows.iter().flat_map(told).collect();
    let invented: Vec<_> = certain.difference(&given).collect();
    assert!(invented.is_empty(), "{invented:?}");
}

#[test]
fn calls_that_record_are_told_from_others() {
    let text = r#"
        use crate::fields;
        log.info("app", "it, (serves)", fields! { "a" => 1, "b" => [2, 3] });
        about(&log, None).error(
            "ingress",
            "it failed",
            fields,
        );
        log.record(Level::Debug, "engine", &words(1, 2), fields);
        log.record(level, "engine", "either way", fields);
        self.error("bad-path", text.span(), message, help);
        self.error("bad-path", text.span(), message, "write another");
        self.record(&method, &url, &result, took, tries);
        // log.info("app", "a comment", fields);
        #[cfg(test)] mod tests { fn f() { log.info("app", "of a test", fields); } }
    "#;
    let of_others = text.replace("use crate::fields;", "");
    assert_eq!(recorded(&Source::new("src/x.rs", &of_others)), []);
    let found = recorded(&Source::new("src/x.rs", text));
    let record = |level: Option<&str>, logger: &str, message: Option<&str>| Recorded {
        path: "src/x.rs".to_owned(),
        level: level.map(str::to_owned),
        logger: logger.to_owned(),
        message: message.map(str::to_owned),
    };
    assert_eq!(
        found,
        [
            record(Some("info"), "app", Some("it, (serves)")),
            record(Some("error"), "ingress", Some("it failed")),
            record(Some("debug"), "engine", None),
            record(None, "engine", Some("either way")),
        ]
    );
}

/// What `serve --help` says: each variable with its default.
fn settings() -> Vec<(String, String)> {
    let help = run(Path::new(env!("CARGO_MANIFEST_DIR")), &["serve", "--help"], &[]).stdout;
    let pattern = Regex::new(r"\[env: ([A-Z_]+)\](?:\s*\[default: ([^\]]+)\])?").unwrap();
    let found = pattern.captures_iter(&help);
    found
        .map(|found| {
            let default = found.get(2).map(|default| default.as_str().to_owned());
            (found[1].to_owned(), default.unwrap_or_default())
        })
        .collect()
}

#[test]
fn the_table_of_settings_has_every_variable_and_its_default() {
    let (settings, table) = (settings(), table("## Settings", "variable"));
    assert!(settings.len() > 14, "{settings:?}");
    for (variable, default) in &settings {
        let row = table.rows.iter().find(|row| code(&row[0]) == [&**variable]);
        let row = row.unwrap_or_else(|| panic!("no row for {variable}"));
        assert_eq!(code(&row[1]).join(""), *default, "{variable}");
        assert!(row.iter().skip(3).all(|cell| !cell.is_empty()), "{row:?}");
    }
    for row in table.rows {
        let [variable] = &code(&row[0])[..] else { panic!("{row:?}") };
        assert!(settings.iter().any(|(known, _)| known == variable), "{variable} is none");
    }
}

/// What NSPS is told of requests that are refused before they are events.
fn refusals() -> BTreeSet<String> {
    let text = repository_file("src/ingress/answer.rs");
    let reading = text.split("fn reading(&self)").nth(1).expect("the messages of refusals");
    let reading = reading.split("\n    }\n").next().unwrap();
    // Messages begin with a capital letter. So do errors that begin with a header's name.
    let pattern = Regex::new(r#""([A-Z][^"`]+)""#).unwrap();
    pattern.captures_iter(reading).map(|found| found[1].to_owned()).collect()
}

#[test]
fn what_is_told_of_refused_requests_stands_on_the_page_with_a_cure() {
    let refusals = refusals();
    assert!(refusals.len() > 10, "{refusals:?}");
    let rows = table("## An event failed: what now", "message").rows;
    for message in &refusals {
        let row = rows.iter().find(|row| code(&row[0]) == [&**message]);
        assert!(row.is_some_and(|row| !row[2].is_empty()), "{message}");
    }
    for row in rows {
        assert!(refusals.contains(&code(&row[0])[0]), "nobody is told {row:?}");
    }
}
