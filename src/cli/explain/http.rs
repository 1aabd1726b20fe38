//! Requests and answers as HTTP writes them (RFC 9112), bodies laid out for people.

use super::page::{Ink, Page};
use super::pretty;
use crate::verify::explain::account::{Answered, Content, Sent};

/// Lines of an answer's body that are told.
const MOST_LINES: usize = 40;

pub(super) fn request(page: &mut Page, depth: usize, sent: &Sent) {
    page.line(depth).ink(Ink::Strong, &format!("{} {}", sent.method, sent.url));
    for (name, value) in &sent.headers {
        page.line(depth).put(&format!("{name}: {value}"));
    }
    if let Some(text) = text(&sent.body) {
        page.blank().block(depth, &text);
    }
}

/// The headers and the body of an answer; the body is cut where it is long.
pub(super) fn answer(page: &mut Page, depth: usize, answered: &Answered) {
    for (name, value) in &answered.headers {
        page.line(depth).ink(Ink::Faint, &format!("{name}: {value}"));
    }
    let Some(text) = text(&answered.body) else { return };
    let mut lines = text.lines();
    for line in lines.by_ref().take(MOST_LINES) {
        page.line(depth).put(&crate::verify::explain::shorten(line, 400));
    }
    if let more @ 1.. = lines.count() {
        page.line(depth).ink(Ink::Faint, &format!("… {more} more lines"));
    }
}

/// None where there is no body.
fn text(content: &Content) -> Option<String> {
    match content {
        Content { left_out: Some(length), .. } => {
            Some(format!("(a body of {length} bytes, which is left out)"))
        }
        Content { json: Some(json), .. } => Some(pretty(json)),
        Content { text, .. } if text.is_empty() => None,
        Content { text, .. } => Some(text.clone()),
    }
}
