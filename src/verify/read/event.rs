//! Events of test files: read once, and changed as the case says.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::FileReader;
use crate::event::{EnvelopeFault, Event};
use crate::expr::path::ChangeFault;
use crate::expr::{Effort, Path as JsonPath};
use crate::mapping::diagnostic::Span;
use crate::mapping::document::decode::{Given, Text};
use crate::mapping::yaml::Kind;
use crate::verify::document::Keys;
use crate::verify::plan::{LARGEST_FILE, Read};

/// Most that all events of a file may come to, in bytes of JSON: each is kept.
const MOST: usize = 32 << 20;

/// Events of files, each read once.
pub struct Events<'r> {
    /// Where paths begin.
    folder: PathBuf,
    read: &'r Read<'r>,
    files: HashMap<PathBuf, Result<Arc<Event>, Fault>>,
    /// Bytes that there is still room for.
    left: usize,
    /// What may still be computed in changing events.
    effort: Effort,
}

/// Why there is no event: code, message and cure.
type Fault = (&'static str, String, &'static str);

impl<'r> Events<'r> {
    pub fn new(folder: &Path, read: &'r Read<'r>) -> Self {
        let files = HashMap::new();
        Self { folder: folder.to_owned(), read, files, left: MOST, effort: Effort::new() }
    }

    fn of_file(&mut self, name: &str) -> Result<Arc<Event>, Fault> {
        let path = self.folder.join(name);
        if let Some(known) = self.files.get(&path) {
            return known.clone();
        }
        let event = self.read_file(&path);
        self.files.insert(path, event.clone());
        event
    }

    fn read_file(&mut self, path: &Path) -> Result<Arc<Event>, Fault> {
        let unread = |reason: String| {
            let message = format!("the event cannot be read: {}: {reason}", path.display());
            ("unreadable-file", message, "name a JSON file; its path begins at the test file")
        };
        let bytes = (self.read)(path).map_err(unread)?;
        self.event(&bytes).map(Arc::new)
    }

    /// An event as it would come over the wire.
    fn event(&mut self, bytes: &[u8]) -> Result<Event, Fault> {
        if bytes.len() as u64 > LARGEST_FILE {
            let message = format!("the event is larger than {} MiB", LARGEST_FILE >> 20);
            return Err(("event-too-large", message, "NSPS could not send it either"));
        }
        self.left = self.left.checked_sub(bytes.len()).ok_or_else(|| {
            let message = format!("the events of this file come to more than {} MiB", MOST >> 20);
            ("event-too-large", message, "split the test file into several")
        })?;
        let ids = String::new;
        Event::parse(bytes, ids(), ids()).map_err(|fault| match fault {
            EnvelopeFault::NotJson(reason) => {
                ("not-an-event", format!("this is not JSON: {reason}"), "write one JSON object")
            }
            EnvelopeFault::Invalid { reason, .. } => {
                let help =
                    "NSPS sends `event_id`, `data.event_type`, and `data.variables` or `pb_data`";
                ("not-an-event", format!("this is not an event: {reason}"), help)
            }
        })
    }
}

impl FileReader<'_> {
    /// The event of a scene, with what is changed in it.
    pub(super) fn event(&mut self, keys: Keys<'_>) -> Option<Arc<Event>> {
        let Given(node) = keys.event?;
        let changes = self.changes(keys);
        let base = match &node.kind {
            Kind::String(name) => match self.events.of_file(name) {
                Ok(event) => event,
                Err(fault) => {
                    self.no_event(fault, node.span);
                    return None;
                }
            },
            Kind::Mapping(_) => {
                let changed = self.change(node.to_json(), changes?)?;
                return self.whole_event(&changed, node.span);
            }
            _ => {
                let message = "an event is a JSON object, or the name of a file that holds one";
                self.error("wrong-type", node.span, message, "write e.g. `event: update.json`");
                return None;
            }
        };
        let changes = changes?;
        if changes.is_empty() {
            return Some(base);
        }
        let changed = self.change(base.body.to_value(), changes)?;
        self.whole_event(&changed, node.span)
    }

    fn whole_event(&mut self, body: &Value, span: Span) -> Option<Arc<Event>> {
        let event = self.events.event(body.to_string().as_bytes());
        event.map(Arc::new).map_err(|fault| self.no_event(fault, span)).ok()
    }

    fn no_event(&mut self, (code, message, help): Fault, span: Span) {
        self.error(code, span, message, help);
    }

    /// What is to be changed, in order; `None` if it cannot be read.
    fn changes(&mut self, keys: Keys<'_>) -> Option<Vec<Change>> {
        let mut changes = Vec::new();
        for (key, value) in keys.set.iter().flat_map(|named| &named.0) {
            let source = self.source;
            let within = |range| key.span_within(source, range);
            let path = self.json_path(&key.text, key.span, &within);
            let value = value.as_ref().map(|Given(node)| node.to_json());
            changes.push(path.zip(value).map(|(path, value)| Change {
                path,
                span: key.span,
                set: Some(value),
            }));
        }
        for text in keys.remove.iter().flat_map(|texts| &texts.0) {
            let source = self.source;
            let within = |range| Text::node(text).span_within(source, range);
            let path = self.json_path(text.as_str(), text.span(), &within);
            changes.push(path.map(|path| Change { path, span: text.span(), set: None }));
        }
        let sound = !["set", "remove"].iter().any(|key| keys.unreadable.contains(key));
        changes.into_iter().collect::<Option<Vec<_>>>().filter(|_| sound)
    }

    fn json_path(
        &mut self,
        text: &str,
        span: Span,
        within: &dyn Fn(std::ops::Range<usize>) -> Span,
    ) -> Option<JsonPath> {
        let fault = match JsonPath::parse(text) {
            Ok(path) => return Some(path),
            Err(fault) => fault,
        };
        let span = fault.range.map_or(span, within);
        self.error("bad-path", span, fault.message, &fault.help);
        None
    }

    fn change(&mut self, mut body: Value, changes: Vec<Change>) -> Option<Value> {
        for Change { path, span, set } in changes {
            let changed = match &set {
                Some(value) => path.set(&mut body, value, &self.events.effort),
                None => path.remove(&mut body, &self.events.effort),
            };
            if let Err(fault) = changed {
                self.unchanged(&fault, span);
                return None;
            }
        }
        Some(body)
    }

    fn unchanged(&mut self, fault: &ChangeFault, span: Span) {
        let (code, help) = match fault {
            ChangeFault::NothingSelected | ChangeFault::NothingToRemove => {
                ("nothing-selected", "compare the path with the event")
            }
            ChangeFault::Whole => ("nothing-selected", "remove what is below it"),
            ChangeFault::InTheWay { .. } | ChangeFault::Gap { .. } => {
                ("cannot-create", "set what stands above it instead")
            }
            ChangeFault::TooMany | ChangeFault::TooMuch(_) => {
                ("event-too-large", "change less of it")
            }
        };
        self.error(code, span, fault.to_string(), help);
    }
}

/// One thing that is different from the event that was read.
struct Change {
    path: JsonPath,
    span: Span,
    /// None where it is removed.
    set: Option<Value>,
}
