//! What of texts and values is told: masked, and cut where they are long.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};

use crate::expr::Fault;
use crate::expr::condition::Tell;
use crate::telemetry::mask::Mask as _;
use crate::telemetry::vault::Vault;

/// Longest JSON text of a value that is kept whole, in bytes; of a longer one so much is kept.
const LONGEST: usize = 4 << 10;

/// So much of a long value is looked through for secrets, in bytes: none that begins in what is kept
/// goes on behind it unrecognized.
const LOOKED_THROUGH: usize = 64 << 10;

/// Longest text or value within a sentence, in characters.
const IN_WORDS: usize = 200;

/// A value as far as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Glimpse {
    /// Its JSON text, or the beginning of that and `…`.
    pub text: String,
    /// The value itself, unless it is long.
    pub value: Option<Value>,
}

/// Most bytes of texts and values that one explanation tells, bodies apart.
const MOST_TOLD: usize = 64 << 20;

/// What a text, a value or a test takes at least, in bytes.
const LEAST: usize = 128;

/// Hides what must not be told, and what is too much. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Curtain {
    vault: Arc<Vault>,
    /// What may still be told, in bytes.
    room: Arc<AtomicUsize>,
    /// Whether no value is shown at all.
    is_drawn: bool,
}

impl Curtain {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault, room: Arc::new(AtomicUsize::new(MOST_TOLD)), is_drawn: false }
    }

    /// The same, hiding every value: for answers to log-ins, of which nobody knows what is secret.
    pub fn drawn(&self) -> Self {
        Self { is_drawn: true, ..self.clone() }
    }

    /// Takes room for one more thing to tell, of so many bytes.
    pub fn take_room(&self, bytes: usize) {
        let taken = bytes.saturating_add(LEAST);
        let take = |room: usize| Some(room.saturating_sub(taken));
        // Which cannot fail.
        let _ = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
    }

    /// Whether there is no room left: what else there is to tell is left out.
    pub fn is_full(&self) -> bool {
        self.room.load(Ordering::Relaxed) == 0
    }

    /// A text, masked and whole.
    pub fn masked(&self, text: &str) -> String {
        self.vault.mask(text).into_owned()
    }

    /// The value of a header or of a parameter, masked and whole: their own places of secrets that
    /// are too short to be looked for.
    pub fn masked_field(&self, text: &str) -> String {
        self.vault.known().mask_field(text).into_owned()
    }

    /// What is wrong, masked and cut.
    pub fn fault(&self, fault: &Fault) -> String {
        match self.is_drawn {
            true => "it cannot be read".to_owned(),
            false => self.told(&fault.to_string()),
        }
    }

    /// A text, masked and cut.
    pub fn told(&self, text: &str) -> String {
        let end = floor(text, LOOKED_THROUGH);
        cut(&self.vault.known().mask_whole(&text[..end]), LONGEST, end < text.len())
    }

    pub fn glimpse(&self, value: &Value) -> Glimpse {
        if self.is_full() {
            return Glimpse { text: "…".to_owned(), value: None };
        }
        if self.is_drawn {
            return Glimpse { text: "***".to_owned(), value: None };
        }
        self.shown(value)
    }

    fn shown(&self, value: &Value) -> Glimpse {
        let glimpse = self.look(value);
        // As text and as a value.
        self.take_room(2 * glimpse.text.len());
        glimpse
    }

    fn look(&self, value: &Value) -> Glimpse {
        let mut head = Head { bytes: Vec::new(), most: LOOKED_THROUGH };
        let whole = serde_json::to_writer(&mut head, value).is_ok();
        if whole && head.bytes.len() <= LONGEST {
            let value = self.value(value);
            return Glimpse { text: value.to_string(), value: Some(value) };
        }
        let text = String::from_utf8_lossy(&head.bytes);
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        Glimpse { text: cut(&self.masked(text), LONGEST, true), value: None }
    }

    /// A value with every text in it masked; a number that is or holds a secret becomes `***`.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.vault.known().mask_whole(text).into_owned()),
            Value::Number(number) => {
                let text = number.to_string();
                match self.vault.known().mask_whole(&text) {
                    masked if masked == text => value.clone(),
                    masked => Value::String(masked.into_owned()),
                }
            }
            Value::Array(members) => members.iter().map(|member| self.value(member)).collect(),
            Value::Object(members) => {
                let member =
                    |(name, value): (&String, &Value)| (self.masked(name), self.value(value));
                Value::Object(members.iter().map(member).collect::<Map<_, _>>())
            }
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
}

impl Tell for Curtain {
    fn text(&self, text: &str) -> String {
        shorten(&self.told(text), IN_WORDS)
    }

    fn value(&self, value: &Value) -> String {
        // What a mapping asks for is no answer.
        shorten(&self.shown(value).text, IN_WORDS)
    }
}

/// The first characters of a text, and `…` if that is not all.
pub fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn cut(text: &str, most: usize, is_part: bool) -> String {
    let end = floor(text, most);
    match is_part || end < text.len() {
        true => format!("{}…", &text[..end]),
        false => text.to_owned(),
    }
}

/// The last place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The beginning of what is written; past its end writing fails.
struct Head {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most - self.bytes.len();
        let taken = bytes.len().min(room);
        self.bytes.extend_from_slice(&bytes[..taken]);
        match taken < bytes.len() {
            true => Err(io::ErrorKind::WriteZero.into()),
            false => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
