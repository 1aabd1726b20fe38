//! A document read character by character (XML 1.0, section 2), apart from its tags.

use std::mem;
use std::ops::Range;

use super::{Check, Lex};
use crate::xml::{self, begins_name, is_of_name, is_space};

const ENTITIES: &str =
    "XML has `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;`, and numbers like `&#233;`";

impl Check<'_> {
    pub(super) fn read(&mut self, c: char) {
        if !xml::is_allowed(c) {
            let message = format!("XML 1.0 does not allow the character U+{:04X}", u32::from(c));
            return self.fault(self.here.clone(), &message, "leave it out");
        }
        match mem::take(&mut self.state.lex) {
            Lex::Content { brackets } => self.content(c, brackets),
            Lex::Open => self.open(c),
            Lex::Bang(text) => self.bang(c, text),
            Lex::Comment { dashes } => self.comment(c, dashes),
            Lex::Cdata { brackets } => self.cdata(c, brackets),
            Lex::InstructionName(name) => self.instruction_name(c, name),
            Lex::InstructionEnd => self.instruction_end(c),
            Lex::Instruction { question } => self.instruction(c, question),
            Lex::Declaration(text) => self.declaration(c, text),
            Lex::StartName(name) => self.start_name(c, name),
            Lex::EndName(name) => self.end_name(c, name),
            Lex::EndSpace(name) => self.end_space(c, name),
            Lex::Between { space } => self.between(c, space),
            Lex::Slash => self.slash(c),
            Lex::AttributeName(name) => self.attribute_name(c, name),
            Lex::Equals => self.equals(c),
            Lex::Quote => self.quote(c),
            Lex::Value { quote } => self.value(c, quote),
            Lex::Reference { name, quote } => self.reference(c, name, quote),
        }
    }

    fn content(&mut self, c: char, brackets: u8) {
        let inside = !self.state.open.is_empty();
        match c {
            '<' => {
                self.state.since = self.here.clone();
                self.state.lex = Lex::Open;
                return;
            }
            '&' if inside => self.begin_reference(None),
            '>' if inside && brackets == 2 => {
                let message = "with what may be before it, this `>` would make `]]>`";
                self.fault(self.here.clone(), message, "write `&gt;`");
            }
            ']' if inside => self.state.lex = Lex::Content { brackets: (brackets + 1).min(2) },
            c if inside || is_space(c) => {}
            _ => {
                let help = "write it into the root element, or leave it out";
                self.lose(self.here.clone(), "text stands outside of the root element", help);
            }
        }
        self.state.fresh = false;
    }

    /// The markup that was being read has ended.
    pub(super) fn done(&mut self) {
        self.state.lex = Lex::default();
        self.state.fresh = false;
    }

    /// What is being read, from its first character to this one.
    pub(super) fn whole(&self) -> Range<usize> {
        self.state.since.start..self.here.end
    }

    fn open(&mut self, c: char) {
        self.state.lex = match c {
            '/' => Lex::EndName(String::new()),
            '!' => Lex::Bang(String::new()),
            '?' => Lex::InstructionName(String::new()),
            c if begins_name(c) => {
                self.state.name_at = self.here.start;
                Lex::StartName(c.to_string())
            }
            _ => {
                self.fault(self.state.since.clone(), "this `<` begins no tag", "write `&lt;`");
                return self.content(c, 0);
            }
        };
    }

    fn bang(&mut self, c: char, mut text: String) {
        text.push(c);
        self.state.lex = match text.as_str() {
            "--" => Lex::Comment { dashes: 0 },
            "[CDATA[" if !self.state.open.is_empty() => Lex::Cdata { brackets: 0 },
            "[CDATA[" => {
                let help = "write it into the root element";
                return self.lose(self.whole(), "CDATA stands outside of the root element", help);
            }
            "DOCTYPE" => {
                let help = "leave it out, and write what its entities stand for";
                return self.lose(self.whole(), "a document type cannot be sent", help);
            }
            begin if ["--", "[CDATA[", "DOCTYPE"].iter().any(|all| all.starts_with(begin)) => {
                Lex::Bang(text)
            }
            _ => {
                let help = "a comment is `<!-- … -->`; a literal `<` is `&lt;`";
                return self.lose(self.whole(), "`<!` begins no comment here", help);
            }
        };
    }

    fn comment(&mut self, c: char, dashes: u8) {
        let dashes = match (dashes, c) {
            (2, '>') => return self.done(),
            (2, _) => {
                let message = "`--` cannot stand inside of a comment";
                self.fault(self.here.clone(), message, "write one `-`, or end it with `-->`");
                if c == '-' { 2 } else { 0 }
            }
            (_, '-') => dashes + 1,
            _ => 0,
        };
        self.state.lex = Lex::Comment { dashes };
    }

    fn cdata(&mut self, c: char, brackets: u8) {
        let brackets = match c {
            '>' if brackets == 2 => return self.done(),
            ']' => (brackets + 1).min(2),
            _ => 0,
        };
        self.state.lex = Lex::Cdata { brackets };
    }

    fn instruction_name(&mut self, c: char, mut name: String) {
        if is_of_name(c) {
            name.push(c);
            self.state.lex = Lex::InstructionName(name);
            return;
        }
        if name == "xml" && self.state.fresh && is_space(c) {
            self.state.lex = Lex::Declaration(c.to_string());
        } else if name.eq_ignore_ascii_case("xml") {
            let message = "this is no XML declaration at the very beginning";
            let help = "begin with `<?xml version=\"1.0\"?>`, or leave it out";
            self.lose(self.whole(), message, help);
        } else if xml::is_plain_name(&name) && is_space(c) {
            self.state.lex = Lex::Instruction { question: false };
        } else if xml::is_plain_name(&name) && c == '?' {
            self.state.lex = Lex::InstructionEnd;
        } else {
            let help = "it is written like `<?name text?>`; a literal `<` is `&lt;`";
            self.lose(self.whole(), "a processing instruction begins with a name", help);
        }
    }

    fn instruction_end(&mut self, c: char) {
        match c {
            '>' => self.done(),
            _ => {
                let message = "no white space stands before the text of this instruction";
                self.lose(self.whole(), message, "put a space behind its name");
            }
        }
    }

    fn instruction(&mut self, c: char, question: bool) {
        if question && c == '>' {
            return self.done();
        }
        self.state.lex = Lex::Instruction { question: c == '?' };
    }

    fn declaration(&mut self, c: char, mut text: String) {
        text.push(c);
        let Some(attributes) = text.strip_suffix("?>") else {
            self.state.lex = Lex::Declaration(text);
            return;
        };
        if let Some(message) = declaration_fault(attributes) {
            let help = "write `<?xml version=\"1.0\" encoding=\"UTF-8\"?>`";
            self.fault(self.whole(), message, help);
        }
        self.done();
    }

    pub(super) fn begin_reference(&mut self, quote: Option<char>) {
        self.state.since = self.here.clone();
        self.state.lex = Lex::Reference { name: String::new(), quote };
    }

    fn reference(&mut self, c: char, mut name: String, quote: Option<char>) {
        if c == '#' || is_of_name(c) {
            name.push(c);
            self.state.lex = Lex::Reference { name, quote };
            return;
        }
        self.after_reference(quote);
        if c == ';' && !name.is_empty() {
            if xml::resolve(&name).is_none() {
                let message = format!("`&{name};` stands for no character in XML");
                self.fault(self.whole(), &message, ENTITIES);
            }
            return;
        }
        self.no_reference();
        self.read(c);
    }

    fn no_reference(&mut self) {
        self.fault(self.state.since.clone(), "this `&` begins no reference", "write `&amp;`");
    }

    /// A reference that a block has begun ends in it.
    pub(super) fn end_reference(&mut self) {
        if let Lex::Reference { quote, .. } = &self.state.lex {
            self.after_reference(*quote);
            self.no_reference();
        }
    }

    pub(super) fn after_reference(&mut self, quote: Option<char>) {
        self.state.lex = match quote {
            Some(quote) => Lex::Value { quote },
            None => Lex::default(),
        };
    }
}

/// What is wrong with an XML declaration (XML 1.0, section 2.8), given what follows `<?xml`.
fn declaration_fault(text: &str) -> Option<&'static str> {
    let attributes = match xml::Attributes::of(text).collect::<Result<Vec<_>, _>>() {
        Ok(attributes) => attributes,
        Err(fault) => return Some(fault),
    };
    let Some((("version", version), rest)) = attributes.split_first() else {
        return Some("the XML declaration begins with a version");
    };
    if *version != "1.0" {
        return Some("only XML 1.0 can be sent");
    }
    let standalone = match rest {
        [("encoding", encoding), ..] if !encoding.eq_ignore_ascii_case("utf-8") => {
            return Some("bodies are sent as UTF-8, so that is their encoding");
        }
        [("encoding", _), rest @ ..] => rest,
        rest => rest,
    };
    match standalone {
        [] | [("standalone", "yes" | "no")] => None,
        _ => Some("the XML declaration has something beside `version` and `encoding`"),
    }
}
