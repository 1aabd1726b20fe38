//! Where one value of a document stands.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::{Document, Kind, Node, View};

/// So many cells are passed by in about the time that one value takes to look at.
const CELLS_OF_ONE: usize = 8;

/// One value of a document.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'d> {
    document: &'d Document,
    at: usize,
}

impl<'d> Spot<'d> {
    pub(super) fn new(document: &'d Document, at: usize) -> Self {
        Self { document, at }
    }

    /// As a tree.
    pub fn owned(self) -> Value {
        match self.view() {
            View::Null => Value::Null,
            View::Bool(truth) => Value::Bool(truth),
            // What was scanned is a number.
            View::Number(digits) => digits.parse::<Number>().map_or(Value::Null, Value::Number),
            View::Text(text) => Value::from(text),
            View::Array(length) => {
                let mut members = Vec::with_capacity(length);
                members.extend(self.children().map(Self::owned));
                Value::Array(members)
            }
            View::Object(length) => {
                let mut members = Map::with_capacity(length);
                members
                    .extend(self.members().map(|(name, member)| (name.to_owned(), member.owned())));
                Value::Object(members)
            }
        }
    }

    /// Each member, with the cell of its name if it has one.
    fn each(self) -> impl Iterator<Item = (usize, Self)> {
        let cell = self.document.cell(self.at);
        let (mut left, named) = match cell.kind() {
            Kind::Array => (cell.length(), 0),
            Kind::Object => (cell.length(), 1),
            _ => (0, 0),
        };
        let (document, mut at) = (self.document, self.at + 1);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let (name, value) = (at, at + named);
            at = value + document.cell(value).span();
            Some((name, Self { document, at: value }))
        })
    }
}

impl<'d> Node<'d> for Spot<'d> {
    fn view(self) -> View<'d> {
        let cell = self.document.cell(self.at);
        match cell.kind() {
            Kind::Null => View::Null,
            Kind::False => View::Bool(false),
            Kind::True => View::Bool(true),
            Kind::Number | Kind::MadeNumber => View::Number(self.document.text(cell)),
            Kind::Text | Kind::MadeText | Kind::Name | Kind::MadeName => {
                View::Text(self.document.text(cell))
            }
            Kind::Array => View::Array(cell.length()),
            Kind::Object => View::Object(cell.length()),
        }
    }

    /// Goes through the members one by one: no event has so many that hashing their names pays.
    fn get(self, name: &str) -> Option<Self> {
        if self.document.cell(self.at).kind() != Kind::Object {
            return None;
        }
        let (document, name) = (self.document, name.as_bytes());
        self.each().find(|(at, _)| document.is_named(document.cell(*at), name)).map(|(_, it)| it)
    }

    fn at(self, position: usize) -> Option<Self> {
        let cell = self.document.cell(self.at);
        if cell.kind() != Kind::Array || position >= cell.length() {
            return None;
        }
        // Where nothing is below the members, there is one cell to each.
        if cell.span() == cell.length() + 1 {
            return Some(Self { document: self.document, at: self.at + 1 + position });
        }
        self.each().nth(position).map(|(_, member)| member)
    }

    fn search(self) -> usize {
        match self.view() {
            View::Array(length) | View::Object(length) => length / CELLS_OF_ONE,
            _ => 0,
        }
    }

    fn children(self) -> impl Iterator<Item = Self> {
        self.each().map(|(_, member)| member)
    }

    fn members(self) -> impl Iterator<Item = (&'d str, Self)> {
        let document = self.document;
        let is_object = document.cell(self.at).kind() == Kind::Object;
        let each = is_object.then(|| self.each()).into_iter().flatten();
        each.map(move |(name, member)| (document.text(document.cell(name)), member))
    }

    /// All that is below stands right behind.
    fn descent(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        let cells = self.at..self.at + document.cell(self.at).span();
        cells.filter(|at| !document.cell(*at).is_name()).map(move |at| Self { document, at })
    }

    fn to_value(self) -> Cow<'d, Value> {
        Cow::Owned(self.owned())
    }
}
