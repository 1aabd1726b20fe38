//! The schema as a file, and the mappings of this repository.

use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, Schemas};
use serde_json::Value;

use super::{by_schema, examples, of_mappings, value_of};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

#[test]
fn the_file_in_the_repository_is_up_to_date() {
    let file = read(&repository("schemas/mapping.schema.json"));
    assert!(
        file == format!("{:#}\n", of_mappings()),
        "schemas/mapping.schema.json is out of date; write it anew:\n\
         cargo run -- schema mapping > schemas/mapping.schema.json"
    );
}

#[test]
fn it_is_a_schema_of_draft_2020_12() {
    assert_of_draft_2020_12(&of_mappings());
}

#[track_caller]
pub(crate) fn assert_of_draft_2020_12(schema: &Value) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let draft = "https://json-schema.org/draft/2020-12/schema";
    let index = compiler.compile(draft, &mut schemas).unwrap();
    assert_eq!(schema["$schema"], draft);
    let judged = schemas.validate(schema, index).map_err(|fault| format!("{fault:#}"));
    assert_eq!(judged, Ok(()));
}

/// Every key and every definition, by its pointer.
fn described(pointer: &str, schema: &Value, found: &mut Vec<(String, Value)>) {
    for group in ["properties", "patternProperties", "$defs"] {
        for (name, part) in schema[group].as_object().into_iter().flatten() {
            let pointer = format!("{pointer}/{group}/{name}");
            described(&pointer, part, found);
            found.push((pointer, part.clone()));
        }
    }
}

#[test]
fn every_key_says_what_it_is() {
    assert_every_key_is_described(&of_mappings(), 80);
}

/// That of more than `least` keys and definitions each has a description.
#[track_caller]
pub(crate) fn assert_every_key_is_described(schema: &Value, least: usize) {
    let mut found = Vec::new();
    described("", schema, &mut found);
    assert!(found.len() > least, "{}", found.len());
    for (pointer, schema) in found {
        let text = schema["description"].as_str().unwrap_or_default();
        assert!(text.ends_with('.') && text.contains(' '), "{pointer}: {text:?}");
        assert!(!text.contains("  ") && !text.contains("\n\n\n"), "{pointer}: {text:?}");
    }
}

#[test]
fn every_example_and_every_default_is_what_the_schema_accepts() {
    assert_examples_are_accepted(&of_mappings(), 60);
}

/// That more than `least` examples and defaults are what their part of the schema accepts.
#[track_caller]
pub(crate) fn assert_examples_are_accepted(whole: &Value, least: usize) {
    let mut found = Vec::new();
    described("", whole, &mut found);
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("some.schema.json", whole.clone()).unwrap();
    let mut judged_examples = 0;
    for (pointer, schema) in found {
        let at = format!("some.schema.json#{}", pointer.replace('^', "%5E"));
        let index = compiler.compile(&at, &mut schemas).unwrap_or_else(|fault| panic!("{fault:#}"));
        for example in examples(&schema).iter().chain(schema.get("default")) {
            let judged = schemas.validate(example, index).map_err(|fault| format!("{fault:#}"));
            assert_eq!(judged, Ok(()), "{pointer}: {example}");
            judged_examples += 1;
        }
    }
    assert!(judged_examples > least, "{judged_examples}");
}

#[test]
fn the_mappings_of_the_repository_are_accepted_and_name_the_schema() {
    for (folder, up) in [("mappings", "../"), ("mappings/examples", "../../")] {
        let files = fs::read_dir(repository(folder)).unwrap();
        let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
        let is_mapping = |file: &&PathBuf| {
            file.extension().is_some_and(|kind| kind == "yaml")
                && !file.to_string_lossy().ends_with(".test.yaml")
        };
        let texts: Vec<String> = files.iter().filter(is_mapping).map(|file| read(file)).collect();
        assert!(!texts.is_empty(), "{folder}");
        for text in texts {
            assert_eq!(by_schema(&value_of(&text)), Ok(()), "{text}");
            let modeline =
                format!("# yaml-language-server: $schema={up}schemas/mapping.schema.json\n");
            assert!(text.starts_with(&modeline), "{text}");
        }
    }
}

/// The blocks of YAML in a page that are whole mappings.
fn whole_mappings(page: &str) -> Vec<String> {
    let page = read(&repository(page));
    let blocks = page.split("```yaml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    blocks.filter(|block| block.lines().any(|line| line.starts_with("version:"))).collect()
}

#[test]
fn the_mappings_in_the_documentation_are_accepted() {
    for page in ["docs/mapping-reference.md", "README.md"] {
        let mappings = whole_mappings(page);
        assert!(!mappings.is_empty(), "{page}");
        for mapping in mappings {
            assert_eq!(by_schema(&value_of(&mapping)), Ok(()), "{page}: {mapping}");
        }
    }
}
