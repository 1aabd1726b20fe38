//! The log: one JSON object a line.

use std::sync::Arc;

use serde_json::Value;

use super::mask::Identifiers;

/// Severity, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warning,
    Info,
    Debug,
}

/// Named values of one record, in order.
pub type Fields = Vec<(&'static str, Value)>;

/// Builds [`Fields`]: `fields! { "status" => 200, "url" => url }`.
#[macro_export]
macro_rules! fields {
    ($($name:literal => $value:expr),* $(,)?) => {
        vec![$(($name, ::serde_json::Value::from($value))),*]
    };
}

/// Whose records these are; `None` leaves the field out.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    pub request_id: Option<String>,
    pub unique_id: Option<String>,
    pub event_id: Option<String>,
    pub event_type: Option<String>,
    /// What must be masked in every record about this event.
    pub identifiers: Arc<Identifiers>,
}

/// A handle on the log; cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    subject: Option<Arc<Subject>>,
}

impl Log {
    /// The same log, with the subject's fields in every record.
    pub fn about(&self, subject: Subject) -> Log {
        Log { subject: Some(Arc::new(subject)) }
    }

    pub fn is_enabled(&self, _level: Level) -> bool {
        true
    }

    /// `logger` names the part that speaks, e.g. `ingress`.
    pub fn record(&self, level: Level, logger: &'static str, message: &str, fields: Fields) {
        println!("{level:?} {logger} {message} {fields:?} {:?}", self.subject);
    }

    pub fn error(&self, logger: &'static str, message: &str, fields: Fields) {
        self.record(Level::Error, logger, message, fields);
    }

    pub fn warning(&self, logger: &'static str, message: &str, fields: Fields) {
        self.record(Level::Warning, logger, message, fields);
    }

    pub fn info(&self, logger: &'static str, message: &str, fields: Fields) {
        self.record(Level::Info, logger, message, fields);
    }

    pub fn debug(&self, logger: &'static str, message: &str, fields: Fields) {
        self.record(Level::Debug, logger, message, fields);
    }
}
