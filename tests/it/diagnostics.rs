//! What `check` says of every mistake it knows: `tests/diagnostics/NAME.yaml`, or a directory
//! `NAME`, and beside it, in `NAME.stderr`, what people read about it.
//!
//! With the environment variable `UPDATE_GOLDEN=1` the answers are written instead of compared:
//! read each of them as somebody would who never reads code.

mod codes;
mod of_tests;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{Ran, run};
use crate::support::scratch::repository_file;

/// A mistake, or several in a directory.
struct Golden {
    /// As `check` is given it.
    mappings: String,
    /// Variables of the environment, from comments `# env: NAME=value` at the top of the file.
    environment: Vec<(String, String)>,
    /// How many mistakes there are: one in each file that does not say `# mistakes: …`.
    mistakes: usize,
    /// Where `check` runs: messages name files from there, whatever machine it is.
    directory: PathBuf,
}

/// The mistake that is made up while the test runs.
const TOO_LARGE: &str = "file-too-long.yaml";

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// Every mistake of the repository, in order of names.
fn goldens() -> Vec<Golden> {
    let entries = fs::read_dir(home()).unwrap().map(|entry| entry.unwrap().path());
    let mut goldens: Vec<Golden> = entries
        .filter(|path| path.is_dir() || path.extension().is_some_and(|kind| kind == "yaml"))
        .map(|path| Golden::new(home(), path.file_name().unwrap().to_str().unwrap()))
        .collect();
    goldens.sort_by(|one, other| one.mappings.cmp(&other.mappings));
    goldens
}

/// A mistake too large for the repository; the directory lasts as long as it is kept.
fn too_large() -> (TempDir, Golden) {
    let scratch = tempfile::tempdir().unwrap();
    let text = format!("# A file of more than a mebibyte.\ndescription: {}\n", "x".repeat(1 << 20));
    fs::write(scratch.path().join(TOO_LARGE), text).unwrap();
    let golden = Golden::new(scratch.path().to_owned(), TOO_LARGE);
    (scratch, golden)
}

/// A file, or all that are in a directory, in order of names.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The comments at the top of a file.
fn notes(file: &Path) -> Vec<String> {
    let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
    text.lines().map_while(|line| line.strip_prefix("# ")).map(str::to_owned).collect()
}

impl Golden {
    fn new(directory: PathBuf, mappings: &str) -> Self {
        let notes: Vec<Vec<String>> =
            files(&directory.join(mappings)).iter().map(|file| notes(file)).collect();
        let settings = notes.iter().flatten().filter_map(|note| note.strip_prefix("env: "));
        let settings = settings.map(|setting| setting.split_once('=').unwrap());
        let environment =
            settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mistakes = notes.iter().map(|notes| {
            let said = notes.iter().find_map(|note| note.strip_prefix("mistakes: "));
            said.map_or(1, |count| count.parse::<usize>().unwrap())
        });
        Self { mappings: mappings.to_owned(), environment, mistakes: mistakes.sum(), directory }
    }

    fn name(&self) -> &str {
        self.mappings.trim_end_matches(".yaml")
    }

    fn check(&self, arguments: &[&str]) -> Ran {
        let variables: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (&**name, &**value)).collect();
        run(&self.directory, &[&["check", &self.mappings], arguments].concat(), &variables)
    }

    fn answer(&self) -> PathBuf {
        home().join(format!("{}.stderr", self.name()))
    }

    /// What is told about it, or how that differs from what it was.
    fn compare(&self) -> Result<String, String> {
        let told = self.check(&[]);
        let expected_code = match told.stdout.contains("error[") {
            true if told.stdout.contains("error[no-mappings]") => 2,
            true => 1,
            false => 0,
        };
        let name = self.name();
        if told.code != Some(expected_code) || !told.stderr.is_empty() {
            return Err(format!("{name}: exit code {:?}\n{}", told.code, told.all()));
        }
        let told = compare_or_write(&self.answer(), &told.stdout)?;
        // One mistake is told once, and not what follows from it as well.
        match findings(&told).len() {
            found if found == self.mistakes => Ok(told),
            found => Err(format!("{name}: {found} findings, {} mistakes\n{told}", self.mistakes)),
        }
    }
}

/// The text, if it is what the file holds; with `UPDATE_GOLDEN=1` it is written there.
fn compare_or_write(path: &Path, text: &str) -> Result<String, String> {
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        fs::write(path, text).unwrap();
    }
    let before = fs::read_to_string(path).unwrap_or_default();
    match before == text {
        true => Ok(before),
        false => Err(format!("{} was\n\n{before}\nand is\n\n{text}", path.display())),
    }
}

/// The findings in what was told, each with its first line.
fn findings(told: &str) -> Vec<&str> {
    let begins = |line: &str| line.starts_with("error[") || line.starts_with("warning[");
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in told.split_inclusive('\n') {
        if begins(line) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([told.len()]);
    starts.iter().zip(ends).map(|(start, end)| &told[*start..end]).collect()
}

/// The code of a finding.
fn code(finding: &str) -> &str {
    finding.split(['[', ']']).nth(1).unwrap_or_default()
}

#[test]
fn every_mistake_is_told_as_it_was() {
    let (_scratch, too_large) = too_large();
    let goldens = goldens();
    assert!(goldens.len() >= 50, "{} goldens", goldens.len());
    let differences: Vec<String> =
        goldens.iter().chain([&too_large]).filter_map(|golden| golden.compare().err()).collect();
    assert!(
        differences.is_empty(),
        "{}\n{} differ; if they are better so: UPDATE_GOLDEN=1",
        differences.join("\n"),
        differences.len()
    );
}

#[test]
fn every_answer_has_its_mistake_and_shows_a_finding_with_a_cure() {
    let mut faults = Vec::new();
    for (name, told) in answers() {
        let mistake =
            ["", ".yaml"].iter().any(|kind| home().join(format!("{name}{kind}")).exists());
        if !mistake && format!("{name}.yaml") != TOO_LARGE {
            faults.push(format!("{name}.stderr is the answer to nothing"));
        }
        if findings(&told).is_empty() {
            faults.push(format!("{name}: nothing was noticed"));
        }
        let helpless = findings(&told).into_iter().filter(|finding| !finding.contains("= help: "));
        faults.extend(helpless.map(|finding| format!("{name}: no cure is told\n{finding}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every answer by the name of its mistake.
fn answers() -> Vec<(String, String)> {
    let entries = fs::read_dir(home()).unwrap().map(|entry| entry.unwrap().path());
    let answers = entries.filter(|path| path.extension().is_some_and(|kind| kind == "stderr"));
    let mut answers: Vec<(String, String)> = answers
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    answers.sort();
    answers
}

#[test]
fn every_mistake_says_in_its_first_line_what_it_is() {
    let goldens = goldens();
    for file in goldens.iter().flat_map(|golden| files(&home().join(&golden.mappings))) {
        let notes = notes(&file);
        let said = notes.first().is_some_and(|note| note.ends_with('.'));
        assert!(said, "{}: {notes:?}", file.display());
    }
}

#[test]
fn editors_and_ci_are_told_the_same_as_json() {
    let several = goldens().into_iter().find(|golden| golden.name() == "several-files").unwrap();
    let told = several.check(&["--format", "json"]);
    assert_eq!((told.code, &*told.stderr), (Some(1), ""));
    assert_eq!(told.stdout.lines().count(), 1, "one object, on one line");
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let pretty = format!("{}\n", serde_json::to_string_pretty(&report).unwrap());
    if let Err(difference) = compare_or_write(&home().join("several-files.json"), &pretty) {
        panic!("{difference}");
    }

    let codes: Vec<&str> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    let text = repository_file("tests/diagnostics/several-files.stderr");
    assert_eq!(codes, findings(&text).into_iter().map(code).collect::<Vec<_>>());
}
