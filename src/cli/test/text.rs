//! Results for people: a line for each file, what failed below it, and a summary.

use super::coverage::Reach;
use super::{Results, columns};
use crate::cli::output::counted;
use crate::mapping::diagnostic::{Style, printable};
use crate::verify::difference;
use crate::verify::report::{CaseReport, Difference, Failure, FileReport, Mismatch};

/// Everything, ending in a summary.
pub(super) fn of(results: &Results, style: Style, width: usize) -> String {
    let mut page = Page { out: String::new(), style, width };
    for file in &results.report.files {
        page.file(file);
    }
    for mapping in &results.report.untested {
        page.line(&format!("note {}: it has no tests", printable(mapping)));
    }
    if let Some(reach) = &results.reach {
        page.coverage(reach, results.least);
    }
    page.summary(results);
    page.out
}

/// What stands below the line of a failure.
pub(super) fn details(failure: &Failure) -> Option<Difference> {
    match &failure.what {
        Mismatch::Request { difference: sheet, .. }
        | Mismatch::Unexpected { sent: sheet, .. }
        | Mismatch::Missing { expected: sheet, .. } => Some(sheet.clone()),
        Mismatch::Variable { expected, found, .. }
            if is_container(expected) || found.as_ref().is_some_and(is_container) =>
        {
            Some(difference::of_values(expected, found.as_ref()))
        }
        Mismatch::Answer { status, body, .. } => Some(difference::of_answer(*status, body)),
        Mismatch::Variable { .. } | Mismatch::Rule { .. } | Mismatch::Broken(_) => None,
    }
}

/// Whether an earlier failure shows the answer that this one is about.
fn is_told(earlier: &[Failure], failure: &Failure) -> bool {
    let is_answer = |failure: &Failure| matches!(failure.what, Mismatch::Answer { .. });
    is_answer(failure)
        && earlier.iter().any(|other| is_answer(other) && other.scene == failure.scene)
}

fn is_container(value: &serde_json::Value) -> bool {
    value.is_array() || value.is_object()
}

/// Each failure of a case without colour, for other formats.
pub(super) fn plain(file: &str, case: &CaseReport, width: usize) -> Vec<String> {
    let shown = |(at, failure): (usize, &Failure)| {
        let mut page = Page { out: String::new(), style: Style::Plain, width };
        page.failure(file, failure, !is_told(&case.failures[..at], failure));
        page.out
    };
    case.failures.iter().enumerate().map(shown).collect()
}

struct Page {
    out: String,
    style: Style,
    width: usize,
}

#[derive(Clone, Copy)]
enum Tone {
    Good,
    Bad,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// One empty line, unless there is one.
    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn toned(&self, text: &str, tone: Tone) -> String {
        match (self.style, tone) {
            (Style::Plain, _) => text.to_owned(),
            (Style::Colour, Tone::Good) => format!("\u{1b}[32m{text}\u{1b}[0m"),
            (Style::Colour, Tone::Bad) => format!("\u{1b}[1;31m{text}\u{1b}[0m"),
        }
    }

    fn file(&mut self, file: &FileReport) {
        let failed: Vec<&CaseReport> = file.cases.iter().filter(|case| !case.passed()).collect();
        let word = match super::is_good(file) {
            true => self.toned("ok", Tone::Good),
            false => self.toned("FAILED", Tone::Bad),
        };
        let mut counts = vec![counted(file.cases.len(), "case")];
        if !failed.is_empty() {
            counts.push(format!("{} failed", failed.len()));
        }
        if let errors @ 1.. = file.mistakes.errors().count() {
            counts.push(counted(errors, "error"));
        }
        self.line(&format!("{word} {}: {}", printable(&file.file), counts.join(", ")));
        if !file.mistakes.is_empty() {
            self.blank();
            self.out.push_str(&file.mistakes.render(self.style));
            self.blank();
        }
        for case in failed {
            self.case(&file.file, case);
        }
    }

    fn case(&mut self, file: &str, case: &CaseReport) {
        self.blank();
        let name = self.toned(&printable(&case.name), Tone::Bad);
        self.line(&format!("  {name}"));
        for (at, failure) in case.failures.iter().enumerate() {
            self.failure(file, failure, !is_told(&case.failures[..at], failure));
        }
    }

    fn failure(&mut self, file: &str, failure: &Failure, with_details: bool) {
        let message = printable(&failure.to_string());
        self.line(&format!("  {}:{}: {message}", printable(file), failure.at));
        if let Some(details) = details(failure).filter(|_| with_details) {
            self.out.push('\n');
            columns::show(&details, self.width, self.style, &mut self.out);
        }
        self.blank();
    }

    fn coverage(&mut self, reach: &[Reach], least: Option<u8>) {
        self.blank();
        for mapping in reach {
            self.reach(mapping, least);
        }
    }

    fn reach(&mut self, reach: &Reach, least: Option<u8>) {
        let mapping = printable(&reach.mapping);
        let missed: Vec<_> = reach.missed().collect();
        let parts = reach.parts();
        let too_little = match least {
            Some(least) if !reach.is_enough => {
                self.toned(&format!(", less than {least} %"), Tone::Bad)
            }
            _ => String::new(),
        };
        let of = format!("{} of {} parts", parts - missed.len(), parts);
        let reached = if reach.coverage.is_some() { of } else { "nothing was run".to_owned() };
        let percent = reach.shown_percent();
        self.line(&format!("coverage {mapping}: {percent} ({reached}){too_little}"));
        for part in missed {
            self.line(&format!(
                "  {mapping}:{}: no test reaches {}",
                part.at,
                printable(&part.name)
            ));
        }
    }

    fn summary(&mut self, results: &Results) {
        let (cases, failed) = results.counts();
        let mut counts = vec![
            counted(cases, "case"),
            format!("{} passed", cases - failed),
            format!("{failed} failed"),
        ];
        let mistaken =
            results.report.files.iter().filter(|file| file.mistakes.has_errors()).count();
        if mistaken > 0 {
            counts.push(format!("{} with mistakes", counted(mistaken, "file")));
        }
        let low = results.too_little_reached().count();
        if low > 0 {
            counts.push(format!("{} reached too little", counted(low, "mapping")));
        }
        let seconds = results.report.took.as_secs_f64();
        let tone = if results.are_good() { Tone::Good } else { Tone::Bad };
        let counts = self.toned(&counts.join(", "), tone);
        self.blank();
        self.line(&format!("{counts} ({seconds:.2} s)"));
    }
}
