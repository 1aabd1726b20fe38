//! `check`: every mistake in one run, for people, editors and CI.

use serde_json::{Value, json};

use crate::support::command::{Ran, run};
use crate::support::samples::MISTAKEN;
use crate::support::scratch::Scratch;

const GOOD: &str = "version: 1
description: an example
targets:
  system:
    url: http://127.0.0.1:9/
rules:
  - name: all
    event: '*'
    steps: [{ request: POST /a }]
";

/// Works, and has a variable that nothing uses.
fn with_a_warning() -> String {
    GOOD.replace("rules:", "extract:\n  unused: { path: $.a }\nrules:")
}

/// Needs two variables and a file.
const NEEDY: &str = "version: 1
targets:
  system:
    url: ${URL}
    auth: { bearer: { token: '${file:secret}' } }
    headers: { x-tenant: '${TENANT}' }
rules:
  - name: all
    event: '*'
    steps: [{ request: POST /a }]
";

fn check(scratch: &Scratch, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    run(scratch.path(), &[&["check"], arguments].concat(), variables)
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

/// `code file:line:column` of each finding.
fn places(report: &Value) -> Vec<String> {
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let place = |found: &Value| {
        let word = |name: &str| found[name].as_str().unwrap().to_owned();
        format!("{} {}:{}:{}", word("code"), word("file"), found["line"], found["column"])
    };
    diagnostics.iter().map(place).collect()
}

#[test]
fn good_mappings_are_listed_and_the_code_is_0() {
    let scratch = Scratch::new();
    scratch.mapping("a.yaml", GOOD);
    scratch.mapping("b.yml", GOOD);
    // Neither a mapping.
    scratch.mapping("a.test.yaml", "nonsense");
    scratch.mapping("README.md", "nonsense");
    let ran = check(&scratch, &[], &[]);
    let expected = "ok a.yaml (an example): 1 target, 0 variables, 1 rule\n\
                    ok b.yml (an example): 1 target, 0 variables, 1 rule\n";
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), expected, ""));

    let ran = check(&scratch, &["--format", "json"], &[]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(json_of(&ran), json!({"errors": 0, "warnings": 0, "diagnostics": []}));
}

#[test]
fn warnings_are_shown_and_do_not_fail() {
    let scratch = Scratch::new();
    scratch.mapping("a.yaml", &with_a_warning());
    let ran = check(&scratch, &[], &[]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.contains("warning[") && ran.stdout.contains("a.yaml:7:3"), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("ok a.yaml (an example): 1 target, 1 variable, 1 rule\n"),
        "{}",
        ran.stdout
    );
    let report = json_of(&check(&scratch, &["--format=json"], &[]));
    assert_eq!((&report["errors"], &report["warnings"]), (&json!(0), &json!(1)));
}

#[test]
fn every_mistake_of_every_file_is_reported_in_one_run() {
    let scratch = Scratch::new();
    scratch.mapping("a.yaml", &MISTAKEN.replace("targets: {}", "targets: { s: { url: nowhere } }"));
    scratch.mapping(
        "b.yaml",
        &GOOD.replace("POST /a", "PSOT a").replace("event:", "evnet: x\n    event:"),
    );
    scratch.mapping("c.yaml", "version: [1\n");
    scratch.mapping("d.yaml", &with_a_warning());
    let ran = check(&scratch, &["--format", "json"], &[]);
    assert_eq!(ran.code, Some(1));
    let report = json_of(&ran);
    let places = places(&report);
    for place in [
        "unknown-key ./mappings/a.yaml:2:1",
        "bad-url ./mappings/a.yaml:3:22",
        "unknown-key ./mappings/b.yaml:8:5",
        "bad-method ./mappings/b.yaml:10:24",
        "./mappings/c.yaml:",
        "./mappings/d.yaml:7:3",
    ] {
        assert!(places.iter().any(|found| found.contains(place)), "{place} in {places:#?}");
    }
    assert_eq!(report["warnings"], 1);

    let text = check(&scratch, &[], &[]);
    assert_eq!((text.code, &*text.stderr), (Some(1), ""));
    let snippet = "  |\n2 | nonsense: true\n  | ^^^^^^^^";
    assert!(text.stdout.contains(snippet), "{}", text.stdout);
    for place in places {
        let (code, place) = place.split_once(' ').unwrap();
        assert!(text.stdout.contains(&format!("[{code}]")), "{code}\n{}", text.stdout);
        assert!(text.stdout.contains(&format!("--> {place}")), "{place}\n{}", text.stdout);
    }
    let summary = format!("{} errors, 1 warning in 4 files\n", report["errors"]);
    assert!(text.stdout.ends_with(&summary), "{summary}\n{}", text.stdout);
    assert!(!text.stdout.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn what_is_checked_is_a_directory_or_a_file_or_what_the_variable_names() {
    let scratch = Scratch::new();
    scratch.write("good/a.yaml", GOOD);
    scratch.write("bad/b.yaml", MISTAKEN);
    scratch.write("mixed/good.yaml", GOOD);
    scratch.write("mixed/bad.yaml", MISTAKEN);
    for (arguments, variables, code) in [
        (&["good"][..], &[][..], 0),
        (&["bad"], &[], 1),
        (&["mixed"], &[], 1),
        (&["mixed/good.yaml"], &[], 0),
        (&["mixed/bad.yaml"], &[], 1),
        (&[], &[("MAPPINGS", "good")], 0),
        (&[], &[("MAPPINGS", "mixed/bad.yaml")], 1),
        (&["good"], &[("MAPPINGS", "bad")], 0),
    ] {
        let ran = check(&scratch, arguments, variables);
        assert_eq!(ran.code, Some(code), "{arguments:?} {variables:?}: {}", ran.all());
    }
    scratch.write(".env", "MAPPINGS=bad\n");
    assert_eq!(check(&scratch, &[], &[]).code, Some(1));
    assert_eq!(check(&scratch, &[], &[("MAPPINGS", "good")]).code, Some(0));
}

#[test]
fn what_cannot_be_checked_is_2() {
    let scratch = Scratch::new();
    scratch.write("empty/notes.txt", "none");
    for (arguments, told) in [
        (&["nowhere"][..], "nowhere"),
        (&["empty"], "mapping files end in `.yaml` or `.yml`"),
        (&[], "./mappings"),
        (&["--env-file", "nowhere"], "nowhere: it cannot be read"),
    ] {
        let ran = check(&scratch, arguments, &[]);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert!(ran.all().contains(told), "{arguments:?}: {}", ran.all());
    }
    let report = json_of(&check(&scratch, &["nowhere", "--format", "json"], &[]));
    assert_eq!(
        (&report["errors"], &report["diagnostics"][0]["file"]),
        (&json!(1), &json!("nowhere"))
    );
}

#[test]
fn variables_come_from_the_environment_or_a_file() {
    let scratch = Scratch::new();
    scratch.mapping("a.yaml", NEEDY);
    scratch.write("secret", "secret-of-march");
    let url = ("URL", "http://127.0.0.1:9");

    let ran = check(&scratch, &["--format", "json"], &[]);
    assert_eq!(ran.code, Some(1));
    let places = places(&json_of(&ran));
    let expected =
        ["unset-environment ./mappings/a.yaml:4:10", "unset-environment ./mappings/a.yaml:6:27"];
    assert_eq!(places, expected);

    assert_eq!(check(&scratch, &[], &[url, ("TENANT", "t")]).code, Some(0));
    scratch.write("ci.env", "URL=http://127.0.0.1:9\nTENANT=t\n");
    assert_eq!(check(&scratch, &["--env-file", "ci.env"], &[]).code, Some(0));
    scratch.write(".env", "URL=http://127.0.0.1:9\nTENANT=t\n");
    assert_eq!(check(&scratch, &[], &[]).code, Some(0));
    // Instead of `.env`, not beside it.
    scratch.write("half.env", "URL=http://127.0.0.1:9\n");
    assert_eq!(check(&scratch, &["--env-file", "half.env"], &[]).code, Some(1));
    // The environment wins.
    scratch.write("wrong.env", "URL=nonsense\nTENANT=t\n");
    assert_eq!(check(&scratch, &["--env-file", "wrong.env"], &[url]).code, Some(0));
}

#[test]
fn what_is_not_set_need_not_be_minded() {
    let scratch = Scratch::new();
    scratch.mapping("a.yaml", NEEDY);
    assert_eq!(check(&scratch, &["--allow-missing-env"], &[]).code, Some(0));
    scratch.mapping("a.yaml", &NEEDY.replace("POST", "PSOT"));
    let ran = check(&scratch, &["--allow-missing-env", "--format=json"], &[]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(places(&json_of(&ran)), ["bad-method ./mappings/a.yaml:10:24"]);
}

#[test]
fn what_is_secret_is_not_shown_in_any_format() {
    let scratch = Scratch::new();
    let needy = NEEDY.replace("rules:", "    timeout: '${file:secret}'\nrules:");
    scratch.mapping("a.yaml", &needy);
    scratch.write("secret", "secret-of-march");
    for format in ["text", "json"] {
        let ran = check(&scratch, &["--format", format], &[("URL", "x"), ("TENANT", "t")]);
        assert_eq!(ran.code, Some(1));
        assert!(!ran.all().contains("secret-of"), "{}", ran.all());
    }
}

#[test]
fn the_example_of_the_repository_is_good() {
    let scratch = Scratch::new();
    scratch.example_mapping("wtl-hss.yaml");
    let ran = check(&scratch, &["--allow-missing-env"], &[]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
    assert!(ran.stdout.starts_with("ok wtl-hss.yaml"), "{}", ran.stdout);
}

#[test]
fn a_secret_from_a_file_is_shown_nowhere() {
    let scratch = Scratch::new();
    scratch.write("secret", "open-sesame-0451\n");
    let described = NEEDY.replace("targets:", "description: with ${file:secret}\ntargets:");
    let literal = described.replace("${TENANT}", "open-sesame-0451 {{event_id");
    let variables = [("URL", "http://127.0.0.1:9/"), ("TENANT", "acme-corporation")];
    for (mapping, code) in [(&described, 0), (&literal, 1)] {
        scratch.mapping("a.yaml", mapping);
        for arguments in [&[][..], &["--format", "json"]] {
            let ran = check(&scratch, arguments, &variables);
            assert_eq!(ran.code, Some(code), "{}", ran.all());
            assert!(!ran.all().contains("open-sesame"), "{}", ran.all());
        }
    }
    let shown = check(&scratch, &[], &variables).stdout;
    assert!(shown.contains("x-tenant: '**************** {{event_id' }"), "{shown}");
}
