//! A JSONPath, and after a zero byte a document. The path is also followed through a document of
//! our own.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nsps_connector::document::Document;
use nsps_connector::expr::{Effort, Path};
use serde_json::Value;

const DOCUMENT: &str = r#"{"a": {"b": [1, 1.0, "1", null, [2, [3]], {"b": 1e2}], "c": "é"},
    "b": [{"a": 1, "b": "x"}, {"a": 2}, {"a": null, "b": []}], "": 0, "é": true}"#;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let Ok(text) = std::str::from_utf8(parts.next().unwrap_or_default()) else { return };
    let path = match Path::parse(text) {
        Ok(path) => path,
        Err(fault) => {
            assert!(!fault.message.is_empty() && !fault.help.is_empty(), "{fault:?}");
            let place = fault.range.clone().map(|range| text.get(range).is_some());
            // Only a path that is too long has no place: what the check passes, the parser takes.
            assert_eq!(place.unwrap_or(text.len() > 2048), true, "{text}: {fault:?}");
            return;
        }
    };
    follow(&path, DOCUMENT.as_bytes());
    follow(&path, parts.next().unwrap_or_default());
});

/// Both kinds of documents are the same, or refused in the same words, and the same is selected of
/// both.
fn follow(path: &Path, bytes: &[u8]) {
    let (flat, tree) = match (Document::parse(bytes.to_vec()), serde_json::from_slice(bytes)) {
        (Ok(flat), Ok(tree)) => (flat, tree),
        (Err(ours), Err(theirs)) => return assert_eq!(ours.to_string(), theirs.to_string()),
        (flat, tree) => panic!("{flat:?}, and {tree:?}"),
    };
    assert_eq!(flat.to_value().to_string(), Value::to_string(&tree));
    let effort = Effort::new();
    let (all, of_flat) = (path.all(&tree, &effort), path.all(flat.root(), &effort));
    if let (Ok(all), Ok(of_flat)) = (&all, &of_flat) {
        assert!(all.iter().copied().eq(of_flat.iter().map(|node| node.owned()).collect::<Vec<_>>().iter()));
    }
    match (all, path.first(&tree, &effort)) {
        (Ok(all), Ok(first)) => {
            let expected = all.iter().find(|node| !node.is_null()).or(all.first());
            assert_eq!(first, expected.copied());
        }
        // The first may be found before it is too much.
        (all, _) => assert!(all.is_err()),
    }
}
