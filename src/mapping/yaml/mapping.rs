//! A mapping while it is read: keys by their text, duplicates, merge keys.

use std::collections::{HashMap, HashSet};

use super::build::end_of;
use super::node::{Entry, Key, Kind, Node, Notation};
use super::{Span, faults, scalar, traps};
use crate::mapping::diagnostic::{Diagnostic, Report, Source};

/// The entries so far.
#[derive(Default)]
pub(super) struct Builder {
    entries: Vec<Raw>,
    pending: Option<Pending>,
}

struct Raw {
    key: Key,
    value: Node,
    /// Whether the key is `<<`, so that the value's entries come in its place.
    merge: bool,
}

enum Pending {
    Key {
        key: Key,
        merge: bool,
    },
    /// A key that has been reported, so that its value leads nowhere.
    Unusable,
}

impl Builder {
    pub(super) fn wants_key(&self) -> bool {
        self.pending.is_none()
    }

    /// Where the key is whose value comes next.
    pub(super) fn pending_key(&self) -> Option<Span> {
        match &self.pending {
            Some(Pending::Key { key, .. }) => Some(key.span),
            _ => None,
        }
    }

    pub(super) fn key(&mut self, key: Key, written: &Node) {
        let merge = written.notation == Notation::Plain && key.text == "<<";
        self.pending = Some(Pending::Key { key, merge });
    }

    pub(super) fn skip_key(&mut self) {
        self.pending = Some(Pending::Unusable);
    }

    /// What `{ a:1 }` deserves, which is a key `a:1` with nothing for a value; it goes on with the
    /// key and the value that were meant.
    pub(super) fn key_without_value(
        &mut self,
        source: &Source,
        value: &mut Node,
    ) -> Option<Diagnostic> {
        let left_out = is_left_out(value);
        let Some(Pending::Key { key, .. }) = self.pending.as_mut().filter(|_| left_out) else {
            return None;
        };
        let colon = traps::key_without_value(source, key.span)?;
        value.span = Span::new(colon.end, key.span.end);
        let text = source.slice(value.span);
        value.kind = scalar::resolve(text).unwrap_or_else(|_| Kind::String(text.to_owned()));
        key.span.end = colon.start;
        key.text = source.slice(key.span).to_owned();
        Some(traps::missing_space(source, colon))
    }

    pub(super) fn value(&mut self, value: Node) {
        if let Some(Pending::Key { key, merge }) = self.pending.take() {
            self.entries.push(Raw { key, value, merge });
        }
    }

    /// Where the last value ends.
    pub(super) fn end(&self) -> Option<usize> {
        self.entries.last().map(|entry| end_of(&entry.value).max(entry.key.span.end))
    }

    /// The entries, each key once. Of a key written twice the first that has a value stays; what a merge brings gives
    /// way to what is written out, and what an earlier merge brings comes before a later one's.
    pub(super) fn finish(self, source: &Source, report: &mut Report) -> Vec<Entry> {
        let written = without_duplicates(self.entries, source, report);
        if !written.iter().any(|entry| entry.merge) {
            return written.into_iter().map(Raw::into_entry).collect();
        }
        let mut taken: HashSet<String> =
            written.iter().filter(|raw| !raw.merge).map(|raw| raw.key.text.clone()).collect();
        let mut entries = Vec::new();
        for raw in written {
            if !raw.merge {
                entries.push(raw.into_entry());
                continue;
            }
            for entry in merged(raw.value, source, report) {
                if taken.insert(entry.key.text.clone()) {
                    entries.push(entry);
                }
            }
        }
        entries
    }
}

impl Raw {
    fn into_entry(self) -> Entry {
        Entry { key: self.key, value: self.value }
    }
}

/// Whether nothing was written for a value.
fn is_left_out(value: &Node) -> bool {
    value.span.start == value.span.end && value.kind == Kind::Null
}

fn without_duplicates(entries: Vec<Raw>, source: &Source, report: &mut Report) -> Vec<Raw> {
    let mut first: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    let mut kept: Vec<Raw> = Vec::with_capacity(entries.len());
    let mut twice: Vec<(Key, Span)> = Vec::new();
    for raw in entries {
        let Some(earlier) = first.get(&raw.key.text).and_then(|at| kept.get_mut(*at)) else {
            first.insert(raw.key.text.clone(), kept.len());
            kept.push(raw);
            continue;
        };
        twice.push((raw.key, earlier.key.span));
        if is_left_out(&earlier.value) {
            earlier.value = raw.value;
        }
    }
    report.extend(faults::duplicate_keys(source, &twice));
    kept
}

/// The entries that `<<` brings: of a mapping, or of several in a list.
fn merged(value: Node, source: &Source, report: &mut Report) -> Vec<Entry> {
    let span = value.alias.unwrap_or(value.span);
    match value.kind {
        Kind::Mapping(entries) => entries.into_iter().map(|entry| used_at(entry, span)).collect(),
        Kind::Sequence(members)
            if members.iter().all(|member| matches!(member.kind, Kind::Mapping(_))) =>
        {
            members.into_iter().flat_map(|member| merged(member, source, report)).collect()
        }
        _ => {
            report.push(faults::merge_of_scalar(source, span));
            Vec::new()
        }
    }
}

fn used_at(mut entry: Entry, span: Span) -> Entry {
    entry.value.alias.get_or_insert(span);
    entry
}
