//! `targets`: external systems and how they want to be called.

use serde_json::json;

use super::decode::{Anything, Decode, Each, Flag, Named, Period, Reader, Scalar, Text, document};
use super::responses::ResponseEntry;
use super::schema::{Definitions, Describe, Schema, form};
use crate::mapping::yaml::Node;
use crate::program;
use crate::units;

document! {
    /// One external system: where it is, how requests prove who sends them, and what its answers
    /// mean.
    #[schema(examples([json!({ "url": "${HSS_URL}", "auth": { "bearer": { "token": "${HSS_TOKEN}" } } })]))]
    Target is "a target" {
        /// Base URL, `http` or `https`. A path is allowed and stands before that of each request; a
        /// query and credentials are not.
        #[schema(
            form(&form::BASE_URL),
            examples(["https://hss.example/api", "${HSS_URL}"]),
        )]
        expected url: Text,
        /// How requests prove who sends them: exactly one of the kinds. Without it they do not.
        optional auth: Auth,
        /// Headers that are sent with every request, by name; a step's header of the same name
        /// wins. Values are templates. Headers that frame a message, such as `host` and
        /// `content-length`, cannot be set.
        #[schema(
            names(&form::HEADER_NAME),
            values(Schema::scalar()),
            examples([json!({ "X-Client": "nsps" })]),
        )]
        optional headers: Named<Anything>,
        /// The longest that one try of a request may take, connection included: whole numbers with
        /// units, such as `10s`. A step may have another.
        #[schema(
            default(units::text_of(program::Target::TIMEOUT)),
            examples(["5s", "1m30s"]),
        )]
        optional timeout: Period,
        /// The longest that connecting may take, as part of `timeout`.
        #[schema(
            default(units::text_of(program::Target::CONNECT_TIMEOUT)),
            examples(["500ms"]),
        )]
        optional connect_timeout: Period,
        /// How long a connection is kept open while nothing is sent. Less than the target's own
        /// limit, so that its closing does not meet a request.
        #[schema(
            default(units::text_of(program::Target::IDLE_TIMEOUT)),
            examples(["30s"]),
        )]
        optional idle_timeout: Period,
        /// When and how often a request is sent again that failed for a reason that may pass.
        optional retry: Retry,
        /// What answers mean: a table of which the first entry whose `when` holds decides. It is
        /// read after the step's own table, and before what is usual: 2xx is `ok`; 408, 425, 429,
        /// 500, 502, 503, 504, a time-out and no connection are `retry`; anything else is `fail`.
        #[schema(examples([json!([{ "when": { "status": 404 }, "then": "stop" }])]))]
        optional responses: Each<ResponseEntry>,
    }
}

document! {
    /// When and how often a request is sent again that failed for a reason that may pass. Between
    /// tries there is a random wait, at most `backoff` long before the second try, twice as long
    /// before the third, and so on up to `max_backoff`. `Retry-After` is honoured up to four times
    /// `max_backoff`.
    #[schema(examples([json!({ "attempts": 4, "backoff": "500ms" })]))]
    Retry is "`retry`" {
        /// Tries in all: 1 means that nothing is sent twice.
        #[schema(
            whole_number(*program::Retry::ATTEMPTS.start(), *program::Retry::ATTEMPTS.end()),
            default(program::Retry::default().attempts),
        )]
        optional attempts: Scalar,
        /// The longest wait before the second try; it doubles with every try.
        #[schema(
            default(units::text_of(program::Retry::default().backoff)),
            examples(["500ms"]),
        )]
        optional backoff: Period,
        /// The longest wait before any try.
        #[schema(
            default(units::text_of(program::Retry::default().max_backoff)),
            examples(["10s"]),
        )]
        optional max_backoff: Period,
        /// Whether a POST or PATCH is sent again that may have reached the target: one that got no
        /// answer, 408 or a 5xx. Set it where the target takes a repetition for what it is.
        #[schema(default(program::Retry::default().unsafe_methods))]
        optional unsafe_: Flag,
    }
}

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
    }
}

/// How requests prove who sends them.
#[derive(Debug, Clone)]
pub enum Auth {
    Basic(Basic),
    Bearer(Bearer),
    ApiKey(ApiKey),
}

impl Decode for Auth {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let kinds = AuthKinds::decode(node, reader)?;
        let known = ["basic", "bearer", "api_key"];
        let entries = node.as_mapping().unwrap_or_default();
        let given: Vec<&str> =
            known.into_iter().filter(|kind| entries.iter().any(|e| e.key.text == *kind)).collect();
        if given.len() > 1 || entries.is_empty() {
            let found = if given.is_empty() { "none".to_owned() } else { given.join(" and ") };
            let message = format!("`auth` takes exactly one kind of credential, and has {found}");
            let help = "give one of `basic`, `bearer` and `api_key`, or leave `auth` out";
            reader.error("conflicting-keys", kinds.span, message, help);
            return None;
        }
        let basic = kinds.basic.map(Self::Basic);
        basic.or(kinds.bearer.map(Self::Bearer)).or(kinds.api_key.map(Self::ApiKey))
    }
}

impl Describe for Auth {
    fn schema(definitions: &mut Definitions) -> Schema {
        definitions.refer("Auth", AuthKinds::object)
    }
}
