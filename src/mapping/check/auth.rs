//! `auth` to credentials, or to a log-in.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::document::decode::Text;
use super::super::document::{ApiKey, Auth as WrittenAuth, Basic};
use super::Checker;
use super::target::with;
use crate::expr::body::Shape;
use crate::program::{ApiKeyPlace, Auth, Limits, Login, Retry, Target};

/// Credentials, as far as they do not depend on the rest of the target.
pub(super) enum Checked {
    Fixed(Auth),
    Login(Box<Unplaced>),
}

/// A log-in of which the targets are not known yet.
pub(super) struct Unplaced {
    pub login: Login,
    /// The URL that gives out tokens, where it is not the target itself that is logged into.
    pub endpoint: Option<Arc<str>>,
}

impl Unplaced {
    /// The log-in of that target; `headers` are those that are the same for every request.
    pub(super) fn of(self, target: &Target, headers: Vec<(Arc<str>, Shape)>) -> Auth {
        let mut login = self.login;
        // A log-in that may have reached the target is no harm: there is only one session more.
        let retry = Retry { unsafe_methods: true, ..target.retry };
        login.mapping.targets = vec![Arc::new(match self.endpoint {
            None => Target {
                name: Arc::clone(&target.name),
                url: Arc::clone(&target.url),
                auth: Auth::None,
                headers,
                responses: target.responses.iter().filter(|it| !it.varies).cloned().collect(),
                retry,
                route: target.route.clone(),
                ..*target
            },
            Some(url) => Target {
                name: format!("token endpoint of {}", target.name).into(),
                fingerprint: with(target.fingerprint, "token endpoint"),
                route: target.route.of_token_endpoint(&target.url, &url),
                url,
                auth: Auth::None,
                headers: Vec::new(),
                responses: Vec::new(),
                cookies: false,
                retry,
                // They are the target's; who keeps sessions has a back-off of his own.
                limits: Limits::default(),
                breaker: None,
                ..*target
            },
        })];
        Auth::Login(Box::new(login))
    }
}

impl Checker<'_, '_> {
    /// The credentials of the target in that position.
    pub(super) fn auth(&mut self, target: usize, written: &WrittenAuth) -> Option<Checked> {
        match written {
            WrittenAuth::Basic(basic) => self.basic(basic).map(Checked::Fixed),
            WrittenAuth::Bearer(bearer) => {
                let token = self.credential(&bearer.token)?;
                let header = Auth::Authorization(Arc::from(format!("Bearer {token}")));
                Some(Checked::Fixed(header))
            }
            WrittenAuth::ApiKey(api_key) => self.api_key(api_key).map(Checked::Fixed),
            WrittenAuth::Session(session) => {
                let login = self.session(target, session)?;
                Some(Checked::Login(Box::new(Unplaced { login, endpoint: None })))
            }
            WrittenAuth::Oauth2(oauth) => {
                let (login, endpoint) = self.oauth(oauth)?;
                Some(Checked::Login(Box::new(Unplaced { login, endpoint: Some(endpoint) })))
            }
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

    /// Something that says who the connector is, and is no secret.
    pub(super) fn identity(&mut self, text: &Text) -> Option<String> {
        if self.is_template(text) { None } else { self.string(text) }
    }

    /// Reports a template where what is written is the same for every event.
    fn is_template(&mut self, text: &Text) -> bool {
        let is_template = text.as_str().contains("{{");
        if is_template {
            let message = "a credential is not a template: it is the same for every event";
            let help = "write it, or where it is found: `${NAME}`, `${file:/path}`";
            self.error("bad-credential", text.span(), message, help);
        }
        is_template
    }

    /// A secret that will stand in a header or a query: short ones cannot be masked everywhere.
    pub(super) fn credential(&mut self, text: &Text) -> Option<String> {
        if self.is_template(text) {
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
        self.warn_of_short(&secret, text);
        Some(secret)
    }

    pub(super) fn warn_of_short(&mut self, secret: &str, text: &Text) {
        if secret.len() < 8 {
            self.warning(
                "short-secret",
                text.span(),
                "this credential is shorter than 8 bytes: it is masked only in its own place, not \
                 where a target repeats it",
                "use a longer one",
            );
        }
    }
}
