//! The tests of the example mappings miss nothing: in each mapping every key and list entry is deleted
//! and every scalar changed, one at a time; `check` or a test must notice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nsps_connector::verify::{TestFile, read_file};
use serde_json::Value;

/// Where the examples are.
const FOLDERS: [&str; 3] = ["mappings", "docs/cookbook", "src/cli/new"];

/// Mutants that may live: the file, where the change is made, and why nothing can or should notice.
const SURVIVORS: &[(&str, &str, &str)] = &[];

/// Most that may live in one file, of a hundred.
const MOST_SURVIVORS: usize = 3;

/// Keys whose value is for people, or a limit of time that no test waits for.
const NOT_CHANGED: [&str; 4] = ["description", "timeout", "connect_timeout", "idle_timeout"];

#[test]
fn every_change_of_an_example_is_noticed_by_check_or_by_its_tests() {
    let mappings: Vec<PathBuf> = FOLDERS.iter().flat_map(|folder| mappings_in(folder)).collect();
    assert!(mappings.len() > FOLDERS.len(), "{mappings:?}");
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let (left, right) = mappings.split_at(mappings.len() / 2);
        let halves = [left, right].map(|half| {
            scope.spawn(|| {
                half.iter().flat_map(|path| complaints(path, &|_| true)).collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().expect("a half")).collect()
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Tests for each pack: there are many changes, and tests run beside each other.
macro_rules! packs {
    ($($name:ident: $file:literal,)+) => {
        /// The whole integrations to copy, in order of names.
        const PACKS: &[&str] = &[$($file),+];

        $(mod $name {
            #[test]
            fn every_first_change_of_four_is_noticed() {
                super::hold($file, 0);
            }

            #[test]
            fn every_second_change_of_four_is_noticed() {
                super::hold($file, 1);
            }

            #[test]
            fn every_third_change_of_four_is_noticed() {
                super::hold($file, 2);
            }

            #[test]
            fn every_fourth_change_of_four_is_noticed() {
                super::hold($file, 3);
            }
        })+
    };
}

const PACKS_FOLDER: &str = "mappings/examples";

packs! {
    cai3g_hlr: "cai3g-hlr.yaml",
    form_sim_api: "form-sim-api.yaml",
    free5gc: "free5gc.yaml",
    pyhss: "pyhss.yaml",
    soap_pcrf: "soap-pcrf.yaml",
    tmf_ocs: "tmf-ocs.yaml",
}

/// A quarter of the changes of a pack.
#[track_caller]
fn hold(pack: &str, quarter: usize) {
    let complaints = complaints(&root().join(PACKS_FOLDER).join(pack), &|at| at % 4 == quarter);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_pack_is_changed() {
    let packs = mappings_in(PACKS_FOLDER);
    let names: Vec<_> = packs.iter().filter_map(|pack| pack.file_name()?.to_str()).collect();
    assert_eq!(names, PACKS);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is wrong with the tests of one mapping, as far as those changes show whose position is `chosen`.
fn complaints(mapping: &Path, chosen: &dyn Fn(usize) -> bool) -> Vec<String> {
    let shown = mapping.strip_prefix(root()).expect("below the root").display().to_string();
    let test = TestFile::read(&mapping.with_extension("test.yaml"), &read_file);
    let text = std::fs::read_to_string(mapping).expect("a mapping");
    if !test.passes_on_text(&text) {
        return vec![format!("{shown}: its tests do not pass")];
    }
    let whole: Value = serde_yaml::from_str(&text).expect("YAML");
    assert!(test.passes_on_text(&whole.to_string()), "{shown}: as JSON it is another mapping");

    let mutants = mutants(&whole).into_iter().enumerate().filter(|(at, _)| chosen(*at));
    let mutants: Vec<_> = mutants.map(|(_, mutant)| mutant).collect();
    let alive: BTreeSet<&str> = mutants
        .iter()
        .filter(|(_, mutant)| test.passes_on_text(&mutant.to_string()))
        .map(|(place, _)| place.as_str())
        .collect();
    let of_file = SURVIVORS.iter().filter(|(file, ..)| *file == shown).map(|(_, place, _)| *place);
    let allowed: BTreeSet<&str> =
        of_file.filter(|known| mutants.iter().any(|(place, _)| place == known)).collect();
    let unnoticed = alive.difference(&allowed).map(|it| format!("{shown}: unnoticed: {it}"));
    let noticed = allowed.difference(&alive).map(|it| format!("{shown}: noticed after all: {it}"));
    let mut complaints: Vec<String> = unnoticed.chain(noticed).collect();
    if alive.len() * 100 > mutants.len() * MOST_SURVIVORS {
        complaints.push(format!("{shown}: {} of {} mutants live", alive.len(), mutants.len()));
    }
    complaints
}

fn mappings_in(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder of examples");
    let mut mappings: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let name = path.display().to_string();
            name.ends_with(".yaml") && !name.ends_with(".test.yaml")
        })
        .collect();
    mappings.sort();
    mappings
}

/// Every change, with the place where it is made.
fn mutants(whole: &Value) -> Vec<(String, Value)> {
    let mut mutants = Vec::new();
    collect(whole, "", &mut |place, change| {
        let mut mutant = whole.clone();
        change(&mut mutant);
        mutants.push((place, mutant));
    });
    mutants
}

type Change<'c> = &'c dyn Fn(&mut Value);

fn collect(value: &Value, pointer: &str, push: &mut dyn FnMut(String, Change<'_>)) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                // What stands under `x-…` is in the places that it is an anchor for.
                if NOT_CHANGED.contains(&key.as_str()) || key.starts_with("x-") {
                    continue;
                }
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                push(format!("without {below}"), &|mutant| {
                    let object = mutant.pointer_mut(pointer).and_then(Value::as_object_mut);
                    object.expect("an object").shift_remove(key).expect("the key");
                });
                collect(member, &below, push);
            }
        }
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                let below = format!("{pointer}/{index}");
                push(format!("without {below}"), &|mutant| {
                    let array = mutant.pointer_mut(pointer).and_then(Value::as_array_mut);
                    array.expect("an array").remove(index);
                });
                collect(member, &below, push);
            }
        }
        scalar => {
            let other = changed(scalar);
            push(format!("{pointer}: {scalar} as {other}"), &|mutant| {
                *mutant.pointer_mut(pointer).expect("the scalar") = other.clone();
            });
        }
    }
}

/// Another scalar of the same type.
fn changed(scalar: &Value) -> Value {
    match scalar {
        Value::String(text) => Value::from(format!("{text}x")),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Value::from(number + 1),
            None => Value::from(number.as_f64().unwrap_or_default() + 1.0),
        },
        Value::Bool(flag) => Value::from(!flag),
        _ => Value::from("x"),
    }
}

mod can_fail {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_key_entry_and_scalar_is_changed_once() {
        let whole = json!({ "description": "d", "x-b": 1, "a": [1, { "b/c": true }] });
        let mutants: Vec<(String, String)> =
            mutants(&whole).into_iter().map(|(place, it)| (place, it["a"].to_string())).collect();
        let expected = [
            ("without /a", "null"),
            ("without /a/0", r#"[{"b/c":true}]"#),
            ("/a/0: 1 as 2", r#"[2,{"b/c":true}]"#),
            ("without /a/1", "[1]"),
            ("without /a/1/b~1c", "[1,{}]"),
            ("/a/1/b~1c: true as false", r#"[1,{"b/c":false}]"#),
        ];
        assert_eq!(mutants, expected.map(|(place, it)| (place.to_owned(), it.to_owned())));
    }
}
