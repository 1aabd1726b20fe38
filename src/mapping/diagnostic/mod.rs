//! What is wrong in a file, where, and what to do about it; to a snippet or to JSON.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde_json::{Value, json};

use crate::telemetry::mask::Secrets;

mod excerpt;
mod render;
mod secret;
mod source;
#[cfg(test)]
mod tests;

pub use excerpt::{is_printable, printable};
pub use render::Style;
pub use source::{Position, Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file works, but hardly as its author meant it.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One finding in one file: where, what, and what to do. What it says, in whatever form, shows no
/// secret that is written in the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of mistake, in kebab case: `unknown-key`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    message: String,
    /// The file in which it is.
    pub source: Source,
    /// Where in the file; none if it is about the file as a whole.
    pub span: Option<Span>,
    /// What to say beside the marked place.
    label: Option<String>,
    /// Other places of the same file that matter, each with what to say there.
    secondary: Vec<(Span, String)>,
    /// The cure: what to write instead.
    help: Vec<String>,
    /// Whether errors that are found within its place later are the same mistake once more.
    pub covers: bool,
}

impl Diagnostic {
    /// An error at a span (or, with `None`, about a file as a whole).
    pub fn error(
        code: &'static str,
        source: &Source,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Error, code, source, span.into(), message.into())
    }

    /// A warning at a span (or, with `None`, about a file as a whole).
    pub fn warning(
        code: &'static str,
        source: &Source,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Warning, code, source, span.into(), message.into())
    }

    fn new(
        severity: Severity,
        code: &'static str,
        source: &Source,
        span: Option<Span>,
        message: String,
    ) -> Self {
        let source = source.clone();
        Self {
            code,
            severity,
            message,
            source,
            span,
            label: None,
            secondary: Vec::new(),
            help: Vec::new(),
            covers: false,
        }
    }

    /// With words beside the marked place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With another place of the same file.
    #[must_use]
    pub fn secondary(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }

    /// With a cure; several are shown in order.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The text in this place is not what its author meant: what is wrong with it as it reads is
    /// the same mistake, and not told again.
    #[must_use]
    pub fn covering(mut self) -> Self {
        self.covers = true;
        self
    }

    /// What is wrong, in one sentence without a full stop.
    pub fn message(&self) -> Cow<'_, str> {
        self.without_secrets(&self.message)
    }

    /// The cures: what to write instead.
    pub fn cures(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.help.iter().map(|help| self.without_secrets(help))
    }

    /// What to say beside the marked place.
    fn label_there(&self) -> Option<Cow<'_, str>> {
        self.label.as_deref().map(|label| self.without_secrets(label))
    }

    /// Every marked place, with what to say there.
    pub fn places(&self) -> impl Iterator<Item = (Span, Option<Cow<'_, str>>)> {
        let first = self.span.map(|span| (span, self.label_there()));
        let others = self.secondary.iter();
        let others = others.map(|(span, label)| (*span, Some(self.without_secrets(label))));
        first.into_iter().chain(others)
    }

    /// What the finding says, without what it repeats of secrets in the file.
    fn without_secrets<'t>(&self, said: &'t str) -> Cow<'t, str> {
        let others = self.secondary.iter().map(|(span, _)| *span);
        let places: Vec<Span> = self.span.into_iter().chain(others).collect();
        self.source.hidden().mask(self.source.text(), &places, said)
    }

    /// The finding, after more became known to be secret.
    fn conceal(&mut self, secrets: &Secrets, source: &Source) {
        self.source = source.clone();
        let labels = self.secondary.iter_mut().map(|(_, label)| label);
        let all = [&mut self.message].into_iter().chain(&mut self.label).chain(labels);
        for said in all.chain(&mut self.help) {
            if let Cow::Owned(masked) = secrets.mask(said) {
                *said = masked;
            }
        }
    }

    /// The name of the file, as shown.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    fn explains(&self, other: &Self) -> bool {
        let within =
            |(outer, inner): (Span, Span)| outer.start <= inner.start && inner.end <= outer.end;
        self.covers
            && other.severity == Severity::Error
            && self.span.zip(other.span).is_some_and(within)
            && self.source == other.source
    }

    fn finding(&self) -> Finding {
        (self.file().to_owned(), self.span, self.code, self.message.clone())
    }

    /// The finding as text with its place in the source, ending in a line break.
    pub fn render(&self, style: Style) -> String {
        render::snippet(self, style)
    }

    /// The finding as one JSON object. Lines and columns count from 1, columns in characters; the
    /// end is the place after the last marked character. All four are null without a span.
    pub fn to_json(&self) -> Value {
        let start = self.span.map(|span| self.source.position(span.start));
        let end = self.span.map(|span| self.source.position(span.end.max(span.start)));
        json!({
            "code": self.code,
            "severity": self.severity.as_str(),
            "message": self.message(),
            "label": self.label_there(),
            "file": self.file(),
            "line": start.map(|start| start.line),
            "column": start.map(|start| start.column),
            "end_line": end.map(|end| end.line),
            "end_column": end.map(|end| end.column),
            "help": self.cures().collect::<Vec<_>>(),
        })
    }
}

/// As people read it, so that no secret gets out this way either.
impl fmt::Debug for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

/// Of one file no more findings than this are kept: the others are counted only.
const KEPT_PER_FILE: usize = 1_000;

/// Everything found in all files of one run.
#[derive(Clone, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    seen: HashSet<Finding>,
    found_in: BTreeMap<String, usize>,
    errors: usize,
    warnings: usize,
    /// Which of the findings cover others.
    covering: Vec<usize>,
}

/// What makes two findings the same: file, place, code and message.
type Finding = (String, Option<Span>, &'static str, String);

impl Report {
    /// A report in which nothing has been found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding. The same one again (as for a value that several aliases repeat) is left out,
    /// as is what an earlier one explains; the thousandth of a file is the last one that is kept,
    /// those after it are only counted.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_explained(&diagnostic) {
            return;
        }
        let found = self.found_in.entry(diagnostic.file().to_owned()).or_default();
        let kept = *found < KEPT_PER_FILE;
        if kept && !self.seen.insert(diagnostic.finding()) {
            return;
        }
        *found += 1;
        match diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        if kept {
            if diagnostic.covers {
                self.covering.push(self.diagnostics.len());
            }
            self.diagnostics.push(diagnostic);
        }
    }

    /// Adds what was found in other files.
    pub fn append(&mut self, others: Report) {
        let before = self.diagnostics.len();
        self.covering.extend(others.covering.into_iter().map(|at| before + at));
        self.diagnostics.extend(others.diagnostics);
        self.seen.extend(others.seen);
        self.found_in.extend(others.found_in);
        self.errors += others.errors;
        self.warnings += others.warnings;
    }

    /// Lets no finding show any of these secrets either.
    pub fn conceal(&mut self, secrets: &Secrets) {
        if secrets.is_empty() {
            return;
        }
        let mut latest: Option<(Source, Source)> = None;
        for diagnostic in &mut self.diagnostics {
            let (_, knowing) = match latest.take() {
                Some(known) if known.0 == diagnostic.source => latest.insert(known),
                _ => latest.insert((diagnostic.source.clone(), diagnostic.source.knowing(secrets))),
            };
            diagnostic.conceal(secrets, knowing);
        }
    }

    /// Whether an earlier finding tells this mistake already; a suspicion becomes a certainty.
    fn is_explained(&mut self, diagnostic: &Diagnostic) -> bool {
        let explaining = self.covering.iter().copied().find(|at| {
            self.diagnostics.get(*at).is_some_and(|earlier| earlier.explains(diagnostic))
        });
        let Some(earlier) = explaining.and_then(|at| self.diagnostics.get_mut(at)) else {
            return false;
        };
        if earlier.severity == Severity::Warning {
            earlier.severity = Severity::Error;
            self.warnings -= 1;
            self.errors += 1;
        }
        true
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Whether a file cannot be used.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether this file cannot be used.
    pub fn has_errors_in(&self, source: &Source) -> bool {
        self.errors().any(|error| error.source == *source)
    }

    /// The errors, in the order in which they were found.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.of(Severity::Error)
    }

    /// The warnings, in the order in which they were found.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.of(Severity::Warning)
    }

    fn of(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(move |diagnostic| diagnostic.severity == severity)
    }

    /// Everything, by file name (bytes), then by place; what is about a whole file comes first.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.diagnostics.iter().collect();
        all.sort_by(|a, b| (a.file(), a.span, a.severity).cmp(&(b.file(), b.span, b.severity)));
        all
    }

    /// All findings as text, sorted, with a summary at the end; empty if nothing was found.
    ///
    /// Of one file no more than the first 100 are shown: the rest is counted.
    pub fn render(&self, style: Style) -> String {
        render::report(self, style)
    }

    /// All findings as JSON: `{"errors": 2, "warnings": 1, "diagnostics": […]}`, sorted.
    pub fn to_json(&self) -> Value {
        json!({
            "errors": self.errors,
            "warnings": self.warnings,
            "diagnostics": self.sorted().into_iter().map(Diagnostic::to_json).collect::<Vec<_>>(),
        })
    }

    /// `2 errors, 1 warning in 3 files`, counting the files in which something was found.
    pub fn summary(&self) -> String {
        let counts: Vec<_> = [(self.errors, "error"), (self.warnings, "warning")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| plural(count, what))
            .collect();
        match counts.is_empty() {
            true => "no errors, no warnings".to_owned(),
            false => format!("{} in {}", counts.join(", "), plural(self.found_in.len(), "file")),
        }
    }

    /// How many findings a file has, those that were not kept included.
    fn found_in(&self, file: &str) -> usize {
        self.found_in.get(file).copied().unwrap_or_default()
    }
}

impl Extend<Diagnostic> for Report {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}

impl IntoIterator for Report {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.diagnostics.into_iter()
    }
}

fn plural(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
