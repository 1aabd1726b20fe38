//! The place where reading stopped, and what stands around it.

use super::Span;
use crate::mapping::diagnostic::Source;

/// Where reading stopped, and what came before.
pub(super) struct Place<'a> {
    pub(super) source: &'a Source,
    pub(super) offset: usize,
    /// The last scalar that was read.
    pub(super) last_scalar: Option<Span>,
    /// The last bracket that was opened and not closed.
    pub(super) innermost_bracket: Option<Span>,
    /// The first bracket that was opened and not closed.
    pub(super) outermost_bracket: Option<Span>,
}

impl Place<'_> {
    /// The character at which reading stopped.
    pub(super) fn here(&self) -> Span {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        Span::new(self.offset, self.offset + length)
    }

    /// The text from the place on.
    pub(super) fn rest(&self) -> &str {
        self.source.text().get(self.offset..).unwrap_or_default()
    }

    /// The text from the place to the end of its line.
    pub(super) fn rest_of_line(&self) -> &str {
        self.source.slice(Span::new(self.offset, self.source.line_end(self.offset)))
    }

    fn before_on_line(&self) -> &str {
        self.source.slice(Span::new(self.source.line_start(self.offset), self.offset))
    }

    /// Whether only indentation stands before it.
    pub(super) fn begins_line(&self) -> bool {
        self.before_on_line().trim().is_empty()
    }

    /// Whether a value may begin here.
    pub(super) fn begins_value(&self) -> bool {
        let before = self.before_on_line();
        let trimmed = before.trim_end();
        let apart = before.len() > trimmed.len();
        trimmed.is_empty()
            || trimmed.ends_with(['[', '{', ','])
            || (apart && trimmed.ends_with([':', '-']))
    }

    /// The last of several words before a colon: the key, if what is before it is the value of
    /// another one.
    pub(super) fn word_before_colon(&self) -> Option<Span> {
        let scalar = self.last_scalar.filter(|scalar| scalar.end == self.offset)?;
        let (before, _) = self.source.slice(scalar).rsplit_once(' ')?;
        self.rest().starts_with(':').then(|| Span::new(scalar.start + before.len() + 1, scalar.end))
    }

    /// The first `{{` of the line, up to the place, that stands where a value begins.
    pub(super) fn template_start(&self) -> Option<usize> {
        let line = self.source.line_at(self.offset);
        let line_start = self.source.line_start(self.offset);
        line.match_indices("{{")
            .map(|(at, _)| line_start + at)
            .find(|at| *at <= self.offset && Place { offset: *at, ..*self }.begins_value())
    }

    /// From `start` to where an author would say that the value ends: inside brackets at the comma
    /// or the closing bracket, elsewhere at the end of the line or before a comment.
    pub(super) fn value_from(&self, start: usize) -> Span {
        let line = self.source.slice(Span::new(start, self.source.line_end(start)));
        let in_brackets = self.outermost_bracket.is_some_and(|bracket| bracket.start < start);
        let value = match in_brackets {
            true => line.get(..balanced(line)).unwrap_or(line),
            false => line.split_once(" #").map_or(line, |(value, _)| value),
        };
        Span::new(start, start + value.trim_end().len())
    }

    /// The value of the line's key, as far as the line goes.
    pub(super) fn value_on_line(&self) -> Option<Span> {
        let start = self.source.line_start(self.offset);
        let (key, _) = self.source.line_at(self.offset).split_once(": ")?;
        let value = self.value_from(start + key.len() + 2);
        (value.start < self.offset).then_some(value)
    }

    /// The tabs with which this line is indented, or the next one if the place is at a line's end
    /// (or `look_ahead` says that it must be).
    pub(super) fn tab_in_indentation(&self, look_ahead: bool) -> Option<Span> {
        let this_line = self.source.line_start(self.offset);
        let ahead = look_ahead || self.rest_of_line().is_empty();
        let next_line = ahead.then(|| self.source.next_line(self.offset));
        [Some(this_line), next_line.flatten()].into_iter().flatten().find_map(|start| {
            let line = self.source.line_at(start);
            let indentation = line.get(..line.len() - line.trim_start().len())?;
            let first = indentation.find('\t')?;
            let last = indentation.rfind('\t')?;
            Some(Span::new(start + first, start + last + 1))
        })
    }
}

/// Where a comma or a closing bracket ends a value that may have brackets of its own.
fn balanced(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, character) in text.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' | ',' if depth == 0 => return at,
            ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}
