//! A JSON document that is read where it stands: a table of small cells over its own text, rather
//! than a tree of values with an allocation for every name, text and number.

mod node;
mod scan;
mod spot;

use serde::de::Error as _;
use serde_json::{Error, Value};

pub use node::{Node, View};
pub use spot::Spot;

/// Largest document, in bytes: what a cell has room for.
const LARGEST: usize = (1 << 28) - 1;

/// Any JSON text (RFC 8259), as `serde_json` reads it: up to 127 levels, and of members of the same
/// name the last one's value at the place of the first.
#[derive(Debug, Clone, Default)]
pub struct Document {
    text: String,
    /// Texts that do not stand in `text` as they are: those with escapes, and numbers whose exponent
    /// `serde_json` writes in its own way.
    made: String,
    /// In the order of the document, a value before what is below it, each member's name before its
    /// value. None stands for null.
    cells: Vec<Cell>,
}

/// A name or a value.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// Of names, texts and numbers where their text begins; of arrays and objects how many cells
    /// they have, themselves included.
    place: u32,
    /// The kind in the highest 4 bits; below them the length of the text in bytes, or how many
    /// members there are.
    kind_and_length: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    False,
    True,
    Number,
    /// Below [`Document::made`].
    MadeNumber,
    Text,
    MadeText,
    Name,
    MadeName,
    Array,
    Object,
}

impl Cell {
    const NULL: Self = Self::new(Kind::Null, 0, 0);

    /// No document is so large that anything of it is cut off.
    const fn new(kind: Kind, place: usize, length: usize) -> Self {
        let kind_and_length = (kind as u32) << 28 | (length & LARGEST) as u32;
        Self { place: place as u32, kind_and_length }
    }

    fn kind(self) -> Kind {
        match self.kind_and_length >> 28 {
            0 => Kind::Null,
            1 => Kind::False,
            2 => Kind::True,
            3 => Kind::Number,
            4 => Kind::MadeNumber,
            5 => Kind::Text,
            6 => Kind::MadeText,
            7 => Kind::Name,
            8 => Kind::MadeName,
            9 => Kind::Array,
            _ => Kind::Object,
        }
    }

    fn is_name(self) -> bool {
        matches!(self.kind(), Kind::Name | Kind::MadeName)
    }

    fn length(self) -> usize {
        self.kind_and_length as usize & LARGEST
    }

    /// How many cells there are up to the one behind it and all that is below it.
    fn span(self) -> usize {
        match self.kind() {
            Kind::Array | Kind::Object => self.place as usize,
            _ => 1,
        }
    }
}

impl Document {
    /// Reads a document, or says why it is none in the words of `serde_json`.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.len() > LARGEST {
            return Err(Error::custom(format_args!("it has more than {LARGEST} bytes")));
        }
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => match scan::scan(text) {
                Ok(document) => return Ok(document),
                Err(text) => text.into_bytes(),
            },
            Err(fault) => fault.into_bytes(),
        };
        // What is wrong, and what is legal but odd, is left to who reads everything else.
        serde_json::from_slice(&bytes).map(|value| Self::of(&value))
    }

    /// What was read already.
    pub fn of(value: &Value) -> Self {
        let mut document = Self::default();
        document.add(value);
        document
    }

    fn add(&mut self, value: &Value) {
        let at = self.cells.len();
        match value {
            Value::Null => self.cells.push(Cell::NULL),
            Value::Bool(false) => self.cells.push(Cell::new(Kind::False, 0, 0)),
            Value::Bool(true) => self.cells.push(Cell::new(Kind::True, 0, 0)),
            Value::Number(number) => self.add_text(Kind::Number, number.as_str()),
            Value::String(text) => self.add_text(Kind::Text, text),
            Value::Array(members) => {
                self.cells.push(Cell::NULL);
                members.iter().for_each(|member| self.add(member));
                self.cells[at] = Cell::new(Kind::Array, self.cells.len() - at, members.len());
            }
            Value::Object(members) => {
                self.cells.push(Cell::NULL);
                for (name, member) in members {
                    self.add_text(Kind::Name, name);
                    self.add(member);
                }
                self.cells[at] = Cell::new(Kind::Object, self.cells.len() - at, members.len());
            }
        }
    }

    fn add_text(&mut self, kind: Kind, text: &str) {
        self.cells.push(Cell::new(kind, self.text.len(), text.len()));
        self.text.push_str(text);
    }

    /// The whole of it.
    pub fn root(&self) -> Spot<'_> {
        Spot::new(self, 0)
    }

    /// As a tree.
    pub fn to_value(&self) -> Value {
        self.root().owned()
    }

    fn cell(&self, at: usize) -> Cell {
        self.cells.get(at).copied().unwrap_or(Cell::NULL)
    }

    fn text(&self, cell: Cell) -> &str {
        let text = match cell.kind() {
            Kind::MadeNumber | Kind::MadeText | Kind::MadeName => &self.made,
            _ => &self.text,
        };
        let place = cell.place as usize;
        text.get(place..place + cell.length()).unwrap_or_default()
    }

    /// Whether a name is that one; cheaper than to ask for its text.
    fn is_named(&self, cell: Cell, name: &[u8]) -> bool {
        if cell.length() != name.len() {
            return false;
        }
        let text = if cell.kind() == Kind::MadeName { &self.made } else { &self.text };
        let place = cell.place as usize;
        text.as_bytes().get(place..place + name.len()) == Some(name)
    }
}

#[cfg(test)]
mod tests;
