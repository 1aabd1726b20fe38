//! What is said of every mistake of a test file: `tests/diagnostics-of-tests/NAME.test.yaml`, and beside
//! it, in `NAME.stderr`, what people read about it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nsps_connector::mapping::diagnostic::Style;
use nsps_connector::verify::{TestFile, read_file};

use super::{code, codes::codes_in, compare_or_write, findings};
use crate::support::sources::sources;

/// Messages name files from the root of the repository, which is where tests run.
const HOME: &str = "tests/diagnostics-of-tests";

/// Codes that are not about test files: `--test-on-reload` gives them.
const OF_RELOADS: [&str; 1] = ["test-failed"];

/// Texts of the folder that look like codes.
const NO_CODES: [&str; 6] = [
    "content-type",
    "idempotency-key",
    "retry-after",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-request-id",
];

fn test_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(HOME).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.to_string_lossy().ends_with(".test.yaml")).collect();
    files.sort();
    files
}

fn answer(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap().to_str().unwrap();
    Path::new(HOME).join(name.replace(".test.yaml", ".stderr"))
}

/// What is told about a file, or how that differs from what it was.
fn compare(file: &Path) -> Result<String, String> {
    let report = TestFile::read(file, &read_file).run(&read_file, None);
    let told = compare_or_write(&answer(file), &report.mistakes.render(Style::Plain))?;
    let text = fs::read_to_string(file).unwrap();
    let notes: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
    let said = notes.iter().find_map(|note| note.strip_prefix("mistakes: "));
    let mistakes = said.map_or(1, |count| count.parse().unwrap());
    let found = findings(&told);
    if found.len() != mistakes || !notes.first().is_some_and(|note| note.ends_with('.')) {
        return Err(format!("{}: {} findings\n{told}", file.display(), found.len()));
    }
    if report.mistakes.has_errors() && !report.cases.is_empty() {
        return Err(format!("{}: cases run although there is a mistake", file.display()));
    }
    let helpless = found.into_iter().find(|finding| !finding.contains("= help: "));
    helpless.map_or(Ok(told.clone()), |one| Err(format!("no cure is told\n{one}")))
}

#[test]
fn every_mistake_of_a_test_file_is_told_as_it_was() {
    let files = test_files();
    assert!(files.len() >= 40, "{} files", files.len());
    let differences: Vec<String> = files.iter().filter_map(|file| compare(file).err()).collect();
    assert!(
        differences.is_empty(),
        "{}\n{} differ; if they are better so: UPDATE_GOLDEN=1",
        differences.join("\n"),
        differences.len()
    );
}

#[test]
fn every_code_of_test_files_is_shown() {
    let known: BTreeSet<String> = sources("src/verify").iter().flat_map(codes_in).collect();
    let told: Vec<String> =
        test_files().iter().map(|file| fs::read_to_string(answer(file)).unwrap()).collect();
    let shown: BTreeSet<String> = told
        .iter()
        .flat_map(|told| findings(told))
        .map(|finding| code(finding).to_owned())
        .collect();
    let expected = known
        .iter()
        .filter(|code| !OF_RELOADS.contains(&&***code) && !NO_CODES.contains(&&***code));
    let hidden: Vec<&String> = expected.filter(|code| !shown.contains(*code)).collect();
    assert!(hidden.is_empty(), "no file of {HOME} shows {hidden:?}");
}
