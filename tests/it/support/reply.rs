//! What a fake target may answer, well or badly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

/// What one request gets.
#[derive(Debug, Clone)]
pub enum Reply {
    Answer(Answer),
    /// Nothing until the gate is open, then that.
    Held(Gate, Box<Reply>),
    /// Nothing, on an open connection, for as long as the target lives.
    Hang,
    /// The connection closes without a byte.
    CloseUnanswered,
    /// The whole head, then the connection closes.
    CloseAfterHead(Answer),
    /// The head and half of the body, then the connection closes.
    CloseInBody(Answer),
    /// Bytes that are not HTTP.
    Garbage,
    /// Byte by byte, with a pause after each.
    Drip {
        answer: Answer,
        every: Duration,
    },
    /// The connection breaks with a TCP reset.
    Reset,
}

impl Reply {
    /// 200 with `{}`.
    pub fn ok() -> Self {
        Self::json(200, serde_json::json!({}))
    }

    pub fn json(status: u16, body: Value) -> Self {
        Self::Answer(Answer::json(status, body))
    }

    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self::Answer(Answer::new(status).header("content-type", content_type).body(body))
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self::Answer(Answer::new(status))
    }

    pub fn redirect(location: &str) -> Self {
        Self::Answer(Answer::new(302).header("location", location))
    }

    /// 200 with that many bytes of JSON text.
    pub fn huge(bytes: usize) -> Self {
        let body = format!("\"{}\"", "x".repeat(bytes.saturating_sub(2)));
        Self::Answer(Answer::new(200).header("content-type", "application/json").body(body))
    }

    /// The same, but not before the gate is open.
    pub fn held_by(self, gate: &Gate) -> Self {
        Self::Held(gate.clone(), Box::new(self))
    }
}

/// A well-formed answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn json(status: u16, body: Value) -> Self {
        Self::new(status).header("content-type", "application/json").body(body.to_string())
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// First line and headers, with a length unless the answer sets its own framing.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Status\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let framed = ["content-length", "transfer-encoding"]
            .iter()
            .any(|name| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)));
        if !framed && !matches!(self.status, 100..=199 | 204 | 304) {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// What the answer says of the connection.
    pub fn after(&self) -> After {
        let closes = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
        };
        if self.headers.iter().any(closes) { After::Close } else { After::KeepOpen }
    }

    pub fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// Holds answers back until a test opens it: no waiting for luck.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    open: Arc<AtomicBool>,
}

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }
}

/// What becomes of a connection after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    KeepOpen,
    Close,
    /// Closes without a word, as [`Reply::Reset`] has prepared it.
    Reset,
}
