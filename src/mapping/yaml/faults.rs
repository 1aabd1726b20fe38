//! What the text says well-formed, but cannot be: in words, with the cure.

use super::node::Key;
use super::scalar::Unclear;
use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, Span};
use crate::mapping::diagnostic::{Diagnostic, Source};

/// A file of that many bytes is not read at all.
pub fn too_long(source: &Source, bytes: u64) -> Diagnostic {
    let mebibytes = MAX_BYTES / 1024 / 1024;
    let message = format!("the file has {bytes} bytes, more than {mebibytes} MiB");
    Diagnostic::error("file-too-long", source, None, message).help("split it into several files")
}

pub(super) fn empty(source: &Source) -> Diagnostic {
    Diagnostic::error("empty-file", source, None, "the file has no content")
        .help("write `key: value` lines into it, or remove it")
}

pub(super) fn second_document(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::error("second-document", source, span, "a second document begins in this file")
        .help("put it into a file of its own, or remove this `---`")
}

pub(super) fn too_deep(source: &Source, span: Span) -> Diagnostic {
    let message = format!("values are nested more than {MAX_DEPTH} deep here");
    Diagnostic::error("too-deep", source, span, message).help("nest them less deeply")
}

pub(super) fn too_many(source: &Source, span: Span) -> Diagnostic {
    let message = format!("the file has more than {MAX_NODES} values, or repeats too much text");
    Diagnostic::error("too-many-values", source, span, message).label("too many from here on").help(
        "what anchors and aliases repeat counts each time: use fewer of them, or split the file",
    )
}

pub(super) fn tag(source: &Source, span: Span) -> Diagnostic {
    let written = source.slice(span);
    Diagnostic::error(
        "tag",
        source,
        span,
        format!("YAML tags such as `{written}` are not supported"),
    )
    .help("remove it; a value that begins with `!` needs quotes, as does a number meant as text")
}

/// `value` is what has to be quoted if `*` was meant to begin a text.
pub(super) fn unknown_alias(source: &Source, span: Span, value: Span) -> Diagnostic {
    let name = source.slice(span).trim_start_matches('*');
    let message = format!("`*{name}` refers to an anchor that nothing before it defines");
    let diagnostic = Diagnostic::error("unknown-alias", source, span, message)
        .covering()
        .help(format!("quote it if it is text: {}", quoted(source.slice(value))));
    match name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        true => {
            diagnostic.help(format!("an alias needs an anchor `&{name}` at a value further up"))
        }
        false => diagnostic,
    }
}

pub(super) fn alias_in_itself(source: &Source, span: Span) -> Diagnostic {
    let name = source.slice(span).trim_start_matches('*');
    let message = format!("`*{name}` stands inside the value that `&{name}` names");
    Diagnostic::error("alias-in-itself", source, span, message)
        .covering()
        .help("a value cannot contain itself: write out what is meant")
}

pub(super) fn unclear(source: &Source, span: Span, unclear: Unclear) -> Diagnostic {
    let text = source.slice(span);
    let quote = format!("quote it to keep it as text: \"{text}\"");
    match unclear {
        Unclear::Plus => {
            let message = format!("`{text}` is a number in YAML and would lose its `+`");
            let number = text.trim_start_matches('+');
            Diagnostic::error("unquoted-plus", source, span, message)
                .covering()
                .help(format!("{quote}; or write the number as {number}"))
        }
        Unclear::NotFinite => {
            let message = format!("`{text}` is a number in YAML that JSON does not have");
            Diagnostic::error("not-a-json-number", source, span, message).covering().help(quote)
        }
        Unclear::TooLarge => {
            let message = format!("`{text}` is a number beyond 128 bits");
            Diagnostic::error("number-too-large", source, span, message)
                .covering()
                .help(format!("{quote}; or write it in decimal digits"))
        }
    }
}

pub(super) fn unquoted_template(source: &Source, span: Span) -> Diagnostic {
    let text = source.slice(span);
    // Of a pair of quotes that lost one the other is left.
    let text = match text.chars().last() {
        Some(quote @ ('"' | '\'')) if text.matches(quote).count() == 1 => {
            text.trim_end_matches(quote)
        }
        _ => text,
    };
    Diagnostic::error(
        "unquoted-template",
        source,
        span,
        "`{{` without quotes begins a YAML mapping",
    )
    .covering()
    .help(format!("quote it: {}", quoted(text)))
}

pub(super) fn key_not_scalar(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::error("key-not-text", source, span, "a key must be text, not a list or a mapping")
        .help("quote it if it is meant as text")
}

/// Keys that one mapping has twice, each with the place of its first. Different ones in one mapping
/// are one mistake, as a rule: what should have begun another mapping was lost.
pub(super) fn duplicate_keys(source: &Source, twice: &[(Key, Span)]) -> Vec<Diagnostic> {
    let several = twice.iter().zip(twice.iter().skip(1)).find(|((a, _), (b, _))| a.text != b.text);
    if let Some(((key, first), (other, _))) = several {
        let message = format!("`{}` and `{}` are given twice in one mapping", key.text, other.text);
        let begins = "look for a lost `- `, or a lost key, that begins another mapping before this";
        return vec![duplicate(source, key, *first, message).help(begins)];
    }
    let each = twice.iter().map(|(key, first)| {
        let message = format!("the key `{}` is given twice in one mapping", key.text);
        duplicate(source, key, *first, message).help("remove or rename one of them")
    });
    each.collect()
}

fn duplicate(source: &Source, key: &Key, first: Span, message: String) -> Diagnostic {
    Diagnostic::error("duplicate-key", source, key.span, message)
        .label("again here")
        .secondary(first, "first here")
}

pub(super) fn merge_of_scalar(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::error("merge-key", source, span, "`<<` takes a mapping, or a list of mappings")
        .help("write `<<: *name` with the anchor `&name` at a mapping, or quote the key: \"<<\"")
}

/// A text in the quotes that change least of it.
pub(super) fn quoted(text: &str) -> String {
    let text = text.trim();
    match (text.contains(['"', '\\']), text.contains('\'')) {
        (false, _) => format!("\"{text}\""),
        (true, false) => format!("'{text}'"),
        (true, true) => format!("'{}'", text.replace('\'', "''")),
    }
}
