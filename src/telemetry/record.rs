//! One record, and how it is shown: masked and written down on the thread of the log.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use slog::{KV, Serializer};

use super::log::{Field, Fields, Level, Subject};
use super::mask::{self, IdentifierMode, Identifiers};
use super::sink::Shared;
use super::spans;
use super::stamp;
use super::vault::Known;

/// Bytes of one text that are shown.
const LONGEST_TEXT: usize = 16 * 1024;

/// Bytes that the values inside one field's arrays and objects may take; the rest is left out.
const LARGEST_FIELD: usize = 256 * 1024;

/// Levels of arrays and objects within one another that are shown.
const DEEPEST: usize = 64;

/// Names of a record's own that no field may take.
const RESERVED: [&str; 4] = ["timestamp", "level", "message", "logger"];

/// Names whose values people search logs by: they aren't masked as identifiers.
const TRACE_IDS: [&str; 4] = ["request_id", "unique_id", "event_id", "event_type"];

/// Numbers of ours, never a subscriber's.
const MEASURES: [&str; 4] = ["status", "duration_ms", "try", "generation"];

/// What its caller hands to the log: nothing in it has been formatted or masked.
pub(super) struct Entry {
    pub time: Timestamp,
    pub level: Level,
    pub logger: Cow<'static, str>,
    /// As the logger: one that is borrowed is the connector's own, and nothing is hidden in it.
    pub message: Cow<'static, str>,
    pub subject: Option<Arc<Subject>>,
    pub fields: Fields,
    pub shared: Arc<Shared>,
}

impl KV for Entry {
    fn serialize(&self, _: &slog::Record<'_>, out: &mut dyn Serializer) -> slog::Result {
        let nobody = Identifiers::default();
        let veil = Veil {
            secrets: &self.shared.vault.known(),
            own: self.subject.as_deref().map_or(&nobody, |subject| &subject.identifiers),
            mode: self.shared.identifiers,
        };
        stamp::with(self.time, |time| out.emit_str("timestamp", time))?;
        out.emit_str("level", self.level.name())?;
        out.emit_str("message", &veil.words(&self.message))?;
        out.emit_str("logger", &veil.words(&self.logger))?;
        for (name, id) in self.ids() {
            out.emit_str(name, &veil.id(id))?;
        }
        for (index, (name, value)) in self.fields.iter().enumerate() {
            if !self.is_taken(name, index) {
                veil.emit(name, value, out)?;
            }
        }
        Ok(())
    }
}

impl Entry {
    /// Bytes of its message, and of its fields that are text or JSON: what can make a record large.
    pub fn text_bytes(&self) -> usize {
        let texts = self.fields.iter().map(|(_, field)| field.text_bytes());
        self.message.len() + texts.sum::<usize>()
    }

    fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.subject.iter().flat_map(|subject| subject.ids())
    }

    /// A name is written once: the record's own names and the subject's come before a field, and
    /// of fields the last.
    fn is_taken(&self, name: &str, index: usize) -> bool {
        RESERVED.contains(&name)
            || self.ids().any(|(taken, _)| taken == name)
            || self.fields[index + 1..].iter().any(|(later, _)| *later == name)
    }
}

/// A value may be nested more deeply than a stack is high: it is taken apart level by level.
impl Drop for Entry {
    fn drop(&mut self) {
        self.shared.release(self.text_bytes());
        let mut rest: Vec<Value> = Vec::new();
        rest.extend(self.fields.drain(..).filter_map(|(_, field)| field.into_nested()));
        while let Some(value) = rest.pop() {
            match value {
                Value::Array(items) => rest.extend(items.into_iter().filter(is_nested)),
                Value::Object(members) => {
                    rest.extend(members.into_iter().map(|(_, value)| value).filter(is_nested));
                }
                _ => {}
            }
        }
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// What lies between a record's values and those who read the log.
struct Veil<'a> {
    secrets: &'a Known,
    own: &'a Identifiers,
    mode: IdentifierMode,
}

impl Veil<'_> {
    fn emit(&self, name: &'static str, field: &Field, out: &mut dyn Serializer) -> slog::Result {
        match field {
            Field::Word(word) => out.emit_str(name, word),
            Field::Text(text) => self.emit_text(name, text, out),
            Field::Shared(text) => self.emit_text(name, text, out),
            Field::Count(count) if MEASURES.contains(&name) => out.emit_u64(name, *count),
            Field::Measure(measure) if MEASURES.contains(&name) => out.emit_f64(name, *measure),
            Field::Count(count) => self.emit_value(name, &Value::from(*count), out),
            Field::Measure(measure) => self.emit_value(name, &Value::from(*measure), out),
            Field::Json(json) if self.is_plain(json.get()) => nested(name, json.clone(), out),
            Field::Json(json) => self.emit_value(name, &parsed(json), out),
            Field::Value(value) => self.emit_value(name, value, out),
        }
    }

    fn emit_text(&self, name: &'static str, text: &str, out: &mut dyn Serializer) -> slog::Result {
        if TRACE_IDS.contains(&name) {
            return out.emit_str(name, &self.id(text));
        }
        out.emit_str(name, &self.text(text))
    }

    fn emit_value(
        &self,
        name: &'static str,
        value: &Value,
        out: &mut dyn Serializer,
    ) -> slog::Result {
        match value {
            Value::String(text) => self.emit_text(name, text, out),
            Value::Number(_) if MEASURES.contains(&name) => nested(name, value.clone(), out),
            _ => nested(name, self.value(value, DEEPEST, &mut { LARGEST_FIELD }), out),
        }
    }

    /// Whether nothing in that JSON is hidden or left out, so that it can be shown as it is. Without
    /// escapes each text in it is what it says, and what there is to hide in one shows in the whole.
    fn is_plain(&self, json: &str) -> bool {
        let nested = || json.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
        json.len() <= LONGEST_TEXT
            && !json.contains('\\')
            && nested() <= DEEPEST
            && self.secrets.spans(json).is_empty()
            && self.own.spans(json, self.mode).is_empty()
    }

    /// A text that is masked unless it is the connector's own.
    #[expect(clippy::ptr_arg, reason = "whose it is shows in whether it is borrowed")]
    fn words<'t>(&self, text: &'t Cow<'static, str>) -> Cow<'t, str> {
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => self.text(text),
        }
    }

    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.shown(text, self.mode)
    }

    fn id<'t>(&self, id: &'t str) -> Cow<'t, str> {
        self.shown(id, IdentifierMode::Full)
    }

    /// `text` masked and then cut: a secret that lies across the cut is masked whole, because
    /// enough of what follows the cut is looked at. What lies farther behind costs nothing.
    fn shown<'t>(&self, text: &'t str, mode: IdentifierMode) -> Cow<'t, str> {
        // Short and without a secret, as nearly every text is.
        if text.len() <= LONGEST_TEXT && self.secrets.spans(text).is_empty() {
            let spans = self.own.spans(text, mode);
            return spans::replace(Cow::Borrowed(text), text.len(), spans).0;
        }
        let seen = &text[..spans::boundary(text, LONGEST_TEXT + mask::LONGEST_FORM)];
        let limit = spans::boundary(text, LONGEST_TEXT);
        let spans = self.secrets.spans(seen);
        let (shown, limit) = spans::replace(Cow::Borrowed(seen), limit, spans);
        let spans = self.own.spans(&shown, mode);
        let (shown, limit) = spans::replace(shown, limit, spans);
        if text.len() <= LONGEST_TEXT {
            return shown;
        }
        Cow::Owned(format!("{}... (cut, {} bytes)", &shown[..limit], text.len()))
    }

    /// `levels` and `room` (bytes) are what is left of what may be shown.
    fn value(&self, value: &Value, levels: usize, room: &mut usize) -> Value {
        let shown = match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => match self.own.number(number.as_str(), self.mode) {
                Some(masked) => Value::String(masked),
                None => value.clone(),
            },
            Value::String(text) => Value::String(self.text(text).into_owned()),
            _ if levels == 0 => Value::from("... (nested too deeply)"),
            Value::Array(items) => self.array(items, levels - 1, room),
            Value::Object(members) => self.object(members, levels - 1, room),
        };
        // A rough length: quotes, commas and numbers count as 8.
        *room = room.saturating_sub(8 + shown.as_str().map_or(0, str::len));
        shown
    }

    fn array(&self, items: &[Value], levels: usize, room: &mut usize) -> Value {
        let mut shown = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if *room == 0 {
                shown.push(Value::from(format!("... ({} more)", items.len() - index)));
                break;
            }
            shown.push(self.value(item, levels, room));
        }
        Value::Array(shown)
    }

    fn object(&self, members: &Map<String, Value>, levels: usize, room: &mut usize) -> Value {
        let mut shown = Map::new();
        for (index, (name, value)) in members.iter().enumerate() {
            if *room == 0 {
                shown.insert("...".to_owned(), format!("{} more", members.len() - index).into());
                break;
            }
            let value = self.value(value, levels, room);
            let name = self.text(name);
            *room = room.saturating_sub(name.len());
            shown.insert(unique(name, index, &shown), value);
        }
        Value::Object(shown)
    }
}

/// Different names may be equal once they are masked.
fn unique(name: Cow<'_, str>, index: usize, taken: &Map<String, Value>) -> String {
    match taken.contains_key(&*name) {
        true => format!("{name}#{index}"),
        false => name.into_owned(),
    }
}

/// JSON that is nested too deeply to be read is shown as the text that it is.
fn parsed(json: &RawValue) -> Value {
    serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().into())
}

fn nested<T>(name: &'static str, value: T, out: &mut dyn Serializer) -> slog::Result
where
    T: serde::Serialize + Clone + Send + 'static,
{
    out.emit_serde(name, &slog::Serde(value))
}

#[cfg(test)]
mod tests;
