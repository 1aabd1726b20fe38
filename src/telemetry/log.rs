//! The log: one JSON object a line.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

pub use super::field::Field;
use super::mask::{IdentifierMode, Identifiers};
use super::record::Entry;
pub use super::sink::LogGuard;
use super::sink::{Shared, Sink};
use super::vault::Vault;
use arc_swap::ArcSwapOption;
use jiff::Timestamp;

/// Severity, most severe first: the setting `LOG_LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    Error,
    Warning,
    #[default]
    Info,
    Debug,
}

impl Level {
    /// As records and the setting have it, e.g. `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Error, Self::Warning, Self::Info, Self::Debug]
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| format!("`{name}` is not one of `error`, `warning`, `info`, `debug`"))
    }
}

/// Named values of one record, in order. A field that is called `timestamp`, `level`, `message`,
/// `logger`, or like a field that the subject has, is left out; of fields with one name the last
/// is written.
pub type Fields = Vec<(&'static str, Field)>;

/// How long something took, in milliseconds with three digits after the point.
pub fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

/// Builds [`Fields`]: `fields! { "status" => 200, "url" => url }`.
#[macro_export]
macro_rules! fields {
    ($($name:literal => $value:expr),* $(,)?) => {
        vec![$(($name, $crate::telemetry::log::Field::from($value))),*]
    };
}

/// Whose records these are; `None` leaves the field out.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    pub request_id: Option<Arc<str>>,
    pub unique_id: Option<Arc<str>>,
    pub event_id: Option<Arc<str>>,
    pub event_type: Option<Arc<str>>,
    /// What must be masked in every record about this event.
    pub identifiers: Identifiers,
}

impl Subject {
    /// Those that are known, by the names of their fields.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("request_id", &self.request_id),
            ("unique_id", &self.unique_id),
            ("event_id", &self.event_id),
            ("event_type", &self.event_type),
        ]
        .into_iter()
        .filter_map(|(name, id)| Some((name, id.as_deref()?)))
    }
}

/// What a log is started with.
pub struct Options {
    /// Less severe records are not written.
    pub level: Level,
    pub identifiers: IdentifierMode,
    /// What is masked in every record.
    pub vault: Arc<Vault>,
    pub output: Box<dyn Write + Send>,
}

/// Standard output, and the defaults of the settings.
impl Default for Options {
    fn default() -> Self {
        Self {
            level: Level::default(),
            identifiers: IdentifierMode::default(),
            vault: Arc::default(),
            output: Box::new(io::stdout()),
        }
    }
}

/// Starts a log and its thread. Dropping the guard ends it, after what was recorded is written.
///
/// # Panics
///
/// If the operating system has no thread to give.
pub fn start(options: Options) -> (Log, LogGuard) {
    let shared = Arc::new(Shared::new(options.identifiers, options.vault));
    let (sink, guard) = Sink::new(options.output, Arc::clone(&shared));
    let core = Core { level: options.level, sink, shared };
    (Log { core: Some(Arc::new(core)), subject: None }, guard)
}

/// A handle on the log; cheap to clone. Recording never blocks and never fails.
#[derive(Clone, Default)]
pub struct Log {
    /// None of a log that discards everything.
    core: Option<Arc<Core>>,
    subject: Option<Arc<Subject>>,
}

struct Core {
    level: Level,
    sink: Sink,
    shared: Arc<Shared>,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Log {
    /// A log that nobody reads.
    pub fn discard() -> Log {
        Log::default()
    }

    /// The same log, with the subject's fields in every record.
    pub fn about(&self, subject: Subject) -> Log {
        Log { core: self.core.clone(), subject: Some(Arc::new(subject)) }
    }

    /// Whether records of that level are written: ask before making fields that are dear.
    pub fn is_enabled(&self, level: Level) -> bool {
        self.core.as_ref().is_some_and(|core| level <= core.level)
    }

    /// What is masked in every record of this log, whoever has a handle on it; also in those that
    /// are recorded and not yet written. A log that nobody reads has none: another one each time.
    pub fn vault(&self) -> Arc<Vault> {
        self.core.as_ref().map_or_else(Arc::default, |core| Arc::clone(&core.shared.vault))
    }

    /// Records lost since the start, because too many were waiting or the output failed.
    pub fn dropped(&self) -> u64 {
        self.core.as_ref().map_or(0, |core| core.shared.dropped())
    }

    /// Makes records of the `log` crate, by which libraries speak, records of this log: warnings
    /// and errors, or whatever is enabled if that includes debug. Of several logs in one process
    /// the last one bridged has them.
    pub fn bridge(&self) {
        BRIDGED.store(Some(Arc::new(self.clone())));
        // Another call came first: the bridge is there.
        let _ = ::log::set_logger(&Bridge);
        ::log::set_max_level(match self.core.as_ref().map(|core| core.level) {
            None => ::log::LevelFilter::Off,
            Some(Level::Error) => ::log::LevelFilter::Error,
            Some(Level::Warning | Level::Info) => ::log::LevelFilter::Warn,
            Some(Level::Debug) => ::log::LevelFilter::Debug,
        });
    }

    /// `logger` names the part that speaks, e.g. `ingress`. It and a message that is part of the
    /// program are not looked through for what has to be hidden.
    pub fn record(
        &self,
        level: Level,
        logger: &'static str,
        message: impl Into<Cow<'static, str>>,
        fields: Fields,
    ) {
        self.send(level, Cow::Borrowed(logger), || message.into(), fields);
    }

    pub fn error(
        &self,
        logger: &'static str,
        message: impl Into<Cow<'static, str>>,
        fields: Fields,
    ) {
        self.record(Level::Error, logger, message, fields);
    }

    pub fn warning(
        &self,
        logger: &'static str,
        message: impl Into<Cow<'static, str>>,
        fields: Fields,
    ) {
        self.record(Level::Warning, logger, message, fields);
    }

    pub fn info(
        &self,
        logger: &'static str,
        message: impl Into<Cow<'static, str>>,
        fields: Fields,
    ) {
        self.record(Level::Info, logger, message, fields);
    }

    pub fn debug(
        &self,
        logger: &'static str,
        message: impl Into<Cow<'static, str>>,
        fields: Fields,
    ) {
        self.record(Level::Debug, logger, message, fields);
    }

    fn send(
        &self,
        level: Level,
        logger: Cow<'static, str>,
        message: impl FnOnce() -> Cow<'static, str>,
        fields: Fields,
    ) {
        let Some(core) = self.core.as_ref().filter(|core| level <= core.level) else {
            return;
        };
        core.sink.send(Entry {
            time: now(),
            level,
            logger,
            message: message(),
            subject: self.subject.clone(),
            fields,
            shared: Arc::clone(&core.shared),
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "a record bears the machine's time")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The log that has the records of the `log` crate.
static BRIDGED: ArcSwapOption<Log> = ArcSwapOption::const_empty();

struct Bridge;

impl ::log::Log for Bridge {
    fn enabled(&self, metadata: &::log::Metadata<'_>) -> bool {
        metadata.level() <= ::log::max_level()
    }

    fn log(&self, record: &::log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            ::log::Level::Error => Level::Error,
            ::log::Level::Warn => Level::Warning,
            ::log::Level::Info => Level::Info,
            ::log::Level::Debug | ::log::Level::Trace => Level::Debug,
        };
        if let Some(log) = &*BRIDGED.load() {
            let logger = Cow::Owned(record.target().to_owned());
            log.send(level, logger, || record.args().to_string().into(), Fields::new());
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::mask::Secrets;
    use super::super::testing::Output;
    use super::*;

    #[test]
    fn only_records_of_the_level_are_written() {
        let output = Output::default();
        let (log, guard) = output.start(Level::Warning, IdentifierMode::Masked);
        log.error("test", "e", fields! {});
        log.warning("test", "w", fields! {});
        log.info("test", "i", fields! {});
        log.debug("test", "d", fields! {});
        drop(guard);
        let levels: Vec<Value> = output.records().iter().map(|r| r["level"].clone()).collect();
        assert_eq!(levels, ["error", "warning"]);
        assert!(log.is_enabled(Level::Warning) && !log.is_enabled(Level::Info));
    }

    #[test]
    fn a_level_is_read_by_its_name() {
        for level in [Level::Error, Level::Warning, Level::Info, Level::Debug] {
            assert_eq!(level.name().parse(), Ok(level));
        }
        let fault = "loud".parse::<Level>().unwrap_err();
        assert_eq!(fault, "`loud` is not one of `error`, `warning`, `info`, `debug`");
    }

    #[test]
    fn a_discarded_log_takes_everything_and_does_nothing() {
        let log = Log::discard();
        log.vault().hold(&Secrets::default());
        log.about(Subject::default()).error("test", "e", fields! { "a" => 1 });
        assert!(!log.is_enabled(Level::Error));
        assert_eq!(log.dropped(), 0);
    }

    #[test]
    fn new_secrets_are_masked_by_every_handle() {
        let output = Output::default();
        let (log, guard) = output.start(Level::Info, IdentifierMode::Full);
        let about = log.about(Subject::default());
        for secret in ["first-secret", "second-secret"] {
            log.vault().hold(&Secrets::new([secret.to_owned()]));
            about.info("test", "first-secret second-secret".to_owned(), fields! {});
            output.expect_lines(if secret.starts_with('f') { 1 } else { 2 });
        }
        drop(guard);
        let messages: Vec<Value> = output.records().iter().map(|r| r["message"].clone()).collect();
        assert_eq!(messages, ["*** second-secret", "*** ***"]);
    }

    /// One test, because there is one bridge in a process.
    #[test]
    fn records_of_the_log_crate_go_to_the_log_bridged_last() {
        for (level, messages) in [
            (Level::Error, &["e"][..]),
            (Level::Info, &["e", "w"]),
            (Level::Debug, &["e", "w", "i", "d"]),
        ] {
            let output = Output::default();
            let (log, guard) = output.start(level, IdentifierMode::Masked);
            log.bridge();
            ::log::error!(target: "library::part", "e");
            ::log::warn!(target: "library::part", "w");
            ::log::info!(target: "library::part", "i");
            ::log::debug!(target: "library::part", "d");
            ::log::trace!(target: "library::part", "t");
            drop(guard);
            let records: Vec<Value> = output
                .records()
                .into_iter()
                .filter(|record| record["logger"] == "library::part")
                .collect();
            let written: Vec<&Value> = records.iter().map(|record| &record["message"]).collect();
            assert_eq!(written, messages, "{level:?}");
        }
        Log::discard().bridge();
        ::log::error!("nobody hears this");
    }
}
