//! Whole mappings around the fragments that the reference shows.

use std::fmt::Write;

const START: &str = "version: 1\ntargets: { hss: { url: http://hss.test } }\n";
const TABLES: &str = "tables: { plans: { 1591: '2101' } }\n";
const RULE: &str = "rules:\n  - name: r\n    event: '*'\n";
const STEP: &str = "    steps:\n      - request: POST /\n";

/// What the fragments name without defining it.
const NAMES: [&str; 11] = [
    "imsi",
    "msisdn",
    "bill_status",
    "blocked",
    "previous_imsi",
    "plan",
    "addons",
    "tags",
    "data_service",
    "valid_from",
    "sim_status",
];

/// Chapters with examples in tables besides those that document keys of the schema.
pub(super) const OTHERS: [(&str, ()); 1] = [("### `json`", ())];

/// A whole mapping with a block at the place where it belongs, told by its first key.
pub(super) fn block(key: &str, block: &str) -> String {
    let ignore = "    ignore: all\n";
    let (before, depth, after) = match key {
        "version" => return block.to_owned(),
        "targets" => ("version: 1\n".to_owned(), 0, format!("{RULE}{ignore}")),
        "tables" => (START.to_owned(), 0, String::new()),
        "extract" => (START.to_owned(), 0, format!("{RULE}{ignore}")),
        "rules" => (start(), 0, String::new()),
        "when" => (start() + RULE, 4, ignore.to_owned()),
        "steps" => (start() + RULE, 4, String::new()),
        "json" | "xml" | "form" | "text" | "responses" => (start() + RULE + STEP, 8, String::new()),
        other => panic!("nothing says where an example that begins with `{other}` belongs"),
    };
    before + &indented(block, depth) + &after
}

/// A whole mapping with the example of a table's row.
pub(super) fn row(chapter: &str, keys: &[String], example: &str) -> String {
    let first = example.split(':').next().unwrap();
    let one_of = |names: &[&str]| names.contains(&first);
    match chapter {
        "## A file" => {
            let mut whole = String::new();
            for (key, line) in [
                ("version", "version: 1\n"),
                ("targets", "targets: { hss: { url: http://hss.test } }\n"),
                ("rules", "rules: [{ name: r, event: '*', ignore: all }]\n"),
            ] {
                if key != first {
                    whole += line;
                }
            }
            whole + example + "\n"
        }
        "## Targets" | "### `auth`" | "### `retry`" => {
            let url = if first == "url" { "" } else { "    url: http://hss.test\n" };
            let target = format!("version: 1\ntargets:\n  hss:\n{url}{}", indented(example, 4));
            format!("{target}{RULE}    ignore: all\n")
        }
        "## Variables: `extract`" => {
            let path = match one_of(&["path", "from", "value", "cases"]) {
                true => "",
                false => "    path: $.x\n",
            };
            let variable = format!("  v:\n{path}{}", indented(example, 4));
            format!("{}{variable}{TABLES}{RULE}    ignore: '{{{{v}}}}'\n", start())
        }
        "## Conditions: `when`" => {
            let when = format!("        when:\n{}", indented(example, 10));
            let step = "    steps:\n      - request: POST /\n        for_each: addons\n";
            format!("{}{TABLES}{RULE}{step}{when}", start())
        }
        "## Rules" => {
            let mut rule = "rules:\n  -\n".to_owned();
            for (key, line) in [("name", "    name: r\n"), ("event", "    event: '*'\n")] {
                if key != first {
                    rule += line;
                }
            }
            rule += &indented(example, 4);
            if !one_of(&["steps", "ignore", "reject"]) {
                rule += "    ignore: all\n";
            }
            start() + &rule
        }
        "## Steps" => {
            let mut step = "    steps:\n      -\n".to_owned();
            if !one_of(&["request", "fail"]) {
                step += "        request: POST /\n";
            }
            if first == "content_type" {
                step += "        json: {}\n";
            }
            start() + RULE + &step + &indented(example, 8)
        }
        "## Answers: `responses`" if example.starts_with('{') => responses(example),
        "## Answers: `responses`" => {
            let mut entry = example.to_owned();
            if first != "when" {
                entry += ", when: { status: 404 }";
            }
            if first != "then" {
                entry += ", then: fail";
            }
            responses(&format!("{{ {entry} }}"))
        }
        "### `json`" => format!("{}{RULE}{STEP}        json: [{example}]\n", start()),
        other => panic!("nothing says where the examples of `{other}` belong: {keys:?}"),
    }
}

fn responses(entry: &str) -> String {
    format!("{}{RULE}{STEP}        responses: [{entry}]\n", start())
}

fn start() -> String {
    let mut start = format!("{START}extract:\n");
    for name in NAMES {
        writeln!(start, "  {name}: $.pb_data.{name}").unwrap();
    }
    start
}

fn indented(text: &str, depth: usize) -> String {
    text.lines().map(|line| format!("{:depth$}{line}\n", "")).collect()
}
