//! The envelope: bytes from NSPS to an [`Event`], or the reason why not.

use std::sync::Arc;

use serde_json::Value;

use crate::document::{Document, Node, Spot, View};
use crate::telemetry::log::Subject;
use crate::telemetry::mask::Identifiers;

/// What an envelope may hold, as a JSON Schema (draft 2020-12). It refuses what [`Event::parse`]
/// refuses, and nothing else; the rest of it is there to be read.
pub const SCHEMA: &str = include_str!("../schemas/event.schema.json");

/// Longest accepted `event_id` and `event_type`, in characters: they are repeated in every log record.
const LONGEST_NAME: usize = 512;

/// One enriched event, as NSPS sent it, and the identifiers of the request that carried it.
#[derive(Debug, Clone)]
pub struct Event {
    /// `event_id`: the same on every redelivery.
    pub id: Arc<str>,
    /// `data.event_type`, e.g. `SIM/Updated`.
    pub event_type: Arc<str>,
    /// The whole request body, unknown fields included.
    pub body: Document,
    /// Length of the body as it came, in bytes.
    pub size: usize,
    /// `x-b3-traceid`, or one that was generated.
    pub request_id: Arc<str>,
    /// `x-request-id`, or one that was generated.
    pub unique_id: Arc<str>,
}

/// Why a body is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    #[error("the request body is not JSON: {0}")]
    NotJson(String),
    #[error("{reason}")]
    Invalid {
        reason: String,
        /// Where that much can be read.
        event_id: Option<String>,
    },
}

impl Event {
    /// Reads an envelope. Only its shape is judged: no value is refused for not being in a
    /// documented list, because the lists differ between releases of the billing system.
    pub fn parse(
        body: impl Into<Vec<u8>>,
        request_id: impl Into<Arc<str>>,
        unique_id: impl Into<Arc<str>>,
    ) -> Result<Self, EnvelopeFault> {
        let body = body.into();
        let size = body.len();
        let body =
            Document::parse(body).map_err(|fault| EnvelopeFault::NotJson(fault.to_string()))?;
        match identify(body.root()) {
            Ok((id, event_type)) => {
                let (request_id, unique_id) = (request_id.into(), unique_id.into());
                Ok(Self { id, event_type, body, size, request_id, unique_id })
            }
            Err(reason) => {
                let event_id = name(body.root().get("event_id"), "event_id").ok();
                Err(EnvelopeFault::Invalid { reason, event_id: event_id.map(|id| id.to_string()) })
            }
        }
    }

    /// Whose the records of the log are that speak about it.
    pub fn subject(&self) -> Subject {
        Subject {
            request_id: Some(self.request_id.clone()),
            unique_id: Some(self.unique_id.clone()),
            event_id: Some(self.id.clone()),
            event_type: Some(self.event_type.clone()),
            identifiers: Identifiers::of(self.body.root()),
        }
    }
}

/// Checks the shape of an envelope, and gives its id and its type; or why it is none.
fn identify(envelope: Spot<'_>) -> Result<(Arc<str>, Arc<str>), String> {
    if !is_object(envelope) {
        return Err(format!("the body must be an object, it is {}", envelope.view().kind()));
    }
    let data = envelope.get("data").ok_or("`data` is missing")?;
    if !is_object(data) {
        return Err(format!("`data` must be an object, it is {}", data.view().kind()));
    }
    let id = name(envelope.get("event_id"), "event_id")?;
    let event_type = name(data.get("event_type"), "data.event_type")?;
    let variables = section(data.get("variables"), "data.variables")?;
    let pb_data = section(envelope.get("pb_data"), "pb_data")?;
    if !variables && !pb_data {
        return Err(
            "the event has neither `data.variables` nor `pb_data`: nothing says what changed"
                .to_owned(),
        );
    }
    Ok((id, event_type))
}

fn is_object(value: Spot<'_>) -> bool {
    matches!(value.view(), View::Object(_))
}

fn name(value: Option<Spot<'_>>, field: &str) -> Result<Arc<str>, String> {
    match value.map(Spot::view) {
        Some(View::Text("")) => Err(format!("`{field}` is empty")),
        Some(View::Text(text)) if text.chars().count() > LONGEST_NAME => {
            Err(format!("`{field}` is longer than {LONGEST_NAME} characters"))
        }
        Some(View::Text(text)) => Ok(text.into()),
        Some(other) => Err(format!("`{field}` must be a string, it is {}", other.kind())),
        None => Err(format!("`{field}` is missing")),
    }
}

/// Whether an optional section is there; one that is there must be an object.
fn section(value: Option<Spot<'_>>, field: &str) -> Result<bool, String> {
    match value.map(Spot::view) {
        None | Some(View::Null) => Ok(false),
        Some(View::Object(_)) => Ok(true),
        Some(other) => Err(format!("`{field}` must be an object, it is {}", other.kind())),
    }
}

/// What a JSON value is, with its article, for messages.
pub fn kind(value: &Value) -> &'static str {
    value.view().kind()
}

#[cfg(test)]
mod tests;
