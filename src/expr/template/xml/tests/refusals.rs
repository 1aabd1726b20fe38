//! Each fault of an XML template has its words and its place.

use super::super::super::TemplateFault;
use super::template;

#[track_caller]
fn faults(text: &str) -> Vec<TemplateFault> {
    template(text).map(drop).expect_err(text)
}

/// Rows of a template, what is said of it, and the place of which it is said.
#[track_caller]
fn refused(code: &str, rows: &[(&str, &str, &str)]) {
    for (text, message, place) in rows {
        let fault = faults(text).remove(0);
        let range = fault.range.expect(text);
        assert_eq!((fault.code, &text[range]), (code, *place), "{text}: {}", fault.message);
        assert!(fault.message.contains(message), "{text}: {}", fault.message);
        assert!(fault.help.is_some_and(|help| !help.is_empty()), "{text}");
    }
}

#[test]
fn an_expression_has_no_other_place() {
    refused(
        "expression-in-xml",
        &[
            ("<{{a}}/>", "cannot stand in the name of an element", "{{a}}"),
            ("<x{{a}}/>", "in the name of an element", "{{a}}"),
            ("<x></{{a}}>", "in the name of an element", "{{a}}"),
            ("<x></x {{a}}>", "in an end tag", "{{a}}"),
            ("<x {{a}}/>", "in a tag, beside its attributes", "{{a}}"),
            ("<x k=\"\"{{a}}/>", "in a tag, beside its attributes", "{{a}}"),
            ("<x k{{a}}=\"\"/>", "in the name of an attribute", "{{a}}"),
            ("<x k={{a}}/>", "as an attribute without quotes", "{{a}}"),
            ("<x k {{a}}=\"\"/>", "as an attribute without quotes", "{{a}}"),
            ("<x><!-- {{a}} --></x>", "in a comment", "{{a}}"),
            ("<x><![CDATA[ {{a}} ]]></x>", "in CDATA", "{{a}}"),
            ("<?go {{a}}?><x/>", "in a processing instruction", "{{a}}"),
            ("<?{{a}} b?><x/>", "in a processing instruction", "{{a}}"),
            ("<?xml version=\"{{a}}\"?><x/>", "in the XML declaration", "{{a}}"),
            ("<!{{a}}><x/>", "after `<!`", "{{a}}"),
            ("{{a}}<x/>", "outside of the root element", "{{a}}"),
            ("<x/>\n{{a}}", "outside of the root element", "{{a}}"),
            ("{{a}}", "outside of the root element", "{{a}}"),
            ("<x>&{{a}};</x>", "in a reference", "{{a}}"),
            ("<x k=\"&#{{a}};\"/>", "in a reference", "{{a}}"),
            ("<ä ${NAME}/>", "in a tag, beside its attributes", "${NAME}"),
            ("<x>{{a}}{{#if b}}<{{upper a}}/>{{/if}}</x>", "the name of an element", "{{upper a}}"),
        ],
    );
}

#[test]
fn a_template_that_is_not_well_formed_says_where_and_why() {
    refused(
        "bad-xml",
        &[
            ("", "there is no element", ""),
            (" <!-- --> ", "there is no element", " <!-- --> "),
            ("ä<x/>", "text stands outside of the root element", "ä"),
            ("\u{feff}<x/>", "outside of the root element", "\u{feff}"),
            ("<x/>&amp;", "text stands outside of the root element", "&"),
            ("<x/> <y/>", "one root element", "y"),
            ("<x><y></x>", "`</x>` ends another element", "</x>"),
            ("<x></y>", "`</y>` ends another element", "</y>"),
            ("<x/></x>", "none is open", "</x>"),
            ("<x><y/>", "the element `x` is not ended", "x"),
            ("<x", "the template ends in the name of an element", "<"),
            ("<x k=\"a />", "the template ends in the value of an attribute", "x"),
            ("<x>a<!-- b", "the template ends in a comment", "<"),
            ("<x>a &am", "the template ends in a reference", "&"),
            ("<x/><", "this `<` begins no tag", "<"),
            ("<x>a < b</x>", "this `<` begins no tag", "<"),
            ("<x>a & b</x>", "this `&` begins no reference", "&"),
            ("<x k=\"a&b\"/>", "this `&` begins no reference", "&"),
            ("<x>&;</x>", "this `&` begins no reference", "&"),
            ("<x>ä&nbsp;b</x>", "`&nbsp;` stands for no character", "&nbsp;"),
            ("<x>&#0;</x>", "`&#0;` stands for no character", "&#0;"),
            ("<x>&#xFFFE;</x>", "stands for no character", "&#xFFFE;"),
            ("<x>]]></x>", "would make `]]>`", ">"),
            ("<x>]]{{a}}></x>", "would make `]]>`", ">"),
            ("<x>{{a}}]></x>", "would make `]]>`", ">"),
            ("<x>{{#each list}}]>]{{/each}}</x>", "would make `]]>`", ">"),
            ("<x>{{#if a}}]]{{/if}}></x>", "would make `]]>`", ">"),
            ("<x k=\"<\"/>", "`<` cannot stand in the value", "<"),
            ("<x k=1/>", "stands in quotes", "1"),
            ("<x k/>", "has no value", "/"),
            ("<x k j=\"\"/>", "has no value", "j"),
            ("<x k=\"\" k=\"\"/>", "the attribute `k` may be there twice", "k"),
            ("<x k=\"\"j=\"\"/>", "no white space", "j"),
            ("<x \"k\"/>", "`\"` cannot stand in a tag", "\""),
            ("<x / >", "`/` is followed by `>`", " "),
            ("<x+y/>", "`+` cannot stand in the name", "+"),
            ("<a:b:c/>", "`a:b:c` is not a name", "a:b:c"),
            ("<x y:=\"\"/>", "`y:` is not a name", "y:"),
            ("</>", "cannot stand in an end tag", ">"),
            ("<x></ x>", "cannot stand in an end tag", " "),
            ("<x></x y>", "`y` cannot stand in an end tag", "y"),
            ("<x><!-- a -- b --></x>", "`--` cannot stand inside of a comment", " "),
            ("<x><!-- a ---></x>", "`--` cannot stand inside of a comment", "-"),
            ("<!DOCTYPE x []><x/>", "a document type", "<!DOCTYPE"),
            ("<!doctype x><x/>", "`<!` begins no comment", "<!d"),
            ("<![CDATA[x]]><x/>", "CDATA stands outside", "<![CDATA["),
            ("<? x?><x/>", "begins with a name", "<? "),
            ("<?a?b?><x/>", "no white space stands before the text", "<?a?b"),
            ("<?a:b?><x/>", "begins with a name", "<?a:b?"),
            (" <?xml version=\"1.0\"?><x/>", "no XML declaration at the very beginning", "<?xml "),
            ("<x><?XML a?></x>", "no XML declaration at the very beginning", "<?XML "),
            ("<?xml?><x/>", "no XML declaration", "<?xml?"),
            ("{{#each list}}<?xml version=\"1.0\"?>{{/each}}<x/>", "no XML declaration", "<?xml "),
            ("<?xml ?><x/>", "begins with a version", "<?xml ?>"),
            ("<?xml version=\"1.1\"?><x/>", "only XML 1.0", "<?xml version=\"1.1\"?>"),
            (
                "<?xml version=\"1.0\" encoding=\"latin1\"?><x/>",
                "sent as UTF-8",
                "<?xml version=\"1.0\" encoding=\"latin1\"?>",
            ),
            (
                "<?xml version=\"1.0\" standalone=\"si\"?><x/>",
                "something beside",
                "<?xml version=\"1.0\" standalone=\"si\"?>",
            ),
            ("<x>\u{1}</x>", "does not allow the character U+0001", "\u{1}"),
            ("<x k=\"\u{ffff}\"/>", "does not allow the character U+FFFF", "\u{ffff}"),
            ("<p:x/>", "nothing declares the prefix `p`", "p:x"),
            ("<x q:k=\"\"/>", "nothing declares the prefix `q`", "q:k"),
            ("<x><y xmlns:p=\"\"/><p:z/></x>", "nothing declares the prefix `p`", "p:z"),
        ],
    );
}

#[test]
fn a_block_whose_ways_lead_apart_is_told_by_the_element() {
    refused(
        "bad-xml",
        &[
            (
                "<r>{{#if a}}<x>{{/if}}</x></r>",
                "the element `x` begins inside this block and does not end in it",
                "{{#if a}}",
            ),
            (
                "<r>{{#each list}}<x>{{/each}}</r>",
                "the element `x` begins inside this block and does not end in it",
                "{{#each list}}",
            ),
            (
                "<r><x>{{#unless a}}</x>{{/unless}}</r>",
                "the element `x` begins before this block and may end inside of it",
                "{{#unless a}}",
            ),
            (
                "<r><x>{{#each list}}a{{else}}</x>{{/each}}</r>",
                "the element `x` begins before this block and may end inside of it",
                "{{#each list}}",
            ),
            (
                "<r>{{#if a}}<x>{{else}}<y>{{/if}}</x></r>",
                "this block may begin the element `x` or `y`, and end neither",
                "{{#if a}}",
            ),
            ("{{#if a}}<x/>{{/if}}", "the root element may be missing", "{{#if a}}"),
            ("{{#each list}}<x/>{{/each}}", "the root element may be missing", "{{#each list}}"),
            (
                "<x {{#each list}}k=\"\" {{/each}}/>",
                "attributes cannot be repeated",
                "{{#each list}}",
            ),
            ("<x a=\"\" {{#each list}} c=\"\"/><x c=\"\" {{/each}}/>", "one root element", "x"),
            (
                "<r><x a=\"\" {{#each list}} c=\"\"/><x c=\"\" {{/each}}/></r>",
                "attributes cannot be repeated",
                "{{#each list}}",
            ),
            (
                "<x>{{#if a}}<!--{{/if}}--></x>",
                "this block may end in a comment or in the text of an element",
                "{{#if a}}",
            ),
            ("<x k={{#if a}}\"1\"{{else}}1{{/if}}/>", "stands in quotes", "1"),
            (
                "<x><?a {{#if a}}?{{/if}}></x>",
                "this block may end at different places in a processing instruction",
                "{{#if a}}",
            ),
            ("<x>&{{#if a}}amp{{else}}lt{{/if}};</x>", "this `&` begins no reference", "&"),
            ("<x k=\"&{{#if a}}amp;{{/if}}\"/>", "this `&` begins no reference", "&"),
            (
                "<x {{#if a}}k=\"\"{{/if}} {{#if b}}k=\"\"{{/if}}/>",
                "the attribute `k` may be there twice",
                "k",
            ),
            ("<x{{#if a}} k=\"\"{{/if}}y/>", "no white space", "y"),
        ],
    );
}

#[test]
fn every_fault_is_told_that_the_others_do_not_hide() {
    let text = "<x k=\"<\" k=\"\">{{a}} & &nope; <!-- {{b}} --><p:y/><p:y/><{{a}}/></x>";
    let told: Vec<_> = faults(text).into_iter().map(|fault| &text[fault.range.unwrap()]).collect();
    assert_eq!(told, ["<", "k", "&", "&nope;", "{{b}}", "p:y", "{{a}}"]);
    assert_eq!(faults(&format!("<x>{}</x>", "&".repeat(1000))).len(), 20);
}

#[test]
fn places_are_right_behind_escapes_environment_and_trimmed_lines() {
    for text in [
        "<x>\\{{a}} $${A} &</x>",
        "<x>${NAME} ä${QUOTE}&</x>",
        "<x>\n  {{#if a}}\n  ä &\n  {{/if}}\n</x>",
        "<x>  {{~a~}}  ä &</x>",
        "<x>{{! c }} \n &</x>",
        "<x>{{!-- }} --}}&</x>",
        "<x>{{#if a}}b{{else if b}} c{{else}} &{{/if}}</x>",
    ] {
        let fault = faults(text).remove(0);
        let at = text.find('&').expect("it is there");
        assert_eq!(fault.range, Some(at..at + 1), "{text}: {}", fault.message);
    }
}

#[test]
fn what_is_too_deep_or_has_too_many_attributes_is_refused() {
    let deep = format!("{}{}", "<x>".repeat(129), "</x>".repeat(129));
    assert!(faults(&deep)[0].message.contains("deeper than 128 levels"));
    let attributes: String = (0..257).map(|n| format!(" a{n}=\"\"")).collect();
    assert!(faults(&format!("<x{attributes}/>"))[0].message.contains("more than 256 attributes"));
}

#[test]
fn a_value_of_the_environment_must_be_one_that_xml_can_hold() {
    use super::super::super::{Names, Piece, Template, Unescaped};
    use crate::expr::{Builtin, Root};

    struct Control;
    impl Names for Control {
        fn resolve(&mut self, _: &[&str]) -> Result<(Root, usize), TemplateFault> {
            Ok((Root::Builtin(Builtin::Event), 1))
        }
        fn environment(&mut self, text: &str, _: usize) -> Vec<Piece> {
            match text.split_once("${A}") {
                Some((before, after)) => vec![
                    Piece::Written(before.to_owned()),
                    Piece::Given("\u{1b}".to_owned()),
                    Piece::Written(after.to_owned()),
                ],
                None => vec![Piece::Written(text.to_owned())],
            }
        }
    }
    let text = "<x>${A}</x>";
    let template = Template::parse(text, Unescaped::Refused, &mut Control).expect("it is one");
    let fault = template.check_xml().expect_err("it is a control character").remove(0);
    assert_eq!((fault.code, fault.range), ("bad-xml", Some(3..7)));
}
