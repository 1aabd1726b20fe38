//! Reload by SIGHUP: the whole set is replaced in one step, or nothing is and the reason is told.

mod certificates;
mod secrets;
mod tests_first;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::connector::{Connector, Setup, Signal};
use crate::support::reply::{Gate, Reply};
use crate::support::samples::{MISTAKEN, event, posting};
use crate::support::scratch::Scratch;
use crate::support::target::{Recorded, Target};
use crate::support::{SOON, wait_until};

/// Sends SIGHUP, and waits until the attempt is over, well or badly; returns what `/ready` tells.
fn reload(connector: &Connector) -> Value {
    let before = connector.ready();
    connector.signal(Signal::HUP);
    wait_until("the reload ends", || {
        let now = connector.ready();
        (now["last_reload"]["at"] != before["last_reload"]["at"]).then_some(now)
    })
}

fn reload_well(connector: &Connector) -> Value {
    let ready = reload(connector);
    assert_eq!(ready["last_reload"]["ok"], true, "{ready}");
    ready
}

fn reload_in_vain(connector: &Connector) -> Value {
    let ready = reload(connector);
    assert_eq!(ready["last_reload"]["ok"], false, "{ready}");
    ready
}

/// Which set of mappings serves.
fn identity(ready: &Value) -> (u64, String) {
    (ready["generation"].as_u64().unwrap(), ready["hash"].as_str().unwrap().to_owned())
}

/// Ends what goes on beside a test, also if that fails.
struct Over<'t>(&'t AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How many records have that message.
fn count(connector: &Connector, message: &str) -> usize {
    connector.logs().iter().filter(|record| record["message"] == message).count()
}

/// That many reloads went well. The log tells of one a moment after it serves.
fn assert_reloaded(connector: &Connector, reloads: usize) {
    let all_told = || (count(connector, "reloaded") >= reloads).then_some(());
    wait_until("the log has every reload", all_told);
    assert_eq!(count(connector, "reloaded"), reloads);
}

/// Header and body of each request tell the same version; the versions per event.
fn versions(requests: &[Recorded]) -> BTreeMap<String, Vec<String>> {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in requests {
        let body = request.json();
        let version = body["version"].as_str().unwrap().to_owned();
        assert_eq!(request.header("x-version"), Some(&*version), "{request}");
        versions.entry(body["event"].as_str().unwrap().to_owned()).or_default().push(version);
    }
    versions
}

#[test]
fn events_never_notice_reloads_good_or_bad() {
    const ROUNDS: usize = 20;
    let (scratch, target) = (Scratch::new(), Target::start());
    let both = |version: &str| {
        scratch.mapping("a.yaml", &posting(&target, "/a", version));
        scratch.mapping("b.yaml", &posting(&target, "/b", version));
    };
    both("v0");
    let connector = Setup::new(&scratch).start();
    let over = AtomicBool::new(false);

    let sent: usize = thread::scope(|scope| {
        let stream = |name: &'static str| {
            let (connector, over) = (&connector, &over);
            scope.spawn(move || {
                let mut sent = 0;
                while !over.load(Ordering::Relaxed) {
                    let answer = connector.post_event("/", event(&format!("{name}-{sent}")), &[]);
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    sent += 1;
                }
                sent
            })
        };
        let streams = [stream("one"), stream("two")];
        let end = Over(&over);
        let mut serving = identity(&connector.ready());
        for round in 1..=ROUNDS {
            both(&format!("v{round}"));
            let after = identity(&reload_well(&connector));
            assert_eq!(after.0, serving.0 + 1);
            assert_ne!(after.1, serving.1);
            serving = after;

            scratch.mapping("a.yaml", &posting(&target, "/a", "refused"));
            scratch.mapping("b.yaml", MISTAKEN);
            assert_eq!(identity(&reload_in_vain(&connector)), serving);
        }
        drop(end);
        streams.map(|stream| stream.join().unwrap()).iter().sum()
    });

    let versions = versions(&target.requests());
    assert_eq!(versions.len(), sent);
    let mut seen = BTreeSet::new();
    for (event, versions) in versions {
        assert_eq!(versions.len(), 2, "{event} is told to both");
        assert_eq!(versions[0], versions[1], "{event} is served by one set");
        seen.extend(versions);
    }
    assert!(!seen.contains("refused") && seen.len() > ROUNDS / 2, "{seen:?}");
    assert_reloaded(&connector, ROUNDS);
}

#[test]
fn a_refused_reload_is_told_with_every_place_and_the_old_mappings_serve() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).start();
    let before = connector.ready();

    scratch.mapping("a.yaml", MISTAKEN);
    scratch.mapping("b.yaml", &posting(&target, "b-without-slash", "v2"));
    let answer = {
        reload_in_vain(&connector);
        connector.get("/ready")
    };
    let ready = answer.json();
    assert_eq!((answer.status, &ready["status"]), (200, &json!("Ready")));
    assert_eq!(identity(&ready), identity(&before));
    let errors: Vec<&str> = ready["last_reload"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(errors.iter().any(|error| error.starts_with("./mappings/a.yaml:2:1: ")), "{errors:?}");
    assert!(
        errors.iter().any(|error| error.starts_with("./mappings/b.yaml:10:23: ")),
        "{errors:?}"
    );

    let refused = connector.wait_for_log(
        |record| record["message"] == "reload refused: the old mappings serve on",
        SOON,
    );
    assert_eq!((&refused["level"], &refused["generation"]), (&json!("error"), &json!(1)));
    assert_eq!(refused["errors"], errors.len());
    let place = |record: &Value| {
        (record["file"] == "./mappings/a.yaml")
            .then(|| (record["line"].clone(), record["column"].clone()))
    };
    let records = connector.logs();
    let mistake = records.iter().find(|record| place(record) == Some((json!(2), json!(1))));
    let mistake = mistake.expect("a record with the place");
    assert_eq!((&mistake["level"], &mistake["code"]), (&json!("error"), &json!("unknown-key")));

    assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
    assert_eq!(target.requests()[0].header("x-version"), Some("v1"));

    scratch.mapping("a.yaml", &posting(&target, "/a", "v3"));
    scratch.remove("mappings/b.yaml");
    let after = reload_well(&connector);
    assert_eq!(after["last_reload"]["errors"], json!([]));
    assert_eq!(after["generation"], 2);
    let reloaded = connector.wait_for_log(|record| record["message"] == "reloaded", SOON);
    assert_eq!((&reloaded["generation"], &reloaded["hash"]), (&json!(2), &after["hash"]));
}

#[test]
fn a_reload_of_nothing_or_of_a_missing_directory_is_refused() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).start();
    let before = identity(&connector.ready());
    let refusal = || {
        let ready = reload_in_vain(&connector);
        assert_eq!(identity(&ready), before);
        ready["last_reload"]["errors"][0].as_str().unwrap().to_owned()
    };

    scratch.remove("mappings/a.yaml");
    let empty = refusal();
    assert!(empty.starts_with("./mappings: there is no mapping file here"), "{empty}");
    std::fs::remove_dir(scratch.path().join("mappings")).unwrap();
    let missing = refusal();
    assert!(missing.starts_with("./mappings: No such file or directory"), "{missing}");
    assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
}

#[test]
fn events_in_flight_finish_on_the_set_that_they_began_with() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let two_steps = |version: &str| {
        let first = posting(&target, "/first", version);
        let second = first.split_once("    steps:\n").unwrap().1;
        let second = second.replace("name: tell", "name: again").replace("/first", "/second");
        scratch.mapping("a.yaml", &format!("{first}{second}"));
    };
    two_steps("v1");
    let connector = Setup::new(&scratch).start();
    let gate = Gate::new();
    target.next(Reply::ok().held_by(&gate));

    thread::scope(|scope| {
        let begun = scope.spawn(|| connector.post_event("/", event("begun"), &[]));
        target.wait_for(1, SOON);
        two_steps("v2");
        reload_well(&connector);
        assert_eq!(connector.post_event("/", event("later"), &[]).status, 200);
        assert!(!begun.is_finished());
        gate.open();
        assert_eq!(begun.join().unwrap().status, 200);
    });
    let versions = versions(&target.requests());
    assert_eq!(versions["begun"], ["v1", "v1"]);
    assert_eq!(versions["later"], ["v2", "v2"]);
}

#[test]
fn targets_that_did_not_change_keep_their_connection() {
    let scratch = Scratch::new();
    let (same, changed) = (Target::start(), Target::start());
    let slower = |timeout: &str| {
        let text = posting(&changed, "/changed", "v");
        text.replace("rules:", &format!("    timeout: {timeout}\nrules:"))
    };
    scratch.mapping("same.yaml", &posting(&same, "/same", "v1"));
    scratch.mapping("changed.yaml", &slower("5s"));
    // Each thread has connections of its own.
    let connector = Setup::new(&scratch).env("WORKERS", "1").start();
    for round in 0..3 {
        // The rules of the target that stays may change: only its definition counts.
        scratch.mapping("same.yaml", &posting(&same, "/same", &format!("v{round}")));
        reload_well(&connector);
        assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
    }
    assert_eq!((same.connections(), changed.connections()), (1, 1));

    scratch.mapping("changed.yaml", &slower("6s"));
    reload_well(&connector);
    assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
    assert_eq!((same.connections(), changed.connections()), (1, 2));
}

#[test]
fn a_storm_of_signals_ends_with_what_was_written_last() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "first"));
    let connector = Setup::new(&scratch).start();
    for round in 0..50 {
        if round == 25 {
            scratch.mapping("a.yaml", &posting(&target, "/a", "last"));
        }
        connector.signal(Signal::HUP);
    }
    let served = || {
        let answer = connector.post_event("/", event("e"), &[]);
        assert_eq!(answer.status, 200);
        target.requests().last().unwrap().header("x-version").map(str::to_owned)
    };
    wait_until("the last mapping serves", || (served().as_deref() == Some("last")).then_some(()));
    // The log tells of a reload a moment after it began and ended.
    wait_until("every reload that began ends", || {
        let ended = count(&connector, "reloaded");
        let all = count(&connector, "reloading") == ended;
        (all && connector.ready()["generation"] == 1 + ended).then_some(())
    });
    scratch.mapping("a.yaml", &posting(&target, "/a", "after"));
    // That of a late signal of the storm may be the one that ends first.
    reload_well(&connector);
    wait_until("the next one serves", || (served().as_deref() == Some("after")).then_some(()));
}
