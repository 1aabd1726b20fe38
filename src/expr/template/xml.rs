//! XML templates: that whatever their expressions give, what is rendered is a well-formed document.
//! Shown at load: the template is read as a document with holes, and both ways past a block must
//! come to the same place in it.

mod blocks;
mod markup;
mod tags;

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use serde_json::Value;

use super::source::{self, Walk};
use super::{Expression, ExpressionKind, Node, Template, TemplateFault};
use crate::xml;

/// Most elements inside of one another.
const DEEPEST: usize = 128;

/// Most attributes of one element.
const MOST_ATTRIBUTES: usize = 256;

/// As many faults are told of one template.
const MOST_FAULTS: usize = 20;

impl Template {
    /// Whether the text for [`Place::Xml`](super::Place::Xml) is a well-formed document (XML 1.0,
    /// section 2.1, without a document type), whatever the values are. Every fault that could be
    /// found otherwise.
    pub fn check_xml(&self) -> Result<(), Vec<TemplateFault>> {
        let mut check = Check::new(&self.source);
        check.nodes(&self.nodes);
        check.end();
        if check.faults.is_empty() { Ok(()) } else { Err(check.faults) }
    }
}

struct Check<'s> {
    source: &'s str,
    state: State,
    /// The character that is being read.
    here: Range<usize>,
    faults: Vec<TemplateFault>,
    /// Prefixes that nothing declares, each told once.
    strange: BTreeSet<Rc<str>>,
    /// After this fault, what follows cannot be understood.
    lost: bool,
}

/// A place in a document, and what the way to it has decided about what may follow.
#[derive(Debug, Clone)]
struct State {
    lex: Lex,
    /// Where the markup or the reference that is being read begins: its first character.
    since: Range<usize>,
    /// Where the name that is being read begins.
    name_at: usize,
    /// The elements that are open, outermost first.
    open: Vec<Element>,
    /// The start tag that is being read, once its name has ended.
    tag: Option<Tag>,
    /// The root element has begun.
    rooted: bool,
    /// Nothing is before the markup that is being read.
    fresh: bool,
}

#[derive(Debug, Clone)]
struct Element {
    name: Rc<str>,
    at: Range<usize>,
    /// Prefixes that it may declare.
    prefixes: Rc<BTreeSet<Rc<str>>>,
}

#[derive(Debug, Clone)]
struct Tag {
    name: Rc<str>,
    at: Range<usize>,
    /// Those that it may have.
    attributes: Vec<Attribute>,
}

#[derive(Debug, Clone)]
struct Attribute {
    name: Rc<str>,
    at: Range<usize>,
}

/// What is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lex {
    /// Text, or what is outside of the root element.
    Content {
        /// How many `]` may be before this, up to the two of `]]>`.
        brackets: u8,
    },
    /// After `<`.
    Open,
    /// After `<!`, while it may still become several things.
    Bang(String),
    Comment {
        dashes: u8,
    },
    Cdata {
        brackets: u8,
    },
    /// The name after `<?`.
    InstructionName(String),
    /// After a `?` right behind that name.
    InstructionEnd,
    Instruction {
        question: bool,
    },
    /// After `<?xml`.
    Declaration(String),
    StartName(String),
    EndName(String),
    /// White space after the name of an end tag.
    EndSpace(String),
    /// In a start tag, between its parts.
    Between {
        /// White space is certainly before this.
        space: bool,
    },
    /// After the `/` of a start tag.
    Slash,
    AttributeName(String),
    /// Before the `=` of an attribute.
    Equals,
    /// Before the quote of an attribute.
    Quote,
    Value {
        quote: char,
    },
    /// After `&`; in an attribute of these quotes, or in text.
    Reference {
        name: String,
        quote: Option<char>,
    },
}

impl Default for Lex {
    fn default() -> Self {
        Self::Content { brackets: 0 }
    }
}

impl State {
    /// Those that the tag which is being read may have.
    fn attributes(&self) -> &[Attribute] {
        self.tag.as_ref().map_or(&[], |tag| &tag.attributes)
    }

    /// Where this is, for people.
    fn place(&self) -> &'static str {
        match &self.lex {
            Lex::Content { .. } if self.open.is_empty() => "outside of the root element",
            Lex::Content { .. } => "in the text of an element",
            Lex::Value { .. } => "in the value of an attribute",
            Lex::Open | Lex::StartName(_) | Lex::EndName(_) => "in the name of an element",
            Lex::EndSpace(_) => "in an end tag",
            Lex::Between { .. } | Lex::Slash => "in a tag, beside its attributes",
            Lex::AttributeName(_) => "in the name of an attribute",
            Lex::Equals | Lex::Quote => "as an attribute without quotes",
            Lex::Comment { .. } => "in a comment",
            Lex::Cdata { .. } => "in CDATA",
            Lex::InstructionName(_) | Lex::InstructionEnd | Lex::Instruction { .. } => {
                "in a processing instruction"
            }
            Lex::Declaration(_) => "in the XML declaration",
            Lex::Bang(_) => "after `<!`",
            Lex::Reference { .. } => "in a reference",
        }
    }

    /// What an author can do who wants an expression here.
    fn instead(&self) -> &'static str {
        match &self.lex {
            Lex::Content { .. } => "put it into an element",
            Lex::Open | Lex::StartName(_) | Lex::EndName(_) | Lex::EndSpace(_) => {
                "write the names out, and choose between whole elements with `{{#if …}}`"
            }
            Lex::Between { .. } | Lex::Slash | Lex::AttributeName(_) => {
                "write the attributes out, with values like `name=\"{{…}}\"`, and choose between \
                 them with `{{#if …}}`"
            }
            Lex::Equals | Lex::Quote => "put it into quotes: `name=\"{{…}}\"`",
            Lex::Cdata { .. } => "leave `<![CDATA[` and `]]>` out: values are always escaped",
            Lex::Comment { .. } => "leave it out, or use an element",
            _ => "expressions stand in the text of an element, or in the quotes of an attribute",
        }
    }
}

impl<'s> Check<'s> {
    fn new(source: &'s str) -> Self {
        let state = State {
            lex: Lex::default(),
            since: 0..0,
            name_at: 0,
            open: Vec::new(),
            tag: None,
            rooted: false,
            fresh: true,
        };
        let strange = BTreeSet::new();
        Self { source, state, here: 0..0, faults: Vec::new(), strange, lost: false }
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text { text, at } => self.text(text, *at),
                Node::Print(expression) => self.expression(expression),
                Node::If { test, then, otherwise, .. } => self.branch(test, then, otherwise),
                Node::Each { over, each, otherwise } => self.each(over, each, otherwise),
            }
            if self.lost {
                return;
            }
        }
    }

    fn text(&mut self, text: &str, at: usize) {
        let mut walk = Walk::new(self.source, at);
        for c in text.chars() {
            self.here = walk.next(c);
            self.read(c);
            if self.lost {
                return;
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        let range = source::expression(self.source, expression.at);
        let inside = !self.state.open.is_empty();
        match &mut self.state.lex {
            // The value may be empty, and it may end with `]]`.
            Lex::Content { brackets } if inside => *brackets = 2,
            Lex::Value { .. } => {}
            _ => return self.misplaced(range),
        }
        if let ExpressionKind::Literal(Value::String(text)) = &expression.kind
            && !text.chars().all(xml::is_allowed)
        {
            let message = "this holds a character that XML 1.0 does not allow";
            self.fault(range, message, "look for control characters in it");
        }
    }

    /// Tells of an expression where none can be, and goes on as if something harmless were there.
    fn misplaced(&mut self, range: Range<usize>) {
        let message = format!("an expression cannot stand {}", self.state.place());
        let help = self.state.instead();
        self.report("expression-in-xml", range.clone(), &message, help);
        match &mut self.state.lex {
            Lex::StartName(name) | Lex::EndName(name) | Lex::AttributeName(name) => name.push('x'),
            lex @ Lex::Open => {
                *lex = Lex::StartName("x".to_owned());
                self.state.name_at = range.start;
            }
            lex @ Lex::Quote => *lex = Lex::Between { space: false },
            Lex::Reference { quote: Some(quote), .. } => {
                self.state.lex = Lex::Value { quote: *quote };
            }
            lex @ Lex::Reference { .. } => *lex = Lex::default(),
            _ => {}
        }
    }

    /// What is missing at the end of the template.
    fn end(&mut self) {
        if self.lost {
            return;
        }
        let tag = self.state.tag.as_ref().map(|tag| tag.at.clone());
        let range = tag.unwrap_or_else(|| self.state.since.clone());
        if self.state.lex == Lex::Open {
            return self.fault(range, "this `<` begins no tag", "write `&lt;`");
        }
        if !matches!(self.state.lex, Lex::Content { .. }) {
            let message = format!("the template ends {}", self.state.place());
            return self.fault(range, &message, "close what begins here");
        }
        if let Some(element) = self.state.open.last() {
            let message = format!("the element `{}` is not ended", element.name);
            let help = format!("end it with `</{}>`", element.name);
            self.fault(element.at.clone(), &message, &help);
        } else if !self.state.rooted {
            let help = "the body is one element, with all others inside of it";
            self.fault(0..self.source.len(), "there is no element here", help);
        }
    }

    fn fault(&mut self, range: Range<usize>, message: &str, help: &str) {
        self.report("bad-xml", range, message, help);
    }

    /// A fault that hides whatever follows.
    fn lose(&mut self, range: Range<usize>, message: &str, help: &str) {
        self.fault(range, message, help);
        self.lost = true;
    }

    fn report(&mut self, code: &'static str, range: Range<usize>, message: &str, help: &str) {
        let end = self.source.floor_char_boundary(range.end);
        let start = self.source.floor_char_boundary(range.start.min(end));
        self.faults.push(TemplateFault {
            code,
            message: message.to_owned(),
            help: Some(help.to_owned()),
            range: Some(start..end),
        });
        self.lost |= self.faults.len() >= MOST_FAULTS;
    }
}

#[cfg(test)]
mod tests;
