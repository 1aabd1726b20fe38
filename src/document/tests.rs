//! A document is what `serde_json` makes of the same bytes: verdict, words, values and order.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A document, which must be what `serde_json` says; or that it is refused in the same words.
#[track_caller]
fn agree(bytes: &[u8]) -> Option<Document> {
    let (ours, theirs) = (Document::parse(bytes.to_vec()), serde_json::from_slice::<Value>(bytes));
    let shown = String::from_utf8_lossy(bytes);
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            // As text: numbers digit for digit, members in their order.
            assert_eq!(ours.to_value().to_string(), theirs.to_string(), "{shown}");
            assert_eq!(Document::of(&theirs).to_value(), theirs, "{shown}");
            walk(ours.root(), &theirs);
            Some(ours)
        }
        (Err(ours), Err(theirs)) => {
            assert_eq!(ours.to_string(), theirs.to_string(), "{shown}");
            None
        }
        (ours, theirs) => panic!("{shown}: {ours:?}, and {theirs:?}"),
    }
}

/// Every look at a value comes to the same.
fn walk(ours: Spot<'_>, theirs: &Value) {
    assert_eq!(ours.view(), theirs.view());
    let below: Vec<Value> = ours.descent().map(Spot::owned).collect();
    let expected: Vec<Value> = theirs.descent().cloned().collect();
    assert_eq!(below, expected);
    for (at, (one, other)) in ours.children().zip(theirs.children()).enumerate() {
        walk(one, other);
        if let Value::Array(_) = theirs {
            assert_eq!(ours.at(at).map(Spot::owned).as_ref(), Some(other));
            assert!(ours.get("").is_none());
        }
    }
    let (names, expected) = (ours.members().map(|it| it.0), Node::members(theirs).map(|it| it.0));
    assert!(names.eq(expected));
    for (name, member) in Node::members(theirs) {
        assert_eq!(ours.get(name).map(Spot::owned).as_ref(), Some(member), "{name}");
        assert!(ours.at(0).is_none());
    }
    assert!(ours.get("no such name").is_none() && ours.at(usize::MAX).is_none());
}

#[test]
fn whatever_is_legal_is_read_as_it_stands() {
    for text in [
        "null",
        " [ true , false , null ] ",
        "\t{\r\n\"a\" : { } , \"b\":[ ]}\n",
        "[0,-0,-0.0,10,1.50,1e5,1E+5,2e-07,123456789012345678901234567890.10,1e999999999999]",
        r#"["", "a", "\"", "\\", "\/", "\b\f\n\r\t", "\u00e9\ud83d\ude00é😀", "1234567\n8901234567\u0041"]"#,
        r#"{"a\u0062": 1, "": 2, "long name of a member": {"long name of a member": "\u0000"}}"#,
        "\"\u{7f}\u{80}\"",
    ] {
        assert!(agree(text.as_bytes()).is_some(), "{text}");
    }
}

#[test]
fn whatever_is_illegal_is_refused_in_the_same_words() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,]",
        "{,}",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{1:1}",
        "[1 2]",
        "1 2",
        "nul",
        "nulll",
        "True",
        "01",
        "-",
        "-a",
        "+1",
        "1.",
        ".5",
        "1.e5",
        "1e",
        "1e+",
        "--1",
        "0x1",
        "1_000",
        "NaN",
        "\"",
        "\"a",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"a\nb\"",
        "\"12345678\u{1}\"",
        "\"\\n\u{1}\"",
        "\u{feff}{}",
        "[1]]",
        "{}}",
        "'a'",
        "// a\n1",
        "\u{b}1",
        "\"\u{0}\"",
        "[1}",
        "{\"a\":1]",
        "{\"a\":1 \"b\":2}",
    ] {
        assert!(agree(text.as_bytes()).is_none(), "{text}");
    }
    for bytes in
        [&b"\"\xff\""[..], b"\xff", b"\"\xed\xa0\x80\"", b"{\"\xc3\":1}", b"[1,\"\\u00e9\xc3\"]"]
    {
        assert!(agree(bytes).is_none());
    }
}

#[test]
fn of_members_of_one_name_the_last_value_counts_at_the_first_place() {
    for text in [
        r#"{"a":1,"b":2,"a":3}"#.to_owned(),
        r#"{"a":{"x":1},"b":[{"a":1,"\u0061":[2,[3]]}],"a":{"y":2}}"#.to_owned(),
        // The same first and last bytes, and the same length.
        r#"{"abcdXefgh":1,"abcdYefgh":2,"abcdXefgh":3}"#.to_owned(),
        format!(
            "{{{},\"n7\":\"last\"}}",
            (0..100).map(|n| format!("\"n{n}\":{n}")).collect::<Vec<_>>().join(",")
        ),
        format!(
            "{{{},\"n99\":\"last\"}}",
            (0..100).map(|n| format!("\"n{n}\":[{n}]")).collect::<Vec<_>>().join(",")
        ),
    ] {
        assert!(agree(text.as_bytes()).is_some());
    }
    let document = agree(br#"{"a":1,"b":2,"a":[3]}"#).unwrap();
    assert_eq!(document.to_value().to_string(), r#"{"a":[3],"b":2}"#);
}

#[test]
fn objects_that_stand_for_something_else_are_read_alike() {
    for text in [
        r#"{"$serde_json::private::Number":"12"}"#,
        r#"[{"\u0024serde_json::private::Number":"1e5"},1]"#,
        r#"{"$serde_json::private::Number":"x"}"#,
        r#"{"$serde_json::private::Number":1}"#,
        r#"{"$serde_json::private::Number":"1","a":2}"#,
        r#"{"a":2,"$serde_json::private::Number":"1"}"#,
        r#"{"$serde_json::private::RawValue":"1"}"#,
    ] {
        agree(text.as_bytes());
    }
}

#[test]
fn what_nests_is_read_as_deep_as_ever() {
    for depth in [126, 127, 128, 129, 10_000] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert_eq!(agree(lists.as_bytes()).is_some(), depth < 128);
        assert_eq!(agree(objects.as_bytes()).is_some(), depth < 128);
        assert!(agree("[".repeat(depth).as_bytes()).is_none());
    }
}

#[test]
fn a_list_of_numbers_takes_eight_bytes_for_each() {
    let document = Document::parse(format!("[{}0]", "0,".repeat(99_999)).into_bytes()).unwrap();
    assert_eq!(document.cells.len(), 100_001);
    assert_eq!((size_of::<Cell>(), document.made.capacity()), (8, 0));
}

/// JSON, and what is nearly JSON.
fn any_text() -> impl Strategy<Value = String> {
    let space = "[ \n\t\r]{0,2}";
    let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?";
    let plain =
        "\"([a-c ]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}|\\\\ud83d\\\\ude0[0-9]|[é😀]){0,12}\"";
    let name = "\"([ab]|\\\\u0061){0,2}\"";
    let leaf = prop_oneof![
        3 => number.prop_map(String::from),
        3 => plain.prop_map(String::from),
        2 => proptest::sample::select(vec!["null", "true", "false", "{}", "[]"]).prop_map(String::from),
    ];
    let value = leaf.prop_recursive(6, 64, 6, move |inner| {
        let member =
            (name, space, inner.clone(), space).prop_map(|(name, before, value, after)| {
                format!("{before}{name}{after}:{before}{value}")
            });
        prop_oneof![
            proptest::collection::vec((space, inner), 0..6).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(space, value)| space + &value).collect();
                format!("[{}]", members.join(","))
            }),
            proptest::collection::vec(member, 0..6)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    });
    (space, value, space).prop_map(|(before, value, after)| before + &value + &after)
}

proptest! {
    #[test]
    fn any_text_is_read_as_ever(text in any_text()) {
        agree(text.as_bytes());
    }

    #[test]
    fn any_text_with_something_wrong_is_read_as_ever(
        text in any_text(), at: proptest::sample::Index, byte: u8, cut: bool,
    ) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        agree(&bytes);
    }

    #[test]
    fn any_bytes_are_read_as_ever(bytes: Vec<u8>, text in "[\\[\\]{}\",:0-9a\\\\u \u{0}-\u{ff}.-]{0,20}") {
        agree(&bytes);
        agree(text.as_bytes());
    }
}

#[test]
fn nothing_at_all_is_null() {
    assert_eq!(Document::default().to_value(), json!(null));
}
