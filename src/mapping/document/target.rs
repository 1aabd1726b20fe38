//! `targets`: external systems and how they want to be called.

use super::decode::{Anything, Decode, Each, Flag, Named, Period, Reader, Scalar, Text, document};
use super::responses::ResponseEntry;
use crate::mapping::yaml::Node;

document! {
    /// One external system.
    Target is "a target" {
        /// Absolute base URL; a path is allowed.
        expected url: Text,
        /// How requests prove who sends them.
        optional auth: Auth,
        /// Sent with every request.
        optional headers: Named<Anything>,
        /// The longest that one try may take, connection included.
        optional timeout: Period,
        optional connect_timeout: Period,
        /// How long an idle connection is kept.
        optional idle_timeout: Period,
        optional retry: Retry,
        /// What answers mean; read after a step's own table.
        optional responses: Each<ResponseEntry>,
    }
}

document! {
    /// When and how often a request is sent again.
    Retry is "`retry`" {
        /// Tries in all.
        optional attempts: Scalar,
        /// Upper bound of the first wait.
        optional backoff: Period,
        /// Upper bound of every wait.
        optional max_backoff: Period,
        /// Whether a POST or PATCH that may have reached the target is sent again.
        optional unsafe_: Flag,
    }
}

document! {
    /// User name and password (RFC 7617).
    Basic is "`basic`" {
        required username: Text,
        required password: Text,
    }
}

document! {
    /// A fixed token (RFC 6750).
    Bearer is "`bearer`" {
        required token: Text,
    }
}

document! {
    /// A key in a header or a query parameter of its own.
    ApiKey is "`api_key`" {
        optional header: Text,
        optional query: Text,
        required value: Text,
    }
}

document! {
    /// Each kind of credential that a target may have; exactly one of them.
    AuthKinds is "`auth`" {
        optional basic: Basic,
        optional bearer: Bearer,
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
