//! One record, and how it is shown: masked and written down on the thread of the log.

use std::borrow::Cow;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use slog::{KV, Serializer};

use super::log::{Fields, Level, Subject};
use super::mask::{self, IdentifierMode, Identifiers};
use super::sink::Shared;
use super::spans;
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
    pub message: String,
    pub subject: Option<Arc<Subject>>,
    pub fields: Fields,
    pub shared: Arc<Shared>,
}

/// What a panic may leave behind in an entry is never read again.
impl RefUnwindSafe for Entry {}

impl KV for Entry {
    fn serialize(&self, _: &slog::Record<'_>, out: &mut dyn Serializer) -> slog::Result {
        let nobody = Identifiers::default();
        let veil = Veil {
            secrets: &self.shared.vault.known(),
            own: self.subject.as_deref().map_or(&nobody, |subject| &subject.identifiers),
            mode: self.shared.identifiers,
        };
        out.emit_str("timestamp", &format!("{:.6}", self.time))?;
        out.emit_str("level", self.level.name())?;
        out.emit_str("message", &veil.text(&self.message))?;
        out.emit_str("logger", &veil.text(&self.logger))?;
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
    /// Bytes of its message and of its text fields: what can make a record large.
    pub fn text_bytes(&self) -> usize {
        let texts = self.fields.iter().filter_map(|(_, value)| value.as_str());
        self.message.len() + texts.map(str::len).sum::<usize>()
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
        rest.extend(self.fields.drain(..).map(|(_, value)| value).filter(is_nested));
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
    fn emit(&self, name: &'static str, value: &Value, out: &mut dyn Serializer) -> slog::Result {
        match value {
            Value::String(id) if TRACE_IDS.contains(&name) => out.emit_str(name, &self.id(id)),
            Value::String(text) => out.emit_str(name, &self.text(text)),
            Value::Number(_) if MEASURES.contains(&name) => nested(name, value.clone(), out),
            _ => nested(name, self.value(value, DEEPEST, &mut { LARGEST_FIELD }), out),
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

fn nested(name: &'static str, value: Value, out: &mut dyn Serializer) -> slog::Result {
    out.emit_serde(name, &slog::Serde(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::mask::Secrets;
    use super::super::testing::Output;
    use super::*;
    use crate::fields;

    fn event() -> Value {
        json!({"pb_data": {
            "account_info": {"firstname": "Serhii", "zip": "200"},
            "sim_info": {"imsi": "001010000020349"},
        }})
    }

    fn subject() -> Subject {
        Subject {
            request_id: Some("4bf92f3577b34da6a123456789012e47".to_owned()),
            unique_id: Some("79123456789".to_owned()),
            event_id: None,
            event_type: Some("SIM/Updated".to_owned()),
            identifiers: Arc::new(Identifiers::of(&event())),
        }
    }

    /// The record about the subject that these fields make, as text and as JSON.
    fn written(secrets: &[&str], message: &str, fields: Fields) -> (String, Value) {
        let output = Output::default();
        let (log, guard) = output.start(Level::Debug, IdentifierMode::Masked);
        log.vault().hold(&Secrets::new(secrets.iter().map(|text| (*text).to_owned())));
        log.about(subject()).info("engine", message, fields);
        drop(guard);
        (output.text(), output.records().remove(0))
    }

    #[test]
    fn a_record_is_one_line_of_json_in_its_order() {
        let fields =
            fields! { "status" => 200, "rules" => json!([{"b": 1, "a": null}]), "ok" => true };
        let (text, record) = written(&[], "event \"ended\"\n\u{1}", fields);
        let timestamp = record["timestamp"].as_str().unwrap();
        let rest = text.strip_prefix(&format!("{{\"timestamp\":\"{timestamp}\",")).unwrap();
        assert_eq!(
            rest,
            concat!(
                r#""level":"info","message":"event \"ended\"\n\u0001","logger":"engine","#,
                r#""request_id":"4bf92f3577b34da6a123456789012e47","unique_id":"79123456789","#,
                r#""event_type":"SIM/Updated","status":200,"rules":[{"b":1,"a":null}],"ok":true}"#,
                "\n",
            )
        );
        assert_eq!((timestamp.len(), timestamp.as_bytes()[26]), (27, b'Z'), "{timestamp}");
        assert!(timestamp.parse::<Timestamp>().is_ok());
    }

    #[test]
    fn numbers_stay_the_numbers_that_they_were() {
        let exact =
            r#"{"i":1,"f":2.50,"e":1e+3,"big":123456789012345678901234567890,"list":[0.1,-7]}"#;
        let body: Value = serde_json::from_str(exact).unwrap();
        let (text, _) = written(&[], "m", fields! { "body" => body, "duration_ms" => 1.5 });
        assert!(text.contains(&format!("\"body\":{exact},\"duration_ms\":1.5}}")), "{text}");
    }

    #[test]
    fn a_name_is_written_once() {
        let fields = fields! {
            "level" => 1, "x" => 1, "request_id" => "mine", "event_id" => "e", "x" => 2, "x" => 3,
        };
        let (text, record) = written(&[], "m", fields);
        assert!(text.ends_with("\"event_id\":\"e\",\"x\":3}\n"), "{text}");
        assert_eq!(record["level"], "info");
        assert_eq!(text.matches("request_id").count(), 1, "{text}");
    }

    #[test]
    fn secrets_are_masked_in_every_text_of_a_record() {
        let fields = fields! {
            "url" => "https://x/?t=first-secret",
            "body" => json!({"first-secret": [{"a": "<first-secret>"}], "***": 1}),
            "event_id" => "first-secret",
        };
        let (text, record) =
            written(&["first-secret", "SIM/Updated", "4bf92f3577b3"], "m first-secret", fields);
        assert!(!text.contains("first-secret"), "{text}");
        assert_eq!(record["message"], "m ***");
        assert_eq!(record["event_type"], "***");
        assert_eq!(record["request_id"], "***4da6a123456789012e47");
        assert_eq!(record["body"], json!({"***": [{"a": "<***>"}], "***#1": 1}));
    }

    #[test]
    fn identifiers_are_masked_everywhere_but_in_trace_ids_and_measures() {
        let fields = fields! {
            "status" => 200,
            "event_id" => "550e8400e29b41d4-79123456789",
            "url" => "/subs/001010000020349",
            "body" => json!({
                "imsi": 79_123_456_789_u64, "zip": 200, "Serhii": ["Serhii", 79_123_456],
            }),
        };
        let (_, record) = written(&[], "Serhii 001010000020349", fields);
        assert_eq!(record["message"], "S***** 00101********49");
        assert_eq!(record["status"], 200);
        assert_eq!(record["unique_id"], "79123456789");
        assert_eq!(record["event_id"], "550e8400e29b41d4-79123456789");
        assert_eq!(record["url"], "/subs/00101********49");
        let body = json!({"imsi": "79123****89", "zip": "***", "S*****": ["S*****", 79_123_456]});
        assert_eq!(record["body"], body);
    }

    #[test]
    fn a_secret_that_holds_an_identifier_is_masked_as_a_secret() {
        let (_, record) = written(&["user:001010000020349"], "as user:001010000020349", fields! {});
        assert_eq!(record["message"], "as ***");
    }

    #[test]
    fn a_long_text_is_cut_and_says_how_long_it_was() {
        let megabyte = "ä".repeat(1 << 19);
        let fields = fields! { "body" => megabyte.as_str(), "deep" => json!([megabyte]) };
        let (_, record) = written(&[], &megabyte, fields);
        for text in [&record["message"], &record["body"], &record["deep"][0]] {
            let text = text.as_str().unwrap();
            let shown = text.strip_suffix("... (cut, 1048576 bytes)").unwrap();
            assert_eq!(shown, "ä".repeat(LONGEST_TEXT / 2));
        }
    }

    #[test]
    fn a_cut_never_shows_half_of_what_is_masked() {
        for (hidden, shown) in
            [("first-secret", "***"), ("001010000020349", "00101********49"), ("Serhii", "S*****")]
        {
            for before in 1..hidden.len() {
                let text =
                    format!("{}{hidden}{}", " ".repeat(LONGEST_TEXT - before), ".".repeat(99));
                let (_, record) = written(&["first-secret"], &text, fields! {});
                let message = record["message"].as_str().unwrap().trim_start();
                assert_eq!(message, format!("{shown}... (cut, {} bytes)", text.len()));
            }
        }
    }

    #[test]
    fn values_of_any_depth_and_size_are_shown_in_part() {
        let deep = (0..10_000).fold(Value::from("core"), |inner, _| {
            Value::Object(Map::from_iter([("in".to_owned(), inner)]))
        });
        let (text, _) = written(&[], "m", vec![("deep", deep)]);
        assert!(text.contains("... (nested too deeply)"), "{text}");

        let wide: Vec<String> = (0..100_000).map(|index| format!("item {index}")).collect();
        let members: Map<String, Value> = wide.iter().map(|n| (n.clone(), Value::Null)).collect();
        let (text, record) = written(&[], "m", fields! { "list" => wide, "object" => members });
        assert!(text.len() < 3 * LARGEST_FIELD, "{}", text.len());
        assert!(record["object"]["..."].as_str().unwrap().ends_with(" more"));
        assert!(
            record["list"]
                .as_array()
                .unwrap()
                .last()
                .unwrap()
                .as_str()
                .unwrap()
                .starts_with("... (")
        );
    }
}
