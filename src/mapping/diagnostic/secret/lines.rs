//! Lines of YAML as their author sees them, whether or not they can be parsed.

/// A line that is not blank.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    /// Where its first character stands that is no blank.
    pub(super) start: usize,
    /// How many bytes stand before it.
    pub(super) blank: usize,
    /// How far that is indented; a tab goes farther than any spaces.
    pub(super) indentation: usize,
    /// From there to its end, without blanks.
    pub(super) text: &'t str,
}

/// What a tab counts for: what it indents was meant to stand deeper.
const TAB: usize = 8;

impl<'t> Line<'t> {
    /// The line that begins at `at`, unless it is blank.
    pub(super) fn at(text: &'t str, at: usize) -> Option<Self> {
        let whole = text.get(at..)?.split('\n').next()?;
        let visible = whole.trim_start_matches(is_blank);
        let blank = whole.len() - visible.len();
        let text = visible.trim_end();
        let indentation = columns(&whole[..blank]);
        (!text.is_empty()).then_some(Self { start: at + blank, blank, indentation, text })
    }

    /// The first line from `at`, which begins a line, that is not blank.
    pub(super) fn from(text: &'t str, at: usize) -> Option<Self> {
        let rest = text.get(at..)?;
        let blank = &rest[..rest.len() - rest.trim_start_matches(is_blank).len()];
        Self::at(text, at + blank.rfind('\n').map_or(0, |found| found + 1))
    }

    pub(super) fn is_item(&self) -> bool {
        self.text == "-" || self.text.starts_with("- ") || self.text.starts_with("-\t")
    }

    pub(super) fn is_comment(&self) -> bool {
        self.text.starts_with('#')
    }

    pub(super) fn is_marker(&self) -> bool {
        self.indentation == 0 && (self.text.starts_with("---") || self.text.starts_with("..."))
    }

    /// Whether it looks like a list item, or a key with its value.
    pub(super) fn is_structure(&self) -> bool {
        self.is_item()
            || self.text.starts_with("? ")
            || self.text.starts_with(": ")
            || self.key_end().is_some()
    }

    pub(super) fn closes(&self) -> bool {
        self.text.starts_with(['}', ']'])
    }

    fn key_end(&self) -> Option<usize> {
        key_end(self.text)
    }
}

/// No author's key is longer, in bytes.
pub(super) const LONGEST_KEY: usize = 128;

/// Where the colon stands behind the key with which a text begins, if it begins with one that has
/// no blanks.
pub(super) fn key_end(text: &str) -> Option<usize> {
    let near = &text[..text.floor_char_boundary(LONGEST_KEY)];
    let name_end = match near.chars().next()? {
        quote @ ('"' | '\'') => near[1..].find(quote)? + 2,
        _ => near.find([':', ' ', '\t', ',', '#', '{', '}', '[', ']', '"', '\''])?,
    };
    let colon = name_end + (near[name_end..].len() - near[name_end..].trim_start().len());
    (name_end > 0 && near[colon..].starts_with(':') && ends_key(&text[colon + 1..]))
        .then_some(colon)
}

/// Whether what follows a colon lets it end a key; a blank may have been forgotten.
pub(super) fn ends_key(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| is_blank(c) || "\"'{[".contains(c))
}

pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if c == '\t' { TAB } else { usize::from(c != '\u{feff}') }).sum()
}
