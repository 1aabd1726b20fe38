//! From text to tree.

use super::*;
use crate::mapping::diagnostic::Report;

fn read(text: &str) -> (Source, Option<Node>, Report) {
    let source = Source::new("test.yaml", text);
    let mut report = Report::new();
    let node = parse(&source, &mut report);
    (source, node, report)
}

#[track_caller]
fn tree(text: &str) -> (Source, Node) {
    let (source, node, report) = read(text);
    assert!(report.is_empty(), "{}", report.render(crate::mapping::diagnostic::Style::Plain));
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
