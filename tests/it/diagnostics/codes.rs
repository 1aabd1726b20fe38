//! Every code of a diagnostic that the source text can give is shown by a golden answer.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{answers, code, findings};
use crate::support::rust_text::strings_of;
use crate::support::sources::{Source, sources};

/// Texts of the checker that look like codes.
const NO_CODES: [&str; 8] = [
    "content-length",
    "content-type",
    "cs-barred",
    "keep-alive",
    "sim-changed",
    "transfer-encoding",
    "unset-file",
    "utf-8",
];

/// A code is words in small letters, joined by hyphens; so are few other texts of the checker.
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z0-9]+(-[a-z0-9]+)+$").unwrap());

static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z0-9]+$").unwrap());

/// What stands before a code, which shows one of a single word.
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\b(error|warning|fault)\(|\bcode:)\s*$").unwrap());

/// The codes in a source text, tests apart.
pub(super) fn codes_in(source: &Source) -> BTreeSet<String> {
    let end = source.end_of_code();
    let strings = strings_of(&source.text).into_iter().filter(|(at, _)| *at < end);
    let is_word = |at: usize, text| WORD.is_match(text) && BEFORE.is_match(&source.code[..at]);
    strings
        .filter(|(at, text)| CODE.is_match(text) || is_word(*at, text))
        .map(|(_, text)| text.to_owned())
        .filter(|text| !NO_CODES.contains(&&**text))
        .collect()
}

#[test]
fn every_code_is_shown_by_a_golden_answer() {
    let known: BTreeSet<String> = ["src/mapping", "src/expr"]
        .iter()
        .flat_map(|folder| sources(folder))
        .flat_map(|source| codes_in(&source))
        .collect();
    let answers = answers();
    let shown: BTreeSet<String> = answers
        .iter()
        .flat_map(|(_, told)| findings(told))
        .map(|finding| code(finding).to_owned())
        .collect();
    let hidden: Vec<&String> = known.difference(&shown).collect();
    assert!(hidden.is_empty(), "no file of tests/diagnostics shows {hidden:?}");
    let unknown: Vec<&String> = shown.difference(&known).collect();
    assert!(unknown.is_empty(), "not found in the source text, but shown: {unknown:?}");
}

#[test]
fn codes_are_found_wherever_they_are_written() {
    let text = r#"//! "no-comment"
        error("tab", 1); self.warning(
            "tag",
        ); Fault { code: "x" }; let y = ("a-code", "not a code", "single"); error("no code");
        #[cfg(test)]
        mod tests { error("of-a-test"); }"#;
    let found = codes_in(&Source::new("src/mapping/a.rs", text));
    assert_eq!(found.iter().collect::<Vec<_>>(), ["a-code", "tab", "tag", "x"]);
}
