//! Which documents are the same, and how they are shown.

use super::*;

#[test]
fn documents_that_say_the_same_have_the_same_lines() {
    let document = "<?xml version='1.0'  encoding=\"UTF-8\"?>\n<s:a xmlns:s=\"urn:x\" b='1' a='&#34;'>\
                    <s:b>x &amp; y</s:b><c></c><d> </d><!-- n --></s:a>";
    let lines = lines(document).unwrap();
    assert_eq!(
        lines,
        [
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            r#"<s:a a="&quot;" b="1" xmlns:s="urn:x">"#,
            "  <s:b>x &amp; y</s:b>",
            "  <c/>",
            "  <d/>",
            "  <!-- n -->",
            "</s:a>",
        ]
    );
    for same in [
        document.replace("><", ">\r\n  <"),
        document.replace('\'', "\"").replace("b=\"1\" a=\"&#34;\"", "a=\"&quot;\"  b=\"1\" "),
        document.replace("x &amp; y", "<![CDATA[x & y]]>").replace("<c></c>", "<c />"),
        document.replace("x &amp;", "&#120; &#38;").replace("</c>", "</c\n>"),
        format!("\u{feff}{document}\n"),
    ] {
        assert_eq!(super::lines(&same).as_ref(), Ok(&lines), "{same}");
    }
}

#[test]
fn documents_that_say_something_else_have_other_lines() {
    let document = "<a b=\"1\"><c>x</c>text<d/></a>";
    let lines = lines(document).unwrap();
    assert_eq!(lines, ["<a b=\"1\">", "  <c>x</c>", "  text", "  <d/>", "</a>"]);
    for other in [
        document.replace("b=\"1\"", "b=\"2\""),
        document.replace("b=\"1\"", ""),
        document.replace(">x<", "> x<"),
        document.replace(">x<", ">X<"),
        document.replace("text", "te xt"),
        document.replace("<d/>", ""),
        document.replace("<d/>", "<!--d-->"),
        document.replace("<c>x</c>text", "text<c>x</c>"),
        document.replace("<d/></a>", "</a>").replace("<c>", "<c><d/>"),
        document.replace("<a", "<p:a").replace("</a", "</p:a"),
        document.replace(">x<", ">&lt;d/&gt;<"),
        format!("<?p i?>{document}"),
    ] {
        assert_ne!(super::lines(&other).as_ref(), Ok(&lines), "{other}");
    }
}

#[test]
fn a_text_with_line_breaks_stays_on_one_line() {
    let read = |text| lines(text).unwrap();
    assert_eq!(read("<a>it's\r\n\"b\"</a>"), ["<a>it&apos;s&#10;&quot;b&quot;</a>"]);
    assert_eq!(read("<a>it's \"b\"</a>"), ["<a>it's \"b\"</a>"]);
    assert_eq!(read("<a>&#10;</a>"), ["<a>&#10;</a>"], "it is written, so it is meant");
    assert_eq!(read("<a b='x\ny&#10;'/>"), ["<a b=\"x y&#10;\"/>"]);
}

#[test]
fn what_is_no_xml_is_said_in_words() {
    for (text, fault) in [
        ("", "there is no element"),
        ("<a>", "an element is not ended"),
        ("<a></b>", "it is not well-formed"),
        ("<a", "it is not well-formed"),
        ("<a>&x;</a>", "a reference stands for no character"),
        ("<a b='&x;'/>", "a reference stands for no character"),
        ("<a b/>", "an attribute has no value"),
        ("<a/>text", "text stands outside of the root element"),
        ("{}", "text stands outside of the root element"),
        ("<!-- only -->", "there is no element"),
    ] {
        assert_eq!(lines(text), Err(fault), "{text}");
    }
}

#[test]
fn depth_costs_no_more_than_length() {
    let depth = 50_000;
    let text = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let lines = lines(&text).unwrap();
    assert_eq!(lines.len(), 2 * depth - 1);
    assert!(lines.iter().all(|line| line.len() < 100));
}

#[test]
fn lines_of_one_element_go_together() {
    assert!(likeness("  <a>1</a>", "<a b=\"1\"/>") > likeness("<a>1</a>", "<b>1</b>"));
    assert!(likeness("<a/>", "</a>") == likeness("text", "text 2"));
    assert!(likeness("</a>", "</b>") > 0);
}
