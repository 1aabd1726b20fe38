//! Parts of a text: references in what is hidden, and secrets in what is shown.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::names::{is_auth, is_secret};

/// `password=` and `"token": `, in a text or a comment.
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z][A-Za-z0-9_.-]*)\\?["']?\s*[:=]\s*"#).ok());

/// `<wsse:Password Type="…">…`.
static ELEMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<([A-Za-z_][A-Za-z0-9_.:-]*)(?:\s[^<>]*)?>([^<]+)").ok());

/// `https://user:password@host`; without the scheme only where the text begins.
static USER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:://|^["']?[^\s/@:"'{}$]+:)([^\s/@"'<>]+)@[A-Za-z0-9\[$]"#).ok()
});

/// `Bearer …`, whatever header or variable carries it.
static CREDENTIAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\b(?:Bearer|Basic|Digest)\s+([^\s"'{}$,]{8,})"#).ok());

/// Schemes of the header `authorization`.
const SCHEMES: [&str; 5] = ["bearer", "basic", "token", "digest", "apikey"];

/// No secret with its name takes less, in bytes.
const SHORTEST: usize = "pwd=x".len();

/// How a text is written that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// In quotes, as a block or as a comment: it may be prose.
    Prose,
    /// Without quotes: a colon before a blank does not belong there, and nobody knows what was meant.
    Plain,
}

/// Where secrets stand in a text that is shown; perhaps a `value` is one, too. A secret that follows
/// its name at the beginning of the text, or where no name belongs, reaches to the end of the line.
pub(super) fn secrets(
    text: &str,
    writing: Writing,
    with_value: bool,
    found: &mut Vec<Range<usize>>,
) {
    if text.len() < SHORTEST {
        return;
    }
    let mut end = 0;
    for captures in NAMED.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else { continue };
        if whole.start() < end {
            continue;
        }
        let rest = &text[whole.end()..];
        // `==` compares, and `https://` has no value.
        let compares = rest.starts_with(['=', ':', '~']) || rest.starts_with("//");
        let name = name.as_str();
        let named = (with_value && name == "value") || is_secret(name) || is_auth(name);
        if compares || !named {
            continue;
        }
        let misplaced = writing == Writing::Plain && !whole.as_str().contains('=');
        let leads = text[..whole.start()].trim().is_empty();
        end = whole.end() + value_length(rest, leads || misplaced || is_auth(name));
        found.push(whole.end()..end);
    }
    for captures in ELEMENT.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let local = captures.get(1).and_then(|name| name.as_str().rsplit(':').next());
        let content = captures.get(2).filter(|_| local.is_some_and(is_secret));
        found.extend(content.map(|content| content.range()));
    }
    for captures in CREDENTIAL.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
        let credential = captures.get(1).filter(|credential| !is_word(credential.as_str()));
        found.extend(credential.map(|credential| credential.range()));
    }
    let users = USER.iter().flat_map(|pattern| pattern.captures_iter(text));
    found.extend(users.filter_map(|captures| Some(captures.get(1)?.range())));
}

/// How far a value goes: to its quote, or as far as a word goes.
fn value_length(text: &str, to_the_end: bool) -> usize {
    let bare = text.trim_start_matches('\\');
    if let Some(quote) = bare.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let opening = text.len() - bare.len() + 1;
        let inner = &text[opening..];
        return inner.find(quote).map_or(text.len(), |closing| opening + closing + 1);
    }
    if to_the_end {
        return text.find('\n').unwrap_or(text.len());
    }
    let mut at = scheme(text);
    while let Some(c) = text[at..].chars().next() {
        if let Some(reference) = Reference::at(&text[at..]) {
            at += reference.length;
        } else if c.is_whitespace() || "&;,\"'<>})".contains(c) {
            break;
        } else {
            at += c.len_utf8();
        }
    }
    at
}

/// `${NAME}` or `{{name}}`: what it names is somewhere else.
pub(super) struct Reference {
    pub(super) length: usize,
    /// What is written out in it: a fallback, texts in quotes.
    pub(super) literals: Vec<Range<usize>>,
}

/// No reference is longer, in bytes; looking farther for its end would cost too much.
const LONGEST: usize = 1 << 10;

impl Reference {
    /// The reference with which a text begins.
    pub(super) fn at(text: &str) -> Option<Self> {
        let begins = text.starts_with("${") || (text.starts_with("{{") && !text.starts_with("{{{"));
        if !begins {
            return None;
        }
        let near = &text[..text.floor_char_boundary(LONGEST)];
        let line = near.find('\n').map_or(near, |end| &near[..end]);
        if text.starts_with('$') { Self::environment(line) } else { Self::expression(line) }
    }

    fn environment(line: &str) -> Option<Self> {
        let end = line.find('}')?;
        let inner = &line[2..end];
        let length = end + 1;
        if inner.starts_with("file:") {
            return Some(Self { length, literals: Vec::new() });
        }
        let (name, fallback) = match inner.split_once(":-") {
            Some((name, _)) => (name, Some(2 + name.len() + 2..end)),
            None => (inner, None),
        };
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
        is_name.then(|| Self { length, literals: fallback.into_iter().collect() })
    }

    fn expression(line: &str) -> Option<Self> {
        let end = line.find("}}")?;
        let mut literals = Vec::new();
        let mut open: Option<(char, usize)> = None;
        for (at, c) in line[..end].char_indices().skip(2) {
            match open {
                Some((quote, start)) if c == quote => {
                    literals.push(start..at);
                    open = None;
                }
                None if matches!(c, '"' | '\'') => open = Some((c, at + 1)),
                _ => {}
            }
        }
        literals.extend(open.map(|(_, start)| start..end));
        Some(Self { length: end + 2, literals })
    }
}

/// What is left of a text that is hidden, without its quotes, the scheme before a credential, and
/// references.
pub(super) fn literals(text: &str, found: &mut Vec<Range<usize>>) {
    let mut at = beginning(text);
    let end = match text[..at].chars().last() {
        Some(quote @ ('"' | '\'')) if text[at..].ends_with(quote) => text.len() - 1,
        _ => text.len(),
    };
    at += scheme(&text[at..end]);
    let mut start = at;
    while at < end {
        let rest = &text[at..end];
        if rest.starts_with("$${") {
            at += 3;
        } else if let Some(reference) = Reference::at(rest) {
            push_lines(text, start..at, found);
            for literal in reference.literals {
                push_lines(text, at + literal.start..at + literal.end, found);
            }
            at += reference.length;
            start = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    push_lines(text, start..end, found);
}

fn beginning(text: &str) -> usize {
    usize::from(text.starts_with(['"', '\'']))
}

/// The length of a scheme and the blanks before its credential.
fn scheme(text: &str) -> usize {
    let word = text.len() - text.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let credential = text[word..].trim_start_matches([' ', '\t']);
    let known = SCHEMES.iter().any(|scheme| text[..word].eq_ignore_ascii_case(scheme));
    let follows = credential.len() < text.len() - word && !credential.trim().is_empty();
    if known && follows { text.len() - credential.len() } else { 0 }
}

/// The lines of a part of a text, each without the blanks around it.
fn push_lines(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut start = range.start;
    for line in text[range].split('\n') {
        let visible = line.trim();
        if !visible.is_empty() {
            let from = start + (line.len() - line.trim_start().len());
            found.push(from..from + visible.len());
        }
        start += line.len() + 1;
    }
}

/// Whether a value says nothing that could be secret.
pub(super) fn is_no_secret(text: &str, may_be_path: bool) -> bool {
    let bare = text.trim().trim_matches(['"', '\'']);
    let word = ["", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"];
    let path = || {
        ["$.", "$[", "headers."].iter().any(|start| bare.starts_with(start))
            || ["$", "status"].contains(&bare)
    };
    word.contains(&text.trim()) || bare.is_empty() || (may_be_path && path())
}
