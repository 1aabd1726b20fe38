//! `oauth2` to a log-in: a form that is posted to the token endpoint (RFC 6749), and what its answer
//! means.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::byte_serialize;

use super::super::diagnostic::Span;
use super::super::document::decode::Text;
use super::super::document::{Assertion as WrittenAssertion, ClientAuth, Grant, Oauth2 as Written};
use super::super::names::did_you_mean;
use super::Checker;
use super::session::OF_OAUTH;
use crate::assertion::{Algorithm, Assertion, SigningKey};
use crate::expr::body::Shape;
use crate::expr::condition::{Condition, Subject, Test};
use crate::expr::extract::{Absence, Selector, Source, Variable};
use crate::expr::template::{Names, Piece, TemplateFault, Unescaped};
use crate::expr::{Builtin, Path, Reference, Root, SavedId, Template};
use crate::program::{
    Act, Action, Address, Body, Call, Keepsake, Login, Mapping, Method, RequestTemplate, RetryKeys,
    Rule, Save, Step,
};

/// Fields of a form, in order.
type Fields = Vec<(Arc<str>, Shape)>;

/// How the client proves who it is.
struct Client {
    /// The `authorization` header.
    header: Option<String>,
    fields: Fields,
}

impl Checker<'_, '_> {
    /// The log-in, whose targets are left to the caller, and the URL of the token endpoint.
    pub(super) fn oauth(&mut self, written: &Written) -> Option<(Login, Arc<str>)> {
        let url = self.absolute_url(&written.token_url, true);
        let grant = self.grant(written);
        let client = self.client(written);
        let scope = written.scope.as_ref().map(|text| self.identity(text));
        let audience = written.audience.as_ref().map(|text| self.identity(text));
        let assertion = written.assertion.as_ref().map(|it| self.assertion(it));
        let credentials = self.credentials(written);
        let (url, client, grant) = (url?, client?, grant?);
        let scope: Option<Arc<str>> = scope.map_or(Some(None), |it| it.map(Some))?.map(Arc::from);
        let audience = audience.map_or(Some(None), |audience| audience.map(Some))?;
        let assertion = assertion.map_or(Some(None), |written| written.map(Some))?;
        let assertion = assertion.map(|(written_audience, assertion)| Assertion {
            audience: written_audience.unwrap_or_else(|| Arc::clone(&url)),
            scope: scope.clone(),
            ..assertion
        });
        let mut fields = vec![field("grant_type", grant_type(grant))];
        fields.extend(credentials?);
        if grant == Grant::JwtBearer {
            fields.push(named("assertion", Root::Builtin(Builtin::Assertion), "assertion"));
        }
        fields.extend(scope.as_deref().map(|scope| field("scope", scope)));
        fields.extend(audience.as_deref().map(|audience| field("audience", audience)));
        let login = self.token_rule("login", written.span, fields, &client, Condition::always())?;
        let refresh = vec![
            field("grant_type", "refresh_token"),
            named("refresh_token", Root::Session(REFRESH_TOKEN), "session.refresh_token"),
        ];
        let has_token = Condition::Test {
            at: self.at(written.span),
            subject: Subject::Name(reference(
                Root::Session(REFRESH_TOKEN),
                "session.refresh_token",
            )),
            test: Test::Exists(true),
        };
        let refresh = self.token_rule("refresh", written.span, refresh, &client, has_token)?;
        let kept = (0..).map(SavedId).zip(OF_OAUTH).map(|(place, name)| {
            (Arc::from(name), Keepsake { place, is_secret: place != EXPIRES_IN })
        });
        let bearer = bearer()?;
        let login = Login {
            mapping: Mapping {
                file: Arc::clone(&self.file),
                description: None,
                targets: Vec::new(),
                variables: Vec::new(),
                shared: 0..0,
                rules: Vec::new(),
            },
            login,
            refresh: Some(refresh),
            is_written: false,
            is_used_up: grant == Grant::RefreshToken,
            kept: kept.collect(),
            assertion,
            expires_in: Some(shape(reference(Root::Session(EXPIRES_IN), "session.expires_in"))),
            headers: vec![(Arc::from("authorization"), bearer)],
            query: Vec::new(),
        };
        Some((login, url))
    }

    fn grant(&mut self, written: &Written) -> Option<Grant> {
        let text = &written.grant;
        let names = || Grant::NAMES.iter().map(|(name, _)| *name);
        let known = Grant::NAMES.iter().find(|(name, _)| *name == text.as_str());
        let Some((name, grant)) = known.copied() else {
            let message = format!("there is no grant `{}`", text.as_str());
            let help = match did_you_mean(text.as_str(), names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the grants are: {}", names().collect::<Vec<_>>().join(", ")),
            };
            self.error("unknown-grant", text.span(), message, &help);
            return None;
        };
        let given = given(written);
        let is_there = |key: &str| {
            given.iter().any(|(there, _)| *there == key) || written.unreadable.contains(&key)
        };
        let missing: Vec<String> = grant
            .needs()
            .iter()
            .filter(|key| !is_there(key))
            .map(|key| format!("`{key}`"))
            .collect();
        if !missing.is_empty() {
            let keys = if missing.len() == 1 { "key" } else { "keys" };
            let message = format!("the grant `{name}` needs the {keys} {}", missing.join(" and "));
            self.error(
                "missing-key",
                text.span(),
                message,
                "add what is missing, or choose another grant",
            );
        }
        for (key, owner) in Grant::KEYS {
            let foreign = given.iter().find(|(there, _)| *there == key && owner != grant);
            if let Some((_, span)) = foreign {
                let owner = Grant::NAMES.iter().find(|(_, grant)| *grant == owner);
                let owner = owner.map(|(name, _)| *name).unwrap_or_default();
                let message = format!("`{key}` belongs to `grant: {owner}`, and this is `{name}`");
                let help = format!("leave it out, or write `grant: {owner}`");
                self.error("conflicting-keys", *span, message, &help);
            }
        }
        Some(grant)
    }

    /// Whose token is asked for, where the grant has somebody.
    fn credentials(&mut self, written: &Written) -> Option<Fields> {
        let username = written.username.as_ref().map(|text| self.identity(text));
        let password = written.password.as_ref().map(|text| self.credential(text));
        let token = written.refresh_token.as_ref().map(|text| self.credential(text));
        let named = [("username", username), ("password", password), ("refresh_token", token)];
        let given = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.map(|(name, value)| Some(field(name, &value?))).collect()
    }

    fn client(&mut self, written: &Written) -> Option<Client> {
        let id = written.client_id.as_ref().map(|text| self.identity(text));
        let secret = written.client_secret.as_ref().map(|text| self.credential(text));
        let auth = written.client_auth.as_ref().map(|text| self.client_auth(text, written));
        if let (None, Some(text)) = (&id, &written.client_secret)
            && !written.unreadable.contains(&"client_id")
        {
            let message = "nothing says whose `client_secret` this is";
            self.error("missing-key", text.span(), message, "add `client_id`");
            return None;
        }
        let auth = auth.unwrap_or(Some(ClientAuth::Basic))?;
        let Some(id) = id else { return Some(Client { header: None, fields: Vec::new() }) };
        let id = id?;
        let Some(secret) = secret else {
            return Some(Client { header: None, fields: vec![field("client_id", &id)] });
        };
        let secret = secret?;
        if auth == ClientAuth::Body {
            let fields = vec![field("client_id", &id), field("client_secret", &secret)];
            return Some(Client { header: None, fields });
        }
        // RFC 6749, section 2.3.1: both are form-encoded before HTTP Basic encodes them.
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", encoded(&id), encoded(&secret)));
        self.env.hide(pair.clone());
        Some(Client { header: Some(format!("Basic {pair}")), fields: Vec::new() })
    }

    fn client_auth(&mut self, text: &Text, written: &Written) -> Option<ClientAuth> {
        let known = ClientAuth::NAMES.iter().find(|(name, _)| *name == text.as_str());
        let Some((_, auth)) = known else {
            let message = format!("`{}` is no way to send a client's secret", text.as_str());
            self.error("unknown-client-auth", text.span(), message, "write `basic` or `body`");
            return None;
        };
        if written.client_secret.is_none() && !written.unreadable.contains(&"client_secret") {
            let message = "this says how `client_secret` is sent, and there is none";
            self.error("conflicting-keys", text.span(), message, "leave it out");
        }
        Some(*auth)
    }

    /// The audience, if it is told, and the rest of an assertion.
    fn assertion(&mut self, written: &WrittenAssertion) -> Option<(Option<Arc<str>>, Assertion)> {
        let mut optional = |text: &Option<Text>| match text {
            Some(text) => self.identity(text).map(|text| Some(Arc::from(text))),
            None => Some(None),
        };
        let subject: Option<Option<Arc<str>>> = optional(&written.subject);
        let audience: Option<Option<Arc<str>>> = optional(&written.audience);
        let key_id: Option<Option<Arc<str>>> = optional(&written.key_id);
        let issuer = self.identity(&written.issuer);
        let algorithm = match &written.algorithm {
            Some(text) => self.algorithm(text),
            None => Some(Algorithm::Rs256),
        };
        let key = algorithm.and_then(|algorithm| self.signing_key(&written.key_file, algorithm));
        let issuer: Arc<str> = Arc::from(issuer?);
        let assertion = Assertion {
            subject: subject?.unwrap_or_else(|| Arc::clone(&issuer)),
            audience: Arc::clone(&issuer),
            issuer,
            scope: None,
            key_id: key_id?,
            key: key?,
        };
        Some((audience?, assertion))
    }

    fn algorithm(&mut self, text: &Text) -> Option<Algorithm> {
        let names = || Algorithm::NAMES.iter().map(|(name, _)| *name);
        let known = Algorithm::NAMES.iter().find(|(name, _)| *name == text.as_str());
        if known.is_none() {
            let message = format!("assertions are not signed by `{}`", text.as_str());
            let help = match did_you_mean(text.as_str(), names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the algorithms are: {}", names().collect::<Vec<_>>().join(", ")),
            };
            self.error("unknown-algorithm", text.span(), message, &help);
        }
        known.map(|(_, algorithm)| *algorithm)
    }

    fn signing_key(&mut self, file: &Text, algorithm: Algorithm) -> Option<SigningKey> {
        let path = self.path_of_pem("key_file", file)?;
        let Some(text) = self.key_text(&path, file.span())? else {
            return SigningKey::read(Algorithm::Hs256, STAND_IN).ok();
        };
        match SigningKey::read(algorithm, &text) {
            Ok(key) => Some(key),
            Err(fault) => {
                let message = format!("the file `{path}` has no key for this: {fault}");
                let help = "an unencrypted private key begins with `-----BEGIN PRIVATE KEY-----`; \
                            `algorithm` is RS256, ES256 or HS256";
                self.error("bad-key", file.span(), message, help);
                None
            }
        }
    }

    /// What a key file holds. The outer `None` was reported; the inner one is a stand-in's.
    fn key_text(&mut self, path: &str, span: Span) -> Option<Option<String>> {
        match self.env.read(path) {
            Ok(text) => {
                // Another key is another definition.
                self.extra.push_str(text.as_deref().unwrap_or_default());
                Some(text)
            }
            Err((code, message, help)) => {
                self.error(code, span, message, &help);
                None
            }
        }
    }

    /// A rule of one step, which asks for a token.
    fn token_rule(
        &self,
        name: &str,
        span: Span,
        mut fields: Fields,
        client: &Client,
        when: Condition,
    ) -> Option<Rule> {
        let at = self.at(span);
        fields.extend(client.fields.iter().cloned());
        let mut headers = vec![field("accept", "application/json")];
        headers.extend(client.header.as_deref().map(|header| field("authorization", header)));
        let request = RequestTemplate {
            method: Method::parse("POST")?,
            address: Address::Itself,
            query: Vec::new(),
            headers,
            body: Body::Form(fields),
            content_type: Some(Arc::from("application/x-www-form-urlencoded")),
        };
        let save = (0..).zip(OF_OAUTH).map(|(place, name)| {
            let path = Path::parse(&format!("$.{name}")).ok()?;
            let absence = match SavedId(place) {
                ACCESS_TOKEN => Absence::Required,
                _ => Absence::Allowed,
            };
            let source = Source::First(vec![Selector::Path(path)]);
            let name = Arc::from(name);
            let variable = Variable { name, source, stages: Vec::new(), absence, nullable: false };
            Some(Save { slot: SavedId(place), variable })
        });
        let call = Call {
            target: 0,
            request,
            responses: Vec::new(),
            save: save.collect::<Option<_>>()?,
            timeout: None,
            retry: RetryKeys::default(),
            repeat: None,
        };
        let step = Step {
            at,
            label: Arc::from("token"),
            when: Condition::always(),
            for_each: None,
            variables: 0..0,
            act: Act::Call(Box::new(call)),
            undo: None,
        };
        Some(Rule {
            at,
            name: Arc::from(name),
            events: Vec::new(),
            when,
            action: Action::Steps(vec![step]),
            saved: OF_OAUTH.iter().map(|name| Arc::from(*name)).collect(),
            variables: 0..0,
        })
    }
}

/// In place of a key that is not there while a mapping is checked without its environment.
const STAND_IN: &str = "a stand-in for a key that is not there";

/// Places in [`OF_OAUTH`].
const ACCESS_TOKEN: SavedId = SavedId(0);
const REFRESH_TOKEN: SavedId = SavedId(1);
const EXPIRES_IN: SavedId = SavedId(2);

/// Keys that are there, with the places of their values.
fn given(written: &Written) -> Vec<(&'static str, Span)> {
    let keys = [
        ("client_id", written.client_id.as_ref().map(Text::span)),
        ("client_secret", written.client_secret.as_ref().map(Text::span)),
        ("username", written.username.as_ref().map(Text::span)),
        ("password", written.password.as_ref().map(Text::span)),
        ("refresh_token", written.refresh_token.as_ref().map(Text::span)),
        ("assertion", written.assertion.as_ref().map(|assertion| assertion.span)),
    ];
    keys.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
}

/// As RFC 6749 and RFC 7523 call it.
fn grant_type(grant: Grant) -> &'static str {
    match grant {
        Grant::ClientCredentials => "client_credentials",
        Grant::Password => "password",
        Grant::RefreshToken => "refresh_token",
        Grant::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
    }
}

fn field(name: &str, value: &str) -> (Arc<str>, Shape) {
    (Arc::from(name), Shape::constant(value.into()))
}

fn named(name: &str, root: Root, text: &str) -> (Arc<str>, Shape) {
    (Arc::from(name), shape(reference(root, text)))
}

fn reference(root: Root, text: &str) -> Reference {
    Reference::new(root, std::iter::empty(), text)
}

fn shape(name: Reference) -> Shape {
    Shape::template(Template::of_name(name))
}

/// `Bearer` and the token.
fn bearer() -> Option<Shape> {
    let template =
        Template::parse("Bearer {{session.access_token}}", Unescaped::Refused, &mut AccessToken);
    template.ok().map(Shape::template)
}

/// Whatever is named is the access token.
struct AccessToken;

impl Names for AccessToken {
    fn resolve(&mut self, names: &[&str]) -> Result<(Root, usize), TemplateFault> {
        Ok((Root::Session(ACCESS_TOKEN), names.len()))
    }

    fn environment(&mut self, text: &str, _: usize) -> Vec<Piece> {
        vec![Piece::Written(text.to_owned())]
    }
}
