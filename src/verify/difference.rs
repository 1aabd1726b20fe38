//! A request that was expected beside the one that was sent. For now by equality alone.

use serde_json::Value;

use super::case::{Address, Body, Expected};
use super::report::{Difference, Row};
use crate::engine::transport::Request;
use crate::expr::compare::equal;

/// Compares a request with what was expected of it; `base` is the URL of the target that it was sent
/// to.
pub fn of(expected: &Expected, sent: &Request, base: &str) -> Difference {
    let line = Row {
        expected: Some(expected_line(expected, base)),
        sent: Some(sent_line(sent)),
        differs: expected_line(expected, base) != sent_line(sent),
    };
    let body = Row {
        expected: Some(format!("{:?}", expected.body)),
        sent: Some(String::from_utf8_lossy(&sent.body).into_owned()),
        differs: !same_body(&expected.body, &sent.body),
    };
    Difference { rows: vec![line, body] }
}

/// A request that nothing speaks of.
pub fn sent_only(sent: &Request, _base: &str) -> Difference {
    Difference { rows: vec![Row { expected: None, sent: Some(sent_line(sent)), differs: true }] }
}

/// A request that was not sent.
pub fn expected_only(expected: &Expected) -> Difference {
    let line = Some(expected_line(expected, ""));
    Difference { rows: vec![Row { expected: line, sent: None, differs: true }] }
}

fn expected_line(expected: &Expected, base: &str) -> String {
    match &expected.address {
        Address::Below(path) => format!("{} {base}{path}", expected.method),
        Address::Whole(url) => format!("{} {url}", expected.method),
    }
}

fn sent_line(sent: &Request) -> String {
    format!("{} {}", sent.method, sent.url.split('?').next().unwrap_or_default())
}

fn same_body(expected: &Body, sent: &[u8]) -> bool {
    let json = || serde_json::from_slice::<Value>(sent).ok();
    match expected {
        Body::Any => true,
        Body::Json(value) | Body::JsonContains(value) => {
            json().is_some_and(|sent| equal(value, &sent))
        }
        Body::Xml(text) | Body::Text(text) => text.as_bytes() == sent,
        Body::Form(fields) => {
            let sent: Vec<(String, String)> =
                url::form_urlencoded::parse(sent).into_owned().collect();
            let expected = fields.iter().flat_map(|(name, values)| {
                values.iter().map(|value| (name.to_string(), value.clone()))
            });
            expected.eq(sent)
        }
    }
}
