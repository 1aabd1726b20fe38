//! `serve`: the connector itself.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Runtime;

use super::Exit;
use super::output::{complain, complain_of, counted, style};
use crate::app::{App, Config, Ended, StartFault};
use crate::clock::{Clock, SystemClock};
use crate::engine::admit::Limits;
use crate::fields;
use crate::ingress;
use crate::mapping::{self, env};
use crate::reload::Inputs;
use crate::settings::{Environment, LogIdentifiers, ServeArgs, Settings, TlsFiles};
use crate::telemetry::log::{self, Log};
use crate::telemetry::mask::IdentifierMode;
use crate::verify;

pub(super) fn run(arguments: &ServeArgs) -> Exit {
    let environment = match Environment::read(Path::new(".")) {
        Ok(environment) => environment,
        Err(fault) => {
            complain_of(&[fault]);
            return Exit::Unable;
        }
    };
    let settings = match Settings::read(arguments, |name| environment.get(name)) {
        Ok(settings) => settings,
        Err(faults) => {
            complain_of(&faults);
            complain("nsps-connector: `nsps-connector serve --help` lists every setting");
            return Exit::Unable;
        }
    };
    let (log, guard) = log::start(log::Options {
        level: settings.log_level,
        identifiers: identifiers(settings.log_identifiers),
        ..log::Options::default()
    });
    log.bridge();
    for warning in &settings.warnings {
        log.warning("settings", warning.clone(), fields! {});
    }
    raise_open_files();
    let exit = serve(settings, environment, &log);
    // Last of all, so that nothing which is said above is lost.
    drop(guard);
    exit
}

/// Takes as many open files as it may have: a connection wants two. The lower limit that shells set is
/// for programs that call `select`.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // Where that is not allowed, the limit stays as it was.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn serve(settings: Settings, environment: Environment, log: &Log) -> Exit {
    let runtime = match runtime(settings.workers) {
        Ok(runtime) => runtime,
        Err(error) => {
            log.error("app", "no threads to run on", fields! { "error" => error.to_string() });
            complain(format_args!("nsps-connector: no threads to run on: {error}"));
            return Exit::Unable;
        }
    };
    let clock = SystemClock::with_tasks_on(runtime.handle().clone());
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let style = style(&environment, &io::stderr());
    let ended = runtime.block_on(async {
        let app =
            App::start(config(&settings), inputs(&settings, environment), log.clone(), clock)?;
        Ok(app.run().await)
    });
    // What still runs belongs to events that the grace period left behind.
    runtime.shutdown_background();
    match ended {
        Ok(Ended::InOrder) => Exit::Success,
        Ok(Ended::AtOnce | Ended::Failed) => Exit::Found,
        Err(fault) => {
            explain(&fault, log, style);
            Exit::Unable
        }
    }
}

pub(super) fn runtime(workers: usize) -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name("engine")
        .enable_all()
        .build()
}

fn config(settings: &Settings) -> Config {
    let mut ingress = ingress::Config::new(settings.listen);
    ingress.event_paths.clone_from(&settings.event_paths);
    ingress.max_body = settings.max_body;
    ingress.workers = settings.workers;
    Config {
        ingress,
        limits: Limits { events: settings.max_in_flight, bytes: settings.max_in_flight_bytes },
        rate_limit: settings.rate_limit,
        event_deadline: settings.event_deadline,
        shutdown_delay: settings.shutdown_delay,
        shutdown_grace: settings.shutdown_grace,
        watch: settings.watch.then(|| settings.mappings.clone()),
    }
}

fn inputs(settings: &Settings, environment: Environment) -> Inputs {
    let directory = settings.mappings.clone();
    let (tokens, tls) = (settings.tokens.clone(), settings.tls.clone());
    let test_on_reload = settings.test_on_reload;
    Inputs {
        mappings: Box::new(move || {
            let variables = |name: &str| environment.get(name);
            let env = env::Environment::new(&variables, &env::read_file, false)
                .at(SystemClock::new().wall());
            let loaded = mapping::load(&directory, env);
            if test_on_reload { verify::tested(loaded, &directory) } else { loaded }
        }),
        tokens: Box::new(move || tokens.load().map_err(|fault| fault.to_string())),
        certificate: Box::new(move || {
            let identity = tls.as_ref().map(TlsFiles::load).transpose();
            identity.map_err(|fault| fault.to_string())
        }),
    }
}

fn identifiers(setting: LogIdentifiers) -> IdentifierMode {
    match setting {
        LogIdentifiers::Full => IdentifierMode::Full,
        LogIdentifiers::Masked => IdentifierMode::Masked,
        LogIdentifiers::Off => IdentifierMode::Off,
    }
}

/// Why it does not start: in the log for machines, on the error output for whoever starts it.
fn explain(fault: &StartFault, log: &Log, style: crate::mapping::diagnostic::Style) {
    let reason = match fault {
        StartFault::Refused(refused) => {
            refused.record(log);
            complain(refused.report.render(style).trim_end());
            for other in &refused.others {
                complain(format_args!("nsps-connector: {other}"));
            }
            format!("{}, shown above", counted(refused.count(), "error"))
        }
        StartFault::Bind { address, error } => format!("cannot listen at {address}: {error}"),
        StartFault::Watch(reason) => format!("the mappings cannot be watched: {reason}"),
        StartFault::Signals(error) => format!("signals cannot be received: {error}"),
    };
    log.error("app", "not started", fields! { "error" => reason.as_str() });
    complain(format_args!("nsps-connector: not started: {reason}"));
}
