//! Requests and answers as they are told: secrets masked wherever they may stand.

use std::borrow::Cow;
use std::cell::Cell;

use percent_encoding::{AsciiSet, percent_decode_str, utf8_percent_encode};
use serde_json::Value;
use url::form_urlencoded;

use super::account::{Answered, Content, Sent};
use super::glimpse::Curtain;
use crate::engine::read_body;
use crate::engine::transport::{Request, Response};
use crate::expr::template::RESERVED;
use crate::program::Route;
use crate::program::route::{Files, Trust};

/// Most bytes of bodies that one explanation tells; of those past it only the length.
const MOST_TOLD: usize = 64 << 20;

/// What stays readable in a parameter: `***` does.
const READABLE: &AsciiSet = &RESERVED.remove(b'*');

/// Tells requests and answers, as long as there is room.
#[derive(Debug)]
pub struct Scribe {
    curtain: Curtain,
    room: Cell<usize>,
}

impl Scribe {
    pub fn new(curtain: Curtain) -> Self {
        Self { curtain, room: Cell::new(MOST_TOLD) }
    }

    pub fn request(&self, request: &Request, route: &Route) -> Sent {
        let headers = request.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), self.curtain.masked_field(value)));
        let content_type = request.headers.iter().find(|(name, _)| &**name == "content-type");
        let is_form = content_type.is_some_and(|(_, value)| value.starts_with(FORM));
        let method = request.method.clone();
        let (url, headers) = (self.url(&request.url), headers.collect());
        let route = self.route(route, request.url.starts_with("https:"));
        Sent { method, url, headers, body: self.content(&request.body, is_form), route }
    }

    fn route(&self, route: &Route, is_secure: bool) -> Vec<(&'static str, String)> {
        let Files { authorities, certificate, key } = &route.files;
        // To curl a file of authorities is always that of all.
        let authorities = authorities.as_ref().filter(|_| matches!(route.trust, Trust::Only(_)));
        let files =
            [("--cacert", authorities), ("--cert", certificate.as_ref()), ("--key", key.as_ref())];
        let files = files.into_iter().filter(|_| is_secure);
        let mut options: Vec<(&'static str, String)> =
            files.filter_map(|(option, path)| Some((option, self.curtain.masked(path?)))).collect();
        if let Some(proxy) = &route.proxy {
            options.push(("--proxy", self.curtain.masked(proxy.url.as_str())));
            // However short the secret is; a token may stand in place of the user.
            let user = proxy.credentials.as_ref().map(|(user, password)| match &**password {
                "" => "***:".to_owned(),
                _ => format!("{}:***", self.curtain.masked(user)),
            });
            options.extend(user.map(|user| ("--proxy-user", user)));
        }
        options
    }

    pub fn answer(&self, response: &Response) -> Answered {
        let headers = response.headers.iter();
        let headers = headers
            .map(|(name, value)| (self.curtain.masked(name), self.curtain.masked_field(value)));
        let read = read_body(response);
        let fault = read.fault.filter(|_| !response.body.is_empty());
        Answered {
            status: response.status,
            headers: headers.collect(),
            body: self.content(read.text.as_bytes(), false),
            unreadable: fault.map(|fault| self.curtain.told(&fault)),
        }
    }

    /// An answer to a log-in: nobody knows what of it is secret.
    pub fn answer_to_log_in(&self, response: &Response) -> Answered {
        let hidden = |(name, value): (&str, &str)| {
            let value = if name == "content-type" { value } else { "***" };
            (self.curtain.masked(name), self.curtain.masked(value))
        };
        let read = read_body(response);
        let length = response.body.len();
        Answered {
            status: response.status,
            headers: response.headers.iter().map(hidden).collect(),
            body: Content { left_out: (length > 0).then_some(length), ..Content::default() },
            unreadable: read.fault.filter(|_| length > 0).map(|_| "nobody can read it".to_owned()),
        }
    }

    fn content(&self, body: &[u8], is_form: bool) -> Content {
        let Some(room) = self.room.get().checked_sub(body.len()) else {
            return Content { left_out: Some(body.len()), ..Content::default() };
        };
        self.room.set(room);
        let text = String::from_utf8_lossy(body);
        if is_form {
            return Content { text: self.form(&text), ..Content::default() };
        }
        let json: Option<Value> = serde_json::from_str(&text).ok();
        let masked = json.as_ref().map(|json| self.curtain.value(json));
        let text = match &masked {
            Some(masked) if json.as_ref() != Some(masked) => masked.to_string(),
            _ => self.curtain.masked(&text),
        };
        Content { text, json: masked, left_out: None }
    }

    fn form(&self, text: &str) -> String {
        let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
            form_urlencoded::parse(text.as_bytes()).collect();
        let masked: Vec<String> =
            pairs.iter().map(|(_, value)| self.curtain.masked_field(value)).collect();
        if pairs.iter().zip(&masked).all(|((_, value), masked)| value == masked) {
            return self.curtain.masked(text);
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        for ((name, _), value) in pairs.iter().zip(&masked) {
            form.append_pair(name, value);
        }
        self.curtain.masked(&form.finish())
    }

    fn url(&self, url: &str) -> String {
        let Some((path, query)) = url.split_once('?') else { return self.curtain.masked(url) };
        let pairs: Vec<String> = query.split('&').map(|pair| self.parameter(pair)).collect();
        self.curtain.masked(&format!("{path}?{}", pairs.join("&")))
    }

    fn parameter(&self, pair: &str) -> String {
        let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
        let decoded = percent_decode_str(value).decode_utf8_lossy();
        match self.curtain.masked_field(&decoded) {
            masked if masked == decoded => pair.to_owned(),
            masked => format!("{name}={}", utf8_percent_encode(&masked, READABLE)),
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
