//! `targets`: external systems and how they want to be called.

use serde_json::json;

use super::auth::Auth;
use super::decode::{Anything, Each, Flag, Named, Period, Scalar, Text, document};
use super::limits::{BreakerSetting, Limits};
use super::responses::ResponseEntry;
use super::schema::{Schema, form};
use super::tls::Tls;
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
        /// Headers that are sent with every request, by name; those of a session and of a step win over
        /// one of the same name. Values are templates. Headers that frame a message, such as `host` and
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
        /// How much the target is asked: so many requests at once, so many in a second. Without it
        /// there is no limit.
        optional limits: Limits,
        /// When the target is left alone because it fails; `off` for never.
        #[schema(examples([json!("off")]))]
        optional breaker: BreakerSetting,
        /// What answers mean: a table of which the first entry whose `when` holds decides. It is
        /// read after the step's own table, and before what is usual: 2xx is `ok`; 408, 425, 429,
        /// 500, 502, 503, 504, a time-out and no connection are `retry`; 401, 403 and 407 are `login`
        /// where `auth` has a log-in; anything else is `fail`.
        #[schema(examples([json!([{ "when": { "status": 404 }, "then": "stop" }])]))]
        optional responses: Each<ResponseEntry>,
        /// Whether cookies that the target sets are kept and sent to it (RFC 6265). With `auth: session`
        /// each session has its own, those of its log-in included.
        #[schema(default(false))]
        optional cookies: Flag,
        /// Whom to trust and who we are, where the URL is `https`. Without it, whoever the system trusts
        /// is trusted.
        optional tls: Tls,
        /// The HTTP proxy by which requests go. Variables of the environment such as `HTTPS_PROXY` are
        /// not looked at.
        #[schema(
            form(&form::PROXY_URL),
            examples(["http://proxy.example:3128", "${HSS_PROXY}"]),
        )]
        optional proxy: Text,
        /// Hosts that a saved value may lead to when it stands alone as the URL of a request, besides the
        /// target's own origin. Requests to them carry the same credentials.
        #[schema(
            keyword("items", Schema::of(&["string"]).form(&form::HOST)),
            examples([json!(["node-1.hss.example", "10.0.0.7:8443", "[2001:db8::7]:8443"])]),
        )]
        optional allow_hosts: Each<Text>,
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
