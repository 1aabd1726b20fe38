//! `test`: the cases that stand beside mappings, run without targets, network or waiting.

mod columns;
mod coverage;
mod json;
mod junit;
mod text;

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::output::{complain, say, style, width};
use super::{Exit, defaults};
use crate::verify::report::{CaseReport, FileReport, Report};
use crate::verify::{self, Plan};
use coverage::Reach;

#[derive(Debug, Args)]
#[command(after_long_help = JSON_HELP)]
pub(super) struct TestArgs {
    /// Directory of mapping files and their tests (NAME.test.yaml beside NAME.yaml), one test
    /// file, or one mapping file [env: MAPPINGS] [default: ./mappings]
    path: Option<PathBuf>,

    /// Run only the cases whose name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Write the results to this file, too, as JUnit XML, which CI servers read
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// List the rules, steps, responses and cases of variables that no test reaches
    #[arg(long)]
    coverage: bool,

    /// Fail if tests reach less than N per cent of any mapping; implies --coverage
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What differs side by side, for people
    Text,
    /// One JSON object, for tools
    Json,
}

const JSON_HELP: &str = "\
Exit code: 0 if every case passed, 1 if a case failed, a file has mistakes or the coverage is too
low, 2 if the tests cannot be run.

--format json prints one object:
  cases, passed, failed   how many
  seconds                 that all of it took
  errors, warnings        mistakes of test files and their mappings
  files                   one for each test file: file, mapping, diagnostics (as `check` has them)
                          and cases: name, line, column, passed, seconds and failures, each with
                          line, column, kind, event (of a sequence, from 1, or null), message,
                          answer (what NSPS is told, where that is wrong: status and body, or null)
                          and rows: expected, sent (null where there is nothing) and differs
  untested                mappings without a test file
  coverage                with --coverage, one for each mapping: mapping, percent, parts, reached,
                          enough (whether it is what --min-coverage asks for), and missed: line,
                          column, kind (rule, step, response or case) and name";

pub(super) fn run(arguments: &TestArgs) -> Exit {
    let environment = match defaults::environment(None) {
        Ok(environment) => environment,
        Err(exit) => return exit,
    };
    let path = defaults::mappings(arguments.path.as_deref(), &environment);
    let report = match report(&path, arguments.filter.as_deref()) {
        Ok(report) => report,
        Err(reason) => {
            complain(format_args!("nsps-connector: {reason}"));
            return Exit::Unable;
        }
    };
    let results = Results::of(report, arguments);
    match arguments.format {
        Format::Json => say(json::of(&results)),
        Format::Text => {
            let (style, width) = (style(&environment, &io::stdout()), width(&environment));
            say(text::of(&results, style, width).trim_end());
        }
    }
    if let Some(file) = &arguments.junit
        && let Err(error) = std::fs::write(file, junit::of(&results))
    {
        let file = file.display();
        complain(format_args!("nsps-connector: {file}: the results cannot be written: {error}"));
        return Exit::Unable;
    }
    if results.are_good() { Exit::Success } else { Exit::Found }
}

/// Runs the tests; the reason why there are none is in words.
fn report(path: &Path, filter: Option<&str>) -> Result<Report, String> {
    let shown = path.display();
    let plan = Plan::find(path).map_err(|reason| format!("{shown}: {reason}"))?;
    if plan.tests.is_empty() {
        return Err(format!(
            "{shown}: there is no test file; the tests of NAME.yaml stand beside it in NAME.test.yaml"
        ));
    }
    let plan = Plan { filter: filter.map(str::to_owned), ..plan };
    let report = verify::run(&plan, &verify::read_file);
    let is_idle =
        report.files.iter().all(|file| file.cases.is_empty() && !file.mistakes.has_errors());
    match filter {
        Some(filter) if is_idle => Err(format!("{shown}: no case has `{filter}` in its name")),
        _ => Ok(report),
    }
}

/// What was run, and what was asked of it.
struct Results {
    report: Report,
    /// By mapping; none unless it was asked for.
    reach: Option<Vec<Reach>>,
    least: Option<u8>,
}

impl Results {
    fn of(report: Report, arguments: &TestArgs) -> Self {
        let least = arguments.min_coverage;
        let asked = arguments.coverage || least.is_some();
        let reach = asked.then(|| coverage::by_mapping(&report, least));
        Self { report, reach, least }
    }

    fn cases(&self) -> impl Iterator<Item = &CaseReport> {
        self.report.files.iter().flat_map(|file| &file.cases)
    }

    /// Cases, and those of them that failed.
    fn counts(&self) -> (usize, usize) {
        (self.cases().count(), self.cases().filter(|case| !case.passed()).count())
    }

    fn too_little_reached(&self) -> impl Iterator<Item = &Reach> {
        self.reach.iter().flatten().filter(|reach| !reach.is_enough)
    }

    fn are_good(&self) -> bool {
        self.report.files.iter().all(is_good) && self.too_little_reached().next().is_none()
    }
}

fn is_good(file: &FileReport) -> bool {
    !file.mistakes.has_errors() && file.cases.iter().all(CaseReport::passed)
}

#[cfg(test)]
mod tests;
