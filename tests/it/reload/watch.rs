//! `--watch`: whatever way files come to change, they are read again, once.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{assert_reloaded, count};
use crate::support::connector::{Connector, Setup, Signal};
use crate::support::samples::{MISTAKEN, event, posting};
use crate::support::scratch::Scratch;
use crate::support::target::Target;
use crate::support::{SOON, wait_until};

/// Waits for that generation; there must never be a later one.
fn wait_for_generation(connector: &Connector, generation: u64) {
    wait_until(&format!("generation {generation}"), || {
        let now = connector.ready()["generation"].as_u64().unwrap();
        assert!(now <= generation, "{}", connector.transcript());
        (now == generation).then_some(())
    });
}

/// The versions with which one event is served, in the order of their paths.
fn served(connector: &Connector, target: &Target) -> Vec<String> {
    let before = target.requests().len();
    assert_eq!(connector.post_event("/", event("e"), &[]).status, 200);
    let mut requests = target.requests().split_off(before);
    requests.sort_by(|left, right| left.uri.cmp(&right.uri));
    requests.iter().map(|request| request.header("x-version").unwrap().to_owned()).collect()
}

/// Moves a new symbolic link over an old one, as `ln -sfn` does not and Kubernetes does.
fn swap_link(to: &str, link: &Path) {
    let draft = link.with_file_name("..draft");
    symlink(to, &draft).unwrap();
    fs::rename(draft, link).unwrap();
}

#[test]
fn files_that_are_added_replaced_changed_and_removed_are_seen_once_each() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).arg("--watch").start();
    assert_eq!(served(&connector, &target), ["v1"]);

    scratch.mapping("b.yaml", &posting(&target, "/b", "added"));
    wait_for_generation(&connector, 2);
    assert_eq!(served(&connector, &target), ["v1", "added"]);

    scratch.mapping("a.yaml", &posting(&target, "/a", "replaced"));
    wait_for_generation(&connector, 3);
    assert_eq!(served(&connector, &target), ["replaced", "added"]);

    // In place, as an editor without a safe way of saving does.
    scratch.write("mappings/b.yaml", &posting(&target, "/b", "changed"));
    wait_for_generation(&connector, 4);
    assert_eq!(served(&connector, &target), ["replaced", "changed"]);

    scratch.remove("mappings/b.yaml");
    wait_for_generation(&connector, 5);
    assert_eq!(served(&connector, &target), ["replaced"]);

    // Reading is no change: there were as many reloads as changes.
    assert_reloaded(&connector, 4);
    assert_eq!(count(&connector, "reloading"), 4);
}

#[test]
fn a_change_for_the_worse_is_told_and_the_next_one_heals_it() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).arg("--watch").start();
    scratch.mapping("a.yaml", MISTAKEN);
    wait_until("the refusal", || (connector.ready()["last_reload"]["ok"] == false).then_some(()));
    assert_eq!(served(&connector, &target), ["v1"]);
    scratch.mapping("a.yaml", &posting(&target, "/a", "v2"));
    wait_for_generation(&connector, 2);
    assert_eq!(served(&connector, &target), ["v2"]);
}

#[test]
fn kubernetes_swaps_a_link_inside_of_the_directory() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let data = scratch.path().join("mappings/..data");
    let mount = |stamp: &str, version: &str| {
        let file = format!("mappings/..{stamp}/a.yaml");
        scratch.write(&file, &posting(&target, "/a", version));
        swap_link(&format!("..{stamp}"), &data);
    };
    mount("2026_1", "v1");
    symlink("..data/a.yaml", scratch.path().join("mappings/a.yaml")).unwrap();
    let connector = Setup::new(&scratch).arg("--watch").start();
    assert_eq!(served(&connector, &target), ["v1"]);

    for (generation, old, new, version) in
        [(2, "2026_1", "2026_2", "v2"), (3, "2026_2", "2026_3", "v3")]
    {
        mount(new, version);
        fs::remove_dir_all(scratch.path().join(format!("mappings/..{old}"))).unwrap();
        wait_for_generation(&connector, generation);
        assert_eq!(served(&connector, &target), [version]);
    }
}

#[test]
fn tokens_that_kubernetes_mounts_below_the_mappings_are_swapped_with_them() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let data = scratch.path().join("mappings/..data");
    let mount = |stamp: &str, tokens: &str| {
        scratch.write(&format!("mappings/..{stamp}/a.yaml"), &posting(&target, "/a", "v1"));
        scratch.write(&format!("mappings/..{stamp}/secrets/api-token"), tokens);
        swap_link(&format!("..{stamp}"), &data);
    };
    mount("2026_1", "token-of-march");
    for name in ["a.yaml", "secrets"] {
        let link = scratch.path().join("mappings").join(name);
        symlink(format!("..data/{name}"), link).unwrap();
    }
    let setup = Setup::new(&scratch).env("API_TOKEN", "").arg("--watch");
    let connector = setup.env("API_TOKEN_FILE", "mappings/secrets/api-token").start();
    let statuses = || {
        ["token-of-march", "token-of-april"].map(|token| {
            let authorization = format!("Bearer {token}");
            connector.post_event("/", event("e"), &[("authorization", &authorization)]).status
        })
    };
    assert_eq!(statuses(), [200, 401]);

    mount("2026_2", "token-of-march,token-of-april");
    wait_for_generation(&connector, 2);
    assert_eq!(statuses(), [200, 200]);

    mount("2026_3", "token-of-april");
    wait_for_generation(&connector, 3);
    assert_eq!(statuses(), [401, 200]);
}

/// Three releases of the mappings, and a link `current` to the first.
fn releases(scratch: &Scratch, target: &Target) -> Connector {
    for release in ["v1", "v2", "v3"] {
        scratch.write(&format!("{release}/a.yaml"), &posting(target, "/a", release));
    }
    symlink("v1", scratch.path().join("current")).unwrap();
    Setup::new(scratch).env("MAPPINGS", "current").arg("--watch").start()
}

#[test]
fn the_directory_may_be_a_link_that_is_moved() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let connector = releases(&scratch, &target);
    let current = scratch.path().join("current");
    for (generation, release) in [(2, "v2"), (4, "v3")] {
        swap_link(release, &current);
        wait_for_generation(&connector, generation);
        assert_eq!(served(&connector, &target), [release]);

        scratch.write(&format!("{release}/a.yaml"), &posting(&target, "/a", "changed"));
        wait_for_generation(&connector, generation + 1);
        assert_eq!(served(&connector, &target), ["changed"]);
    }
    assert_reloaded(&connector, 4);
    assert_eq!(count(&connector, "reloading"), 4);
}

#[test]
fn a_signal_in_the_midst_of_a_change_does_not_make_it_blind() {
    let (scratch, target) = (Scratch::new(), Target::start());
    let connector = releases(&scratch, &target);
    swap_link("v2", &scratch.path().join("current"));
    connector.signal(Signal::HUP);
    wait_until("the release", || (served(&connector, &target) == ["v2"]).then_some(()));

    // In the directory that the link leads to now.
    scratch.write("v2/a.yaml", &posting(&target, "/a", "changed"));
    wait_until("the change", || (served(&connector, &target) == ["changed"]).then_some(()));
}

#[test]
fn a_directory_that_goes_and_comes_back_is_seen() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).arg("--watch").start();
    for version in ["v2", "v3"] {
        fs::remove_dir_all(scratch.path().join("mappings")).unwrap();
        wait_until("the refusal", || {
            (connector.ready()["last_reload"]["ok"] == false).then_some(())
        });
        scratch.write("new/a.yaml", &posting(&target, "/a", version));
        fs::rename(scratch.path().join("new"), scratch.path().join("mappings")).unwrap();
        wait_until("the return", || (served(&connector, &target) == [version]).then_some(()));
    }
}

#[test]
fn files_that_change_all_the_time_do_not_keep_a_change_waiting() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).arg("--watch").start();
    scratch.mapping("a.yaml", &posting(&target, "/a", "v2"));
    wait_until("the change", || {
        // Somebody's log, in the wrong place.
        scratch.write("mappings/noise.log", "noise");
        (connector.ready()["generation"] != 1).then_some(())
    });
    assert_eq!(served(&connector, &target), ["v2"]);
}

#[test]
fn without_the_flag_a_change_waits_for_a_signal() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).start();
    scratch.mapping("a.yaml", &posting(&target, "/a", "v2"));
    assert_eq!(served(&connector, &target), ["v1"]);
    connector.signal(Signal::HUP);
    let cause = connector.wait_for_log(|record| record["message"] == "reloading", SOON);
    assert_eq!(cause["cause"], "signal");
    wait_for_generation(&connector, 2);
}
