//! What keeps it from starting: exit code 2, and every mistake at once on the error output.

use std::net::TcpListener;

use crate::support::SOON;
use crate::support::connector::{Connector, Setup, Signal};
use crate::support::samples::{MISTAKEN, posting};
use crate::support::scratch::Scratch;
use crate::support::target::Target;

/// Starts in vain; returns the error output. Whoever reads the log alone knows as well.
fn refusal(setup: Setup) -> (String, Connector) {
    let mut connector = setup.spawn();
    let status = connector.wait_exit(SOON);
    assert_eq!(status.code(), Some(2), "{}", connector.transcript());
    assert_eq!(connector.stray_lines(), [""; 0]);
    (connector.stderr().join("\n"), connector)
}

fn assert_logged(connector: &Connector, message: &str) {
    let records = connector.logs();
    let found = records.iter().any(|record| record["message"] == message);
    assert!(found, "{message}: {}", connector.transcript());
    assert_eq!(records.last().unwrap()["message"], "not started");
}

fn good(scratch: &Scratch) -> Setup {
    let target = Target::start();
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    Setup::new(scratch)
}

#[test]
fn every_mistaken_setting_is_named() {
    let scratch = Scratch::new();
    let setup = good(&scratch)
        .env("API_TOKEN", "secret token,")
        .env("LISTEN", "localhost:80")
        .env("EVENT_DEADLINE", "soon")
        .env("LOG_LEVEL", "loud")
        .arg("--workers=0");
    let (stderr, _) = refusal(setup);
    for beginning in [
        "API_TOKEN: token 1 has a character",
        "LISTEN is \"localhost:80\": names of hosts are not looked up; expected",
        "EVENT_DEADLINE is \"soon\": ",
        "LOG_LEVEL is \"loud\": there is no such level; expected",
        "--workers is \"0\": it is out of range; expected",
    ] {
        let line = format!("nsps-connector: {beginning}");
        assert!(stderr.lines().any(|told| told.starts_with(&line)), "{line}\n{stderr}");
    }
    assert!(stderr.ends_with("`nsps-connector serve --help` lists every setting"), "{stderr}");
    assert!(!stderr.contains("secret"), "{stderr}");
}

#[test]
fn without_a_token_it_says_how_to_give_one() {
    let scratch = Scratch::new();
    let (stderr, _) = refusal(good(&scratch).env("API_TOKEN", ""));
    assert!(stderr.contains("API_TOKEN: it is not set; expected either API_TOKEN"), "{stderr}");
}

#[test]
fn every_mistake_of_every_mapping_is_shown_with_its_place() {
    let scratch = Scratch::new();
    let setup = good(&scratch);
    scratch.mapping("b.yaml", MISTAKEN);
    scratch.mapping("c.yaml", &scratch.read("mappings/a.yaml").replace("POST", "PSOT"));
    let (stderr, connector) = refusal(setup);
    for place in ["--> ./mappings/b.yaml:2:1", "--> ./mappings/c.yaml:10:18"] {
        assert!(stderr.contains(place), "{place}\n{stderr}");
    }
    assert!(stderr.contains("did you mean `POST`?"), "{stderr}");
    assert!(stderr.ends_with("nsps-connector: not started: 3 errors, shown above"), "{stderr}");
    assert_logged(&connector, "a mapping file has no key `nonsense`");
}

#[test]
fn mappings_that_are_not_there_are_named() {
    for (mappings, problem) in [
        ("nowhere", "nowhere: No such file or directory"),
        ("empty", "empty: there is no mapping file here"),
    ] {
        let scratch = Scratch::new();
        std::fs::create_dir(scratch.path().join("empty")).unwrap();
        for watch in [false, true] {
            let setup = good(&scratch).env("MAPPINGS", mappings);
            let (stderr, _) = refusal(if watch { setup.arg("--watch") } else { setup });
            let (name, what) = problem.split_once(": ").unwrap();
            assert!(stderr.contains(name) && stderr.contains(what), "{problem}\n{stderr}");
        }
    }
}

#[test]
fn a_mapping_that_cannot_be_read_is_named() {
    let scratch = Scratch::new();
    let setup = good(&scratch);
    std::fs::write(scratch.path().join("mappings/b.yaml"), b"\xff\xfe").unwrap();
    let (stderr, connector) = refusal(setup);
    assert!(stderr.contains("./mappings/b.yaml"), "{stderr}");
    assert_logged(&connector, "the file is not UTF-8 text");
}

#[test]
fn an_address_in_use_is_named() {
    let scratch = Scratch::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (stderr, connector) = refusal(good(&scratch).env("LISTEN", &address));
    let reason = format!("cannot listen at {address}: Address already in use");
    assert!(stderr.contains(&format!("nsps-connector: not started: {reason}")), "{stderr}");
    let last = connector.logs().pop().unwrap();
    assert!(last["error"].as_str().unwrap().starts_with(&reason), "{last}");
}

#[test]
fn a_malformed_file_of_variables_is_named_by_its_line() {
    let scratch = Scratch::new();
    let setup = good(&scratch);
    scratch.write(".env", "A=1\nsecret without a name\n");
    let (stderr, _) = refusal(setup);
    assert!(
        stderr.starts_with("nsps-connector: .env:2: the line cannot be understood"),
        "{stderr}"
    );
    assert!(!stderr.contains("secret"), "{stderr}");
}

#[test]
fn settings_may_come_from_a_file_of_variables() {
    let scratch = Scratch::new();
    let setup = good(&scratch);
    std::fs::rename(scratch.path().join("mappings"), scratch.path().join("elsewhere")).unwrap();
    scratch.write(".env", "MAPPINGS=elsewhere\nLISTEN=nonsense\n");
    let mut connector = setup.start();
    assert_eq!(connector.get("/ready").status, 200);
    connector.signal(Signal::TERM);
    assert_eq!(connector.wait_exit(SOON).code(), Some(0));
}

#[test]
fn what_is_probably_not_meant_is_warned_of() {
    let scratch = Scratch::new();
    let connector = good(&scratch).env("API_TOKEN", "short").env("SHUTDOWN_GRACE", "1s").start();
    for beginning in ["1 of 1 API tokens have fewer than 8 bytes", "SHUTDOWN_GRACE (1s) is shorter"]
    {
        let warning = connector.wait_for_log(
            |record| record["message"].as_str().unwrap().starts_with(beginning),
            SOON,
        );
        assert_eq!(warning["level"], "warning");
    }
}

#[test]
fn it_takes_as_many_open_files_as_it_may_have() {
    let scratch = Scratch::new();
    let lowered = "ulimit -Sn 128; exec \"$0\" \"$@\"";
    let binary = env!("CARGO_BIN_EXE_nsps-connector");
    let connector = good(&scratch).program("/bin/sh", &["-c", lowered, binary]).start();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", connector.pid())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let words: Vec<&str> = files.split_whitespace().collect();
    assert!(words[3] != "128" && words[3] == words[4], "{files}");
}
