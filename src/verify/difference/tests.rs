//! Requests beside expectations: where they agree, and what is shown where they do not.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::telemetry::mask::Secrets;

const BASE: &str = "http://hss.test/api";

/// Each row on a line: a mark where it differs, and `·` where a side has nothing.
pub(super) fn shown(difference: &Difference) -> String {
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "·".to_owned());
    let row = |row: &super::super::report::Row| {
        let mark = if row.differs { '!' } else { ' ' };
        format!("{mark} {} | {}\n", cell(&row.expected), cell(&row.sent))
    };
    difference.rows.iter().map(row).collect()
}

fn named(pairs: &[(&str, &[&str])]) -> Vec<(Box<str>, Vec<String>)> {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    pairs.iter().map(|(name, values)| ((*name).into(), owned(values))).collect()
}

fn expected(method: &str, address: &str, body: Body) -> Expected {
    let address = match address.starts_with('/') {
        true => Address::Below(address.into()),
        false => Address::Whole(address.into()),
    };
    Expected {
        at: crate::expr::At { line: 1, column: 1 },
        method: method.into(),
        address,
        target: None,
        step: None,
        headers: Vec::new(),
        query: Vec::new(),
        body,
        replies: Vec::new(),
    }
}

fn sent(method: &str, url: &str, body: impl Into<Bytes>) -> Request {
    Request {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: body.into(),
        timeout: Duration::ZERO,
    }
}

fn with_headers(mut request: Request, headers: &[(&str, &str)]) -> Request {
    request.headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
    request
}

fn to_hss(request: &Request) -> Sent<'_> {
    Sent { request, target: "hss", base: BASE, step: "provision" }
}

fn compare(expected: &Expected, sent: &Request) -> Difference {
    of(expected, &to_hss(sent), &Secrets::default())
}

/// What is shown of a body that differs, or nothing.
fn bodies(expected_body: Body, sent_body: impl Into<Bytes>) -> String {
    let url = format!("{BASE}/x");
    let text =
        shown(&compare(&expected("POST", "/x", expected_body), &sent("POST", &url, sent_body)));
    let head = "  POST /x | POST /x\n   | \n";
    text.strip_prefix(head).unwrap_or(&text).to_owned()
}

#[test]
fn a_request_as_expected_has_no_rows() {
    let mut expected = expected("POST", "/prov", Body::Json(json!({ "a": 1 })));
    expected.target = Some("hss".into());
    expected.headers = named(&[("authorization", &["Bearer t"]), ("x-tag", &["a", "b"])]);
    expected.query = named(&[("force", &["true"]), ("q", &["a b&c"])]);
    let sent = with_headers(
        sent("POST", &format!("{BASE}/prov?q=a%20b%26c&other=1&force=true"), r#"{"a":1.0}"#),
        &[("x-tag", "a"), ("authorization", "Bearer t"), ("x-tag", "b"), ("x-more", "1")],
    );
    let difference = compare(&expected, &sent);
    assert!(difference.is_none() && difference.rows.is_empty(), "{}", shown(&difference));
}

#[test]
fn the_address_is_compared_below_the_target_and_as_a_whole_elsewhere() {
    for (address, url, agrees) in [
        ("/prov", "http://hss.test/api/prov", true),
        ("/prov", "http://hss.test/api/prov?x=1", true),
        ("/prov", "http://hss.test/api/prov/", false),
        ("/prov", "http://hss.test/apiprov", false),
        ("/a%20b", "http://hss.test/api/a%20b", true),
        ("/a b", "http://hss.test/api/a%20b", false),
        ("/jobs/1", "http://HSS.test:80/api/jobs/1", true),
        ("/jobs/1", "http://hss.test/other/jobs/1", false),
        ("/prov", "http://auth.test/api/prov", false),
        ("http://auth.test/token", "http://auth.test/token?x=1", true),
        ("http://auth.test", "http://auth.test/", true),
        ("http://hss.test/api/prov", "http://hss.test/api/prov", true),
        ("https://auth.test/token", "http://auth.test/token", false),
    ] {
        let difference = compare(&expected("GET", address, Body::Any), &sent("GET", url, ""));
        assert_eq!(difference.is_none(), agrees, "{address} {url}\n{}", shown(&difference));
    }
}

#[test]
fn what_differs_of_the_head_is_marked_and_what_is_not_named_is_left_out() {
    let mut expected = expected("PUT", "/prov", Body::Any);
    expected.target = Some("crm".into());
    expected.headers = named(&[("authorization", &["Bearer t"]), ("x-tag", &["a", "b"])]);
    expected.query = named(&[("force", &["true"]), ("tag", &["a"]), ("none", &[])]);
    let sent = with_headers(
        sent("POST", "http://auth.test/token?none=1&tag=a&other=1&tag=b", "body"),
        &[("x-more", "1"), ("x-tag", "b"), ("authorization", "Bearer t")],
    );
    assert_eq!(
        shown(&compare(&expected, &sent)),
        "! PUT /prov | POST http://auth.test/token
! target: crm | target: hss
! · | ?none=1
  ?tag=a | ?tag=a
! · | ?tag=b
! ?force=true | ·
! x-tag: a | x-tag: b
  authorization: Bearer t | authorization: Bearer t
! x-tag: b | ·
"
    );
}

#[test]
fn a_form_has_exactly_its_fields_and_is_shown_in_the_order_of_the_sent() {
    let form = || Body::Form(named(&[("a", &["1"]), ("b", &["x y", "z"])]));
    assert_eq!(bodies(form(), "b=x+y&a=1&b=z"), "");
    assert_eq!(bodies(Body::Form(Vec::new()), ""), "");
    assert_eq!(
        bodies(form(), "b=z&c=%00&b=x%20y"),
        "! b=x y | b=z\n! · | c=\0\n! b=z | b=x y\n! a=1 | ·\n"
    );
    assert_eq!(
        bodies(form(), "a=1&b=x+y&b=z&a=1"),
        "  a=1 | a=1\n  b=x y | b=x y\n  b=z | b=z\n! · | a=1\n"
    );
}

#[test]
fn texts_are_compared_by_the_byte_and_shown_by_lines() {
    let text = |text: &str| Body::Text(text.into());
    assert_eq!(bodies(text("a\nb"), "a\nb"), "");
    assert_eq!(bodies(text(""), ""), "");
    assert_eq!(
        bodies(text("a\nb\nc\nd"), "a\nB\nc\nnew\nd"),
        "  a | a\n! b | B\n  c | c\n! · | new\n  d | d\n"
    );
    assert_eq!(bodies(text("a\n"), "a"), "  a | a\n!  | ·\n");
    assert_eq!(bodies(text("a"), ""), "! a | ·\n");
    assert_eq!(
        bodies(text("a\u{fffd}"), &b"a\xff"[..]),
        "! · | (it is not UTF-8 text)\n  a\u{fffd} | a\u{fffd}\n"
    );
}

#[test]
fn a_body_of_another_kind_is_shown_beside_what_is_expected() {
    let json = || Body::Json(json!({ "a": 1 }));
    for (body, sent, shown) in [
        (json(), &b""[..], "! · | (there is no body)\n! { | ·\n!   \"a\": 1 | ·\n! } | ·\n"),
        (
            json(),
            b"<a/>\nb",
            "! · | (it is not JSON: expected value at line 1 column 1)\n! { | <a/>\n!   \"a\": 1 | b\n! } | ·\n",
        ),
        (
            Body::JsonContains(json!(1)),
            b"\"\xff\"",
            "! · | (it is not UTF-8 text)\n! 1 | \"\u{fffd}\"\n",
        ),
        (
            Body::Xml("<a/>".into()),
            b"{}",
            "! · | (it is not XML: text stands outside of the root element)\n! <a/> | {}\n",
        ),
        (Body::Xml("<a/>".into()), b"", "! · | (there is no body)\n! <a/> | ·\n"),
        (Body::Xml("<a".into()), b"<a/>", "! <a | <a/>\n"),
    ] {
        assert_eq!(bodies(body, sent), shown);
    }
}

#[test]
fn secrets_are_hidden_and_count_all_the_same() {
    let secrets =
        Secrets::new(["first-secret", "other-secret", "line one\nline two"].map(String::from));
    let mut expected = expected("GET", "/first-secret", Body::Json(json!({ "a": "first-secret" })));
    expected.headers = named(&[("authorization", &["Bearer first-secret"])]);
    let sent = with_headers(
        sent("GET", &format!("{BASE}/first-secret"), r#"{"a":"other-secret","b":"first-secret"}"#),
        &[("authorization", "Bearer other-secret")],
    );
    let difference = of(&expected, &to_hss(&sent), &secrets);
    assert_eq!(
        shown(&difference),
        "  GET /*** | GET /***
! authorization: Bearer *** | authorization: Bearer ***
   | 
  { | {
!   \"a\": \"***\" |   \"a\": \"***\",
! · |   \"b\": \"***\"
  } | }
"
    );
    for text in [sent_only(&to_hss(&sent), &secrets), expected_only(&expected, &secrets)] {
        assert!(!shown(&text).contains("-secret") && shown(&text).contains("***"), "{text:?}");
    }
}

#[test]
fn a_secret_of_several_lines_is_hidden_as_a_whole() {
    let secrets = Secrets::new(["line one\nline two".to_owned(), "line one\nline six".to_owned()]);
    let url = format!("{BASE}/x");
    let text = |text: &str| expected("PUT", "/x", Body::Text(text.into()));
    let key = "begin\nline one\nline two\nend";
    let other = "begin\nline one\nline six\nend";
    let difference = of(&text(key), &to_hss(&sent("PUT", &url, other)), &secrets);
    let hidden = "  PUT /x | PUT /x
   | 
  begin | begin
  *** | ***
  end | end
! (what differs is secret) | (what differs is secret)
";
    assert_eq!(shown(&difference), hidden);
    for xml in ["", "<a/>"] {
        let body = Body::Xml(format!("<k>{key}</k>").into());
        let expected = expected("PUT", "/x", body);
        let sent = sent("PUT", &url, format!("{xml}{other}"));
        for difference in [
            of(&expected, &to_hss(&sent), &secrets),
            sent_only(&to_hss(&sent), &secrets),
            expected_only(&expected, &secrets),
        ] {
            let text = shown(&difference);
            assert!(!text.contains("line") && text.contains("***"), "{text}");
        }
    }
}

#[test]
fn a_request_on_its_own_shows_what_the_mapping_made_of_it() {
    let sent = with_headers(
        sent("POST", &format!("{BASE}/x?a=1%202"), r#"{"b":[1,{}],"a":"x"}"#),
        &[("x-tag", "1"), ("traceparent", "00-1"), ("content-type", "application/json")],
    );
    let difference = sent_only(&to_hss(&sent), &Secrets::default());
    assert_eq!(
        shown(&difference),
        "! · | POST /x
! · | target: hss
! · | step: provision
! · | ?a=1 2
! · | x-tag: 1
! · | content-type: application/json
! · | 
! · | {
! · |   \"b\": [
! · |     1,
! · |     {}
! · |   ],
! · |   \"a\": \"x\"
! · | }
"
    );
    for (content_type, body, lines) in [
        ("application/x-www-form-urlencoded", "a=1+2&b=", "! · | a=1 2\n! · | b=\n"),
        ("text/xml; charset=utf-8", "<a><b/></a>", "! · | <a>\n! · |   <b/>\n! · | </a>\n"),
        ("text/plain", "a\nb\u{1b}[0m", "! · | a\n! · | b\u{1b}[0m\n"),
        ("text/plain", "", ""),
    ] {
        let sent = with_headers(sent.clone(), &[("content-type", content_type)]);
        let sent = Request { body: Bytes::from(body.to_owned()), ..sent };
        let text =
            shown(&sent_only(&Sent { base: "http://o", ..to_hss(&sent) }, &Secrets::default()));
        assert!(text.starts_with("! · | POST http://hss.test/api/x\n"), "{text}");
        let blank = if lines.is_empty() { "" } else { "! · | \n" };
        assert!(text.ends_with(&format!("{content_type}\n{blank}{lines}")), "{text}");
    }
}

#[test]
fn an_expectation_on_its_own_shows_what_it_names() {
    let mut expected = expected("POST", "/x", Body::JsonContains(json!([1])));
    expected.target = Some("hss".into());
    expected.query = named(&[("q", &["1", "2"])]);
    expected.headers = named(&[("x-tag", &["a"]), ("absent", &[])]);
    assert_eq!(
        shown(&expected_only(&expected, &Secrets::default())),
        "! POST /x | ·
! target: hss | ·
! ?q=1 | ·
! ?q=2 | ·
! x-tag: a | ·
!  | ·
! [ | ·
!   1 | ·
! ] | ·
"
    );
    for (body, lines) in [
        (Body::Any, ""),
        (Body::Form(named(&[("a", &["1", "2"])])), "!  | ·\n! a=1 | ·\n! a=2 | ·\n"),
        (Body::Xml("<a ><b/></a>".into()), "!  | ·\n! <a> | ·\n!   <b/> | ·\n! </a> | ·\n"),
        (Body::Xml("<a".into()), "!  | ·\n! <a | ·\n"),
        (Body::Text("a\nb".into()), "!  | ·\n! a | ·\n! b | ·\n"),
    ] {
        let expected = Expected { body, ..self::expected("GET", "http://o/y", Body::Any) };
        let text = shown(&expected_only(&expected, &Secrets::default()));
        assert_eq!(text, format!("! GET http://o/y | ·\n{lines}"));
    }
}
