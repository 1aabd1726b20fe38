//! A value is never more than a value in the place where it goes.

use proptest::prelude::*;
use serde_json::json;

use super::super::Place;
use super::World;

fn in_path(value: &str) -> String {
    World::of(json!({ "v": value })).text("/a/{{v}}/b", Place::Path).expect("text has a path")
}

#[test]
fn a_value_in_a_path_is_one_segment_whatever_it_is() {
    for (value, expected) in [
        ("79123456789", "79123456789"),
        ("A-z_0.9~", "A-z_0.9~"),
        ("a/b", "a%2Fb"),
        ("../..", "..%2F.."),
        ("%2f", "%252f"),
        ("%2e%2e", "%252e%252e"),
        ("a?b=c&d#e", "a%3Fb%3Dc%26d%23e"),
        ("a b+c", "a%20b%2Bc"),
        ("\0", "%00"),
        ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
        ("\\..\\", "%5C..%5C"),
        ("@evil.test:80", "%40evil.test%3A80"),
        ("ä€😀", "%C3%A4%E2%82%AC%F0%9F%98%80"),
        (";p=1,!$'()*", "%3Bp%3D1%2C%21%24%27%28%29%2A"),
        ("\u{202e}", "%E2%80%AE"),
        ("{{v}}", "%7B%7Bv%7D%7D"),
    ] {
        assert_eq!(in_path(value), format!("/a/{expected}/b"), "{value:?}");
    }
}

#[test]
fn a_long_value_in_a_path_is_encoded_to_its_end() {
    let path = in_path(&"/".repeat(100 << 10));
    assert_eq!(path.len(), "/a//b".len() + 3 * (100 << 10));
    assert_eq!(path.matches('/').count(), 3);
}

#[test]
fn numbers_booleans_and_the_environment_are_encoded_too() {
    let world = World::of(json!({"n": -1.5, "t": true}));
    assert_eq!(
        world.text("/{{n}}/{{t}}/${QUOTE}", Place::Path).as_deref(),
        Ok("/-1.5/true/%22%7D%2C%20%7B%22a%22%3A%20%22%2F..%2F%3F%23")
    );
}

#[test]
fn only_the_author_writes_slashes() {
    let world = World::of(json!({"list": ["a/b", "c"]}));
    assert_eq!(
        world.text("/x{{#each list}}/{{this}}{{/each}}", Place::Path).as_deref(),
        Ok("/x/a%2Fb/c")
    );
}

#[test]
fn text_is_sent_as_it_is() {
    let world = World::of(json!({"v": "<a & \"b\">\r\n{{v}}"}));
    assert_eq!(world.text("[{{v}}]", Place::Text).as_deref(), Ok("[<a & \"b\">\r\n{{v}}]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_path_has_the_segments_that_its_author_wrote(value in ".*") {
        let path = in_path(&value);
        let inner = path.strip_prefix("/a/").and_then(|rest| rest.strip_suffix("/b"));
        let inner = inner.expect("the author's own part stays");
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
        prop_assert!(inner.bytes().all(unreserved), "{inner}");
        let decoded = percent_encoding::percent_decode_str(inner).decode_utf8();
        prop_assert_eq!(decoded.expect("UTF-8"), value);
    }
}
