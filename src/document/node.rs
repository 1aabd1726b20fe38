//! What paths, conditions and conversions ask of a value, however it is kept.

use std::borrow::Cow;

use serde_json::Value;

/// A value of a document.
pub trait Node<'v>: Copy {
    fn view(self) -> View<'v>;

    /// The member of an object by its name.
    fn get(self, name: &str) -> Option<Self>;

    /// The member of an array by its position.
    fn at(self, position: usize) -> Option<Self>;

    /// The work of finding one member, in values looked at beside that one.
    fn search(self) -> usize;

    /// The members of an array or an object, in their order.
    fn children(self) -> impl Iterator<Item = Self>;

    /// The members of an object.
    fn members(self) -> impl Iterator<Item = (&'v str, Self)>;

    /// It and all that is below it, a value before what is below that.
    fn descent(self) -> impl Iterator<Item = Self>;

    fn to_value(self) -> Cow<'v, Value>;

    fn is_null(self) -> bool {
        matches!(self.view(), View::Null)
    }

    fn as_text(self) -> Option<&'v str> {
        match self.view() {
            View::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A value without what is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View<'v> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'v str),
    Text(&'v str),
    /// How many members it has.
    Array(usize),
    Object(usize),
}

impl View<'_> {
    /// What it is, with its article, for messages.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'v> Node<'v> for &'v Value {
    fn view(self) -> View<'v> {
        match self {
            Value::Null => View::Null,
            Value::Bool(truth) => View::Bool(*truth),
            Value::Number(number) => View::Number(number.as_str()),
            Value::String(text) => View::Text(text),
            Value::Array(members) => View::Array(members.len()),
            Value::Object(members) => View::Object(members.len()),
        }
    }

    fn get(self, name: &str) -> Option<Self> {
        self.as_object()?.get(name)
    }

    fn at(self, position: usize) -> Option<Self> {
        self.as_array()?.get(position)
    }

    fn search(self) -> usize {
        0
    }

    fn children(self) -> impl Iterator<Item = Self> {
        children(self)
    }

    fn members(self) -> impl Iterator<Item = (&'v str, Self)> {
        let members = self.as_object().into_iter().flatten();
        members.map(|(name, member)| (name.as_str(), member))
    }

    fn descent(self) -> impl Iterator<Item = Self> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let node = waiting.pop()?;
            waiting.extend(children(node).rev());
            Some(node)
        })
    }

    fn to_value(self) -> Cow<'v, Value> {
        Cow::Borrowed(self)
    }
}

fn children(value: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    let array = value.as_array().into_iter().flatten();
    let object = value.as_object().into_iter();
    array.chain(object.flat_map(|members| members.values()))
}
