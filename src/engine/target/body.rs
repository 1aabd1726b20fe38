//! Reads the body of an answer: text by its charset, a value by its Content-Type.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde_json::Value;

use super::xml;
use crate::engine::transport::Response;
use crate::xml::Attributes;

/// What a body says.
#[derive(Debug, Clone, PartialEq)]
pub struct Body<'r> {
    /// Decoded by the charset that Content-Type names, that XML declares for itself, or UTF-8; a
    /// byte order mark overrides them and is left out (RFC 7303, section 3), what cannot be decoded
    /// is U+FFFD.
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

/// What a Content-Type says about how to read a body.
enum Kind {
    Json,
    Xml,
    /// Pages for people, such as a proxy's error page: never taken for an answer in XML.
    Html,
    /// Both are tried; the name is empty if there is none.
    Other(String),
}

/// Reads the body of `response`: JSON or XML as what it says that it is, anything else as JSON, then
/// as XML.
pub fn read(response: &Response) -> Body<'_> {
    let content_type = response.headers.get("content-type").unwrap_or_default();
    let kind = Kind::of(content_type);
    let text = decode(&response.body, content_type, &kind);
    let (value, fault) = match value(&text, kind) {
        Ok(value) => (Some(value), None),
        Err(fault) => (None, Some(fault)),
    };
    Body { text, value, fault }
}

/// The body as data, or why it is not.
fn value(text: &str, kind: Kind) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("the body is empty".to_owned());
    }
    match kind {
        Kind::Json => json(text).map_err(|fault| format!("the body is not valid JSON: {fault}")),
        Kind::Xml => xml(text),
        Kind::Html => json(text).map_err(|_| "the body is text/html, not JSON".to_owned()),
        Kind::Other(name) => match json(text) {
            Ok(value) => Ok(value),
            Err(_) if text.trim_start().starts_with('<') => xml(text),
            Err(_) if name.is_empty() => {
                Err("the body is neither JSON nor XML, and has no Content-Type".to_owned())
            }
            Err(_) => Err(format!("the body is {name}, neither JSON nor XML")),
        },
    }
}

fn json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}

fn xml(text: &str) -> Result<Value, String> {
    xml::read(text).map_err(|fault| format!("the body is not valid XML: {fault}"))
}

impl Kind {
    fn of(content_type: &str) -> Self {
        // `Application/JSON; charset=utf-8` is `application/json`.
        let name = content_type.split(';').next().unwrap_or_default();
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "application/json" | "text/json" => Self::Json,
            "application/xml" | "text/xml" => Self::Xml,
            "text/html" => Self::Html,
            other if other.ends_with("+json") => Self::Json,
            other if other.ends_with("+xml") => Self::Xml,
            _ => Self::Other(name),
        }
    }
}

fn decode<'r>(body: &'r [u8], content_type: &str, kind: &Kind) -> Cow<'r, str> {
    let declared = || match kind {
        Kind::Json | Kind::Html => None,
        Kind::Xml | Kind::Other(_) => declared_encoding(body),
    };
    charset(content_type).or_else(declared).unwrap_or(UTF_8).decode(body).0
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

/// The encoding that an XML declaration names (XML 1.0, section 4.3.3). One that is no superset of
/// ASCII is none: nobody could have read so far in it.
fn declared_encoding(body: &[u8]) -> Option<&'static Encoding> {
    let declaration = body.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(&declaration[..end]).ok()?.strip_suffix('?')?;
    let attributes = Attributes::of(declaration).map_while(Result::ok);
    let (_, label) = attributes.into_iter().find(|(name, _)| *name == "encoding")?;
    Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.is_ascii_compatible())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::engine::transport::Headers;

    fn answer(content_type: &str, body: &[u8]) -> Response {
        let headers = match content_type {
            "" => Headers::default(),
            text => Headers::from_iter([("content-type", text)]),
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
    fn xml_is_read_unless_it_is_said_to_be_something_else() {
        for content_type in
            ["text/xml", "Application/XML; charset=utf-8", "application/soap+xml", "text/plain", ""]
        {
            for body in ["<a>1</a>", "\u{feff}<a>1</a>", " \n<?xml version='1.0'?><a>1</a>\n"] {
                assert_eq!(value_of(content_type, body), Some(json!({"a": "1"})), "{content_type}");
            }
        }
        for content_type in ["application/json", "a/b+json", "text/html"] {
            assert_eq!(value_of(content_type, "<a>1</a>"), None, "{content_type}");
        }
        assert_eq!(value_of("text/xml", r#"{"a":1}"#), None);
    }

    #[test]
    fn a_body_that_is_no_value_says_why() {
        for (content_type, body, fault) in [
            (
                "application/json",
                "{",
                "the body is not valid JSON: EOF while parsing an object at line 1 column 1",
            ),
            (
                "application/json",
                "<a/>",
                "the body is not valid JSON: expected value at line 1 column 1",
            ),
            ("text/html; charset=utf-8", "<p/>", "the body is text/html, not JSON"),
            (
                "text/xml",
                "<a>\n</b>",
                "the body is not valid XML: an end tag does not match the start tag at line 2 \
                 column 1",
            ),
            (
                "text/xml",
                "{}",
                "the body is not valid XML: text stands outside of the root element at line 1 \
                 column 1",
            ),
            (
                "text/plain",
                "<p>",
                "the body is not valid XML: an element is not ended at line 1 column 4",
            ),
            ("text/plain", "down", "the body is text/plain, neither JSON nor XML"),
            ("", "hello", "the body is neither JSON nor XML, and has no Content-Type"),
            ("application/json", " \r\n", "the body is empty"),
            ("text/xml", " \r\n", "the body is empty"),
        ] {
            assert_eq!(fault_of(content_type, body), fault);
        }
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
            ("text/plain; charset=ISO-8859-1", "\u{feff}ä".as_bytes(), "ä"),
            ("text/plain", &[0xff, 0xfe, b'x', 0], "x"),
            ("text/plain", "\u{feff}x".as_bytes(), "x"),
        ] {
            assert_eq!(read(&answer(content_type, body)).text, text, "{content_type} {body:?}");
        }
    }

    #[test]
    fn xml_may_declare_its_encoding_if_nothing_else_tells_it() {
        let body = |label: &str| {
            let mut body = format!("<?xml version='1.0' encoding=\"{label}\"?><a>").into_bytes();
            body.extend_from_slice(b"\xcf</a>");
            body
        };
        for (content_type, label, text) in [
            ("text/xml", "windows-1251", "П"),
            ("", "Windows-1251", "П"),
            ("text/plain", "windows-1251", "П"),
            ("text/xml; charset=martian", "windows-1251", "П"),
            ("text/xml; charset=ISO-8859-1", "windows-1251", "Ï"),
            ("text/xml", "utf-8", "\u{fffd}"),
            ("text/xml", "UTF-16", "\u{fffd}"),
            ("text/xml", "martian", "\u{fffd}"),
        ] {
            let value = read(&answer(content_type, &body(label))).value;
            assert_eq!(value, Some(json!({"a": text})), "{content_type} {label}");
        }
        let page = answer("text/html", &body("windows-1251"));
        assert!(read(&page).text.contains('\u{fffd}'));
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
