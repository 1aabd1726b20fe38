//! From a step and an event to a request that can be sent.

use std::borrow::Cow;
use std::iter;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::transport::{Header, Request};
use crate::clock::{self, Clock};
use crate::event::Event;
use crate::expr::body::Shape;
use crate::expr::convert::text_of;
use crate::expr::template::{Place, RESERVED};
use crate::expr::{Fault, LARGEST_TEXT, Reference, Scope};
use crate::hexadecimal;
use crate::program::{Address, ApiKeyPlace, Auth, Body, RequestTemplate, Target};

/// Longest URL, in bytes.
const LONGEST_URL: usize = 8 << 10;

/// Names of the headers that the connector adds: made once, they cost a request nothing, and whoever
/// sends knows them again.
mod name {
    use super::{Arc, LazyLock};

    type Name = LazyLock<Arc<str>>;

    pub(super) static AUTHORIZATION: Name = LazyLock::new(|| "authorization".into());
    pub(super) static CONTENT_TYPE: Name = LazyLock::new(|| "content-type".into());
    pub(super) static COOKIE: Name = LazyLock::new(|| "cookie".into());
    pub(super) static IDEMPOTENCY_KEY: Name = LazyLock::new(|| "idempotency-key".into());
    pub(super) static TRACE_ID: Name = LazyLock::new(|| "x-b3-traceid".into());
    pub(super) static SPAN_ID: Name = LazyLock::new(|| "x-b3-spanid".into());
    pub(super) static REQUEST_ID: Name = LazyLock::new(|| "x-request-id".into());
    pub(super) static TRACE_PARENT: Name = LazyLock::new(|| "traceparent".into());
}

/// Room for a path and a query string as they usually are, in bytes.
const USUAL_PATH: usize = 96;

/// Renders a request; the time-out is for whoever sends it to set.
pub(super) fn render(
    template: &RequestTemplate,
    target: &Target,
    scope: &dyn Scope,
) -> Result<Request, Fault> {
    let url = url(template, target, scope)?;
    let body = match &template.body {
        Body::None => Bytes::new(),
        Body::Json(shape) => shape.to_json(scope)?.into(),
        Body::Xml(text) => text.text(scope, Place::Xml)?.into(),
        Body::Form(fields) => form(fields, scope)?.into(),
        Body::Text(text) => text.text(scope, Place::Text)?.into(),
    };
    let headers = headers(template, target, scope)?;
    let method = template.method.as_str().clone();
    Ok(Request { method, url: url.into(), headers, body, timeout: Duration::ZERO })
}

fn url(template: &RequestTemplate, target: &Target, scope: &dyn Scope) -> Result<String, Fault> {
    let mut url = match &template.address {
        Address::Path(path) => {
            let mut url = String::with_capacity(target.url.len() + USUAL_PATH);
            url.push_str(&target.url);
            let path_at = url.len();
            path.render(scope, Place::Path, &mut url)?;
            sound_path(&url[path_at..], path.ends_with('/'))?;
            url
        }
        Address::Saved(name) => saved_url(name, target, scope)?,
        Address::Itself => target.url.to_string(),
    };
    let begun = url.contains('?');
    let mut query = Query { url: &mut url, begun };
    let of_session = target.auth.login().map_or(&[][..], |login| &login.query);
    for named in [&template.query, of_session] {
        parameters(named, scope, &mut |name, value| {
            query.push(name, value);
            Ok(())
        })?;
    }
    if let Auth::ApiKey { place: ApiKeyPlace::Query(name), value } = &target.auth {
        query.push(name, value);
    }
    if url.len() > LONGEST_URL {
        return Err(Fault::TooLarge { place: "URL", limit: LONGEST_URL });
    }
    Ok(url)
}

/// A URL reference that a target gave (RFC 3986, section 4.1). It may lead to another path of the
/// same origin, or to a host that the mapping names, and nowhere else: whoever answers must not say
/// where secrets go.
fn saved_url(name: &Reference, target: &Target, scope: &dyn Scope) -> Result<String, Fault> {
    let misfit = |reason| Fault::Misfit { place: "the URL of the request", reason };
    let Some(value) = name.need(scope)? else {
        return Err(Fault::Hole { expression: name.text.clone() });
    };
    let Value::String(reference) = value else { return Err(misfit("it is not a text")) };
    if reference.is_empty() || reference.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(misfit("it is empty, or holds a blank or a control character"));
    }
    let base = Url::parse(&format!("{}/", target.url));
    let base = base.map_err(|_| misfit("the target's own URL cannot be read"))?;
    let mut url = base.join(reference).map_err(|_| misfit("it is not a URL"))?;
    if !target.route.leads_to(&url, &base) {
        let reason =
            "it leads to another origin than the target's, and `allow_hosts` does not name it";
        return Err(misfit(reason));
    }
    url.set_fragment(None);
    Ok(url.into())
}

/// `application/x-www-form-urlencoded` (WHATWG URL, section 5.2).
fn form(fields: &[(Arc<str>, Shape)], scope: &dyn Scope) -> Result<String, Fault> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let mut length = 0;
    parameters(fields, scope, &mut |name, value| {
        // What is encoded is no shorter than what is written.
        length += name.len() + value.len();
        if length > LARGEST_TEXT {
            return Err(Fault::TooLarge { place: "body", limit: LARGEST_TEXT });
        }
        form.append_pair(name, value);
        Ok(())
    })?;
    let form = form.finish();
    match form.len() > LARGEST_TEXT {
        true => Err(Fault::TooLarge { place: "body", limit: LARGEST_TEXT }),
        false => Ok(form),
    }
}

/// Every name with its value; an array repeats the name, and what is absent is left out.
fn parameters(
    named: &[(Arc<str>, Shape)],
    scope: &dyn Scope,
    push: &mut dyn FnMut(&str, &str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for (name, shape) in named {
        match shape.value(scope)?.as_deref() {
            None => {}
            Some(Value::Array(values)) => {
                for value in values {
                    push(name, &scalar(value, name)?)?;
                }
            }
            Some(value) => push(name, &scalar(value, name)?)?,
        }
    }
    Ok(())
}

/// Values are encoded, so none can add a segment; but one could make a segment vanish or climb.
fn sound_path(path: &str, may_end_open: bool) -> Result<(), Fault> {
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if segment.len() > "%2e%2e".len() {
            continue;
        }
        // `%2e` reads as `.` to whoever parses the URL (WHATWG URL, section 4.1).
        let reason = match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "" if !(last && may_end_open) => "it would leave a segment empty",
            "." | ".." => "a segment would be `.` or `..`",
            _ => continue,
        };
        return Err(Fault::Misfit { place: "the path of the request", reason });
    }
    Ok(())
}

struct Query<'u> {
    url: &'u mut String,
    begun: bool,
}

impl Query<'_> {
    fn push(&mut self, name: &str, value: &str) {
        self.url.push(if self.begun { '&' } else { '?' });
        self.begun = true;
        self.url.extend(utf8_percent_encode(name, RESERVED));
        self.url.push('=');
        self.url.extend(utf8_percent_encode(value, RESERVED));
    }
}

/// The text of a scalar; null has none.
fn scalar<'v>(value: &'v Value, name: &Arc<str>) -> Result<Cow<'v, str>, Fault> {
    match value {
        Value::String(text) => Ok(Cow::Borrowed(text)),
        Value::Null => Err(Fault::Null { name: name.clone() }),
        other => text_of(other).map(Cow::Owned).ok_or_else(|| Fault::Structure {
            expression: name.clone(),
            kind: crate::event::kind(other),
        }),
    }
}

/// The step's headers, then the session's, then the target's, then what the connector adds by
/// itself; of one name the first counts.
fn headers(
    template: &RequestTemplate,
    target: &Target,
    scope: &dyn Scope,
) -> Result<Vec<Header>, Fault> {
    let mut headers = Vec::with_capacity(12);
    let of_session = target.auth.login().map_or(&[][..], |login| &login.headers);
    for (name, shape) in template.headers.iter().chain(of_session).chain(&target.headers) {
        if !has(&headers, name)
            && let Some(value) = header(shape, name, scope)?
        {
            headers.push((name.clone(), value.into()));
        }
    }
    match &target.auth {
        Auth::Authorization(value) => add(&mut headers, &name::AUTHORIZATION, || Arc::clone(value)),
        Auth::ApiKey { place: ApiKeyPlace::Header(name), value } => {
            add(&mut headers, name, || Arc::clone(value));
        }
        Auth::ApiKey { place: ApiKeyPlace::Query(_), .. } | Auth::Login(_) | Auth::None => {}
    }
    if let Some(content_type) = &template.content_type {
        add(&mut headers, &name::CONTENT_TYPE, || Arc::clone(content_type));
    }
    Ok(headers)
}

fn header(shape: &Shape, name: &Arc<str>, scope: &dyn Scope) -> Result<Option<String>, Fault> {
    let Some(value) = shape.value(scope)? else { return Ok(None) };
    let text = match value {
        // Rendered for this request alone.
        Cow::Owned(Value::String(text)) => text,
        value => scalar(&value, name)?.into_owned(),
    };
    // RFC 9110, section 5.5: a field value holds no control character but tab.
    if text.chars().any(|c| c.is_control() && c != '\t') {
        let reason = "it holds a control character";
        return Err(Fault::Misfit { place: "a header", reason });
    }
    Ok(Some(text))
}

/// The request with cookies beside those that the mapping sets itself, which win over others of the
/// same name.
pub(super) fn with_cookies(request: &Request, cookies: &[(String, String)]) -> Request {
    let mut request = request.clone();
    let at = request.headers.iter().position(|(name, _)| &**name == "cookie");
    let own = at.and_then(|at| request.headers.get(at)).map(|(_, own)| &**own);
    let own: Vec<&str> = own.into_iter().flat_map(|own| own.split(';')).map(str::trim).collect();
    let is_own = |name: &str| own.iter().any(|own| own.split('=').next() == Some(name));
    let others = cookies.iter().filter(|(name, _)| !is_own(name));
    let mut all: Vec<String> = own.iter().map(|own| (*own).to_owned()).collect();
    all.extend(others.map(|(name, value)| format!("{name}={value}")));
    let all = all.join("; ");
    match at.and_then(|at| request.headers.get_mut(at)) {
        Some((_, header)) => *header = all.into(),
        None if all.is_empty() => {}
        None => request.headers.push((Arc::clone(&name::COOKIE), all.into())),
    }
    request
}

fn has(headers: &[Header], name: &str) -> bool {
    headers.iter().any(|(other, _)| &**other == name)
}

fn add(headers: &mut Vec<Header>, name: &Arc<str>, value: impl FnOnce() -> Arc<str>) {
    if !has(headers, name) {
        headers.push((Arc::clone(name), value()));
    }
}

/// As many headers as [`trace`] adds.
const OF_TRACE: usize = 4;

/// Adds what lets a request be followed through systems: B3 and W3C trace headers, and the
/// identifiers that NSPS gave. A span is one try.
pub(super) fn trace(request: &mut Request, event: &Event, clock: &dyn Clock) {
    let span = clock::span_id(clock);
    let headers = &mut request.headers;
    let parent = trace_parent(&event.request_id, &span);
    headers.reserve(OF_TRACE);
    add(headers, &name::TRACE_ID, || Arc::clone(&event.request_id));
    add(headers, &name::SPAN_ID, || span.into());
    add(headers, &name::REQUEST_ID, || Arc::clone(&event.unique_id));
    add(headers, &name::TRACE_PARENT, || parent.into());
}

/// The trace id and the span id as W3C Trace Context wants them. The trace id is 32 lower-case hex
/// digits, not all zero: a shorter B3 id is padded; one of another form is replaced by a digest of it,
/// the same for every request.
fn trace_parent(request_id: &str, span: &str) -> String {
    let hex = request_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let zero = request_id.bytes().all(|byte| byte == b'0');
    let mut parent = String::with_capacity("00--16-".len() + 32 + 16);
    parent.push_str("00-");
    if hex && !zero && matches!(request_id.len(), 16 | 32) {
        parent.extend(iter::repeat_n('0', 32 - request_id.len()));
        parent.push_str(request_id);
        parent.make_ascii_lowercase();
    } else {
        hexadecimal::push(&mut parent, &Sha256::digest(request_id.as_bytes())[..16]);
    }
    for part in ["-", span, "-01"] {
        parent.push_str(part);
    }
    parent
}

/// What tells one request of one event from every other, the same when it is sent again.
pub(super) struct Identity<'i> {
    pub event_id: &'i str,
    pub mapping: &'i str,
    pub rule: &'i str,
    pub step: &'i str,
    /// The member of the step's `for_each`.
    pub index: Option<u32>,
    /// How often the rule began again.
    pub restarts: u32,
    /// How often the step polled before: a target that knows the key would repeat its last answer.
    pub polls: u32,
}

/// Adds an `Idempotency-Key` to a request that is not safe to send twice.
pub(super) fn identify(request: &mut Request, identity: &Identity<'_>) {
    add(&mut request.headers, &name::IDEMPOTENCY_KEY, || {
        let mut digest = Sha256::new();
        for part in [identity.event_id, identity.mapping, identity.rule, identity.step] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        // Nothing is added for the first run of a step without members.
        if identity.index.is_some() || identity.restarts > 0 || identity.polls > 0 {
            let index = identity.index.map_or(u64::MAX, u64::from);
            digest.update(index.to_be_bytes());
            digest.update(u64::from(identity.restarts).to_be_bytes());
        }
        if identity.polls > 0 {
            digest.update(u64::from(identity.polls).to_be_bytes());
        }
        hexadecimal::of(&digest.finalize()[..16]).into()
    });
}

/// What tells a request from others that do something else.
pub(super) fn digest(request: &Request) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    part(request.method.as_bytes());
    part(request.url.as_bytes());
    for (name, value) in &request.headers {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    part(&request.body);
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_segments() {
        for (path, open, sound) in [
            ("/a/b", false, true),
            ("/a/", true, true),
            ("/a/", false, false),
            ("/a//b", false, false),
            ("/a/../b", false, false),
            ("/.", false, false),
            ("/a/..b", false, true),
            ("/a/%2E%2E", false, false),
            ("/a/%2e./b", false, false),
            ("/a/%252E%252E", false, true),
            ("/", true, true),
        ] {
            assert_eq!(sound_path(path, open).is_ok(), sound, "{path}");
        }
    }

    #[test]
    fn a_trace_parent_is_well_formed_whatever_came_in() {
        for (given, expected) in [
            ("4BF92F3577B34DA6A3CE929D0E0E4736", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("a3ce929d0e0e4736", "0000000000000000a3ce929d0e0e4736"),
        ] {
            let expected = format!("00-{expected}-00f067aa0ba902b7-01");
            assert_eq!(trace_parent(given, "00f067aa0ba902b7"), expected);
        }
        for odd in ["", "x", "0000000000000000", "3e84c79f-ab6f-4546-8e27-0b6ab866f1fb"] {
            let parent = trace_parent(odd, "00f067aa0ba902b7");
            let parts: Vec<&str> = parent.split('-').collect();
            let ["00", trace, "00f067aa0ba902b7", "01"] = parts.as_slice() else {
                panic!("{odd}: {parent}")
            };
            assert_eq!(trace.len(), 32, "{odd}");
            assert!(trace.bytes().any(|byte| byte != b'0'), "{odd}");
        }
    }
}
