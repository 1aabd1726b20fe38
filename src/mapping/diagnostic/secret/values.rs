//! How far values reach: those that are shown as YAML has it, hidden ones rather too far.

use super::inline::{self, Reference, Writing};
use super::lines::{LONGEST_KEY, Line, ends_key, is_blank, key_end};
use super::names::{Regime, is_secret};
use super::scan::{Pending, Scan};

impl Scan<'_, '_> {
    pub(super) fn value(&mut self, pending: Pending) {
        match pending.meaning.hides {
            true => self.hidden_value(pending.may_be_path, pending.column),
            false => self.shown_value(),
        }
    }

    /// Hides the value that begins here, of a key in that column.
    pub(super) fn hidden_value(&mut self, may_be_path: bool, column: usize) {
        let start = self.at;
        let end = match self.in_brackets() {
            true => self.hidden_end_in_brackets(),
            false => self.hidden_end_in_block(column),
        };
        if !inline::is_no_secret(&self.text[start..end], may_be_path) {
            self.hide(start..end);
        }
        self.at = end.max(start + self.rest().chars().next().map_or(0, char::len_utf8));
    }

    fn hidden_end_in_block(&self, column: usize) -> usize {
        let line = self.rest_of_line();
        let mut end = self.at + line.len();
        if line.starts_with(['"', '\'']) {
            if let Ok(closed) = quote_end(line, |_| false) {
                let follows = line[closed..].trim_start();
                let ends = follows.is_empty()
                    || (follows.starts_with('#') && follows.len() < line[closed..].len());
                return if ends { self.at + closed } else { end };
            }
        } else if let Some(comment) = comment_of(line)
            && refers_only(&line[..comment])
        {
            return self.at + comment;
        } else if refers_only(line) {
            return end;
        }
        while let Some(next) = self.continued(end, column) {
            end = next.start + next.text.len();
        }
        end
    }

    /// The line after the one that ends at `end`, if it seems to continue the value of a key in
    /// that column.
    fn continued(&self, end: usize, column: usize) -> Option<Line<'_>> {
        let line_break = self.text[end..].find('\n')?;
        let line = Line::from(self.text, end + line_break + 1)?;
        let deeper = line.indentation > column;
        let lost =
            !line.is_structure() && !line.is_comment() && !line.closes() && !line.is_marker();
        (deeper || lost).then_some(line)
    }

    fn hidden_end_in_brackets(&self) -> usize {
        let text = self.rest();
        let mut at = 0;
        if text.starts_with(['"', '\'']) {
            match quote_end(text, |at| self.leaves_brackets(self.at + at + 1)) {
                Ok(closed) if ends_member(&text[closed..]) => return self.at + closed,
                Ok(closed) => at = closed,
                Err(unclosed) => return self.at + unclosed,
            }
        }
        let mut end = self.at + at;
        loop {
            let line = self.line_from(end);
            let length = member_end(line);
            end += length;
            let next = Line::from(self.text, end).filter(|_| length == line.len());
            match next.filter(|line| !line.is_structure() && !line.closes() && !line.is_comment()) {
                Some(next) => end = next.start,
                None => return end,
            }
        }
    }

    fn shown_value(&mut self) {
        let start = self.at;
        let line = self.rest_of_line();
        let quoted = line.starts_with(['"', '\'']).then(|| self.shown_quote_end());
        let end = start + quoted.unwrap_or_else(|| self.plain_end(line, false)).max(1);
        self.at = end.min(self.text.len());
        if quoted.is_some() && start >= self.misquoted && !ends_member(self.rest()) {
            // One of the quotes is lost or too many: what is within and what is not, nobody knows.
            let follows = self.rest_of_line();
            self.misquoted = self.at + follows.floor_char_boundary(LONGEST);
            self.show(start..self.misquoted, Writing::Plain);
        }
        let writing = if quoted.is_some() { Writing::Prose } else { Writing::Plain };
        // A harmless value with a key in it swallowed that, and what belongs to it.
        match self.regime() >= Regime::Keys && holds_key(&self.text[start..self.at]) {
            true => self.hide(start..self.at),
            false => self.show(start..self.at, writing),
        }
    }

    /// A quoted text may go on over lines, unless they look as if it should have ended before them.
    fn shown_quote_end(&self) -> usize {
        let is_structure = |at: usize| {
            Line::at(self.text, self.at + at + 1).is_some_and(|line| line.is_structure())
        };
        quote_end(self.rest(), is_structure).unwrap_or_else(|_| self.rest_of_line().len())
    }

    /// A text that is neither a key nor a value: perhaps a key that lost its colon.
    pub(super) fn lost_colon(&mut self) {
        let word = if self.in_brackets() { None } else { self.secret_word() };
        let Some(word) = word else {
            return self.shown_value();
        };
        let column = self.column();
        let behind = &self.rest()[word..];
        self.at += word + behind.len() - behind.trim_start_matches(is_blank).len();
        self.hidden_value(false, column);
    }

    /// The length of the word that is here, if a blank follows it and it is what secrets are called.
    fn secret_word(&self) -> Option<usize> {
        let line = self.rest_of_line();
        let near = &line[..line.floor_char_boundary(LONGEST_KEY)];
        near.find(is_blank).filter(|word| is_secret(&near[..*word]))
    }

    /// The length of the text without quotes with which the line begins.
    pub(super) fn plain_end(&self, line: &str, as_key: bool) -> usize {
        let mut at = 0;
        while let Some(c) = line[at..].chars().next() {
            let rest = &line[at + c.len_utf8()..];
            if let Some(reference) = Reference::at(&line[at..]) {
                at += reference.length;
                continue;
            }
            let ends = match c {
                ':' => as_key && ends_key(rest),
                '#' => at > 0 && line[..at].ends_with(is_blank),
                ',' | '{' | '}' | '[' | ']' => self.in_brackets(),
                _ => false,
            };
            if ends {
                return line[..at].trim_end().len();
            }
            at += c.len_utf8();
        }
        line.len()
    }

    /// Whether a block of text begins here, rather than a text with one of its signs.
    pub(super) fn begins_block(&self) -> bool {
        let header = self.rest_of_line();
        let signs =
            header[1..].trim_start_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        !self.in_brackets()
            && (signs.trim_start().is_empty()
                || signs.trim_start().starts_with('#') && signs.starts_with(is_blank))
    }

    /// A block of text, with all lines that are indented further than its key.
    pub(super) fn block(&mut self) {
        let pending = self.pending.take();
        let hides = pending.map_or(self.regime() >= Regime::Keys, |p| p.meaning.hides);
        let column = pending.map_or_else(|| self.column().saturating_sub(1), |p| p.column);
        let mut end = self.at + self.rest_of_line().len();
        while let Some(line) = self.continued(end, column) {
            if !hides && line.indentation <= column {
                break;
            }
            let (start, length) = (line.start, line.text.len());
            match hides {
                true => self.hide(start..start + length),
                false => self.show(start..start + length, Writing::Prose),
            }
            end = start + length;
        }
        self.at = end;
    }

    pub(super) fn comment(&mut self) {
        let line = self.rest_of_line();
        let glued = line.chars().nth(1).is_some_and(|c| !is_blank(c) && c != '#');
        let empty_secret = self.pending.is_some_and(|p| p.meaning.hides && p.on_its_line);
        match glued && empty_secret {
            true => self.hide(self.at..self.at + line.len()),
            // What begins the comment is what it says.
            false => self.show(self.at + 1..self.at + line.len(), Writing::Prose),
        }
        self.at += line.len();
    }
}

/// No text that only refers to others is longer, in bytes.
const LONGEST: usize = 1 << 10;

/// Where, on this line, a comma or a bracket ends a member, rather than being a part of it.
pub(super) fn member_end(line: &str) -> usize {
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at + c.len_utf8()..];
        if let Some(reference) = Reference::at(&line[at..]) {
            at += reference.length;
            continue;
        }
        let ends = match c {
            ',' => {
                let next = rest.trim_start();
                next.is_empty() || next.starts_with(['#', '{', '[']) || key_end(next).is_some()
            }
            '}' | ']' => ends_member(rest),
            '#' => line[..at].ends_with(is_blank) && at < LONGEST && refers_only(&line[..at]),
            _ => false,
        };
        if ends {
            return line[..at].trim_end().len();
        }
        at += c.len_utf8();
    }
    line.len()
}

/// The length of the quoted text with which `text` begins; or where it should have ended: before a
/// line break, or at the end of the text.
pub(super) fn quote_end(text: &str, ends_before: impl Fn(usize) -> bool) -> Result<usize, usize> {
    let quote = text.chars().next().unwrap_or_default();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if quote == '"' => {
                characters.next();
            }
            '\'' if quote == '\'' && characters.peek().is_some_and(|(_, c)| *c == '\'') => {
                characters.next();
            }
            '\n' if ends_before(at) => return Err(at),
            c if c == quote => return Ok(at + 1),
            _ => {}
        }
    }
    Err(text.len())
}

/// Whether what follows a bracket or a quote lets it end a member.
fn ends_member(rest: &str) -> bool {
    let next = rest.trim_start_matches([' ', '\t', '\r']);
    next.is_empty() || next.starts_with(['\n', ',', '}', ']', '#', ':'])
}

fn comment_of(line: &str) -> Option<usize> {
    line.match_indices('#').map(|(at, _)| at).find(|at| line[..*at].ends_with(is_blank))
}

fn holds_key(text: &str) -> bool {
    text.match_indices(':').any(|(at, _)| ends_key(&text[at + 1..]))
}

/// Whether a text says nothing by itself.
fn refers_only(text: &str) -> bool {
    let mut literals = Vec::new();
    inline::literals(text.trim(), &mut literals);
    let is_literal =
        |range: std::ops::Range<usize>| text.trim()[range].chars().any(char::is_alphanumeric);
    inline::is_no_secret(text, false) || !literals.into_iter().any(is_literal)
}
