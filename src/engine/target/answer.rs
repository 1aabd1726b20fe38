//! A target's answer as conditions and messages read it.

use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::body::{self, Body};
use crate::engine::transport::{Headers, Response};
use crate::telemetry::mask::Mask;
use crate::telemetry::vault::Known;

/// An answer, decoded when first asked for.
pub(in crate::engine) struct Answer {
    response: Response,
    /// What a target may repeat and nobody may be told.
    secrets: Arc<Known>,
    /// Whether it may bring secrets that nobody knows yet: the answer to a log-in.
    is_confidential: bool,
    status: OnceCell<Value>,
    headers: OnceCell<Value>,
    body: OnceCell<Body<'static>>,
    text: OnceCell<Value>,
}

/// How much of a body is told to people, in characters.
const EXCERPT: usize = 200;

impl Answer {
    pub(in crate::engine) fn new(
        response: Response,
        secrets: Arc<Known>,
        is_confidential: bool,
    ) -> Self {
        Self {
            response,
            secrets,
            is_confidential,
            status: OnceCell::new(),
            headers: OnceCell::new(),
            body: OnceCell::new(),
            text: OnceCell::new(),
        }
    }

    pub(in crate::engine) fn code(&self) -> u16 {
        self.response.status
    }

    /// Headers as they came; names are lower-case.
    pub(in crate::engine) fn lines(&self) -> &Headers {
        &self.response.headers
    }

    pub(in crate::engine) fn status(&self) -> &Value {
        self.status.get_or_init(|| Value::from(self.code()))
    }

    /// An object of header values by lower-case name; several of one name are joined by `, `
    /// (RFC 9110, section 5.3).
    pub(in crate::engine) fn headers(&self) -> &Value {
        self.headers.get_or_init(|| {
            let mut headers: Map<String, Value> = Map::new();
            for (name, value) in self.response.headers.iter() {
                match headers.get_mut(name) {
                    Some(Value::String(joined)) => {
                        joined.push_str(", ");
                        joined.push_str(value);
                    }
                    _ => {
                        headers.insert(name.to_owned(), Value::from(value));
                    }
                }
            }
            Value::Object(headers)
        })
    }

    fn read(&self) -> &Body<'static> {
        self.body.get_or_init(|| body::read(&self.response).into_owned())
    }

    /// The body as a value; `None` where there is none or it cannot be read.
    pub(in crate::engine) fn body(&self) -> Option<&Value> {
        self.read().value.as_ref()
    }

    /// Why a body that is there cannot be read.
    pub(in crate::engine) fn unreadable(&self) -> Option<&str> {
        let body = self.read();
        if self.response.body.is_empty() || body.value.is_some() {
            return None;
        }
        Some(body.fault.as_deref().unwrap_or("it is neither JSON nor XML"))
    }

    /// Whether the target said yes in a way that cannot be read.
    pub(in crate::engine) fn is_unreadable_success(&self) -> bool {
        self.is_success() && self.unreadable().is_some()
    }

    pub(in crate::engine) fn is_success(&self) -> bool {
        (200..300).contains(&self.code())
    }

    /// The raw body as text.
    pub(in crate::engine) fn text(&self) -> &Value {
        self.text.get_or_init(|| Value::from(&*self.read().text))
    }

    /// The beginning of the body, for people; `None` where it is not for them. What refuses a log-in
    /// brings no secrets.
    pub(in crate::engine) fn excerpt(&self) -> Option<String> {
        let is_shown = !self.is_confidential || self.code() >= 400;
        is_shown.then(|| self.told(self.text().as_str().unwrap_or_default().trim(), EXCERPT))
    }

    /// The beginning of a text, for people: `most` characters. Masked before it is cut: nobody
    /// recognizes half of a secret any more.
    pub(in crate::engine) fn told(&self, text: &str, most: usize) -> String {
        let text = self.secrets.mask(text);
        let mut beginning: String = text.chars().take(most).collect();
        if beginning.len() < text.len() {
            beginning.push('…');
        }
        beginning
    }
}
