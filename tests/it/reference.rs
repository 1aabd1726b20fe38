//! Every example of the mapping reference loads.

use std::fmt::Write;
use std::process::Command;

use crate::support::key::rsa_pem;
use crate::support::scratch::{Scratch, repository_file};

const START: &str = "version: 1\ntargets: { hss: { url: http://hss.test } }\n";

/// What the fragments name without defining it.
const NAMES: [&str; 9] = [
    "imsi",
    "msisdn",
    "bill_status",
    "blocked",
    "previous_imsi",
    "plan",
    "addons",
    "tags",
    "data_service",
];

/// The blocks of YAML, each with the number of its first line.
fn examples(page: &str) -> Vec<(usize, String)> {
    let mut examples = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if line == "```yaml" {
            let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            examples.push((at + 2, block.map(|line| format!("{line}\n")).collect()));
        }
    }
    examples
}

/// A whole mapping with an example at the place where it belongs.
fn whole(example: &str) -> String {
    let rule = "rules:\n  - name: r\n    event: '*'\n";
    let (before, indent, after) = match example.split(':').next().unwrap() {
        "version" => return example.to_owned(),
        "targets" => ("version: 1\n".to_owned(), 0, format!("{rule}    ignore: all\n")),
        "tables" => (START.to_owned(), 0, String::new()),
        "extract" => (START.to_owned(), 0, format!("{rule}    ignore: all\n")),
        "rules" => (start_with_names(), 0, String::new()),
        "when" => (format!("{}{rule}    ignore: all\n", start_with_names()), 4, String::new()),
        "steps" => (start_with_names() + rule, 4, String::new()),
        "json" | "xml" | "responses" => {
            let step = "    steps:\n      - request: POST /\n";
            (format!("{}{rule}{step}", start_with_names()), 8, String::new())
        }
        other => panic!("nothing says where an example that begins with `{other}` belongs"),
    };
    let lines = example.lines().map(|line| format!("{:indent$}{line}\n", ""));
    before + &lines.collect::<String>() + &after
}

fn start_with_names() -> String {
    let mut start = format!("{START}extract:\n");
    for name in NAMES {
        writeln!(start, "  {name}: $.pb_data.{name}").unwrap();
    }
    start
}

#[test]
fn every_example_of_the_reference_loads_without_a_word_but_of_names_that_it_does_not_use() {
    let scratch = Scratch::new();
    let examples = examples(&repository_file("docs/mapping-reference.md"));
    assert!(examples.len() > 10, "{}", examples.len());
    for (line, example) in examples {
        scratch.mapping(&format!("line-{line}.yaml"), &whole(&example));
    }
    let key = scratch.write("key.pem", &rsa_pem());
    let output = Command::new(env!("CARGO_BIN_EXE_nsps-connector"))
        .arg("check")
        .arg(scratch.path().join("mappings"))
        .env("HSS_URL", "http://hss.test")
        .env("HSS_TOKEN", "a-token-that-is-long")
        .env("HSS_USER", "nsps-user")
        .env("HSS_PASSWORD", "a-password-that-is-long")
        .env("SSO_SECRET", "a-secret-that-is-long")
        .env("KEY_FILE", key.to_str().unwrap())
        .output()
        .unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let odd = |line: &&str| {
        line.starts_with("error")
            || line.starts_with("warning[") && !line.starts_with("warning[unused-variable]")
    };
    assert_eq!((told.lines().find(odd), output.status.success()), (None, true), "{told}");
}
