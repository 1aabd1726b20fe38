//! What an editor shows of our files by their schemas, asked of yaml-language-server.

use serde_json::Value;

use crate::support::command::run;
use crate::support::language_server::{CURSOR, Document, LanguageServer, Mark, typed};
use crate::support::scratch::Scratch;

/// A kind of file that has a schema.
struct Kind {
    /// Where its files are.
    folder: &'static str,
    /// Its first line.
    modeline: &'static str,
}

const MAPPING: Kind = Kind {
    folder: "mappings",
    modeline: "# yaml-language-server: $schema=../schemas/mapping.schema.json\n",
};

impl Kind {
    fn open(&self, server: &mut LanguageServer, text: &str) -> Document {
        server.open(self.folder, &format!("{}{text}", self.modeline))
    }
}

/// The lines that a proposal adds, without the blanks around them.
fn added(document: &Document, result: &str) -> String {
    let before: Vec<&str> = document.text.lines().map(str::trim).collect();
    let lines = result.lines().map(str::trim).filter(|line| !before.contains(line));
    lines.collect::<Vec<_>>().join(" / ")
}

/// A label, and the lines that choosing it adds.
type Proposed = (&'static str, &'static str);

/// Places, and some of what is proposed there.
const PROPOSED: [(Kind, &str, &[Proposed]); 15] = [
    (
        MAPPING,
        "¦",
        &[
            ("version", "version: 1"),
            ("targets", "targets: / crm: / url: https://crm.example/api"),
            ("rules", "rules: / - name: / event:"),
        ],
    ),
    (
        MAPPING,
        "version: 1\ntargets:\n  hss: ¦\n",
        &[(
            "{ url: \"${HSS_URL}\", auth: { bearer: { token: \"${HSS_TOKE...",
            "url: \"${HSS_URL}\" / auth: / bearer: / token: \"${HSS_TOKEN}\"",
        )],
    ),
    (
        MAPPING,
        "version: 1\ntargets:\n  hss:\n    ¦\n",
        &[
            ("url", "url:"),
            ("auth", "auth:"),
            ("timeout", "timeout:"),
            ("retry", "retry: / attempts: 3 / backoff: 200ms / max_backoff: 5s / unsafe: false"),
            ("responses", "responses: / - when: / then:"),
        ],
    ),
    (
        MAPPING,
        "version: 1\ntargets:\n  hss:\n    auth:\n      ¦\n",
        &[
            ("basic", "basic: / username: / password:"),
            ("bearer", "bearer: / token:"),
            ("api_key", "api_key: / value:"),
        ],
    ),
    (
        MAPPING,
        "version: 1\ntargets:\n  hss:\n    timeout: ¦\n",
        &[("10s", "timeout: 10s"), ("1m30s", "timeout: 1m30s")],
    ),
    (
        MAPPING,
        "version: 1\nextract:\n  imsi:\n    ¦\n",
        &[
            ("path", "path:"),
            ("optional", "optional: true"),
            ("split", "split: \",\""),
            ("as", "as:"),
        ],
    ),
    (
        MAPPING,
        "version: 1\nextract:\n  imsi:\n    path: $.a\n    as: ¦\n",
        &[("string", "as: string"), ("timestamp", "as: timestamp")],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: ¦\n",
        &[("SIM/*", "event: SIM/*"), ("\"*\"", "event: \"*\"")],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: SIM/*\n    when:\n      ¦\n",
        &[
            ("any", "any: / -"),
            ("not", "not:"),
            (
                "{ bill_status: open, imsi: { exists: true } }",
                "bill_status: open / imsi: / exists: true",
            ),
        ],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: SIM/*\n    when:\n      imsi: ¦\n",
        &[
            ("open", "imsi: open"),
            ("[open, active]", "- open / - active"),
            ("{ exists: true }", "exists: true"),
        ],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: SIM/*\n    when:\n      imsi:\n        ¦\n",
        &[
            ("matches", "matches: ^00101[0-9]{10}$"),
            ("suffix", "suffix: \"@msisdn\""),
            ("in_table", "in_table: plans"),
        ],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: SIM/*\n    steps:\n      - request: PUT /sims\n        ¦\n",
        &[
            ("json", "json: / imsi: \"{{imsi}}\" / services: / - voice / - \"{{data_service}}\""),
            ("headers", "headers: / X-Reason: \"{{event_type}}\""),
            ("when", "when:"),
            ("save", "save: / id: $.id / location: headers.location"),
            ("responses", "responses: / - when: / then:"),
        ],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: SIM/*\n    steps:\n      - request: PUT /sims\n        responses: ¦\n",
        &[("{ when: { status: 409 }, then: ok }", "- when: / status: 409 / then: ok")],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: SIM/*\n    steps:\n      - request: PUT /sims\n        responses:\n          - when:\n              ¦\n",
        &[("status", "status:"), ("text", "text:"), ("any", "any: / -")],
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: SIM/*\n    steps:\n      - request: PUT /sims\n        responses:\n          - when: { status: 404 }\n            then: ¦\n",
        &[
            ("ok", "then: ok"),
            ("retry", "then: retry"),
            ("fail", "then: fail"),
            ("restart", "then: restart"),
            ("stop", "then: stop"),
        ],
    ),
];

#[test]
fn an_editor_proposes_what_can_stand_where_the_author_is() {
    let mut server = LanguageServer::start();
    for (kind, text, expected) in PROPOSED {
        let document = kind.open(&mut server, text);
        let proposals = server.proposals(&document);
        let labels: Vec<&str> = proposals.iter().map(|proposal| &*proposal.label).collect();
        for (label, lines) in expected {
            let proposal = proposals.iter().find(|proposal| proposal.label == *label);
            let proposal = proposal.unwrap_or_else(|| panic!("{label}: {labels:?}\n{text}"));
            assert_eq!(added(&document, &proposal.result), *lines, "{label}\n{text}");
        }
    }
}

/// What `check` says of YAML that the author did not mean.
const NOT_MEANT: [&str; 9] = [
    "yaml-syntax",
    "unquoted-template",
    "unquoted-star",
    "unquoted-colon",
    "unquoted-bracket",
    "unknown-alias",
    "indentation",
    "unknown-key",
    "bad-duration",
];

#[test]
fn what_an_editor_inserts_reads_as_it_was_meant() {
    let mut server = LanguageServer::start();
    let scratch = Scratch::new();
    let mut inserted = 0;
    for (kind, text, _) in PROPOSED {
        let document = kind.open(&mut server, text);
        for proposal in server.proposals(&document) {
            assert!(!proposal.label.contains("[object"), "{}\n{text}", proposal.label);
            scratch.mapping(&format!("{inserted}.yaml"), &proposal.result);
            inserted += 1;
        }
    }
    assert!(inserted > 80, "{inserted}");
    let ran = run(scratch.path(), &["check", "mappings", "--format", "json"], &[]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    for found in report["diagnostics"].as_array().unwrap() {
        let code = found["code"].as_str().unwrap();
        let text = scratch.read(found["file"].as_str().unwrap());
        assert!(!NOT_MEANT.contains(&code), "{found}\n{text}");
    }
}

/// Keys, and what is said of them.
const EXPLAINED: [(Kind, &str, &str); 4] = [
    (
        MAPPING,
        "version: 1\ntargets:\n  hss:\n    ti¦meout: 5s\n",
        "The longest that one try of a request may take",
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: '*'\n    steps:\n      - re¦quest: PUT /sims\n",
        "percent-encoded as one segment",
    ),
    (
        MAPPING,
        "version: 1\nrules:\n  - name: all\n    event: '*'\n    when: { imsi: { ex¦ists: true } }\n",
        "it is there and not null",
    ),
    (
        MAPPING,
        "version: 1\nextract:\n  plan: { path: $.a, ma¦p: plans }\n",
        "A miss counts as absent",
    ),
];

#[test]
fn an_editor_shows_what_a_key_is_for() {
    let mut server = LanguageServer::start();
    for (kind, text, words) in EXPLAINED {
        let document = kind.open(&mut server, text);
        let shown = server.hover(&document).replace('\\', "");
        assert!(shown.contains(words), "{text}\n{shown}");
    }
}

/// Files with one mistake, and how it is marked.
const MARKED: [(Kind, &str, u64, &str); 5] = [
    (
        MAPPING,
        "version: 1\ntargets: { hss: { url: 'http://a', tiemout: 5s } }\nrules: [{ name: a, event: '*', ignore: no }]\n¦",
        3,
        "Property tiemout is not allowed.",
    ),
    (
        MAPPING,
        "version: 1\ntargets: { hss: { url: 'http://a', timeout: 5 s x } }\nrules: [{ name: a, event: '*', ignore: no }]\n¦",
        3,
        "write a duration with its unit, such as `250ms`, `10s` or `1m30s`",
    ),
    (
        MAPPING,
        "version: 1\ntargets: { hss: { url: 'http://a' } }\nrules: [{ name: a, event: '*', steps: [{ request: POST a }] }]\n¦",
        4,
        "write a method and a path that begins with `/`, such as `POST /subscribers/{{imsi}}`",
    ),
    (
        MAPPING,
        "version: 1\ntargets: { hss: { url: 'http://a' } }\nrules: [{ name: a, event: '*' }]\n¦",
        4,
        "give exactly one of `steps`, `ignore` and `reject`",
    ),
    (
        MAPPING,
        "version: 1\ntargets: { hss: { url: 'http://a' } }\n¦",
        2,
        "Missing property \"rules\".",
    ),
];

#[test]
fn an_editor_marks_what_is_wrong() {
    let mut server = LanguageServer::start();
    for (kind, text, line, message) in MARKED {
        let document = kind.open(&mut server, text);
        assert_eq!(document.marks, [Mark { line, message: message.to_owned() }], "{text}");
    }
    let whole =
        format!("{}{CURSOR}", crate::support::scratch::repository_file("mappings/wtl-hss.yaml"));
    assert_eq!(server.open("mappings", &whole).marks, []);
}

#[test]
fn a_snippet_reads_as_what_it_leaves() {
    for (snippet, text) in [
        ("a: $1", "a: "),
        ("a: ${1:b}\nc: ${2}", "a: b\nc: "),
        (r"a: ${1:\${X\}}", "a: ${X}"),
        (r#"a: "${1:{{x\}\}}""#, "a: \"{{x}}\""),
        (r"\$.a: ${1:^\\d\$}", r"$.a: ^\d$"),
    ] {
        assert_eq!(typed(snippet), text);
    }
}
