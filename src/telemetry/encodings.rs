//! The forms that a text takes when it is sent or shown.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::iter;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// No form is longer than this many times its text: a control character in JSON, or a quote in XML.
pub(super) const GROWTH: usize = 6;

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

/// What encoders leave as it is beside letters, digits and `-._`: everything else encoded, as
/// RFC 3986 unreserved, as JavaScript does, in a path segment, in a query.
const KEPT: [&[u8]; 5] = [b"", b"~", b"~!'()*", b"~!$&'()*+,;=:@", b"~!$&'()*+,;=:@/?"];

/// `text` itself, and it percent-encoded (RFC 3986), form-encoded, XML-escaped and JSON-escaped; a form
/// that is equal to another is there once.
pub(super) fn of(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    // Most identifiers are plain digits or letters: all their forms are the same.
    let mut others = match text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => BTreeSet::new(),
        false => of_any(text),
    };
    others.remove(text);
    iter::once(Cow::Borrowed(text)).chain(others.into_iter().map(Cow::Owned))
}

fn of_any(text: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([text.to_owned()]);
    for hex in [UPPER, LOWER] {
        for kept in KEPT {
            forms.insert(percent(text, kept, hex, "%20"));
        }
        forms.insert(percent(text, b"*", hex, "+"));
        forms.insert(json_ascii(text, hex));
    }
    let json = json(text);
    forms.insert(json.replace('/', "\\/"));
    forms.insert(json);
    for (quote, apostrophe) in [
        ("\"", "'"),
        ("&quot;", "'"),
        ("&quot;", "&apos;"),
        ("&#34;", "&#39;"),
        ("&quot;", "&#x27;"),
    ] {
        forms.insert(xml(text, quote, apostrophe));
    }
    let mut sent = String::with_capacity(text.len());
    if crate::xml::escape(text, &mut sent) {
        forms.insert(sent);
    }
    forms
}

/// Base64 of `bytes` in the standard and the URL alphabet, padded and not, and the forms of those.
pub(super) fn of_base64(bytes: &[u8]) -> BTreeSet<String> {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .map(|alphabet| alphabet.encode(bytes))
        .flat_map(|text| of(&text).map(Cow::into_owned).collect::<Vec<_>>())
        .collect()
}

fn percent(text: &str, kept: &[u8], hex: &[u8; 16], space: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => form.push_str(space),
            b'-' | b'.' | b'_' => form.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => {
                form.push(char::from(byte));
            }
            _ => {
                form.push('%');
                form.push(char::from(hex[usize::from(byte >> 4)]));
                form.push(char::from(hex[usize::from(byte & 15)]));
            }
        }
    }
    form
}

/// As in a JSON string (RFC 8259), without the quotes around it.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As in a JSON string of an encoder that writes ASCII only.
fn json_ascii(text: &str, hex: &[u8; 16]) -> String {
    let mut form = String::with_capacity(text.len());
    for unit in json(text).encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => form.push(char::from(byte)),
            _ => {
                form.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    form.push(char::from(hex[usize::from(unit >> shift) & 15]));
                }
            }
        }
    }
    form
}

fn xml(text: &str, quote: &str, apostrophe: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => form.push_str("&amp;"),
            '<' => form.push_str("&lt;"),
            '>' => form.push_str("&gt;"),
            '"' => form.push_str(quote),
            '\'' => form.push_str(apostrophe),
            other => form.push(other),
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_every_form_in_which_it_is_sent() {
        let forms: Vec<_> = of("a b/\"é<'+~").collect();
        for form in [
            "a b/\"é<'+~",
            "a%20b%2F%22%C3%A9%3C%27%2B~",
            "a%20b%2f%22%c3%a9%3c%27%2b~",
            "a+b%2F%22%C3%A9%3C%27%2B%7E",
            "a+b%2f%22%c3%a9%3c%27%2b%7e",
            "a%20b/%22%C3%A9%3C'+~",
            "a b/\\\"é<'+~",
            "a b\\/\\\"é<'+~",
            "a b/\\\"\\u00e9<'+~",
            "a b/\\\"\\u00E9<'+~",
            "a b/\"é&lt;'+~",
            "a b/&quot;é&lt;&apos;+~",
            "a b/&#34;é&lt;&#39;+~",
        ] {
            assert!(forms.iter().any(|it| it == form), "{form} in {forms:#?}");
        }
    }

    #[test]
    fn the_lines_of_a_text_are_known_as_xml_bodies_carry_them() {
        assert!(of("a\r\n\t<b>").any(|form| form == "a&#13;&#10;&#9;&lt;b&gt;"));
    }

    #[test]
    fn letters_and_digits_have_one_form() {
        assert_eq!(of("001010000020349").count(), 1);
    }

    #[test]
    fn no_form_outgrows_its_limit() {
        for text in ["\u{1}", "\"", "'", "&", "\r", "\n", "\t", "é", "€", "😀", "\u{7f}"] {
            for form in of(text) {
                assert!(form.len() <= GROWTH * text.len(), "{text:?}: {form}");
            }
        }
    }

    #[test]
    fn base64_comes_in_both_alphabets_padded_and_not() {
        let forms = of_base64(&[0xfb, 0xef, 0xff, 0xfe]);
        for form in ["++///g==", "++///g", "--___g==", "--___g", "%2B%2B%2F%2F%2Fg%3D%3D"] {
            assert!(forms.iter().any(|it| it == form), "{form} in {forms:#?}");
        }
    }
}
