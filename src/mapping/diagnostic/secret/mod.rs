//! Secrets that are written in a file: what is said about the file shows none of them.
//!
//! They are found by the names of keys in the text as it is: it may not be YAML at all, and what it
//! means may be the very thing that could not be found out.

mod inline;
mod keys;
mod lines;
mod names;
mod scan;
#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;
use std::ops::Range;

use super::Span;

/// What a secret shows as in a message.
const HIDDEN: &str = "***";

/// Of a secret, parts of so many bytes are recognized wherever they are.
const PART: usize = 6;

/// Where secrets stand in a text, and how to recognize them elsewhere.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// In order and apart.
    ranges: Vec<Range<usize>>,
    /// All parts of all secrets, in order.
    parts: Vec<[u8; PART]>,
}

impl Hidden {
    /// What the keys of a file say is secret.
    pub(super) fn of(text: &str) -> Self {
        Self::new(text, scan::hidden(text))
    }

    /// The same, with more that is known to be secret.
    pub(super) fn and(&self, text: &str, more: impl IntoIterator<Item = Range<usize>>) -> Self {
        Self::new(text, self.ranges.iter().cloned().chain(more).collect())
    }

    fn new(text: &str, ranges: Vec<Range<usize>>) -> Self {
        let ranges = in_order_and_apart(ranges);
        let secrets = ranges.iter().map(|range| &text.as_bytes()[range.clone()]);
        let parts = secrets.flat_map(|secret| secret.windows(PART));
        let mut parts: Vec<[u8; PART]> = parts.filter_map(|part| part.try_into().ok()).collect();
        parts.sort_unstable();
        parts.dedup();
        Self { ranges, parts }
    }

    /// Whether the character at a place is a secret's.
    pub(super) fn has(&self, at: usize) -> bool {
        self.touching(Span::new(at, at + 1)).next().is_some()
    }

    /// The secrets that a span is a part of, or a part of which it is.
    fn touching(&self, span: Span) -> impl Iterator<Item = &Range<usize>> {
        let first = self.ranges.partition_point(|range| range.end <= span.start);
        self.ranges[first..].iter().take_while(move |range| range.start < span.end)
    }

    /// What is said of some places of the text, without the secrets that it repeats.
    pub(super) fn mask<'m>(&self, text: &str, places: &[Span], message: &'m str) -> Cow<'m, str> {
        let mut found = self.parts_in(message);
        for range in places.iter().flat_map(|place| self.touching(*place)).take(MOST_TOUCHED) {
            words_in(message, &text[range.clone()], &mut found);
        }
        if found.is_empty() {
            return Cow::Borrowed(message);
        }
        let mut masked = String::with_capacity(message.len());
        let mut at = 0;
        for range in in_order_and_apart(found) {
            let start = message.floor_char_boundary(range.start).max(at);
            masked.push_str(&message[at..start]);
            masked.push_str(HIDDEN);
            at = message.ceil_char_boundary(range.end);
        }
        masked.push_str(&message[at..]);
        Cow::Owned(masked)
    }

    fn parts_in(&self, message: &str) -> Vec<Range<usize>> {
        let windows = message.as_bytes().windows(PART).enumerate();
        let known = windows.filter(|(_, part)| {
            self.parts.binary_search_by(|known| known.as_slice().cmp(part)).is_ok()
        });
        known.map(|(at, _)| at..at + PART).collect()
    }
}

/// A finding marks few values, unless it marks far too many.
const MOST_TOUCHED: usize = 50;

/// Where a message repeats a secret, or a word of one, that may be too short to be recognized
/// anywhere.
fn words_in(message: &str, secret: &str, found: &mut Vec<Range<usize>>) {
    let separates = |c: char| c.is_whitespace() || ",:;\"'`{}[]()".contains(c);
    let words = [secret]
        .into_iter()
        .chain(secret.strip_prefix('+'))
        .chain(secret.split(separates))
        .take(MOST_WORDS);
    for word in words {
        let word = word.trim_matches(separates);
        if word.is_empty() || word.len() > LONGEST_WORD {
            continue;
        }
        let quotes = |c: Option<char>| c.is_none_or(|c| "\"'`".contains(c));
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        let ends = if word.len() < SHORTEST_WORD { &quotes as &dyn Fn(_) -> _ } else { &apart };
        for (at, _) in message.match_indices(word) {
            let end = at + word.len();
            if ends(message[..at].chars().next_back()) && ends(message[end..].chars().next()) {
                found.push(at..end);
            }
        }
    }
}

/// Nobody's secret has more words, unless they are found by their parts.
const MOST_WORDS: usize = 50;

/// Shorter words are looked for in quotes only, in bytes.
const SHORTEST_WORD: usize = 3;

/// Longer ones are recognized by their parts.
const LONGEST_WORD: usize = 64;

fn in_order_and_apart(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}
