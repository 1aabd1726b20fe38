//! Secrets in all spellings, and what must stay legible.

use super::super::{Diagnostic, Source, Span, Style};
use super::Hidden;

/// A text with a star for each character that is hidden.
fn shown(text: &str) -> String {
    let hidden = Hidden::of(text);
    text.char_indices().map(|(at, c)| if hidden.has(at) { '*' } else { c }).collect()
}

#[test]
fn values_of_secret_keys_are_hidden_and_nothing_else() {
    for (text, expected) in [
        // Flow style.
        ("auth: { bearer: { token: abc } }", "auth: { bearer: { token: *** } }"),
        ("a: { token: abc, timeout: 10s }", "a: { token: ***, timeout: 10s }"),
        ("a: {token: abc,timeout: 10s}", "a: {token: ***,timeout: 10s}"),
        (
            "a: {\"token\":\"abc\",\"timeout\":\"10s\"}",
            "a: {\"token\":\"***\",\"timeout\":\"10s\"}",
        ),
        (
            "auth: { basic: { username: me, password: a,b } }",
            "auth: { basic: { username: me, password: *** } }",
        ),
        (
            "auth: { api_key: { header: X-Key, value: 'a b' } }",
            "auth: { api_key: { header: X-Key, value: '***' } }",
        ),
        (
            "auth: {\n  bearer: {\n    token: abc\n  } }\ntimeout: 10s",
            "auth: {\n  bearer: {\n    token: ***\n  } }\ntimeout: 10s",
        ),
        ("[{ token: a}b }, { timeout: 10s }]", "[{ token: *** }, { timeout: 10s }]"),
        // Block style.
        ("token: abc\ntimeout: 10s", "token: ***\ntimeout: 10s"),
        ("token:   abc  \ntimeout: 10s", "token:   ***  \ntimeout: 10s"),
        ("token: \"a b\" # old\ntimeout: 10s", "token: \"***\" # old\ntimeout: 10s"),
        ("token: a #b\ntimeout: 10s", "token: ****\ntimeout: 10s"),
        ("token: a, b: c\ntimeout: 10s", "token: *******\ntimeout: 10s"),
        ("token:\n  abc\ntimeout: 10s", "token:\n  ***\ntimeout: 10s"),
        ("token:\nabc\ntimeout: 10s", "token:\n***\ntimeout: 10s"),
        ("token: a\n  b\n c\ntimeout: 10s", "token: *\n  *\n *\ntimeout: 10s"),
        ("token: |\n  a\n  b: c\ntimeout: 10s", "token: |\n  *\n  ****\ntimeout: 10s"),
        ("token: >-\n\n  a\n\n  #b\ntimeout: 10s", "token: >-\n\n  *\n\n  **\ntimeout: 10s"),
        ("- token: a\n  timeout: 10s\n- token: b\n", "- token: *\n  timeout: 10s\n- token: *\n"),
        ("? token\n: abc\n? timeout\n: 10s", "? token\n: ***\n? timeout\n: 10s"),
        (
            "auth:\n  api_key:\n    header: X\n    value: abc\ntimeout: 10s\nvalue: 5",
            "auth:\n  api_key:\n    header: X\n    value: ***\ntimeout: 10s\nvalue: 5",
        ),
        (
            "a:\n    api_key:\n header: X-Key, value: open }",
            "a:\n    api_key:\n header: X-Key, value: ******",
        ),
        // Names.
        (
            "'pass\"word': 1\n'password': a\n\"client_secret\" : b",
            "'pass\"word': *\n'password': *\n\"client_secret\" : *",
        ),
        (
            "headers: { Authorization: Bearer abc, X-Y: z }",
            "headers: { Authorization: Bearer ***, X-Y: z }",
        ),
        (
            "refresh_token: a\nassertion: b\ntoken_url: c",
            "refresh_token: *\nassertion: *\ntoken_url: c",
        ),
        // Anchors.
        ("x-a: &a abc\ntoken: *a\ny: *a", "x-a: &a ***\ntoken: *a\ny: *a"),
        ("token: &a abc\ny: *a", "token: &a ***\ny: *a"),
        (
            "x-a: &a\n  secret_word: b\n  other: c\nauth: *a",
            "x-a: &a\n  secret_word: *\n  other: *\nauth: *a",
        ),
        (
            "x: &a\n  y: &b abc\nz: *b\nauth:\n  <<: *a",
            "x: &a\n  y: &b ***\nz: *b\nauth:\n  <<: *a",
        ),
        ("token: *abc", "token: ****"),
        // In other texts.
        ("# token: abc def\nx: 1 # password=abc", "# token: *******\nx: 1 # password=***"),
        ("text: user=a&password=b&x=c", "text: user=a&password=*&x=c"),
        (
            "text: '{\"token\": \"abc\", \"x\": \"y\"}'",
            "text: '{\"token\": \"***\", \"x\": \"y\"}'",
        ),
        ("text: |\n  password=b\n  timeout: 10s", "text: |\n  password=*\n  timeout: 10s"),
        (
            "xml: <a><w:Password T='x'>abc</w:Password><b>c</b></a>",
            "xml: <a><w:Password T='x'>***</w:Password><b>c</b></a>",
        ),
        ("url: https://me:abc@hss.test/x", "url: https://******@hss.test/x"),
        ("url: me:abc@hss.test/x", "url: me:***@hss.test/x"),
        ("url: https://hss.test/x?token=abc&y=z", "url: https://hss.test/x?token=***&y=z"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn references_paths_and_what_is_no_secret_stay_legible() {
    for text in [
        "timeout: 10s",
        "token: ${TOKEN}",
        "token: ${file:/run/secrets/token} # from the vault",
        "auth: { bearer: { token: \"${TOKEN}\" }, basic: { username: nsps, password: '${P}' } }",
        "auth:\n  basic:\n    username: nsps\n    password: ${P}\ntimeout: 10s",
        "headers: { authorization: \"Bearer {{session.token}}\" }",
        "headers:\n  authorization: Basic ${USER}:${PASSWORD}".trim_end_matches(":${PASSWORD}"),
        "json: { token: \"{{token}}\", password: \"{{lookup passwords imsi}}\" }",
        "extract:\n  token: $.access_token\n  other: { path: $.token, optional: true }",
        "extract:\n  token: { path: \"$.list[?@.a == 'b'].token\", optional: true }",
        "extract:\n  token:\n    path: $.token\n    first: true\n    from: x",
        "save: { token: $.token, csrf_token: headers.x-csrf, code_token: status }",
        "path: $.list[?@.token == 'abc']",
        "when: { token: { exists: true }, password: { empty: false } }",
        "tables: { plans: { basic: \"2101\", gold: \"2102\" } }",
        "map: { basic: 1, value: 2 }\nvalue: 5\ncases: [{ value: open }]",
        "reject: there is no token, and no password either",
        "description: takes tokens; see the secrets of the target",
        "auth: { session: { login: [{ request: POST /login, save: { lifetime: $.x } }] } }",
        "url: https://hss.test:8080/api/token/x",
        "capture: '^(\\d+)(?:@msisdn)?$'",
        "{\"auth\":{\"api_key\":{\"query\":\"k\",\"value\":\"${K}\"}},\"x\":{\"value\":\"open\"}}",
        "password:\ntimeout: 10s",
        "password: null\ntoken: ''\nsecret: ~",
    ] {
        assert_eq!(shown(text), text);
    }
    for whole in [
        include_str!("../../../../mappings/wtl-hss.yaml"),
        include_str!("../../../../tests/it/format/whole-example.yaml"),
    ] {
        assert_eq!(shown(whole), whole);
    }
}

#[test]
fn what_references_spell_out_is_hidden() {
    for (text, expected) in [
        ("token: ${TOKEN:-abc}", "token: ${TOKEN:-***}"),
        ("token: \"x${TOKEN}y\"", "token: \"*${TOKEN}*\""),
        ("token: $${TOKEN}", "token: *********"),
        ("token: ${not a name}", "token: *************"),
        ("token: {{default token \"abc\"}}", "token: {{default token \"***\"}}"),
        (
            "authorization: \"Basic {{base64 'me:abc'}}\"",
            "authorization: \"Basic {{base64 '******'}}\"",
        ),
        ("auth: { bearer: { token: $.abc } }", "auth: { bearer: { token: ***** } }"),
        ("token: $TOKEN", "token: ******"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

/// What a secret is, in the spellings below.
const SECRET: &str = "open-sesame-0451";

/// Spellings of a secret, many of which are not YAML at all.
const SPELLINGS: [&str; 67] = [
    "auth: { bearer: { token: open-sesame-0451 } }",
    "auth: { bearer: { token: open-sesame-0451 }",
    "auth: { bearer: { token: open-sesame-0451",
    "auth: { bearer: { token: \"open-sesame-0451 } }",
    "auth: { bearer: { token: 'it's open-sesame-0451' } }",
    "auth: { bearer: { token: \"\\d open-sesame-0451\" } }",
    "auth: { bearer: { token: open, open-sesame-0451, x } }",
    "auth: { bearer: { token: open}open-sesame-0451 } }",
    "auth: { bearer: { token: {open}open-sesame-0451 } }",
    "auth: { bearer: { token: [x]open-sesame-0451 } }",
    "auth: { bearer: { token: [open-sesame-0451] } }",
    "auth: { bearer: { token: { x: open-sesame-0451 } } }",
    "auth: { bearer: { token:open-sesame-0451 } }",
    "auth: { bearer: { tokne: open-sesame-0451 } }",
    "auth: { bearer: { quite_another: open-sesame-0451 } }",
    "auth: { baerer: { token: open-sesame-0451 } }",
    "auth: { bearer: open-sesame-0451 }",
    "auth: { bearer open-sesame-0451 }",
    "auth: { bearer: { open-sesame-0451 } }",
    "auth: open-sesame-0451",
    "auth: [open-sesame-0451]",
    "auth: { api_key: open-sesame-0451 }",
    "auth: { api_key: { header: X-Key }, value: open-sesame-0451 }",
    "auth: { api_key: { header: X-Key } }\n    value: open-sesame-0451",
    "auth: { api_key: { header: { X-Key: open-sesame-0451 } } }",
    "auth:\n      api_key:\n      header: X\n      value: open-sesame-0451",
    "auth:\n    api_key:\n    header: X\n    value: open-sesame-0451",
    "auth:\n\t\tbearer:\n\t\t\ttoken: open-sesame-0451",
    "auth:\n      api_key:\n          header: X\n        value: open-sesame-0451",
    "auth:\n      bearer:\n        token\n        open-sesame-0451",
    "auth:\n      bearer:\n        token open-sesame-0451",
    "auth:\n      bearer:\n        token = open-sesame-0451",
    "auth:\n      bearer:\n        - open-sesame-0451",
    "auth:\n      bearer:\n        token: - open-sesame-0451",
    "auth:\n      bearer:\n        token: x: open-sesame-0451",
    "auth:\n      bearer:\n        token: \"x\" open-sesame-0451",
    "auth:\n      bearer:\n        token: #open-sesame-0451",
    "auth:\n      bearer:\n        token: $x[ #open-sesame-0451",
    "auth:\n      bearer:\n        token: !open-sesame-0451 x",
    "auth:\n      bearer:\n        token: &open-sesame-0451",
    "auth:\n      bearer:\n        token: *open-sesame-0451",
    "auth:\n      bearer:\n        token: @open-sesame-0451",
    "auth:\n      bearer:\n        token: %open-sesame-0451",
    "auth:\n      bearer:\n        token: |open-sesame-0451",
    "auth:\n      bearer:\n        token: `open-sesame-0451`",
    "auth:\n      bearer:\n        token: |\n          x\n          open-sesame-0451",
    "auth:\n      bearer:\n        token: |\n        open-sesame-0451",
    "auth:\n      bearer:\n        token: >+2\n\n\n            open-sesame-0451",
    "auth:\n      bearer:\n        token:\n          open-sesame-0451",
    "auth:\n      bearer:\n        token:\n        open-sesame-0451",
    "auth:\n      bearer:\n        token: \"x\n          y open-sesame-0451\"",
    "auth:\n      bearer:\n        token: x\n          open-sesame-0451",
    "auth:\n      bearer:\n        \"token\": 'open-sesame-0451'",
    "auth:\n      bearer:\n        ? token\n        : open-sesame-0451",
    "auth:\n      bearer:\n        token: ${TOKEN:-open-sesame-0451}",
    "auth:\n      bearer:\n        token: ${TOKEN open-sesame-0451}",
    "auth:\n      bearer:\n        token: ${TOKEN:-x} {{ \"open-sesame-0451",
    "auth:\n      bearer:\n        token: \"{{open-sesame-0451",
    "auth:\n      bearer:\n        # token: open-sesame-0451\n        token: x",
    "headers: { authorization: Bearer open-sesame-0451 }",
    "headers: { authorization: \"Bearer {{x}} open-sesame-0451\" }",
    "headers:\n      Authorization: Basic open-sesame-0451",
    "headers:\n      X-API-Key: open-sesame-0451",
    "url: http://me:open-sesame-0451@hss.test",
    "url: \"http://hss.test/?password=open-sesame-0451\"",
    "'  x: y\n,  auth: { bearer: { tokn: 'open-sesame-0451' } }",
    "x: &open open-sesame-0451\n    auth: { bearer: { token: *open } }",
];

/// Nothing of the secret that would help a reader.
#[track_caller]
fn assert_hidden(told: &str, spelling: &str) {
    for part in SECRET.as_bytes().windows(6) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!told.contains(part), "`{part}` is told of\n{spelling}\n{told}");
    }
}

#[test]
fn no_finding_shows_a_secret_whatever_it_marks_and_repeats() {
    for spelling in SPELLINGS {
        let text = format!(
            "version: 1\ntargets:\n  hss:\n    {spelling}\n    url: http://hss.test\n    timeout: 10s\nrules: []\n"
        );
        let source = Source::new("a.yaml", text.as_str());
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let span = Span::new(start, start + line.trim_end().len());
            let said = format!("`{}` is wrong", line.trim());
            let found = Diagnostic::error("x", &source, span, said.clone())
                .label(said.clone())
                .secondary(span, said.clone())
                .help(said.clone())
                .help(format!("quote it: \"{}\"", line.trim()));
            assert_hidden(&found.render(Style::Plain), spelling);
            assert_hidden(&found.render(Style::Colour), spelling);
            assert_hidden(&found.to_json().to_string(), spelling);
            assert_hidden(&found.message(), spelling);
            assert_hidden(&format!("{found:?}"), spelling);
            start += line.len();
        }
        let other = Diagnostic::error("x", &source, None, format!("`{SECRET}` is elsewhere"));
        assert_hidden(&other.message(), spelling);
        let shown = shown(&text);
        assert!(shown.contains("\n    timeout: 10s\nrules: []\n"), "{shown}");
        assert!(shown.starts_with("version: 1\ntargets:\n  hss:\n    "), "{shown}");
    }
}

#[test]
fn a_mask_is_as_wide_as_what_it_hides() {
    let source = Source::new("a.yaml", "auth: { bearer: { tokn: \"éé-sesame\" }, x: 1 }\n");
    let start = source.text().find("x: 1").unwrap();
    let found = Diagnostic::error("x", &source, Span::new(start, start + 1), "no `x`");
    let shown = "1 | auth: { bearer: { tokn: \"*********\" }, x: * }\n  |                                        ^\n";
    let text = found.render(Style::Plain);
    assert!(text.contains(shown), "{text}");
}

#[test]
fn short_secrets_are_hidden_where_a_finding_speaks_of_them() {
    for (secret, said, told) in [
        ("12345", "write \"12345\" or 12345", "write \"***\" or ***"),
        ("+791", "`+791` is a number; write 791", "`***` is a number; write ***"),
        ("a", "a `a` is \"a\"", "a `***` is \"***\""),
        ("ab, c", "there is no key `c`", "there is no key `***`"),
    ] {
        let text = format!("auth: {{ bearer: {{ token: {secret} }} }}\nother: {secret}\n");
        let source = Source::new("a.yaml", text);
        let start = source.text().find("token: ").unwrap() + 7;
        let found = Diagnostic::error("x", &source, Span::new(start, start + 1), said);
        assert_eq!(found.message(), told);
        let other = Diagnostic::error("x", &source, Span::new(0, 4), said);
        assert_eq!(other.message(), said);
    }
}

#[test]
fn hostile_files_cost_little() {
    for piece in [
        "token: ",
        "token: \"",
        "token: [",
        "token: x\n",
        "auth: {",
        "auth:\n",
        "{{",
        "${",
        "'",
        "\"",
        "- ",
        "? ",
        ": ",
        "&a ",
        "*a ",
        "# token: ",
        "a,",
        "}",
        "\n",
        "\n ",
        "\t",
        "token: &a *a\n",
        " #",
        "password=",
        "<token>",
        "token: }x",
        "auth: {session: {",
        "token: |\n x\n",
        "token: a\n  \"b\n",
        "{token: a,\n",
        "::",
        "://a@",
    ] {
        // What costs the square of the length takes longer than a test may.
        let text = piece.repeat((1 << 16) / piece.len());
        for text in [&text, &format!("auth: {{ x: \"{text}")] {
            let hidden = Hidden::of(text);
            assert!(hidden.ranges.iter().all(|range| text.get(range.clone()).is_some()), "{piece}");
        }
    }
}

/// A mapping with a secret in each of several places.
const MAPPING: &str = r#"version: 1
targets:
  hss:
    url: http://hss.test
    auth:
      api_key: { header: X-Key, value: open-sesame-0451 }
    headers:
      X-Auth-Token: open-sesame-0451
    timeout: 10s
  crm:
    url: http://crm.test
    auth:
      bearer:
        token: "open-sesame-0451"
    responses:
      - { when: { status: 404 }, then: stop }
  sms: { url: "http://sms.test", auth: { basic: { username: me, password: 'open-sesame-0451' } } }
extract:
  imsi: { path: $.imsi, optional: true }
rules:
  - name: all
    event: "*"
    steps:
      - target: hss
        request: POST /sims/{{imsi}}
        headers: { authorization: "Bearer open-sesame-0451" }
        json: { imsi: "{{imsi}}" }
"#;

proptest::proptest! {
    #[test]
    fn whatever_else_is_wrong_in_a_file_its_secrets_are_not_told(
        edits in proptest::collection::vec(
            (proptest::prelude::any::<proptest::sample::Index>(), 0..4_usize, "[ \\[\\]{},:'\"#&*!|>\\-?%@`$x\n\t]"),
            1..4,
        ),
    ) {
        let mut text = MAPPING.to_owned();
        for (at, removed, inserted) in edits {
            let at = at.index(text.len());
            let mut changed = text.clone();
            changed.replace_range(at..(at + removed).min(text.len()), &inserted);
            // The secrets stay whole, and so do names without which nobody could tell that they are.
            let whole = |part: &str| changed.matches(part).count() == MAPPING.matches(part).count();
            if [SECRET, "Token: ", "authorization: ", "token: ", "value: ", "password: "].into_iter().all(whole) {
                text = changed;
            }
        }
        let none = |_: &str| None;
        let no_file = |_: &str| Err("none".to_owned());
        let env = crate::mapping::env::Environment::new(&none, &no_file, true);
        let report = crate::mapping::load_text("a.yaml", &text, env).report;
        for told in [report.render(Style::Plain), report.to_json().to_string()] {
            for part in ["open-s", "sesame", "e-0451"] {
                proptest::prop_assert!(!told.contains(part), "{part} in\n{text}\n{told}");
            }
        }
    }

    #[test]
    fn any_text_is_read_to_its_end(
        text in "((auth|token|x|value|é|\u{a0}|\u{feff}|[ \\[\\]{},:'\"#&*!|>\\-?%@`$\\\\\n\t\r])|: |- ){0,80}",
    ) {
        let hidden = Hidden::of(&text);
        proptest::prop_assert!(hidden.ranges.iter().all(|range| text.get(range.clone()).is_some()));
        let source = Source::new("a.yaml", text.as_str());
        for at in (0..text.len()).step_by(29) {
            Diagnostic::error("x", &source, Span::new(at, at + 1), &*text).render(Style::Plain);
        }
    }
}
