//! `auth`: how requests to a target prove who sends them.

use serde_json::json;

use super::decode::{Anything, Decode, Each, Given, Named, Reader, Text, document};
use super::rule::Step;
use super::schema::{Definitions, Describe, Schema, form};
use crate::mapping::yaml::Node;

document! {
    /// User name and password (RFC 7617), as the header `authorization: Basic …`.
    #[schema(title("Basic authentication"))]
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
    #[schema(title("Bearer token"))]
    Bearer is "`bearer`" {
        /// The token: a secret, so take it from the environment or a file.
        #[schema(examples(["${HSS_TOKEN}", "${file:/run/secrets/hss-token}"]))]
        required token: Text,
    }
}

document! {
    /// A key in a header or a query parameter of its own.
    #[schema(title("API key"), exactly_one(&["header", "query"]))]
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
    #[schema(title("Session"))]
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
    /// How requests prove who sends them: exactly one of the kinds.
    #[schema(title("Authentication"), exactly_one_key())]
    AuthKinds is "`auth`" {
        /// User name and password (RFC 7617).
        #[schema(examples([json!({ "username": "${HSS_USER}", "password": "${HSS_PASSWORD}" })]))]
        optional basic: Basic,
        /// A token that does not change (RFC 6750).
        #[schema(examples([json!({ "token": "${HSS_TOKEN}" })]))]
        optional bearer: Bearer,
        /// A key in a header or a query parameter of its own.
        #[schema(examples([
            json!({ "header": "X-API-Key", "value": "${CRM_KEY}" }),
            json!({ "query": "token", "value": "${CRM_KEY}" }),
        ]))]
        optional api_key: ApiKey,
        /// A log-in made of steps, whose values requests carry: a token in a header of its own, a
        /// session id in a SOAP header, an address that comes with the log-in.
        #[schema(examples([json!({
            "login": [{
                "request": "POST /login",
                "json": { "username": "${HSS_USER}", "password": "${HSS_PASSWORD}" },
                "save": { "token": "$.token" },
            }],
            "headers": { "Token": "{{session.token}}" },
        })]))]
        optional session: Session,
    }
}

/// How requests prove who sends them.
#[derive(Debug, Clone)]
pub enum Auth {
    Basic(Basic),
    Bearer(Bearer),
    ApiKey(ApiKey),
    Session(Box<Session>),
}

impl Decode for Auth {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let kinds = AuthKinds::decode(node, reader)?;
        let known = ["basic", "bearer", "api_key", "session"];
        let entries = node.as_mapping().unwrap_or_default();
        let given: Vec<&str> =
            known.into_iter().filter(|kind| entries.iter().any(|e| e.key.text == *kind)).collect();
        if given.len() > 1 || entries.is_empty() {
            let found = if given.is_empty() { "none".to_owned() } else { given.join(" and ") };
            let message = format!("`auth` takes exactly one kind of credential, and has {found}");
            let help =
                "give one of `basic`, `bearer`, `api_key` and `session`, or leave `auth` out";
            reader.error("conflicting-keys", kinds.span, message, help);
            return None;
        }
        let given = [
            kinds.basic.map(Self::Basic),
            kinds.bearer.map(Self::Bearer),
            kinds.api_key.map(Self::ApiKey),
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
