//! The tags of a document, read character by character: XML 1.0, section 3.1, and Namespaces in XML
//! 1.0.

use std::ops::Range;
use std::rc::Rc;

use super::{Attribute, Check, DEEPEST, Element, Lex, MOST_ATTRIBUTES, Tag};
use crate::xml::{self, begins_name, is_of_name, is_space};

const OF_TAG: &str = "a tag is a name and attributes like `name=\"value\"`";

impl Check<'_> {
    pub(super) fn start_name(&mut self, c: char, mut name: String) {
        if is_of_name(c) {
            name.push(c);
            self.state.lex = Lex::StartName(name);
            return;
        }
        if !(is_space(c) || matches!(c, '/' | '>')) {
            let message = format!("`{c}` cannot stand in the name of an element");
            return self.lose(self.here.clone(), &message, OF_TAG);
        }
        self.begin_tag(&name);
        self.between(c, false);
    }

    fn begin_tag(&mut self, name: &str) {
        let at = self.name_ended(name);
        if self.state.open.is_empty() {
            if self.state.rooted {
                let message = "a document has one root element, and this would be another";
                self.fault(at.clone(), message, "put both into one element");
            }
            self.state.rooted = true;
        }
        self.state.tag = Some(Tag { name: Rc::from(name), at, attributes: Vec::new() });
    }

    /// Where a name stands of which this is the first character behind it.
    fn name_ended(&mut self, name: &str) -> Range<usize> {
        let at = self.state.name_at..self.here.start;
        if !xml::is_name(name) {
            let message = format!("`{name}` is not a name in XML");
            self.fault(at.clone(), &message, "a name has at most one colon, behind its prefix");
        }
        at
    }

    pub(super) fn end_name(&mut self, c: char, mut name: String) {
        if is_of_name(c) {
            name.push(c);
            self.state.lex = Lex::EndName(name);
        } else {
            self.end_space(c, name);
        }
    }

    pub(super) fn end_space(&mut self, c: char, name: String) {
        if c == '>' && !name.is_empty() {
            self.end_element(&name);
        } else if is_space(c) && !name.is_empty() {
            self.state.lex = Lex::EndSpace(name);
        } else {
            let help = "it is written like `</name>`";
            self.lose(self.here.clone(), &format!("`{c}` cannot stand in an end tag"), help);
        }
    }

    fn end_element(&mut self, name: &str) {
        match self.state.open.pop() {
            Some(element) if &*element.name == name => {}
            Some(element) => {
                let open = element.name;
                let message = format!("`</{name}>` ends another element than the one that is open");
                self.fault(
                    self.whole(),
                    &message,
                    &format!("end `{open}` first, with `</{open}>`"),
                );
                if let Some(at) = self.state.open.iter().rposition(|outer| &*outer.name == name) {
                    self.state.open.truncate(at);
                }
            }
            None => {
                let help = "leave it out, or begin the element";
                self.fault(self.whole(), "this ends an element, and none is open", help);
            }
        }
        self.done();
    }

    pub(super) fn between(&mut self, c: char, space: bool) {
        match c {
            '>' => self.end_tag(false),
            '/' => self.state.lex = Lex::Slash,
            c if is_space(c) => self.state.lex = Lex::Between { space: true },
            c if begins_name(c) => {
                if !space {
                    let message = "no white space stands before this attribute";
                    self.fault(self.here.clone(), message, "put a space before it");
                }
                self.state.name_at = self.here.start;
                self.state.lex = Lex::AttributeName(c.to_string());
            }
            _ => {
                self.lose(self.here.clone(), &format!("`{c}` cannot stand in a tag"), OF_TAG);
            }
        }
    }

    pub(super) fn slash(&mut self, c: char) {
        match c {
            '>' => self.end_tag(true),
            _ => self.lose(self.here.clone(), "`/` is followed by `>` in a tag", OF_TAG),
        }
    }

    pub(super) fn attribute_name(&mut self, c: char, mut name: String) {
        if is_of_name(c) {
            name.push(c);
            self.state.lex = Lex::AttributeName(name);
            return;
        }
        let at = self.name_ended(&name);
        let attributes = self.state.tag.as_mut().map(|tag| &mut tag.attributes);
        let Some(attributes) = attributes else { return };
        if attributes.iter().any(|other| *other.name == *name) {
            let message = format!("the attribute `{name}` may be there twice");
            self.fault(at, &message, "an element has each attribute once");
        } else if attributes.len() == MOST_ATTRIBUTES {
            let message = format!("this element has more than {MOST_ATTRIBUTES} attributes");
            return self.lose(at, &message, "use elements");
        } else {
            attributes.push(Attribute { name: Rc::from(name), at });
        }
        self.equals(c);
    }

    pub(super) fn equals(&mut self, c: char) {
        match c {
            '=' => self.state.lex = Lex::Quote,
            c if is_space(c) => self.state.lex = Lex::Equals,
            _ => {
                let help = "write it like `name=\"value\"`";
                self.lose(self.here.clone(), "the attribute before this has no value", help);
            }
        }
    }

    pub(super) fn quote(&mut self, c: char) {
        match c {
            '"' | '\'' => self.state.lex = Lex::Value { quote: c },
            c if is_space(c) => self.state.lex = Lex::Quote,
            _ => {
                let help = "write it like `name=\"value\"`";
                self.lose(self.here.clone(), "the value of an attribute stands in quotes", help);
            }
        }
    }

    pub(super) fn value(&mut self, c: char, quote: char) {
        self.state.lex = match c {
            c if c == quote => Lex::Between { space: false },
            '&' => return self.begin_reference(Some(quote)),
            _ => Lex::Value { quote },
        };
        if c == '<' {
            let message = "`<` cannot stand in the value of an attribute";
            self.fault(self.here.clone(), message, "write `&lt;`, or look for a missing quote");
        }
    }

    /// The start tag has ended; an `empty` one is the whole element.
    fn end_tag(&mut self, empty: bool) {
        self.done();
        let Some(tag) = self.state.tag.take() else { return };
        let prefixes = tag.attributes.iter().filter_map(|it| it.name.strip_prefix("xmlns:"));
        let prefixes = Rc::new(prefixes.map(Rc::from).collect());
        let element = Element { name: tag.name, at: tag.at, prefixes };
        let (name, at) = (element.name.clone(), element.at.clone());
        self.state.open.push(element);
        self.known_prefix(&name, &at);
        for attribute in &tag.attributes {
            self.known_prefix(&attribute.name, &attribute.at);
        }
        if empty {
            self.state.open.pop();
        } else if self.state.open.len() > DEEPEST {
            let message = format!("elements stand deeper than {DEEPEST} levels in one another");
            self.lose(at, &message, "flatten the document");
        }
    }

    /// Namespaces in XML 1.0, section 5: a prefix is declared by the element or by one around it.
    /// Across branches it is enough that it may be.
    fn known_prefix(&mut self, name: &str, at: &Range<usize>) {
        let Some((prefix, _)) = name.split_once(':') else { return };
        let known = |element: &Element| element.prefixes.contains(prefix);
        if matches!(prefix, "xml" | "xmlns") || self.state.open.iter().any(known) {
            return;
        }
        if self.strange.insert(Rc::from(prefix)) {
            let message = format!("nothing declares the prefix `{prefix}` here");
            let help =
                format!("add `xmlns:{prefix}=\"…\"` to this element, or to one that it is in");
            self.fault(at.clone(), &message, &help);
        }
    }
}
