//! `explain`: why an event does what it does, with nothing sent.

mod curl;
mod findings;
mod given;
mod http;
mod json;
mod page;
mod steps;
mod text;
mod variables;

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::output::{complain, complain_of, say, style};
use super::{Exit, defaults};
use crate::clock::{Clock, SystemClock};
use crate::mapping::diagnostic::{Report, Style, printable};
use crate::mapping::{self, Loaded, env};
use crate::settings::{Environment, EventLimits, Settings};
use crate::verify::explain::{Question, explain};
use given::{Given, NoEvent};

/// Show what an event would do and why, without sending anything
///
/// It tells which rule of every mapping runs and why the others do not, where each variable comes
/// from, every request, what the target's answer means, and what NSPS is told. Waits take no time.
///
/// Secrets show as `***`. What the event holds is shown as it is, identifiers of subscribers
/// included: it is your own file.
///
/// If the first request is refused once and then accepted, and the second finds nothing:
///
///   nsps-connector explain event.json --reply busy-then-created.yaml --reply nothing.http
///
/// where busy-then-created.yaml is `[{ status: 503 }, { status: 201, json: { id: 7 } }]`: a list in
/// one file is for successive tries, or polls, of one request.
///
/// Exit codes: 0 if NSPS would be answered with success, 1 if not or if the event or a mapping has
/// mistakes, 2 if the command cannot run.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ExplainArgs {
    /// The event as NSPS posts it, a JSON file; `-` is the standard input
    event: PathBuf,

    /// Directory of mapping files, or one file [env: MAPPINGS] [default: ./mappings]
    #[arg(long, value_name = "PATH")]
    mappings: Option<PathBuf>,

    /// How requests are shown
    #[arg(long, value_enum, default_value_t = Requests::Http)]
    format: Requests,

    /// What the target answers: a response as `curl -i` prints it, or a `reply` as in mapping tests
    /// (a list of them: for successive tries of this request). Once for each request, in the order in which
    /// they are shown; without it a request is answered with 200 `{}`
    #[arg(long = "reply", value_name = "FILE")]
    replies: Vec<PathBuf>,

    /// Run log-ins and requests for tokens, too, which then take replies as other requests do. Without it
    /// each is taken as done, and what it saves is `session.NAME`
    #[arg(long)]
    log_ins: bool,

    /// When the event comes, such as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIMESTAMP")]
    now: Option<Timestamp>,

    /// Read variables from this file instead of `.env`; the environment still wins
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,

    /// Do not mind variables and files that are not set: `unset-NAME` stands in for them
    #[arg(long)]
    allow_missing_env: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Requests {
    /// As HTTP writes them, bodies laid out for people
    Http,
    /// As commands for a shell; fill in what shows as `***`
    Curl,
    /// The whole explanation as one JSON object, for tools: `event`, `mappings` (each with `rules`,
    /// `variables` and `run`), `told`; or `mistakes`, or a `fault` where there is no event
    Json,
}

/// Why there is nothing to show but this.
enum Stop {
    /// The command cannot run.
    Unable(String),
    /// What it was given has mistakes, told already.
    Found,
}

pub(super) fn run(arguments: &ExplainArgs) -> Exit {
    let environment = match defaults::environment(arguments.env_file.as_deref()) {
        Ok(environment) => environment,
        Err(exit) => return exit,
    };
    let limits = match Settings::read_event_limits(|name| environment.get(name)) {
        Ok(limits) => limits,
        Err(faults) => {
            complain_of(&faults);
            return Exit::Unable;
        }
    };
    match answer(arguments, &environment, limits) {
        Ok(exit) => exit,
        Err(Stop::Found) => Exit::Found,
        Err(Stop::Unable(reason)) => {
            complain(format_args!("nsps-connector: {}", printable(&reason)));
            Exit::Unable
        }
    }
}

fn answer(
    arguments: &ExplainArgs,
    environment: &Environment,
    limits: EventLimits,
) -> Result<Exit, Stop> {
    let style = style(environment, &io::stdout());
    let clock = SystemClock::new();
    let now = arguments.now.unwrap_or_else(|| clock.wall());
    let Given { bytes, name } = given::event(&arguments.event, limits.max_body)?;
    let mut mistakes = Report::new();
    let replies = given::replies(&arguments.replies, &mut mistakes)?;
    if mistakes.has_errors() {
        tell(&mistakes, arguments.format, style);
        return Ok(Exit::Found);
    }
    let event = match given::parse(&bytes, limits.max_body, now) {
        Ok(event) => event,
        Err(fault) => {
            no_event(&name, &fault, arguments.format);
            return Ok(Exit::Found);
        }
    };
    let program = load(arguments, environment, style)?;
    let question = Question {
        program,
        event,
        replies,
        log_ins: arguments.log_ins,
        now,
        deadline: limits.deadline,
    };
    let explanation = explain(question).map_err(|fault| Stop::Unable(fault.to_string()))?;
    match arguments.format {
        Requests::Json => say(json::text(&json::of(&explanation))),
        requests => say(text::render(&explanation, requests, style).trim_end()),
    }
    let (status, _) = explanation.told;
    Ok(if (200..300).contains(&status) { Exit::Success } else { Exit::Found })
}

fn load(
    arguments: &ExplainArgs,
    environment: &Environment,
    style: Style,
) -> Result<crate::program::Program, Stop> {
    let path = defaults::mappings(arguments.mappings.as_deref(), environment);
    let variables = |name: &str| environment.get(name);
    let env = env::Environment::new(&variables, &env::read_file, arguments.allow_missing_env);
    let Loaded { program, report, files, .. } = mapping::load(&path, env);
    if let Some(program) = program.filter(|_| files > 0) {
        return Ok(program);
    }
    tell(&report, arguments.format, style);
    match files {
        0 => Err(Stop::Unable("there is no mapping to ask: see above".to_owned())),
        _ => Err(Stop::Found),
    }
}

fn tell(mistakes: &Report, format: Requests, style: Style) {
    match format {
        Requests::Json => say(json::text(&json!({ "mistakes": mistakes.to_json() }))),
        Requests::Http | Requests::Curl => say(mistakes.render(style).trim_end()),
    }
}

fn no_event(name: &str, fault: &NoEvent, format: Requests) {
    let NoEvent { status, message, reason } = fault;
    if format == Requests::Json {
        let told = json!({ "status": status, "message": message });
        say(json::text(&json!({ "event": Value::Null, "fault": reason, "told": told })));
        return;
    }
    say(printable(&format!("{name} is no event: {reason}")));
    say(format_args!("\nWhat NSPS is told: {status}\n\n{message}"));
}

/// JSON laid out for people.
fn pretty(value: &Value) -> String {
    format!("{value:#}")
}
