//! The tree that a YAML text becomes: values with the places where they were written.

use std::ops::Range;

use serde_json::Number;

use crate::mapping::diagnostic::{Source, Span};

/// A value and where it stands.
///
/// The span covers the whole of it: quotes and brackets included; a block collection reaches from
/// its first key or `-` to the end of its last value; a block scalar (`|`, `>`) has the span of its
/// text, from the first line's first character to the end of the last line. A value that was left
/// out (`key:`) has an empty span right behind its key, where a caret points at the colon.
///
/// What an alias stands for has the spans of the definition, since that is the text that would have
/// to change, and `alias` says where it was used.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it was written.
    pub span: Span,
    /// The value.
    pub kind: Kind,
    /// In which of YAML's notations it was written.
    pub notation: Notation,
    /// The `*name` through which it was used here; none inside what the alias stands for.
    pub alias: Option<Span>,
}

/// What JSON knows, and no more.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`; `yes`, `no`, `on` and `off` are strings.
    Bool(bool),
    /// With the digits as written, however many.
    Number(Number),
    /// Quoted, a block, or plain text that is nothing else.
    String(String),
    /// In order.
    Sequence(Vec<Node>),
    /// In order, merge keys resolved, each key once.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A key by its text: `1591` is "1591", `true` is "true".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where it was written, quotes included.
    pub span: Span,
    /// Its text, without quotes.
    pub text: String,
}

impl Key {
    /// Where in the source a part of the key stands, `range` being in bytes of its text; the whole
    /// key where its quotes hold escapes.
    pub fn span_within(&self, source: &Source, range: Range<usize>) -> Span {
        let written = source.slice(self.span);
        let inner = written.len().checked_sub(1).and_then(|end| written.get(1..end));
        let start = match (written == self.text, inner == Some(&self.text)) {
            (true, _) => self.span.start,
            (false, true) => self.span.start + 1,
            (false, false) => return self.span,
        };
        Span::new(start + range.start, start + range.end)
    }
}

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// A scalar without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

impl Notation {
    /// Whether it is a list or a mapping.
    pub fn is_collection(self) -> bool {
        matches!(self, Notation::Block | Notation::Flow)
    }
}

impl Node {
    /// The value's type as an author would call it: `a string`, `a mapping`.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The members, if it is a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(members) => Some(members),
            _ => None,
        }
    }

    /// The value of a key, if it is a mapping that has it.
    #[cfg(test)]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.as_mapping()?.iter().find(|entry| entry.key.text == key)?;
        Some(&entry.value)
    }

    /// Where in the source a part of the string's text stands.
    ///
    /// `range` is in bytes of the string. Exact where the text was written as it reads, and where it
    /// was folded or has the usual escapes. Elsewhere it is the whole value's span.
    pub fn span_within(&self, source: &Source, range: Range<usize>) -> Span {
        super::within::locate(self, source, range).unwrap_or(self.span)
    }

    /// The value as JSON, the places forgotten.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::String(text) => Value::String(text.clone()),
            Kind::Sequence(members) => members.iter().map(Node::to_json).collect(),
            Kind::Mapping(entries) => entries
                .iter()
                .map(|entry| (entry.key.text.clone(), entry.value.to_json()))
                .collect(),
        }
    }
}
