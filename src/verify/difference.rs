//! A request that was expected beside the one that was sent: whether they agree, and how they differ.

mod align;
mod body;
mod json;
mod lines;
mod pairs;
mod pattern;
mod sheet;
mod xml;

#[cfg(test)]
mod tests;

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::case::{Address, Body, Expected};
use super::report::Difference;
use crate::engine::transport::Request;
use crate::telemetry::mask::{Mask, Secrets};
use body::Compared;
use json::Extent;
use pairs::Beside;
pub use pattern::MATCHES;
use sheet::{Sheet, Sides};

/// A request that was sent, and where.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'s> {
    pub request: &'s Request,
    /// Name of the target.
    pub target: &'s str,
    /// URL of the target.
    pub base: &'s str,
    /// Label of the step.
    pub step: &'s str,
}

/// What differs between a request that was sent and what was expected of it: nothing,
/// without any row, if the request is as expected. Otherwise its request line, the headers and
/// parameters that the expectation names, and its body; what is equal is not marked.
///
/// Secrets count in full and show as `mask` has it. Long runs of rows and long cells are cut.
pub fn of(expected: &Expected, sent: &Sent<'_>, mask: &dyn Mask) -> Difference {
    let Sent { request: sent, target, base, step } = *sent;
    let (url, query) = parts(&sent.url);
    let address = Addresses::of(&expected.address, url, base);
    let parameters: Vec<_> = query
        .filter(|(name, _)| expected.query.iter().any(|(known, _)| **known == **name))
        .collect();
    let parameters = Beside::of(&expected.query, parameters.iter().map(|(n, v)| (&**n, &**v)));
    let headers = sent.headers.iter().map(|(name, value)| (&**name, &**value));
    let headers =
        headers.filter(|(name, _)| expected.headers.iter().any(|(known, _)| **known == **name));
    let headers = Beside::of(&expected.headers, headers);
    let body = Compared::of(&expected.body, &sent.body);

    let places = [("target", &expected.target, target), ("step", &expected.step, step)];
    let same_place = places.iter().all(|(_, name, sent)| is_there(name.as_deref(), sent));
    let same_line = *expected.method == *sent.method && address.agree;
    if same_line && same_place && parameters.holds() && headers.holds() && body.holds() {
        return Difference::default();
    }
    let mut sheet = Sheet::new(mask, Sides::Both);
    let lines = (
        format!("{} {}", expected.method, address.expected),
        format!("{} {}", sent.method, address.sent),
    );
    sheet.row(Some(lines.0), Some(lines.1), !same_line);
    for (what, name, sent) in places {
        let shown = |name: &str| Some(place(what, name));
        if let Some(name) = name {
            sheet.row(shown(name), shown(sent), **name != *sent);
        }
    }
    parameters.write(parameter, &mut sheet);
    headers.write(header, &mut sheet);
    if expected.body != Body::Any {
        sheet.row(Some(String::new()), Some(String::new()), false);
        body.write(&mut sheet);
    }
    sheet.finish()
}

/// A request that nothing speaks of, without what the connector adds to every request by itself.
pub fn sent_only(sent: &Sent<'_>, mask: &dyn Mask) -> Difference {
    let Sent { request: sent, target, base, step } = *sent;
    let mut sheet = Sheet::new(mask, Sides::Sent);
    let (url, query) = parts(&sent.url);
    let address = below(url, base).unwrap_or_else(|| url.to_owned());
    sheet.alone(format!("{} {address}", sent.method));
    sheet.alone(place("target", target));
    sheet.alone(place("step", step));
    for (name, value) in query {
        sheet.alone(parameter(&name, &value));
    }
    for (name, value) in sent.headers.iter().filter(|(name, _)| !TRACES.contains(&&**name)) {
        sheet.alone(header(name, value));
    }
    body::write_sent(sent, &mut sheet);
    sheet.finish()
}

/// A request that was not sent.
pub fn expected_only(expected: &Expected, mask: &dyn Mask) -> Difference {
    let mut sheet = Sheet::new(mask, Sides::Expected);
    let (Address::Below(address) | Address::Whole(address)) = &expected.address;
    sheet.alone(format!("{} {address}", expected.method));
    for (what, name) in [("target", &expected.target), ("step", &expected.step)] {
        if let Some(name) = name {
            sheet.alone(place(what, name));
        }
    }
    for (named, line) in
        [(&expected.query, parameter as fn(&str, &str) -> String), (&expected.headers, header)]
    {
        for (name, values) in named {
            values.iter().for_each(|value| sheet.alone(line(name, value)));
        }
    }
    body::write_expected(&expected.body, &mut sheet);
    sheet.finish()
}

/// A value beside the one that was expected; none where it is absent. Nothing is masked.
pub fn of_values(expected: &Value, found: Option<&Value>) -> Difference {
    let unmasked = Secrets::default();
    let mut sheet = Sheet::new(&unmasked, Sides::Both);
    match found {
        Some(found) => json::write(Extent::Whole, expected, found, &mut sheet),
        None => {
            json::lines(expected).into_iter().for_each(|line| sheet.row(Some(line), None, true))
        }
    }
    sheet.finish()
}

/// What NSPS is told. Nothing is masked.
pub fn of_answer(status: u16, body: &Value) -> Difference {
    let unmasked = Secrets::default();
    let mut sheet = Sheet::new(&unmasked, Sides::Sent);
    sheet.alone(format!("status {status}"));
    sheet.alone(String::new());
    json::lines(body).into_iter().for_each(|line| sheet.alone(line));
    sheet.finish()
}

/// Whether a name is the one that is expected, if one is.
fn is_there(expected: Option<&str>, name: &str) -> bool {
    expected.is_none_or(|expected| expected == name)
}

/// Headers that every request has, whatever the mapping says.
const TRACES: [&str; 5] =
    ["x-b3-traceid", "x-b3-spanid", "x-request-id", "traceparent", "idempotency-key"];

fn place(what: &str, name: &str) -> String {
    format!("{what}: {name}")
}

fn header(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

fn parameter(name: &str, value: &str) -> String {
    format!("?{name}={value}")
}

/// What stands before the query, and the parameters of the query, decoded.
fn parts(url: &str) -> (&str, form_urlencoded::Parse<'_>) {
    let (url, query) = url.split_once('?').unwrap_or((url, ""));
    (url, form_urlencoded::parse(query.as_bytes()))
}

/// Where a request was to go and where it went, each as it is best compared.
struct Addresses {
    expected: String,
    sent: String,
    agree: bool,
}

impl Addresses {
    fn of(expected: &Address, sent: &str, base: &str) -> Self {
        match expected {
            Address::Below(path) => {
                let below = below(sent, base);
                let agree = below.as_deref() == Some(&**path);
                let sent = below.unwrap_or_else(|| sent.to_owned());
                Self { expected: path.to_string(), sent, agree }
            }
            Address::Whole(url) => {
                // `http://a.test` and `http://A.test:80/` are one.
                let agree =
                    **url == *sent || parsed(url).is_some_and(|url| parsed(sent) == Some(url));
                Self { expected: url.to_string(), sent: sent.to_owned(), agree }
            }
        }
    }
}

/// What follows the URL of the target in a URL of a request; none if it leads elsewhere.
fn below(url: &str, base: &str) -> Option<String> {
    let is_path = |rest: &&str| rest.is_empty() || rest.starts_with('/');
    if let Some(rest) = url.strip_prefix(base).filter(is_path) {
        return Some(rest.to_owned());
    }
    // What a target gave was made a proper URL, as that of the target need not be.
    let (url, base) = (parsed(url)?, parsed(base)?);
    if url.origin() != base.origin() {
        return None;
    }
    let rest = url.path().strip_prefix(base.path().trim_end_matches('/'));
    rest.filter(is_path).map(str::to_owned)
}

fn parsed(url: &str) -> Option<Url> {
    Url::parse(url).ok()
}
