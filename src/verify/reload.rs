//! Tests as a condition: mappings that were just loaded, and may serve only if their tests pass.

use std::path::Path;

use super::file::{TestFile, plain};
use super::plan::{Plan, read_file};
use super::report::{CaseReport, FileReport};
use crate::mapping::Loaded;
use crate::mapping::diagnostic::{Diagnostic, Position, Report, Source};

/// Runs the tests of a directory, if it has any, on the texts that were loaded from there. With a
/// failing case, or a mistake in a test file, there is no program.
pub fn tested(loaded: Loaded, directory: &Path) -> Loaded {
    if loaded.program.is_none() {
        return loaded;
    }
    let Loaded { program, mut report, files, texts } = loaded;
    let read = |path: &Path| match texts.iter().find(|(known, _)| plain(known) == plain(path)) {
        Some((_, source)) => Ok(source.text().as_bytes().to_vec()),
        None => read_file(path),
    };
    match Plan::find(directory) {
        Ok(plan) => {
            for path in &plan.tests {
                let file = TestFile::read(path, &read);
                tell(file.run(&read, None), file.source(), &mut report);
            }
        }
        Err(reason) => {
            let source = Source::unread(directory.display().to_string());
            let diagnostic = Diagnostic::error("unreadable-file", &source, None, reason);
            report.push(diagnostic.help("let the connector read it"));
        }
    }
    let program = program.filter(|_| !report.has_errors());
    Loaded { program, report, files, texts }
}

fn tell(tested: FileReport, source: &Source, report: &mut Report) {
    report.extend(tested.mistakes);
    report.extend(tested.cases.iter().filter_map(|case| failed(case, source)));
}

/// A failing case, by the first thing that is not as expected.
fn failed(case: &CaseReport, source: &Source) -> Option<Diagnostic> {
    let first = case.failures.first()?;
    let more = case.failures.len() - 1;
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let message = format!("the case `{}` fails: {first}{more}", case.name);
    let span = source.span_at(Position { line: first.at.line, column: first.at.column });
    let diagnostic = Diagnostic::error("test-failed", source, span, message);
    Some(diagnostic.help("`nsps-connector test` shows what is expected beside what is sent"))
}
