//! XML as lines that are the same for documents that say the same: white space between tags, the
//! order of attributes, quotes, CDATA and references do not count.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::xml::{self, Attributes, is_space};

/// Deepest indentation, in levels: a document may be as deep as it is long.
const DEEPEST_INDENT: usize = 32;

/// The lines of a document; the fault says in words why it is none.
pub(super) fn lines(text: &str) -> Result<Vec<String>, &'static str> {
    tokens(text).map(|tokens| lay_out(&tokens))
}

/// How well two lines go together that are not the same: those of the same element better.
pub(super) fn likeness(expected: &str, sent: &str) -> u32 {
    let is_same = element(expected).is_some_and(|name| element(sent) == Some(name));
    if is_same { 16 } else { 1 }
}

/// `sim` of `<sim state="on">`; none for an end, or for text.
fn element(line: &str) -> Option<&str> {
    let tag = line.trim_start_matches(' ').strip_prefix('<')?;
    tag.split([' ', '>', '/']).next().filter(|name| !name.is_empty())
}

enum Token {
    /// `<name attribute="value"`, without its end.
    Open(String),
    Close(String),
    Text(String),
    /// A declaration, a comment, an instruction.
    Other(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    reader.config_mut().enable_all_checks(true);
    let mut document = Document::default();
    loop {
        let event = reader.read_event().map_err(|_| "it is not well-formed")?;
        if let Event::Eof = event {
            return document.end();
        }
        document.take(&event)?;
    }
}

#[derive(Default)]
struct Document {
    tokens: Vec<Token>,
    /// The text since the last token, with references resolved.
    text: String,
    /// Whether it is more than white space between two tags.
    is_text: bool,
    open: usize,
}

impl Document {
    fn take(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Text(text) => {
                self.is_text |= !text.chars().all(is_space);
                // XML 1.0, section 2.11.
                if text.contains('\r') {
                    self.text.push_str(&text.replace("\r\n", "\n").replace('\r', "\n"));
                } else {
                    self.text.push_str(text);
                }
            }
            Event::CData(text) => {
                self.is_text |= !text.is_empty();
                self.text.push_str(text);
            }
            Event::GeneralRef(name) => {
                self.is_text = true;
                let c = xml::resolve(name).ok_or("a reference stands for no character")?;
                self.text.push(c);
            }
            Event::Start(tag) => {
                self.push(Token::Open(open(tag)?));
                self.open += 1;
            }
            Event::Empty(tag) => {
                self.push(Token::Open(open(tag)?));
                self.push(Token::Close(tag.name().as_ref().to_owned()));
            }
            Event::End(tag) => {
                self.push(Token::Close(tag.name().as_ref().to_owned()));
                self.open = self.open.saturating_sub(1);
            }
            Event::Decl(declaration) => {
                let attributes = declaration.strip_prefix("xml").unwrap_or(declaration);
                let attributes = Attributes::of(attributes).collect::<Result<Vec<_>, _>>()?;
                self.push(Token::Other(format!("<?xml{}?>", written(attributes)?)));
            }
            Event::Comment(text) => self.push(Token::Other(format!("<!--{}-->", &**text))),
            Event::PI(text) => self.push(Token::Other(format!("<?{}?>", &**text))),
            Event::DocType(text) => self.push(Token::Other(format!("<!DOCTYPE {}>", &**text))),
            Event::Eof => {}
        }
        Ok(())
    }

    fn push(&mut self, token: Token) {
        let text = std::mem::take(&mut self.text);
        if std::mem::take(&mut self.is_text) {
            self.tokens.push(Token::Text(escaped(&text, "\"")));
        }
        self.tokens.push(token);
    }

    fn end(mut self) -> Result<Vec<Token>, &'static str> {
        if self.open > 0 {
            return Err("an element is not ended");
        }
        if self.is_text {
            return Err("text stands outside of the root element");
        }
        if !self.tokens.iter().any(|token| matches!(token, Token::Open(_))) {
            return Err("there is no element");
        }
        Ok(std::mem::take(&mut self.tokens))
    }
}

/// Attributes by name.
fn open(tag: &BytesStart<'_>) -> Result<String, &'static str> {
    let mut attributes = Attributes::of(tag.attributes_raw()).collect::<Result<Vec<_>, _>>()?;
    attributes.sort_unstable();
    Ok(format!("<{}{}", tag.name().as_ref(), written(attributes)?))
}

/// In double quotes.
fn written(attributes: Vec<(&str, &str)>) -> Result<String, &'static str> {
    let mut out = String::new();
    for (name, value) in attributes {
        let value = xml::attribute_value(value).ok_or("a reference stands for no character")?;
        out.push_str(&format!(" {name}=\"{}\"", escaped(&value, "&quot;")));
    }
    Ok(out)
}

/// As people write it, or, where it has line breaks or tabs, on one line with everything escaped.
fn escaped(text: &str, quote: &str) -> String {
    if text.contains(['\n', '\r', '\t']) {
        let mut out = String::with_capacity(text.len());
        if xml::escape(text, &mut out) {
            return out;
        }
    }
    if !text.contains(['&', '<', '>', '"']) {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', quote)
}

/// An element without elements stands on one line.
fn lay_out(tokens: &[Token]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut depth = 0_usize;
    let mut rest = tokens;
    let indented = |depth: usize, text: &str| {
        format!("{:indent$}{text}", "", indent = depth.min(DEEPEST_INDENT) * 2)
    };
    loop {
        let text = match rest {
            [] => return lines,
            [Token::Open(tag), Token::Close(_), after @ ..] => {
                rest = after;
                format!("{tag}/>")
            }
            [Token::Open(tag), Token::Text(text), Token::Close(name), after @ ..] => {
                rest = after;
                format!("{tag}>{text}</{name}>")
            }
            [Token::Open(tag), after @ ..] => {
                rest = after;
                lines.push(indented(depth, &format!("{tag}>")));
                depth += 1;
                continue;
            }
            [Token::Close(name), after @ ..] => {
                rest = after;
                depth = depth.saturating_sub(1);
                format!("</{name}>")
            }
            [Token::Text(text) | Token::Other(text), after @ ..] => {
                rest = after;
                text.clone()
            }
        };
        lines.push(indented(depth, &text));
    }
}

#[cfg(test)]
mod tests;
