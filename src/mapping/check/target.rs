//! `targets` to targets.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::Url;

use super::super::document::decode::{Scalar, Text, WithNode};
use super::super::document::{
    ApiKey, Auth as WrittenAuth, Basic, Mapping as Document, Retry as WrittenRetry,
    Target as Written,
};
use super::super::env::Secrecy;
use super::super::yaml::{Key, Kind, Node};
use super::Checker;
use crate::program::{ApiKeyPlace, Auth, Retry, Target};

impl Checker<'_, '_> {
    pub(super) fn targets(&mut self, document: &Document) -> Vec<Option<Arc<Target>>> {
        let Some(named) = &document.targets else { return Vec::new() };
        if named.0.is_empty() {
            let help = "write e.g. `targets: { hss: { url: https://hss.example/api } }`";
            self.error("empty-list", named.1, "there are no targets", help);
        }
        named.0.iter().map(|(key, written)| self.target(key, written.as_ref()?)).collect()
    }

    fn target(&mut self, key: &Key, written: &WithNode<Written>) -> Option<Arc<Target>> {
        let fingerprint = self.fingerprint(&written.node);
        let written = &written.value;
        self.kebab_name("target", &key.text, key.span);
        let url = written.url.as_ref().and_then(|text| self.base_url(text));
        let auth = written.auth.as_ref().map_or(Some(Auth::None), |auth| self.auth(auth));
        let headers = self.headers(written.headers.as_ref());
        self.header_of_auth(written, auth.as_ref());
        let timeout = self.or_default(written.timeout.as_deref(), Target::TIMEOUT);
        let connect = self.or_default(written.connect_timeout.as_deref(), Target::CONNECT_TIMEOUT);
        let idle = self.or_default(written.idle_timeout.as_deref(), Target::IDLE_TIMEOUT);
        let retry = written.retry.as_ref().map_or(Some(Retry::default()), |r| self.retry(r));
        let responses = self.responses(written.responses.as_ref());
        Some(Arc::new(Target {
            name: Arc::from(key.text.as_str()),
            url: url?,
            auth: auth?,
            headers: headers?,
            timeout: timeout?,
            connect_timeout: connect?,
            idle_timeout: idle?,
            retry: retry?,
            responses: responses?,
            fingerprint,
        }))
    }

    fn or_default(&mut self, text: Option<&Text>, default: Duration) -> Option<Duration> {
        text.map_or(Some(default), |text| self.duration(text))
    }

    /// A header of the target would silently win over its credentials.
    fn header_of_auth(&mut self, written: &Written, auth: Option<&Auth>) {
        let name = match auth {
            Some(Auth::Authorization(_)) => "authorization",
            Some(Auth::ApiKey { place: ApiKeyPlace::Header(name), .. }) => &**name,
            _ => return,
        };
        let mut headers = written.headers.iter().flat_map(|headers| &headers.0);
        let same = headers.find(|(key, _)| key.text.eq_ignore_ascii_case(name));
        if let Some((key, _)) = same {
            let message = format!("`auth` sets the header `{name}` already");
            self.error("conflicting-keys", key.span, message, "keep one of them");
        }
    }

    /// Absolute, with a host, and without what belongs elsewhere.
    fn base_url(&mut self, text: &Text) -> Option<Arc<str>> {
        if let Some(at) = text.as_str().find("{{") {
            let rest = text.as_str().get(at..).unwrap_or_default();
            let end = rest.find("}}").map_or(rest.len(), |end| end + 2);
            let span = text.node().span_within(self.source, at..at + end);
            let help = "put what depends on the event into the step's `request`";
            self.error("bad-url", span, "a target's URL is not a template", help);
            return None;
        }
        let substituted = self.substituted(text, Secrecy::Plain)?;
        if substituted.stand_in {
            return Some(Arc::from("http://unset.invalid"));
        }
        let written = substituted.text();
        let fault = match Url::parse(written.trim()) {
            Err(error) => Some(no_url(error)),
            Ok(url) => url_fault(&url),
        };
        if let Some((message, help)) = fault {
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
        Some(Arc::from(written.trim().trim_end_matches('/')))
    }

    fn auth(&mut self, written: &WrittenAuth) -> Option<Auth> {
        match written {
            WrittenAuth::Basic(basic) => self.basic(basic),
            WrittenAuth::Bearer(bearer) => {
                let token = self.credential(&bearer.token)?;
                Some(Auth::Authorization(Arc::from(format!("Bearer {token}"))))
            }
            WrittenAuth::ApiKey(api_key) => self.api_key(api_key),
        }
    }

    fn basic(&mut self, basic: &Basic) -> Option<Auth> {
        let username = self.string(&basic.username);
        let password = self.credential(&basic.password);
        let (username, password) = (username?, password?);
        if username.contains(':') {
            let help = "RFC 7617 has no way to send it: choose another user name";
            self.error(
                "bad-credential",
                basic.username.span(),
                "a user name cannot hold `:`",
                help,
            );
            return None;
        }
        let pair = STANDARD.encode(format!("{username}:{password}"));
        self.env.hide(pair.clone());
        Some(Auth::Authorization(Arc::from(format!("Basic {pair}"))))
    }

    fn api_key(&mut self, api_key: &ApiKey) -> Option<Auth> {
        let value = self.credential(&api_key.value);
        // Behind a scheme (`Token abc`) the key is a secret by itself: a target may repeat it alone.
        if let Some((_, key)) = value.as_ref().and_then(|value| value.split_once(' ')) {
            self.env.hide(key.trim());
        }
        let place = match (&api_key.header, &api_key.query) {
            (Some(header), None) => {
                self.header_name(header.as_str(), header.span()).map(ApiKeyPlace::Header)
            }
            (None, Some(query)) => self.parameter_name(query),
            (header, _) => {
                let message = "`api_key` goes into exactly one of `header` and `query`";
                let help = match header {
                    Some(_) => "keep one of them",
                    None => "add e.g. `header: X-API-Key`",
                };
                self.error("conflicting-keys", api_key.span, message, help);
                None
            }
        };
        Some(Auth::ApiKey { place: place?, value: Arc::from(value?) })
    }

    fn parameter_name(&mut self, text: &Text) -> Option<ApiKeyPlace> {
        if text.as_str().is_empty() {
            let help = "write the name of the parameter, e.g. `query: token`";
            self.error("invalid-name", text.span(), "a query parameter needs a name", help);
            return None;
        }
        Some(ApiKeyPlace::Query(Arc::from(text.as_str())))
    }

    /// A secret that will stand in a header or a query: short ones cannot be masked everywhere.
    fn credential(&mut self, text: &Text) -> Option<String> {
        if text.as_str().contains("{{") {
            let message = "a credential is not a template: it is the same for every event";
            let help = "write it, or where it is found: `${NAME}`, `${file:/path}`";
            self.error("bad-credential", text.span(), message, help);
            return None;
        }
        let secret = self.secret(text)?;
        if secret.is_empty() {
            let help = "write it, or set the variable or the file that holds it";
            self.error("bad-credential", text.span(), "this credential is empty", help);
            return None;
        }
        if secret.chars().any(char::is_control) {
            let message = "this credential holds a control character, which no header can carry";
            self.error("bad-credential", text.span(), message, "look for a line break in it");
            return None;
        }
        if secret.len() < 8 {
            self.warning(
                "short-secret",
                text.span(),
                "this credential is shorter than 8 bytes: it is masked only in its own place, not \
                 where a target repeats it",
                "use a longer one",
            );
        }
        Some(secret)
    }

    fn retry(&mut self, written: &WrittenRetry) -> Option<Retry> {
        let default = Retry::default();
        let attempts = match &written.attempts {
            None => Some(default.attempts),
            Some(scalar) => self.attempts(scalar),
        };
        let backoff = self.or_default(written.backoff.as_deref(), default.backoff);
        let max_backoff = self.or_default(written.max_backoff.as_deref(), default.max_backoff);
        let unsafe_methods = written.unsafe_.is_some_and(|flag| flag.0);
        let (backoff, max_backoff) = (backoff?, max_backoff?);
        if let Some(text) = written.backoff.as_ref().filter(|_| backoff > max_backoff) {
            let message = format!(
                "no wait is longer than `max_backoff`, which is {} s: this bound is never reached",
                max_backoff.as_secs_f64()
            );
            self.warning("useless-backoff", text.span(), message, "set `max_backoff` to more");
        }
        Some(Retry { attempts: attempts?, backoff, max_backoff, unsafe_methods })
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

    fn canonical(&mut self, node: &Node, into: &mut String) {
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

fn url_fault(url: &Url) -> Option<(&'static str, &'static str)> {
    if !matches!(url.scheme(), "http" | "https") {
        return Some(("a target's URL begins with `http://` or `https://`", ""));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Some(("this URL has no host", ""));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(("this URL holds credentials", "put them under `auth: { basic: … }`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some((
            "this URL has a query or a fragment",
            "put parameters into a step's `query`",
        ));
    }
    None
}
