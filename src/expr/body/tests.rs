//! JSON bodies: the author's structure, and values in its holes.

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

use super::super::Fault;
use super::super::testing::World;

fn world() -> World {
    World::new(
        "word: $.word\nlist: $.list\nobject: $.object\nnil: { path: $.nil, nullable: true }\n\
         none: { path: $.none, optional: true }\nneeded: $.needed",
        json!({"word": "a", "list": [1, null, "x"], "object": {"z": 1, "a": {}}, "nil": null}),
    )
}

#[test]
fn constants_keep_their_types_and_the_order_of_keys() {
    let body = json!({"z": 1, "a": [true, null, "t", 1.50], "m": {"é\"\n": {}}, "e": []});
    assert_eq!(
        world().body(&body).as_deref(),
        Ok("{\"z\":1,\"a\":[true,null,\"t\",1.5],\"m\":{\"é\\\"\\n\":{}},\"e\":[]}")
    );
}

#[test]
fn a_hole_takes_a_value_with_its_type() {
    let body = json!({"w": "{{word}}", "l": "{{list}}", "o": ["{{object}}"], "n": "{{nil}}"});
    assert_eq!(
        world().body(&body).as_deref(),
        Ok(r#"{"w":"a","l":[1,null,"x"],"o":[{"z":1,"a":{}}],"n":null}"#)
    );
}

#[test]
fn a_key_whose_value_is_absent_is_left_out_with_its_comma() {
    for (body, expected) in [
        (json!({"a": "{{none}}"}), "{}"),
        (json!({"a": "{{none}}", "b": 1}), r#"{"b":1}"#),
        (json!({"a": 1, "b": "{{none}}"}), r#"{"a":1}"#),
        (json!({"a": 1, "b": "{{none}}", "c": "{{word}}"}), r#"{"a":1,"c":"a"}"#),
        (json!({"a": "{{none.b.c}}", "b": {"c": "{{none}}"}}), r#"{"b":{}}"#),
        (json!(["{{none}}", "{{word}}", "{{none}}", "{{none}}", 2]), r#"["a",2]"#),
        (json!(["{{none}}"]), "[]"),
    ] {
        assert_eq!(world().body(&body).as_deref(), Ok(expected), "{body}");
    }
}

#[test]
fn a_required_value_that_is_absent_fails_and_so_does_a_hole_in_text() {
    for body in [json!({"a": "{{needed}}"}), json!(["{{needed.below}}"]), json!("{{needed}}")] {
        assert!(matches!(world().body(&body), Err(Fault::Absent { .. })), "{body}");
    }
    let body = json!({"a": "x{{none}}"});
    assert!(matches!(world().body(&body), Err(Fault::Hole { .. })));
}

#[test]
fn any_value_can_be_the_whole_body() {
    for (body, expected) in [
        (json!(["{{word}}"]), r#"["a"]"#),
        (json!("{{object}}"), r#"{"z":1,"a":{}}"#),
        (json!("x{{word}}"), r#""xa""#),
        (json!(5), "5"),
    ] {
        assert_eq!(world().body(&body).as_deref(), Ok(expected), "{body}");
    }
}

#[test]
fn hostile_values_stay_values() {
    for hostile in [
        "\"",
        "\\",
        "\",\"admin\":true,\"x\":\"",
        "}{",
        "\u{0}\u{1f}\u{7f}",
        "\r\n",
        "\u{2028}",
        "</script>",
        "{{word}}",
        "${NAME}",
        "\u{feff}",
        "𝄞\u{10ffff}",
        "\\u0000",
        "'--",
    ] {
        let world = World::of(json!({ "v": hostile }));
        let body =
            world.body(&json!({"a": "{{v}}", "b": "<{{v}}>", "c": "${QUOTE}"})).expect(hostile);
        let read: Value = serde_json::from_str(&body).expect(hostile);
        let quote = "\"}, {\"a\": \"/../?#";
        assert_eq!(read, json!({"a": hostile, "b": format!("<{hostile}>"), "c": quote}));
    }
}

/// Any JSON value, with strings that would like to be more than strings.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".*",
        prop::sample::select(vec!["\"", "\\", "\u{0}", "{{v}}", "\"}", "\u{d7ff}", "$x", "</a>"])
            .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "-?[1-9][0-9]{0,40}(\\.[0-9]{1,5})?"
            .prop_map(|digits| { Value::Number(digits.parse::<Number>().expect("digits")) }),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_body_has_the_keys_of_the_mapping_whatever_the_event_has(a in value(), b in value()) {
        let world = World::of(json!({"a": a, "b": b}));
        let shape = json!({
            "whole": "{{a}}", "nested": {"list": ["{{a}}", "{{b}}", 1], "text": "{{json b}}"},
            "below": "{{a.b.0}}", "if": "{{#if a}}{{json a}}{{else}}none{{/if}}", "last": true,
        });
        let body = world.body(&shape);
        let body = body.expect("nothing in it can fail");
        let read: Value = serde_json::from_str(&body).expect("a body is JSON");
        let expected = match read.get("below") {
            Some(_) => vec!["whole", "nested", "below", "if", "last"],
            None => vec!["whole", "nested", "if", "last"],
        };
        prop_assert_eq!(keys(&read), expected);
        prop_assert_eq!(keys(&read["nested"]), ["list", "text"]);
        prop_assert_eq!(&read["whole"], &a);
        prop_assert_eq!(&read["nested"]["list"], &json!([a, b, 1]));
        let text: Value = serde_json::from_str(read["nested"]["text"].as_str().expect("text"))
            .expect("JSON in JSON");
        prop_assert_eq!(text, b);
    }

    #[test]
    fn text_takes_scalars_and_refuses_the_rest(a in value()) {
        let world = World::of(json!({ "a": a }));
        match (world.value("<{{a}}>"), &a) {
            (Ok(Some(Value::String(text))), Value::String(given)) => {
                prop_assert_eq!(text, format!("<{given}>"));
            }
            (Ok(Some(Value::String(text))), Value::Number(_) | Value::Bool(_)) => {
                prop_assert_eq!(text, format!("<{a}>"));
            }
            (Err(Fault::Hole { .. }), Value::Null) => {}
            (Err(Fault::Structure { .. }), Value::Array(_) | Value::Object(_)) => {}
            (other, _) => prop_assert!(false, "{other:?} of {a}"),
        }
    }
}
