//! A step's request: its line, query, headers and body.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::diagnostic::Span;
use super::super::document::Step as Written;
use super::super::document::decode::{Anything, Named, Text};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::super::yaml::Node;
use super::Checker;
use super::value::Pair;
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
        if self.scopes.login.is_some() {
            self.hide_passwords(written);
        }
        let line = written.request.as_ref().and_then(|text| self.request_line(text));
        let query = self.pairs(written.query.as_ref(), true);
        let headers = self.headers(written.headers.as_ref());
        let body = self.body(written);
        let content_type = written.content_type.as_ref().map(|text| self.content_type(text));
        self.useless_content_type(written);
        let (method, address) = line?;
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
            let help = match line.starts_with('/') {
                true => format!("write the method before it, e.g. `POST {line}`"),
                false => "write e.g. `POST /subscribers/{{imsi}}`".to_owned(),
            };
            self.error("bad-request", text.span(), "a request is a method and a path", &help);
            return None;
        };
        let path = rest.trim();
        let base = line.len() - rest.len() + (rest.len() - rest.trim_start().len());
        let method = self.method(text, method);
        let address = match path.starts_with('/') {
            true => self.path_template(text, path, base).map(Address::Path),
            false => self.url_reference(text, path, base),
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

    fn path_template(&mut self, text: &Text, path: &str, base: usize) -> Option<Template> {
        let place = |range: Range<usize>| base + range.start..base + range.end;
        let template = self.template_from(text.node(), base, Secrecy::Plain, Unescaped::Refused)?;
        if let Some(fault) = path_fault(path) {
            let span = text.node().span_within(self.source, place(fault.range));
            self.error(fault.code, span, fault.message, fault.help);
            return None;
        }
        Some(template)
    }

    /// What a step saved may stand alone as a URL; nothing else may say where a request goes.
    fn url_reference(&mut self, text: &Text, path: &str, base: usize) -> Option<Address> {
        let span = text.node().span_within(self.source, base..base + path.len());
        if !path.starts_with("{{") {
            let message = "the path of a request begins with `/`";
            let help = match path.contains("://") {
                true => {
                    "write the path only: what stands before it is the target's `url`".to_owned()
                }
                false => format!("write `/{path}`; it is joined to the target's `url`"),
            };
            self.error("bad-request", span, message, &help);
            return None;
        }
        let template = self.template_from(text.node(), base, Secrecy::Plain, Unescaped::Refused)?;
        let name = template
            .as_name()
            .filter(|name| matches!(name.root, Root::Saved(_) | Root::Session(_)));
        if name.is_none() {
            let message = "only what a step or a log-in saved may stand alone as a URL";
            let help = "begin the path with `/`: what an event carries is a part of a path";
            self.error("bad-request", span, message, help);
        }
        name.cloned().map(Address::Saved)
    }

    fn body(&mut self, written: &Written) -> Option<Body> {
        // Each is read, so that a mistake in it is told even where there are too many.
        let json = written.json.as_ref().map(|json| self.json(&json.0));
        let xml = written.xml.as_ref().map(|text| self.xml(text));
        let form = written.form.as_ref().map(|form| self.pairs(Some(form), true));
        let text = written
            .text
            .as_ref()
            .map(|text| self.template(text, self.secrecy(), Unescaped::Allowed));
        match (json, xml, form, text) {
            (None, None, None, None) => Some(Body::None),
            (Some(json), None, None, None) => json.map(Body::Json),
            (None, Some(xml), None, None) => xml.map(Body::Xml),
            (None, None, Some(form), None) => form.map(|pairs| Body::Form(named(pairs))),
            (None, None, None, Some(text)) => text.map(Body::Text),
            _ => {
                let given = bodies(written);
                let names: Vec<String> = given.iter().map(|(key, _)| format!("`{key}`")).collect();
                let message = format!("a request has one body, here are {}", names.join(" and "));
                let span = given.last().map_or(written.span, |(_, span)| *span);
                self.error("conflicting-keys", span, message, "keep one of them");
                None
            }
        }
    }

    fn json(&mut self, node: &Node) -> Option<Shape> {
        self.json_as_text(node);
        self.shape(node, self.secrecy())
    }

    /// What a log-in takes from the environment is likely to be a password.
    fn secrecy(&self) -> Secrecy {
        if self.scopes.login.is_some() { Secrecy::Given } else { Secrecy::Plain }
    }

    /// A template whose renderings are well-formed, whatever its values are.
    fn xml(&mut self, text: &Text) -> Option<Template> {
        let template = self.template(text, self.secrecy(), Unescaped::Refused)?;
        match template.check_xml() {
            Ok(()) => Some(template),
            Err(faults) => {
                self.template_faults(text.node(), 0, faults);
                None
            }
        }
    }

    /// Warns of JSON that is written as one text, and would be sent as one string.
    fn json_as_text(&mut self, node: &Node) {
        let text = node.as_str().map(str::trim_start).unwrap_or_default();
        if text.starts_with('[') || (text.starts_with('{') && !text.starts_with("{{")) {
            let message = "this is sent as a single JSON string, not as what is written in it";
            let help = "write it as YAML, without the quotes around it (or `|` before it)";
            self.warning("json-as-text", node.span, message, help);
        }
    }

    fn content_type(&mut self, text: &Text) -> Option<String> {
        let value = self.string(text)?;
        let sound = value.contains('/')
            && !value.contains("{{")
            && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !sound {
            let help = "write e.g. `application/merge-patch+json`";
            self.error("bad-content-type", text.span(), "this is not a content type", help);
            return None;
        }
        Some(value)
    }

    /// What says of what type a body is, where there is none or another key says it.
    fn useless_content_type(&mut self, written: &Written) {
        let Some(text) = &written.content_type else { return };
        let mut headers = written.headers.iter().flat_map(|headers| &headers.0);
        if bodies(written).is_empty() {
            let message = "this request has no body of which this could be the type";
            let help = "add `json`, `xml`, `form` or `text`, or leave this out";
            self.error("conflicting-keys", text.span(), message, help);
        } else if headers.any(|(key, _)| key.text.eq_ignore_ascii_case("content-type")) {
            let message = "the content type is given twice, here and under `headers`";
            self.error("conflicting-keys", text.span(), message, "keep one of them");
        }
    }

    /// Header fields, their names in lower case.
    pub(super) fn headers(
        &mut self,
        written: Option<&Named<Anything>>,
    ) -> Option<Vec<(Arc<str>, Shape)>> {
        let fields = self.header_fields(written)?;
        Some(fields.into_iter().map(|field| (field.name, field.value)).collect())
    }

    /// The same, with what is to be known of each.
    pub(super) fn header_fields(
        &mut self,
        written: Option<&Named<Anything>>,
    ) -> Option<Vec<HeaderField>> {
        let pairs = self.pairs(written, false)?;
        let values =
            written.iter().flat_map(|named| &named.0).filter_map(|(_, value)| value.as_ref());
        let mut seen: HashMap<Arc<str>, Span> = HashMap::new();
        let headers: Vec<_> = pairs
            .into_iter()
            .zip(values)
            .map(|(Pair { name, span, value, varies }, Anything(node))| {
                let name = self.header_name(&name, span);
                let value = self.header_value(value, node.span);
                if let Some(first) = name.clone().and_then(|name| seen.insert(name, span)) {
                    let message =
                        "this header is given twice: their names are the same in any case";
                    self.duplicate(span, first, message, "keep one of them");
                }
                Some(HeaderField { name: name?, value: value?, varies })
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
            let help = "a name is made of letters, digits and `-`, written out";
            self.error("bad-header", span, format!("`{name}` cannot name a header"), help);
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

/// One header, its name in lower case.
pub(super) struct HeaderField {
    pub name: Arc<str>,
    pub value: Shape,
    /// Whether it is another one for each event or session.
    pub varies: bool,
}

/// The keys of a step that are a body, with the places of their values.
pub(super) fn bodies(written: &Written) -> Vec<(&'static str, Span)> {
    let given = [
        ("json", written.json.as_ref().map(|json| json.0.span)),
        ("xml", written.xml.as_ref().map(Text::span)),
        ("form", written.form.as_ref().map(|form| form.1)),
        ("text", written.text.as_ref().map(Text::span)),
    ];
    given.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
}

pub(super) fn named(pairs: Vec<Pair>) -> Vec<(Arc<str>, Shape)> {
    pairs.into_iter().map(|pair| (Arc::from(pair.name), pair.value)).collect()
}

/// What is wrong with a path, and where in it.
struct PathFault {
    code: &'static str,
    range: Range<usize>,
    message: &'static str,
    help: &'static str,
}

/// What is wrong with the author's own part of a path: what expressions render to is checked when
/// they do.
fn path_fault(path: &str) -> Option<PathFault> {
    let path = &without_expressions(path);
    let fault = |code, range, message, help| Some(PathFault { code, range, message, help });
    if let Some(at) = path.find('?') {
        let help = "write the parameters under `query:`; they are encoded there";
        return fault("query-in-path", at..path.len(), "a path has no `?`", help);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@%".contains(c);
    if let Some(at) = path.find("/$.") {
        let help = "take the value under `extract`, and write `{{name}}` here";
        return fault("bad-request", at + 1..at + 3, "a JSONPath is not followed here", help);
    }
    if let Some((at, odd)) = path.char_indices().find(|(_, c)| !allowed(*c)) {
        let message = "this path holds a character that a URL cannot";
        let help = match odd {
            '{' | '}' => "a template has two braces on each side: `{{imsi}}`",
            _ => "percent-encode it (RFC 3986), e.g. `%20` for a space",
        };
        return fault("bad-request", at..at + odd.len_utf8(), message, help);
    }
    let encodes = |at: usize| {
        path.get(at + 1..at + 3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    if let Some((at, _)) = path.match_indices('%').find(|(at, _)| !encodes(*at)) {
        let message = "this percent sign encodes nothing";
        return fault("bad-request", at..at + 1, message, "write a percent sign as `%25`");
    }
    let mut at = 1;
    for segment in path.split('/').skip(1) {
        let range = at..at + segment.len();
        let empty = segment.is_empty() && range.end < path.len();
        if empty || segment == "." || segment == ".." {
            let message = "a segment of this path is empty, `.` or `..`";
            let help = "write the path as the target has it";
            return fault("bad-request", at - 1..range.end, message, help);
        }
        at = range.end + 1;
    }
    None
}

/// The path with a letter in place of each byte of an expression, so that places stay.
fn without_expressions(path: &str) -> String {
    let mut rest = path;
    let mut out = String::with_capacity(path.len());
    while let Some((at, close)) = [("{{", "}}"), ("${", "}")]
        .into_iter()
        .filter_map(|(open, close)| rest.find(open).map(|at| (at, close)))
        .min()
    {
        let (before, expression) = rest.split_at(at);
        if before.ends_with('$') {
            // `$${` is a literal `${`.
            out.push_str(before);
            out.push_str("${");
            rest = expression.get(2..).unwrap_or_default();
            continue;
        }
        let length = expression.find(close).map_or(expression.len(), |end| end + close.len());
        out.push_str(before);
        out.extend(std::iter::repeat_n('x', length));
        rest = expression.get(length..).unwrap_or_default();
    }
    out + rest
}
