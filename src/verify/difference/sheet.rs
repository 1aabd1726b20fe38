//! The rows of a difference as they are written: masked, with long runs and long cells cut.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::super::report::{Difference, Row};
use crate::telemetry::mask::Mask;

/// Of a run of equal rows so many are kept at each end.
const EQUAL_KEPT: usize = 10;

/// Of a run of rows that differ so many are kept at each end.
const DIFFERING_KEPT: usize = 50;

/// Rows that are looked at; a body can have more only if there is next to nothing in its lines.
const LOOKED_AT: usize = 1_000_000;

/// Rows that are kept in all; those behind them are counted only.
const MOST_ROWS: usize = 1_000;

/// Characters of a cell that are kept.
const LONGEST_CELL: usize = 400;

/// Characters that a cut cell shows before the first one that differs.
const BEFORE_DIFFERENCE: usize = 80;

/// What a sheet shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sides {
    Both,
    Expected,
    Sent,
}

/// Takes rows one by one and keeps those that people will read.
pub(super) struct Sheet<'m> {
    mask: &'m dyn Mask,
    sides: Sides,
    rows: Vec<Row>,
    /// The rows last written, as long as they could be the end of their run.
    end_of_run: VecDeque<Row>,
    /// Of the run, without what `end_of_run` holds.
    length: usize,
    left_out: usize,
    looked_at: usize,
    /// Behind the last row that is kept: all, and those of them that differ.
    behind: (usize, usize),
    /// Whether the run is of rows that differ.
    in_differing: bool,
}

impl<'m> Sheet<'m> {
    pub(super) fn new(mask: &'m dyn Mask, sides: Sides) -> Self {
        Self {
            mask,
            sides,
            rows: Vec::new(),
            end_of_run: VecDeque::new(),
            length: 0,
            left_out: 0,
            looked_at: 0,
            behind: (0, 0),
            in_differing: false,
        }
    }

    pub(super) fn mask(&self) -> &'m dyn Mask {
        self.mask
    }

    /// The same on every side.
    pub(super) fn note(&mut self, text: &str, differs: bool) {
        let Row { expected, sent, differs } = self.on_every_side(text.to_owned(), differs);
        self.row(expected, sent, differs);
    }

    fn on_every_side(&self, text: String, differs: bool) -> Row {
        let expected = (self.sides != Sides::Sent).then(|| text.clone());
        let sent = (self.sides != Sides::Expected).then_some(text);
        Row { expected, sent, differs }
    }

    /// A line of the only side.
    pub(super) fn alone(&mut self, text: String) {
        self.note(&text, true);
    }

    pub(super) fn row(&mut self, expected: Option<String>, sent: Option<String>, differs: bool) {
        self.looked_at += 1;
        if differs != self.in_differing {
            self.end_run();
            self.in_differing = differs;
        }
        let row = Row { expected, sent, differs };
        let kept = if differs { DIFFERING_KEPT } else { EQUAL_KEPT };
        if self.length < kept {
            self.length += 1;
            self.keep(row);
            return;
        }
        self.end_of_run.push_back(row);
        if self.end_of_run.len() > kept {
            self.end_of_run.pop_front();
            self.left_out += 1;
        }
    }

    /// Whether more rows would be too many.
    pub(super) fn is_over(&self) -> bool {
        self.looked_at >= LOOKED_AT
    }

    fn end_run(&mut self) {
        self.length = 0;
        if let left_out @ 1.. = std::mem::take(&mut self.left_out) {
            let what = if self.in_differing { "more" } else { "equal" };
            let note = format!("… {} …", lines(left_out, what));
            self.keep(self.on_every_side(note, self.in_differing));
        }
        for row in std::mem::take(&mut self.end_of_run) {
            self.keep(row);
        }
    }

    fn keep(&mut self, row: Row) {
        if self.rows.len() == MOST_ROWS {
            self.behind.0 += 1;
            self.behind.1 += usize::from(row.differs);
            return;
        }
        let masked = |cell: Option<String>| {
            cell.map(|cell| match self.mask.mask(&cell) {
                Cow::Borrowed(_) => cell,
                Cow::Owned(masked) => masked,
            })
        };
        let (expected, sent) = cut(masked(row.expected), masked(row.sent));
        self.rows.push(Row { expected, sent, differs: row.differs });
    }

    pub(super) fn finish(mut self) -> Difference {
        self.end_run();
        if let (all @ 1.., differing) = self.behind {
            let note =
                format!("… {}, {} of them different …", lines(all, "more"), grouped(differing));
            self.rows.push(self.on_every_side(note, differing > 0));
        }
        if self.is_over() {
            let note = format!("… {} lines, and more that are not shown …", grouped(LOOKED_AT));
            self.rows.push(self.on_every_side(note, true));
        }
        Difference { rows: self.rows }
    }
}

fn lines(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what} line{plural}", grouped(count))
}

/// With commas between groups of three digits.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Long cells from shortly before the first character that differs.
fn cut(expected: Option<String>, sent: Option<String>) -> (Option<String>, Option<String>) {
    let is_long = |cell: &Option<String>| {
        cell.as_ref().is_some_and(|cell| cell.chars().nth(LONGEST_CELL).is_some())
    };
    if !is_long(&expected) && !is_long(&sent) {
        return (expected, sent);
    }
    let start = match (&expected, &sent) {
        (Some(expected), Some(sent)) if expected != sent => {
            let same = expected.chars().zip(sent.chars()).take_while(|(e, s)| e == s).count();
            // The beginning says what it is.
            let is_far = same + BEFORE_DIFFERENCE > LONGEST_CELL;
            if is_far { same - BEFORE_DIFFERENCE } else { 0 }
        }
        _ => 0,
    };
    let cut = |cell: String| part(&cell, start);
    (expected.map(cut), sent.map(cut))
}

/// So many characters as a cell may have, from `start` on.
fn part(text: &str, start: usize) -> String {
    let begin = if start > 0 { "…" } else { "" };
    let mut rest = text.chars().skip(start);
    let kept: String = rest.by_ref().take(LONGEST_CELL).collect();
    match rest.count() {
        0 => format!("{begin}{kept}"),
        more => format!("{begin}{kept}… ({} more characters)", grouped(more)),
    }
}

#[cfg(test)]
mod tests;
