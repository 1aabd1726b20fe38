//! Values beside values.

use proptest::prelude::*;
use serde_json::json;

use super::super::sheet::Sides;
use super::super::tests::shown;
use super::*;
use crate::telemetry::mask::Secrets;
use crate::verify::report::Difference;

fn difference(extent: Extent, expected: &Value, sent: &Value) -> Difference {
    let secrets = Secrets::default();
    let mut sheet = Sheet::new(&secrets, Sides::Both);
    write(extent, expected, sent, &mut sheet);
    sheet.finish()
}

fn rows(extent: Extent, expected: &str, sent: &str) -> String {
    let read = |text: &str| serde_json::from_str(text).unwrap();
    shown(&difference(extent, &read(expected), &read(sent)))
}

#[test]
fn keys_stand_beside_their_like_and_those_that_only_were_sent_come_last() {
    assert_eq!(
        rows(
            Extent::Whole,
            r#"{"a":1,"gone":{"x":null},"b":[true],"e":{}}"#,
            r#"{"z":"new","b":[true],"a":1.0,"e":{},"y":[1]}"#
        ),
        r#"  { | {
    "a": 1, |   "a": 1.0,
!   "gone": { | ·
!     "x": null | ·
!   }, | ·
    "b": [ |   "b": [
      true |     true
    ], |   ],
    "e": {} |   "e": {},
! · |   "z": "new",
! · |   "y": [
! · |     1
! · |   ]
  } | }
"#
    );
}

#[test]
fn values_differ_without_conversion() {
    for (expected, sent, shown) in [
        ("1", "1.0", "  1 | 1.0\n"),
        ("1", "\"1\"", "! 1 | \"1\"\n"),
        (
            "89380000000000000001",
            "89380000000000000002",
            "! 89380000000000000001 | 89380000000000000002\n",
        ),
        ("null", "false", "! null | false\n"),
        ("\"a\\nb\"", "\"a\"", "! \"a\\nb\" | \"a\"\n"),
        ("[]", "{}", "! [] | {}\n"),
        ("[]", "[]", "  [] | []\n"),
        ("{}", "[1]", "! {} | [\n! · |   1\n! · | ]\n"),
        ("[]", "[1]", "  [ | [\n! · |   1\n  ] | ]\n"),
        ("{\"a\":1}", "1", "! { | 1\n!   \"a\": 1 | ·\n! } | ·\n"),
    ] {
        assert_eq!(rows(Extent::Whole, expected, sent), shown, "{expected} {sent}");
    }
}

#[test]
fn members_of_arrays_stand_beside_their_like() {
    assert_eq!(
        rows(Extent::Whole, "[1,2,3,4]", "[1,3,4,5]"),
        "  [ | [\n    1, |   1,\n!   2, | ·\n    3, |   3,\n    4 |   4,\n! · |   5\n  ] | ]\n"
    );
    // The one that was changed is told from the one that is gone.
    assert_eq!(
        rows(
            Extent::Whole,
            r#"[{"id":1,"on":true},{"id":2,"on":true,"k":"v"}]"#,
            r#"[{"id":2,"on":false,"k":"v"}]"#
        ),
        r#"  [ | [
!   { | ·
!     "id": 1, | ·
!     "on": true | ·
!   }, | ·
    { |   {
      "id": 2, |     "id": 2,
!     "on": true, |     "on": false,
      "k": "v" |     "k": "v"
    } |   }
  ] | ]
"#
    );
    // What is of another kind does not stand beside it.
    assert_eq!(
        rows(Extent::Whole, "[[1]]", "[1]"),
        "  [ | [\n!   [ | ·\n!     1 | ·\n!   ] | ·\n! · |   1\n  ] | ]\n"
    );
}

#[test]
fn more_keys_are_shown_and_not_marked_where_they_may_be_there() {
    assert_eq!(
        rows(
            Extent::Contains,
            r#"{"a":{},"l":[{"id":2}]}"#,
            r#"{"l":[{"k":[1],"id":1}],"a":{"x":1}}"#
        ),
        r#"  { | {
    "a": { |   "a": {
  · |     "x": 1
    }, |   },
    "l": [ |   "l": [
      { |     {
!       "id": 2 |       "id": 1,
  · |       "k": [
  · |         1
  · |       ]
      } |     }
    ] |   ]
  } | }
"#
    );
    assert_eq!(
        rows(
            Extent::Contains,
            r#"[{"id":1},{"id":3}]"#,
            r#"[{"id":1,"x":1},{"id":2},{"id":3,"x":1}]"#
        )
        .lines()
        .filter(|line| line.starts_with('!'))
        .collect::<Vec<_>>(),
        ["! · |   {", "! · |     \"id\": 2", "! · |   },"]
    );
    assert!(Extent::Contains.holds(&json!({"a": [{}, 1]}), &json!({"b": 1, "a": [{"x": 1}, 1.0]})));
    for (expected, sent) in [
        (json!([1]), json!([1, 2])),
        (json!([1, 2]), json!([2, 1])),
        (json!({ "a": null }), json!({})),
        (json!({}), json!([])),
    ] {
        assert!(!Extent::Contains.holds(&expected, &sent), "{expected} {sent}");
    }
}

#[test]
fn a_value_of_its_own_is_printed_as_json() {
    let value = json!({"a": [1, {"b": {}}, []], "c\"": "d\u{1b}"});
    assert_eq!(lines(&value).join("\n"), serde_json::to_string_pretty(&value).unwrap());
}

/// Many members that nothing tells apart.
#[test]
fn large_arrays_do_not_take_long() {
    let ones = Value::Array(vec![json!(1); 100_000]);
    let mut twos = vec![json!(2); 100_000];
    twos.push(json!(1));
    let lists = Value::Array(vec![json!([[1], {"a": []}]); 10_000]);
    let mut others = vec![json!([{"a": []}, [1]]); 10_001];
    others[7] = json!("x");
    for extent in [Extent::Whole, Extent::Contains] {
        for (expected, sent) in
            [(&ones, Value::Array(twos.clone())), (&lists, Value::Array(others.clone()))]
        {
            let difference = difference(extent, expected, &sent);
            assert!(!difference.is_none() && difference.rows.len() < 1_100);
        }
    }
}

fn values() -> impl Strategy<Value = Value> {
    let scalars = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[ab]".prop_map(Value::from),
    ];
    scalars.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_row_differs_where_the_values_do(expected in values(), sent in values()) {
        for extent in [Extent::Whole, Extent::Contains] {
            for sent in [&sent, &expected] {
                let difference = difference(extent, &expected, sent);
                prop_assert_eq!(difference.is_none(), extent.holds(&expected, sent));
            }
        }
    }

    #[test]
    fn each_side_reads_as_the_value_that_it_shows(expected in values(), sent in values()) {
        let difference = difference(Extent::Whole, &expected, &sent);
        let side = |cell: fn(&crate::verify::report::Row) -> &Option<String>| {
            let lines: Vec<&str> = difference.rows.iter().filter_map(|row| cell(row).as_deref()).collect();
            lines.join("\n")
        };
        let (left, right) = (side(|row| &row.expected), side(|row| &row.sent));
        if !left.contains('…') && !right.contains('…') {
            prop_assert_eq!(&serde_json::from_str::<Value>(&left).unwrap(), &expected);
            prop_assert_eq!(&serde_json::from_str::<Value>(&right).unwrap(), &sent);
        }
    }
}
