//! `deploy/acceptance.sh`: a connector that works passes NSPS's ten minimal tests, and one that does not fails those that
//! are about what is wrong with it.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::command::Ran;
use crate::support::connector::{Connector, Setup, TOKEN, own_address};
use crate::support::reply::Reply;
use crate::support::scratch::{Scratch, repository_file};
use crate::support::target::Target;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A connector with the mapping of the tests, and where their target is to be.
struct Rehearsal {
    scratch: Scratch,
    connector: Connector,
    stub: SocketAddr,
}

impl Rehearsal {
    /// With changes of the mapping: what stands there, and what takes its place.
    fn new(changes: &[(&str, &str)]) -> Self {
        Self::at_rate(changes, "off")
    }

    /// The same, of a connector that takes so many events.
    fn at_rate(changes: &[(&str, &str)], rate: &str) -> Self {
        let mut mapping = repository_file("deploy/acceptance/acceptance.yaml");
        for (from, to) in changes {
            assert_eq!(mapping.matches(from).count(), 1, "{from}");
            mapping = mapping.replace(from, to);
        }
        let (scratch, listen) = (Scratch::new(), own_address());
        let stub = std::iter::repeat_with(own_address).find(|stub| *stub != listen).unwrap();
        scratch.mapping("acceptance.yaml", &mapping);
        // In a file, so that the connector can be started again with nothing but its name.
        let variables = [
            format!("API_TOKEN={TOKEN}"),
            format!("LISTEN={listen}"),
            format!("ACCEPTANCE_TARGET=http://{stub}"),
            "SHUTDOWN_DELAY=0s".to_owned(),
            format!("RATE_LIMIT={rate}"),
        ];
        scratch.write(".env", &variables.join("\n"));
        let connector = Setup::command(&scratch, &["serve"]).start();
        Self { scratch, connector, stub }
    }

    fn url(&self) -> String {
        format!("http://{}", self.connector.address())
    }

    /// The tests, with their target.
    fn run(&self, options: &[&str]) -> Ran {
        let stub = self.stub.to_string();
        let url = self.url();
        accept(&[&[&*url, TOKEN, "--stub", &stub], options].concat(), &[("PATH", PATH)])
    }

    fn kill(&self, signal: &str) -> String {
        format!("kill -{signal} {}", self.connector.pid())
    }
}

/// Ends a process that a script started, by the id that it left in a file.
struct Started(std::path::PathBuf);

impl Drop for Started {
    fn drop(&mut self) {
        let id = fs::read_to_string(&self.0).ok();
        if let Some(pid) = id.and_then(|id| Pid::from_raw(id.trim().parse().ok()?)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn accept(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let output = Command::new(Path::new(ROOT).join("deploy/acceptance.sh"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    output.into()
}

/// The numbers of the tests with lines that begin so, each as often as there are such lines.
fn numbers(ran: &Ran, verdict: &str) -> Vec<u32> {
    let lines = ran.stdout.lines().filter_map(|line| line.strip_prefix(verdict));
    lines.map(|rest| rest.split_whitespace().next().unwrap().parse().unwrap()).collect()
}

/// The line of a verdict on a test, which must be there.
fn line<'r>(ran: &'r Ran, begins: &str) -> &'r str {
    let found = ran.stdout.lines().find(|line| line.starts_with(begins));
    found.unwrap_or_else(|| panic!("no line {begins}\n{}", ran.all()))
}

#[test]
fn a_connector_that_works_passes_all_ten_tests() {
    let rehearsal = Rehearsal::new(&[]);
    let scratch = rehearsal.scratch.path();
    let started = Started(scratch.join("pid"));
    let start = format!(
        "cd {} && {{ {} serve & echo $! >pid; }}",
        scratch.display(),
        env!("CARGO_BIN_EXE_nsps-connector")
    );
    let ran = rehearsal.run(&["--stop", &rehearsal.kill("TERM"), "--start", &start]);
    assert_eq!((ran.code, numbers(&ran, "FAIL"), numbers(&ran, "SKIP")), (Some(0), vec![], vec![]));
    let passed: BTreeSet<u32> = numbers(&ran, "PASS").into_iter().collect();
    assert_eq!(passed, (1..=10).collect(), "{}", ran.all());
    let stop = line(&ran, "PASS 10");
    assert!(stop.contains("of 8 events in flight 8 finished"), "{stop}");
    assert!(stop.contains("delivered again after the start"), "{stop}");
    assert!(ran.stdout.ends_with("15 checks: 15 passed, 0 failed, 0 skipped\n"), "{}", ran.stdout);
    assert!(!ran.all().contains(TOKEN));
    assert!(started.0.exists(), "it was started again");
}

#[test]
fn without_mapping_and_target_what_wants_them_is_skipped_and_says_how_to_have_it() {
    let rehearsal = Rehearsal::new(&[]);
    let no_target = accept(&[&rehearsal.url(), TOKEN], &[("PATH", PATH)]);
    assert_eq!((no_target.code, numbers(&no_target, "FAIL")), (Some(0), vec![]));
    assert_eq!(numbers(&no_target, "SKIP"), [2, 7, 8, 9, 10], "{}", no_target.all());
    assert!(line(&no_target, "SKIP  8").contains("--stub HOST:PORT"));
    assert!(line(&no_target, "SKIP 10").contains("--stop COMMAND"));

    let scratch = Scratch::new();
    scratch.example_mapping("wtl-hss.yaml");
    let connector = Setup::new(&scratch)
        .env("WTL_API_URL", "http://127.0.0.1:1")
        .env("WTL_API_TOKEN", "a-token-that-is-long")
        .start();
    let url = format!("http://{}", connector.address());
    let bare = accept(&[&url, TOKEN], &[("PATH", PATH)]);
    assert_eq!((bare.code, numbers(&bare, "FAIL")), (Some(0), vec![]));
    assert_eq!(numbers(&bare, "SKIP"), [2, 7, 8, 9, 9, 10], "{}", bare.all());
    assert!(line(&bare, "SKIP  9").contains("deploy/acceptance/acceptance.yaml"));
    let told = connector.transcript();
    assert!(!told.contains("127.0.0.1:1/"), "the target of the mappings is not called: {told}");
}

#[test]
fn the_token_is_on_no_command_line_wherever_it_comes_from() {
    let rehearsal = Rehearsal::new(&[]);
    let scratch = &rehearsal.scratch;
    let curl = "#!/bin/bash\nprintf '%s\\n' \"$*\" >>\"$CALLS\"\nexec /usr/bin/curl \"$@\"\n";
    let curl = scratch.write("bin/curl", curl);
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{PATH}", scratch.path().join("bin").display());
    let calls = scratch.path().join("calls");
    let tokens = scratch.write("tokens", &format!("{TOKEN}\nanother-token\n"));
    let (url, tokens) = (rehearsal.url(), tokens.to_str().unwrap());
    for (arguments, variable) in [
        (&[&*url][..], ("API_TOKEN", &*format!("{TOKEN},another-token"))),
        (&[&url], ("API_TOKEN_FILE", tokens)),
        (&[&url, "--token-file", tokens], ("API_TOKEN", "not-this-one")),
    ] {
        let variables = [("PATH", &*path), ("CALLS", calls.to_str().unwrap()), variable];
        let ran = accept(arguments, &variables);
        assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(0), vec![]), "{}", ran.all());
        assert!(!ran.all().contains(TOKEN));
    }
    let calls = scratch.read("calls");
    assert!(calls.lines().count() > 30 && !calls.contains(TOKEN), "{calls}");
}

#[test]
fn a_token_that_the_connector_does_not_know_fails() {
    let rehearsal = Rehearsal::new(&[]);
    let ran = accept(&[&rehearsal.url(), "another-token"], &[("PATH", PATH)]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![2, 6, 6, 7]), "{}", ran.all());
    let told = line(&ran, "FAIL  2");
    assert!(told.contains("expected 200") && told.contains("came 401 {"), "{told}");
}

#[test]
fn a_connector_that_tells_failures_wrongly_fails() {
    let rehearsal = Rehearsal::new(&[
        ("POST /limited/{{event_id}}", "POST /ok/{{event_id}}"),
        ("answer: 500", "answer: 200"),
        (
            "target: acceptance-down, request: \"POST /down",
            "target: acceptance, request: \"POST /ok",
        ),
        ("POST /hang/{{event_id}}", "POST /fault/{{event_id}}"),
    ]);
    let ran = rehearsal.run(&[]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![7, 8, 9, 9]), "{}", ran.all());
    assert_eq!(numbers(&ran, "SKIP"), [10]);
}

#[test]
fn an_event_that_is_acknowledged_and_not_processed_fails() {
    let step = "steps:\n      - { target: acceptance, request: \"POST /ok/{{event_id}}\", json: { event: \
                \"{{event_type}}\" } }";
    let rehearsal = Rehearsal::new(&[(step, "ignore: it is lost")]);
    let ran = rehearsal.run(&[]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![2, 7, 8, 9]), "{}", ran.all());

    let slow = step.replace("/ok/", "/slow/");
    let rehearsal = Rehearsal::new(&[(&slow, "ignore: it is lost")]);
    let ran = rehearsal.run(&["--stop", &rehearsal.kill("TERM")]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![10]), "{}", ran.all());
    assert!(line(&ran, "FAIL 10").contains("of 8 slow events 0 came to the target"));
}

#[test]
fn a_stop_that_cuts_events_off_fails() {
    let rehearsal = Rehearsal::new(&[]);
    let ran = rehearsal.run(&["--stop", &rehearsal.kill("KILL")]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![10]), "{}", ran.all());
    assert!(line(&ran, "FAIL 10").contains("an event in flight was cut off"));
}

#[test]
fn a_connector_that_does_not_come_back_fails() {
    let rehearsal = Rehearsal::new(&[]);
    let stop = rehearsal.kill("TERM");
    let ran = rehearsal.run(&["--stop", &stop, "--start", "true", "--patience", "3"]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![10]), "{}", ran.all());
    assert!(line(&ran, "FAIL 10").contains("it does not come back within 3 s"));
}

#[test]
fn a_stop_that_stops_nothing_proves_nothing() {
    let rehearsal = Rehearsal::new(&[]);
    let ran = rehearsal.run(&["--stop", "true"]);
    assert_eq!((ran.code, numbers(&ran, "SKIP")), (Some(0), vec![10]), "{}", ran.all());
    let ran = rehearsal.run(&["--stop", "echo no such container; false"]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![10]), "{}", ran.all());
    assert!(line(&ran, "FAIL 10").contains("failed") && ran.stdout.contains("no such container"));
}

#[test]
fn a_connector_that_keeps_its_own_rate_passes_and_one_that_has_none_fails() {
    let rehearsal = Rehearsal::at_rate(&[], "10");
    let ran = rehearsal.run(&["--rate-limit", "10"]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(0), vec![]), "{}", ran.all());
    assert!(!line(&ran, "PASS  7").contains(" 0 429"), "{}", ran.all());

    let rehearsal = Rehearsal::new(&[]);
    let ran = rehearsal.run(&["--rate-limit", "10"]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![7]), "{}", ran.all());
}

#[test]
fn whoever_says_yes_to_everything_fails_wherever_no_is_right() {
    let yes = Target::start();
    yes.always(Reply::json(
        200,
        json!({ "status": "Healthy", "message": "yes", "rule": "acceptance-present", "outcome": "succeeded" }),
    ));
    let ran = accept(&[&yes.url(), TOKEN, "--rate-limit", "5"], &[("PATH", PATH)]);
    let failed = vec![3, 3, 4, 5, 6, 6, 7, 7, 8, 9, 9];
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), failed), "{}", ran.all());
    assert!(line(&ran, "FAIL  7").contains("expected 429 past 5 in a second"));
}

#[test]
fn nobody_at_the_address_is_told_at_once() {
    let url = format!("http://{}", own_address());
    let ran = accept(&[&url, TOKEN], &[("PATH", PATH)]);
    assert_eq!((ran.code, numbers(&ran, "FAIL")), (Some(1), vec![1]), "{}", ran.all());
    assert!(ran.stdout.contains("the other tests were not begun"), "{}", ran.stdout);
}

#[test]
fn what_it_is_not_told_rightly_ends_it_before_anything_is_sent() {
    for (arguments, told) in [
        (&[][..], "which connector?"),
        (&["ftp://connector"], "'ftp://connector' is not an address"),
        (&["http://connector"], "which token?"),
        (&["http://connector", TOKEN, "more"], "one URL and one token"),
        (&["http://connector", TOKEN, "--stub", "9911"], "'9911' is not HOST:PORT"),
        (&["http://connector", TOKEN, "--start", "true"], "--start wants --stop"),
        (&["http://connector", TOKEN, "--rate-limit", "5000"], "set a lower one"),
        (&["http://connector", TOKEN, "--sotp", "x"], "there is no option --sotp"),
        (&["http://connector", TOKEN, "--stub", "203.0.113.1:80"], "cannot listen at"),
    ] {
        let ran = accept(arguments, &[("PATH", PATH)]);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{arguments:?}");
        assert!(ran.stderr.contains(told), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains(TOKEN), "{}", ran.stderr);
    }
}

#[test]
fn the_mapping_of_the_tests_passes_its_own_and_reaches_every_part() {
    let folder = Path::new(ROOT).join("deploy/acceptance");
    let ran = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .args(["test", "--min-coverage", "100"])
        .arg(folder)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}
