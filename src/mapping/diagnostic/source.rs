//! A file's text and places in it.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::secret::Hidden;
use crate::telemetry::mask::Secrets;

/// A byte range in the source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The same as a range, for slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// A place as people count: both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// A file that was read, or that should have been: its name as shown, and its text. Cheap to clone.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    name: Box<str>,
    text: Box<str>,
    line_starts: Vec<usize>,
    /// Where secrets stand; looked for when something is first told of the file.
    hidden: OnceLock<Hidden>,
}

impl Source {
    /// A file under the name that messages show, usually its path as the user gave it.
    pub fn new(name: impl Into<Box<str>>, text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self(Arc::new(Inner { name: name.into(), text, line_starts, hidden: OnceLock::new() }))
    }

    /// The same file, of which it is known that these are secrets, too.
    pub(super) fn knowing(&self, secrets: &Secrets) -> Self {
        let more = secrets.places(self.text());
        if more.is_empty() {
            return self.clone();
        }
        let knowing = Self::new(self.name(), self.text());
        drop(knowing.0.hidden.set(self.hidden().and(self.text(), more)));
        knowing
    }

    /// The secrets that are written in it.
    pub(super) fn hidden(&self) -> &Hidden {
        self.0.hidden.get_or_init(|| Hidden::of(self.text()))
    }

    /// A file of which only the name is known, because it could not be read.
    pub fn unread(name: impl Into<Box<str>>) -> Self {
        Self::new(name, "")
    }

    /// The name as shown.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text of a span; empty where the span is none of this file's.
    pub fn slice(&self, span: Span) -> &str {
        self.text().get(span.range()).unwrap_or_default()
    }

    /// Where a byte offset lies. An offset past the end counts as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.line_of(offset);
        let start = self.0.line_starts.get(line).copied().unwrap_or_default();
        let before = self.text().get(start..offset).unwrap_or_default();
        // A byte order mark is invisible: editors do not count it as a column.
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        Position { line: line + 1, column }
    }

    /// From a place to the end of its line.
    pub fn span_at(&self, position: Position) -> Span {
        let line = self.0.line_starts.get(position.line.saturating_sub(1)).copied();
        let line = line.unwrap_or(self.text().len());
        let end = self.line_end(line);
        let before = self.text().get(line..end).unwrap_or_default().char_indices();
        let start = before.map(|(at, _)| line + at).nth(position.column.saturating_sub(1));
        Span::new(start.unwrap_or(end), end)
    }

    /// The line, without its line break, in which a byte offset lies.
    pub fn line_at(&self, offset: usize) -> &str {
        let (first, last) = (self.line_start(offset), self.line_end(offset));
        self.text().get(first..last).unwrap_or_default()
    }

    /// The byte at which the line of `offset` begins.
    pub fn line_start(&self, offset: usize) -> usize {
        let line = self.line_of(self.floor(offset));
        self.0.line_starts.get(line).copied().unwrap_or_default()
    }

    /// The byte at which the line of `offset` ends, before its line break.
    pub fn line_end(&self, offset: usize) -> usize {
        let start = self.line_start(offset);
        let end = self.next_line(offset).map_or(self.text().len(), |next| next - 1);
        let line = self.text().get(start..end).unwrap_or_default();
        start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// The byte at which the line after that of `offset` begins, if there is one.
    pub fn next_line(&self, offset: usize) -> Option<usize> {
        self.0.line_starts.get(self.line_of(self.floor(offset)) + 1).copied()
    }

    fn line_of(&self, offset: usize) -> usize {
        self.0.line_starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The nearest character boundary at or before `offset`.
    pub(super) fn floor(&self, offset: usize) -> usize {
        let nearest = (0..=offset.min(self.text().len())).rev();
        nearest.take(4).find(|at| self.text().is_char_boundary(*at)).unwrap_or_default()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name()).finish()
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.name() == other.name() && self.text() == other.text())
    }
}

impl Eq for Source {}
