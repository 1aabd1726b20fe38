//! `auth`: how requests to a target prove who sends them.

use serde_json::json;

use super::decode::{Anything, Decode, Each, Given, Named, Reader, Text, document};
use super::rule::Step;
use super::schema::{Definitions, Describe, Schema, form, listed, refused};
use crate::assertion::Algorithm;
use crate::mapping::yaml::Node;

document! {
    /// User name and password (RFC 7617), as the header `authorization: Basic …`.
    #[schema(
        title("Basic authentication"),
        examples([json!({ "username": "${HSS_USER}", "password": "${HSS_PASSWORD}" })]),
    )]
    Basic is "`basic`" {
        /// The user name; it cannot hold `:`.
        #[schema(examples(["${HSS_USER}"]))]
        required username: Text,
        /// The password: a secret, so take it from the environment or a file.
        #[schema(examples(["${HSS_PASSWORD}", "${file:/run/secrets/hss-password}"]))]
        required password: Text,
    }
}

document! {
    /// A token that does not change (RFC 6750), as the header `authorization: Bearer …`.
    #[schema(title("Bearer token"), examples([json!({ "token": "${HSS_TOKEN}" })]))]
    Bearer is "`bearer`" {
        /// The token: a secret, so take it from the environment or a file.
        #[schema(examples(["${HSS_TOKEN}", "${file:/run/secrets/hss-token}"]))]
        required token: Text,
    }
}

document! {
    /// A key in a header or a query parameter of its own.
    #[schema(
        title("API key"),
        exactly_one(&["header", "query"]),
        examples([
            json!({ "header": "X-API-Key", "value": "${CRM_KEY}" }),
            json!({ "query": "token", "value": "${CRM_KEY}" }),
        ]),
    )]
    ApiKey is "`api_key`" {
        /// Name of the header that carries the key.
        #[schema(form(&form::HEADER_NAME), examples(["X-API-Key"]))]
        optional header: Text,
        /// Name of the query parameter that carries the key.
        #[schema(examples(["token"]))]
        optional query: Text,
        /// The key: a secret, so take it from the environment or a file. In a header it may carry a
        /// scheme.
        #[schema(examples(["${CRM_KEY}", "Token ${CRM_KEY}"]))]
        required value: Text,
    }
}

document! {
    /// A log-in made of steps. It is done when a session is first needed, and again when the target
    /// refuses the session or its time is over; all events share it.
    #[schema(
        title("Session"),
        examples([json!({
            "login": [{
                "request": "POST /login",
                "json": { "username": "${HSS_USER}", "password": "${HSS_PASSWORD}" },
                "save": { "token": "$.token" },
            }],
            "headers": { "Token": "{{session.token}}" },
        })]),
    )]
    Session is "`session`" {
        /// What to send, in order. What these steps `save` is `session.NAME`: in `headers` and `query`
        /// here, in the target's `headers`, and in every request to the target and its `responses`.
        /// The steps belong to no event. The target's `headers` and `responses` apply to them, the
        /// session's do not; what environment variables give to their bodies is a secret.
        #[schema(
            keyword("minItems", 1),
            examples([json!([{
                "request": "POST /login",
                "json": { "username": "${HSS_USER}", "password": "${HSS_PASSWORD}" },
                "save": { "token": "$.token", "lifetime": "$.expires_in" },
            }])]),
        )]
        required login: Each<Step>,
        /// How to get the next session from the last one, whose values are `session.NAME` in these
        /// steps, too. What they save takes the place of what was saved before. Where they are
        /// refused, `login` is done.
        #[schema(
            keyword("minItems", 1),
            examples([json!([{
                "request": "POST /refresh",
                "json": { "refresh_token": "{{session.refresh_token}}" },
                "save": { "token": "$.token" },
            }])]),
        )]
        optional refresh: Each<Step>,
        /// How long a session lasts: a duration, a number of seconds, or a template that gives one. It
        /// is renewed before that: 30 s, or a fifth of its life if that is less. Without it, or where it
        /// is absent or makes no sense, a session lasts until the target refuses it.
        #[schema(
            types(&["string", "number"]),
            examples(json!(["{{session.lifetime}}", "20m", 3600])),
        )]
        optional expires_in: Given,
        /// Headers that are sent with every request of the target, by name; a step's header of the same
        /// name wins, and these win over those of the target. Values are templates.
        #[schema(
            names(&form::HEADER_NAME),
            values(Schema::scalar()),
            examples([json!({ "Token": "{{session.token}}" })]),
        )]
        optional headers: Named<Anything>,
        /// Query parameters that are sent with every request of the target, by name. Values are
        /// templates.
        #[schema(
            values(Schema::scalar_or_list()),
            examples([json!({ "sid": "{{session.id}}" })]),
        )]
        optional query: Named<Anything>,
    }
}

document! {
    /// A token of OAuth 2.0 (RFC 6749), as the header `authorization: Bearer …`. It is fetched when it is
    /// first needed, and again before it expires or when the target refuses it; all events share it.
    #[schema(
        title("OAuth 2.0"),
        apply(keys_of_grants),
        examples([json!({
            "token_url": "https://sso.example/oauth2/token",
            "grant": "client_credentials",
            "client_id": "${SSO_CLIENT}",
            "client_secret": "${SSO_SECRET}",
        })]),
    )]
    Oauth2 is "`oauth2`" {
        /// Where tokens are given out: an absolute URL.
        #[schema(
            form(&form::BASE_URL),
            examples(["https://sso.example/oauth2/token", "${SSO_URL}/token"]),
        )]
        required token_url: Text,
        /// How a token is asked for.
        #[schema(words(&Grant::NAMES, Grant::meaning))]
        required grant: Text,
        /// Who asks, as the authorization server knows it.
        #[schema(examples(["nsps", "${SSO_CLIENT}"]))]
        optional client_id: Text,
        /// The password of `client_id`: a secret, so take it from the environment or a file.
        #[schema(examples(["${SSO_SECRET}", "${file:/run/secrets/sso-secret}"]))]
        optional client_secret: Text,
        /// With `grant: password`: whose token it is.
        #[schema(examples(["${SSO_USER}"]))]
        optional username: Text,
        /// With `grant: password`: the password, a secret.
        #[schema(examples(["${SSO_PASSWORD}", "${file:/run/secrets/sso-password}"]))]
        optional password: Text,
        /// With `grant: refresh_token`: the first refresh token, a secret. Those that come with tokens
        /// take its place as long as they are accepted.
        #[schema(examples(["${SSO_REFRESH_TOKEN}", "${file:/run/secrets/sso-refresh-token}"]))]
        optional refresh_token: Text,
        /// What the token is to allow: words with spaces between them.
        #[schema(examples(["subscribers.write", "read write"]))]
        optional scope: Text,
        /// For whom the token is to be, where the server wants to be told.
        #[schema(examples(["https://hss.example/api"]))]
        optional audience: Text,
        /// How `client_id` and `client_secret` are sent: by HTTP Basic, or in the body.
        #[schema(words(&ClientAuth::NAMES, ClientAuth::meaning), default("basic"))]
        optional client_auth: Text,
        /// With `grant: jwt_bearer`: what is asserted, and the key that signs it.
        #[schema(examples([json!({
            "issuer": "nsps@project.example",
            "key_file": "/run/secrets/sso-key.pem",
            "algorithm": "RS256",
        })]))]
        optional assertion: Assertion,
    }
}

document! {
    /// A signed assertion (RFC 7523), as service accounts use it.
    Assertion is "`assertion`" {
        /// Who asserts (`iss`): the service account, say.
        #[schema(examples(["nsps@project.example"]))]
        required issuer: Text,
        /// On whose behalf (`sub`); the issuer itself unless told.
        #[schema(examples(["admin@example.com"]))]
        optional subject: Text,
        /// For whom it is (`aud`); the `token_url` unless told.
        #[schema(examples(["https://sso.example"]))]
        optional audience: Text,
        /// The file with the private key in PEM form, or for HS256 with the text that both sides know.
        #[schema(examples(["/run/secrets/sso-key.pem", "${SSO_KEY_FILE}"]))]
        required key_file: Text,
        /// The name of the key (`kid`), where the issuer has several.
        #[schema(examples(["key_1"]))]
        optional key_id: Text,
        /// How it is signed.
        #[schema(words(&Algorithm::NAMES, algorithm), default("RS256"))]
        optional algorithm: Text,
    }
}

fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rs256 => "with an RSA key of 2048 bits or more",
        Algorithm::Es256 => "with an EC key on the curve P-256",
        Algorithm::Hs256 => "with a text of 32 bytes or more that both sides know",
    }
}

/// How a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    ClientCredentials,
    Password,
    RefreshToken,
    JwtBearer,
}

impl Grant {
    pub const NAMES: [(&'static str, Self); 4] = [
        ("client_credentials", Self::ClientCredentials),
        ("password", Self::Password),
        ("refresh_token", Self::RefreshToken),
        ("jwt_bearer", Self::JwtBearer),
    ];

    /// Keys that say who asks, and the one grant that each belongs to.
    pub const KEYS: [(&'static str, Self); 4] = [
        ("username", Self::Password),
        ("password", Self::Password),
        ("refresh_token", Self::RefreshToken),
        ("assertion", Self::JwtBearer),
    ];

    /// Keys without which it does not work.
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Self::ClientCredentials => &["client_id", "client_secret"],
            Self::Password => &["username", "password"],
            Self::RefreshToken => &["refresh_token"],
            Self::JwtBearer => &["assertion"],
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::ClientCredentials => {
                "the client's own token: with `client_id` and `client_secret`"
            }
            Self::Password => "a user's token: with `username` and `password`",
            Self::RefreshToken => "from a token that was given out once: with `refresh_token`",
            Self::JwtBearer => "for a signed assertion (RFC 7523): with `assertion`",
        }
    }
}

/// How a client proves who it is (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    Basic,
    Body,
}

impl ClientAuth {
    pub const NAMES: [(&'static str, Self); 2] = [("basic", Self::Basic), ("body", Self::Body)];

    fn meaning(self) -> &'static str {
        match self {
            Self::Basic => "as the header `authorization: Basic …`",
            Self::Body => "as fields of the form",
        }
    }
}

/// What each grant needs, and what belongs to others.
fn keys_of_grants(schema: Schema) -> Schema {
    Grant::NAMES.iter().fold(schema, |schema, (name, grant)| {
        let message = format!("`grant: {name}` needs {}", listed(grant.needs()));
        let foreign = Grant::KEYS.iter().filter(|(_, owner)| owner != grant);
        let foreign: Vec<&str> = foreign.map(|(key, _)| *key).collect();
        let condition =
            json!({ "properties": { "grant": { "const": name } }, "required": ["grant"] });
        let required = json!({ "required": grant.needs(), "errorMessage": message });
        let others = format!("this belongs to another grant than `{name}`");
        schema
            .where_then(condition.clone(), required)
            .where_then(condition, refused(&foreign, &others))
    })
}

document! {
    /// How requests prove who sends them: exactly one of the kinds.
    #[schema(
        title("Authentication"),
        exactly_one_key(),
        examples([json!({ "bearer": { "token": "${HSS_TOKEN}" } })]),
    )]
    AuthKinds is "`auth`" {
        /// User name and password (RFC 7617).
        optional basic: Basic,
        /// A token that does not change (RFC 6750).
        optional bearer: Bearer,
        /// A key in a header or a query parameter of its own.
        optional api_key: ApiKey,
        /// A token of OAuth 2.0.
        optional oauth2: Oauth2,
        /// A log-in made of steps, whose values requests carry: a token in a header of its own, a
        /// session id in a SOAP header, an address that comes with the log-in.
        optional session: Session,
    }
}

/// How requests prove who sends them.
#[derive(Debug, Clone)]
pub enum Auth {
    Basic(Basic),
    Bearer(Bearer),
    ApiKey(ApiKey),
    Oauth2(Box<Oauth2>),
    Session(Box<Session>),
}

impl Decode for Auth {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let kinds = AuthKinds::decode(node, reader)?;
        let known = ["basic", "bearer", "api_key", "oauth2", "session"];
        let entries = node.as_mapping().unwrap_or_default();
        let given: Vec<&str> =
            known.into_iter().filter(|kind| entries.iter().any(|e| e.key.text == *kind)).collect();
        if given.len() > 1 || entries.is_empty() {
            let found = if given.is_empty() { "none".to_owned() } else { given.join(" and ") };
            let message = format!("`auth` takes exactly one kind of credential, and has {found}");
            let help = "give one of `basic`, `bearer`, `api_key`, `oauth2` and `session`, or leave `auth` out";
            reader.error("conflicting-keys", kinds.span, message, help);
            return None;
        }
        let given = [
            kinds.basic.map(Self::Basic),
            kinds.bearer.map(Self::Bearer),
            kinds.api_key.map(Self::ApiKey),
            kinds.oauth2.map(|oauth2| Self::Oauth2(Box::new(oauth2))),
            kinds.session.map(|session| Self::Session(Box::new(session))),
        ];
        given.into_iter().flatten().next()
    }
}

impl Describe for Auth {
    fn schema(definitions: &mut Definitions) -> Schema {
        definitions.refer("Auth", AuthKinds::object)
    }
}
