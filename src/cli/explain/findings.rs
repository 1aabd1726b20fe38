//! What conditions came to, test by test.

use super::page::{Ink, Page};
use crate::expr::At;
use crate::verify::explain::account::{Found, Tested};
use crate::verify::explain::{Glimpse, shorten};

/// Most characters of a value in a sentence.
const LONGEST: usize = 120;

/// Where tests are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The line of the file that was told last: it is not repeated for each test in it.
    pub line: usize,
    /// Whether the test for which the condition does not hold is named, unless it is alone.
    pub point_out: bool,
}

/// Every test, a line each.
pub(super) fn tree(page: &mut Page, depth: usize, file: &str, found: &Found, around: Around) {
    let point_out = around.point_out && found.tests().len() > 1;
    branch(page, depth, file, found, Around { point_out, ..around }, true);
}

/// `is_top`: of tests of which all must hold nothing is said but the tests themselves.
fn branch(page: &mut Page, depth: usize, file: &str, found: &Found, around: Around, is_top: bool) {
    let (parts, words) = match found {
        Found::Test(tested) => return test(page, depth, file, tested, around),
        Found::All(parts) if is_top => {
            return parts.iter().for_each(|part| branch(page, depth, file, part, around, true));
        }
        Found::All(parts) => (parts.as_slice(), "all of these"),
        Found::Any(parts) => (parts.as_slice(), "any of these"),
        Found::Not(part) => (std::slice::from_ref(&**part), "not"),
    };
    mark(page.line(depth), found.held()).put(words);
    for part in parts {
        branch(page, depth + 1, file, part, around, matches!(found, Found::Not(_)));
    }
}

fn test(page: &mut Page, depth: usize, file: &str, tested: &Tested, around: Around) {
    mark(page.line(depth), tested.held.as_ref().ok().copied());
    page.put(&tested.subject).put(" ").put(&tested.asks).put(": ");
    match &tested.held {
        Err(fault) => page.put(fault),
        Ok(_) => page.put(&seen(tested)),
    };
    if tested.at.line != around.line {
        place(page, file, tested.at);
    }
    if around.point_out && tested.decides {
        page.put(" ").ink(Ink::Strong, "← because of this");
    }
}

/// Whether something held; none where that cannot be told.
fn mark(page: &mut Page, held: Option<bool>) -> &mut Page {
    let (ink, mark) = match held {
        Some(true) => (Ink::Good, "✓"),
        Some(false) => (Ink::Bad, "✗"),
        None => (Ink::Bad, "?"),
    };
    page.ink(ink, mark).put(" ")
}

fn seen(tested: &Tested) -> String {
    let values: Vec<String> = tested.saw.iter().map(value).collect();
    match (values.as_slice(), tested.more) {
        ([], _) => "it is absent".to_owned(),
        ([one], 0) => format!("it is {one}"),
        (several, 0) => format!("it is {}", several.join(" and ")),
        (several, more) => format!("it is {} and {more} more", several.join(", ")),
    }
}

/// A value in a sentence.
pub(super) fn value(glimpse: &Glimpse) -> String {
    shorten(&glimpse.text, LONGEST)
}

/// Where something stands in its file.
pub(super) fn place(page: &mut Page, file: &str, at: At) {
    page.put(" ").ink(Ink::Faint, &format!("({file}:{})", at.line));
}
