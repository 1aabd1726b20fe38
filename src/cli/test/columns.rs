//! Two texts side by side on a terminal, or one: wrapped, marked, and unable to steer it.

use unicode_width::UnicodeWidthChar;

use crate::mapping::diagnostic::{Style, printable};
use crate::verify::report::{Difference, Row};

/// Before the mark of each row.
const INDENT: &str = "    ";

/// What marks a row that differs: both sides have something, only the expected, only the sent.
const MARKS: [&str; 3] = ["~", "-", "+"];

/// Between the two columns.
const GAP: &str = "  ";

/// Columns of the indent, the mark and the space behind it.
const MARGIN: usize = INDENT.len() + 2;

/// How much further the rest of a line is indented that is too long.
const CONTINUED: usize = 4;

/// The least that is left for a column, however narrow the terminal.
const NARROWEST: usize = 20;

/// The rows of a difference, `width` columns wide.
pub(super) fn show(difference: &Difference, width: usize, style: Style, out: &mut String) {
    let room = width.saturating_sub(MARGIN);
    let is_alone = difference.rows.iter().all(|row| row.expected.is_none())
        || difference.rows.iter().all(|row| row.sent.is_none());
    if is_alone {
        for row in &difference.rows {
            let text = row.expected.as_deref().or(row.sent.as_deref()).unwrap_or_default();
            for line in wrapped(&visible(text, false), room.max(NARROWEST)) {
                out.push_str(format!("{INDENT}  {line}").trim_end());
                out.push('\n');
            }
        }
        return;
    }
    let rows: Vec<Shown> = difference.rows.iter().map(Shown::of).collect();
    let heads = ("expected", "sent");
    let widest = |cell: fn(&Shown) -> &Option<String>, head: &str| {
        let cells = rows.iter().filter_map(|row| cell(row).as_deref());
        cells.chain([head]).map(columns_of).max().unwrap_or_default()
    };
    let widths = widths(
        widest(|row| &row.expected, heads.0),
        widest(|row| &row.sent, heads.1),
        room.saturating_sub(GAP.len()),
    );
    let head = Shown { expected: Some(heads.0.into()), sent: Some(heads.1.into()), mark: None };
    for row in std::iter::once(&head).chain(&rows) {
        row.write(widths, style, out);
    }
}

/// How wide each column becomes: what is narrower than half leaves the rest to the other.
fn widths(expected: usize, sent: usize, room: usize) -> (usize, usize) {
    let half = room / 2;
    let left = expected.min(half.max(room.saturating_sub(sent))).max(NARROWEST.min(expected));
    (left, sent.min(room.saturating_sub(left).max(NARROWEST)))
}

/// A row that can be printed.
struct Shown {
    expected: Option<String>,
    sent: Option<String>,
    /// Where it differs.
    mark: Option<&'static str>,
}

impl Shown {
    fn of(row: &Row) -> Self {
        let cell = |cell: &Option<String>| cell.as_deref().map(|text| visible(text, row.differs));
        let mark = match row {
            Row { differs: false, .. } => None,
            Row { sent: None, .. } => Some(MARKS[1]),
            Row { expected: None, .. } => Some(MARKS[2]),
            _ => Some(MARKS[0]),
        };
        Self { expected: cell(&row.expected), sent: cell(&row.sent), mark }
    }

    fn write(&self, widths: (usize, usize), style: Style, out: &mut String) {
        let lines = |cell: &Option<String>, width| {
            cell.as_deref().map(|text| wrapped(text, width)).unwrap_or_default()
        };
        let (left, right) = (lines(&self.expected, widths.0), lines(&self.sent, widths.1));
        let mark = self.mark.unwrap_or(" ");
        let colours = match (style, self.mark) {
            (Style::Colour, Some(_)) => [("\u{1b}[32m", "\u{1b}[0m"), ("\u{1b}[31m", "\u{1b}[0m")],
            _ => [("", ""); 2],
        };
        for at in 0..left.len().max(right.len()).max(1) {
            let cell = |lines: &[String], (on, off): (&str, &str)| match lines.get(at) {
                Some(line) if !line.is_empty() => format!("{on}{line}{off}"),
                _ => String::new(),
            };
            let begun = left.get(at).map(|line| columns_of(line)).unwrap_or_default();
            let fill = " ".repeat(widths.0.saturating_sub(begun));
            let (left, right) = (cell(&left, colours[0]), cell(&right, colours[1]));
            let line = format!("{INDENT}{mark} {left}{fill}{GAP}{right}");
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

/// A cell without what would steer a terminal. Where it differs, nothing in it is invisible.
fn visible(text: &str, differs: bool) -> String {
    let text = printable(text).replace('\t', "␉");
    if !differs {
        return text;
    }
    if text.is_empty() {
        return "(empty line)".to_owned();
    }
    let end = text.trim_end_matches(' ').len();
    format!("{}{}", &text[..end], "·".repeat(text.len() - end))
}

fn columns_of(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or_default()).sum()
}

/// Parts of a line that are at most so wide, at least one; those behind the first are indented more
/// than it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let indent = (indent + CONTINUED).min(width / 2);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let columns = c.width().unwrap_or_default();
        let is_begun = if lines.len() > 1 { used > indent } else { used > 0 };
        if used + columns > width && is_begun {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        used += columns;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
