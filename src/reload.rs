//! Reload: everything is read and checked again, then swapped in one step, or kept and reported.

pub mod watch;

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::certificate::{ServerIdentity, Validity};
use crate::clock::Clock;
use crate::engine::Set;
use crate::engine::transport::{Connect, TransportError};
use crate::fields;
use crate::ingress::{LastReload, Shown, Tokens};
use crate::mapping::Loaded;
use crate::mapping::diagnostic::{Diagnostic, Report, Severity};
use crate::program::Program;
use crate::telemetry::log::{Level, Log};
use crate::telemetry::mask::{Mask, Secrets};
use crate::telemetry::vault::Vault;

/// Most faults that `/ready` repeats; the log has them all.
const MOST_TOLD: usize = 20;

/// What is read at start and on every reload.
pub struct Inputs {
    pub mappings: Box<dyn Fn() -> Loaded + Send + Sync>,
    /// The bearer tokens of NSPS, or why there are none.
    pub tokens: Box<dyn Fn() -> Result<Vec<String>, String> + Send + Sync>,
    /// What HTTPS is served with, or why it cannot be; `None` where HTTP is served.
    pub certificate: Box<dyn Fn() -> Result<Option<ServerIdentity>, String> + Send + Sync>,
}

/// What serves now.
pub struct Live {
    state: ArcSwap<State>,
    /// Knows the secrets of every set so far: events that began on an earlier one may still be told
    /// about.
    vault: Arc<Vault>,
    pub tokens: Arc<Tokens>,
    /// `None` where HTTP is served.
    pub certificate: Option<Arc<Shown>>,
}

/// What is replaced in one step, so that nobody sees one part of it from before a reload and the other
/// from after it.
pub struct State {
    pub set: Arc<Set>,
    /// How the latest attempt to replace it went.
    pub last_reload: LastReload,
}

impl Live {
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// The set to begin an event with.
    pub fn set(&self) -> Arc<Set> {
        Arc::clone(&self.state.load().set)
    }

    /// Masks every secret that is or was in use.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.vault.mask(text)
    }
}

/// Replaces what is live.
pub struct Reloader {
    inputs: Inputs,
    connect: Arc<dyn Connect>,
    log: Log,
    clock: Arc<dyn Clock>,
    live: Arc<Live>,
    /// One reload at a time, in the order in which they were asked for.
    turn: Mutex<()>,
}

/// Everything that was read, checked and found good.
struct Fresh {
    program: Program,
    tokens: Vec<String>,
    certificate: Option<ServerIdentity>,
    report: Report,
}

/// Why nothing can be served from what was read.
#[derive(Debug)]
pub struct Refused {
    pub report: Report,
    /// What is wrong apart from mappings.
    pub others: Vec<String>,
}

impl Reloader {
    /// Loads for the first time.
    pub fn start(
        inputs: Inputs,
        connect: Arc<dyn Connect>,
        log: Log,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Box<Refused>> {
        let Fresh { program, tokens, certificate, report } = read(&inputs)?;
        let vault = log.vault();
        vault.hold(&Secrets::new(tokens.clone()));
        let set = Set::first(program, Arc::clone(&vault), &*connect).map_err(unconnected)?;
        record_all(&log, &report);
        tell_validity(&log, certificate.as_ref(), clock.wall());
        let last_reload = LastReload { ok: true, at: clock.wall(), errors: Vec::new() };
        let live = Arc::new(Live {
            state: ArcSwap::from_pointee(State { set: Arc::new(set), last_reload }),
            vault,
            tokens: Tokens::new(tokens),
            certificate: certificate.map(Shown::new),
        });
        Ok(Self { inputs, connect, log, clock, live, turn: Mutex::new(()) })
    }

    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Reads everything again and swaps it in, or changes nothing and says why not. Events in
    /// flight finish on the set that they began with.
    pub async fn reload(self: Arc<Self>) {
        let _turn = self.turn.lock().await;
        let reloader = Arc::clone(&self);
        // Connecting a thousand targets takes its time, too: no thread that runs events is held up.
        let replacing = move || read(&reloader.inputs).and_then(|fresh| reloader.replace(fresh));
        let replaced = tokio::task::spawn_blocking(replacing).await;
        let replaced = replaced
            .unwrap_or_else(|fault| Err(Refused::for_reason(format!("reading failed: {fault}"))));
        if let Err(refused) = replaced {
            self.keep(&refused);
        }
    }

    fn replace(&self, fresh: Fresh) -> Result<(), Box<Refused>> {
        let Fresh { program, tokens, certificate, report } = fresh;
        // New secrets are known before anything can use them.
        self.live.vault.hold(&Secrets::new(tokens.clone()));
        let before = self.live.set();
        let set = Set::assemble(program, Some(&before), &*self.connect).map_err(unconnected)?;
        self.live.tokens.replace(tokens);
        record_all(&self.log, &report);
        tell_validity(&self.log, certificate.as_ref(), self.clock.wall());
        if let (Some(shown), Some(certificate)) = (&self.live.certificate, certificate) {
            shown.replace(certificate);
        }
        let fields = fields! {
            "generation" => set.generation,
            "hash" => &*set.program.hash,
            "mappings" => set.program.mappings.len(),
        };
        self.put(Arc::new(set), true, Vec::new());
        self.log.info("reload", "reloaded", fields);
        Ok(())
    }

    fn keep(&self, refused: &Refused) {
        record_all(&self.log, &refused.report);
        for reason in &refused.others {
            self.log.error("reload", reason.clone(), fields! {});
        }
        let set = self.live.set();
        let fields = fields! { "generation" => set.generation, "errors" => refused.count() };
        self.log.error("reload", "reload refused: the old mappings serve on", fields);
        self.put(set, false, refused.in_words());
    }

    fn put(&self, set: Arc<Set>, ok: bool, errors: Vec<String>) {
        let errors = errors.iter().map(|error| self.live.mask(error).into_owned()).collect();
        let last_reload = LastReload { ok, at: self.clock.wall(), errors };
        self.live.state.store(Arc::new(State { set, last_reload }));
    }
}

fn read(inputs: &Inputs) -> Result<Fresh, Box<Refused>> {
    let Loaded { program, report, .. } = (inputs.mappings)();
    match ((inputs.tokens)(), (inputs.certificate)(), program) {
        (Ok(tokens), Ok(certificate), Some(program)) => {
            Ok(Fresh { program, tokens, certificate, report })
        }
        (tokens, certificate, _) => {
            let others = tokens.err().into_iter().chain(certificate.err()).collect();
            Err(Box::new(Refused { report, others }))
        }
    }
}

/// A certificate that is not valid now is shown all the same: clients that refuse it would be helped
/// by none, either.
fn tell_validity(log: &Log, certificate: Option<&ServerIdentity>, now: Timestamp) {
    let Some(Validity { begins, ends }) = certificate.and_then(|it| it.validity) else { return };
    let fields = fields! {
        "valid_from" => begins.to_string(),
        "valid_until" => ends.to_string(),
    };
    match (Validity { begins, ends }).fault_at(now) {
        None => log.info("tls", "HTTPS is served with this certificate", fields),
        Some(fault) => {
            log.warning("tls", format!("the certificate of HTTPS (TLS_CERT) {fault}"), fields);
        }
    }
}

fn unconnected(error: TransportError) -> Box<Refused> {
    Refused::for_reason(error.message)
}

impl Refused {
    fn for_reason(reason: String) -> Box<Self> {
        Box::new(Self { report: Report::new(), others: vec![reason] })
    }

    /// How many mistakes there are.
    pub fn count(&self) -> usize {
        self.report.errors().count() + self.others.len()
    }

    /// Each mistake in one line, the first ones if there are many.
    fn in_words(&self) -> Vec<String> {
        let sorted = self.report.sorted();
        let errors = sorted.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let all = errors.map(|diagnostic| one_line(diagnostic)).chain(self.others.iter().cloned());
        let mut told: Vec<String> = all.take(MOST_TOLD).collect();
        if self.count() > told.len() {
            told.push(format!("and {} more", self.count() - told.len()));
        }
        told
    }

    /// Logs everything that is wrong.
    pub fn record(&self, log: &Log) {
        record_all(log, &self.report);
        for reason in &self.others {
            log.error("reload", reason.clone(), fields! {});
        }
    }
}

fn one_line(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.span.map(|span| diagnostic.source.position(span.start));
    let place = place.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
    format!("{}{place}: {} [{}]", diagnostic.file(), diagnostic.message(), diagnostic.code)
}

/// One record for each finding, with its place. Its cure is for whoever mends the file: `check` tells it.
fn record_all(log: &Log, report: &Report) {
    for diagnostic in report.sorted() {
        let place = diagnostic.span.map(|span| diagnostic.source.position(span.start));
        let fields = fields! {
            "code" => diagnostic.code,
            "file" => diagnostic.file(),
            "line" => place.map(|at| at.line),
            "column" => place.map(|at| at.column),
        };
        let level = match diagnostic.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        };
        log.record(level, "mapping", diagnostic.message().to_string(), fields);
    }
}
