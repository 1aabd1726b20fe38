//! What each helper gives, and what it refuses.

mod dates;
mod hostile;
mod numbers;
mod reference;

use serde_json::json;

use super::*;

fn call(name: &str, arguments: &[Value]) -> Result<Option<Value>, String> {
    let helper = find(name).expect(name);
    assert!(helper.takes(arguments.len()), "{name} does not take {} arguments", arguments.len());
    let arguments: Vec<_> =
        arguments.iter().map(|value| (value != &json!("ABSENT")).then_some(value)).collect();
    helper.call(&arguments)
}

fn rows() -> Vec<(&'static str, Value, Value)> {
    vec![
        ("eq", json!([1, 1.0]), json!(true)),
        ("eq", json!([1, "1"]), json!(false)),
        ("eq", json!(["ABSENT", "x"]), json!(false)),
        ("ne", json!(["a", "b"]), json!(true)),
        ("and", json!([true, "x", 1]), json!(true)),
        ("and", json!([true, 0]), json!(false)),
        ("or", json!(["", "ABSENT", 5]), json!(true)),
        ("not", json!(["ABSENT"]), json!(true)),
        ("default", json!(["ABSENT", "d"]), json!("d")),
        ("default", json!([null, "d"]), json!("d")),
        ("default", json!(["", "d"]), json!("")),
        ("default", json!(["ABSENT", null, "c", "d"]), json!("c")),
        ("lower", json!(["ÄB"]), json!("äb")),
        ("upper", json!(["äb"]), json!("ÄB")),
        ("trim", json!(["  x "]), json!("x")),
        ("replace", json!(["a-b-c", "-", ""]), json!("abc")),
        ("before", json!(["79@msisdn", "@"]), json!("79")),
        ("before", json!(["79", "@"]), json!("79")),
        ("after", json!(["a:b:c", ":"]), json!("b:c")),
        ("concat", json!(["a", 1, true]), json!("a1true")),
        ("split", json!(["a, b,c", ","]), json!(["a", "b", "c"])),
        ("join", json!([["a", 1], "-"]), json!("a-1")),
        ("first", json!([[7, 8]]), json!(7)),
        ("last", json!([[7, 8]]), json!(8)),
        ("length", json!([[7, 8]]), json!(2)),
        ("length", json!(["äö"]), json!(2)),
        ("string", json!([12]), json!("12")),
        ("number", json!(["12.5"]), json!(12.5)),
        ("boolean", json!(["Y"]), json!(true)),
        ("json", json!([{"a": [1]}]), json!("{\"a\":[1]}")),
        ("lt", json!([2, 10]), json!(true)),
        ("lt", json!([2, 2.0]), json!(false)),
        ("lt", json!(["2025-05-16", "2025-05-16T00:00:01Z"]), json!(true)),
        ("lt", json!([1, "2"]), json!(false)),
        ("lt", json!(["ABSENT", 2]), json!(false)),
        ("lte", json!([2, 2.0]), json!(true)),
        ("lte", json!([3, 2]), json!(false)),
        ("lte", json!([null, null]), json!(false)),
        ("gt", json!([10, 2]), json!(true)),
        ("gt", json!([2, 10]), json!(false)),
        ("gt", json!([2, "ABSENT"]), json!(false)),
        ("gte", json!([2, 2]), json!(true)),
        ("gte", json!(["b", "a"]), json!(false)),
        ("gte", json!([[1], [1]]), json!(false)),
        ("substring", json!(["abcdef", 2]), json!("cdef")),
        ("substring", json!(["abcdef", 2, 3]), json!("cde")),
        ("substring", json!(["abcdef", -2]), json!("ef")),
        ("substring", json!(["abcdef", -3, 2]), json!("de")),
        ("substring", json!(["äöü😀", 1, 1]), json!("ö")),
        ("substring", json!(["äöü😀", -1]), json!("😀")),
        ("substring", json!(["abc", 3]), json!("")),
        ("substring", json!(["abc", 99, 99]), json!("")),
        ("substring", json!(["abc", -99, 2]), json!("ab")),
        ("substring", json!(["abc", 0, 0]), json!("")),
        ("substring", json!(["abc", 0, -1]), json!("")),
        ("substring", json!(["abc", i64::MIN, i64::MAX]), json!("abc")),
        ("substring", json!(["abc", "1", "99999999999999999999999999"]), json!("bc")),
        ("substring", json!([79123456789_i64, 0, 2]), json!("79")),
        ("pad_left", json!([7, 3, "0"]), json!("007")),
        ("pad_left", json!([7, 3, 0]), json!("007")),
        ("pad_left", json!(["7", 3]), json!("  7")),
        ("pad_left", json!(["ä", 3, "😀"]), json!("😀😀ä")),
        ("pad_left", json!(["abc", 2, "0"]), json!("abc")),
        ("pad_left", json!(["abc", 0]), json!("abc")),
        ("base64", json!(["any carnal pleas"]), json!("YW55IGNhcm5hbCBwbGVhcw==")),
        ("base64", json!(["~~~???ü"]), json!("fn5+Pz8/w7w=")),
        ("base64", json!([""]), json!("")),
        ("lookup", json!([{"a": {"b": 1}}, "a"]), json!({"b": 1})),
        ("lookup", json!([{"1591": "2101"}, 1591]), json!("2101")),
        ("lookup", json!([["a", "b"], 1]), json!("b")),
        ("add", json!([1, 2]), json!(3)),
        ("sub", json!([1, 2]), json!(-1)),
        ("mul", json!([2, 3, 4]), json!(24)),
        ("div", json!([1, 4]), json!(0.25)),
        ("round", json!([2.5]), json!(3)),
        ("fixed", json!([2.5, 2]), json!("2.50")),
        ("date", json!(["2025-05-16 12:59:46", "%d.%m.%Y"]), json!("16.05.2025")),
    ]
}

#[test]
fn each_helper_does_what_its_name_says() {
    for (name, arguments, expected) in rows() {
        let arguments = arguments.as_array().cloned().unwrap_or_default();
        assert_eq!(call(name, &arguments), Ok(Some(expected)), "{name} {arguments:?}");
    }
}

#[test]
fn every_helper_has_its_row() {
    for helper in all() {
        assert!(rows().iter().any(|(name, ..)| *name == helper.name), "{}", helper.name);
    }
}

#[test]
fn the_first_of_nothing_is_absent() {
    assert_eq!(call("first", &[json!([])]), Ok(None));
    assert_eq!(call("last", &[json!([])]), Ok(None));
}

#[test]
fn a_helper_says_what_it_cannot_work_on() {
    for (name, arguments) in [
        ("lower", vec![json!([])]),
        ("join", vec![json!("x"), json!(",")]),
        ("number", vec![json!("N/A")]),
        ("length", vec![json!(5)]),
        ("replace", vec![json!("aaa"), json!(""), json!("b")]),
        ("split", vec![json!("aaa"), json!("")]),
        ("join", vec![json!([["a"]]), json!(",")]),
        ("substring", vec![json!("abc"), json!("b")]),
        ("substring", vec![json!("abc"), json!(1.5)]),
        ("substring", vec![json!({}), json!(1)]),
        ("pad_left", vec![json!("abc"), json!(1001)]),
        ("pad_left", vec![json!("abc"), json!(-1)]),
        ("pad_left", vec![json!("abc"), json!(10), json!("")]),
        ("pad_left", vec![json!("abc"), json!(10), json!("ab")]),
        ("pad_left", vec![json!("abc"), json!(10), json!([])]),
        ("base64", vec![json!(null)]),
    ] {
        assert!(call(name, &arguments).is_err(), "{name}");
    }
}

#[test]
fn no_helper_multiplies_texts_without_end() {
    let (many, long) = ("a".repeat(1 << 20), "b".repeat(1 << 20));
    let members: Vec<Value> = vec![json!("a"); 1 << 16];
    assert!(call("replace", &[json!(many), json!("a"), json!(long)]).is_err());
    assert!(call("join", &[json!(members), json!(long)]).is_err());
    assert!(call("concat", &vec![json!(many); 9]).is_err());
    assert!(call("split", &[json!(many), json!("a")]).is_err());
    assert!(call("base64", &[json!("a".repeat(7 << 20))]).is_err());
    assert!(call("json", &[json!("\0".repeat(2 << 20))]).is_err());
}

#[test]
fn every_helper_has_a_usage_that_names_it() {
    for helper in all() {
        assert!(helper.usage.starts_with(helper.name), "{}", helper.name);
    }
}
