//! Answers in XML as JSONPath gets to see them.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;
use crate::expr::Path;

#[track_caller]
fn reads(rows: &[(&str, Value)]) {
    for (text, expected) in rows {
        assert_eq!(read(text).as_ref(), Ok(expected), "{text}");
    }
}

#[track_caller]
fn refuses(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        assert_eq!(read(text).expect_err(text), *expected, "{text}");
    }
}

#[test]
fn a_soap_fault_is_reached_by_its_local_names() {
    let fault = r#"<?xml version="1.0" encoding="utf-8"?>
        <soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
                          xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
          <soapenv:Body>
            <soapenv:Fault>
              <faultcode>soapenv:Server</faultcode>
              <faultstring xml:lang="en"> No such
subscriber </faultstring>
              <detail><ns1:ProvFault xmlns:ns1="urn:hlr" code="1404"><ns1:ResultCode
                >30010</ns1:ResultCode><ns1:hint xsi:nil="true"/></ns1:ProvFault></detail>
            </soapenv:Fault>
          </soapenv:Body>
        </soapenv:Envelope>
    "#;
    let value = read(fault).expect("it is XML");
    assert_eq!(
        value,
        json!({"Envelope": {"Body": {"Fault": {
            "faultcode": "soapenv:Server",
            "faultstring": {"@lang": "en", "#text": "No such\nsubscriber"},
            "detail": {"ProvFault": {"@code": "1404", "ResultCode": "30010", "hint": ""}},
        }}}})
    );
    for (path, found) in [
        ("$..faultcode", "soapenv:Server"),
        ("$..ResultCode", "30010"),
        ("$..ProvFault['@code']", "1404"),
        ("$.Envelope.Body.Fault.faultstring['#text']", "No such\nsubscriber"),
    ] {
        let path = Path::parse(path).expect(path);
        assert_eq!(path.first(&value, &crate::expr::Effort::new()), Ok(Some(&json!(found))));
    }
}

#[test]
fn what_has_the_same_name_becomes_an_array_in_its_order() {
    reads(&[
        ("<r><i>1</i><i>2</i><i/></r>", json!({"r": {"i": ["1", "2", ""]}})),
        ("<r><i>1</i><k/><i><j/></i></r>", json!({"r": {"i": ["1", {"j": ""}], "k": ""}})),
        ("<r><a:i>1</a:i><b:i>2</b:i></r>", json!({"r": {"i": ["1", "2"]}})),
        ("<r><l><i>1</i></l><l><i>2</i></l></r>", json!({"r": {"l": [{"i": "1"}, {"i": "2"}]}})),
        ("<r a:k=\"1\" b:k=\"2\"/>", json!({"r": {"@k": ["1", "2"]}})),
    ]);
}

#[test]
fn the_text_of_an_element_is_its_value_or_stands_beside_its_members() {
    reads(&[
        ("<r>a</r>", json!({"r": "a"})),
        ("<r> \t\r\n a b \n</r>", json!({"r": "a b"})),
        ("<r>00101</r>", json!({"r": "00101"})),
        ("<r>true</r>", json!({"r": "true"})),
        ("<r/>", json!({"r": ""})),
        ("<r>  </r>", json!({"r": ""})),
        ("<r k=\"v\">a</r>", json!({"r": {"@k": "v", "#text": "a"}})),
        ("<r k=\"\"> </r>", json!({"r": {"@k": ""}})),
        ("<r><s/></r>", json!({"r": {"s": ""}})),
        ("<r> a <b>c</b> d </r>", json!({"r": {"b": "c", "#text": "a  d"}})),
        ("<r>\u{a0}a\u{a0}</r>", json!({"r": "\u{a0}a\u{a0}"})),
        ("<r>a\r\nb\rc</r>", json!({"r": "a\nb\nc"})),
        ("<r>a<!-- b --><?c d?>e</r>", json!({"r": "ae"})),
        ("<r>a<![CDATA[<b>&amp;]] >]]>c</r>", json!({"r": "a<b>&amp;]] >c"})),
        ("<r>&lt;&amp;&gt;&quot;&apos;&#228;&#x1F600;</r>", json!({"r": "<&>\"'ä😀"})),
        ("<r k='&lt;\"&#10;\t\r\n&amp;amp;'/>", json!({"r": {"@k": "<\"\n  &amp;"}})),
        ("<!-- a --><?b?>\n<r/>\n<!-- c -->", json!({"r": ""})),
        ("<é ö=\"ü\"/>", json!({"é": {"@ö": "ü"}})),
    ]);
}

#[test]
fn namespaces_and_what_the_schema_wants_to_know_are_left_out() {
    let instance = "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"";
    reads(&[
        ("<r xmlns=\"urn:r\" xmlns:p=\"urn:p\">a</r>", json!({"r": "a"})),
        ("<p:r xmlns:p=\"urn:p\" p:k=\"1\"/>", json!({"r": {"@k": "1"}})),
        (
            &format!("<r {instance} i:nil=\"true\" i:type=\"t\" k=\"1\"/>"),
            json!({"r": {"@k": "1"}}),
        ),
        (&format!("<r><s {instance} i:nil=\"1\"/><s i:k=\"1\"/></r>"), {
            json!({"r": {"s": ["", {"@k": "1"}]}})
        }),
        (&format!("<r {instance}><s xmlns:i=\"urn:i\" i:k=\"1\"/><s i:k=\"1\"/></r>"), {
            json!({"r": {"s": [{"@k": "1"}, ""]}})
        }),
        ("<r xsi:nil=\"true\"/>", json!({"r": ""})),
        ("<r xmlns:xsi=\"urn:x\" xsi:nil=\"true\"/>", json!({"r": {"@nil": "true"}})),
        (
            "<r xmlns:x=\"http://www.w3.org/2001/XMLSchema&#45;instance\" x:nil=\"1\"/>",
            json!({"r": ""}),
        ),
    ]);
}

#[test]
fn what_is_not_well_formed_is_told_with_its_place() {
    refuses(&[
        ("", "there is no element at line 1 column 1"),
        ("a", "text stands outside of the root element at line 1 column 1"),
        ("<a/>b", "text stands outside of the root element at line 1 column 5"),
        ("<a/>&amp;", "text stands outside of the root element at line 1 column 5"),
        ("<![CDATA[]]><a/>", "text stands outside of the root element at line 1 column 1"),
        ("\u{feff}<a/>", "text stands outside of the root element at line 1 column 1"),
        ("<a/>\n<b/>", "there is a second root element at line 2 column 1"),
        ("<a>\nä<b>", "an element is not ended at line 2 column 5"),
        ("<a></b>", "an end tag does not match the start tag at line 1 column 4"),
        ("<a><b></a></b>", "an end tag does not match the start tag at line 1 column 7"),
        ("</a>", "an end tag has no start tag at line 1 column 1"),
        ("<a", "tag not closed: `>` not found before end of input at line 1 column 1"),
        ("<a><!-- ", "comment not closed: `-->` not found before end of input at line 1 column 4"),
        ("<a><!-- -- --></a>", "a comment holds `--` at line 1 column 9"),
        ("<a>]]></a>", "`]]>` stands in a text at line 1 column 4"),
        ("<a>\0</a>", "a character is not allowed at line 1 column 4"),
        ("<a>b\n\u{ffff}</a>", "a character is not allowed at line 2 column 1"),
        ("<a>&nbsp;</a>", "a reference stands for no character at line 1 column 4"),
        ("<a>&#0;</a>", "a reference stands for no character at line 1 column 4"),
        ("<a>b & c</a>", "a `&` begins no reference at line 1 column 6"),
        ("<a k=\"&nbsp;\"/>", "a reference stands for no character at line 1 column 1"),
        ("<a k=\"a & b\"/>", "a reference stands for no character at line 1 column 1"),
        ("<a k=\"<\"/>", "a `<` stands in the value of an attribute at line 1 column 1"),
        ("<a k=1/>", "the value of an attribute has no quotes at line 1 column 1"),
        ("<a k/>", "an attribute has no value at line 1 column 1"),
        ("<a k=\"1\"l=\"2\"/>", "no white space stands before an attribute at line 1 column 1"),
        ("<a k=\"\" k=\"\"/>", "an attribute is there twice at line 1 column 1"),
        ("<a 1=\"\"/>", "an attribute has no proper name at line 1 column 1"),
        ("<1/>", "an element has no proper name at line 1 column 1"),
        ("<a:b:c/>", "an element has no proper name at line 1 column 1"),
        ("<>", "an element has no proper name at line 1 column 1"),
        ("< a/>", "an element has no proper name at line 1 column 1"),
        (
            "<a><?xml version='1.0'?></a>",
            "an XML declaration is not at the beginning at line 1 column 4",
        ),
        ("<??><a/>", "a processing instruction has no name at line 1 column 1"),
        ("<!DOCTYPE a><a/>", "a document type is not read at line 1 column 1"),
    ]);
}

#[test]
fn entities_are_never_expanded() {
    let mut bomb = "<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">".to_owned();
    for n in 1..10 {
        let inner = format!("&lol{};", n - 1).repeat(10);
        write!(bomb, "<!ENTITY lol{n} \"{inner}\">").expect("it is memory");
    }
    bomb.push_str("]><lolz>&lol9;</lolz>");
    refuses(&[
        (&bomb, "a document type is not read at line 1 column 1"),
        (
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
            "a document type is not read at line 1 column 1",
        ),
        ("<a>&lol9;</a>", "a reference stands for no character at line 1 column 4"),
    ]);
}

#[test]
fn a_fault_repeats_nothing_of_the_document() {
    for text in [
        "<hidden></other>",
        "</hidden>",
        "<a>&hidden;</a>",
        "<a hidden></a>",
        "<a><!hidden></a>",
        "<a hidden='1' hidden='2'/>",
        "<?xml hidden='1'?><a>",
    ] {
        let fault = read(text).expect_err(text);
        assert!(!fault.contains("hidden") && !fault.contains("other"), "{text}: {fault}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(read(&nested(128)).is_ok());
    for deep in [nested(129), "<a>".repeat(300_000), "<a><b/>".repeat(100_000)] {
        let fault = read(&deep).expect_err("it is too deep");
        assert!(fault.starts_with("elements stand too deep in one another at line 1"), "{fault}");
    }
}

/// Each is a mebibyte of something that a careless reader takes quadratic time for: these would
/// take minutes.
#[test]
fn large_documents_take_time_by_their_length() {
    const SIZE: usize = 1 << 20;
    let filled = |piece: &dyn Fn(usize) -> String| {
        let mut text = String::with_capacity(SIZE);
        let mut n = 0;
        while text.len() < SIZE {
            text.push_str(&piece(n));
            n += 1;
        }
        text
    };
    let siblings = filled(&|_| "<a/>".to_owned());
    let value = read(&format!("<r>{siblings}</r>")).expect("it is XML");
    assert_eq!(value["r"]["a"].as_array().map(Vec::len), Some(SIZE / 4));
    for text in [
        format!("<r>{}</r>", filled(&|n| format!("<a{n}/>"))),
        format!("<r{}/>", filled(&|n| format!(" a{n}=\"\""))),
        format!("<r{}/>", filled(&|n| format!(" xmlns:a{n}=\"u\""))),
        format!("<r>{}</r>", filled(&|n| format!("<a{n}:b a{n}:c=\"\"/>"))),
        format!("<r k=\"{}\"/>", filled(&|_| "&lt;".to_owned())),
        format!("<r>{}</r>", filled(&|_| "&amp;\r".to_owned())),
        format!("<r>{}</r>", filled(&|_| "<!--x-->y".to_owned())),
        format!("<r>{}</r>", filled(&|_| "<![CDATA[]]>".to_owned())),
    ] {
        assert!(read(&text).is_ok(), "{}", &text[..40]);
    }
    for text in ["<", "&", "<!", "<![CDATA[", "<?", "</", "<a ", "]]", "\""] {
        assert!(read(&format!("<r>{}", filled(&|_| text.to_owned()))).is_err(), "{text}");
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "<a>",
        "</a>",
        "<b>",
        "</b>",
        "<a",
        "<",
        ">",
        "/",
        "/>",
        "</",
        "=",
        "\"",
        "'",
        " k=\"v\"",
        " ",
        "xmlns:p=\"u\"",
        "p:",
        "&",
        ";",
        "#",
        "x",
        "&amp;",
        "!",
        "<!--",
        "-->",
        "--",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        "<?xml version=\"1.0\"?>",
        "<!DOCTYPE",
        "[",
        "]",
        "\n",
        "\r",
        "é",
        "😀",
        "\0",
    ]);
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_heap_of_pieces_makes_it_panic(text in pieces()) {
        let _ = read(&text);
        let _ = read(&format!("<a>{text}</a>"));
    }

    #[test]
    fn what_was_escaped_is_read_back(text in "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\u{fffe}\u{ffff}]*") {
        let mut escaped = String::new();
        prop_assert!(xml::escape(&text, &mut escaped));
        let value = read(&format!("<a k=\"{escaped}\" l='{escaped}'>-{escaped}-</a>"));
        let expected = json!({"a": {"@k": text, "@l": text, "#text": format!("-{text}-")}});
        prop_assert_eq!(value, Ok(expected));
    }
}
