//! The cookbook shows what stands in its recipes, and every recipe loads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::markdown::{blocks, sections};
use crate::support::scratch::{Scratch, repository_file};

const PAGE: &str = "docs/cookbook.md";
const RECIPES: &str = "docs/cookbook";

/// `NAME` of every `NAME.yaml`.
fn recipes() -> BTreeSet<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECIPES);
    let files = fs::read_dir(directory).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .filter(|name| !name.ends_with(".test"))
        .collect()
}

/// The recipe that a section of the page is about, by its first link.
fn recipe_of(section: &str) -> Option<&str> {
    Some(section.split_once("](cookbook/")?.1.split_once(".yaml)")?.0)
}

/// Whether these lines stand one after the other in a file, at whatever depth.
fn stands_in(block: &str, file: &str) -> bool {
    (0..=12).step_by(2).any(|depth| {
        let indented = |line: &str| match line {
            "" => "\n".to_owned(),
            line => format!("{:depth$}{line}\n", ""),
        };
        file.contains(&format!("\n{}", block.lines().map(indented).collect::<String>()))
    })
}

#[test]
fn what_the_cookbook_shows_stands_in_its_recipes() {
    let page = repository_file(PAGE);
    let mut shown = BTreeSet::new();
    for section in sections(&page, "## ") {
        let Some(recipe) = recipe_of(section) else { continue };
        let file = repository_file(&format!("{RECIPES}/{recipe}.yaml"));
        let blocks = blocks(section, "yaml");
        assert!(!blocks.is_empty(), "{recipe} shows nothing");
        for block in blocks {
            assert!(stands_in(&block.text, &file), "not in {recipe}.yaml:\n{}", block.text);
        }
        let tests = format!("(cookbook/{recipe}.test.yaml)");
        assert!(section.contains(&tests), "{recipe} does not lead to its tests");
        shown.insert(recipe.to_owned());
    }
    assert_eq!(shown, recipes());
}

#[test]
fn every_recipe_loads_without_a_warning_and_is_short() {
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .args(["check", "--allow-missing-env", RECIPES])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .output()
        .unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let loaded = |recipe: &String| told.contains(&format!("ok {recipe}.yaml ("));
    assert!(recipes().iter().all(loaded), "{told}");
    assert!(!told.contains("warning") && output.status.success(), "{told}");
    for recipe in recipes() {
        let lines = repository_file(&format!("{RECIPES}/{recipe}.yaml")).lines().count();
        assert!(lines <= 60, "{recipe} has {lines} lines");
    }
}

#[test]
fn the_tests_of_the_recipes_pass_and_reach_every_part() {
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .args(["test", "--min-coverage", "100", RECIPES])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches(": 100 %").count(), recipes().len(), "{told}");
}

#[test]
fn explain_makes_of_given_answers_what_the_cookbook_shows() {
    let page = repository_file(PAGE);
    let section = page.split_once("## What it makes of given answers").expect("the section").1;
    let only = |language: &str| blocks(section, language).remove(0).text;
    let scratch = Scratch::new();
    scratch.write("found.txt", &only("http"));
    scratch.write("busy.yaml", &only("yaml"));
    let [command, told] = &blocks(section, "")[..] else { panic!("a command and its output") };
    let words: Vec<&str> = command.text.split_whitespace().filter(|word| *word != "\\").collect();
    let ["$", variable, "nsps-connector", arguments @ ..] = &words[..] else { panic!("{words:?}") };
    let (name, value) = variable.split_once('=').expect("a variable");
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .args(arguments.iter().map(|word| match *word {
            "found.txt" | "busy.yaml" => scratch.path().join(word),
            word if word.contains('/') => Path::new(env!("CARGO_MANIFEST_DIR")).join(word),
            word => word.into(),
        }))
        .current_dir(scratch.path())
        .env_clear()
        .env(name, value)
        .output()
        .unwrap();
    let mut shown = &*String::from_utf8(output.stdout).unwrap();
    for part in told.text.split("…\n").filter(|part| !part.is_empty()) {
        let (_, behind) =
            shown.split_once(part).unwrap_or_else(|| panic!("{part}\nis not in\n{shown}"));
        shown = behind;
    }
}
