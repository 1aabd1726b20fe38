//! From text to tree.

use proptest::prelude::*;

use super::*;
use crate::mapping::diagnostic::{Report, Style};

fn read(text: &str) -> (Source, Option<Node>, Report) {
    let source = Source::new("test.yaml", text);
    let mut report = Report::new();
    let node = parse(&source, &mut report);
    (source, node, report)
}

#[track_caller]
fn tree(text: &str) -> (Source, Node) {
    let (source, node, report) = read(text);
    assert!(report.is_empty(), "{}", report.render(Style::Plain));
    (source, node.expect("a tree"))
}

#[test]
fn a_whole_mapping_becomes_a_tree() {
    let (_, node) = tree(concat!(
        "version: 1\n",
        "targets:\n",
        "  hss: { url: \"http://x\", on: yes, 1591: 0010 }\n",
        "rules:\n",
        "- name: a\n",
        "  steps: [b, null, ~, true]\n",
        "- empty:\n",
    ));
    let expected = serde_json::json!({
        "version": 1,
        "targets": { "hss": { "url": "http://x", "on": "yes", "1591": "0010" } },
        "rules": [{ "name": "a", "steps": ["b", null, null, true] }, { "empty": null }],
    });
    assert_eq!(node.to_json(), expected);
}

/// Every key and value with its path and what its span shows, in order.
fn slices(source: &Source, node: &Node, path: &str, out: &mut Vec<(String, String)>) {
    out.push((path.to_owned(), source.slice(node.span).to_owned()));
    match &node.kind {
        Kind::Sequence(members) => {
            for (at, member) in members.iter().enumerate() {
                slices(source, member, &format!("{path}/{at}"), out);
            }
        }
        Kind::Mapping(entries) => {
            for Entry { key, value } in entries {
                let path = format!("{path}/{}", key.text);
                out.push((format!("{path}:"), source.slice(key.span).to_owned()));
                slices(source, value, &path, out);
            }
        }
        _ => {}
    }
}

#[test]
fn the_unquoted_forms_that_mappings_live_on_need_no_quotes() {
    let (_, node) = tree(concat!(
        "url: ${WTL_API_URL}\n",
        "default: ${PROFILE:-cs-barred}\n",
        "path:\n",
        "  - $.info..attributes[?@.name == 'cs_profile'].values[0]\n",
        "capture: '^(\\d+)(?:@msisdn)?$'\n",
        "when: { $.result: false, imsi: { empty: true } }\n",
        "set: { $.account_info.bill_status: suspended }\n",
        "remove: [ $.access_policy_info ]\n",
        "event: SIM/*\n",
        "request: POST /prov/{{imsi}}\n",
    ));
    let expected = serde_json::json!({
        "url": "${WTL_API_URL}",
        "default": "${PROFILE:-cs-barred}",
        "path": ["$.info..attributes[?@.name == 'cs_profile'].values[0]"],
        "capture": "^(\\d+)(?:@msisdn)?$",
        "when": { "$.result": false, "imsi": { "empty": true } },
        "set": { "$.account_info.bill_status": "suspended" },
        "remove": ["$.access_policy_info"],
        "event": "SIM/*",
        "request": "POST /prov/{{imsi}}",
    });
    assert_eq!(node.to_json(), expected);
}

#[test]
fn spans_are_exactly_what_was_written() {
    let text = concat!(
        "\u{feff}# é 日本\n",
        "plain: 日本 語 # comment\n",
        "\"quoted é\": 'it''s'\n",
        "'x': \"q\\t\"\n",
        "1591: [1, {a: b, c: }, \"é\"]\n",
        "multi: one\n  two\n",
        "left_out:\n",
        "literal: |\n  first\n    second\n\n",
        "folded: >-\n  more\n  text\n",
        "block:\n  inner:\n  - item\n  -   k: v\n      l: 2\n  last: ~\n",
        "end: x\n",
    );
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let (source, node) = tree(&text);
        let mut found = Vec::new();
        slices(&source, &node, "", &mut found);
        let found: Vec<_> =
            found.into_iter().map(|(path, slice)| (path, slice.replace('\r', ""))).collect();
        let whole = text.replace('\r', "").trim_end().split_once('\n').unwrap().1.to_owned();
        let expected = [
            ("", whole.as_str()),
            ("/plain:", "plain"),
            ("/plain", "日本 語"),
            ("/quoted é:", "\"quoted é\""),
            ("/quoted é", "'it''s'"),
            ("/x:", "'x'"),
            ("/x", "\"q\\t\""),
            ("/1591:", "1591"),
            ("/1591", "[1, {a: b, c: }, \"é\"]"),
            ("/1591/0", "1"),
            ("/1591/1", "{a: b, c: }"),
            ("/1591/1/a:", "a"),
            ("/1591/1/a", "b"),
            ("/1591/1/c:", "c"),
            ("/1591/1/c", ""),
            ("/1591/2", "\"é\""),
            ("/multi:", "multi"),
            ("/multi", "one\n  two"),
            ("/left_out:", "left_out"),
            ("/left_out", ""),
            ("/literal:", "literal"),
            ("/literal", "first\n    second"),
            ("/folded:", "folded"),
            ("/folded", "more\n  text"),
            ("/block:", "block"),
            ("/block", "inner:\n  - item\n  -   k: v\n      l: 2\n  last: ~"),
            ("/block/inner:", "inner"),
            ("/block/inner", "- item\n  -   k: v\n      l: 2"),
            ("/block/inner/0", "item"),
            ("/block/inner/1", "k: v\n      l: 2"),
            ("/block/inner/1/k:", "k"),
            ("/block/inner/1/k", "v"),
            ("/block/inner/1/l:", "l"),
            ("/block/inner/1/l", "2"),
            ("/block/last:", "last"),
            ("/block/last", "~"),
            ("/end:", "end"),
            ("/end", "x"),
        ];
        let found: Vec<_> =
            found.iter().map(|(path, slice)| (path.as_str(), slice.as_str())).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_list_begins_at_its_first_dash() {
    for (text, expected) in [
        ("a:\n- 1\n- 2", "- 1\n- 2"),
        ("a:\n  - 1\n  - 2", "- 1\n  - 2"),
        ("a: # why\n  # - no\n- -5\n", "- -5"),
        ("a:\n- - x\n  - y\nb: 1", "- - x\n  - y"),
        ("a: &x\n- &y 1\n", "- &y 1"),
        ("a:\n- k: v\n", "- k: v"),
        ("a:\n-\n- 2\n", "-\n- 2"),
        ("a: [-1,\n -2]", "[-1,\n -2]"),
    ] {
        let (source, node) = tree(text);
        assert_eq!(source.slice(node.get("a").expect("a value").span), expected, "{text:?}");
    }
}

#[test]
fn a_place_in_a_string_is_found_in_the_source() {
    for (text, part, expected) in [
        ("a: x {{name}} y", "name", Some("name")),
        ("a: 'é {{name}}'", "name", Some("name")),
        ("a: \"{{name}}\"", "name", Some("name")),
        ("a: \"{{name}} \\t\"", "name", Some("name")),
        ("a: \"\\u00e9 {{name}}\"", "name", Some("name")),
        ("a: \"\\t {{name}} \\\"\\t\"", "name", Some("name")),
        ("a: \"\\u00e9 {{name}} \\u00e9\"", "name", None),
        ("a: 'it''s {{name}} isn''t'", "name", Some("name")),
        ("a: 'it''s {{name}}'", "name", Some("name")),
        ("a: one\n  {{name}} three", "name", Some("name")),
        ("a: one\n  {{name}}\n  three", "name", Some("name")),
        ("a: |\n  <a>\n    <b>{{name}}</b>\n  </a>\n", "name", Some("name")),
        ("a: |-\n\n  <a>\n\n  {{name}}", "name", Some("name")),
        ("a: |\r\n  <a>\r\n  {{name}}\r\n", "name", Some("name")),
        ("a: |2\n    {{name}}", "name", Some("name")),
        ("a: |\n  é\n  {{name}}", "é\n{{name", Some("é\n  {{name")),
        ("a: >\n  one\n  {{name}}", "name", Some("name")),
        ("a: >\n  one\n    two\n\n  {{name}}\n", "{{name}}\n", Some("{{name}}")),
    ] {
        let (source, node) = tree(text);
        let value = node.get("a").expect("a value");
        let start = value.as_str().and_then(|value| value.find(part)).expect("the part");
        let span = value.span_within(&source, start..start + part.len());
        match expected {
            Some(expected) => assert_eq!(source.slice(span), expected, "{text:?}"),
            None => assert_eq!(span, value.span, "{text:?}"),
        }
    }
}

#[test]
fn a_range_outside_a_string_gives_the_whole_span() {
    let (source, node) = tree("a: é\nb: 5\n");
    for (key, range) in [("a", 0..1), ("a", 5..9), ("b", 0..1)] {
        let value = node.get(key).expect("a value");
        assert_eq!(value.span_within(&source, range), value.span);
    }
}

#[test]
fn aliases_and_merge_keys_repeat_what_was_defined() {
    let (source, node) = tree(concat!(
        "x-a: &a { one: 1, two: 2 }\n",
        "x-b: &b { two: 22, three: 33 }\n",
        "same: *a\n",
        "one: { <<: *a, two: 0 }\n",
        "several: { first: 0, <<: [*b, *a], last: 0 }\n",
        "quoted: { '<<': *a }\n",
    ));
    let json = node.to_json();
    assert_eq!(json["same"].to_string(), r#"{"one":1,"two":2}"#);
    assert_eq!(json["one"].to_string(), r#"{"one":1,"two":0}"#);
    assert_eq!(json["several"].to_string(), r#"{"first":0,"two":22,"three":33,"one":1,"last":0}"#);
    assert_eq!(json["quoted"].to_string(), r#"{"<<":{"one":1,"two":2}}"#);

    let same = node.get("same").expect("an alias");
    assert_eq!(source.slice(same.span), "{ one: 1, two: 2 }");
    assert_eq!(same.alias.map(|alias| source.slice(alias)), Some("*a"));
    let merged = node.get("one").and_then(|one| one.get("one")).expect("a merged value");
    assert_eq!((source.slice(merged.span), merged.alias.is_some()), ("1", true));
}

#[test]
fn keys_are_their_text() {
    let (_, node) = tree("1591: a\ntrue: b\n'': c\n~: d\n0010: e\n+7: f\n$.a[0]: g\n1.10: h\n");
    let keys: Vec<_> =
        node.as_mapping().unwrap().iter().map(|entry| entry.key.text.as_str()).collect();
    assert_eq!(keys, ["1591", "true", "", "~", "0010", "+7", "$.a[0]", "1.10"]);
}

/// The one finding in a text: its code, what it marks, and its cures.
#[track_caller]
fn finding(text: &str) -> (&'static str, String, String) {
    let (source, _, report) = read(text);
    let found: Vec<_> = report.sorted();
    let [found] = found.as_slice() else {
        panic!("{text:?}\n{}", report.render(Style::Plain));
    };
    let marked = found.span.map(|span| source.slice(span).to_owned()).unwrap_or_default();
    (found.code, marked, found.cures().collect::<Vec<_>>().join("; "))
}

#[test]
fn every_trap_is_named_marked_and_cured() {
    for (text, code, marked, cure) in [
        ("json: {{x}}", "unquoted-template", "{{x}}", "\"{{x}}\""),
        ("json: {{x}} and \"y\"", "unquoted-template", "{{x}} and \"y\"", "'{{x}} and \"y\"'"),
        ("a: { b: {{x}}-1, c: 2 }", "unquoted-template", "{{x}}-1", "\"{{x}}-1\""),
        ("a: [{{{x}}}]", "unquoted-template", "{{{x}}}", "\"{{{x}}}\""),
        ("a: {{#if x}}y{{/if}} # z", "unquoted-template", "{{#if x}}y{{/if}}", "{{/if}}\""),
        ("a: { b: x{{y}} }", "unquoted-template", "x{{y}}", "\"x{{y}}\""),
        ("event: *\nb: 1", "unquoted-star", "*", "\"*\""),
        ("event: [SIM/*, *]", "unquoted-star", "*", "\"*\""),
        ("event: */Updated", "unknown-alias", "*/Updated", "\"*/Updated\""),
        ("event: *x y\nb: 1", "unknown-alias", "*x", "\"*x y\""),
        ("save: { id: $[0].id }", "unquoted-bracket", "$[0].id", "\"$[0].id\""),
        (
            "save: { id: $.a[?@.b == \"c\"], d: e }",
            "unquoted-bracket",
            "$.a[?@.b == \"c\"]",
            "'$.a",
        ),
        ("headers: { x: ${X:-a,b} }", "unquoted-bracket", "${X:-a,b}", "\"${X:-a,b}\""),
        ("when: { x: { not: ${X} } }", "unquoted-bracket", "${X}", "\"${X}\""),
        ("capture: \"^(\\d+)$\"", "unknown-escape", "\\d", "'^(\\d+)$'"),
        ("path: $.a[?@.x == 'a #1']", "cut-by-comment", "$.a[?@.x == 'a", "'a #1']\""),
        ("id: +79123456789", "unquoted-plus", "+79123456789", "\"+79123456789\""),
        ("code: 12e4", "unquoted-exponent", "12e4", "\"12e4\""),
        ("x: .inf", "not-a-json-number", ".inf", "\".inf\""),
        (
            "x: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "number-too-large",
            "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "quote",
        ),
        ("a:\n\tb: 1", "tab", "\t", "spaces"),
        ("a:\n  b: 1\n\tc: 1", "tab", "\t", "spaces"),
        ("version:1\ntargets:\n  a: 1", "missing-space", ":", "space after the colon"),
        ("version: 1\ntargets:2\nrules: 3", "missing-space", ":", "space after the colon"),
        ("a:\n  b:1", "missing-space", ":", "space after the colon"),
        ("a: { b:1 }", "missing-space", ":", "space after the colon"),
        ("message: a: b", "unquoted-colon", ":", "\"a: b\""),
        ("message: a\n b: c", "indentation", "b", "exactly like"),
        ("a:\n  b: 1\n c: 2", "indentation", "c: 2", "same column"),
        ("- a\nb: 1", "indentation", "b: 1", "same column"),
        ("a: - b", "indentation", "-", "next line"),
        ("capture: [a-z]+\nb: 1", "text-after-value", "+", "\"[a-z]+\""),
        ("a: 'it's'", "text-after-value", "s'", "twice"),
        ("a: \"unclosed\nb: 1", "unclosed-quote", "\"unclosed", "close it"),
        ("a: @x", "reserved-character", "@x", "\"@x\""),
        ("a: `x`", "reserved-character", "`x`", "\"`x`\""),
        ("a: %x", "reserved-character", "%x", "\"%x\""),
        ("a: { gt: > 5 }", "reserved-character", "> 5", "\"> 5\""),
        ("a: [1, 2\nb: 3", "unclosed-bracket", "[", "close it with `]`"),
        ("- {a: 1\n- {b: 2}", "unclosed-bracket", "{", "close it with `}`"),
        ("a: {b: 1 c: 2}", "missing-comma", "c", "needs quotes"),
        ("a: {b: 1}}", "stray-bracket", "}", "remove it"),
        ("a: 1\nword\nb: 2", "not-a-key", "word", "colon and a space"),
        ("a: !!str 5", "tag", "!!str", "remove it"),
        ("ignore: !important", "tag", "!important", "quotes"),
        ("? [a]\n: b\nc: d", "key-not-text", "[a]", "quote"),
        ("<<: 5\na: 1", "merge-key", "5", "&name"),
        ("a: &a [*a]", "alias-in-itself", "*a", "write out"),
        ("a: 1\n---\nb: 2", "second-document", "---", "remove this"),
        ("", "empty-file", "", "key: value"),
        ("# nothing", "empty-file", "", "key: value"),
        ("---\n", "empty-file", "", "key: value"),
    ] {
        let (found, found_marked, cures) = finding(text);
        assert_eq!((found, found_marked.as_str()), (code, marked), "{text:?}");
        assert!(cures.contains(cure), "{text:?}: {cures}");
    }
}

#[test]
fn what_only_resembles_a_trap_is_left_alone() {
    for text in [
        "path: $.a # the first",
        "path: $.a[?@.b == 'c'] # closed",
        "url: http://x:80/y",
        "list:\n  - urn:x\n  -\n    http://y\n",
        "request: PUT /subscribers/{{imsi}}",
        "event: SIM/*",
        "a: x{{y}}\nb: ${X}\nc: $[0].id",
        "a: \"\\x41\\u00e9\\/ \\\\d\"",
        "a: 0010100\nb: 1_000\nc: 1.5e+3\nd: yes",
        "when: { $.result: false, $.a.b: { exists: true } }",
        "--- # one document\na: 1\n...\n",
        "%YAML 1.2\n---\na: 1\n",
        "\u{feff}a: 1\r\nb: 2\r\n",
        "a: { c: }",
    ] {
        tree(text);
    }
}

#[test]
fn duplicates_are_reported_at_both_places_those_of_different_keys_as_one() {
    let (source, node, report) =
        read("a: 1\nb: { c: 1, c: 2, \"c\": 3 }\n\"a\": 4\n1: x\n'1': y\n");
    let found: Vec<_> = report
        .sorted()
        .into_iter()
        .map(|found| {
            let first = found.places().nth(1).map(|(first, _)| source.slice(first));
            (found.code, found.span.map(|span| source.slice(span)), first)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("duplicate-key", Some("c"), Some("c")),
            ("duplicate-key", Some("\"c\""), Some("c")),
            ("duplicate-key", Some("\"a\""), Some("a")),
        ]
    );
    let json = node.expect("a tree").to_json();
    assert_eq!(json, serde_json::json!({ "a": 1, "b": { "c": 1 }, "1": "x" }));
}

#[test]
fn reading_goes_on_after_what_can_be_understood() {
    let (_, node, report) = read("a: {{x}}\nb: !t 1\nc: *d\ne: +5\nf: 1\nf: 2\n");
    let codes: Vec<_> = report.sorted().iter().map(|found| found.code).collect();
    let expected = ["unquoted-template", "tag", "unknown-alias", "unquoted-plus", "duplicate-key"];
    assert_eq!(codes, expected);
    let json = node.expect("a tree").to_json();
    assert_eq!(json, serde_json::json!({ "a": "{{x}}", "b": 1, "c": "*d", "e": "+5", "f": 1 }));
}

#[test]
fn limits_hold_whatever_the_text() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("a: {}x{}", open.repeat(depth), close.repeat(depth))
    };
    let bomb: String = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let below = level - 1;
        format!("{text}a{level}: &a{level} [*a{below}, *a{below}]\n")
    });
    let long = "x".repeat(500_000);
    let chain: String = (1..200).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [*a{}]\n", level - 1)
    });
    let indented: String = (0..100).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    for (text, code) in [
        (nested("[", "]", 100_000), "too-deep"),
        (nested("{b: ", "}", 100_000), "too-deep"),
        (nested("[{b: ", "}]", 40), "too-deep"),
        ("- ".repeat(100_000), "too-deep"),
        (indented, "too-deep"),
        ("[".repeat(MAX_BYTES), "too-deep"),
        ("{".repeat(MAX_BYTES), "too-deep"),
        (bomb, "too-many-values"),
        (chain, "too-deep"),
        (format!("a: &a {long}\nb: [{}]\n", "*a, ".repeat(1000)), "too-many-values"),
        (format!("[{}]", "a,".repeat(MAX_NODES + 1)), "too-many-values"),
        ("a".repeat(MAX_BYTES + 1), "file-too-long"),
    ] {
        assert_eq!(finding(&text).0, code);
    }
    tree(&nested("[", "]", MAX_DEPTH - 1));
    tree(&nested("[{b: ", "}]", (MAX_DEPTH - 1) / 2));
}

#[test]
fn a_line_full_of_mistakes_is_reported_in_time() {
    for mistake in ["+1, ", "{{x}}, ", "*x, ", "{ a:1 }, ", "12e4, ", "!t x, "] {
        let text = format!("a: [{}]", mistake.repeat(50_000 / mistake.len()));
        let (_, _, report) = read(&text);
        assert!(!report.is_empty() && !report.render(Style::Plain).is_empty(), "{mistake:?}");
        assert!(report.to_json().is_object());
    }
}

#[track_caller]
fn survives(text: &str) {
    let (source, node, report) = read(text);
    assert!(node.is_some() || report.has_errors(), "{text:?}");
    report.render(Style::Plain);
    report.to_json();
    let Some(node) = node else { return };
    let mut found = Vec::new();
    slices(&source, &node, "", &mut found);
    if let Some(value) = node.as_str() {
        node.span_within(&source, 0..value.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn any_mixture_of_yaml_is_read_or_refused(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..40)
    ) {
        survives(&parts.concat());
    }
}

const PARTS: &[&str] = &[
    "a",
    "b: ",
    "- ",
    "\n",
    "\n  ",
    "\n\t",
    "\r\n",
    " ",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    ", ",
    ": ",
    "? ",
    "&a ",
    "*a",
    "*",
    "!t ",
    "<<: ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "\\",
    "\\d",
    " #",
    "#",
    "é",
    "日",
    "\u{feff}",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "+1",
    "1e5",
    "0x1F",
    ".inf",
    "${X}",
    "$.a[0]",
    "\u{0}",
    "\u{85}",
    "\u{2028}",
    "\u{1b}",
    "~",
    "@",
    "`",
    "a:b",
];
