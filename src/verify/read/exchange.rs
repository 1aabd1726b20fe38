//! Exchanges of test files: requests that must be sent, and what comes back.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use regex::Regex;
use url::Url;

use super::FileReader;
use crate::engine::script::Reply;
use crate::engine::transport::{self, Response, TransportFault};
use crate::expr::At;
use crate::mapping::diagnostic::{Report, Source, Span};
use crate::mapping::document::decode::{Decode, Named, OneOrMany, Reader, Scalar, Text};
use crate::mapping::names::did_you_mean;
use crate::mapping::yaml::{self, Entry, Key, Kind, Node};
use crate::program::METHODS;
use crate::units;
use crate::verify::case::{Address, Body, Expected};
use crate::verify::difference::MATCHES;
use crate::verify::document;
use crate::verify::names::MentionOf;

/// Header fields, their names in lower case.
type Headers = Vec<(Box<str>, Vec<String>)>;

/// What comes back for one request, as a file by itself: a reply as in `exchange`, or a list of
/// them. Mistakes are in the report.
pub fn replies(source: &Source, report: &mut Report) -> Option<Vec<Reply>> {
    let tree = yaml::parse(source, report)?;
    let mut reader = Reader { source, report };
    let OneOrMany(written) = OneOrMany::<document::Reply>::decode(&tree, &mut reader)?;
    let replies: Vec<_> = written.iter().map(|reply| reader.reply(reply)).collect();
    replies.into_iter().collect()
}

impl FileReader<'_> {
    pub(super) fn exchanges(
        &mut self,
        written: &[Option<document::Exchange>],
    ) -> Option<Vec<Expected>> {
        let exchanges: Vec<_> = written.iter().map(|one| self.exchange(one.as_ref()?)).collect();
        exchanges.into_iter().collect()
    }

    fn exchange(&mut self, written: &document::Exchange) -> Option<Expected> {
        if let Some(text) = &written.target {
            self.mention(text.as_str(), text.span(), MentionOf::Target);
        }
        if let Some(step) = &written.step {
            self.mention(&step.value.0, step.node.span, MentionOf::Step);
        }
        let at: At = self.at(written.span);
        let mut reader = Reader { source: self.source, report: self.report };
        let line = written.request.as_ref().and_then(|text| reader.request_line(text));
        let headers = reader.headers(written.headers.as_ref());
        let query = texts(written.query.as_ref());
        let body = reader.body(written);
        let replies = match &written.reply {
            None => Some(vec![Reply::at_once(Ok(answer(200)))]),
            Some(OneOrMany(written)) => {
                let replies: Vec<_> = written.iter().map(|reply| reader.reply(reply)).collect();
                replies.into_iter().collect()
            }
        };
        let (method, address) = line?;
        let target = written.target.as_ref().map(|text| text.as_str().into());
        let step = written.step.as_ref().map(|step| step.value.0.as_str().into());
        let (headers, query) = (headers?, query?);
        let (body, replies) = (body?, replies?);
        Some(Expected { at, method, address, target, step, headers, query, body, replies })
    }
}

fn answer(status: u16) -> Response {
    Response { status, headers: transport::Headers::default(), body: Bytes::new() }
}

/// Names and values; `None` if some could not be read.
fn texts<T: AsRef<[String]>>(written: Option<&Named<T>>) -> Option<Vec<(Box<str>, Vec<String>)>> {
    let named = written.iter().flat_map(|named| &named.0);
    let pair = |(key, texts): &(Key, Option<T>)| {
        Some((key.text.as_str().into(), texts.as_ref()?.as_ref().to_vec()))
    };
    named.map(pair).collect()
}

impl Reader<'_> {
    fn request_line(&mut self, text: &Text) -> Option<(Box<str>, Address)> {
        let line = text.as_str();
        let Some((method, rest)) = line.split_once(' ') else {
            let help = match line.starts_with('/') {
                true => format!("write the method before it, e.g. `POST {line}`"),
                false => "write e.g. `POST /subscribers`".to_owned(),
            };
            self.error("bad-request", text.span(), "a request is a method and a path", &help);
            return None;
        };
        let place = rest.trim();
        let base = line.len() - rest.trim_start().len();
        let span = text.node().span_within(self.source, base..base + place.len());
        let known = METHODS.contains(&method);
        if !known {
            let span = text.node().span_within(self.source, 0..method.len());
            let help = match did_you_mean(method, METHODS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the methods are: {}", METHODS.join(", ")),
            };
            self.error("bad-method", span, format!("there is no method `{method}`"), &help);
        }
        if let Some((message, help)) = address_fault(place) {
            self.error("bad-request", span, message, &help);
            return None;
        }
        let address = match place.starts_with('/') {
            true => Address::Below(place.into()),
            false => Address::Whole(place.into()),
        };
        known.then(|| (method.into(), address))
    }

    fn headers<T: AsRef<[String]>>(&mut self, written: Option<&Named<T>>) -> Option<Headers> {
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut sound = true;
        let mut headers = Headers::new();
        for (key, texts) in written.iter().flat_map(|named| &named.0) {
            let name = key.text.to_ascii_lowercase();
            let texts = texts.as_ref().map(AsRef::as_ref);
            sound &= texts.is_some();
            if !is_token(&name) {
                let message = format!("`{}` cannot name a header", key.text);
                let help = "a name is made of letters, digits and `-`";
                self.error("bad-header", key.span, message, help);
                sound = false;
            } else if seen.insert(name.clone(), key.span).is_some() {
                let message = "this header is given twice: their names are the same in any case";
                let help = "write its values as a list under one name";
                self.error("duplicate-name", key.span, message, help);
                sound = false;
            } else if texts.is_some_and(|texts| texts.iter().any(|text| holds_control(text))) {
                let message = "the value of this header holds a control character";
                self.error("bad-header", key.span, message, "look for a line break in it");
                sound = false;
            }
            headers.push((name.into(), texts.unwrap_or_default().to_vec()));
        }
        sound.then_some(headers)
    }

    fn body(&mut self, written: &document::Exchange) -> Option<Body> {
        self.one_body("a request has one body", &written.bodies())?;
        if let Some(given) = &written.json {
            return self.patterns(&given.0).then(|| Body::Json(given.0.to_json()));
        }
        if let Some(given) = &written.json_contains {
            return self.patterns(&given.0).then(|| Body::JsonContains(given.0.to_json()));
        }
        if let Some(text) = &written.xml {
            return Some(Body::Xml(text.as_str().into()));
        }
        if let Some(form) = &written.form {
            return texts(Some(form)).map(Body::Form);
        }
        let text = written.text.as_ref().map(|text| Body::Text(text.as_str().into()));
        Some(text.unwrap_or(Body::Any))
    }

    /// Whether every `{ $matches: … }` in a value has a regular expression.
    fn patterns(&mut self, node: &Node) -> bool {
        match &node.kind {
            Kind::Sequence(members) => {
                let faulty = members.iter().filter(|member| !self.patterns(member)).count();
                faulty == 0
            }
            Kind::Mapping(entries) => match entries.as_slice() {
                [Entry { key, value, .. }] if key.text == MATCHES => self.pattern(value),
                entries => {
                    let values = entries.iter().map(|entry| &entry.value);
                    let faulty = values.filter(|value| !self.patterns(value)).count();
                    faulty == 0
                }
            },
            _ => true,
        }
    }

    fn pattern(&mut self, node: &Node) -> bool {
        let Some(pattern) = node.as_str() else {
            self.wrong_type(node, "a string, which is a regular expression");
            return false;
        };
        let fault = Regex::new(pattern).err();
        if let Some(fault) = &fault {
            let reason = fault.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("this is not a regular expression: {reason}");
            let help = "the syntax is that of https://docs.rs/regex";
            self.error("bad-regex", node.span, message, help);
        }
        fault.is_none()
    }

    fn one_body(&mut self, what: &str, given: &[(&str, Span)]) -> Option<()> {
        let [_, .., (_, last)] = given else { return Some(()) };
        let names: Vec<String> = given.iter().map(|(key, _)| format!("`{key}`")).collect();
        let message = format!("{what}, here are {}", names.join(" and "));
        self.error("conflicting-keys", *last, message, "keep one of them");
        None
    }

    pub(super) fn reply(&mut self, written: &document::Reply) -> Option<Reply> {
        let after = match &written.after {
            Some(text) => self.duration(text),
            None => Some(Duration::ZERO),
        };
        match written.faults().as_slice() {
            [] => {
                let answer = self.answer(written);
                Some(Reply { after: after?, what: Ok(answer?) })
            }
            [(fault, _)] => self.fault(fault, written, after),
            several @ [.., (_, last)] => {
                let names: Vec<String> =
                    several.iter().map(|(key, _)| format!("`{key}`")).collect();
                let message = format!("one fault is enough, here are {}", names.join(" and "));
                self.error("conflicting-keys", *last, message, "keep one of them");
                None
            }
        }
    }

    fn fault(
        &mut self,
        fault: &str,
        written: &document::Reply,
        after: Option<Duration>,
    ) -> Option<Reply> {
        let of_answer = written.of_answer();
        for (key, span) in &of_answer {
            let message = format!("with `{fault}` there is no answer that could have `{key}`");
            self.error("conflicting-keys", *span, message, "keep one of them");
        }
        let late = written.after.as_ref().filter(|_| fault == "timeout");
        if let Some(text) = late {
            let message = "a time-out takes as long as the request may";
            let help = "leave `after` out; its `timeout` is set in the mapping";
            self.error("conflicting-keys", text.span(), message, help);
        }
        if !of_answer.is_empty() || late.is_some() {
            return None;
        }
        let what = match fault {
            "timeout" => return Some(Reply::SILENCE),
            "reset" => TransportFault::Broken,
            _ => TransportFault::Unreachable,
        };
        Some(Reply { after: after?, what: Err(what) })
    }

    fn answer(&mut self, written: &document::Reply) -> Option<Response> {
        let status = match &written.status {
            Some(scalar) => self.status(scalar),
            None => Some(200),
        };
        let headers = self.headers(written.headers.as_ref());
        self.one_body("an answer has one body", &written.bodies())?;
        let (media_type, body) = if let Some(given) = &written.json {
            ("application/json", given.0.to_json().to_string())
        } else if let Some(text) = &written.xml {
            ("text/xml; charset=utf-8", text.as_str().to_owned())
        } else if let Some(text) = &written.text {
            ("text/plain; charset=utf-8", text.as_str().to_owned())
        } else {
            ("", String::new())
        };
        let (status, given) = (status?, headers?);
        let mut headers = transport::Headers::default();
        if !media_type.is_empty() && !given.iter().any(|(name, _)| &**name == "content-type") {
            headers.push("content-type", media_type);
        }
        for (name, values) in given {
            values.iter().for_each(|value| headers.push(&name, value));
        }
        Some(Response { status, headers, body: body.into() })
    }

    /// A status (RFC 9110, section 15).
    fn status(&mut self, Scalar(node): &Scalar) -> Option<u16> {
        let number = match &node.kind {
            Kind::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
            _ => None,
        };
        let status = number.filter(|status| (100..=999).contains(status));
        if status.is_none() {
            let message = "this is not a status";
            self.error("bad-status", node.span, message, "write a number such as 404");
        }
        status
    }

    fn duration(&mut self, text: &Text) -> Option<Duration> {
        units::duration(text.as_str())
            .map_err(|fault| {
                let help = "write e.g. `10s`, `1m30s` or `250ms`";
                self.error("bad-duration", text.span(), fault.to_string(), help);
            })
            .ok()
    }
}

/// What is wrong with where a request goes, and the cure.
fn address_fault(place: &str) -> Option<(String, String)> {
    let owned = |message: &str, help: &str| Some((message.to_owned(), help.to_owned()));
    if place.contains("{{") || place.contains("${") {
        let help = "write the path as it is sent, e.g. `/sims/001010000020349`";
        return owned("a test has no templates: its texts are literal", help);
    }
    if place.contains('?') {
        return owned("the query is not written here", "write its parameters under `query`");
    }
    if place.contains('#') {
        return owned("a fragment is never sent", "write `%23` for a `#` that is part of a name");
    }
    if let Some(odd) = place.chars().find(|c| !c.is_ascii_graphic()) {
        let message = format!("`{}` cannot stand in a path as it is sent", odd.escape_debug());
        let mut bytes = [0; 4];
        let encoded: String =
            odd.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect();
        return Some((message, format!("write it percent-encoded: `{encoded}`")));
    }
    if place.starts_with('/') {
        return None;
    }
    match Url::parse(place) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => None,
        _ => {
            let help = format!("write `/{place}`, below the target's `url`, or an absolute URL");
            Some(("the path of a request begins with `/`".to_owned(), help))
        }
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

/// What no field value can hold (RFC 9110, section 5.5).
fn holds_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\t')
}
