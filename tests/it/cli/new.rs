//! `new`: what it writes passes as written, whatever it is called.

use crate::support::command::run;
use crate::support::scratch::Scratch;

const SET: &[(&str, &str)] = &[("MAPPINGS", "")];

#[test]
fn the_mapping_and_its_test_pass_as_written() {
    // Words that YAML takes for something else are names, too.
    for name in ["acme", "true", "null", "no", "1", "1e3", "3gpp-hss", "acme-acme"] {
        let scratch = Scratch::new();
        let ran = run(scratch.path(), &["new", name], SET);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{name}");
        let told = format!("next: nsps-connector test ./mappings/{name}.yaml\n");
        assert!(ran.stdout.ends_with(&told), "{}", ran.stdout);

        let ran = run(scratch.path(), &["check", "--allow-missing-env"], SET);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{name}: {}", ran.stdout);
        assert_eq!(ran.stdout.lines().count(), 1, "no finding: {}", ran.stdout);

        let ran = run(scratch.path(), &["test", "--min-coverage", "100"], SET);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{name}: {}", ran.stdout);
        let file = format!("mappings/{name}.yaml");
        let ran = run(scratch.path(), &["test", &file], SET);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stdout);
    }
}

#[test]
fn an_editor_finds_the_schemas_where_the_first_lines_say() {
    let scratch = Scratch::new();
    run(scratch.path(), &["new", "acme", "--dir", "my"], SET);
    for (file, what) in [("acme.yaml", "mapping"), ("acme.test.yaml", "test")] {
        let text = scratch.read(&format!("my/{file}"));
        let schema = format!(".schemas/{what}.schema.json");
        let first = format!("# yaml-language-server: $schema={schema}\n");
        assert!(text.starts_with(&first), "{text}");
        let printed = run(scratch.path(), &["schema", what], SET).stdout;
        assert!(scratch.read(&format!("my/{schema}")) == printed, "{schema}");
    }
    assert!(scratch.read("my/acme.yaml").contains("nsps-connector check my/acme.yaml\n"));
}

#[test]
fn what_is_there_is_never_written_over() {
    for there in ["acme.yaml", "acme.test.yaml"] {
        let scratch = Scratch::new();
        scratch.write(&format!("my/{there}"), "mine");
        let ran = run(scratch.path(), &["new", "acme", "--dir", "my"], SET);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
        assert!(ran.stderr.contains(there) && ran.stderr.contains("exists"), "{}", ran.stderr);
        assert_eq!(scratch.read(&format!("my/{there}")), "mine");
        let left = std::fs::read_dir(scratch.path().join("my")).expect("a directory");
        let left = left.filter(|entry| entry.as_ref().is_ok_and(|it| it.path().is_file())).count();
        assert_eq!(left, 1, "no half of a pair is left behind");
    }
}

#[test]
fn a_name_that_is_none_is_refused_with_its_cure() {
    for name in ["", "Acme", "-a", "a_b", "a/b", "../a", "a.b", "ä"] {
        let scratch = Scratch::new();
        let ran = run(scratch.path(), &["new", "--", name], SET);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{name}");
        assert!(ran.stderr.contains("names are made of `a-z`, `0-9` and `-`"), "{}", ran.stderr);
        assert!(!scratch.path().join("mappings").exists(), "nothing is written");
    }
}

#[test]
fn a_directory_that_cannot_be_is_told() {
    let scratch = Scratch::new();
    scratch.write("file", "");
    let ran = run(scratch.path(), &["new", "acme", "--dir", "file/below"], SET);
    assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
    assert!(ran.stderr.starts_with("nsps-connector: file/below"), "{}", ran.stderr);
}
