//! Rust source with comments and literals blanked out, so that a word found in it is code.

use std::ops::Range;

/// `text` with every byte of comments, strings and character literals replaced by a space. Lines
/// and positions stay as they are.
pub fn code_of(text: &str) -> String {
    let mut code = text.as_bytes().to_vec();
    for range in literals(text) {
        for byte in &mut code[range] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    String::from_utf8(code).unwrap()
}

/// Every string literal that is written plainly, with the place of its first quote and the text
/// between its quotes, escapes as written.
pub fn strings_of(text: &str) -> Vec<(usize, &str)> {
    let strings = literals(text).into_iter().filter(|range| text[range.clone()].starts_with('"'));
    strings.map(|range| (range.start, text[range].trim_matches('"'))).collect()
}

/// Where comments and literals stand.
fn literals(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match literal_end(bytes, at) {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Where the comment or literal that begins at `at` ends, if one begins there.
fn literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let inside_word = at > 0 && is_word(bytes[at - 1]);
    match rest {
        [b'/', b'/', ..] => Some(find(bytes, at, b"\n").unwrap_or(bytes.len())),
        [b'/', b'*', ..] => Some(block_comment_end(bytes, at)),
        [b'"', ..] => Some(string_end(bytes, at + 1)),
        [b'\'', ..] => char_end(bytes, at),
        [b'r', b'"' | b'#', ..] if !inside_word => raw_string_end(bytes, at + 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !inside_word => raw_string_end(bytes, at + 2),
        _ => None,
    }
}

fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut at) = (0, at);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A raw string whose `#`s begin at `at`; `r#name` is none.
fn raw_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let hashes = bytes[at..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(at + hashes) != Some(&b'"') {
        return None;
    }
    let close = [b"\"", "#".repeat(hashes).as_bytes()].concat();
    let end = find(bytes, at + hashes + 1, &close).map(|end| end + close.len());
    Some(end.unwrap_or(bytes.len()))
}

/// A character literal; a lifetime is none.
fn char_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at + 1) == Some(&b'\\') {
        // The escaped character itself may be a quote.
        return find(bytes, at + 3, b"'").map(|end| end + 1);
    }
    let text = std::str::from_utf8(&bytes[at + 1..]).ok()?;
    let end = at + 1 + text.chars().next()?.len_utf8();
    (bytes.get(end) == Some(&b'\'')).then_some(end + 1)
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let found = bytes.get(from..)?.windows(what.len()).position(|window| window == what)?;
    Some(from + found)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[test]
fn only_code_is_left() {
    // `_` stands for a byte that must have been blanked out.
    for (text, code) in [
        ("a // b\nc", "a ____\nc"),
        ("a /* b /* c */\nd */ e", "a ____________\n____ e"),
        (r#"a("b\"c", d)"#, "a(______, d)"),
        (r#"r"a\" b"#, "_____ b"),
        (r##"r#"a"b"# c"##, "________ c"),
        (r###"br##"a"#"## + r#fn"###, "___________ + r#fn"),
        (r"fn f<'a>(x: &'a T) -> 'b' {'\''}", "fn f<'a>(x: &'a T) -> ___ {____}"),
        ("'é' 'x", "____ 'x"),
        ("bar\"x\" // '", "bar___ ____"),
        ("\"never closed", "_____________"),
    ] {
        assert_eq!(code_of(text), code.replace("_", " "), "{text}");
    }
}

#[test]
fn strings_come_with_their_places() {
    let text = "f(\"a-b\", 'x', r\"no\") // \"no\"\n\"c\"";
    assert_eq!(strings_of(text), [(2, "a-b"), (text.len() - 3, "c")]);
}
