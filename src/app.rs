//! The composition root: builds the parts, runs them, and takes them down in order.

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::clock::Clock;
use crate::egress::client::Network;
use crate::engine::Engine;
use crate::engine::admit::{Admission, Limits};
use crate::engine::outcome::Outcome;
use crate::event::Event;
use crate::fields;
use crate::ingress::{self, Parts, Readiness, Server, Service};
use crate::program::Rate;
use crate::reload::watch::Watch;
use crate::reload::{Inputs, Live, Refused, Reloader};
use crate::telemetry::log::Log;
use crate::telemetry::mask::Mask;

/// What an app is built from.
pub struct Config {
    pub ingress: ingress::Config,
    pub limits: Limits,
    pub rate_limit: Option<Rate>,
    pub event_deadline: Duration,
    pub shutdown_delay: Duration,
    pub shutdown_grace: Duration,
    /// The directory to watch, if one is to be watched.
    pub watch: Option<PathBuf>,
}

/// Why an app cannot start.
#[derive(Debug)]
pub enum StartFault {
    /// What was to be loaded has mistakes.
    Refused(Box<Refused>),
    /// The address cannot be listened at.
    Bind {
        address: SocketAddr,
        error: io::Error,
    },
    Watch(String),
    Signals(io::Error),
}

/// How an app ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// On a signal, in order.
    InOrder,
    /// On a second signal, at once.
    AtOnce,
    /// The server could not go on.
    Failed,
}

/// A running connector.
pub struct App {
    server: Server,
    reloader: Arc<Reloader>,
    signals: Signals,
    watch: Option<Watch>,
    log: Log,
    clock: Arc<dyn Clock>,
    shutdown_delay: Duration,
    shutdown_grace: Duration,
}

/// Signals that are waited for from before the listener opens, so that none ends the process.
struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Reload,
    /// The signal's name, for the log.
    End(&'static str),
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::End("SIGTERM"),
            _ = self.interrupt.recv() => Asked::End("SIGINT"),
            _ = self.hangup.recv() => Asked::Reload,
        }
    }

    async fn end(&mut self) {
        while self.next().await == Asked::Reload {}
    }
}

/// What ingress hands events to.
struct Serving {
    engine: Arc<Engine>,
    live: Arc<Live>,
}

impl Mask for Serving {
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.live.mask(text)
    }
}

impl Service for Serving {
    fn process(&self, event: Event, log: Log) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        let (engine, set) = (Arc::clone(&self.engine), self.live.set());
        Box::pin(async move { engine.process(set, event, log).await })
    }

    fn readiness(&self) -> Readiness {
        let state = self.live.state();
        Readiness {
            ready: true,
            missing: None,
            generation: state.set.generation,
            hash: state.set.program.hash.to_string(),
            last_reload: state.last_reload.clone(),
        }
    }
}

impl App {
    /// Loads, connects and listens. Call it inside the runtime that events are to run on.
    pub fn start(
        config: Config,
        inputs: Inputs,
        log: Log,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartFault> {
        let signals = Signals::install().map_err(StartFault::Signals)?;
        // Before anything is read, so that no change is missed in between.
        let watch = config.watch.as_deref().map(Watch::start).transpose();
        let network = Arc::new(Network::new());
        let reloader = Reloader::start(inputs, network, log.clone(), Arc::clone(&clock))
            .map_err(StartFault::Refused)?;
        // A directory that is missing is better told by whoever reads it.
        let watch = watch.map_err(StartFault::Watch)?;
        let live = reloader.live();
        let admission = Admission::at_rate(config.limits, config.rate_limit);
        let engine = Engine::new(Arc::clone(&clock), config.event_deadline);
        let engine = Arc::new(engine.within(Arc::clone(&admission)));
        let parts = Parts {
            service: Arc::new(Serving { engine, live: Arc::clone(live) }),
            tokens: Arc::clone(&live.tokens),
            certificate: live.certificate.clone(),
            admission,
            log: log.clone(),
            clock: Arc::clone(&clock),
            runtime: Handle::current(),
        };
        let address = config.ingress.listen;
        let server = ingress::serve(config.ingress, parts)
            .map_err(|error| StartFault::Bind { address, error })?;
        let app = Self {
            server,
            reloader: Arc::new(reloader),
            signals,
            watch,
            log,
            clock,
            shutdown_delay: config.shutdown_delay,
            shutdown_grace: config.shutdown_grace,
        };
        app.announce();
        Ok(app)
    }

    /// Where events are accepted.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    fn announce(&self) {
        let set = self.reloader.live().set();
        let scheme = if self.reloader.live().certificate.is_some() { "https" } else { "http" };
        let address = self.address();
        let fields = fields! {
            "address" => address.to_string(),
            "url" => format!("{scheme}://{address}"),
            "version" => env!("CARGO_PKG_VERSION"),
            "generation" => set.generation,
            "hash" => &*set.program.hash,
            "mappings" => set.program.mappings.len(),
        };
        self.log.info("app", "listening", fields);
    }

    /// Serves until a signal says to end, reloading when asked to.
    pub async fn run(mut self) -> Ended {
        let signal = loop {
            let changed = async {
                match &mut self.watch {
                    Some(watch) => watch.changed(&*self.clock).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                asked = self.signals.next() => match asked {
                    Asked::End(signal) => break signal,
                    Asked::Reload => self.reload("signal"),
                },
                () = changed => self.reload("watch"),
                fault = self.server.failed() => {
                    let fields = fields! { "error" => fault.to_string() };
                    self.log.error("app", "the HTTP server failed", fields);
                    return Ended::Failed;
                }
            }
        };
        self.shut_down(signal).await
    }

    /// Beside everything else: events and a signal to end are not kept waiting by it.
    fn reload(&self, cause: &str) {
        self.log.info("reload", "reloading", fields! { "cause" => cause });
        let reloader = Arc::clone(&self.reloader);
        tokio::spawn(reloader.reload());
    }

    /// Load balancers are let notice first; then the listener closes and events in flight finish.
    async fn shut_down(mut self, signal: &str) -> Ended {
        let delay = self.shutdown_delay;
        let grace_ms = milliseconds(self.shutdown_grace);
        let fields = fields! {
            "signal" => signal,
            "delay_ms" => milliseconds(delay),
            "grace_ms" => grace_ms,
        };
        self.log.info("app", "shutting down", fields);
        self.server.drain();
        let log = self.log;
        let in_order = async {
            self.clock.sleep(delay).await;
            self.server.stop(self.shutdown_grace).await
        };
        tokio::select! {
            left = in_order => {
                if left > 0 {
                    let fields = fields! { "events" => left, "grace_ms" => grace_ms };
                    log.error("app", "events were given up at the end of the grace", fields);
                }
                log.info("app", "stopped", fields! {});
                Ended::InOrder
            }
            () = self.signals.end() => {
                log.warning("app", "ended by a second signal", fields! {});
                Ended::AtOnce
            }
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
