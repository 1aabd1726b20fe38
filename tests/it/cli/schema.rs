//! `schema`: what files may hold, for editors.

use serde_json::Value;

use crate::support::command::run;
use crate::support::scratch::{Scratch, repository_file};

#[test]
fn it_prints_the_schemas_that_the_repository_has() {
    for what in ["mapping", "test", "event"] {
        // Wherever it runs, and whatever is set.
        let ran = run(Scratch::new().path(), &["schema", what], &[("MAPPINGS", "nowhere")]);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
        let file = format!("schemas/{what}.schema.json");
        assert!(
            ran.stdout == repository_file(&file),
            "{file} is out of date; write it anew:\ncargo run -- schema {what} > {file}"
        );
        let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema.get("$id"), None, "nobody serves it");
    }
}

#[test]
fn it_says_of_which_files_there_is_one() {
    let ran = run(Scratch::new().path(), &["schema", "--help"], &[]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    for words in [
        "Usage: nsps-connector schema <WHAT>",
        "- mapping: Mapping files",
        "- test:    Test files",
        "- event:   Events",
        "- openapi: The HTTP surface",
    ] {
        assert!(ran.stdout.contains(words), "{words}\n{}", ran.stdout);
    }
    for (arguments, hint) in [
        (&["schema"][..], "<WHAT>"),
        (&["schema", "maping"], "a similar value exists: 'mapping'"),
        (&["schema", "answer"], "possible values: mapping, test, event, openapi"),
        (&["schema", "mapping", "x"], "unexpected argument 'x'"),
    ] {
        let ran = run(Scratch::new().path(), arguments, &[]);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{arguments:?}");
        assert!(ran.stderr.contains(hint), "{arguments:?}: {}", ran.stderr);
    }
}
