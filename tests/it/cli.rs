//! The command line as people and scripts meet it: words, exit codes, closed pipes.

mod check;
mod demo;
mod explain;
mod health;
mod new;
mod schema;
mod test;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::{Pid, kill_process};

use crate::support::client::send;
use crate::support::command::{Ran, command, run};
use crate::support::connector::{Signal, TOKEN, listening_address};
use crate::support::samples::{event, posting};
use crate::support::scratch::Scratch;
use crate::support::target::Target;

fn of(arguments: &[&str]) -> Ran {
    run(Scratch::new().path(), arguments, &[])
}

#[test]
fn help_names_every_variable_and_its_default() {
    let help = of(&["serve", "--help"]);
    assert_eq!((help.code, &*help.stderr), (Some(0), ""));
    let words = help.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for names in [
        "--api-token <TOKENS>",
        "[env: API_TOKEN]",
        "[env: API_TOKEN_FILE]",
        "[env: LISTEN] [default: 0.0.0.0:8080]",
        "[env: PORT] [default: 8080]",
        "[env: MAPPINGS] [default: ./mappings]",
        "[env: EVENT_PATHS] [default: /,/process-event,/api/events]",
        "[env: EVENT_DEADLINE] [default: 25s]",
        "[env: MAX_BODY] [default: 4MiB]",
        "[env: MAX_IN_FLIGHT] [default: 1024]",
        "[env: MAX_IN_FLIGHT_BYTES] [default: 64MiB]",
        "[env: SHUTDOWN_DELAY] [default: 5s]",
        "[env: SHUTDOWN_GRACE] [default: 30s]",
        "[env: LOG_LEVEL] [default: info]",
        "[env: LOG_IDENTIFIERS] [default: masked]",
        "[env: WORKERS] [default: cores]",
        "--watch Reload when",
        "Variables are also read from a file `.env` in the working directory",
    ] {
        assert!(words.contains(names), "{names}\n{}", help.stdout);
    }
}

#[test]
fn every_command_has_help_and_the_program_a_version() {
    for arguments in [
        &["--help"][..],
        &["help"],
        &["check", "--help"],
        &["test", "--help"],
        &["demo", "--help"],
        &["explain", "--help"],
        &["health", "--help"],
        &["schema", "--help"],
        &["help", "serve"],
    ] {
        let help = of(arguments);
        assert_eq!((help.code, &*help.stderr), (Some(0), ""), "{arguments:?}");
        assert!(help.stdout.contains("Usage: nsps-connector"), "{arguments:?}: {}", help.stdout);
    }
    let version = of(&["--version"]);
    let expected = format!("nsps-connector {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((version.code, version.stdout), (Some(0), expected));
}

#[test]
fn what_it_does_not_know_is_refused_with_2_and_a_hint() {
    for (arguments, hint) in [
        (&["serve", "--lisen", ":80"][..], "'--listen'"),
        (&["sevre"], "'serve'"),
        (&["check", "--format", "xml"], "text, json"),
        (&["check", "one", "two"], "unexpected argument 'two'"),
        (&["serve", "--listen"], "a value is required for '--listen <ADDRESS:PORT>'"),
        (&["health", "extra"], "unexpected argument 'extra'"),
        (&[], "Usage: nsps-connector <COMMAND>"),
    ] {
        let ran = of(arguments);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{arguments:?}");
        assert!(ran.stderr.contains(hint), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_token_is_never_printed() {
    let scratch = Scratch::new();
    let target = Target::start();
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    for (arguments, variables) in [
        (&["serve", "--api-token", "secret token"][..], &[][..]),
        (&["serve", "--api-token", "secret-token", "--listen", "x"], &[]),
        (&["serve", "--api-token=secret-token", "--no-such-flag"], &[]),
        (&["serve", "--listen", "x"], &[("API_TOKEN", "secret-token,")]),
        (&["serve"], &[("API_TOKEN", "secret-token"), ("API_TOKEN_FILE", "secret-token")]),
    ] {
        let ran = run(scratch.path(), arguments, variables);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert!(!ran.all().contains("secret"), "{arguments:?}: {}", ran.all());
    }
}

/// Runs with a standard output that nobody reads to its end; returns the exit code and the error
/// output.
fn with_a_closed_pipe(arguments: &[&str]) -> (Option<i32>, String) {
    let scratch = Scratch::new();
    // More than a pipe holds.
    let mistakes = "nonsense: true\n".repeat(50);
    for number in 0..100 {
        scratch.mapping(&format!("{number}.yaml"), &mistakes);
    }
    let mut child = command(scratch.path(), &[])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code(), stderr)
}

#[test]
fn a_reader_that_has_seen_enough_is_no_reason_to_fail() {
    for (arguments, code) in [
        (&["check"][..], 1),
        (&["check", "--format", "json"], 1),
        (&["schema", "mapping"], 0),
        (&["serve", "--help"], 0),
        (&["--version"], 0),
        (&["demo", "--once"], 0),
    ] {
        assert_eq!(with_a_closed_pipe(arguments), (Some(code), String::new()), "{arguments:?}");
    }
}

#[test]
fn a_log_that_nobody_reads_any_more_does_not_stop_events() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let mut child = command(scratch.path(), &[("API_TOKEN", TOKEN), ("LISTEN", "127.0.0.1:0")])
        .args(["serve", "--log-level=debug", "--shutdown-delay=0s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = log.find_map(|line| listening_address(&line)).unwrap();
    drop(log);

    let authorization = format!("Bearer {TOKEN}");
    for number in 0..20 {
        let event = event(&number.to_string());
        let headers = [("authorization", &*authorization)];
        assert_eq!(send(address, "POST", "/", &headers, event.as_bytes()).status, 200);
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap()),
        (Some(0), String::new())
    );
}
