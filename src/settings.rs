//! Flags and environment to typed [`Settings`], all mistakes at once.

mod args;
mod environment;
mod fault;
mod reader;
mod tls;
mod tokens;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use args::{Secret, ServeArgs};
pub use environment::Environment;
pub use fault::SettingFault;
pub use tls::TlsFiles;
pub use tokens::{TokenSource, token_warnings};

use crate::program::Rate;
use crate::telemetry::log::Level;
use reader::{Reader, Setting};

/// How much of subscribers' identifiers the log may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogIdentifiers {
    /// As they are.
    Full,
    /// The first five and the last two digits.
    Masked,
    /// Nothing of them.
    Off,
}

/// What `serve` runs with; every value is in its range.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the tokens that NSPS may show come from. It has been read once, successfully.
    pub tokens: TokenSource,
    /// Where events are accepted; port 0 lets the system choose one.
    pub listen: SocketAddr,
    /// What HTTPS is served with; without it, HTTP is. It has been read once, successfully.
    pub tls: Option<TlsFiles>,
    /// Directory of mapping files.
    pub mappings: PathBuf,
    /// Paths that accept events: at least one, each begins with `/`, none ends with it but `/`.
    pub event_paths: Vec<String>,
    /// The longest that an event may take, retries included; more than zero.
    pub event_deadline: Duration,
    /// Largest accepted request body, in bytes; more than zero.
    pub max_body: usize,
    /// Events at once; more than zero.
    pub max_in_flight: usize,
    /// Bytes of event bodies at once; at least `max_body`.
    pub max_in_flight_bytes: usize,
    /// Events in so much time; without it, as many as come.
    pub rate_limit: Option<Rate>,
    /// How long events are still accepted after a signal to end.
    pub shutdown_delay: Duration,
    /// How long events in flight may then take to finish.
    pub shutdown_grace: Duration,
    pub log_level: Level,
    pub log_identifiers: LogIdentifiers,
    /// Threads of the engine; more than zero.
    pub workers: usize,
    /// Whether a change in `mappings` reloads them.
    pub watch: bool,
    /// Whether mappings may serve only if their tests pass.
    pub test_on_reload: bool,
    /// What is allowed and probably not meant, in words for the log.
    pub warnings: Vec<String>,
}

/// What of the settings a single event meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// The longest that it may take, retries included; more than zero.
    pub deadline: Duration,
    /// Its largest size, in bytes; more than zero.
    pub max_body: usize,
}

const LISTEN: Setting = Setting::new("--listen", "LISTEN", "0.0.0.0:8080");
const PORT: Setting = Setting::new("--port", "PORT", "8080");
const MAPPINGS: Setting = Setting::new("--mappings", "MAPPINGS", "./mappings");
const EVENT_PATHS: Setting =
    Setting::new("--event-paths", "EVENT_PATHS", "/,/process-event,/api/events");
const EVENT_DEADLINE: Setting = Setting::new("--event-deadline", "EVENT_DEADLINE", "25s");
const MAX_BODY: Setting = Setting::new("--max-body", "MAX_BODY", "4MiB");
const MAX_IN_FLIGHT: Setting = Setting::new("--max-in-flight", "MAX_IN_FLIGHT", "1024");
const MAX_IN_FLIGHT_BYTES: Setting =
    Setting::new("--max-in-flight-bytes", "MAX_IN_FLIGHT_BYTES", "64MiB");
const RATE_LIMIT: Setting = Setting::new("--rate-limit", "RATE_LIMIT", "off");
const SHUTDOWN_DELAY: Setting = Setting::new("--shutdown-delay", "SHUTDOWN_DELAY", "5s");
const SHUTDOWN_GRACE: Setting = Setting::new("--shutdown-grace", "SHUTDOWN_GRACE", "30s");
const LOG_LEVEL: Setting = Setting::new("--log-level", "LOG_LEVEL", "info");
const LOG_IDENTIFIERS: Setting = Setting::new("--log-identifiers", "LOG_IDENTIFIERS", "masked");
const TEST_ON_RELOAD: Setting = Setting::new("--test-on-reload", "TEST_ON_RELOAD", "false");
const WORKERS: Setting = Setting::new("--workers", "WORKERS", "cores");

impl Settings {
    /// Reads every setting: the flag if it is given, else the variable, else the default. An empty
    /// variable counts as not set. Every mistake is reported, not the first alone.
    pub fn read(
        args: &ServeArgs,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<SettingFault>> {
        let mut reader = Reader::new(&env);
        let tokens = reader.tokens(args);
        let listen = reader.listen(args);
        let tls = reader.tls(args);
        let mappings = reader.value(&MAPPINGS, &args.mappings, values::directory);
        let event_paths = reader.value(&EVENT_PATHS, &args.event_paths, values::event_paths);
        let event_deadline = reader.value(&EVENT_DEADLINE, &args.event_deadline, values::wait);
        let max_body = reader.value(&MAX_BODY, &args.max_body, values::size);
        let max_in_flight = reader.value(&MAX_IN_FLIGHT, &args.max_in_flight, values::count);
        let max_in_flight_bytes =
            reader.value(&MAX_IN_FLIGHT_BYTES, &args.max_in_flight_bytes, values::size);
        let rate_limit = reader.value(&RATE_LIMIT, &args.rate_limit, values::rate);
        let shutdown_delay = reader.value(&SHUTDOWN_DELAY, &args.shutdown_delay, values::pause);
        let shutdown_grace = reader.value(&SHUTDOWN_GRACE, &args.shutdown_grace, values::pause);
        let log_level = reader.value(&LOG_LEVEL, &args.log_level, values::level);
        let log_identifiers =
            reader.value(&LOG_IDENTIFIERS, &args.log_identifiers, values::identifiers);
        let workers = reader.value(&WORKERS, &args.workers, values::workers);

        let test_on_reload = args.test_on_reload.then(|| "true".to_owned());
        let test_on_reload = reader.value(&TEST_ON_RELOAD, &test_on_reload, values::truth);

        reader.check_room(args, max_body, max_in_flight_bytes);
        reader.check_grace(args, event_deadline, shutdown_grace);
        let (faults, warnings) = reader.finish();

        // A value that is missing here has its fault in the list.
        let settings = || {
            Some(Self {
                tokens: tokens?,
                listen: listen?,
                tls: tls?,
                mappings: mappings?,
                event_paths: event_paths?,
                event_deadline: event_deadline?,
                max_body: max_body?,
                max_in_flight: max_in_flight?,
                max_in_flight_bytes: max_in_flight_bytes?,
                rate_limit: rate_limit?,
                shutdown_delay: shutdown_delay?,
                shutdown_grace: shutdown_grace?,
                log_level: log_level?,
                log_identifiers: log_identifiers?,
                workers: workers?,
                watch: args.watch,
                test_on_reload: test_on_reload?,
                warnings,
            })
        };
        if faults.is_empty() { settings().ok_or(faults) } else { Err(faults) }
    }

    /// Reads how to reach the connector, for those who only call it: its address, and whether by
    /// HTTPS.
    pub fn read_listen(
        args: &ServeArgs,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<(SocketAddr, bool), Vec<SettingFault>> {
        let mut reader = Reader::new(&env);
        let (listen, secure) = (reader.listen(args), reader.has_tls(args));
        listen.map(|listen| (listen, secure)).ok_or_else(|| reader.finish().0)
    }

    /// Reads what a single event meets, from the environment, for those who only look at one.
    pub fn read_event_limits(
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<EventLimits, Vec<SettingFault>> {
        let mut reader = Reader::new(&env);
        let deadline = reader.value(&EVENT_DEADLINE, &None, values::wait);
        let max_body = reader.value(&MAX_BODY, &None, values::size);
        let limits = deadline.zip(max_body);
        let limits = limits.map(|(deadline, max_body)| EventLimits { deadline, max_body });
        limits.ok_or_else(|| reader.finish().0)
    }
}

#[cfg(test)]
mod tests;
