//! A finding as the compiler would show it: the line, a caret, the cure.

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
    for of_file in report.sorted().chunk_by(|a, b| a.file() == b.file()) {
        for diagnostic in of_file.iter().take(SHOWN_PER_FILE) {
            out.push_str(&snippet(diagnostic, style));
            out.push('\n');
        }
        let file = of_file.first().map(|first| first.file()).unwrap_or_default();
        if let more @ 1.. = report.found_in(file).saturating_sub(SHOWN_PER_FILE) {
            out.push_str(&format!("{file}: {more} more\n\n"));
        }
    }
    if !report.is_empty() {
        out.push_str(&report.summary());
        out.push('\n');
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
    let primary = on_first_line(source, span);
    let others: Vec<_> = diagnostic
        .secondary
        .iter()
        .map(|(span, label)| (on_first_line(source, *span), label.as_str()))
        .collect();
    let window = window(source, others.iter().map(|(span, _)| *span).chain([primary]));
    let inside = |span: Span| span.start - window.start..span.end - window.start;
    let primary = AnnotationKind::Primary.span(inside(primary)).label(diagnostic.label.as_deref());
    let others = others
        .into_iter()
        .map(|(span, label)| AnnotationKind::Context.span(inside(span)).label(label));
    Snippet::source(source.slice(window))
        .path(source.name())
        .line_start(source.position(window.start).line)
        .annotation(primary)
        .annotations(others)
        .into()
}

/// The lines that hold all spans, so that a large file costs no more than what is shown of it.
fn window(source: &Source, spans: impl Iterator<Item = Span> + Clone) -> Span {
    let start = spans.clone().map(|span| span.start).min().unwrap_or_default();
    let end = spans.map(|span| span.end).max().unwrap_or_default();
    Span::new(source.line_start(start), source.line_end(end))
}

/// The part of a span on its first line, on character boundaries: where a mapping is wrong as a
/// whole, its first line names it, and underlining all of it would hide it.
fn on_first_line(source: &Source, span: Span) -> Span {
    let start = source.floor(span.start);
    let end = source.floor(span.end).min(source.line_end(start));
    Span::new(start, end.max(start))
}
