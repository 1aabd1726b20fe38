//! What the parser cannot read, in the words of the person who wrote it.
//!
//! The parser says where it stopped and what it missed; the usual causes are few, and each has its
//! own words and cure here. What none of them explains is reported as the parser put it.

use serde_yaml::granit_parser::ErrorKind;

use super::faults::{quoted, too_deep, unquoted_template};
use super::place::Place;
use super::{Span, earlier, traps};
use crate::mapping::diagnostic::{Diagnostic, Source};

/// The most telling explanation; the order matters, since one cause shows as many errors.
pub(super) fn explain(place: &Place<'_>, kind: &ErrorKind) -> Diagnostic {
    if *kind == ErrorKind::RecursionLimitExceeded {
        return too_deep(place.source, place.here());
    }
    tab(place, kind)
        .or_else(|| earlier::left_open(place, kind))
        .or_else(|| glued_bracket(place))
        .or_else(|| template(place))
        .or_else(|| reserved_character(place))
        .or_else(|| by_kind(place, kind))
        .unwrap_or_else(|| {
            Diagnostic::error(
                "yaml-syntax",
                place.source,
                place.here(),
                format!("not YAML: {kind}"),
            )
            .help("quote the value if it is meant as text")
        })
}

fn by_kind(place: &Place<'_>, kind: &ErrorKind) -> Option<Diagnostic> {
    match kind {
        ErrorKind::UnknownQuotedScalarEscape => unknown_escape(place),
        ErrorKind::UnclosedQuotedScalar => Some(unclosed_quote(place)),
        ErrorKind::MappingValueNotAllowed => Some(colon(place)),
        ErrorKind::SimpleKeyExpected => Some(not_a_key(place)),
        ErrorKind::ExpectedDocumentStart => directive(place),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
            if place.begins_line() =>
        {
            Some(indentation(place))
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => Some(text_after_value(place)),
        ErrorKind::BlockSequenceEntryNotAllowed => Some(list_on_key_line(place)),
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            Some(stray_bracket(place))
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => in_brackets(place),
        _ => None,
    }
}

fn tab(place: &Place<'_>, kind: &ErrorKind) -> Option<Diagnostic> {
    let about_tabs = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    );
    let span = match place.tab_in_indentation(about_tabs) {
        Some(tab) => tab,
        None if about_tabs => place.here(),
        None => return None,
    };
    Some(
        Diagnostic::error("tab", place.source, span, "YAML does not take tabs as indentation")
            .help("indent with spaces"),
    )
}

/// `{ id: $[0].id }`: inside braces a bracket ends the text before it.
fn glued_bracket(place: &Place<'_>) -> Option<Diagnostic> {
    let scalar = place.last_scalar.filter(|scalar| scalar.end == place.offset)?;
    if scalar.start == scalar.end || !place.rest().starts_with(['[', '{']) {
        return None;
    }
    place.innermost_bracket?;
    let value = place.value_from(scalar.start);
    let text = place.source.slice(value);
    if text.contains("{{") {
        return Some(unquoted_template(place.source, value));
    }
    // What is a key is quoted without its value.
    let value = Span::new(value.start, value.start + key_length(text).unwrap_or(text.len()));
    let text = place.source.slice(value);
    let message =
        format!("`{text}` needs quotes here: inside brackets, `[` and `{{` are YAML's own");
    Some(
        Diagnostic::error("unquoted-bracket", place.source, value, message)
            .help(format!("quote it: {}", quoted(text))),
    )
}

/// Where the `: ` stands that ends a key with brackets in it; none if it is no key.
fn key_length(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0usize, None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if depth > 0 => quote = Some(character),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ':') if depth == 0 => {
                let rest = text.get(at + 1..).unwrap_or_default();
                if rest.is_empty() || rest.starts_with(' ') {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// `{{x}} and more`: the rest of the value stands behind what was read as a mapping.
fn template(place: &Place<'_>) -> Option<Diagnostic> {
    let start = place.template_start()?;
    Some(unquoted_template(place.source, place.value_from(start)))
}

/// `*`, `@x`: characters with which no text can begin.
fn reserved_character(place: &Place<'_>) -> Option<Diagnostic> {
    let character = place.rest().chars().next()?;
    if !place.begins_value() {
        return None;
    }
    let (code, meaning) = match character {
        '*' => ("unquoted-star", "begins an alias in YAML, and an alias has a name"),
        '&' => ("reserved-character", "begins an anchor in YAML, and an anchor has a name"),
        '|' | '>' => {
            ("reserved-character", "begins a block of text, which starts on the next line")
        }
        '@' | '`' | '%' | ',' => ("reserved-character", "cannot begin a text without quotes"),
        _ => return None,
    };
    let value = place.value_from(place.offset);
    let name = if character == '`' { "a backtick".to_owned() } else { format!("`{character}`") };
    let diagnostic = Diagnostic::error(code, place.source, value, format!("{name} {meaning}"));
    let is_block = matches!(character, '|' | '>') && place.innermost_bracket.is_none();
    let diagnostic = match is_block {
        true => diagnostic.help("move the text to the next line, indented further than the key"),
        false => diagnostic,
    };
    Some(diagnostic.help(format!("quote it: {}", quoted(place.source.slice(value)))))
}

fn unknown_escape(place: &Place<'_>) -> Option<Diagnostic> {
    let text = place.rest();
    let at = unknown_escape_in(text)?;
    let escaped = text.get(at + 1..)?.chars().next()?;
    let start = place.offset + at;
    let span = Span::new(start, start + 1 + escaped.len_utf8());
    let message = format!("`\\{escaped}` is no escape that double quotes know");
    let single = match text.get(1..).and_then(|inner| inner.split_once('"')) {
        Some((inner, _)) if !inner.contains(['\'', '\n']) => format!(": '{inner}'"),
        _ => String::new(),
    };
    Some(
        Diagnostic::error("unknown-escape", place.source, span, message)
            .help(format!("use single quotes, which leave backslashes alone{single}"))
            .help(format!("or write the backslash twice: \\\\{escaped}")),
    )
}

/// The first backslash of a double-quoted text that begins no escape.
pub(super) fn unknown_escape_in(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return None,
            '\\' => {
                let (_, escaped) = characters.next()?;
                if !"0abtnvfre\"/\\N_LPxuU \t\r\n".contains(escaped) {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn unclosed_quote(place: &Place<'_>) -> Diagnostic {
    let span = Span::new(place.offset, place.source.line_end(place.offset));
    let diagnostic =
        Diagnostic::error("unclosed-quote", place.source, span, "this quote is never closed")
            .help("close it on this line");
    match place.rest().starts_with('\'') {
        true => diagnostic.help(APOSTROPHE),
        false => diagnostic.help(DOUBLE_QUOTE),
    }
}

fn colon(place: &Place<'_>) -> Diagnostic {
    let Some(scalar) = place.last_scalar.filter(|scalar| scalar.end == place.offset) else {
        return second_colon(place, None);
    };
    let text = place.source.slice(scalar);
    let Some((first_line, _)) = text.split_once('\n') else {
        return second_colon(place, Some(place.value_from(scalar.start)));
    };
    if let Some(at) = traps::colon_without_space(first_line) {
        let colon = scalar.start + at;
        return traps::missing_space(place.source, Span::new(colon, colon + 1));
    }
    let last_line = scalar.start + text.rfind('\n').map_or(0, |at| at + 1);
    let indentation = place.source.slice(Span::new(last_line, scalar.end));
    let key = Span::new(scalar.end - indentation.trim_start().len(), scalar.end);
    let above = Span::new(scalar.start, scalar.start + first_line.trim_end().len());
    let message = "this line continues the text above, so it cannot be a key";
    Diagnostic::error("indentation", place.source, key, message)
        .secondary(above, "this text has not ended")
        .help("indent it exactly like the keys beside which it belongs")
}

fn second_colon(place: &Place<'_>, value: Option<Span>) -> Diagnostic {
    let message = "a text without quotes cannot contain a colon before a space";
    let diagnostic = Diagnostic::error("unquoted-colon", place.source, place.here(), message);
    match value {
        Some(value) => {
            diagnostic.help(format!("quote the value: {}", quoted(place.source.slice(value))))
        }
        None => diagnostic.help("quote the value, or put the inner key on a line of its own"),
    }
}

fn not_a_key(place: &Place<'_>) -> Diagnostic {
    if let Some(at) = traps::colon_without_space(place.rest_of_line()) {
        let colon = place.offset + at;
        return traps::missing_space(place.source, Span::new(colon, colon + 1));
    }
    let line = Span::new(place.offset, place.offset + place.rest_of_line().trim_end().len());
    let message = "this line is neither `key: value` nor a list item";
    Diagnostic::error("not-a-key", place.source, line, message)
        .help("end a key with a colon and a space; begin a list item with `- `")
        .help("indent it further if it continues the text above")
}

/// `%` at the beginning of a line is for YAML itself, and before a document only.
fn directive(place: &Place<'_>) -> Option<Diagnostic> {
    let before = place.source.slice(Span::new(0, place.offset));
    let start = before.rfind("\n%").map(|at| at + 1).or(before.starts_with('%').then_some(0))?;
    let line = Span::new(start, place.source.line_end(start));
    let message = "a line that begins with `%` is an instruction to YAML";
    Some(
        Diagnostic::error("reserved-character", place.source, line, message)
            .help("remove it; if it belongs to a text, quote that"),
    )
}

fn indentation(place: &Place<'_>) -> Diagnostic {
    let line = Span::new(place.offset, place.offset + place.rest_of_line().trim_end().len());
    let message = "this line is indented like nothing it could belong to";
    let diagnostic = Diagnostic::error("indentation", place.source, line, message);
    let diagnostic = match earlier::missed_column(place.source, place.offset) {
        Some(above) => diagnostic.secondary(above, "this begins in another column"),
        None => diagnostic,
    };
    diagnostic.help("keys of one mapping, or items of one list, begin in the same column")
}

fn text_after_value(place: &Place<'_>) -> Diagnostic {
    let rest = place.value_from(place.offset);
    let message = "text follows a value that has already ended";
    let diagnostic = Diagnostic::error("text-after-value", place.source, rest, message);
    let Some(value) = place.value_on_line().filter(|_| place.innermost_bracket.is_none()) else {
        return diagnostic
            .help("put a comma before it, if it is the next member")
            .help("put the whole value in quotes, if it belongs to that");
    };
    let text = place.source.slice(value);
    match text.chars().next() {
        Some('\'') => diagnostic.help(APOSTROPHE),
        Some('"') => diagnostic.help(DOUBLE_QUOTE),
        _ => diagnostic.help(format!("quote the whole value: {}", quoted(text))),
    }
}

const APOSTROPHE: &str = "an apostrophe inside single quotes is written twice: ''";
const DOUBLE_QUOTE: &str = "a double quote inside double quotes is written \\\"";

fn list_on_key_line(place: &Place<'_>) -> Diagnostic {
    let message = "a list cannot begin on the line of its key";
    Diagnostic::error("indentation", place.source, place.here(), message)
        .help("begin it on the next line, or quote the value if it is text")
}

fn stray_bracket(place: &Place<'_>) -> Diagnostic {
    let message = "this bracket closes nothing that is open";
    let diagnostic = Diagnostic::error("stray-bracket", place.source, place.here(), message)
        .help("remove it, or quote the value if it is text");
    match place.innermost_bracket {
        Some(open) => diagnostic.secondary(open, "this one is open"),
        None => diagnostic,
    }
}

fn in_brackets(place: &Place<'_>) -> Option<Diagnostic> {
    let at_bracket = place.rest().starts_with(['[', '{']).then(|| place.here());
    let open = place.innermost_bracket.or(at_bracket)?;
    let closing = if place.source.slice(open) == "[" { ']' } else { '}' };
    let same_line = place.source.line_start(open.start) == place.source.line_start(place.offset);
    if same_line && place.offset > open.start && !place.rest_of_line().is_empty() {
        let key = place.word_before_colon();
        let message = match key {
            Some(_) => "a comma is missing before this key".to_owned(),
            None => format!("`,` or `{closing}` is missing here"),
        };
        return Some(
            Diagnostic::error("missing-comma", place.source, key.unwrap_or(place.here()), message)
                .secondary(open, "inside this bracket")
                .help("put a comma between the members")
                .help("text with brackets, commas or a colon before a space needs quotes"),
        );
    }
    Some(unclosed_bracket(place.source, open))
}

pub(super) fn unclosed_bracket(source: &Source, open: Span) -> Diagnostic {
    let closing = if source.slice(open) == "[" { ']' } else { '}' };
    let message = format!("this bracket is not closed with `{closing}`");
    Diagnostic::error("unclosed-bracket", source, open, message)
        .help(format!("close it with `{closing}`, or quote the value if it is text"))
}
