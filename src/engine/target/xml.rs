//! Reads XML as JSON, so that JSONPath goes over it. The only place that names the XML crate.
//!
//! The root element is the key of an object, and names lose their prefix. An attribute is `@name`;
//! declarations of namespaces and attributes of XML Schema's instance namespace are left out. What
//! has the same name in one element becomes an array, in the order of the document. The value of an
//! element is its text, trimmed, and always a string; beside attributes or elements it is `#text`,
//! left out where it is empty.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::map::Entry;
use serde_json::{Map, Value};

use crate::xml::{self, Attributes, is_space};

/// Most elements inside of one another: the value is walked by recursion later on.
const DEEPEST: usize = 128;

/// Namespaces whose attributes speak of the document's schema: XML Schema 1.0 part 1, section 2.6,
/// and its drafts.
const INSTANCE: [&str; 3] = [
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/2000/10/XMLSchema-instance",
    "http://www.w3.org/1999/XMLSchema-instance",
];

/// Reads a document; the fault says in words what is wrong, and where. It repeats nothing of the
/// document.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let told = |fault: &str, offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{fault} at line {line} column {column}")
    };
    if let Some(offset) = text.find(|c| !xml::is_allowed(c)) {
        return Err(told("a character is not allowed", offset));
    }
    if text.starts_with('\u{feff}') {
        return Err(told(OUTSIDE, 0));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut document = Document::default();
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| {
            let offset = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            told(&in_words(&error), offset)
        })?;
        if let Event::Eof = event {
            return document.end().map_err(|fault| told(fault, offset));
        }
        let blank = || text.get(..offset).is_some_and(|before| before.chars().all(is_space));
        document.take(&event, blank).map_err(|fault| told(fault, offset))?;
    }
}

const OUTSIDE: &str = "text stands outside of the root element";

/// The reader's complaint, without the names that it repeats.
fn in_words(error: &Error) -> Cow<'static, str> {
    match error {
        Error::Syntax(fault) => Cow::Owned(fault.to_string()),
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            Cow::Borrowed("an end tag does not match the start tag")
        }
        Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => {
            Cow::Borrowed("an end tag has no start tag")
        }
        Error::IllFormed(IllFormedError::UnclosedReference) => {
            Cow::Borrowed("a `&` begins no reference")
        }
        Error::IllFormed(IllFormedError::DoubleHyphenInComment) => {
            Cow::Borrowed("a comment holds `--`")
        }
        _ => Cow::Borrowed("the document is not well-formed"),
    }
}

#[derive(Default)]
struct Document {
    /// Outermost first.
    open: Vec<Element>,
    /// The root element, once it has ended.
    root: Option<Map<String, Value>>,
    namespaces: Namespaces,
}

/// An element that has not ended.
struct Element {
    /// Without its prefix.
    name: String,
    members: Map<String, Value>,
    text: String,
    /// What the prefixes that it declares stood for outside of it.
    hidden: Vec<(String, Option<bool>)>,
}

impl Document {
    /// `blank`: nothing but white space is before this.
    fn take(&mut self, event: &Event<'_>, blank: impl Fn() -> bool) -> Result<(), &'static str> {
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::Empty(tag) => {
                self.begin(tag)?;
                self.end_element();
                Ok(())
            }
            Event::End(_) => {
                self.end_element();
                Ok(())
            }
            Event::Text(text) if text.contains("]]>") => Err("`]]>` stands in a text"),
            Event::Text(text) => self.text(text),
            Event::CData(_) if self.open.is_empty() => Err(OUTSIDE),
            Event::CData(text) => self.text(text),
            Event::GeneralRef(name) => self.reference(name),
            Event::Comment(_) => Ok(()),
            Event::Decl(_) if blank() => Ok(()),
            Event::Decl(_) => Err("an XML declaration is not at the beginning"),
            Event::PI(instruction) if xml::is_plain_name(instruction.target()) => Ok(()),
            Event::PI(_) => Err("a processing instruction has no name"),
            Event::DocType(_) => Err("a document type is not read"),
            Event::Eof => Ok(()),
        }
    }

    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), &'static str> {
        if self.open.is_empty() && self.root.is_some() {
            return Err("there is a second root element");
        }
        if self.open.len() == DEEPEST {
            return Err("elements stand too deep in one another");
        }
        let name = tag.name();
        if !xml::is_name(name.as_ref()) {
            return Err("an element has no proper name");
        }
        let attributes = attributes(tag.attributes_raw())?;
        let hidden = self.namespaces.declare(&attributes)?;
        let mut members = Map::new();
        for (name, value) in attributes {
            if !self.namespaces.is_about_schema(name) {
                add(&mut members, format!("@{}", local(name)), Value::String(normal(value)?));
            }
        }
        let name = local(name.as_ref()).to_owned();
        self.open.push(Element { name, members, text: String::new(), hidden });
        Ok(())
    }

    fn end_element(&mut self) {
        let Some(element) = self.open.pop() else { return };
        self.namespaces.restore(element.hidden);
        let mut members = element.members;
        let text = element.text.trim_matches(is_space);
        let value = if members.is_empty() {
            Value::from(text)
        } else {
            if !text.is_empty() {
                members.insert("#text".to_owned(), Value::from(text));
            }
            Value::Object(members)
        };
        match self.open.last_mut() {
            Some(parent) => add(&mut parent.members, element.name, value),
            None => self.root = Some(Map::from_iter([(element.name, value)])),
        }
    }

    /// Line ends are read as one `\n`: XML 1.0, section 2.11.
    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        match self.open.last_mut() {
            Some(element) if text.contains('\r') => {
                element.text.push_str(&text.replace("\r\n", "\n").replace('\r', "\n"));
            }
            Some(element) => element.text.push_str(text),
            None if text.chars().all(is_space) => {}
            None => return Err(OUTSIDE),
        }
        Ok(())
    }

    fn reference(&mut self, name: &str) -> Result<(), &'static str> {
        let element = self.open.last_mut().ok_or(OUTSIDE)?;
        element.text.push(xml::resolve(name).ok_or(UNKNOWN_REFERENCE)?);
        Ok(())
    }

    fn end(self) -> Result<Value, &'static str> {
        match self.root {
            Some(root) => Ok(Value::Object(root)),
            None if self.open.is_empty() => Err("there is no element"),
            None => Err("an element is not ended"),
        }
    }
}

const UNKNOWN_REFERENCE: &str = "a reference stands for no character";

/// Adds a member; what has the name of another makes an array of both.
fn add(members: &mut Map<String, Value>, name: String, value: Value) {
    match members.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) => match entry.get_mut() {
            Value::Array(all) => all.push(value),
            first => {
                let all = vec![first.take(), value];
                *first = Value::Array(all);
            }
        },
    }
}

/// Without its prefix.
fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// The attributes of a tag, with their values as they are written.
fn attributes(raw: &str) -> Result<Vec<(&str, &str)>, &'static str> {
    let attributes = Attributes::of(raw).collect::<Result<Vec<_>, _>>()?;
    let mut known = HashSet::with_capacity(attributes.len());
    for (name, _) in &attributes {
        if !xml::is_name(name) {
            return Err("an attribute has no proper name");
        }
        if !known.insert(*name) {
            return Err("an attribute is there twice");
        }
    }
    Ok(attributes)
}

/// The value of an attribute, out of how it is written.
fn normal(raw: &str) -> Result<String, &'static str> {
    xml::attribute_value(raw).ok_or(UNKNOWN_REFERENCE)
}

/// Which prefixes stand for XML Schema's instance namespace.
struct Namespaces(HashMap<String, bool>);

impl Default for Namespaces {
    /// `xsi` is taken for it even where nothing declares it, as some targets leave it.
    fn default() -> Self {
        Self(HashMap::from([("xsi".to_owned(), true)]))
    }
}

impl Namespaces {
    /// Enters an element with these attributes; gives what to [`restore`](Self::restore) at its end.
    fn declare(
        &mut self,
        attributes: &[(&str, &str)],
    ) -> Result<Vec<(String, Option<bool>)>, &'static str> {
        let mut hidden = Vec::new();
        for (name, value) in attributes {
            if let Some(prefix) = name.strip_prefix("xmlns:") {
                let is_instance = INSTANCE.contains(&normal(value)?.as_str());
                let before = self.0.insert(prefix.to_owned(), is_instance);
                hidden.push((prefix.to_owned(), before));
            }
        }
        Ok(hidden)
    }

    fn restore(&mut self, hidden: Vec<(String, Option<bool>)>) {
        for (prefix, before) in hidden {
            match before {
                Some(before) => self.0.insert(prefix, before),
                None => self.0.remove(&prefix),
            };
        }
    }

    /// Whether an attribute speaks of namespaces or of the schema rather than of the element.
    fn is_about_schema(&self, name: &str) -> bool {
        match name.split_once(':') {
            None => name == "xmlns",
            Some(("xmlns", _)) => true,
            Some((prefix, _)) => self.0.get(prefix).copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
