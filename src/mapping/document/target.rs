//! `targets`: external systems and how they want to be called.

use super::decode::{Anything, Decode, Flag, Named, Reader, Scalar, Text, document};
use super::responses::ResponseEntry;
use crate::mapping::yaml::Node;

document! {
    /// One external system.
    Target is "a target" {
        /// Absolute base URL; a path is allowed.
        required url: Text,
        /// How requests prove who sends them.
        optional auth: Auth,
        /// Sent with every request.
        optional headers: Named<Anything>,
        /// The longest that one try may take, connection included.
        optional timeout: Text,
        optional connect_timeout: Text,
        /// How long an idle connection is kept.
        optional idle_timeout: Text,
        optional retry: Retry,
        /// What answers mean; read after a step's own table.
        optional responses: Vec<ResponseEntry>,
    }
}

document! {
    /// When and how often a request is sent again.
    Retry is "`retry`" {
        /// Tries in all.
        optional attempts: Scalar,
        /// Upper bound of the first wait.
        optional backoff: Text,
        /// Upper bound of every wait.
        optional max_backoff: Text,
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
        let given = node.as_mapping().map_or(0, <[_]>::len);
        if given != 1 {
            let message = format!("`auth` takes exactly one kind of credential, here are {given}");
            let help = "the kinds are: basic, bearer, api_key";
            reader.error("conflicting-keys", kinds.span, message, help);
            return None;
        }
        let basic = kinds.basic.map(Self::Basic);
        basic.or(kinds.bearer.map(Self::Bearer)).or(kinds.api_key.map(Self::ApiKey))
    }
}
