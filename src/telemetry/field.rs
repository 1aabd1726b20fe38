//! The value of one field of a record, as its caller has it: nothing in it is formatted yet.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Kinds that are cheap to record have one of their own.
#[derive(Debug, Clone)]
pub enum Field {
    /// A word of the connector's own, which is not looked through for what has to be hidden.
    Word(&'static str),
    Text(String),
    /// A text that lives on elsewhere, such as the name of a rule.
    Shared(Arc<str>),
    Count(u64),
    Measure(f64),
    /// JSON that has been written already.
    Json(Box<RawValue>),
    /// Apart, because a record has a dozen fields and hardly one of these.
    Value(Box<Value>),
}

impl Field {
    /// Its bytes, if it is a text that lives as long as the record.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Value(value) => value.as_str().map_or(0, str::len),
            Self::Json(json) => json.get().len(),
            _ => 0,
        }
    }

    /// What of it may be nested more deeply than a stack is high.
    pub(super) fn into_nested(self) -> Option<Value> {
        match self {
            Self::Value(value) if value.is_array() || value.is_object() => Some(*value),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($given:ty: $field:expr;)*) => {
        $(
            impl From<$given> for Field {
                fn from(given: $given) -> Self {
                    $field(given)
                }
            }
        )*
    };
}

from! {
    &str: |text: &str| Self::Text(text.to_owned());
    String: Self::Text;
    Cow<'_, str>: |text: Cow<'_, str>| Self::Text(text.into_owned());
    &Arc<str>: |text: &Arc<str>| Self::Shared(Arc::clone(text));
    bool: |given| Self::from(Value::Bool(given));
    u16: |given| Self::Count(u64::from(given));
    u32: |given| Self::Count(u64::from(given));
    u64: Self::Count;
    usize: |given: usize| u64::try_from(given).map_or_else(|_| Self::from(Value::from(given)), Self::Count);
    i32: |given: i32| u64::try_from(given).map_or_else(|_| Self::from(Value::from(given)), Self::Count);
    f64: Self::Measure;
    Box<RawValue>: Self::Json;
    Value: |value| Self::Value(Box::new(value));
    Map<String, Value>: |members| Self::from(Value::Object(members));
    Vec<String>: |items: Vec<String>| Self::from(Value::from(items));
}

impl<T: Into<Field>> From<Option<T>> for Field {
    fn from(given: Option<T>) -> Self {
        given.map_or_else(|| Self::from(Value::Null), Into::into)
    }
}
