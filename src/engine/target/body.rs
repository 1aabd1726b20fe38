//! Reads the body of an answer: text by its charset, a value by its Content-Type.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde_json::Value;

use crate::engine::transport::Response;

/// What a body says.
#[derive(Debug, Clone, PartialEq)]
pub struct Body<'r> {
    /// Decoded by the charset that Content-Type names, or UTF-8; a byte order mark overrides both
    /// and is left out, what cannot be decoded is U+FFFD.
    pub text: Cow<'r, str>,
    /// The body as data, where it can be read as that.
    pub value: Option<Value>,
    /// Why there is no `value`; `None` exactly if there is one.
    pub fault: Option<String>,
}

impl Body<'_> {
    /// The same, independent of the response that it was read from.
    pub fn into_owned(self) -> Body<'static> {
        Body { text: Cow::Owned(self.text.into_owned()), value: self.value, fault: self.fault }
    }
}

/// Reads the body of `response`. A JSON one must parse; of any other kind it is tried.
pub fn read(response: &Response) -> Body<'_> {
    let content_type = response.header("content-type").unwrap_or_default();
    let text = decode(&response.body, content_type);
    let (value, fault) = match value(&text, content_type) {
        Ok(value) => (Some(value), None),
        Err(fault) => (None, Some(fault)),
    };
    Body { text, value, fault }
}

/// The body as data, or why it is not.
fn value(text: &str, content_type: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("the body is empty".to_owned());
    }
    let kind = essence(content_type);
    let json = serde_json::from_str(text);
    match json {
        Ok(value) => Ok(value),
        Err(fault) if is_json(&kind) => Err(format!("the body is not valid JSON: {fault}")),
        Err(_) if kind.is_empty() => {
            Err("the body is not JSON, and has no Content-Type".to_owned())
        }
        Err(_) => Err(format!("the body is {kind}, not JSON")),
    }
}

fn is_json(kind: &str) -> bool {
    matches!(kind, "application/json" | "text/json") || kind.ends_with("+json")
}

/// `Application/JSON; charset=utf-8` as `application/json`.
fn essence(content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

fn decode<'r>(body: &'r [u8], content_type: &str) -> Cow<'r, str> {
    charset(content_type).unwrap_or(UTF_8).decode(body).0
}

/// The encoding that the `charset` parameter names (RFC 9110, 8.3.2), quoted or not.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let label = value.trim().trim_matches('"');
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| Encoding::for_label(label.as_bytes()))?
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn answer(content_type: &str, body: &[u8]) -> Response {
        let headers = match content_type {
            "" => Vec::new(),
            text => vec![("content-type".to_owned(), text.to_owned())],
        };
        Response { status: 200, headers, body: Bytes::copy_from_slice(body) }
    }

    fn value_of(content_type: &str, body: &str) -> Option<Value> {
        read(&answer(content_type, body.as_bytes())).value
    }

    fn fault_of(content_type: &str, body: &str) -> String {
        read(&answer(content_type, body.as_bytes())).fault.expect("must not be readable")
    }

    #[test]
    fn json_is_read_whatever_it_is_called() {
        for content_type in [
            "application/json",
            "Application/Problem+JSON; charset=utf-8",
            "text/html",
            "text/plain",
            "",
        ] {
            assert_eq!(
                value_of(content_type, r#"{"a":1}"#),
                Some(json!({"a": 1})),
                "{content_type}"
            );
        }
    }

    #[test]
    fn a_body_that_is_no_value_says_why() {
        let broken = "the body is not valid JSON: EOF while parsing an object at line 1 column 1";
        assert_eq!(fault_of("application/json", "{"), broken);
        assert_eq!(fault_of("text/html; charset=utf-8", "<p>"), "the body is text/html, not JSON");
        assert_eq!(fault_of("", "hello"), "the body is not JSON, and has no Content-Type");
        assert_eq!(fault_of("application/json", " \r\n"), "the body is empty");
    }

    #[test]
    fn text_is_there_even_where_no_value_is() {
        assert_eq!(read(&answer("application/json", b"down")).text, "down");
    }

    #[test]
    fn nesting_past_the_limit_is_refused_instead_of_overflowing_the_stack() {
        assert!(fault_of("application/json", &"[".repeat(100_000)).contains("recursion limit"));
    }

    #[test]
    fn digits_of_large_numbers_survive() {
        let value = value_of("application/json", "[123456789012345678901234567890]").unwrap();
        assert_eq!(value.to_string(), "[123456789012345678901234567890]");
    }

    #[test]
    fn the_charset_decides_about_bytes() {
        for (content_type, body, text) in [
            ("text/plain", "ä".as_bytes(), "ä"),
            ("text/plain; charset=ISO-8859-1", &[0xe4][..], "ä"),
            ("text/plain; Charset=\"windows-1251\"", &[0xcf][..], "П"),
            ("text/plain; charset=martian", "ä".as_bytes(), "ä"),
            ("text/plain", &[0xe4][..], "\u{fffd}"),
            ("text/plain", "\u{feff}x".as_bytes(), "x"),
        ] {
            assert_eq!(read(&answer(content_type, body)).text, text, "{content_type} {body:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_does_not_spoil_json() {
        assert_eq!(value_of("application/json", "\u{feff}{}"), Some(json!({})));
    }

    #[test]
    fn good_text_is_borrowed() {
        let answer = answer("text/plain", b"x");
        assert!(matches!(read(&answer).text, Cow::Borrowed(_)));
    }
}
