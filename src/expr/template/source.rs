//! Where the parts of a compiled template stand in the text that it was written in.

use std::ops::Range;

/// From an expression's opening braces to its closing ones; of `${…}` likewise.
pub(super) fn expression(source: &str, at: usize) -> Range<usize> {
    let rest = source.get(at..).unwrap_or_default();
    let closing = if rest.starts_with("${") { "}" } else { "}}" };
    let length = rest.find(closing).map_or(rest.len(), |end| {
        let braces = rest[end..].bytes().take_while(|byte| *byte == b'}');
        end + braces.count().min(if closing == "}" { 1 } else { usize::MAX })
    });
    at..at + length
}

/// Where a literal text begins that the parser says is at `anchor`. The parser skips white space
/// there that belongs to the text, and leaves white space out that does not; of a text that is
/// nothing but white space it may tell where it ends.
pub(super) fn begin(source: &str, anchor: usize, text: &str) -> usize {
    let (before, rest) = source.split_at_checked(anchor).unwrap_or((source, ""));
    let lead = text.len() - text.trim_start().len();
    if lead == text.len() {
        return if before.ends_with(text) { anchor - lead } else { anchor };
    }
    let solid = anchor + rest.len() - rest.trim_start().len();
    let before = source.get(..solid).unwrap_or_default();
    if before.ends_with(&text[..lead]) { solid - lead } else { solid }
}

/// Goes along the source as the characters of a literal text are met. The text may lack characters
/// that the source has: the backslash of `\{{`, and a `$` of `$${`.
pub(super) struct Walk<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Walk<'s> {
    pub(super) fn new(source: &'s str, at: usize) -> Self {
        Self { source, at }
    }

    /// The place of the next character of the text; empty if it isn't there, whatever the reason.
    pub(super) fn next(&mut self, c: char) -> Range<usize> {
        let rest = self.source.get(self.at..).unwrap_or_default();
        if !rest.starts_with(c) {
            match rest.strip_prefix(['\\', '$']) {
                Some(rest) if rest.starts_with(c) => self.at += 1,
                _ => return self.at..self.at,
            }
        }
        let start = self.at;
        self.at += c.len_utf8();
        start..self.at
    }

    /// Where `text` ends.
    pub(super) fn along(mut self, text: &str) -> usize {
        for c in text.chars() {
            self.next(c);
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_goes_from_braces_to_braces() {
        for (source, at, expected) in [
            ("a{{b}}c", 1, "{{b}}"),
            ("{{{b}}}c", 0, "{{{b}}}"),
            ("x${A}}}", 1, "${A}"),
            ("{{#if a}}b", 0, "{{#if a}}"),
            ("{{a", 0, "{{a"),
        ] {
            assert_eq!(&source[expression(source, at)], expected, "{source}");
        }
    }

    #[test]
    fn a_text_is_found_with_the_white_space_that_belongs_to_it() {
        for (source, anchor, text, expected) in [
            ("{{a}} b", 6, " b", 5),
            ("{{a}} b", 5, " b", 5),
            ("{{a~}} b", 7, "b", 7),
            ("{{a}} {{b}}", 6, " ", 5),
            ("{{a}}\n", 5, "\n", 5),
            ("{{#if a}}\n  b", 12, "  b", 10),
            ("", 0, "", 0),
            ("a", 9, "b", 9),
        ] {
            assert_eq!(begin(source, anchor, text), expected, "{source:?}");
        }
    }

    #[test]
    fn a_walk_passes_what_escapes() {
        let source = "ä\\{{$${b} \\c";
        let mut walk = Walk::new(source, 0);
        let places: Vec<&str> = "ä{{${b} \\c".chars().map(|c| &source[walk.next(c)]).collect();
        assert_eq!(places, ["ä", "{", "{", "$", "{", "b", "}", " ", "\\", "c"]);
        assert!(walk.next('x').is_empty());
        assert_eq!(Walk::new(source, 0).along("ä{{${b} \\c"), source.len());
    }
}
