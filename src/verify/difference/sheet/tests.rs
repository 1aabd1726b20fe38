//! What is left out of long sheets, and that it is counted.

use super::super::tests::shown;
use super::*;
use crate::telemetry::mask::Secrets;

fn sheet(rows: impl Fn(&mut Sheet<'_>)) -> Difference {
    let secrets = Secrets::new(["a-long-secret".to_owned()]);
    let mut sheet = Sheet::new(&secrets, Sides::Both);
    rows(&mut sheet);
    sheet.finish()
}

fn equal(sheet: &mut Sheet<'_>, rows: usize) {
    for at in 0..rows {
        sheet.row(Some(format!("e{at}")), Some(format!("e{at}")), false);
    }
}

fn different(sheet: &mut Sheet<'_>, rows: usize) {
    for at in 0..rows {
        sheet.row(Some(format!("x{at}")), None, true);
    }
}

#[test]
fn short_runs_are_shown_whole() {
    let difference = sheet(|sheet| {
        equal(sheet, 20);
        different(sheet, 100);
        equal(sheet, 20);
    });
    assert_eq!(difference.rows.len(), 140);
    assert!(!shown(&difference).contains('…'));
}

#[test]
fn the_middle_of_long_runs_is_counted() {
    let difference = sheet(|sheet| {
        equal(sheet, 4_230);
        different(sheet, 101);
    });
    let text = shown(&difference);
    let fold = "  e9 | e9\n  … 4,210 equal lines … | … 4,210 equal lines …\n  e4220 | e4220\n";
    assert!(text.contains(fold), "{text}");
    let fold = "! x49 | ·\n! … 1 more line … | … 1 more line …\n! x51 | ·\n";
    assert!(text.contains(fold), "{text}");
    assert_eq!(difference.rows.len(), 21 + 101);
}

#[test]
fn rows_behind_the_last_are_counted_and_their_difference_is_kept() {
    let difference = sheet(|sheet| {
        for _ in 0..MOST_ROWS {
            equal(sheet, 1);
            different(sheet, 1);
        }
    });
    assert_eq!(difference.rows.len(), MOST_ROWS + 1);
    let last = shown(&difference).lines().last().unwrap().to_owned();
    let note = "… 1,000 more lines, 500 of them different …";
    assert_eq!(last, format!("! {note} | {note}"));

    let hidden = sheet(|sheet| {
        for _ in 0..MOST_ROWS / 2 {
            equal(sheet, 1);
            sheet.row(None, None, true);
        }
        equal(sheet, 5);
    });
    assert!(!hidden.rows.last().unwrap().differs);
}

#[test]
fn an_end_that_nobody_looked_at_counts_as_different() {
    let difference = sheet(|sheet| {
        assert!(!sheet.is_over());
        equal(sheet, LOOKED_AT);
        assert!(sheet.is_over());
    });
    assert!(!difference.is_none());
    let note = "… 1,000,000 lines, and more that are not shown …";
    assert_eq!(difference.rows.last().unwrap().sent.as_deref(), Some(note));
}

#[test]
fn long_cells_are_cut_around_what_differs() {
    let row = |expected: &str, sent: &str| {
        let difference = sheet(|sheet| {
            sheet.row(Some(expected.to_owned()), Some(sent.to_owned()), expected != sent);
        });
        let row = difference.rows[0].clone();
        (row.expected.unwrap(), row.sent.unwrap())
    };
    let long = "é".repeat(1_000);
    let cut = format!("{}… (600 more characters)", "é".repeat(400));
    assert_eq!(row(&long, &long), (cut.clone(), cut.clone()));
    assert_eq!(row("short", &long), ("short".to_owned(), cut));
    let (expected, sent) = row(&format!("{long}abc"), &format!("{long}abd!"));
    assert_eq!(expected, format!("…{}abc", "é".repeat(78)));
    assert_eq!(sent, format!("…{}abd!", "é".repeat(78)));
    let (expected, sent) = row(&long, &long[..long.len() - 2]);
    assert_eq!((expected.chars().count(), sent.chars().count()), (82, 81));
}

#[test]
fn a_secret_is_hidden_before_its_cell_is_cut() {
    let filler = "x".repeat(LONGEST_CELL - 5);
    let text = format!("{filler}a-long-secret{filler}");
    let difference = sheet(|sheet| sheet.row(Some(text.clone()), None, true));
    let cell = difference.rows[0].expected.clone().unwrap();
    assert!(cell.starts_with(&format!("{filler}***xx… (")), "{cell}");
}

#[test]
fn numbers_are_grouped_by_thousands() {
    for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(grouped(count), text);
    }
}
