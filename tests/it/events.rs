//! The page about events: its paths are good, and what the samples hold is documented.

use std::process::Command;

use serde_json::Value;

use crate::support::markdown::{code, tables};
use crate::support::scratch::{Scratch, repository_file, sample_event};

const SAMPLES: [&str; 6] = [
    "sim-created",
    "sim-deleted",
    "sim-replaced-assigned",
    "sim-replaced-changed",
    "sim-replaced-removed",
    "sim-updated",
];

/// The paths in the first column of its tables.
fn paths() -> Vec<String> {
    let page = repository_file("docs/events.md");
    let tables = tables(&page);
    let of_paths = tables.iter().filter(|table| table.head[0] == "path");
    of_paths.flat_map(|table| table.rows.iter().flat_map(|cells| code(&cells[0]))).collect()
}

/// The names on the way to every value that is neither list nor object.
fn leaves(value: &Value, way: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                leaves(member, &format!("{way}.{name}"), found);
            }
        }
        Value::Array(members) => {
            members.iter().for_each(|member| leaves(member, &format!("{way}[*]"), found));
        }
        Value::Null => {}
        _ => found.push(way.to_owned()),
    }
}

/// A path without what is in its brackets, and with every `..` being one step.
fn plain(path: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0;
    for c in path.chars() {
        depth += usize::from(c == '[');
        if depth == 0 {
            plain.push(c);
        }
        depth -= usize::from(c == ']');
    }
    plain.replace("..", ".")
}

#[test]
fn every_path_is_one() {
    let paths = paths();
    assert!(paths.len() > 40, "{}", paths.len());
    let scratch = Scratch::new();
    let lines = paths.iter().enumerate().map(|(at, path)| format!("  v{at}: \"{path}\"\n"));
    let used = (0..paths.len()).map(|at| format!("{{{{v{at}}}}}")).collect::<String>();
    let mapping = format!(
        "version: 1\ntargets: {{ t: {{ url: http://t.test }} }}\nextract:\n{}\
         rules: [{{ name: r, event: '*', ignore: '{used}' }}]\n",
        lines.collect::<String>()
    );
    let file = scratch.mapping("events.yaml", &mapping);
    let command =
        Command::new(env!("CARGO_BIN_EXE_nsps-connector")).arg("check").arg(file).output();
    let told = String::from_utf8(command.unwrap().stdout).unwrap();
    assert!(told.starts_with("ok "), "{told}");
}

#[test]
fn every_field_of_the_samples_is_documented() {
    let documented: Vec<String> = paths().iter().map(|path| plain(path)).collect();
    // Said to have the fields of another section, or of no use to a mapping.
    let others = ["$.pb_data.prev_sim_info.", "$.status"];
    let names = ["attributes.group_name", "attributes.name", "service_features.name"];
    for sample in SAMPLES {
        let mut found = Vec::new();
        leaves(&sample_event(sample), "$", &mut found);
        assert!(found.len() > 8, "{sample}");
        for leaf in found {
            let leaf = plain(&leaf);
            let known = documented.contains(&leaf)
                || others.iter().any(|other| leaf.starts_with(other))
                || names.iter().any(|name| leaf.ends_with(name));
            assert!(known, "{sample}: {leaf}");
        }
    }
}
