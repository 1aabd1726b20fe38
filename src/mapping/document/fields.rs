//! The keys of a mapping, taken one by one: what is unknown, missing or unreadable.

use super::decode::{Decode, Reader};
use crate::mapping::diagnostic::Span;
use crate::mapping::names::did_you_mean;
use crate::mapping::yaml::{Key, Kind, Node};

/// The keys of a mapping, taken one by one; what nobody took is unknown.
pub struct Fields<'n> {
    what: &'static str,
    span: Span,
    rest: Vec<(&'n Key, &'n Node)>,
    known: Vec<&'static str>,
    /// Keys that must be there and are not.
    missing: Vec<&'static str>,
    /// Keys that are there and could not be read, which was reported.
    unreadable: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// `what` names the mapping in messages, e.g. `a target`.
    pub fn of(node: &'n Node, what: &'static str, reader: &mut Reader<'_>) -> Option<Self> {
        Self::among(node, what, &[], reader)
    }

    /// The same, where it is known from the beginning which keys there may be.
    pub fn among(
        node: &'n Node,
        what: &'static str,
        keys: &[&str],
        reader: &mut Reader<'_>,
    ) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            let help = match keys {
                [] => "write `key: value` pairs".to_owned(),
                [key] => format!("write `{{ {key}: … }}`"),
                keys => format!("write `key: value` pairs; the keys are: {}", keys.join(", ")),
            };
            reader.wrong_type_but(node, &format!("{what}, which is a mapping"), &help);
            return None;
        };
        let rest = entries.iter().map(|entry| (&entry.key, &entry.value)).collect();
        let (known, missing, unreadable) = (Vec::new(), Vec::new(), Vec::new());
        Some(Self { what, span: node.span, rest, known, missing, unreadable })
    }

    /// Where the whole mapping stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The value of a key that this mapping knows, if it is there.
    pub fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.push(name);
        let at = self.rest.iter().position(|(key, _)| key.text == name)?;
        Some(self.rest.swap_remove(at).1)
    }

    pub fn optional<T: Decode>(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        let node = self.take(name)?;
        let read = T::decode(node, reader);
        if read.is_none() {
            self.unreadable.push(name);
        }
        read
    }

    pub fn required<T: Decode>(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        let read = self.optional(name, reader);
        if read.is_none() && !self.unreadable.contains(&name) {
            self.missing.push(name);
        }
        read
    }

    /// The same, for a key without which the others can be read.
    pub fn expected<T: Decode>(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        self.required(name, reader)
    }

    /// Drops the keys that begin with `x-`: a home for YAML anchors.
    pub fn ignore_extensions(&mut self) {
        self.rest.retain(|(key, _)| !key.text.starts_with("x-"));
    }

    /// Reports every key that nobody took, and every one that is missing; gives those that are
    /// there and could not be read.
    pub fn finish(mut self, reader: &mut Reader<'_>) -> Vec<&'static str> {
        for (key, _) in &self.rest {
            let near = did_you_mean(&key.text, self.known.iter().copied());
            // A key that is misspelt is not missing as well.
            self.missing.retain(|name| Some(*name) != near);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys here are: {}", self.known.join(", ")),
            };
            let message = format!("{} has no key `{}`", self.what, key.text);
            reader.error("unknown-key", key.span, message, &help);
        }
        for name in &self.missing {
            let message = format!("{} needs the key `{name}`", self.what);
            reader.error("missing-key", self.span, message, &example(name));
        }
        self.unreadable
    }
}

/// How a required key might be written.
fn example(key: &str) -> String {
    let value = match key {
        "version" => return "add `version: 1`".to_owned(),
        "url" => "https://hss.example/api",
        "event" => "SIM/*",
        "request" => "POST /subscribers",
        "then" => "fail",
        _ => return format!("add `{key}: …`"),
    };
    format!("add e.g. `{key}: {value}`")
}
