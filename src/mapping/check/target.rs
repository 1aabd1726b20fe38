//! `targets` to targets.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use url::Url;

use super::super::document::decode::{Scalar, Text, WithNode};
use super::super::document::{Mapping as Document, Retry as WrittenRetry, Target as Written};
use super::super::env::Secrecy;
use super::super::yaml::{Key, Kind, Node};
use super::Checker;
use super::auth::Checked;
use super::session::Whose;
use crate::program::{ApiKeyPlace, Auth, Retry, RetryKeys, Target};

impl Checker<'_, '_> {
    pub(super) fn targets(&mut self, document: &Document) -> Vec<Option<Arc<Target>>> {
        let Some(named) = &document.targets else { return Vec::new() };
        if named.0.is_empty() {
            let help = "write e.g. `targets: { hss: { url: https://hss.example/api } }`";
            self.error("empty-list", named.1, "there are no targets", help);
        }
        let targets = named.0.iter().enumerate();
        targets.map(|(at, (key, written))| self.target(at, key, written.as_ref()?)).collect()
    }

    fn target(&mut self, at: usize, key: &Key, written: &WithNode<Written>) -> Option<Arc<Target>> {
        self.extra.clear();
        let tables = self.begin_noting_tables();
        let fingerprint = self.fingerprint(&written.node);
        let written = &written.value;
        self.kebab_name("target", &key.text, key.span);
        let url = written.url.as_ref().and_then(|text| self.base_url(text));
        let auth = written
            .auth
            .as_ref()
            .map_or(Some(Checked::Fixed(Auth::None)), |auth| self.auth(at, auth));
        self.scopes.session = match written.unreadable.contains(&"auth") {
            true => Whose::Unknown,
            false => Whose::Target(at),
        };
        let headers = self.header_fields(written.headers.as_ref());
        self.header_of_auth(written, auth.as_ref());
        let timeout = self.or_default(written.timeout.as_deref(), Target::TIMEOUT);
        let connect = self.or_default(written.connect_timeout.as_deref(), Target::CONNECT_TIMEOUT);
        let idle = self.or_default(written.idle_timeout.as_deref(), Target::IDLE_TIMEOUT);
        let retry = self.retry(written.retry.as_ref(), Some(Retry::default().max_backoff));
        let limits = self.limits(written.limits.as_ref());
        let breaker = self.breaker(written.breaker.as_ref());
        self.useless_attempts(written, breaker);
        let responses = self.responses(written.responses.as_ref());
        let route = self.route(written, url.as_deref());
        self.scopes.session = Whose::Nobody;
        let tables = self.end_noting_tables(tables);
        let (headers, auth) = (headers?, auth?);
        let fixed = headers.iter().filter(|field| !field.varies);
        let fixed = fixed.map(|field| (Arc::clone(&field.name), field.value.clone())).collect();
        let mut target = Target {
            name: Arc::from(key.text.as_str()),
            url: url?,
            auth: Auth::None,
            headers: headers.into_iter().map(|field| (field.name, field.value)).collect(),
            timeout: timeout?,
            connect_timeout: connect?,
            idle_timeout: idle?,
            retry: retry?.over(Retry::default()),
            limits: limits?,
            breaker: breaker?,
            responses: responses?,
            cookies: written.cookies.is_some_and(|flag| flag.0),
            route: route?,
            fingerprint: with(fingerprint, &self.extra),
        };
        target.auth = match auth {
            Checked::Fixed(auth) => auth,
            Checked::Login(login) => {
                target.fingerprint = with(target.fingerprint, &tables);
                login.of(&target, fixed)
            }
        };
        Some(Arc::new(target))
    }

    pub(super) fn or_default(
        &mut self,
        text: Option<&Text>,
        default: Duration,
    ) -> Option<Duration> {
        text.map_or(Some(default), |text| self.duration(text))
    }

    /// A header of the target would silently win over its credentials.
    fn header_of_auth(&mut self, written: &Written, auth: Option<&Checked>) {
        let name = match auth {
            Some(Checked::Fixed(Auth::Authorization(_))) => "authorization",
            Some(Checked::Fixed(Auth::ApiKey { place: ApiKeyPlace::Header(name), .. })) => &**name,
            Some(Checked::Login(login)) if login.endpoint.is_some() => "authorization",
            _ => return,
        };
        let mut headers = written.headers.iter().flat_map(|headers| &headers.0);
        let same = headers.find(|(key, _)| key.text.eq_ignore_ascii_case(name));
        if let Some((key, _)) = same {
            let message = format!("`auth` sets the header `{name}` already");
            self.error("conflicting-keys", key.span, message, "keep one of them");
        }
    }

    fn base_url(&mut self, text: &Text) -> Option<Arc<str>> {
        let url = self.absolute_url(text, false)?;
        Some(Arc::from(url.trim_end_matches('/')))
    }

    /// A URL with a host, and without what belongs elsewhere; parameters do where requests add none.
    pub(super) fn absolute_url(&mut self, text: &Text, parameters: bool) -> Option<Arc<str>> {
        if let Some(at) = text.as_str().find("{{") {
            let rest = text.as_str().get(at..).unwrap_or_default();
            let end = rest.find("}}").map_or(rest.len(), |end| end + 2);
            let span = text.node().span_within(self.source, at..at + end);
            let help = "put what depends on the event into the step's `request`";
            let (message, help) = match parameters {
                true => ("the URL of a token endpoint is not a template", "write it out"),
                false => ("a target's URL is not a template", help),
            };
            self.error("bad-url", span, message, help);
            return None;
        }
        let substituted = self.substituted(text, Secrecy::Plain)?;
        if substituted.stand_in {
            return Some(Arc::from("http://unset.invalid"));
        }
        let written = substituted.text();
        let fault = match Url::parse(written.trim()) {
            Err(error) => Some(no_url(error)),
            Ok(url) => url_fault(&url, parameters),
        };
        if let Some((message, help)) = fault {
            let message = match parameters {
                true => message.replace("a target's URL", "the URL of a token endpoint"),
                false => message.to_owned(),
            };
            // A value of the environment is not repeated: it may hold credentials.
            let without_scheme = !written.contains("://") && !text.as_str().contains("${");
            let help = match help {
                "" if without_scheme && !written.is_empty() => {
                    format!("write e.g. `https://{written}`")
                }
                "" if text.as_str().contains("${") => {
                    "look at what the environment gives; it begins e.g. with `https://`".to_owned()
                }
                "" => "write e.g. `https://hss.example/api`".to_owned(),
                help => help.to_owned(),
            };
            self.error("bad-url", text.span(), message, &help);
            return None;
        }
        Some(Arc::from(written.trim()))
    }

    /// The keys of a `retry`; `longest` is the `max_backoff` that holds without one, where that is
    /// known.
    pub(super) fn retry(
        &mut self,
        written: Option<&WrittenRetry>,
        longest: Option<Duration>,
    ) -> Option<RetryKeys> {
        let Some(written) = written else { return Some(RetryKeys::default()) };
        let attempts = written.attempts.as_ref().map(|scalar| self.attempts(scalar));
        let backoff = written.backoff.as_deref().map(|text| self.duration(text));
        let max_backoff = written.max_backoff.as_deref().map(|text| self.duration(text));
        let keys = RetryKeys {
            attempts: present(attempts)?,
            backoff: present(backoff)?,
            max_backoff: present(max_backoff)?,
            unsafe_methods: written.unsafe_.map(|flag| flag.0),
        };
        let bounds = keys.backoff.zip(keys.max_backoff.or(longest));
        if let Some(text) = &written.backoff
            && let Some((_, max)) = bounds.filter(|(backoff, max)| backoff > max)
        {
            let message = format!(
                "no wait is longer than `max_backoff`, which is {} s: this bound is never reached",
                max.as_secs_f64()
            );
            self.warning("useless-backoff", text.span(), message, "set `max_backoff` to more");
        }
        Some(keys)
    }

    fn attempts(&mut self, scalar: &Scalar) -> Option<u32> {
        let (least, most) = (*Retry::ATTEMPTS.start(), *Retry::ATTEMPTS.end());
        let number = self.number(scalar)?.filter(|number| Retry::ATTEMPTS.contains(number));
        if number.is_none() {
            let message = format!("`attempts` is a whole number from {least} to {most}");
            self.error("bad-number", scalar.0.span, message, "1 means that nothing is sent twice");
        }
        number
    }

    /// The outer `None` was reported; the inner one is not a whole number.
    pub(super) fn number(&mut self, scalar: &Scalar) -> Option<Option<u32>> {
        match &scalar.0.kind {
            Kind::Number(number) => Some(number.to_string().parse().ok()),
            Kind::String(text) => match self.env.substitute(text, Secrecy::Plain) {
                Ok(substituted) if substituted.stand_in => Some(Some(1)),
                Ok(substituted) => Some(substituted.text().trim().parse().ok()),
                Err(faults) => {
                    self.env_faults(&scalar.0, 0, faults);
                    None
                }
            },
            _ => Some(None),
        }
    }

    /// The definition with what the environment gives, but without places and the name.
    fn fingerprint(&mut self, definition: &Node) -> [u8; 32] {
        let mut canonical = String::new();
        self.canonical(definition, &mut canonical);
        Sha256::digest(canonical.as_bytes()).into()
    }

    pub(super) fn canonical(&mut self, node: &Node, into: &mut String) {
        match &node.kind {
            Kind::String(text) => {
                // Faults were reported where the text was compiled.
                let text = self.env.substitute(text, Secrecy::Plain);
                let text = text.map(super::super::env::Substituted::text).unwrap_or_default();
                into.push_str(&serde_json::Value::from(text).to_string());
            }
            Kind::Sequence(members) => {
                into.push('[');
                for member in members {
                    self.canonical(member, into);
                    into.push(',');
                }
                into.push(']');
            }
            Kind::Mapping(entries) => {
                into.push('{');
                for entry in entries {
                    into.push_str(&serde_json::Value::from(entry.key.text.as_str()).to_string());
                    into.push(':');
                    self.canonical(&entry.value, into);
                    into.push(',');
                }
                into.push('}');
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => {
                into.push_str(&node.to_json().to_string())
            }
        }
    }
}

/// What is written, if anything is; `None` if it was reported.
fn present<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    written.map_or(Some(None), |value| value.map(Some))
}

/// The fingerprint of a definition to which this belongs, too.
pub(super) fn with(fingerprint: [u8; 32], more: &str) -> [u8; 32] {
    if more.is_empty() {
        return fingerprint;
    }
    Sha256::new().chain_update(fingerprint).chain_update(more).finalize().into()
}

/// A text that is no URL (RFC 3986) and what to write instead, if that is special.
fn no_url(error: url::ParseError) -> (&'static str, &'static str) {
    match error {
        url::ParseError::RelativeUrlWithoutBase => {
            ("a target's URL begins with `http://` or `https://`", "")
        }
        url::ParseError::EmptyHost => ("this URL has no host", ""),
        url::ParseError::InvalidPort => {
            ("this URL has a port that there is not", "ports are numbers from 1 to 65535")
        }
        _ => ("this is not a URL that a host could have", ""),
    }
}

fn url_fault(url: &Url, parameters: bool) -> Option<(&'static str, &'static str)> {
    if !matches!(url.scheme(), "http" | "https") {
        return Some(("a target's URL begins with `http://` or `https://`", ""));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Some(("this URL has no host", ""));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(("this URL holds credentials", "put them under `auth: { basic: … }`"));
    }
    if parameters && url.fragment().is_some() {
        return Some((
            "this URL has a fragment, which is never sent",
            "leave out what follows `#`",
        ));
    }
    if !parameters && (url.query().is_some() || url.fragment().is_some()) {
        return Some((
            "this URL has a query or a fragment",
            "put parameters into a step's `query`",
        ));
    }
    None
}
