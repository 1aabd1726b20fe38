//! The lines of a file that a finding shows, made fit for a terminal, and secrets made illegible.

use std::ops::Range;

use super::{Source, Span};

/// Of a longer line only the surroundings of what is marked are shown. In bytes.
const LONG_LINE: usize = 200;
const AROUND_MARK: usize = 160;
const BEFORE_MARK: usize = 60;

/// Some lines, and where the marks are in them.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// The number of the first line, from 1.
    pub(super) first_line: usize,
    /// One for each span, in the same order.
    pub(super) marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// The lines from the first span to the last. Of a span over several lines the first one is
    /// marked: where a mapping is wrong as a whole, its first line names it, and marking all of it
    /// would hide the place.
    pub(super) fn new(source: &Source, spans: &[Span]) -> Self {
        let spans: Vec<_> = spans.iter().map(|span| on_first_line(source, *span)).collect();
        let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
        let end = spans.iter().map(|span| span.end).max().unwrap_or_default();
        let mut excerpt = Excerpt {
            text: String::new(),
            first_line: source.position(start).line,
            marks: vec![0..0; spans.len()],
        };
        let mut next = Some(source.line_start(start));
        while let Some(line) = next.filter(|line| *line <= end) {
            excerpt.add_line(source, Span::new(line, source.line_end(line)), &spans);
            next = source.next_line(line);
        }
        excerpt
    }

    fn add_line(&mut self, source: &Source, line: Span, spans: &[Span]) {
        let on_line = |span: &Span| (line.start..=line.end).contains(&span.start);
        let marked = spans.iter().filter(|span| on_line(span)).copied().reduce(Span::to);
        let shown = shown(source, line, marked);
        if line.start < shown.start {
            self.text.push('…');
        }
        let offset = self.text.len();
        let place = |at: usize| {
            let before = Span::new(shown.start, at.clamp(shown.start, shown.end));
            offset + legible(source, before).len()
        };
        for (mark, span) in self.marks.iter_mut().zip(spans).filter(|(_, span)| on_line(span)) {
            *mark = place(span.start)..place(span.end);
        }
        self.text.push_str(&legible(source, shown));
        if shown.end < line.end {
            self.text.push('…');
        }
        self.text.push('\n');
    }
}

fn shown(source: &Source, line: Span, marked: Option<Span>) -> Span {
    if line.end - line.start <= LONG_LINE {
        return line;
    }
    let mark = marked.unwrap_or(Span::new(line.start, line.start));
    let start = mark.start.saturating_sub(BEFORE_MARK).max(line.start);
    let end = (start + AROUND_MARK).min(line.end);
    Span::new(source.floor(start), source.floor(end))
}

fn on_first_line(source: &Source, span: Span) -> Span {
    let start = source.floor(span.start);
    let end = source.floor(span.end).min(source.line_end(start));
    Span::new(start, end.max(start))
}

/// The text of a span, with a star for each character of a secret: nothing moves.
fn legible(source: &Source, span: Span) -> String {
    let hidden = source.hidden();
    let characters = source.slice(span).char_indices();
    let star = |(at, c)| if hidden.has(span.start + at) { '*' } else { c };
    printable(&characters.map(star).collect::<String>())
}

/// Text without what would steer a terminal: control characters (a tab apart, which the snippet
/// widens), and marks that turn the direction of writing.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| *c != '\u{feff}').map(visible).collect()
}

/// Whether a character does nothing to a terminal but show.
pub fn is_printable(c: char) -> bool {
    c != '\t' && c != '\u{feff}' && visible(c) == c
}

fn visible(c: char) -> char {
    match c {
        '\t' => c,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => c,
    }
}
