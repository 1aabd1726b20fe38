//! The envelope: bytes from NSPS to an [`Event`], or the reason why not.

use serde_json::Value;

/// What an envelope may hold, as a JSON Schema (draft 2020-12). It refuses what [`Event::parse`]
/// refuses, and nothing else; the rest of it is there to be read.
pub const SCHEMA: &str = include_str!("../schemas/event.schema.json");

/// Longest accepted `event_id` and `event_type`, in characters: they are repeated in every log record.
const LONGEST_NAME: usize = 512;

/// One enriched event, as NSPS sent it, and the identifiers of the request that carried it.
#[derive(Debug, Clone)]
pub struct Event {
    /// `event_id`: the same on every redelivery.
    pub id: String,
    /// `data.event_type`, e.g. `SIM/Updated`.
    pub event_type: String,
    /// The whole request body, unknown fields included.
    pub body: Value,
    /// Length of the body as it came, in bytes.
    pub size: usize,
    /// `x-b3-traceid`, or one that was generated.
    pub request_id: String,
    /// `x-request-id`, or one that was generated.
    pub unique_id: String,
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
        body: &[u8],
        request_id: String,
        unique_id: String,
    ) -> Result<Self, EnvelopeFault> {
        let size = body.len();
        let body = serde_json::from_slice(body)
            .map_err(|fault| EnvelopeFault::NotJson(fault.to_string()))?;
        Self::of(body, request_id, unique_id).map(|event| Self { size, ..event })
    }

    /// Reads an envelope that was parsed already, and did not come as bytes.
    pub fn of(body: Value, request_id: String, unique_id: String) -> Result<Self, EnvelopeFault> {
        match identify(&body) {
            Ok((id, event_type)) => {
                let size = 0;
                Ok(Self { id, event_type, body, size, request_id, unique_id })
            }
            Err(reason) => {
                let event_id = name(body.get("event_id"), "event_id").ok();
                Err(EnvelopeFault::Invalid { reason, event_id })
            }
        }
    }
}

/// Checks the shape of an envelope, and gives its id and its type; or why it is none.
fn identify(body: &Value) -> Result<(String, String), String> {
    let Value::Object(envelope) = body else {
        return Err(format!("the body must be an object, it is {}", kind(body)));
    };
    let data = match envelope.get("data") {
        Some(Value::Object(data)) => data,
        Some(other) => {
            return Err(format!("`data` must be an object, it is {}", kind(other)));
        }
        None => return Err("`data` is missing".to_owned()),
    };
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

fn name(value: Option<&Value>, field: &str) -> Result<String, String> {
    match value {
        Some(Value::String(text)) if text.is_empty() => Err(format!("`{field}` is empty")),
        Some(Value::String(text)) if text.chars().count() > LONGEST_NAME => {
            Err(format!("`{field}` is longer than {LONGEST_NAME} characters"))
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("`{field}` must be a string, it is {}", kind(other))),
        None => Err(format!("`{field}` is missing")),
    }
}

/// Whether an optional section is there; one that is there must be an object.
fn section(value: Option<&Value>, field: &str) -> Result<bool, String> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Object(_)) => Ok(true),
        Some(other) => Err(format!("`{field}` must be an object, it is {}", kind(other))),
    }
}

/// What a JSON value is, with its article, for messages.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
