//! Lines beside lines.

use std::collections::HashMap;

use super::align::{Fuel, SAME, Scale, align};
use super::sheet::Sheet;

/// Writes the lines of both sides. `likeness`: how well two that are not the same go together,
/// below [`SAME`]; 0 never.
pub(super) fn write<'l>(
    expected: &'l [String],
    sent: &'l [String],
    likeness: &dyn Fn(&str, &str) -> u32,
    sheet: &mut Sheet<'_>,
) {
    let mut known = HashMap::new();
    let mut marks = |lines: &'l [String]| -> Vec<u64> {
        let mut mark = |line: &'l String| {
            let next = known.len() as u64;
            *known.entry(line.as_str()).or_insert(next)
        };
        lines.iter().map(&mut mark).collect()
    };
    let marks = (marks(expected), marks(sent));
    let score = |row: usize, column: usize| {
        let same = marks.0[row] == marks.1[column];
        if same { SAME } else { likeness(&expected[row], &sent[column]) }
    };
    let scale = Scale { score: &score, marks: Some((&marks.0, &marks.1)), fuel: &Fuel::default() };
    for place in align(expected.len(), sent.len(), &scale) {
        if sheet.is_over() {
            return;
        }
        let left = place.expected.map(|at| &expected[at]);
        let right = place.sent.map(|at| &sent[at]);
        sheet.row(left.cloned(), right.cloned(), left != right);
    }
}

/// The lines of a text. An end without a line break and one with it are two things.
pub(super) fn of(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split('\n').map(str::to_owned).collect()
}

/// Writes two texts line by line.
pub(super) fn write_texts(expected: &str, sent: &str, sheet: &mut Sheet<'_>) {
    let mask = sheet.mask();
    let masked = (mask.mask(expected), mask.mask(sent));
    // A secret of several lines is found in the whole only. All others are masked line by line, so
    // that lines are told apart by what they really are.
    let hides_lines = |text: &str, masked: &str| text.lines().count() != masked.lines().count();
    if !hides_lines(expected, &masked.0) && !hides_lines(sent, &masked.1) {
        return write(&of(expected), &of(sent), &|_, _| 1, sheet);
    }
    write(&of(&masked.0), &of(&masked.1), &|_, _| 1, sheet);
    if masked.0 == masked.1 && expected != sent {
        sheet.note("(what differs is secret)", true);
    }
}
