//! Tests of JSONPath: what is selected, in what order, and at what cost.

use std::cmp::Ordering::{self, Equal, Greater, Less};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::document::{Document, Spot};

fn path(text: &str) -> Path {
    Path::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

/// From both kinds of documents, which must be the same.
fn first(text: &str, document: &Value) -> Option<Value> {
    let found = path(text).first(document, &Effort::new()).unwrap().cloned();
    let flat = Document::of(document);
    let found_there = path(text).first(flat.root(), &Effort::new()).unwrap();
    assert_eq!(found_there.map(Spot::owned), found, "{text}");
    found
}

/// From both kinds of documents, which must be the same.
fn all(text: &str, document: &Value) -> Value {
    let found = path(text).all(document, &Effort::new()).unwrap().into_iter().cloned().collect();
    let flat = Document::of(document);
    let found_there = path(text).all(flat.root(), &Effort::new()).unwrap();
    assert_eq!(found_there.into_iter().map(Spot::owned).collect::<Value>(), found, "{text}");
    found
}

/// How much work a query is.
fn work<'v>(query: &JpQuery, document: impl Node<'v>) -> usize {
    let text = "".into();
    let take = &mut |_| More::Wanted;
    let (done, work) = evaluate::each(&text, query, document, evaluate::MOST_WORK, take);
    assert_eq!(done, Ok(()));
    work
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn member_chains_and_queries_select_alike() {
    let document = json!({"a": {"b": [10, 20, 30]}, "x y": 1});
    for (text, expected) in [
        ("$.a.b[0]", Some(json!(10))),
        ("$['a']['b'][-1]", Some(json!(30))),
        ("$.a.b[3]", None),
        ("$.a.b[-4]", None),
        ("$['x y']", Some(json!(1))),
        ("$.a.c.d", None),
        ("$ .a .b [0]", Some(json!(10))),
        ("$.a.b[?@ > 10 && @ < 30]", Some(json!(20))),
        ("$.a['b'][ 0 ]", Some(json!(10))),
        (r"$['x\u0020y']", Some(json!(1))),
        ("$.a.b[?@ > 10]", Some(json!(20))),
        ("$..b[1]", Some(json!(20))),
        ("$", Some(document.clone())),
    ] {
        assert_eq!(first(text, &document), expected, "{text}");
    }
}

#[test]
fn a_null_gives_way_to_a_later_node() {
    let document = json!([{"n": "x", "v": null}, {"n": "x", "v": 2}]);
    assert_eq!(first("$[?@.n == 'x'].v", &document), Some(json!(2)));
    assert_eq!(first("$[0].v", &document), Some(json!(null)));
}

#[test]
fn a_policy_is_found_in_an_object_and_in_a_list_of_objects() {
    let text = "$.pb_data.access_policy_info..attributes[?@.name == 'cs'].value";
    let policy = json!({"attributes": [{"name": "eps", "value": 1}, {"name": "cs", "value": 2}]});
    let one = json!({"pb_data": {"access_policy_info": policy}});
    let list = json!({"pb_data": {"access_policy_info": [{"attributes": []}, policy]}});
    assert_eq!(first(text, &one), Some(json!(2)));
    assert_eq!(first(text, &list), Some(json!(2)));
}

/// RFC 9535, section 2.5.2.2: a node's own members before those of its members.
#[test]
fn what_is_below_comes_in_the_order_of_the_document() {
    let document = parsed(r#"{"o": {"b": 1, "a": 2}, "l": [5, {"a": 3, "b": 4}], "b": 6}"#);
    for (text, expected) in [
        ("$..b", json!([6, 1, 4])),
        ("$..['b', 'a']", json!([6, 1, 2, 4, 3])),
        ("$..[0]", json!([5])),
        ("$.l[::-1]", json!([{"a": 3, "b": 4}, 5])),
        ("$.l..*", json!([5, {"a": 3, "b": 4}, 3, 4])),
        ("$.o[*, 'a']", json!([1, 2, 2])),
    ] {
        assert_eq!(all(text, &document), expected, "{text}");
    }
}

/// RFC 9535, section 2.3.5.2.2. The documents are texts: numbers keep theirs.
#[test]
fn numbers_in_filters_are_compared_by_value_to_their_last_digit() {
    for (left, right, order) in [
        ("1", "1.0", Some(Equal)),
        ("100", "1e2", Some(Equal)),
        ("0", "-0", Some(Equal)),
        ("-0.0", "0", Some(Equal)),
        ("5e-1", "0.50", Some(Equal)),
        ("89359010000000000011", "89359010000000000012", Some(Less)),
        ("89359010000000000011", "89359010000000000011", Some(Equal)),
        ("9007199254740993", "9007199254740992", Some(Greater)),
        ("1e-17", "0", Some(Greater)),
        ("0.1", "0.10000000000000002", Some(Less)),
        ("0.1", "0.10000000000000000000000000000001", Some(Less)),
        ("1e400", "1.0e400", Some(Equal)),
        ("1e400", "1e401", Some(Less)),
        ("1e99999999999999999999", "1e-99999999999999999999", Some(Greater)),
        ("1", "\"1\"", None),
        ("0", "false", None),
        ("null", "0", None),
    ] {
        let document = parsed(&format!(r#"[{{"l": {left}, "r": {right}}}]"#));
        for (operator, holds) in [
            ("==", order == Some(Equal)),
            ("!=", order != Some(Equal)),
            ("<", order == Some(Less)),
            ("<=", order.is_some_and(Ordering::is_le)),
            (">", order == Some(Greater)),
            (">=", order.is_some_and(Ordering::is_ge)),
        ] {
            let found = all(&format!("$[?@.l {operator} @.r]"), &document);
            assert_eq!(found != json!([]), holds, "{left} {operator} {right}");
        }
    }
}

#[test]
fn a_number_in_a_path_is_compared_as_it_is_written() {
    let document = parsed("[0.1, 0.10000000000000001, 1e1, 10, -5, 5.0, 1e400, \"5\"]");
    for (text, expected) in [
        ("$[?@ == 10]", "[1e1, 10]"),
        ("$[?@ == 1e1]", "[1e1, 10]"),
        ("$[?@ == 10.0]", "[1e1, 10]"),
        ("$[?@ == 5]", "[5.0]"),
        ("$[?@ == -5.0]", "[-5]"),
        ("$[?@ < -4.99]", "[-5]"),
        ("$[?@ == -0]", "[]"),
        ("$[?@ == '5']", "[\"5\"]"),
    ] {
        assert_eq!(all(text, &document), parsed(expected), "{text}");
    }
}

#[test]
fn objects_and_arrays_are_equal_member_by_member() {
    let document = parsed(
        r#"{"one": {"a": [1, {"b": 2}], "c": null},
            "all": [{"c": null, "a": [1.0, {"b": 2e0}]}, {"a": [1, {"b": 2}]},
                    {"a": [{"b": 2}, 1], "c": null}, [1], null, "one"]}"#,
    );
    assert_eq!(all("$.all[?@ == $.one]", &document), json!([document["all"][0]]));
    assert_eq!(all("$.all[?@ != $.one].length", &document), json!([]));
    assert_eq!(all("$.all[?@ < $.one]", &document), json!([]));
    assert_eq!(
        all("$.all[?@.c == $.nothing]", &document),
        json!([{"a": [1, {"b": 2}]}, [1], null, "one"])
    );
    assert_eq!(all("$.all[?@.c == null && @.a[0] == 1]", &document), json!([document["all"][0]]));
}

/// RFC 9535, section 2.3.5.3: filters in filters, and existence of what is false or null.
#[test]
fn filters_nest_and_ask_for_existence_not_for_truth() {
    let document = json!({
        "services": [
            {"name": "voice", "features": [{"name": "cf", "on": false}]},
            {"name": "data", "features": [{"name": "apn", "on": true}, {"name": "qos"}]},
        ],
        "wanted": "apn",
    });
    for (text, expected) in [
        ("$.services[?@.features[?@.name == 'cf']].name", json!(["voice"])),
        ("$.services[?@.features[?@.name == $.wanted]].name", json!(["data"])),
        ("$.services[?@.features[?@.on]].name", json!(["voice", "data"])),
        ("$.services[?@.features[?@.on == true]].name", json!(["data"])),
        ("$.services[?!@.features[?@.on == true]].name", json!(["voice"])),
        ("$.services[?!(@.name == 'voice' || @.name == 'sms')].name", json!(["data"])),
        ("$.services[?count(@.features.*) > 1].name", json!(["data"])),
        ("$.services[?length(@.name) == 5].name", json!(["voice"])),
        ("$.services[?value(@..on) == false].name", json!(["voice"])),
        ("$.services[?count(@.nothing) == 0].name", json!(["voice", "data"])),
        ("$.services[?length(@.nothing) == 0].name", json!([])),
        ("$.services[?$.wanted].name", json!(["voice", "data"])),
        ("$[?@ == 'apn']", json!(["apn"])),
    ] {
        assert_eq!(all(text, &document), expected, "{text}");
    }
}

#[test]
fn a_slice_of_anything_ends_with_the_array() {
    let document = json!([0, 1, 2, 3]);
    for (text, expected) in [
        ("$[1:3]", json!([1, 2])),
        ("$[-2:]", json!([2, 3])),
        ("$[::2]", json!([0, 2])),
        ("$[::-2]", json!([3, 1])),
        ("$[3:0:-1]", json!([3, 2, 1])),
        ("$[:2:-1]", json!([3])),
        ("$[1:3:0]", json!([])),
        ("$[-9007199254740991:9007199254740991:9007199254740991]", json!([0])),
        ("$[9007199254740991:-9007199254740991:-9007199254740991]", json!([3])),
    ] {
        assert_eq!(all(text, &document), expected, "{text}");
    }
    assert_eq!(all("$[::-1]", &json!([])), json!([]));
    assert_eq!(all("$[::-1]", &json!({"a": 1})), json!([]));
}

#[test]
fn a_hostile_path_is_refused_not_followed() {
    for text in [
        format!("${}", "[".repeat(1500)),
        format!("$[?{}@.a{}]", "(".repeat(900), ")".repeat(900)),
        format!("$[?{}", "length(".repeat(280)),
        format!("$[?{}@{} == 1]", "length(".repeat(280), ")".repeat(280)),
        format!("$.{}", "a".repeat(LONGEST)),
    ] {
        assert!(Path::parse(&text).is_err());
    }
}

/// The crate's parser goes back where an alternative fails; nothing that the check lets through
/// may make it do so level by level.
#[test]
fn the_deepest_path_is_parsed_at_once() {
    for (before, within, after) in [
        ("(", "@.a", ")"),
        ("!(", "@.a == 1", ")"),
        ("length(", "@.a", ")"),
        ("@[?", "@.a == 1", "]"),
        ("count(@[?", "@.a == 1", "]) > 1"),
        ("$.a[?@.b[?", "@", "]]"),
    ] {
        let depth = 31 / before.matches(['(', '[']).count();
        let nested = format!("{}{within}{}", before.repeat(depth), after.repeat(depth));
        let ending = if before == "length(" { " > 1" } else { "" };
        path(&format!("$[?{nested}{ending}]"));
    }
}

/// An innocent path, and events made to be expensive for it. The work is counted, not timed.
#[test]
fn a_path_with_one_descent_is_linear_whatever_the_document() {
    let deep = |name: &str, inner: &str| {
        format!("{}{inner}{}", format!("{{\"{name}\":").repeat(100), "}".repeat(100))
    };
    let ones = format!("[{}]", vec!["1"; 1_000].join(","));
    let columns = format!("[{}]", vec![deep("attributes", "1"); 20].join(","));
    for inner in [ones.clone(), deep("attributes", &ones), columns, deep("a", &ones)] {
        let document = parsed(&format!(r#"{{"pb_data":{{"access_policy_info":{inner}}}}}"#));
        let values = all("$..*", &document).as_array().unwrap().len();
        for text in [
            "$.pb_data.access_policy_info..attributes[?@.name == 'x'].value",
            "$..attributes[?@.name == 'x' && @.value[0].on != true]",
            "$..[?@.name == 'x']",
        ] {
            let Plan::Query(query) = path(text).plan else { panic!("{text} is no chain") };
            let flat = Document::of(&document);
            for work in [work(&query, &document), work(&query, flat.root())] {
                assert!(work <= 10 * values + 10, "{text}: {work} for {values} values");
            }
        }
    }
}

#[test]
fn what_would_take_too_long_or_too_much_memory_is_given_up_not_cut_short() {
    let deep = parsed(&format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120)));
    let nested = parsed(&format!("{}{}", "[".repeat(30), "]".repeat(30)));
    let wide = Value::Array(vec![json!(["one"]); 1_000]);
    let doubled = format!("${}", "[0,0]".repeat(26));
    for (text, document) in [
        (&*doubled, &nested),
        ("$..*..*..*..*..*..*", &deep),
        ("$[?count($..*) > 1]", &wide),
        ("$[?$..x]", &wide),
        ("$[?$ == $]", &wide),
    ] {
        let path = path(text);
        let Plan::Query(query) = &path.plan else { panic!("{text} is no chain") };
        let take = &mut |_| More::Wanted;
        let (done, _) = evaluate::each(path.text(), query, document, 100_000, take);
        assert_eq!(done, Err(Fault::TooMuchWork { path: text.into() }));
        let (flat, take) = (Document::of(document), &mut |_| More::Wanted);
        let (done, _) = evaluate::each(path.text(), query, flat.root(), 100_000, take);
        assert_eq!(done, Err(Fault::TooMuchWork { path: text.into() }));
    }
    assert!(
        path(&doubled).all(&nested, &Effort::new()).is_err(),
        "evaluation has a bound of its own"
    );
    assert!(
        path(&doubled).first(&nested, &Effort::new()).unwrap().is_some(),
        "nothing is looked at behind the first node"
    );
}

/// Where members have to be looked for, looking is work, too.
#[test]
fn looking_for_a_member_of_a_large_object_again_and_again_is_given_up() {
    let names = (0..40_000).map(|n| (format!("n{n}"), json!(n))).collect::<Value>();
    let document = Document::of(&json!({"big": names, "list": vec![1; 40_000]}));
    let (effort, text) = (Effort::of(1_000_000), "$.list[?@ == $.big.n39999]");
    let found = path(text).all(document.root(), &effort);
    assert_eq!(found.err(), Some(Fault::TooMuchWork { path: text.into() }));
    let (effort, chain) = (Effort::of(1_000_000), path("$.big.n39999"));
    let times = (0..40_000).take_while(|_| chain.first(document.root(), &effort).is_ok()).count();
    assert!((1..1_000).contains(&times), "{times}");
}

/// Their members are looked up only once they are in another order.
#[test]
fn objects_of_any_order_are_compared_in_time() {
    let object = |names: &mut dyn Iterator<Item = usize>| {
        names.map(|n| (format!("n{n}"), json!(n))).collect::<Value>()
    };
    let (up, down) = (object(&mut (0..50_000)), object(&mut (0..50_000).rev()));
    let document = json!({"up": up, "list": [down, {"n0": 0}]});
    assert_eq!(all("$.list[?@ == $.up]", &document), json!([document["list"][0]]));
}

proptest! {
    #[test]
    fn both_kinds_of_documents_select_the_same(
        document in any_document(),
        segments in proptest::collection::vec(proptest::sample::select(SEGMENTS), 0..5),
    ) {
        let text = format!("${}", segments.concat());
        let (path, flat) = (path(&text), Document::of(&document));
        let found = path.all(&document, &Effort::new()).unwrap();
        let there = path.all(flat.root(), &Effort::new()).unwrap();
        prop_assert_eq!(
            there.into_iter().map(Spot::owned).collect::<Vec<_>>(),
            found.iter().copied().cloned().collect::<Vec<Value>>()
        );
        let expected = found.iter().find(|node| !node.is_null()).or(found.first());
        prop_assert_eq!(path.first(&document, &Effort::new()).unwrap(), expected.copied());
        let first = path.first(flat.root(), &Effort::new()).unwrap();
        prop_assert_eq!(first.map(Spot::owned), expected.map(|node| Value::clone(node)));
    }
}

const SEGMENTS: &[&str] = &[
    ".a",
    ".b",
    ".*",
    "..a",
    "..*",
    "..[0]",
    "[0]",
    "[-1]",
    "[2]",
    "[1:]",
    "[::-1]",
    "[-1:0:-2]",
    "[::2]",
    "['a', 'b']",
    "[0, -1, 0]",
    "[?@.a]",
    "[?@.a == 1]",
    "[?@.a != $.b]",
    "[?@ == $.a]",
    "[?@ < 2]",
    "[?@.b >= 'x']",
    "[?length(@) > 1]",
    "[?count(@.*) == 2]",
    "[?value(@.*) == 1]",
    "[?@.a && !@.b]",
    "[?@ == null]",
    "[?@ == 1.5]",
    "[?@[0] == true]",
    "[?@..a]",
];

fn any_document() -> impl Strategy<Value = Value> {
    let leaf = proptest::sample::select(vec![
        json!(null),
        json!(true),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(2),
        json!("x"),
        json!("\"\u{e9}"),
        json!([]),
        json!({}),
    ]);
    leaf.prop_recursive(5, 48, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[ab\"c]", inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}
