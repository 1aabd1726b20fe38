//! Mistakes that reading meets only lines below: a quote or a bracket that was not closed, a column
//! that the lines above do not share.

use serde_yaml::granit_parser::ErrorKind;

use super::Span;
use super::faults::unquoted_template;
use super::place::Place;
use crate::mapping::diagnostic::{Diagnostic, Source};

/// What was left open above the place where reading stopped.
pub(super) fn left_open(place: &Place<'_>, kind: &ErrorKind) -> Option<Diagnostic> {
    quote(place, kind).or_else(|| bracket(place))
}

/// A quote that the next one closed, lines below, so that what that one began reads as more text.
fn quote(place: &Place<'_>, kind: &ErrorKind) -> Option<Diagnostic> {
    let (open, stopped, closed) = match kind {
        ErrorKind::UnknownQuotedScalarEscape => {
            (place.offset, place.offset + first_escape(place)?, None)
        }
        _ => {
            let before = place.source.slice(Span::new(0, place.offset)).trim_end();
            let closed = before.len().checked_sub(1).filter(|_| before.ends_with(['"', '\'']))?;
            (opening(place, closed)?, closed, Some(closed))
        }
    };
    let line_end = place.source.line_end(open);
    if stopped <= line_end {
        return None;
    }
    let message = "this quote is not closed on its line";
    let diagnostic =
        Diagnostic::error("unclosed-quote", place.source, Span::new(open, line_end), message);
    let diagnostic = match closed {
        Some(closed) => {
            diagnostic.secondary(Span::new(closed, closed + 1), "so that this one closed it")
        }
        None => diagnostic,
    };
    Some(diagnostic.help("close it where its text ends"))
}

/// Where the text begins that the quote at `closed` ends.
fn opening(place: &Place<'_>, closed: usize) -> Option<usize> {
    let quote = place.source.slice(Span::new(closed, closed + 1));
    let scalar = place.last_scalar?;
    if scalar.end == closed + 1 && place.source.slice(scalar).starts_with(quote) {
        return Some(scalar.start);
    }
    let between = place.source.slice(Span::new(scalar.end.min(closed), closed));
    let begins = |at: &usize| {
        let before = between.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with([' ', '\t', '\n', '[', '{', ',', ':'])
    };
    let found = between.match_indices(quote).map(|(at, _)| at).find(begins)?;
    Some(scalar.end + found)
}

/// How far behind the place an unknown escape stands.
fn first_escape(place: &Place<'_>) -> Option<usize> {
    super::syntax::unknown_escape_in(place.rest())
}

/// A bracket after which the lines go on as if it had been closed.
fn bracket(place: &Place<'_>) -> Option<Diagnostic> {
    let open = unread_bracket(place).or(place.innermost_bracket)?;
    let line = place.source.line_at(place.offset);
    let resumes = place.source.line_start(open.start) < place.source.line_start(place.offset)
        && indentation(line) <= indentation(place.source.line_at(open.start))
        && !line.trim_start().starts_with([']', '}']);
    if !resumes {
        return None;
    }
    let line = Place { offset: place.source.line_end(open.start), ..*place };
    match line.template_start().filter(|start| *start >= open.start) {
        // `[{{x}}"]`: its braces are no brackets.
        Some(start) => Some(unquoted_template(place.source, line.value_from(start))),
        None => Some(super::syntax::unclosed_bracket(place.source, open)),
    }
}

/// The innermost bracket that is open in what stands between the last text that was read and the
/// place: the parser looks ahead before it tells of brackets.
fn unread_bracket(place: &Place<'_>) -> Option<Span> {
    let start = place.last_scalar?.end;
    let mut open = Vec::new();
    let mut quote = None;
    for (at, c) in place.source.slice(Span::new(start, place.offset)).char_indices() {
        match c {
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            '[' | '{' if quote.is_none() => open.push(Span::new(start + at, start + at + 1)),
            ']' | '}' if quote.is_none() => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// The first line above that begins in a column which this line just misses.
pub(super) fn missed_column(source: &Source, offset: usize) -> Option<Span> {
    let start = source.line_start(offset);
    let own = indentation(source.line_at(offset));
    let mut nearest: Option<(usize, usize)> = None;
    let mut end = start;
    while let Some(line_start) = end.checked_sub(1).map(|before| source.line_start(before)) {
        let line = source.line_at(line_start);
        let column = indentation(line);
        end = line_start;
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if column < own {
            break;
        }
        if column > own && nearest.is_none_or(|(least, _)| column <= least) {
            nearest = Some((column, line_start + column));
        }
    }
    let (_, at) = nearest?;
    Some(Span::new(at, source.line_end(at)))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
