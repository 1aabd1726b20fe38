//! A body that was expected beside the bytes that were sent, each read as the expectation says.

use std::borrow::Cow;

use serde_json::Value;
use url::form_urlencoded;

use super::super::case::Body;
use super::json::{self, Extent};
use super::pairs::Beside;
use super::sheet::Sheet;
use super::{lines, pattern, xml};
use crate::engine::transport::Request;

/// Both, ready to be compared.
pub(super) enum Compared<'c> {
    /// Nothing is expected.
    Nothing,
    Json {
        extent: Extent,
        expected: Cow<'c, Value>,
        sent: Value,
    },
    Xml {
        expected: Vec<String>,
        sent: Vec<String>,
    },
    Form {
        expected: &'c [(Box<str>, Vec<String>)],
        sent: Vec<(String, String)>,
    },
    Text {
        expected: &'c str,
        sent: Cow<'c, str>,
        is_text: bool,
    },
    /// What was sent is not of the kind that is expected, and why it is not.
    Unlike {
        expected: Vec<String>,
        why: String,
        sent: Cow<'c, str>,
    },
}

impl<'c> Compared<'c> {
    pub(super) fn of(expected: &'c Body, sent: &'c [u8]) -> Self {
        match expected {
            Body::Any => Self::Nothing,
            Body::Json(expected) => Self::json(Extent::Whole, expected, sent),
            Body::JsonContains(expected) => Self::json(Extent::Contains, expected, sent),
            Body::Xml(expected) => Self::xml(expected, sent),
            Body::Form(expected) => {
                let sent = form_urlencoded::parse(sent).into_owned().collect();
                Self::Form { expected, sent }
            }
            Body::Text(expected) => {
                let is_text = std::str::from_utf8(sent).is_ok();
                Self::Text { expected, sent: String::from_utf8_lossy(sent), is_text }
            }
        }
    }

    fn json(extent: Extent, expected: &'c Value, sent: &'c [u8]) -> Self {
        match serde_json::from_slice(sent) {
            Ok(sent) => Self::Json { extent, expected: pattern::settled(expected, &sent), sent },
            Err(error) => {
                Self::unlike(json::lines(expected), format!("it is not JSON: {error}"), sent)
            }
        }
    }

    fn xml(expected: &'c str, sent: &'c [u8]) -> Self {
        let Ok(lines) = xml::lines(expected) else {
            // Whoever reads test files refuses this; it is no reason to fail here.
            let sent = String::from_utf8_lossy(sent);
            return Self::Text { expected, sent, is_text: true };
        };
        let read = std::str::from_utf8(sent).map_err(|_| NO_TEXT).and_then(xml::lines);
        match read {
            Ok(sent) => Self::Xml { expected: lines, sent },
            Err(why) => Self::unlike(lines, format!("it is not XML: {why}"), sent),
        }
    }

    fn unlike(expected: Vec<String>, why: String, sent: &'c [u8]) -> Self {
        let why = match std::str::from_utf8(sent) {
            Ok("") => "(there is no body)".to_owned(),
            Ok(_) => format!("({why})"),
            Err(_) => format!("({NO_TEXT})"),
        };
        Self::Unlike { expected, why, sent: String::from_utf8_lossy(sent) }
    }

    /// Whether the body is as expected.
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Json { extent, expected, sent } => extent.holds(expected, sent),
            Self::Xml { expected, sent } => expected == sent,
            Self::Form { expected, sent } => fields(expected, sent).holds(),
            Self::Text { expected, sent, is_text } => *is_text && *expected == &**sent,
            Self::Unlike { .. } => false,
        }
    }

    pub(super) fn write(&self, sheet: &mut Sheet<'_>) {
        match self {
            Self::Nothing => {}
            Self::Json { extent, expected, sent } => json::write(*extent, expected, sent, sheet),
            Self::Xml { expected, sent } => lines::write(expected, sent, &xml::likeness, sheet),
            Self::Form { expected, sent } => fields(expected, sent).write(field, sheet),
            Self::Text { expected, sent, is_text } => {
                if !is_text {
                    sheet.row(None, Some(format!("({NO_TEXT})")), true);
                }
                lines::write_texts(expected, sent, sheet);
            }
            Self::Unlike { expected, why, sent } => {
                sheet.row(None, Some(why.clone()), true);
                let sent = lines::of(&sheet.mask().mask(sent));
                let rows = expected.len().max(sent.len());
                let (mut expected, mut sent) = (expected.iter(), sent.into_iter());
                for _ in 0..rows {
                    sheet.row(expected.next().cloned(), sent.next(), true);
                }
            }
        }
    }
}

const NO_TEXT: &str = "it is not UTF-8 text";

fn fields<'f>(expected: &'f [(Box<str>, Vec<String>)], sent: &'f [(String, String)]) -> Beside<'f> {
    Beside::of(expected, sent.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn field(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

/// The body that is expected, on its own.
pub(super) fn write_expected(body: &Body, sheet: &mut Sheet<'_>) {
    let lines = match body {
        Body::Any => Vec::new(),
        Body::Json(value) | Body::JsonContains(value) => json::lines(value),
        Body::Xml(text) => match xml::lines(text) {
            Ok(lines) => lines,
            Err(_) => lines::of(&sheet.mask().mask(text)),
        },
        Body::Form(fields) => fields
            .iter()
            .flat_map(|(name, values)| values.iter().map(|value| field(name, value)))
            .collect(),
        Body::Text(text) => lines::of(&sheet.mask().mask(text)),
    };
    write_alone(lines, sheet);
}

/// The body that was sent, on its own, read as what it says it is.
pub(super) fn write_sent(sent: &Request, sheet: &mut Sheet<'_>) {
    let content_type = sent.headers.iter().find(|(name, _)| &**name == "content-type");
    let media_type = content_type.map(|(_, value)| &**value).unwrap_or_default();
    let text = String::from_utf8_lossy(&sent.body);
    let lines = if media_type.starts_with("application/x-www-form-urlencoded") {
        form_urlencoded::parse(&sent.body).map(|(name, value)| field(&name, &value)).collect()
    } else if let Ok(value) = serde_json::from_slice(&sent.body) {
        json::lines(&value)
    } else if let Some(lines) = xml::lines(&text).ok().filter(|_| text.starts_with('<')) {
        lines
    } else {
        lines::of(&sheet.mask().mask(&text))
    };
    write_alone(lines, sheet);
}

fn write_alone(lines: Vec<String>, sheet: &mut Sheet<'_>) {
    if !lines.is_empty() {
        sheet.alone(String::new());
    }
    lines.into_iter().for_each(|line| sheet.alone(line));
}
