//! From a place in a string to the place in the source where it was written.

use std::ops::Range;

use super::Span;
use super::node::{Node, Notation};
use crate::mapping::diagnostic::Source;

/// None where the text was not written as it reads, so that the place is unknown.
pub(super) fn locate(node: &Node, source: &Source, range: Range<usize>) -> Option<Span> {
    let value = node.as_str()?;
    value.get(range.clone())?;
    let start = match node.notation {
        Notation::Plain => on_one_line(value, source.slice(node.span), &range)?,
        Notation::SingleQuoted | Notation::DoubleQuoted => {
            let written = source.slice(node.span);
            let inner = written.get(1..written.len().checked_sub(1)?)?;
            on_one_line(value, inner, &range)? + 1
        }
        Notation::Literal => in_block(value, source, node.span, &range)?,
        Notation::Folded | Notation::Block | Notation::Flow => return None,
    };
    let start = node.span.start + start;
    Some(Span::new(start, start + range.len()))
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
