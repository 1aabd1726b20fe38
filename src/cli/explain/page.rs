//! A page for people: every text that comes onto it is made fit for a terminal.

use crate::mapping::diagnostic::{Style, printable};

/// How something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    /// Names that one looks for.
    Strong,
    /// What one reads if one wants to know more.
    Faint,
    Good,
    Bad,
    /// What somebody should do something about.
    Notice,
}

impl Ink {
    /// What switches a terminal to it (ECMA-48, section 8.3.117).
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\u{1b}[1m",
            Self::Faint => "\u{1b}[2m",
            Self::Good => "\u{1b}[32m",
            Self::Bad => "\u{1b}[31m",
            Self::Notice => "\u{1b}[33m",
        }
    }
}

/// Columns of one level.
const INDENT: usize = 2;

/// Written from top to bottom.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    style: Style,
}

impl Page {
    pub fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    pub fn into_text(mut self) -> String {
        self.end();
        self.text
    }

    /// Begins a line, so many levels in.
    pub fn line(&mut self, depth: usize) -> &mut Self {
        self.end();
        self.text.extend(std::iter::repeat_n(' ', depth * INDENT));
        self
    }

    /// An empty line, unless the page is empty or there is one already.
    pub fn blank(&mut self) -> &mut Self {
        self.end();
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self
    }

    /// Goes on with the line.
    pub fn put(&mut self, text: &str) -> &mut Self {
        self.ink(Ink::Plain, text)
    }

    pub fn ink(&mut self, ink: Ink, text: &str) -> &mut Self {
        let code = if self.style == Style::Colour { ink.code() } else { "" };
        self.text.push_str(code);
        self.text.push_str(&printable(text));
        if !code.is_empty() {
            self.text.push_str("\u{1b}[0m");
        }
        self
    }

    /// Lines of a text as they are.
    pub fn block(&mut self, depth: usize, text: &str) -> &mut Self {
        for line in text.lines() {
            match line.is_empty() {
                true => self.end_with_empty_line(),
                false => self.line(depth).put(line),
            };
        }
        self
    }

    fn end_with_empty_line(&mut self) -> &mut Self {
        self.end();
        self.text.push('\n');
        self
    }

    fn end(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(style: Style) -> String {
        let mut page = Page::new(style);
        page.line(0).put("a\u{1b}[31m").ink(Ink::Good, "b\u{9b}1m\r").put("\u{202e}c");
        page.blank().blank().line(2).put("d\ne");
        page.block(1, "f\n\n g\u{7}\n");
        page.into_text()
    }

    #[test]
    fn nothing_that_is_told_controls_the_terminal() {
        let plain = "a␛[31mb\u{fffd}1m␍\u{fffd}c\n\n    d␊e\n  f\n\n   g␇\n";
        assert_eq!(page(Style::Plain), plain);
        let inked = plain.replace("b\u{fffd}1m␍", "\u{1b}[32mb\u{fffd}1m␍\u{1b}[0m");
        assert_eq!(page(Style::Colour), inked);
    }
}
