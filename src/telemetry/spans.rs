//! Stretches of a text that are to be hidden, and the text with them replaced.

use std::borrow::Cow;

/// What a secret shows as, and anything whose own mask would be ambiguous.
pub(super) const HIDDEN: &str = "***";

/// Bytes `start..end` of a text, both at character boundaries, and what to show for them.
#[derive(Debug)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub with: Cow<'static, str>,
}

/// `text` with every span replaced, and where its byte `limit` has moved to. A span that lies
/// across `limit` is replaced whole and moves it behind the replacement: cutting the result there
/// never shows half of what was to be hidden.
pub(super) fn replace<'t>(
    text: Cow<'t, str>,
    limit: usize,
    spans: Vec<Span>,
) -> (Cow<'t, str>, usize) {
    if spans.is_empty() {
        return (text, limit);
    }
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    let mut moved = None;
    for span in merge(spans) {
        if span.start >= limit && moved.is_none() {
            moved = Some(shown.len() + (limit - at));
        }
        shown.push_str(&text[at..span.start]);
        shown.push_str(&span.with);
        at = span.end;
        if span.end >= limit && moved.is_none() {
            moved = Some(shown.len());
        }
    }
    let moved = moved.unwrap_or_else(|| shown.len() + (limit - at));
    shown.push_str(&text[at..]);
    (Cow::Owned(shown), moved)
}

/// In order and apart: of spans within one another the longest stays, and those that overlap
/// otherwise become one.
fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| (span.start, usize::MAX - span.end));
    let mut apart = Vec::with_capacity(spans.len());
    for span in spans {
        push(&mut apart, span);
    }
    apart
}

/// Adds a span that does not begin before the last of them.
pub(super) fn push(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if span.start < last.end && span.end <= last.end => {}
        Some(last) if span.start < last.end => {
            last.end = span.end;
            last.with = Cow::Borrowed(HIDDEN);
        }
        _ => spans.push(span),
    }
}

/// The largest character boundary of `text` that is not above `index`.
pub(super) fn boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, limit: usize, spans: &[(usize, usize)]) -> (String, usize) {
        let spans = spans
            .iter()
            .map(|&(start, end)| Span { start, end, with: Cow::Borrowed("#") })
            .collect();
        let (text, limit) = replace(Cow::Borrowed(text), limit, spans);
        (text.into_owned(), limit)
    }

    #[test]
    fn the_longest_of_nested_spans_wins_and_overlapping_ones_become_one() {
        for (spans, shown) in [
            (vec![], "0123456789"),
            (vec![(2, 4)], "01#456789"),
            (vec![(4, 6), (2, 4)], "01##6789"),
            (vec![(3, 4), (2, 6), (2, 3)], "01#6789"),
            (vec![(2, 5), (4, 8)], "01***89"),
            (vec![(0, 10)], "#"),
        ] {
            assert_eq!(replaced("0123456789", 10, &spans).0, shown, "{spans:?}");
        }
    }

    #[test]
    fn a_limit_moves_with_the_text_and_never_into_a_replacement() {
        for (limit, spans, moved) in [
            (5, vec![], 5),
            (5, vec![(0, 3)], 3),
            (5, vec![(4, 7)], 5),
            (5, vec![(5, 7)], 5),
            (5, vec![(3, 5)], 4),
            (5, vec![(0, 2), (7, 9)], 4),
        ] {
            assert_eq!(replaced("0123456789", limit, &spans).1, moved, "{spans:?}");
        }
    }

    #[test]
    fn a_boundary_never_splits_a_character() {
        assert_eq!((boundary("aé", 2), boundary("aé", 3), boundary("aé", 9)), (1, 3, 3));
    }
}
