//! The grammar of JSONPath (RFC 9535, sections 2.1 to 2.5), read for its faults only: where a text
//! leaves it, why, and what to write instead. The crate that makes the tree knows no causes, and
//! takes some texts that the RFC refuses.

mod filter;
mod literal;

use std::ops::Range;

use super::PathFault;

/// Most brackets and parentheses inside each other.
const DEEPEST: usize = 32;

/// Whether a query selects at most one node (RFC 9535, section 2.3.5.1, `singular-query`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    One,
    Many,
}

/// The first fault of a path, if it has one.
pub(super) fn check(text: &str) -> Result<(), PathFault> {
    read(text).map_err(|fault| match fault.range {
        Some(range) if range.is_empty() => {
            PathFault { range: Some(word_at(text, range.start)), ..fault }
        }
        _ => fault,
    })
}

/// The number, word, operator or character that stands at a place.
fn word_at(text: &str, start: usize) -> Range<usize> {
    let rest = text.get(start..).unwrap_or_default();
    let is_operator = |c: char| "=!<>&|~".contains(c);
    let in_number = |c: char| c.is_ascii_alphanumeric() || "-+.".contains(c);
    let length = match rest.chars().next() {
        Some('-' | '0'..='9') => rest.find(|c| !in_number(c)).unwrap_or(rest.len()),
        Some(c) if in_name(c) => rest.find(|c| !in_name(c)).unwrap_or(rest.len()),
        Some(c) if is_operator(c) => rest.find(|c| !is_operator(c)).unwrap_or(rest.len()),
        Some('.') if rest.starts_with("..") => 2,
        other => other.map_or(0, char::len_utf8),
    };
    start..start + length
}

fn read(text: &str) -> Result<(), PathFault> {
    let mut reader = Reader { text, at: 0, open: Vec::new() };
    if !reader.eat("$") {
        return Err(reader.no_root());
    }
    reader.segments()?;
    match reader.peek() {
        None => Ok(()),
        Some(_) => Err(reader.stranger()),
    }
}

/// How far a text was read.
struct Reader<'t> {
    text: &'t str,
    /// Byte offset of what comes next.
    at: usize,
    /// Offsets of the brackets and parentheses that are still open.
    open: Vec<usize>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// What follows as long as it is of this kind.
    fn take(&mut self, kind: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !kind(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn blanks(&mut self) {
        self.take(is_blank);
    }

    fn segments(&mut self) -> Result<Reach, PathFault> {
        let mut reach = Reach::One;
        loop {
            let before = self.at;
            self.blanks();
            let start = self.at;
            let segment = if self.eat("..") {
                self.member(start, "..")?;
                Reach::Many
            } else if self.eat(".") {
                self.member(start, ".")?
            } else if self.peek() == Some('[') {
                self.brackets()?
            } else {
                self.at = before;
                return Ok(reach);
            };
            if segment == Reach::Many {
                reach = Reach::Many;
            }
        }
    }

    /// What may follow one dot, or two, which stand at `start`.
    fn member(&mut self, start: usize, dots: &str) -> Result<Reach, PathFault> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Reach::Many)
            }
            Some('[') if dots == ".." => self.brackets(),
            Some('[') => Err(fault(
                start,
                "a dot and a bracket do not stand together",
                "write `$.a[0]` or `$.a['b']`, without the dot",
            )),
            Some(c) if begins_name(c) => self.name(),
            Some(c) if is_blank(c) => {
                Err(fault(self.at, "a blank stands after a dot", "write `$.a.b`, without blanks"))
            }
            None | Some('.' | ']' | '(' | ')' | ',' | '=' | '!' | '<' | '>' | '&' | '|') => {
                Err(fault(
                    start,
                    format!("a name is missing after `{dots}`"),
                    "write a name or `*` there, or take the dot away",
                ))
            }
            Some('\'' | '"') => Err(fault(
                start,
                "a dot and a quote do not stand together",
                "write `['a name']`, with brackets and without the dot",
            )),
            Some(_) => Err(self.odd_name(self.at)),
        }
    }

    fn name(&mut self) -> Result<Reach, PathFault> {
        let start = self.at;
        self.take(in_name);
        match self.peek() {
            Some(c) if "-+/\\:;@#$%^~?{}`".contains(c) => Err(self.odd_name(start)),
            _ => Ok(Reach::One),
        }
    }

    /// A name that has to stand in brackets and quotes.
    fn odd_name(&mut self, start: usize) -> PathFault {
        self.at = start;
        let name = self.take(|c| !is_blank(c) && !".[](),=!<>&|'\"".contains(c));
        let (message, help) = if name.bytes().all(|byte| byte.is_ascii_digit()) {
            (
                "a name after a dot does not begin with a digit",
                format!("write `[{name}]` for a position, `['{name}']` for a name"),
            )
        } else {
            (
                "this is not a name that can stand after a dot: those have letters, digits and `_`",
                format!("write `['{name}']` in place of `.{name}`"),
            )
        };
        PathFault { range: Some(start..self.at), ..fault(start, message, help) }
    }

    fn brackets(&mut self) -> Result<Reach, PathFault> {
        let open = self.at;
        self.enter()?;
        if self.peek() == Some(']') {
            return Err(fault(
                open,
                "nothing stands between these brackets",
                "write e.g. `[0]`, `[*]`, `['name']` or `[?@.name == 'x']`",
            ));
        }
        let mut reach = self.selector()?;
        loop {
            self.blanks();
            match self.peek() {
                Some(']') => {
                    self.leave();
                    return Ok(reach);
                }
                Some(',') => {
                    self.at += 1;
                    self.blanks();
                    self.selector()?;
                    reach = Reach::Many;
                }
                Some(')') => return Err(self.closes_nothing()),
                None => return Err(self.unclosed()),
                Some(_) => {
                    return Err(fault(
                        self.at,
                        "`,` or `]` is missing before this",
                        "brackets hold one selector, or several with commas between them",
                    ));
                }
            }
        }
    }

    fn selector(&mut self) -> Result<Reach, PathFault> {
        match self.peek() {
            Some('\'' | '"') => self.string().map(|()| Reach::One),
            Some('*') => {
                self.at += 1;
                Ok(Reach::Many)
            }
            Some('?') => {
                self.at += 1;
                self.blanks();
                self.condition().map(|()| Reach::Many)
            }
            Some(':' | '-' | '0'..='9') => self.position_or_slice(),
            None => Err(self.unclosed()),
            Some(c) => Err(self.no_selector(c)),
        }
    }

    fn no_selector(&mut self, found: char) -> PathFault {
        let start = self.at;
        match found {
            '@' | '$' | '!' => {
                fault(start, "a filter begins with `?`", "write e.g. `[?@.name == 'x']`")
            }
            '(' => fault(
                start,
                "computed positions are not part of JSONPath (RFC 9535)",
                "write `[-1]` for the last member, `[?@.name == 'x']` for a filter",
            ),
            c if begins_name(c) => {
                let name = self.take(|c| in_name(c) || c == '-');
                let help = format!("write `['{name}']`");
                fault(start, "a name in brackets stands in quotes", help)
            }
            _ => fault(
                start,
                "a selector is missing here",
                "write e.g. `0`, `*`, `'name'` or `?@.name == 'x'` between the brackets",
            ),
        }
    }

    fn position_or_slice(&mut self) -> Result<Reach, PathFault> {
        if self.peek() != Some(':') {
            self.position()?;
        }
        let end = self.at;
        for parts in 1.. {
            self.blanks();
            if self.peek() != Some(':') {
                return match parts {
                    1 => {
                        self.at = end;
                        Ok(Reach::One)
                    }
                    _ => Ok(Reach::Many),
                };
            }
            if parts == 3 {
                break;
            }
            self.at += 1;
            self.blanks();
            if matches!(self.peek(), Some('-' | '0'..='9')) {
                self.position()?;
            }
        }
        Err(fault(self.at, "a slice has at most three parts", "write `[start:end:step]`"))
    }

    /// Steps over an opening bracket or parenthesis and the blanks behind it.
    fn enter(&mut self) -> Result<(), PathFault> {
        if self.open.len() == DEEPEST {
            return Err(fault(
                self.at,
                format!("more than {DEEPEST} brackets stand inside each other"),
                "split the path into several variables",
            ));
        }
        self.open.push(self.at);
        self.at += 1;
        self.blanks();
        Ok(())
    }

    /// Steps over the bracket or parenthesis that closes the last one.
    fn leave(&mut self) {
        self.open.pop();
        self.at += 1;
    }

    /// The text ends inside brackets or parentheses.
    fn unclosed(&self) -> PathFault {
        let open = self.open.last().copied().unwrap_or_default();
        let close = if self.text[open..].starts_with('(') { ')' } else { ']' };
        fault(open, "this bracket is not closed", format!("its `{close}` is missing"))
    }

    fn closes_nothing(&self) -> PathFault {
        let bracket = self.peek().unwrap_or(']');
        fault(self.at, format!("this `{bracket}` closes nothing"), "take it away")
    }

    fn no_root(&self) -> PathFault {
        let rest = self.text.trim_start_matches(['@', '.', ' ']);
        let help = match rest.starts_with(['[', '$']) {
            _ if rest.is_empty() => "write e.g. `$.pb_data.sim_info.imsi`".to_owned(),
            true => format!("write `${}`", rest.trim_start_matches('$')),
            false => format!("write `$.{rest}`"),
        };
        let message = "a JSONPath starts with `$`, the whole document".to_owned();
        PathFault { message, range: Some(0..self.text.len()), help }
    }

    /// What stands where the path should go on, or end.
    fn stranger(&mut self) -> PathFault {
        let end = self.at;
        self.blanks();
        match self.peek() {
            None => fault(end, "a blank stands after the path", "take it away"),
            Some(c) if in_name(c) && self.at > end => fault(
                end,
                "a name with a blank in it stands in brackets and quotes",
                "write e.g. `$['a name'].b`",
            ),
            Some(c) if in_name(c) => {
                let name = self.take(in_name);
                fault(end, "a dot is missing before this name", format!("write `.{name}`"))
            }
            Some(']' | ')') => self.closes_nothing(),
            Some('(') => fault(
                self.at,
                "functions stand in filters only",
                "select the value, and use a helper of the same name where it is written",
            ),
            Some('=' | '!' | '<' | '>' | '&' | '|') => fault(
                self.at,
                "conditions stand in filters only",
                "write e.g. `$.a[?@.name == 'x'].value`",
            ),
            Some(c) => fault(
                self.at,
                format!("`{}` has no place here", c.escape_debug()),
                "a JSONPath looks like `$.pb_data.sim_info.imsi` or \
                 `$..attributes[?@.name == 'x'].value` (RFC 9535)",
            ),
        }
    }
}

/// A fault of what stands at a place.
fn fault(at: usize, message: impl Into<String>, help: impl Into<String>) -> PathFault {
    PathFault { message: message.into(), range: Some(at..at), help: help.into() }
}

/// RFC 9535, section 2.1.1.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// RFC 9535, section 2.5.1.1: `name-first`.
fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// RFC 9535, section 2.5.1.1: `name-char`.
fn in_name(c: char) -> bool {
    begins_name(c) || c.is_ascii_digit()
}

#[cfg(test)]
mod tests;
