//! Results as one JSON object.

use serde_json::{Value, json};

use super::Results;
use super::coverage::{Reach, kind};
use super::text::details;
use crate::mapping::diagnostic::{Diagnostic, printable};
use crate::verify::report::{CaseReport, Failure, FileReport, Mismatch, Row};

/// The object as text. A terminal reads nothing in it but text.
pub(super) fn of(results: &Results) -> String {
    let (cases, failed) = results.counts();
    let mistakes = results.report.files.iter().map(|file| &file.mistakes);
    let (errors, warnings) = mistakes.fold((0, 0), |(errors, warnings), mistakes| {
        (errors + mistakes.errors().count(), warnings + mistakes.warnings().count())
    });
    let mut object = json!({
        "cases": cases,
        "passed": cases - failed,
        "failed": failed,
        "seconds": results.report.took.as_secs_f64(),
        "errors": errors,
        "warnings": warnings,
        "files": results.report.files.iter().map(file).collect::<Vec<_>>(),
        "untested": results.report.untested,
    });
    if let Some(reach) = &results.reach {
        object["coverage"] = reach.iter().map(coverage).collect();
    }
    without_controls(&format!("{object:#}"))
}

fn file(file: &FileReport) -> Value {
    let mistakes = file.mistakes.sorted();
    json!({
        "file": file.file,
        "mapping": file.mapping,
        "diagnostics": mistakes.into_iter().map(Diagnostic::to_json).collect::<Vec<_>>(),
        "cases": file.cases.iter().map(case).collect::<Vec<_>>(),
    })
}

fn case(case: &CaseReport) -> Value {
    json!({
        "name": *case.name,
        "line": case.at.line,
        "column": case.at.column,
        "passed": case.passed(),
        "seconds": case.took.as_secs_f64(),
        "failures": case.failures.iter().map(failure).collect::<Vec<_>>(),
    })
}

fn failure(failure: &Failure) -> Value {
    let answer = match &failure.what {
        Mismatch::Answer { status, body, .. } => json!({ "status": status, "body": body }),
        _ => Value::Null,
    };
    let details = details(failure).filter(|_| answer.is_null());
    let rows = details.map(|details| details.rows).unwrap_or_default();
    json!({
        "line": failure.at.line,
        "column": failure.at.column,
        "kind": self::kind_of(&failure.what),
        "event": failure.scene,
        "message": failure.to_string(),
        "answer": answer,
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    json!({ "expected": row.expected, "sent": row.sent, "differs": row.differs })
}

/// In one word.
pub(super) fn kind_of(mismatch: &Mismatch) -> &'static str {
    match mismatch {
        Mismatch::Request { .. } => "request",
        Mismatch::Unexpected { .. } => "unexpected",
        Mismatch::Missing { .. } => "missing",
        Mismatch::Rule { .. } => "rule",
        Mismatch::Variable { .. } => "variable",
        Mismatch::Answer { .. } => "answer",
        Mismatch::Broken(_) => "broken",
    }
}

fn coverage(reach: &Reach) -> Value {
    let part = |part: &crate::verify::coverage::Part| {
        json!({
            "line": part.at.line,
            "column": part.at.column,
            "kind": kind(part),
            "name": part.name,
        })
    };
    let missed: Vec<Value> = reach.missed().map(part).collect();
    json!({
        "mapping": reach.mapping,
        "percent": reach.percent(),
        "parts": reach.parts(),
        "reached": reach.parts() - missed.len(),
        "enough": reach.is_enough,
        "missed": missed,
    })
}

/// JSON leaves control characters beyond ASCII as they are; they can only stand in strings, where
/// their number means the same.
fn without_controls(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut buffer = [0; 4];
        let text = &*c.encode_utf8(&mut buffer);
        if c.is_ascii() || printable(text) == text {
            out.push(c);
        } else {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
    }
    out
}
