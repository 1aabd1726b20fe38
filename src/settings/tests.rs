//! Settings as a whole: which source wins, what is reported, and what `--help` promises.

use std::collections::HashMap;
use std::time::Duration;

use clap::{CommandFactory, Parser};

use super::*;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,
}

fn read(flags: &[&str], variables: &[(&str, &str)]) -> Result<Settings, Vec<SettingFault>> {
    let args = Cli::try_parse_from([&["serve"], flags].concat()).expect("flags").serve;
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    Settings::read(&args, |name| variables.get(name).map(|value| (*value).to_owned()))
}

fn settings(flags: &[&str], variables: &[(&str, &str)]) -> Settings {
    let variables = [&[("API_TOKEN", "test-token")], variables].concat();
    read(flags, &variables).expect("no fault")
}

fn faults(flags: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let faults = read(flags, variables).expect_err("a fault");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_token_is_enough_and_everything_else_has_its_default() {
    let settings = settings(&[], &[]);
    assert_eq!(settings.tokens.load().unwrap(), ["test-token"]);
    assert_eq!(settings.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(settings.mappings.to_str(), Some("./mappings"));
    assert_eq!(settings.event_paths, ["/", "/process-event", "/api/events"]);
    assert_eq!(settings.event_deadline, Duration::from_secs(25));
    assert_eq!(settings.max_body, 4 << 20);
    assert_eq!(settings.max_in_flight, 1024);
    assert_eq!(settings.max_in_flight_bytes, 64 << 20);
    assert_eq!(settings.shutdown_delay, Duration::from_secs(5));
    assert_eq!(settings.shutdown_grace, Duration::from_secs(30));
    assert_eq!(settings.log_level, Level::Info);
    assert_eq!(settings.log_identifiers, LogIdentifiers::Masked);
    assert!(settings.workers >= 1);
    assert!(!settings.watch && !settings.test_on_reload);
    assert_eq!(settings.warnings, [""; 0]);
}

#[test]
fn a_flag_wins_over_a_variable_and_an_empty_variable_is_none() {
    let both = settings(&["--event-deadline", "7s", "--watch"], &[("EVENT_DEADLINE", "wrong")]);
    assert_eq!(both.event_deadline, Duration::from_secs(7));
    assert!(both.watch);
    let variable = settings(&[], &[("EVENT_DEADLINE", "9s"), ("MAX_BODY", ""), ("LISTEN", "")]);
    assert_eq!(variable.event_deadline, Duration::from_secs(9));
    assert_eq!(variable.max_body, 4 << 20);
}

#[test]
fn an_address_wins_over_a_port_and_a_flag_over_both_variables() {
    for (flags, variables, listen) in [
        (&[][..], &[("PORT", "9000")][..], "0.0.0.0:9000"),
        (&[], &[("PORT", "9000"), ("LISTEN", "127.0.0.1:1")], "127.0.0.1:1"),
        (&["--port", "9001"], &[("LISTEN", "127.0.0.1:1")], "0.0.0.0:9001"),
        (&["--port", "9001", "--listen", ":2"], &[], "0.0.0.0:2"),
        (&["--listen", "[::1]:3"], &[("PORT", "9000")], "[::1]:3"),
    ] {
        assert_eq!(
            settings(flags, variables).listen.to_string(),
            listen,
            "{flags:?} {variables:?}"
        );
    }
}

#[test]
fn every_mistake_is_reported_at_once_under_the_name_that_was_used() {
    let faults = faults(
        &["--listen", "localhost:80", "--workers", "0"],
        &[
            ("EVENT_DEADLINE", "10 parsecs"),
            ("MAX_BODY", "big"),
            ("LOG_LEVEL", "loud"),
            ("EVENT_PATHS", "events"),
        ],
    );
    assert_eq!(
        faults,
        [
            "API_TOKEN: it is not set; expected either API_TOKEN with one or several tokens, \
             comma-separated, or API_TOKEN_FILE with the path of a file that has them",
            "--listen is \"localhost:80\": names of hosts are not looked up; expected an IP \
             address and a port, such as 0.0.0.0:8080, [::1]:8080 or :8080",
            "EVENT_PATHS is \"events\": `events` does not begin with `/`; expected different \
             paths, comma-separated, each from `/`, such as /,/api/events",
            "EVENT_DEADLINE is \"10 parsecs\": `parsecs` is no unit of time (d, h, m, s, ms); \
             expected a duration up to 1h, such as 25s, 1m30s or 250ms",
            "MAX_BODY is \"big\": a whole number is expected at `big`; there are no signs and no \
             fractions; expected a size such as 4MiB, 500kB or 65536",
            "LOG_LEVEL is \"loud\": there is no such level; expected `error`, `warning`, `info` or \
             `debug`",
            "--workers is \"0\": it is out of range; expected a whole number from 1 to 1024, or \
             `cores`",
        ]
    );
}

#[test]
fn tests_on_reload_are_asked_for_by_flag_or_variable() {
    for (flags, value, expected) in [
        (&[][..], "true", true),
        (&[], "false", false),
        (&[], "", false),
        (&["--test-on-reload"], "false", true),
    ] {
        assert_eq!(settings(flags, &[("TEST_ON_RELOAD", value)]).test_on_reload, expected);
    }
    let told = faults(&[], &[("API_TOKEN", "test-token"), ("TEST_ON_RELOAD", "yes")]);
    assert_eq!(told, ["TEST_ON_RELOAD is \"yes\": it is neither; expected `true` or `false`"]);
}

#[test]
fn tokens_come_from_one_place_only() {
    let faults = faults(&["--api-token-file", "/tokens"], &[("API_TOKEN", "hidden-token")]);
    assert!(faults[0].starts_with("API_TOKEN: --api-token-file is set as well; "), "{faults:?}");
}

#[test]
fn a_token_file_is_read_with_the_settings() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens");
    std::fs::write(&path, "one\ntwo-is-long-enough\n").unwrap();
    let path = path.to_str().unwrap();
    let good = read(&[], &[("API_TOKEN_FILE", path)]).unwrap();
    assert_eq!(good.tokens.load().unwrap(), ["one", "two-is-long-enough"]);
    assert!(good.warnings[0].starts_with("1 of 2 API tokens"), "{:?}", good.warnings);
    let faults = faults(&[], &[("API_TOKEN_FILE", "/does/not/exist")]);
    assert!(faults[0].starts_with("API_TOKEN_FILE is \"/does/not/exist\": "), "{faults:?}");
}

#[test]
fn the_largest_body_must_find_room() {
    let faults = faults(&["--max-body", "65MiB"], &[("API_TOKEN", "test-token")]);
    assert_eq!(
        faults,
        ["MAX_IN_FLIGHT_BYTES is \"67108864 bytes\": a body of --max-body (68157440 bytes) would \
          never find room; expected at least --max-body"]
    );
}

#[test]
fn a_grace_shorter_than_the_deadline_is_warned_of() {
    let settings = settings(&["--shutdown-grace", "10s"], &[]);
    assert_eq!(
        settings.warnings,
        ["--shutdown-grace (10s) is shorter than EVENT_DEADLINE (25s): a shutdown may cut off \
          events that would still have finished"]
    );
}

#[test]
fn no_token_is_ever_printed() {
    let args = Cli::try_parse_from(["serve", "--api-token", "hidden"]).unwrap().serve;
    let settings = Settings::read(&args, |_| None).unwrap();
    for text in [format!("{args:?}"), format!("{settings:?}")] {
        assert!(text.contains("***") && !text.contains("hidden"), "{text}");
    }
    let faults = faults(&[], &[("API_TOKEN", "hidden,")]);
    assert!(!faults[0].contains("hidden"), "{faults:?}");
}

#[test]
fn help_names_every_variable_and_every_default() {
    let help = Cli::command().render_long_help().to_string();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for setting in [
        &LISTEN,
        &PORT,
        &MAPPINGS,
        &EVENT_PATHS,
        &EVENT_DEADLINE,
        &MAX_BODY,
        &MAX_IN_FLIGHT,
        &MAX_IN_FLIGHT_BYTES,
        &SHUTDOWN_DELAY,
        &SHUTDOWN_GRACE,
        &LOG_LEVEL,
        &LOG_IDENTIFIERS,
        &WORKERS,
        &TEST_ON_RELOAD,
    ] {
        let Setting { flag, variable, default } = setting;
        let names = format!("[env: {variable}] [default: {default}]");
        assert!(help.contains(flag) && help.contains(&names), "{names} in {help}");
    }
    for names in ["--api-token", "[env: API_TOKEN]", "[env: API_TOKEN_FILE]", "--watch"] {
        assert!(help.contains(names), "{names} in {help}");
    }
}
