//! A finding as the compiler would show it: the line, a caret, the cure.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Report, Severity, Source, Span};

/// Whether the text is for a terminal with colours or for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences; the same bytes every time.
    Plain,
    /// ANSI colours.
    Colour,
}

/// Of one file no more findings than this are shown: the rest is usually the same mistake.
const SHOWN_PER_FILE: usize = 100;

/// A line longer than this is shown around the marked place only.
const WIDTH: usize = 120;

pub(super) fn report(report: &Report, style: Style) -> String {
    let mut out = String::new();
    let mut found: HashMap<&str, usize> = HashMap::new();
    let sorted = report.sorted();
    for (at, diagnostic) in sorted.iter().enumerate() {
        let count = found.entry(diagnostic.file()).or_default();
        *count += 1;
        if *count <= SHOWN_PER_FILE {
            let _ = writeln!(out, "{}", snippet(diagnostic, style));
        }
        let last = sorted.get(at + 1).is_none_or(|next| next.file() != diagnostic.file());
        if last && *count > SHOWN_PER_FILE {
            let _ = writeln!(out, "{}: {} more\n", diagnostic.file(), *count - SHOWN_PER_FILE);
        }
    }
    if !report.is_empty() {
        let _ = writeln!(out, "{}", report.summary());
    }
    out
}

pub(super) fn snippet(diagnostic: &Diagnostic, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let group = Group::with_title(title)
        .element(place(diagnostic))
        .elements(diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str())));
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    let mut text = renderer.term_width(WIDTH).render(&[group]);
    text.push('\n');
    text
}

fn place(diagnostic: &Diagnostic) -> Element<'_> {
    let source = &diagnostic.source;
    let Some(span) = diagnostic.span else {
        return Origin::path(source.name()).into();
    };
    let primary =
        AnnotationKind::Primary.span(within(source, span)).label(diagnostic.label.as_deref());
    let others = diagnostic.secondary.iter().map(|(span, label)| {
        AnnotationKind::Context.span(within(source, *span)).label(label.as_str())
    });
    Snippet::source(source.text())
        .path(source.name())
        .annotation(primary)
        .annotations(others)
        .into()
}

/// A span that surely lies in the text, on character boundaries.
fn within(source: &Source, span: Span) -> Range<usize> {
    let start = source.floor(span.start);
    start..source.floor(span.end).max(start)
}
