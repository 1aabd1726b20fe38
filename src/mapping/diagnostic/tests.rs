//! Findings as people and programs see them.

use super::*;

fn span_of(source: &Source, part: &str) -> Span {
    let start = source.text().find(part).expect("the part");
    Span::new(start, start + part.len())
}

fn unknown_key(source: &Source, key: &str) -> Diagnostic {
    let span = span_of(source, key);
    Diagnostic::error("unknown-key", source, span, format!("unknown key `{key}`"))
        .label("not a key of a rule")
        .help("did you mean `event`?")
}

#[test]
fn an_error_shows_where_what_and_what_to_do() {
    let source = Source::new("mappings/hlr.yaml", "rules:\n  - name: a\n    evnt: SIM/*\n");
    assert_eq!(
        unknown_key(&source, "evnt").render(Style::Plain),
        "\
error[unknown-key]: unknown key `evnt`
 --> mappings/hlr.yaml:3:5
  |
3 |     evnt: SIM/*
  |     ^^^^ not a key of a rule
  |
  = help: did you mean `event`?
"
    );
}

#[test]
fn another_place_of_the_file_is_shown_too() {
    let source = Source::new("a.yaml", "k: 1\nb: 2\nc: 3\nd: 4\ne: 5\nkk: 6\n");
    let found = Diagnostic::warning("twice", &source, span_of(&source, "kk"), "given twice")
        .label("again here")
        .secondary(span_of(&source, "k"), "first here");
    assert_eq!(
        found.render(Style::Plain),
        "\
warning[twice]: given twice
 --> a.yaml:6:1
  |
1 | k: 1
  | - first here
...
6 | kk: 6
  | ^^ again here
"
    );
}

#[test]
fn a_file_that_could_not_be_read_has_no_snippet() {
    let source = Source::unread("mappings/secret.yaml");
    let found = Diagnostic::error("unreadable", &source, None, "permission denied")
        .help("let the service's user read it");
    assert_eq!(
        found.render(Style::Plain),
        "\
error[unreadable]: permission denied
--> mappings/secret.yaml
 = help: let the service's user read it
"
    );
    let json = found.to_json();
    assert_eq!((json["line"].is_null(), json["end_column"].is_null()), (true, true));
}

#[test]
fn a_span_over_several_lines_marks_the_first() {
    let source = Source::new("a.yaml", "a:\n  b: 1\n  c: 2\n");
    let found = Diagnostic::error("x", &source, Span::new(5, 16), "no d");
    assert!(found.render(Style::Plain).contains("2 |   b: 1\n  |   ^^^^\n"));
    assert_eq!(found.to_json()["end_line"], 3);
}

#[test]
fn the_end_of_a_file_and_places_beyond_it_can_be_marked() {
    for (text, span) in [
        ("", Span::new(0, 0)),
        ("", Span::new(5, 3)),
        ("a: é", Span::new(4, 4)),
        ("a: é\n", Span::new(6, 6)),
        ("a: é\n", Span::new(100, usize::MAX)),
        ("\u{feff}a", Span::new(1, 2)),
    ] {
        let source = Source::new("a.yaml", text);
        let text = Diagnostic::error("x", &source, span, "ends").render(Style::Plain);
        assert!(text.contains(" --> a.yaml:1:") || text.contains(" --> a.yaml:2:1"), "{text}");
    }
}

#[test]
fn columns_count_characters() {
    let source = Source::new("a.yaml", "\u{feff}日本: \"é\" # x\r\nb: 2\r\n");
    let json = Diagnostic::error("x", &source, span_of(&source, "\"é\""), "é").to_json();
    assert_eq!(
        json,
        serde_json::json!({
            "code": "x", "severity": "error", "message": "é", "label": null, "file": "a.yaml",
            "line": 1, "column": 5, "end_line": 1, "end_column": 8, "help": []
        })
    );
    let json = Diagnostic::error("x", &source, span_of(&source, "2"), "y").to_json();
    assert_eq!((json["line"].as_u64(), json["column"].as_u64()), (Some(2), Some(4)));
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let hostile = "\u{1b}[31m\u{9b}2J\u{7}\u{202e}\u{2028}\u{0}\r";
    let source = Source::new(format!("{hostile}.yaml"), format!("a: {hostile} b\n"));
    let found = Diagnostic::error("x", &source, span_of(&source, "b"), format!("bad {hostile}\nb"))
        .label(hostile)
        .secondary(Span::new(0, 1), hostile)
        .help(format!("{hostile}\n"));
    let text = found.render(Style::Plain);
    let steering: Vec<_> = text.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert!(steering.is_empty() && !text.contains(['\u{202e}', '\u{2028}']), "{text:?}");
    assert!(text.contains("␛[31m"), "{text}");
}

#[test]
fn colours_are_used_only_when_asked_for() {
    let source = Source::new("a.yaml", "evnt: x\n");
    let found = unknown_key(&source, "evnt");
    let (colour, plain) = (found.render(Style::Colour), found.render(Style::Plain));
    assert!(colour.contains("\u{1b}[") && !plain.contains('\u{1b}'));
    assert!(!colour.contains(":::"), "{colour}");
    assert_eq!(colour.lines().count(), plain.lines().count());
}

#[test]
fn a_very_long_line_is_shown_around_the_mark() {
    for (before, after) in [(5_000, 100_000), (800, 900), (300, 0), (0, 700), (0, 9_000)] {
        let text = format!("a: 1\n{}MARK{}\n", "é".repeat(before), "y".repeat(after));
        let source = Source::new("a.yaml", text);
        let found = Diagnostic::error("x", &source, span_of(&source, "MARK"), "long")
            .secondary(span_of(&source, "a: 1"), "short");
        let text = found.render(Style::Plain);
        assert!(text.contains(&format!(" --> a.yaml:2:{}\n", before + 1)), "{text}");
        assert!(text.contains("MARK") && text.contains("^^^^"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 220), "{text}");
    }
}

#[test]
fn a_report_is_sorted_and_summed_up() {
    let first = Source::new("a.yaml", "x: 1\nevnt: 2\n");
    let second = Source::new("b.yaml", "evnt: 2\n");
    let mut report = Report::new();
    report.push(unknown_key(&second, "evnt"));
    report.push(Diagnostic::warning("w", &first, span_of(&first, "evnt"), "hm"));
    report.push(unknown_key(&first, "x"));
    report.push(Diagnostic::error("e", &Source::unread("c.yaml"), None, "gone"));
    report.push(unknown_key(&second, "evnt"));

    let order: Vec<_> = report.sorted().iter().map(|found| (found.file(), found.code)).collect();
    assert_eq!(
        order,
        [("a.yaml", "unknown-key"), ("a.yaml", "w"), ("b.yaml", "unknown-key"), ("c.yaml", "e")]
    );
    assert!(report.has_errors());
    assert_eq!((report.errors().count(), report.warnings().count()), (3, 1));
    assert!(report.render(Style::Plain).ends_with("\n\n3 errors, 1 warning in 3 files\n"));
    assert_eq!(report.to_json()["errors"], 3);
}

#[test]
fn the_summary_names_what_there_is() {
    let source = Source::new("a.yaml", "a: 1\n");
    let mut report = Report::new();
    assert_eq!((report.render(Style::Plain).as_str(), report.has_errors()), ("", false));
    report.push(Diagnostic::warning("w", &source, None, "hm"));
    assert_eq!((report.summary().as_str(), report.has_errors()), ("1 warning in 1 file", false));
    report.push(Diagnostic::error("e", &source, None, "no"));
    assert_eq!(report.summary(), "1 error, 1 warning in 1 file");
}

#[test]
fn of_a_file_full_of_mistakes_the_first_are_shown_and_all_are_counted() {
    let source = Source::new("a.yaml", "x\n".repeat(2_000));
    let mut report = Report::new();
    for line in 0..1_999 {
        report.push(Diagnostic::warning("w", &source, Span::new(line * 2, line * 2 + 1), "hm"));
    }
    report.push(Diagnostic::error("e", &source, Span::new(0, 1), "no"));
    let text = report.render(Style::Plain);
    assert!(report.has_errors());
    assert_eq!(text.matches("warning[w]").count(), 100);
    assert!(text.ends_with("a.yaml: 1900 more\n\n1 error, 1999 warnings in 1 file\n"));
}
