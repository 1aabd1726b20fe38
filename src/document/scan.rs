//! Text to cells in one pass. It takes nothing that `serde_json` refuses, which a test and a fuzz
//! target hold it to; what it does not take is for `serde_json` to judge.

use std::collections::HashSet;

use serde_json::Number;

use super::{Cell, Document, Kind};

/// Deepest array or object, in levels, as `serde_json` has it.
const DEEPEST: usize = 127;

/// Bytes of text that there is one cell for, about, in an event without white space.
const TEXT_OF_A_CELL: usize = 10;

/// In objects of so many members, each name is compared with all before it.
const FEW: usize = 64;

/// What `serde_json` calls the only member of objects that stand for something else.
const SPECIAL: &[u8] = b"$serde_json::private::";

/// The document, or the text back: it is no JSON, or has names twice in one object or special ones.
pub(super) fn scan(text: String) -> Result<Document, String> {
    let cells = Vec::with_capacity(text.len() / TEXT_OF_A_CELL + 1);
    let document = Document { text: String::new(), made: String::new(), cells };
    let mut scan = Scan { text: &text, at: 0, document, marks: Vec::with_capacity(FEW) };
    let whole = scan.value(DEEPEST).is_some() && scan.peek().is_none();
    let Document { made, cells, .. } = scan.document;
    match whole {
        true => Ok(Document { text, made, cells }),
        false => Err(text),
    }
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    /// What it came to so far, without its text.
    document: Document,
    /// Of each name in the objects that have begun: see [`mark`].
    marks: Vec<u32>,
}

impl Scan<'_> {
    /// The next byte that is no white space; `None` behind the last one.
    fn peek(&mut self) -> Option<u8> {
        let byte = *self.text.as_bytes().get(self.at)?;
        if byte > b' ' { Some(byte) } else { self.behind_white_space() }
    }

    #[cold]
    fn behind_white_space(&mut self) -> Option<u8> {
        let is_white = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
        self.at += self.rest().iter().take_while(is_white).count();
        self.rest().first().copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Reads a value `deepest` levels above the deepest one.
    fn value(&mut self, deepest: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.text(Kind::Text, Kind::MadeText).map(drop),
            b'{' => self.object(deepest.checked_sub(1)?),
            b'[' => self.array(deepest.checked_sub(1)?),
            b'-' | b'0'..=b'9' => self.number(),
            b'n' => self.word(b"null", Kind::Null),
            b't' => self.word(b"true", Kind::True),
            b'f' => self.word(b"false", Kind::False),
            _ => None,
        }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Option<()> {
        if !self.rest().starts_with(word) {
            return None;
        }
        self.at += word.len();
        self.push(kind, 0, 0);
        Some(())
    }

    fn push(&mut self, kind: Kind, place: usize, length: usize) {
        self.document.cells.push(Cell::new(kind, place, length));
    }

    /// The members that began at a cell are complete.
    fn close(&mut self, kind: Kind, at: usize, members: usize) {
        let span = self.document.cells.len() - at;
        if let Some(cell) = self.document.cells.get_mut(at) {
            *cell = Cell::new(kind, span, members);
        }
    }

    fn array(&mut self, deepest: usize) -> Option<()> {
        let at = self.document.cells.len();
        self.push(Kind::Array, 0, 0);
        self.at += 1;
        let mut members = 0;
        if self.peek()? == b']' {
            self.at += 1;
        } else {
            loop {
                self.value(deepest)?;
                members += 1;
                if self.ends(b']')? {
                    break;
                }
            }
        }
        self.close(Kind::Array, at, members);
        Some(())
    }

    fn object(&mut self, deepest: usize) -> Option<()> {
        let (at, marks) = (self.document.cells.len(), self.marks.len());
        self.push(Kind::Object, 0, 0);
        self.at += 1;
        let mut members = 0;
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                self.name(at, marks, members)?;
                self.value(deepest)?;
                members += 1;
                if self.ends(b'}')? {
                    break;
                }
            }
        }
        self.marks.truncate(marks);
        self.close(Kind::Object, at, members);
        (members <= FEW || self.is_distinct(at, members)).then_some(())
    }

    /// Behind a member: whether it was the last.
    fn ends(&mut self, end: u8) -> Option<bool> {
        let next = self.peek()?;
        self.at += 1;
        (next == b',' || next == end).then_some(next == end)
    }

    /// A member's name and the colon, `members` behind the beginning of the object at `object`.
    fn name(&mut self, object: usize, marks: usize, members: usize) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        let name = self.text(Kind::Name, Kind::MadeName)?;
        if members < FEW {
            let text = self.written(name);
            let mark = mark(text);
            let seen = self.marks.get(marks..).unwrap_or_default().contains(&mark);
            if text.starts_with(SPECIAL) || seen && self.has(object, members, text) {
                return None;
            }
            self.marks.push(mark);
        }
        (self.peek()? == b':').then(|| self.at += 1)
    }

    /// What a name consists of, in bytes: to compare them takes no look at where characters end.
    fn written(&self, cell: Cell) -> &[u8] {
        let place = cell.place as usize..cell.place as usize + cell.length();
        let text = if cell.kind() == Kind::MadeName { &self.document.made } else { self.text };
        text.as_bytes().get(place).unwrap_or_default()
    }

    /// The names of an object's first members.
    fn names(&self, object: usize, members: usize) -> impl Iterator<Item = &[u8]> {
        let mut at = object + 1;
        std::iter::repeat_with(move || {
            let name = self.document.cell(at);
            at += 1 + self.document.cell(at + 1).span();
            self.written(name)
        })
        .take(members)
    }

    fn has(&self, object: usize, members: usize, name: &[u8]) -> bool {
        self.names(object, members).any(|known| known == name)
    }

    fn is_distinct(&self, object: usize, members: usize) -> bool {
        let mut seen = HashSet::with_capacity(members);
        self.names(object, members).all(|name| seen.insert(name))
    }

    /// A text or a name; gives the cell that it made.
    fn text(&mut self, plain: Kind, made: Kind) -> Option<Cell> {
        let start = self.at + 1;
        let end = start + plain_length(self.text.as_bytes().get(start..)?);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return self.escaped(start, end, made);
        }
        self.at = end + 1;
        let cell = Cell::new(plain, start, end - start);
        self.document.cells.push(cell);
        Some(cell)
    }

    /// One that is no more plain from `at` on.
    #[cold]
    fn escaped(&mut self, start: usize, at: usize, made: Kind) -> Option<Cell> {
        if self.text.as_bytes().get(at) != Some(&b'\\') {
            return None;
        }
        self.at = self.closing(at)?;
        // Escapes are told apart, and surrogates matched, by who refuses them.
        let text: String = serde_json::from_str(self.text.get(start - 1..self.at)?).ok()?;
        Some(self.make(made, &text))
    }

    /// A text that does not stand in the document as it is.
    fn make(&mut self, kind: Kind, text: &str) -> Cell {
        let cell = Cell::new(kind, self.document.made.len(), text.len());
        self.document.made.push_str(text);
        self.document.cells.push(cell);
        cell
    }

    /// Where a text with the escape at `at` is over.
    fn closing(&self, mut at: usize) -> Option<usize> {
        loop {
            at += plain_length(self.text.as_bytes().get(at..)?);
            match self.text.as_bytes().get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                _ => return None,
            }
        }
    }

    /// RFC 8259, section 6.
    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.skip(|byte| byte == b'-');
        if self.rest().first() == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        // Most have neither fraction nor exponent.
        let goes_on = |byte: &u8| matches!(byte, b'.' | b'e' | b'E');
        if !self.rest().first().is_some_and(goes_on) {
            self.push(Kind::Number, start, self.at - start);
            return Some(());
        }
        if self.skip(|byte| byte == b'.') {
            self.digits()?;
        }
        if !self.skip(|byte| matches!(byte, b'e' | b'E')) {
            self.push(Kind::Number, start, self.at - start);
            return Some(());
        }
        self.skip(|byte| matches!(byte, b'+' | b'-'));
        self.digits()?;
        let number: Number = self.text.get(start..self.at)?.parse().ok()?;
        self.make(Kind::MadeNumber, number.as_str());
        Some(())
    }

    fn skip(&mut self, is_one: impl Fn(u8) -> bool) -> bool {
        let found = self.rest().first().is_some_and(|byte| is_one(*byte));
        self.at += usize::from(found);
        found
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(())
    }
}

/// How many bytes there are before the first quotation mark, backslash or control character; eight
/// are looked at in one go.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for chunk in chunks {
        let word = u64::from_le_bytes(*chunk);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        // Borrows may mark bytes behind the first that is one, never one before it.
        let found = (below(word, b' ') | quote | backslash) & (ONES << 7);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | ..b' ');
    at + rest.iter().take_while(is_plain).count()
}

/// Names that are the same have the same one, and others hardly ever.
fn mark(name: &[u8]) -> u32 {
    let ends = match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u32::from_le_bytes(*first).rotate_left(13) ^ u32::from_le_bytes(*last)
        }
        _ => name.iter().fold(0, |mark, byte| mark << 8 | u32::from(*byte)),
    };
    ends ^ (name.len() as u32).rotate_left(24)
}
