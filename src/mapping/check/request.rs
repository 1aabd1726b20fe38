//! A step's request: its line, query, headers and body.

use std::sync::Arc;

use super::super::diagnostic::Span;
use super::super::document::Step as Written;
use super::super::document::decode::{Anything, Named, Text};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::Checker;
use crate::expr::body::Shape;
use crate::expr::template::Unescaped;
use crate::expr::{Root, Template};
use crate::program::{Address, Body, METHODS, Method, RequestTemplate};

/// Headers that HTTP itself needs; a mapping that could set them could break the framing of a
/// message (RFC 9110, section 7.6.1; RFC 9112, section 6).
const FRAMING: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
];

impl Checker<'_, '_> {
    pub(super) fn request(&mut self, written: &Written) -> Option<RequestTemplate> {
        let line = written.request.as_ref().map(|text| self.request_line(text));
        let query = self.pairs(written.query.as_ref(), true);
        let headers = self.headers(written.headers.as_ref());
        let body = self.body(written);
        let content_type = written.content_type.as_ref().map(|text| self.content_type(text));
        let (method, address) = line??;
        let body = body?;
        let default = match body {
            Body::None => None,
            Body::Json(_) => Some("application/json"),
            Body::Xml(_) => Some("text/xml; charset=utf-8"),
            Body::Form(_) => Some("application/x-www-form-urlencoded"),
            Body::Text(_) => Some("text/plain; charset=utf-8"),
        };
        let content_type = match content_type {
            Some(written) => Some(Arc::from(written?)),
            None => default.map(Arc::from),
        };
        let query = named(query?);
        Some(RequestTemplate { method, address, query, headers: headers?, body, content_type })
    }

    /// `METHOD /path`, or `METHOD {{saved}}`.
    fn request_line(&mut self, text: &Text) -> Option<(Method, Address)> {
        let line = text.as_str();
        let Some((method, rest)) = line.split_once(' ') else {
            let help = "write e.g. `POST /subscribers/{{imsi}}`";
            self.error("bad-request", text.span(), "a request is a method and a path", help);
            return None;
        };
        let path = rest.trim();
        let base = line.len() - rest.len() + (rest.len() - rest.trim_start().len());
        let method = self.method(text, method);
        let address = match path.starts_with('/') {
            true => self.path_template(text, base).map(Address::Path),
            false => self.url_reference(text, base),
        };
        Some((method?, address?))
    }

    fn method(&mut self, text: &Text, written: &str) -> Option<Method> {
        let method = Method::parse(written);
        if method.is_none() {
            let span = text.node().span_within(self.source, 0..written.len());
            let help = match did_you_mean(written, METHODS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the methods are: {}", METHODS.join(", ")),
            };
            self.error("bad-method", span, format!("there is no method `{written}`"), &help);
        }
        method
    }

    fn path_template(&mut self, text: &Text, base: usize) -> Option<Template> {
        let span = text.node().span_within(self.source, base..text.as_str().len());
        let template = self.template_from(text.node(), base, Secrecy::Plain, Unescaped::Refused)?;
        if let Some((code, message, help)) = path_fault(&template) {
            self.error(code, span, message, help);
            return None;
        }
        Some(template)
    }

    /// What a step saved may stand alone as a URL; nothing else may say where a request goes.
    fn url_reference(&mut self, text: &Text, base: usize) -> Option<Address> {
        let span = text.node().span_within(self.source, base..text.as_str().len());
        let written = text.as_str().get(base..).unwrap_or_default();
        if !written.starts_with("{{") {
            let message = "the path of a request begins with `/`";
            self.error("bad-request", span, message, "it is joined to the target's `url`");
            return None;
        }
        let template = self.template_from(text.node(), base, Secrecy::Plain, Unescaped::Refused)?;
        let name = template.as_name().filter(|name| matches!(name.root, Root::Saved(_)));
        if name.is_none() {
            let message = "only what a step saved may stand alone as a URL";
            let help = "begin the path with `/`: what an event carries is a part of a path";
            self.error("bad-request", span, message, help);
        }
        name.cloned().map(Address::Saved)
    }

    fn body(&mut self, written: &Written) -> Option<Body> {
        let given = [
            ("json", written.json.is_some()),
            ("xml", written.xml.is_some()),
            ("form", written.form.is_some()),
            ("text", written.text.is_some()),
        ];
        let given: Vec<&str> = given.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        // Each is read, so that a mistake in it is told even where there are too many.
        let json = written.json.as_ref().map(|json| self.shape(&json.0, Secrecy::Plain));
        let xml = written.xml.as_ref().map(|text| self.xml(text));
        let form = written.form.as_ref().map(|form| self.pairs(Some(form), true));
        let text = written
            .text
            .as_ref()
            .map(|text| self.template(text, Secrecy::Plain, Unescaped::Allowed));
        match (json, xml, form, text) {
            (None, None, None, None) => Some(Body::None),
            (Some(json), None, None, None) => json.map(Body::Json),
            (None, Some(xml), None, None) => xml.map(Body::Xml),
            (None, None, Some(form), None) => form.map(|pairs| Body::Form(named(pairs))),
            (None, None, None, Some(text)) => text.map(Body::Text),
            _ => {
                let message = format!("a request has one body, here are {}", given.join(", "));
                self.error("conflicting-keys", written.span, message, "keep one of them");
                None
            }
        }
    }

    /// A template whose renderings are well-formed, whatever its values are.
    fn xml(&mut self, text: &Text) -> Option<Template> {
        let template = self.template(text, Secrecy::Plain, Unescaped::Refused)?;
        match template.check_xml() {
            Ok(()) => Some(template),
            Err(faults) => {
                self.template_faults(text.node(), 0, faults);
                None
            }
        }
    }

    fn content_type(&mut self, text: &Text) -> Option<String> {
        let value = self.string(text)?;
        let sound = value.contains('/') && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !sound {
            let help = "write e.g. `application/merge-patch+json`";
            self.error("bad-content-type", text.span(), "this is not a media type", help);
            return None;
        }
        Some(value)
    }

    /// Header fields, their names in lower case.
    pub(super) fn headers(
        &mut self,
        written: Option<&Named<Anything>>,
    ) -> Option<Vec<(Arc<str>, Shape)>> {
        let pairs = self.pairs(written, false)?;
        let headers: Vec<_> = pairs
            .into_iter()
            .map(|(name, span, value)| {
                let name = self.header_name(&name, span);
                let value = self.header_value(value, span);
                Some((name?, value?))
            })
            .collect();
        headers.into_iter().collect()
    }

    /// A value that never changes must be one that a header can carry (RFC 9110, section 5.5).
    fn header_value(&mut self, value: Shape, span: Span) -> Option<Shape> {
        let text = value.as_constant().and_then(serde_json::Value::as_str).unwrap_or_default();
        if text.chars().any(|c| c.is_control() && c != '\t') {
            let message = "the value of this header holds a control character";
            self.error("bad-header", span, message, "look for a line break in it");
            return None;
        }
        Some(value)
    }

    /// A header's name in lower case: a token of RFC 9110, section 5.6.2.
    pub(super) fn header_name(&mut self, name: &str, span: Span) -> Option<Arc<str>> {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            self.error("bad-header", span, format!("`{name}` cannot name a header"), "");
            return None;
        }
        let name = name.to_ascii_lowercase();
        if FRAMING.contains(&name.as_str()) {
            let message =
                format!("`{name}` is set by the connector: HTTP needs it to frame messages");
            self.error("bad-header", span, message, "leave it out");
            return None;
        }
        Some(Arc::from(name))
    }
}

fn named(pairs: Vec<(String, Span, Shape)>) -> Vec<(Arc<str>, Shape)> {
    pairs.into_iter().map(|(name, _, value)| (Arc::from(name), value)).collect()
}

/// What is wrong with the author's own part of a path.
fn path_fault(path: &Template) -> Option<(&'static str, &'static str, &'static str)> {
    // A letter stands for each expression: what it renders to is checked when it does.
    let skeleton = path.written().collect::<Vec<_>>().join("x");
    if skeleton.contains('?') {
        let help = "write the parameters under `query:`; they are encoded there";
        return Some(("query-in-path", "a path has no `?`", help));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@%".contains(c);
    if !skeleton.chars().all(allowed) {
        let help = "percent-encode it (RFC 3986), e.g. `%20` for a space";
        return Some(("bad-request", "this path holds a character that a URL cannot", help));
    }
    let mut segments = skeleton.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let empty = segment.is_empty() && segments.peek().is_some();
        if empty || segment == "." || segment == ".." {
            let help = "write the path as the target has it";
            return Some(("bad-request", "a segment of this path is empty, `.` or `..`", help));
        }
    }
    None
}
