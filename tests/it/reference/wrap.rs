//! Whole mappings around the fragments that the reference shows.

use std::fmt::Write;

use super::Row;

const START: &str = "version: 1\ntargets: { hss: { url: http://hss.test } }\n";
const TABLES: &str = "tables: { plans: { 1591: '2101' } }\n";
const RULE: &str = "rules:\n  - name: r\n    event: '*'\n";
const STEP: &str = "    steps:\n      - request: POST /\n";
const NEXT_STEP: &str = "      - request: POST /next\n";

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
pub(super) fn row(row: &Row) -> String {
    let Row { chapter, keys, example, .. } = row;
    let first = example.split(':').next().unwrap();
    let one_of = |names: &[&str]| names.contains(&first);
    match *chapter {
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
        "## Targets"
        | "### `auth`"
        | "### `retry`"
        | "### `limits` of a target"
        | "### `breaker`"
        | "### `tls`" => {
            let url = if first == "url" { "" } else { "    url: https://hss.test\n" };
            let target = format!("version: 1\ntargets:\n  hss:\n{url}{}", indented(example, 4));
            format!("{target}{RULE}    ignore: all\n")
        }
        "## Tokens of OAuth 2.0" => token(row),
        "## Sessions" => session(example),
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
            let next = if first == "undo" { NEXT_STEP } else { "" };
            start() + RULE + &step + &indented(example, 8) + next
        }
        "## Polling: `repeat`" => {
            let mut repeat = example.clone();
            for (key, value) in [("until", "{ $.a: 1 }"), ("every", "1s"), ("for", "2s")] {
                if key != first {
                    write!(repeat, ", {key}: {value}").unwrap();
                }
            }
            format!("{}{RULE}{STEP}        repeat: {{ {repeat} }}\n", start())
        }
        "## Taking back: `undo`" => {
            let request = if first == "request" { "" } else { "request: DELETE /, " };
            let undo = format!("        undo: {{ {request}{example} }}\n");
            format!("{}{RULE}{STEP}{undo}{NEXT_STEP}", start())
        }
        "## Answers: `responses`" if example.starts_with('{') => responses(example),
        "## Answers: `responses`" => {
            let mut entry = example.clone();
            if first != "when" {
                entry += ", when: { status: 404 }";
            }
            if first != "then" {
                entry += if first == "wait" { ", then: retry" } else { ", then: fail" };
            }
            responses(&format!("{{ {entry} }}"))
        }
        "### `json`" => format!("{}{RULE}{STEP}        json: [{example}]\n", start()),
        other => panic!("nothing says where the examples of `{other}` belong: {keys:?}"),
    }
}

/// The mapping that examples of test files test.
pub(super) const TESTED: &str = r#"
version: 1
targets:
  crm:
    url: https://crm.example/api
    auth: { bearer: { token: "${CRM_TOKEN:-token-of-the-tests}" } }
    headers: { X-Key: "${file:/run/secrets/key}" }
extract:
  msisdn: { path: $.pb_data.account_info.id, optional: true }
  plan: { path: $.pb_data.account_info.i_vd_plan, optional: true }
rules:
  - name: create
    event: SIM/Created
    steps:
      - { name: create, request: POST /sims, json: { msisdn: "{{msisdn}}" }, undo: { request: DELETE /sims } }
      - { name: next, request: POST /next }
  - name: update
    event: SIM/*
    steps: [{ name: create, request: PUT /sims, json: { plan: "{{plan}}" } }]
"#;

/// A whole test file with the example of a table's row.
pub(super) fn test_row(row: &Row) -> String {
    let Row { chapter, head, example, .. } = row;
    let first = example.split(':').next().unwrap();
    let mut file = String::new();
    for (key, line) in [
        ("mapping", "mapping: crm.yaml\n"),
        ("env", "env: { 'file:/run/secrets/key': a-key-of-tests }\n"),
    ] {
        if key != first || *chapter != "### A test file" {
            file += line;
        }
    }
    match *chapter {
        "### A test file" if first == "cases" => file + example + "\n",
        "### A test file" => {
            file + example + "\ncases: [{ name: c, event: other.json, exchange: [] }]\n"
        }
        "### A case" if first == "after" => {
            let member = format!("{example}\nevent: other.json\nexchange: []");
            file + "cases:\n  - name: c\n    sequence:\n      -\n" + &indented(&member, 8)
        }
        "### A case" => {
            file += "cases:\n  -\n";
            if first != "name" {
                file += "    name: c\n";
            }
            if first != "event" && first != "sequence" {
                file += "    event: other.json\n";
            }
            if first != "exchange" && first != "sequence" {
                file += "    exchange: []\n";
            }
            file + &indented(example, 4)
        }
        "### A request and its answer" => {
            file += "cases:\n  - name: c\n    event: other.json\n    exchange:\n      -\n";
            if first != "request" {
                file += "        request: PUT /sims\n";
            }
            match head.as_str() {
                "key" => file + &indented(example, 8),
                _ => file + "        reply:\n" + &indented(example, 10),
            }
        }
        "### What NSPS is told" => {
            file += "cases:\n  - name: c\n    event: other.json\n    answer:\n";
            file + &indented(example, 6)
        }
        other => panic!("nothing says where the examples of `{other}` belong"),
    }
}

/// A target with a token, whose mapping in flow style has this entry, or whose assertion has it.
fn token(row: &Row) -> String {
    let with = |entries: &str, defaults: &[(&str, &str)]| {
        let mut all = entries.to_owned();
        for (key, value) in defaults {
            if !super::has_key(entries, key) {
                write!(all, ", {key}: {value}").unwrap();
            }
        }
        all
    };
    let of_oauth = match row.head.as_str() {
        "key" => row.example.clone(),
        _ => {
            let key = [("issuer", "nsps"), ("key_file", "'${KEY_FILE}'")];
            format!("assertion: {{ {} }}, grant: jwt_bearer", with(&row.example, &key))
        }
    };
    let client = [
        ("token_url", "https://sso.example/token"),
        ("grant", "client_credentials"),
        ("client_id", "nsps"),
        ("client_secret", "'${SSO_SECRET}'"),
    ];
    let auth = format!("auth: {{ oauth2: {{ {} }} }}", with(&of_oauth, &client));
    format!("version: 1\ntargets:\n  hss:\n    url: http://hss.test\n    {auth}\n{RULE}{STEP}")
}

/// A target with a session of which this is a part.
fn session(part: &str) -> String {
    let mut names = vec!["token"];
    for (at, start) in part.match_indices("session.") {
        let name = &part[at + start.len()..];
        names.push(name.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap());
    }
    names.dedup();
    let save: Vec<String> = names.iter().map(|name| format!("{name}: $.{name}")).collect();
    let login = match super::has_key(part, "login") {
        true => String::new(),
        false => {
            format!("        login: [{{ request: POST /, save: {{ {} }} }}]\n", save.join(", "))
        }
    };
    let part = indented(part, 8);
    let target =
        format!("  hss:\n    url: http://hss.test\n    auth:\n      session:\n{login}{part}");
    format!("version: 1\ntargets:\n{target}{RULE}{STEP}        json: '{{{{session.token}}}}'\n")
}

/// A mapping whose target has a session.
pub(super) const LOGGED_INTO: &str = r#"
version: 1
targets:
  hss:
    url: https://hss.example/api
    auth:
      session:
        login: [{ request: POST /login, save: { token: $.token } }]
        headers: { Token: "{{session.token}}" }
rules:
  - name: all
    event: '*'
    steps: [{ request: PUT /sims }]
"#;

/// Its test with these exchanges.
pub(super) fn test_of(exchange: &str) -> String {
    let event = "{ event_id: '1', data: { event_type: SIM/Updated, variables: {} } }";
    let case = format!("mapping: hss.yaml\ncases:\n  - name: c\n    event: {event}\n");
    case + &indented(exchange, 4)
}

fn responses(entry: &str) -> String {
    let whole = format!("{}{RULE}{STEP}        responses: [{entry}]\n", start());
    if !entry.contains("then: login") {
        return whole;
    }
    let session = "cookies: true, auth: { session: { login: [{ request: POST /login }] } }";
    whole.replacen("http://hss.test", &format!("http://hss.test, {session}"), 1)
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
