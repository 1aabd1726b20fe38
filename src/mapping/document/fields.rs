//! The keys of a mapping, taken one by one: what is unknown, missing or unreadable.

use std::collections::HashSet;

use super::decode::{Decode, Reader};
use crate::mapping::diagnostic::Span;
use crate::mapping::names::did_you_mean;
use crate::mapping::yaml::{Entry, Key, Kind, Node};

/// The keys of a mapping, taken one by one; what nobody took is unknown.
pub struct Fields<'n> {
    what: &'static str,
    span: Span,
    rest: Vec<Field<'n>>,
    /// Keys that there may be.
    keys: Vec<&'static str>,
    known: Vec<&'static str>,
    /// Keys that must be there and are not.
    missing: Vec<&'static str>,
    /// Keys that are there and could not be read, which was reported.
    unreadable: Vec<&'static str>,
}

/// A key as it was meant, and as it was written.
struct Field<'n> {
    name: &'n str,
    key: &'n Key,
    value: &'n Node,
}

impl<'n> Fields<'n> {
    /// `what` names the mapping in messages, e.g. `a target`; `keys` are those that it may have.
    pub fn of(
        node: &'n Node,
        what: &'static str,
        keys: &[&'static str],
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
        let field = |entry: &'n Entry| Field {
            name: &entry.key.text,
            key: &entry.key,
            value: &entry.value,
        };
        Some(Self {
            what,
            span: node.span,
            rest: entries.iter().map(field).collect(),
            keys: keys.to_vec(),
            known: Vec::new(),
            missing: Vec::new(),
            unreadable: Vec::new(),
        })
    }

    /// Reports keys that are misspelt, and goes on with those that were meant: what is below them
    /// is neither missing nor unchecked.
    pub fn correct(&mut self, reader: &mut Reader<'_>) {
        let is_known =
            |name: &str| self.keys.contains(&name) || elsewhere(self.what, name).is_some();
        if self.rest.iter().all(|field| is_known(field.name)) {
            return;
        }
        let there: HashSet<&str> = self.rest.iter().map(|field| field.name).collect();
        let mut absent = self.keys.clone();
        absent.retain(|name| !there.contains(name));
        let mut rest = std::mem::take(&mut self.rest);
        for field in rest.iter_mut().filter(|field| !is_known(field.name)) {
            let Some(near) = did_you_mean(field.name, absent.iter().copied()) else { continue };
            self.unknown(field.key, &format!("did you mean `{near}`?"), reader);
            absent.retain(|name| *name != near);
            field.name = near;
        }
        self.rest = rest;
    }

    fn unknown(&self, key: &Key, help: &str, reader: &mut Reader<'_>) {
        let message = format!("{} has no key `{}`", self.what, key.text);
        reader.error("unknown-key", key.span, message, help);
    }

    /// Where the whole mapping stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The value of a key that this mapping knows, if it is there.
    pub fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.push(name);
        let at = self.rest.iter().position(|field| field.name == name)?;
        Some(self.rest.swap_remove(at).value)
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
        self.rest.retain(|field| !field.name.starts_with("x-"));
    }

    /// Reports every key that nobody took, and those that are missing; gives those that are there
    /// and could not be read.
    pub fn finish(self, reader: &mut Reader<'_>) -> Vec<&'static str> {
        for Field { key, .. } in &self.rest {
            let near = did_you_mean(&key.text, self.known.iter().copied());
            let help = match (elsewhere(self.what, &key.text), near) {
                (Some(help), _) => help.to_owned(),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) if is_about_verification(&key.text) => NO_SWITCH.to_owned(),
                (None, None) => format!("the keys here are: {}", self.known.join(", ")),
            };
            self.unknown(key, &help, reader);
        }
        let quoted = |name: &&str| format!("`{name}`");
        if let [_, others @ ..] = self.missing.as_slice() {
            let keys = if others.is_empty() { "key" } else { "keys" };
            let names = listing(self.missing.iter().map(quoted).collect());
            let examples = listing(self.missing.iter().map(|name| example(name)).collect());
            let message = format!("{} needs the {keys} {names}", self.what);
            reader.error("missing-key", self.span, message, &format!("add e.g. {examples}"));
        }
        self.unreadable
    }
}

/// What to do instead of what nothing does.
const NO_SWITCH: &str = "nothing turns off that a target has to prove who it is: where the system does \
                         not know who issued its certificate, write `tls: { ca_file: … }` with the \
                         certificate of those who did";

/// Whether a key, in any spelling, is to turn off that certificates are verified.
fn is_about_verification(key: &str) -> bool {
    const PARTS: [&str; 6] =
        ["insecure", "verif", "unauthorized", "trustall", "invalid", "selfsigned"];
    let folded: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let folded = folded.to_ascii_lowercase();
    PARTS.iter().any(|part| folded.contains(part))
}

/// `a, b and c`.
fn listing(mut items: Vec<String>) -> String {
    match (items.pop(), items.is_empty()) {
        (Some(last), false) => format!("{} and {last}", items.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

/// What to do instead of writing a key where it is not, although it is elsewhere.
fn elsewhere(what: &str, key: &str) -> Option<&'static str> {
    Some(match (what, key) {
        ("`undo`", "save" | "extract") => {
            "nothing comes after an undo; it sees what its step saved, and the step's `extract`"
        }
        ("`undo`", "when" | "for_each") => {
            "it is sent where the step was done, for each member of its `for_each`: what it depends \
             on belongs to the step"
        }
        ("`undo`", "repeat" | "undo" | "fail") => "an undo is one request, tried under `retry`",
        ("`undo`", "name") => "it has the name of its step: `undo of NAME`",
        _ => return None,
    })
}

/// How a required key might be written.
fn example(key: &str) -> String {
    let value = match key {
        "version" => "1",
        "url" => "https://hss.example/api",
        "event" => "SIM/*",
        "request" => "POST /subscribers",
        "then" => "fail",
        "until" => "{ $.state: done }",
        "every" => "2s",
        "for" => "20s",
        "mapping" => "hss.yaml",
        _ => "…",
    };
    format!("`{key}: {value}`")
}
