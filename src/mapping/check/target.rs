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
            self.error("missing-key", document.span, "a mapping file needs a target", "");
        }
        named.0.iter().map(|(key, written)| self.target(key, written.as_ref()?)).collect()
    }

    fn target(&mut self, key: &Key, written: &WithNode<Written>) -> Option<Arc<Target>> {
        let fingerprint = self.fingerprint(&written.node);
        let written = &written.value;
        self.kebab_name("target", &key.text, key.span);
        let url = self.base_url(&written.url);
        let auth = written.auth.as_ref().map_or(Some(Auth::None), |auth| self.auth(auth));
        let headers = self.headers(written.headers.as_ref());
        let timeout = self.or_default(written.timeout.as_deref(), Target::TIMEOUT);
        let connect = self.or_default(written.connect_timeout.as_deref(), Target::CONNECT_TIMEOUT);
        let idle = self.or_default(written.idle_timeout.as_deref(), Target::IDLE_TIMEOUT);
        let retry = written.retry.as_ref().map_or(Some(Retry::default()), |r| self.retry(r));
        let responses = self.responses(written.responses.as_deref());
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

    /// Absolute, with a host, and without what belongs elsewhere.
    fn base_url(&mut self, text: &Text) -> Option<Arc<str>> {
        if text.as_str().contains("{{") {
            self.error(
                "bad-url",
                text.span(),
                "a target's URL is not a template",
                "put what depends on the event into the step's `request`",
            );
            return None;
        }
        let substituted = self.substituted(text, Secrecy::Plain)?;
        if substituted.stand_in {
            return Some(Arc::from("http://unset.invalid"));
        }
        let written = substituted.text();
        let fault = match Url::parse(written.trim()) {
            Err(error) => Some((format!("this is not a URL: {error}"), "")),
            Ok(url) => url_fault(&url).map(|(what, help)| (what.to_owned(), help)),
        };
        if let Some((message, help)) = fault {
            let help = if help.is_empty() { "write e.g. `https://hss.example/api`" } else { help };
            self.error("bad-url", text.span(), message, help);
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
            (None, Some(query)) => Some(ApiKeyPlace::Query(Arc::from(query.as_str()))),
            _ => {
                let message = "`api_key` goes into exactly one of `header` and `query`";
                self.error("conflicting-keys", api_key.span, message, "");
                None
            }
        };
        Some(Auth::ApiKey { place: place?, value: Arc::from(value?) })
    }

    /// A secret that will stand in a header or a query: short ones cannot be masked everywhere.
    fn credential(&mut self, text: &Text) -> Option<String> {
        let secret = self.secret(text)?;
        if secret.is_empty() {
            self.error("bad-credential", text.span(), "this credential is empty", "");
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
                    for fault in faults {
                        self.error(fault.code, scalar.0.span, fault.message, &fault.help);
                    }
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
