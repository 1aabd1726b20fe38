//! A finding as the compiler would show it: the line, a caret, the cure.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::excerpt::{Excerpt, printable};
use super::{Diagnostic, Report, Severity};

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

/// The columns that a line of the snippet may take.
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
            out.push_str(&format!("{}: {more} more\n\n", printable(file)));
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
    let title = level.primary_title(printable(&diagnostic.message())).id(diagnostic.code);
    let group = place(diagnostic, Group::with_title(title))
        .elements(diagnostic.cures().map(|help| Level::HELP.message(printable(&help))));
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    let text = renderer.term_width(WIDTH).render(&[group]);
    text.lines().filter(|line| !is_separator(line)).flat_map(|line| [line, "\n"]).collect()
}

/// The renderer sets a snippet without a path of its own off by a line of three colons.
fn is_separator(line: &str) -> bool {
    let visible: String = line
        .split('\u{1b}')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('m').map_or("", |(_, t)| t) })
        .collect();
    visible.trim() == ":::"
}

/// The file and the lines.
fn place<'a>(diagnostic: &Diagnostic, group: Group<'a>) -> Group<'a> {
    let source = &diagnostic.source;
    let path = printable(source.name());
    let Some(span) = diagnostic.span else {
        return group.element(Origin::path(path));
    };
    let spans: Vec<_> = diagnostic.places().map(|(span, _)| span).collect();
    let excerpt = Excerpt::new(source, &spans);
    // Of a line that was cut the snippet would give the wrong column.
    let position = source.position(span.start);
    let origin = Origin::path(path).line(position.line).char_column(position.column);
    group.element(origin).element(snippet_of(diagnostic, excerpt))
}

fn snippet_of<'a>(diagnostic: &Diagnostic, excerpt: Excerpt) -> Snippet<'a, Annotation<'a>> {
    let kinds =
        std::iter::once(AnnotationKind::Primary).chain(std::iter::repeat(AnnotationKind::Context));
    let annotations = excerpt.marks.into_iter().zip(diagnostic.places()).zip(kinds).map(
        |((mark, (_, label)), kind)| kind.span(mark).label(label.map(|label| printable(&label))),
    );
    Snippet::source(excerpt.text).line_start(excerpt.first_line).annotations(annotations)
}
