//! From a place in a string to the place in the source where it was written.

use std::ops::Range;
use std::str::CharIndices;

use super::Span;
use super::node::{Node, Notation};
use crate::mapping::diagnostic::Source;

/// None where the text was not written as it reads, so that the place is unknown.
pub(super) fn locate(node: &Node, source: &Source, range: Range<usize>) -> Option<Span> {
    let value = node.as_str()?;
    value.get(range.clone())?;
    let written = source.slice(node.span);
    let (quote, inner) = match node.notation {
        Notation::SingleQuoted | Notation::DoubleQuoted => {
            (1, written.get(1..written.len().checked_sub(1)?)?)
        }
        Notation::Plain | Notation::Literal | Notation::Folded => (0, written),
        Notation::Block | Notation::Flow => return None,
    };
    let as_it_reads = match node.notation {
        Notation::Literal => in_block(value, source, node.span, &range),
        Notation::Folded => None,
        _ => on_one_line(value, inner, &range),
    };
    let found = match as_it_reads {
        Some(start) => start..start + range.len(),
        None => by_characters(value, inner, node.notation, &range)?,
    };
    let start = node.span.start + quote;
    Some(Span::new(start + found.start, start + found.end))
}

/// Farther into a text than this nobody looks for a place: looking costs as much as the way.
const FARTHEST: usize = 4 << 10;

/// The place in a text of which lines were folded, or quotes hold escapes: the characters that are
/// no blanks stand in it in the same order.
fn by_characters(
    value: &str,
    written: &str,
    notation: Notation,
    range: &Range<usize>,
) -> Option<Range<usize>> {
    if range.end > FARTHEST {
        return None;
    }
    let mut rest = written.char_indices();
    let mut found: Option<Range<usize>> = None;
    for (at, c) in value.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        if at >= range.end {
            break;
        }
        let (place, read) = next_visible(&mut rest, notation)?;
        if read != c {
            return None;
        }
        if at >= range.start {
            found = Some(found.map_or(place.start, |found| found.start)..place.end);
        }
    }
    found
}

/// The next character that is no blank, escapes undone, and where it was written.
fn next_visible(rest: &mut CharIndices<'_>, notation: Notation) -> Option<(Range<usize>, char)> {
    loop {
        let (at, c) = rest.next()?;
        let (end, c) = match (notation, c) {
            (Notation::SingleQuoted, '\'') => rest.next()?,
            (Notation::DoubleQuoted, '\\') => match rest.next()? {
                (_, 'n' | 't' | 'r' | ' ' | '\t' | '\r' | '\n') => continue,
                escaped @ (_, '"' | '\\' | '/') => escaped,
                _ => return None,
            },
            _ => (at, c),
        };
        if !c.is_whitespace() {
            return Some((at..end + c.len_utf8(), c));
        }
    }
}

/// The offset in what was written, if all that comes before the part, or all that follows it, was
/// written as it reads.
fn on_one_line(value: &str, written: &str, range: &Range<usize>) -> Option<usize> {
    if written.get(..range.end) == value.get(..range.end) {
        return Some(range.start);
    }
    let tail = value.get(range.start..)?;
    let exact = tail.len() <= written.len() && written.ends_with(tail);
    exact.then(|| written.len() - tail.len())
}

/// The offset from the span's start, if every line down to the part is a line of the source with
/// its indentation taken away. The span begins at the first line that is not blank.
fn in_block(value: &str, source: &Source, span: Span, range: &Range<usize>) -> Option<usize> {
    let text = value.trim_start_matches('\n');
    let mut line_in_value = value.len() - text.len();
    let mut line_in_source = source.line_start(span.start);
    for line in text.split('\n') {
        let written = source.line_at(line_in_source);
        let indentation = written.strip_suffix(line)?;
        if !indentation.bytes().all(|byte| byte == b' ') {
            return None;
        }
        let end = line_in_value + line.len();
        if range.start <= end {
            let column = indentation.len() + range.start.checked_sub(line_in_value)?;
            let within_line = range.end <= end;
            return within_line
                .then(|| (line_in_source + column).checked_sub(span.start))
                .flatten();
        }
        line_in_value = end + 1;
        line_in_source = source.next_line(line_in_source)?;
    }
    None
}
