//! A JSONPath, and after a zero byte a document. The path is also followed through a document of
//! our own.

#![no_main]

use libfuzzer_sys::fuzz_target;
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
    follow(&path, &serde_json::from_str(DOCUMENT).unwrap());
    if let Some(Ok(document)) = parts.next().map(serde_json::from_slice) {
        follow(&path, &document);
    }
});

fn follow(path: &Path, document: &Value) {
    let effort = Effort::new();
    match (path.all(document, &effort), path.first(document, &effort)) {
        (Ok(all), Ok(first)) => {
            let expected = all.iter().find(|node| !node.is_null()).or(all.first());
            assert_eq!(first, expected.copied());
        }
        (all, first) => assert!(all.is_err() && first.is_err()),
    }
}
