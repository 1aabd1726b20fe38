//! How rows look, at every width and with every text.

use proptest::prelude::*;

use super::*;

fn row(expected: Option<&str>, sent: Option<&str>, differs: bool) -> Row {
    Row { expected: expected.map(str::to_owned), sent: sent.map(str::to_owned), differs }
}

fn shown(rows: &[Row], width: usize, style: Style) -> String {
    let mut out = String::new();
    show(&Difference { rows: rows.to_vec() }, width, style, &mut out);
    out
}

#[test]
fn rows_that_differ_are_marked_without_colour() {
    let rows = [
        row(Some("POST /prov"), Some("POST /prov"), false),
        row(Some(""), Some(""), false),
        row(Some("{"), Some("{"), false),
        row(Some("  \"a\": 1,"), Some("  \"a\": 2"), true),
        row(Some("  \"b\": true"), None, true),
        row(None, Some("  \"c\": \"x\""), true),
        row(None, Some("  \"d\": 1"), false),
        row(Some("}"), Some("}"), false),
    ];
    assert_eq!(
        shown(&rows, 100, Style::Plain),
        r#"      expected     sent
      POST /prov   POST /prov

      {            {
    ~   "a": 1,      "a": 2
    -   "b": true
    +                "c": "x"
                     "d": 1
      }            }
"#
    );
}

#[test]
fn a_side_that_is_alone_has_the_whole_width() {
    let rows = ["POST /prov", "", "012"].map(|text| row(None, Some(text), true));
    assert_eq!(shown(&rows, 100, Style::Plain), "      POST /prov\n\n      012\n");
    let rows = [row(Some(&"0123456789".repeat(3)), None, true)];
    assert_eq!(
        shown(&rows, 31, Style::Plain),
        "      0123456789012345678901234\n          56789\n"
    );
    assert_eq!(shown(&[], 80, Style::Plain), "");
}

#[test]
fn long_cells_are_wrapped_in_their_column() {
    let long = "0123456789".repeat(3);
    let rows = [row(Some("short"), Some(&long), true), row(Some(&long), Some("x"), true)];
    assert_eq!(
        shown(&rows, 50, Style::Plain),
        "      expected               sent
    ~ short                  012345678901234567890
    ~                            123456789
    ~ 012345678901234567890  x
    ~     123456789
"
    );
}

#[test]
fn the_rest_of_an_indented_line_is_indented_further() {
    let rows = [row(None, Some("      \"name\": \"value of many words\""), true)];
    let text = shown(&rows, 36, Style::Plain);
    let lines = ["      \"name\": \"value of many w", "          ords\""];
    assert_eq!(text, lines.map(|line| format!("      {line}\n")).concat());
}

#[test]
fn colour_is_added_to_the_marks_and_leaves_them() {
    let rows = [row(Some("a"), Some("b"), true), row(Some("c"), Some("c"), false)];
    let coloured = shown(&rows, 100, Style::Colour);
    assert!(
        coloured.contains("    ~ \u{1b}[32ma\u{1b}[0m         \u{1b}[31mb\u{1b}[0m\n"),
        "{coloured:?}"
    );
    let plain = ["\u{1b}[32m", "\u{1b}[31m", "\u{1b}[0m"]
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(plain, shown(&rows, 100, Style::Plain));
}

#[test]
fn what_differs_is_never_invisible() {
    for (expected, sent, line) in [
        ("a ", "a", "~ a·        a"),
        ("a\r", "a", "~ a␍        a"),
        ("a\tb", "a b", "~ a␉b       a b"),
        ("", "  ", "~ (empty line)  ··"),
        ("a\u{200e}", "a", "~ a\u{fffd}        a"),
    ] {
        let text = shown(&[row(Some(expected), Some(sent), true)], 100, Style::Plain);
        assert_eq!(text.lines().nth(1), Some(&*format!("    {line}")), "{expected:?}");
    }
    assert!(
        shown(&[row(Some("a "), Some("a "), false)], 100, Style::Plain)
            .contains("      a         a\n")
    );
}

#[test]
fn wide_characters_keep_the_columns() {
    let rows = [row(Some("名前"), Some("x"), true), row(Some("e\u{301}"), Some("x"), true)];
    let text = shown(&rows, 100, Style::Plain);
    assert_eq!(text, "      expected  sent\n    ~ 名前      x\n    ~ e\u{301}         x\n");
}

proptest! {
    #[test]
    fn no_text_steers_the_terminal_or_is_lost(
        expected in prop::option::of(any::<String>()),
        sent in prop::option::of(any::<String>()),
        differs: bool,
        width in 0..200_usize,
    ) {
        let rows = [row(expected.as_deref(), sent.as_deref(), differs), row(Some("x"), Some("y"), true)];
        let text = shown(&rows, width, Style::Plain);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        let most = width.max(MARGIN + GAP.len() + 2 * NARROWEST);
        // One character may be wider than what is left, and is put on a line of its own.
        prop_assert!(text.lines().all(|line| columns_of(line) <= most + 2), "{text:?}");
        for cell in [&expected, &sent].into_iter().flatten() {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
            prop_assert!(letters(&text) >= letters(cell));
        }
    }
}
