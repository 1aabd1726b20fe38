//! An external system, and how it wants to be called.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::{Login, ResponseEntry, Route, Then};
use crate::expr::body::Shape;

/// An external system.
#[derive(Debug)]
pub struct Target {
    pub name: Arc<str>,
    /// Absolute, without a trailing slash.
    pub url: Arc<str>,
    pub auth: Auth,
    /// Sent with every request; names are lower-case.
    pub headers: Vec<(Arc<str>, Shape)>,
    /// The longest that one try may take, connection included.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    pub retry: Retry,
    pub limits: Limits,
    /// When it is left alone because it fails; never where there is none.
    pub breaker: Option<Breaker>,
    pub responses: Vec<ResponseEntry>,
    /// Whether cookies are kept, with the session where there is one.
    pub cookies: bool,
    /// The way to it: TLS, a proxy, other hosts.
    pub route: Route,
    /// SHA-256 of the definition with its environment values: targets that are defined identically,
    /// in whichever file and generation, share what stands behind them.
    pub fingerprint: [u8; 32],
}

impl Target {
    /// A target with nothing but a URL, and defaults.
    pub fn plain(name: &str, url: &str) -> Self {
        Self {
            name: Arc::from(name),
            url: Arc::from(url.trim_end_matches('/')),
            auth: Auth::None,
            headers: Vec::new(),
            timeout: Self::TIMEOUT,
            connect_timeout: Self::CONNECT_TIMEOUT,
            idle_timeout: Self::IDLE_TIMEOUT,
            retry: Retry::default(),
            limits: Limits::default(),
            breaker: Some(Breaker::default()),
            responses: Vec::new(),
            cookies: false,
            route: Route::default(),
            fingerprint: [0; 32],
        }
    }

    /// What an answer of this status means where no entry of a table holds.
    pub fn by_default(&self, status: u16) -> Then {
        match Then::by_default(status) {
            Then::Fail if matches!(status, 401 | 403 | 407) && self.auth.login().is_some() => {
                Then::Login
            }
            then => then,
        }
    }

    pub const TIMEOUT: Duration = Duration::from_secs(10);
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
    /// Short, so that a target's own closing rarely meets a request.
    pub const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
}

/// How a request proves who sends it.
#[derive(Debug)]
pub enum Auth {
    None,
    /// A complete `authorization` header: basic (RFC 7617) or bearer (RFC 6750).
    Authorization(Arc<str>),
    ApiKey {
        place: ApiKeyPlace,
        value: Arc<str>,
    },
    /// By a session that is begun when it is first needed, and renewed.
    Login(Box<Login>),
}

impl Auth {
    /// The log-in, where there is one.
    pub fn login(&self) -> Option<&Login> {
        match self {
            Self::Login(login) => Some(login),
            Self::None | Self::Authorization(_) | Self::ApiKey { .. } => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiKeyPlace {
    /// Its name, lower-case.
    Header(Arc<str>),
    Query(Arc<str>),
}

/// When and how often a request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, at least 1.
    pub attempts: u32,
    /// Upper bound of the first wait; doubles with every try.
    pub backoff: Duration,
    pub max_backoff: Duration,
    /// Whether a POST or PATCH that may have reached the target is sent again.
    pub unsafe_methods: bool,
}

impl Retry {
    /// How many tries an author can ask for.
    pub const ATTEMPTS: RangeInclusive<u32> = 1..=100;
}

/// The keys of a `retry` that are written; the others stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetryKeys {
    pub attempts: Option<u32>,
    pub backoff: Option<Duration>,
    pub max_backoff: Option<Duration>,
    pub unsafe_methods: Option<bool>,
}

impl RetryKeys {
    /// What holds where `base` held without them.
    pub fn over(self, base: Retry) -> Retry {
        Retry {
            attempts: self.attempts.unwrap_or(base.attempts),
            backoff: self.backoff.unwrap_or(base.backoff),
            max_backoff: self.max_backoff.unwrap_or(base.max_backoff),
            unsafe_methods: self.unsafe_methods.unwrap_or(base.unsafe_methods),
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            unsafe_methods: false,
        }
    }
}

/// How much a target is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Most requests at once, at least 1.
    pub concurrency: Option<u32>,
    pub rate: Option<Rate>,
}

impl Limits {
    /// How many requests at once an author can allow.
    pub const CONCURRENCY: RangeInclusive<u32> = 1..=10_000;
}

/// So many requests in so much time, spread evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub count: u32,
    pub per: Duration,
}

impl Rate {
    /// How many requests an author can allow.
    pub const COUNT: RangeInclusive<u32> = 1..=1_000_000;
    /// What a rate is given in.
    pub const UNITS: [(&'static str, Duration); 2] =
        [("s", Duration::from_secs(1)), ("m", Duration::from_secs(60))];

    /// `100/s` or `600/m`, with blanks where somebody may put them.
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once('/')?;
        let count = count.trim();
        let digits = count.bytes().all(|byte| byte.is_ascii_digit());
        let count = count.parse().ok().filter(|count| digits && Self::COUNT.contains(count))?;
        let (_, per) = Self::UNITS.into_iter().find(|(name, _)| *name == unit.trim())?;
        Some(Self { count, per })
    }

    /// How many come in a second, at least 1.
    pub fn in_a_second(self) -> u32 {
        let seconds = u32::try_from(self.per.as_secs()).unwrap_or(u32::MAX);
        (self.count / seconds.max(1)).max(1)
    }

    /// From one request to the next.
    pub fn interval(self) -> Duration {
        self.per / self.count.max(1)
    }

    /// How many requests may be sent at once when none was for a while: what comes in a twentieth of a
    /// second, and at least 1. Less than a few could not be kept up by timers, which count in
    /// milliseconds.
    pub fn burst(self) -> u32 {
        let burst = Duration::from_millis(50).as_nanos() / self.interval().as_nanos().max(1);
        u32::try_from(burst).unwrap_or(u32::MAX).max(1)
    }
}

/// As [`Rate::parse`] reads it.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = Self::UNITS.into_iter().find(|(_, per)| *per == self.per);
        match unit {
            Some((unit, _)) => write!(f, "{}/{unit}", self.count),
            None => write!(f, "{} in {:?}", self.count, self.per),
        }
    }
}

/// When a target is left alone because it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// So many tries in a row, at least 1.
    pub failures: u32,
    /// For how long; then one try shows whether it still fails.
    pub open_for: Duration,
}

impl Breaker {
    /// How many failures in a row an author can allow.
    pub const FAILURES: RangeInclusive<u32> = 1..=10_000;
    /// In place of a breaker: none.
    pub const OFF: &'static str = "off";
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 10, open_for: Duration::from_secs(15) }
    }
}

/// An HTTP method token (RFC 9110, section 9), upper-case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method(Arc<str>);

/// The methods that mappings may use: those of RFC 9110 that make sense for a client, and PATCH
/// (RFC 5789).
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

impl Method {
    /// One of [`METHODS`].
    pub fn parse(text: &str) -> Option<Self> {
        METHODS.contains(&text).then(|| Self(Arc::from(text)))
    }

    pub fn as_str(&self) -> &Arc<str> {
        &self.0
    }

    /// Whether sending it twice is not the same as sending it once (RFC 9110, section 9.2.2).
    pub fn is_unsafe_to_repeat(&self) -> bool {
        matches!(&*self.0, "POST" | "PATCH")
    }
}
