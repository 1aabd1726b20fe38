//! Results in JUnit's XML, as Jenkins, GitLab and others read it.

use super::coverage::Reach;
use super::json::kind_of;
use super::{Results, text};
use crate::mapping::diagnostic::Style;
use crate::verify::report::{CaseReport, Failure, FileReport};
use crate::xml;

/// How wide the text of a failure is, in columns.
const WIDTH: usize = 120;

/// The whole document.
pub(super) fn of(results: &Results) -> String {
    let mut suites: Vec<Suite> = results.report.files.iter().map(Suite::of_file).collect();
    if let Some((reach, least)) = results.reach.as_ref().zip(results.least) {
        suites.push(Suite::of_coverage(reach, least));
    }
    let total = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>().to_string();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let attributes = [
        ("name", "nsps-connector test"),
        ("tests", &total(|suite| suite.tests)),
        ("failures", &total(|suite| suite.failures)),
        ("errors", &total(|suite| suite.errors)),
        ("time", &seconds(results.report.took.as_secs_f64())),
    ];
    out.push_str(&format!("<testsuites{}>\n", written(&attributes)));
    for suite in &suites {
        suite.write(&mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

#[derive(Default)]
struct Suite {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    seconds: f64,
    /// The elements in it.
    cases: String,
}

impl Suite {
    fn of_file(file: &FileReport) -> Self {
        let mut suite = Self { name: file.file.to_string(), ..Self::default() };
        for case in &file.cases {
            suite.case(file, case);
        }
        if file.mistakes.has_errors() {
            let told = file.mistakes.render(Style::Plain);
            let problem = Problem {
                element: "error",
                kind: "mistake",
                message: file.mistakes.summary(),
                text: told,
            };
            suite.errors += 1;
            suite.add(
                &file.file,
                "the file and its mapping have no mistakes",
                0.0,
                None,
                &[problem],
            );
        }
        suite
    }

    fn case(&mut self, file: &FileReport, case: &CaseReport) {
        let texts = text::plain(&file.file, case, WIDTH);
        let problem = |(failure, text): (&Failure, String)| Problem {
            element: "failure",
            kind: kind_of(&failure.what),
            message: failure.to_string(),
            text,
        };
        let problems: Vec<Problem> = case.failures.iter().zip(texts).map(problem).collect();
        self.failures += usize::from(!problems.is_empty());
        let line = Some(case.at.line);
        self.add(&file.file, &case.name, case.took.as_secs_f64(), line, &problems);
    }

    fn of_coverage(mappings: &[Reach], least: u8) -> Self {
        let mut suite = Self { name: "coverage".to_owned(), ..Self::default() };
        for reach in mappings {
            let part = |part: &crate::verify::coverage::Part| {
                format!("{}:{}: no test reaches {}\n", reach.mapping, part.at, part.name)
            };
            let problem = (!reach.is_enough).then(|| Problem {
                element: "failure",
                kind: "coverage",
                message: format!("tests reach {}, less than {least} %", reach.shown_percent()),
                text: reach.missed().map(part).collect(),
            });
            suite.failures += usize::from(problem.is_some());
            let name = format!("tests reach at least {least} %");
            suite.add(&reach.mapping, &name, 0.0, None, problem.as_slice());
        }
        suite
    }

    /// Adds a test case.
    fn add(
        &mut self,
        file: &str,
        name: &str,
        took: f64,
        line: Option<usize>,
        problems: &[Problem],
    ) {
        self.tests += 1;
        self.seconds += took;
        let (time, line) = (seconds(took), line.map(|line| line.to_string()));
        let mut attributes =
            vec![("name", name), ("classname", file), ("file", file), ("time", time.as_str())];
        attributes.extend(line.as_deref().map(|line| ("line", line)));
        self.cases.push_str(&format!("    <testcase{}>", written(&attributes)));
        for problem in problems {
            problem.write(&mut self.cases);
        }
        self.cases.push_str("</testcase>\n");
    }

    fn write(&self, out: &mut String) {
        let attributes = [
            ("name", self.name.as_str()),
            ("tests", &self.tests.to_string()),
            ("failures", &self.failures.to_string()),
            ("errors", &self.errors.to_string()),
            ("time", &seconds(self.seconds)),
        ];
        out.push_str(&format!("  <testsuite{}>\n", written(&attributes)));
        out.push_str(&self.cases);
        out.push_str("  </testsuite>\n");
    }
}

/// Why a test case did not pass.
struct Problem {
    element: &'static str,
    kind: &'static str,
    message: String,
    text: String,
}

impl Problem {
    fn write(&self, out: &mut String) {
        let attributes = written(&[("message", &self.message), ("type", self.kind)]);
        // Line breaks as they are, for people.
        let text: Vec<String> = self.text.trim_end().lines().map(escaped).collect();
        let (name, text) = (self.element, text.join("\n"));
        out.push_str(&format!("\n      <{name}{attributes}>{text}</{name}>"));
    }
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.6}")
}

fn written(attributes: &[(&str, &str)]) -> String {
    let attribute = |(name, value): &(&str, &str)| format!(" {name}=\"{}\"", escaped(value));
    attributes.iter().map(attribute).collect()
}

/// What XML does not allow is replaced.
fn escaped(text: &str) -> String {
    let allowed: String = text
        .chars()
        .map(|c| if xml::is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER })
        .collect();
    let mut out = String::with_capacity(allowed.len());
    if xml::escape(&allowed, &mut out) { out } else { String::new() }
}
