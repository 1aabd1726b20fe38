//! Directories of many files: all are read, and told in order.

use super::*;

/// More than one share, on any machine with two processors.
const FILES: usize = 3 * LEAST_SHARE;

fn mapping(number: usize, action: &str) -> String {
    let target =
        "targets: { t: { url: 'http://a.test', auth: { bearer: { token: \"${TOKEN}\" } } } }";
    format!("version: 1\n{target}\nrules: [{{ name: r{number}, event: '*', {action} }}]\n")
}

fn directory(action: impl Fn(usize) -> &'static str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for number in 0..FILES {
        let file = directory.path().join(format!("{number:03}.yaml"));
        std::fs::write(file, mapping(number, action(number))).expect("a file");
    }
    directory
}

fn loaded(directory: &Path) -> Loaded {
    let variables = |name: &str| (name == "TOKEN").then(|| "a-long-token".to_owned());
    let no_files = |_: &str| Err("gone".to_owned());
    load(directory, Environment::new(&variables, &no_files, false))
}

#[test]
fn many_files_are_read_side_by_side_and_told_in_order() {
    let directory = directory(|_| "steps: [{ request: GET /a }]");
    let Loaded { program, report, files, texts } = loaded(directory.path());
    let program = program.unwrap_or_else(|| panic!("{report:?}"));
    let expected: Vec<String> = (0..FILES).map(|number| format!("{number:03}.yaml")).collect();
    let names: Vec<&str> = program.mappings.iter().map(|mapping| &*mapping.file).collect();
    assert_eq!(
        (names, files, texts.len()),
        (expected.iter().map(|name| &**name).collect(), FILES, FILES)
    );
    assert_eq!(program.hash, loaded(directory.path()).program.expect("a program").hash);
    let masked = crate::telemetry::mask::Mask::mask(&*program.secrets, "a-long-token");
    assert!(!masked.contains("a-long-token"));
}

#[test]
fn what_is_wrong_in_many_files_is_told_in_their_order() {
    let odd = |number: usize| number % 2 == 1;
    let directory = directory(|number| if odd(number) { "ignor: x" } else { "ignore: x" });
    let Loaded { program, report, .. } = loaded(directory.path());
    assert!(program.is_none());
    let found: Vec<String> = report.errors().map(|error| error.file().to_owned()).collect();
    let shown = |number| directory.path().join(format!("{number:03}.yaml")).display().to_string();
    let expected: Vec<String> = (0..FILES).filter(|number| odd(*number)).map(shown).collect();
    assert_eq!(found, expected);
    assert_eq!(report.summary(), format!("{0} errors in {0} files", FILES / 2));
}
