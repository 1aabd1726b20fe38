//! `demo`: the whole way of one event, on this machine alone: NSPS is played by this command, the
//! external system by a target of its own, and the connector is the real one.

mod target;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use serde_json::Value;
use tokio::runtime::Handle;

use super::Exit;
use super::call;
use super::output::{complain, say, style};
use crate::app::{App, Config, Ended, StartFault};
use crate::clock::{Clock, SystemClock};
use crate::engine::admit::Limits;
use crate::engine::transport::Response;
use crate::ingress;
use crate::mapping::diagnostic::Style;
use crate::mapping::{self, env};
use crate::reload::Inputs;
use crate::settings::Environment;
use crate::telemetry::log::{self, Log};
use target::{DemoTarget, Received};

const MAPPING: &str = include_str!("../../mappings/wtl-hss.yaml");
const EVENT: &str = include_str!("../../tests/events/sim-updated.json");

/// Short enough to be typed, and told to the target like the other one.
const SHORT_EVENT: &str = r#"{"event_id":"2","data":{"event_type":"SIM/Updated"},
  "pb_data":{"sim_info":{"imsi":"001010000020350"}}}"#;

/// Tokens of the demonstration; they open nothing but it.
const NSPS_TOKEN: &str = "demo-nsps-token";
const TARGET_TOKEN: &str = "demo-target-token";

/// The port that is tried first, so that what is shown can be typed again.
const PORT: u16 = 8080;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// End after the one event, instead of serving on
    #[arg(long)]
    once: bool,
}

pub(super) fn run(arguments: &DemoArgs) -> Exit {
    let environment = Environment::read(Path::new(".")).unwrap_or_default();
    let style = style(&environment, &io::stdout());
    let runtime = match super::serve::runtime(2) {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("nsps-connector: no threads to run on: {error}"));
            return Exit::Unable;
        }
    };
    let exit = runtime.block_on(demonstrate(arguments.once, style));
    runtime.shutdown_background();
    match exit {
        Ok(exit) => exit,
        Err(reason) => {
            complain(format_args!("nsps-connector: the demonstration failed: {reason}"));
            Exit::Unable
        }
    }
}

async fn demonstrate(once: bool, style: Style) -> Result<Exit, String> {
    let target = DemoTarget::start().await.map_err(|error| error.to_string())?;
    // Records of the one event would stand between what is shown; later ones are wanted.
    let (log, _guard) = match once {
        true => (Log::discard(), None),
        false => {
            let output = Box::new(io::stderr());
            let (log, guard) = log::start(log::Options { output, ..log::Options::default() });
            (log, Some(guard))
        }
    };
    let app = start(&target.url(), &log)?;
    let address = app.address();
    let url = format!("http://{address}");

    say(heading(style, "The event that NSPS posts", &format!("POST {url}/")));
    say(pretty(EVENT.as_bytes()));
    let headers = vec![
        ("authorization", format!("Bearer {NSPS_TOKEN}")),
        ("content-type", "application/json".to_owned()),
    ];
    let body = Bytes::from_static(EVENT.as_bytes());
    let answer = call::post(&url, headers, body, Duration::from_secs(30))
        .await
        .map_err(|error| error.to_string())?;
    for request in target.received() {
        say(heading(style, "What the target received", &request_line(&request)));
        say(show_headers(&request));
        say(pretty(&request.body));
    }
    say(heading(style, "What NSPS is told", &format!("status {}", answer.status)));
    say(pretty(&answer.body));
    let exit = judge(&answer);
    if once {
        return Ok(exit);
    }
    say(heading(style, "Serving on", "end with Ctrl-C; the log goes to the error output"));
    say(format_args!(
        "curl {url}/ready\n\
         curl {url}/ -H 'Authorization: Bearer {NSPS_TOKEN}' \\\n  \
         -H 'Content-Type: application/json' -d '{SHORT_EVENT}'"
    ));
    match app.run().await {
        Ended::InOrder | Ended::AtOnce => Ok(Exit::Success),
        Ended::Failed => Err("the server ended".to_owned()),
    }
}

/// At the usual port, or at any that is free.
fn start(target: &str, log: &Log) -> Result<App, String> {
    let at = |port| App::start(config(port), inputs(target.to_owned()), log.clone(), clock());
    let app = match at(PORT) {
        Err(StartFault::Bind { .. }) => at(0),
        other => other,
    };
    app.map_err(|fault| match fault {
        StartFault::Refused(refused) => refused.report.render(Style::Plain),
        StartFault::Bind { address, error } => format!("cannot listen at {address}: {error}"),
        StartFault::Watch(reason) => reason,
        StartFault::Signals(error) => error.to_string(),
    })
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::with_tasks_on(Handle::current()))
}

fn config(port: u16) -> Config {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Config {
        ingress: ingress::Config { workers: 1, ..ingress::Config::new(address) },
        limits: Limits { events: 64, bytes: 64 << 20 },
        rate_limit: None,
        event_deadline: Duration::from_secs(25),
        shutdown_delay: Duration::ZERO,
        shutdown_grace: Duration::from_secs(5),
        watch: None,
    }
}

fn inputs(target: String) -> Inputs {
    Inputs {
        certificate: Box::new(|| Ok(None)),
        mappings: Box::new(move || {
            let variables = |name: &str| match name {
                "WTL_API_URL" => Some(target.clone()),
                "WTL_API_TOKEN" => Some(TARGET_TOKEN.to_owned()),
                _ => None,
            };
            let no_files = |_: &str| Err("the demonstration reads no files".to_owned());
            let env = env::Environment::new(&variables, &no_files, false);
            mapping::load_text("wtl-hss.yaml", MAPPING, env)
        }),
        tokens: Box::new(|| Ok(vec![NSPS_TOKEN.to_owned()])),
    }
}

fn judge(answer: &Response) -> Exit {
    if answer.status == 200 { Exit::Success } else { Exit::Found }
}

fn heading(style: Style, what: &str, detail: &str) -> String {
    match style {
        Style::Colour => format!("\n\u{1b}[1m{what}\u{1b}[0m \u{1b}[2m{detail}\u{1b}[0m\n"),
        Style::Plain => format!("\n# {what}: {detail}\n"),
    }
}

fn request_line(request: &Received) -> String {
    format!("{} {}", request.method, request.path)
}

fn show_headers(request: &Received) -> String {
    let lines = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    lines.collect()
}

fn pretty(json: &[u8]) -> String {
    let value: Result<Value, _> = serde_json::from_slice(json);
    value
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| String::from_utf8_lossy(json).into_owned())
}
