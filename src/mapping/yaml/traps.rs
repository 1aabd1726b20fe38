//! Text that YAML reads without complaint, but hardly as it was meant.

use super::{Node, Span};
use crate::mapping::diagnostic::{Diagnostic, Source};

/// What is suspicious about a value without quotes, or about where it stands.
pub(super) fn plain_value(source: &Source, span: Span) -> Option<Diagnostic> {
    cut_by_comment(source, span)
        .or_else(|| number_by_chance(source, span))
        .or_else(|| key_without_space(source, span))
        .or_else(|| stray_quote(source, span))
}

/// `^00101'`: a quote at the end that none at the beginning opens.
fn stray_quote(source: &Source, span: Span) -> Option<Diagnostic> {
    let text = source.slice(span);
    let quote = text.chars().last().filter(|c| matches!(c, '"' | '\''))?;
    if text.matches(quote).count() % 2 == 0 || text.contains('\n') {
        return None;
    }
    let message = format!("this value ends with {quote}, and does not begin with it");
    let last = Span::new(span.end - quote.len_utf8(), span.end);
    // The value itself is not repeated: it may be a password.
    Some(
        Diagnostic::warning("stray-quote", source, last, message)
            .help(format!("put {quote} at its beginning, too, or take this one away")),
    )
}

/// `{ a:1 }` is the key `a:1` without a value: where its colon is.
pub(super) fn key_without_value(source: &Source, span: Span) -> Option<Span> {
    let at = span.start + colon_without_space(source.slice(span))?;
    Some(Span::new(at, at + 1))
}

/// A key that begins with a blank which looks like a space, and which YAML takes for a letter.
pub(super) fn odd_blank(source: &Source, key: &Node) -> Option<Diagnostic> {
    let text = source.slice(key.span);
    let blank = text.chars().next().filter(|c| c.is_whitespace() && !c.is_ascii())?;
    let blanks = text.len() - text.trim_start().len();
    let span = Span::new(key.span.start, key.span.start + blanks);
    let message =
        format!("this blank is no space (it is U+{:04X}), and indents nothing", u32::from(blank));
    Some(
        Diagnostic::error("odd-blank", source, span, message)
            .help("indent with spaces; others come with text from web pages and word processors"),
    )
}

/// `a:{ b: 1 }` is the key `a:{ b`.
pub(super) fn glued_key(source: &Source, key: &Node) -> Option<Diagnostic> {
    let text = source.slice(key.span);
    let at = colon_without_space(text)?;
    let opens = text.get(at + 1..)?.starts_with(['{', '[', '"', '\'']);
    let colon = key.span.start + at;
    opens.then(|| missing_space(source, Span::new(colon, colon + 1)))
}

/// The colon of `key:value`, if that is what a text looks like.
pub(super) fn colon_without_space(text: &str) -> Option<usize> {
    let (key, value) = text.split_once(':')?;
    let named = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    // `http://…` is no key.
    let apart = value.is_empty() || value.starts_with([' ', '\t', '/']);
    (named && !apart).then_some(key.len())
}

/// `$.list[?@.name == 'a #1']`: the path ends at `'a`.
fn cut_by_comment(source: &Source, span: Span) -> Option<Diagnostic> {
    let rest = source.text().get(span.end..).unwrap_or_default();
    let comment = rest.trim_start_matches([' ', '\t']);
    if !comment.starts_with('#') || comment.len() == rest.len() {
        return None;
    }
    let text = source.slice(span);
    // `$.a #b`: a comment would rather begin `# `.
    let glued = text.starts_with('$')
        && comment.chars().nth(1).is_some_and(|c| !c.is_whitespace() && c != '#');
    if is_balanced(text) && !glued {
        return None;
    }
    let start = span.end + rest.len() - comment.len();
    let whole = source.slice(Span::new(span.start, source.line_end(start)));
    let message = "the value ends here: ` #` begins a comment";
    Some(
        Diagnostic::warning("cut-by-comment", source, span, message)
            .covering()
            .secondary(Span::new(start, start + 1), "the comment")
            .help(format!(
                "quote the value if this belongs to it: {}",
                super::faults::quoted(whole)
            )),
    )
}

/// Whether every bracket is closed, in texts that use them for something.
fn is_balanced(text: &str) -> bool {
    [('[', ']'), ('{', '}'), ('(', ')')]
        .iter()
        .all(|(open, close)| text.matches(*open).count() <= text.matches(*close).count())
}

/// `12e4` may be a code; a number is rarely written so.
fn number_by_chance(source: &Source, span: Span) -> Option<Diagnostic> {
    let text = source.slice(span);
    let (digits, exponent) = text.split_once(['e', 'E'])?;
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(digits) || !all_digits(exponent) || (digits.len() > 1 && digits.starts_with('0'))
    {
        return None;
    }
    let message = format!("`{text}` is the number {digits} × 10^{exponent} in YAML");
    Some(
        Diagnostic::warning("unquoted-exponent", source, span, message)
            .help(format!("quote it if it is text: \"{text}\"; or write the digits out")),
    )
}

/// A value on a line of its own that looks like `key:value`.
fn key_without_space(source: &Source, span: Span) -> Option<Diagnostic> {
    let colon = key_without_value(source, span)?;
    let before = source.slice(Span::new(source.line_start(span.start), span.start));
    before.trim().is_empty().then(|| missing_space(source, colon))
}

pub(super) fn missing_space(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::error("missing-space", source, span, "a key ends with a colon and a space")
        .help("write a space after the colon, or quote the text if no key is meant")
}
