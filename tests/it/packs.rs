//! Whole integrations to copy, in `mappings/examples/`: they load without a warning, their tests reach
//! every part of them, and they are named where people look. That their tests would notice a change
//! is for `mutation.rs`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::command::run;
use crate::support::scratch::repository_file;

const PACKS: &str = "mappings/examples";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `NAME` of every `NAME.yaml`.
fn packs() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(PACKS)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .filter(|name| !name.ends_with(".test"))
        .collect()
}

#[test]
fn every_pack_loads_without_a_warning() {
    let ran = run(root(), &["check", "--allow-missing-env", PACKS], &[]);
    let told = ran.all();
    for pack in packs() {
        assert!(told.contains(&format!("ok {pack}.yaml (")), "{told}");
    }
    assert!(!told.contains("warning") && ran.code == Some(0), "{told}");
}

#[test]
fn the_tests_of_the_packs_pass_and_reach_every_part() {
    let ran = run(root(), &["test", "--min-coverage", "100", PACKS], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches(": 100 %").count(), packs().len(), "{}", ran.stdout);
}

#[test]
fn a_pack_is_not_loaded_where_it_stands() {
    let ran = run(root(), &["check", "--allow-missing-env", "mappings"], &[]);
    let told = ran.all();
    assert!(told.contains("ok wtl-hss.yaml"), "{told}");
    assert!(packs().iter().all(|pack| !told.contains(pack)), "{told}");
}

#[test]
fn readme_and_llms_txt_name_every_pack_and_its_tests() {
    for page in ["README.md", "llms.txt"] {
        let page = repository_file(page);
        for pack in packs() {
            assert!(page.contains(&format!("({PACKS}/{pack}.yaml)")), "{pack}");
        }
        assert_eq!(page.matches(&format!("({PACKS}/")).count(), packs().len());
    }
}

#[test]
fn a_pack_says_at_its_top_what_it_takes_from_the_environment() {
    for pack in packs() {
        let mapping = repository_file(&format!("{PACKS}/{pack}.yaml"));
        let (top, _) = mapping.split_once("\nversion:").unwrap();
        let names = mapping.split("${").skip(1).filter_map(|rest| rest.split(['}', ':']).next());
        for name in names {
            assert!(top.contains(&format!("#   {name} ")), "{pack} does not explain {name}");
        }
    }
}
