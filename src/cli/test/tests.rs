//! Reports made by hand, in every format.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::expr::At;
use crate::mapping::diagnostic::{self, Diagnostic, Source, Span, Style};
use crate::verify::coverage::{Coverage, Part, PartKind};
use crate::verify::report::{Difference, Failure, Mismatch, Row};

const MICROSECONDS: Duration = Duration::from_micros(1_500);

fn at(line: usize) -> At {
    At { line, column: 5 }
}

fn case(line: usize, name: &str, failures: Vec<Failure>) -> CaseReport {
    CaseReport { at: at(line), name: name.into(), took: MICROSECONDS, failures }
}

fn failure(line: usize, what: Mismatch) -> Failure {
    Failure { at: at(line), scene: None, what }
}

fn differing(expected: &str, sent: &str) -> Difference {
    let row =
        Row { expected: Some(expected.to_owned()), sent: Some(sent.to_owned()), differs: true };
    Difference { rows: vec![row] }
}

fn file(name: &str, mapping: &str, cases: Vec<CaseReport>) -> FileReport {
    FileReport {
        file: name.into(),
        mapping: mapping.into(),
        mistakes: diagnostic::Report::new(),
        cases,
        coverage: None,
    }
}

fn covered(mut file: FileReport, parts: &[usize], reached: &[usize]) -> FileReport {
    let part = |line: &usize| Part {
        at: at(*line),
        kind: PartKind::Step,
        name: format!("rule `all`, step `{line}`").into(),
    };
    let reached = reached.iter().map(|line| at(*line)).collect::<BTreeSet<_>>();
    file.coverage = Some(Coverage { parts: parts.iter().map(part).collect(), reached });
    file
}

fn mistaken(mut file: FileReport, severity: fn(&Source) -> Diagnostic) -> FileReport {
    let source = Source::new(&*file.file, "cases: {}\n");
    file.mistakes.push(severity(&source));
    file
}

fn error(source: &Source) -> Diagnostic {
    Diagnostic::error("wrong-type", source, Span::new(7, 9), "this is no list")
}

fn warning(source: &Source) -> Diagnostic {
    Diagnostic::warning("odd", source, Span::new(0, 5), "this is odd")
}

fn report(files: Vec<FileReport>) -> Report {
    Report { files, untested: Vec::new(), took: Duration::from_millis(20) }
}

fn results(report: Report, coverage: bool, min_coverage: Option<u8>) -> Results {
    let arguments = TestArgs {
        path: None,
        filter: None,
        format: Format::Text,
        junit: None,
        coverage,
        min_coverage,
    };
    Results::of(report, &arguments)
}

fn text(results: &Results) -> String {
    text::of(results, Style::Plain, 80)
}

fn good() -> FileReport {
    file("m/a.test.yaml", "m/a.yaml", vec![case(4, "one", vec![]), case(9, "two", vec![])])
}

/// A case for each kind of failure.
fn bad() -> FileReport {
    let answer = |part, expected: &str, found: Value| Mismatch::Answer {
        part,
        expected: expected.into(),
        found,
        status: 422,
        body: json!({ "message": "no" }),
    };
    let second = Failure {
        at: at(40),
        scene: Some(2),
        what: Mismatch::Missing {
            position: 1,
            expected: differing("GET /x", "GET /x"),
            attempt: 2,
            held: None,
        },
    };
    let variable = Mismatch::Variable {
        name: "list".into(),
        expected: json!([1, 2]),
        found: Some(json!([1])),
        fault: None,
    };
    file(
        "m/b.test.yaml",
        "m/b.yaml",
        vec![
            case(4, "passes", vec![]),
            case(
                9,
                "sends <something> else\u{1b}[2J",
                vec![
                    failure(
                        10,
                        Mismatch::Request {
                            position: 1,
                            difference: differing("a\u{1b}[31m", "b"),
                        },
                    ),
                    failure(11, answer("status", "200", json!(422))),
                    failure(12, answer("message", "{ contains: yes }", json!("no"))),
                ],
            ),
            case(30, "a story", vec![second, failure(41, variable)]),
            case(50, "breaks", vec![failure(50, Mismatch::Broken("]]>".to_owned()))]),
        ],
    )
}

#[test]
fn a_file_is_a_line_and_the_summary_counts_cases() {
    let mut report = report(vec![good(), file("m/none.test.yaml", "m/c.yaml", vec![])]);
    report.untested.push("m/new.yaml".into());
    let results = results(report, false, None);
    assert!(results.are_good());
    assert_eq!(
        text(&results),
        "ok m/a.test.yaml: 2 cases
ok m/none.test.yaml: 0 cases
note m/new.yaml: it has no tests

2 cases, 2 passed, 0 failed (0.02 s)
"
    );
}

#[test]
fn what_failed_is_shown_below_its_file() {
    let results = results(report(vec![bad(), good()]), false, None);
    assert!(!results.are_good());
    assert_eq!(
        text(&results),
        r#"FAILED m/b.test.yaml: 4 cases, 3 failed

  sends <something> else␛[2J
  m/b.test.yaml:10:5: request 1 differs: a [31m is expected, b is sent

      expected  sent
    ~ a␛[31m    b

  m/b.test.yaml:11:5: `status` of the answer is expected to be 200, and is 422: no

      status 422

      {
        "message": "no"
      }

  m/b.test.yaml:12:5: `message` of the answer is expected to pass { contains: yes }, and is "no"

  a story
  m/b.test.yaml:40:5: event 2: request 1 is not tried again: try 2 is missing

      expected  sent
    ~ GET /x    GET /x

  m/b.test.yaml:41:5: the variable `list` must be [1,2], and is [1]

      expected  sent
      [         [
        1,        1
    -   2
      ]         ]

  breaks
  m/b.test.yaml:50:5: the connector failed: ]]>

ok m/a.test.yaml: 2 cases

6 cases, 3 passed, 3 failed (0.02 s)
"#
    );
}

#[test]
fn mistakes_of_a_file_fail_and_warnings_do_not() {
    let files = vec![mistaken(good(), warning), mistaken(bad(), error), mistaken(good(), error)];
    let results = results(report(files), false, None);
    let text = text(&results);
    for part in [
        "ok m/a.test.yaml: 2 cases\n\nwarning[odd]: this is odd\n",
        "FAILED m/b.test.yaml: 4 cases, 3 failed, 1 error\n\nerror[wrong-type]: this is no list\n",
        "FAILED m/a.test.yaml: 2 cases, 1 error\n",
        " --> m/a.test.yaml:1:8\n",
        "\n8 cases, 5 passed, 3 failed, 2 files with mistakes (0.02 s)\n",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    assert!(!results.are_good());
    assert!(
        super::Results {
            report: report(vec![mistaken(good(), warning)]),
            reach: None,
            least: None
        }
        .are_good()
    );
}

#[test]
fn coverage_of_a_mapping_is_that_of_all_its_test_files() {
    let files = || {
        vec![
            covered(good(), &[1, 2, 3], &[1]),
            covered(file("m/more.test.yaml", "m/a.yaml", vec![]), &[1, 2, 3], &[1, 3]),
            covered(file("m/d.test.yaml", "m/sub/d.yaml", vec![]), &[], &[]),
            file("m/broken.test.yaml", "m/broken.yaml", vec![]),
            file("m/unread.test.yaml", "", vec![]),
        ]
    };
    let mut all = report(files());
    all.untested.push("m/new.yaml".into());
    let all = results(all, true, None);
    assert!(all.are_good());
    let text = text(&all);
    let shown = "
coverage m/a.yaml: 66.6 % (2 of 3 parts)
  m/a.yaml:2:5: no test reaches rule `all`, step `2`
coverage m/broken.yaml: 0 % (nothing was run)
coverage m/new.yaml: 0 % (nothing was run)
coverage m/sub/d.yaml: 100 % (0 of 0 parts)

2 cases,";
    assert!(text.contains(shown), "{text}");

    for (least, low) in [(0, 0), (66, 1), (67, 2), (100, 2)] {
        let results = results(report(files()), false, Some(least));
        assert_eq!(results.too_little_reached().count(), low, "{least}");
        assert_eq!(results.are_good(), low == 0, "{least}");
    }
    let low = self::text(&results(report(files()), false, Some(90)));
    assert!(low.contains("coverage m/a.yaml: 66.6 % (2 of 3 parts), less than 90 %\n"), "{low}");
    assert!(
        low.ends_with("\n2 cases, 2 passed, 0 failed, 2 mappings reached too little (0.02 s)\n"),
        "{low}"
    );
}

#[test]
fn the_json_object_has_all_of_it() {
    let files = vec![covered(mistaken(bad(), warning), &[7, 8], &[7]), mistaken(good(), error)];
    let mut report = report(files);
    report.untested.push("m/new.yaml".into());
    let printed = json::of(&results(report, true, None));
    assert!(printed.chars().all(|c| c == '\n' || !c.is_control()), "{printed:?}");
    let mut object: Value = serde_json::from_str(&printed).unwrap();
    let files = object["files"].take();
    assert_eq!(
        object,
        json!({
            "cases": 6, "passed": 3, "failed": 3, "seconds": 0.02, "errors": 1, "warnings": 1,
            "files": null, "untested": ["m/new.yaml"],
            "coverage": [
                { "mapping": "m/a.yaml", "percent": 0.0, "parts": 0, "reached": 0, "enough": true, "missed": [] },
                { "mapping": "m/b.yaml", "percent": 50.0, "parts": 2, "reached": 1, "enough": true, "missed": [
                    { "line": 8, "column": 5, "kind": "step", "name": "rule `all`, step `8`" }
                ] },
                { "mapping": "m/new.yaml", "percent": 0.0, "parts": 0, "reached": 0, "enough": true, "missed": [] },
            ],
        })
    );
    assert_eq!(
        (&files[0]["file"], &files[0]["mapping"]),
        (&json!("m/b.test.yaml"), &json!("m/b.yaml"))
    );
    assert_eq!(files[0]["diagnostics"][0]["code"], "odd");
    let case = &files[0]["cases"][1];
    assert_eq!(
        (&case["name"], &case["line"], &case["passed"], &case["seconds"]),
        (&json!("sends <something> else\u{1b}[2J"), &json!(9), &json!(false), &json!(0.0015))
    );
    assert_eq!(
        case["failures"][0],
        json!({
            "line": 10, "column": 5, "kind": "request", "event": null,
            "message": "request 1 differs: a [31m is expected, b is sent",
            "answer": null,
            "rows": [{ "expected": "a\u{1b}[31m", "sent": "b", "differs": true }],
        })
    );
    assert_eq!(
        (&case["failures"][1]["answer"], &case["failures"][1]["rows"]),
        (&json!({ "status": 422, "body": { "message": "no" } }), &json!([]))
    );
    let kinds = |case: &Value| {
        let failures = case["failures"].as_array().unwrap().clone();
        failures.iter().map(|f| f["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(case), ["request", "answer", "answer"]);
    assert_eq!(kinds(&files[0]["cases"][2]), ["missing", "variable"]);
    assert_eq!(files[0]["cases"][2]["failures"][0]["event"], 2);
    assert_eq!(kinds(&files[0]["cases"][3]), ["broken"]);
}

#[test]
fn json_keeps_its_meaning_without_control_characters() {
    let name = "\u{9b}2J \u{202e}é\u{feff}\u{1f600}\u{7f}\"\\";
    let cases = vec![case(1, name, vec![])];
    let printed = json::of(&results(report(vec![file("f", "m", cases)]), false, None));
    assert!(printed.contains("\\u009b2J \\u202eé\\ufeff\u{1f600}"), "{printed}");
    let object: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(object["files"][0]["cases"][0]["name"], name);
    assert!(object.get("coverage").is_none());
}

#[test]
fn the_junit_file_has_a_suite_for_each_file_and_one_for_coverage() {
    let files = vec![covered(bad(), &[7, 8], &[7]), mistaken(covered(good(), &[1], &[1]), error)];
    let written = junit::of(&results(report(files), false, Some(60)));
    for part in [
        "<testsuites name=\"nsps-connector test\" tests=\"9\" failures=\"4\" errors=\"1\" time=\"0.020000\">",
        "  <testsuite name=\"m/b.test.yaml\" tests=\"4\" failures=\"3\" errors=\"0\" time=\"0.006000\">",
        "    <testcase name=\"passes\" classname=\"m/b.test.yaml\" file=\"m/b.test.yaml\" time=\"0.001500\" line=\"4\"></testcase>",
        "    <testcase name=\"sends &lt;something&gt; else\u{fffd}[2J\" ",
        "      <failure message=\"request 1 differs: a [31m is expected, b is sent\" type=\"request\">  m/b.test.yaml:10:5: request 1",
        "\n      expected  sent\n    ~ a␛[31m    b</failure>",
        "<failure message=\"the connector failed: ]]&gt;\" type=\"broken\">",
        "<error message=\"1 error in 1 file\" type=\"mistake\">error[wrong-type]: this is no list\n",
        "  <testsuite name=\"coverage\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"0.000000\">",
        "<testcase name=\"tests reach at least 60 %\" classname=\"m/b.yaml\" ",
        "<failure message=\"tests reach 50 %, less than 60 %\" type=\"coverage\">m/b.yaml:8:5: no test reaches rule `all`, step `8`</failure>",
    ] {
        assert!(written.contains(part), "{part}\nis not in\n{written}");
    }
    assert_eq!(written.matches("status 422").count(), 1, "the answer is shown once");
    assert!(written.chars().all(xml_allows), "{written:?}");
    assert!(!written.contains("]]>"));
}

fn xml_allows(c: char) -> bool {
    crate::xml::is_allowed(c) && (c == '\n' || !c.is_control())
}

#[test]
fn a_share_that_is_not_all_is_not_shown_as_all() {
    let parts: Vec<usize> = (0..3_000).collect();
    let files = vec![covered(good(), &parts, &parts[1..])];
    assert!(
        text(&results(report(files), true, None))
            .contains("coverage m/a.yaml: 99.9 % (2999 of 3000")
    );
}
