//! Whatever the values are, a template that was accepted renders to the document that its author
//! wrote, with the values in it, or not at all.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Value, json};

use super::super::super::{Place, Unescaped};
use crate::expr::Fault;
use crate::expr::testing::World;
use crate::xml;

/// What a reader meets in a document.
#[derive(Debug, PartialEq)]
enum Part {
    Start(String, Vec<(String, String)>),
    Text(String),
    End,
}

fn start(name: &str, attributes: &[(&str, &str)]) -> Part {
    let pairs = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Part::Start(name.to_owned(), pairs.collect())
}

/// Reads a document, and refuses what the reader lets pass although it is not well-formed.
fn read(document: &str) -> Result<Vec<Part>, String> {
    let mut reader = Reader::from_str(document);
    reader.config_mut().enable_all_checks(true);
    let (mut parts, mut depth, mut roots) = (Vec::new(), 0_usize, 0);
    if let Some(c) = document.chars().find(|c| !xml::is_allowed(*c)) {
        return Err(format!("{c:?} is not allowed"));
    }
    loop {
        let fresh = reader.buffer_position() == 0;
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                roots += usize::from(depth == 0);
                parts.push(tag_parts(&tag)?);
                depth += 1;
            }
            Event::Empty(tag) => {
                roots += usize::from(depth == 0);
                parts.extend([tag_parts(&tag)?, Part::End]);
            }
            Event::End(_) => {
                depth -= 1;
                parts.push(Part::End);
            }
            Event::Text(text) if depth == 0 => {
                if !text.chars().all(xml::is_space) {
                    return Err(format!("{text:?} stands outside"));
                }
            }
            Event::Text(text) if text.contains("]]>") => return Err("`]]>` in text".to_owned()),
            Event::Text(text) => push_text(&mut parts, &text.xml10_content()),
            Event::CData(text) if depth > 0 => push_text(&mut parts, &text.xml10_content()),
            Event::GeneralRef(name) if depth > 0 => {
                let c = xml::resolve(&name).ok_or_else(|| format!("`&{name:?};`"))?;
                push_text(&mut parts, c.encode_utf8(&mut [0; 4]));
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Decl(_) if fresh => {}
            Event::Eof if depth == 0 && roots == 1 => return Ok(parts),
            other => return Err(format!("{other:?} after {roots} roots at depth {depth}")),
        }
    }
}

fn tag_parts(tag: &BytesStart<'_>) -> Result<Part, String> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        let value = value.map_err(|error| error.to_string())?.into_owned();
        attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    for raw in xml::Attributes::of(tag.attributes_raw()) {
        raw?;
    }
    let name = tag.name().as_ref().to_owned();
    if !xml::is_name(&name) || attributes.iter().any(|(name, _)| !xml::is_name(name)) {
        return Err(format!("not all are names: {tag:?}"));
    }
    Ok(Part::Start(name, attributes))
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

fn render(template: &str, event: Value) -> Result<String, Fault> {
    let world = World::of(event);
    let template = world.template(template);
    template.check_xml().expect("it is an XML template");
    template.text(&world, Place::Xml)
}

const ALL_PLACES: &str = "<?xml version=\"1.0\"?>\n<p:r xmlns:p=\"urn:p\" a=\"{{v}}\" \
    b='{{v}}-{{w}}'>{{v}}<!-- - --><s>({{w}}{{v}})</s>{{#if v}}<t p:k=\"{{upper w}}\">\
    {{else}}<t>{{/if}}<![CDATA[<]]>{{v}}</t>{{#each list}}<i n=\"{{@index}}{{this}}\">\
    {{this}}]</i>{{/each}}${QUOTE}</p:r>";

fn expected(v: &str, w: &str) -> Vec<Part> {
    let text = |parts: &[&str]| Part::Text(parts.concat());
    let upper = w.to_uppercase();
    let choice = if v.is_empty() { start("t", &[]) } else { start("t", &[("p:k", &upper)]) };
    let attributes = [("xmlns:p", "urn:p"), ("a", v), ("b", &format!("{v}-{w}"))];
    let mut parts = vec![
        start("p:r", &attributes),
        text(&[v]),
        start("s", &[]),
        text(&["(", w, v, ")"]),
        Part::End,
        choice,
        text(&["<", v]),
        Part::End,
    ];
    for (index, member) in [v, w].into_iter().enumerate() {
        parts.push(start("i", &[("n", &format!("{index}{member}"))]));
        parts.extend([text(&[member, "]"]), Part::End]);
    }
    parts.extend([text(&["\"}, {\"a\": \"/../?#"]), Part::End]);
    parts.retain(|part| *part != Part::Text(String::new()));
    parts
}

#[track_caller]
fn holds(v: &str, w: &str) {
    let rendered = render(ALL_PLACES, json!({"v": v, "w": w, "list": [v, w]}));
    if !format!("{v}{w}").chars().all(xml::is_allowed) {
        let fault = rendered.expect_err("it holds a character that is not allowed");
        assert!(matches!(fault, Fault::Misfit { .. }), "{fault}");
        return;
    }
    let rendered = rendered.expect("all values are there");
    assert_eq!(read(&rendered), Ok(expected(v, w)), "{v:?} {w:?}: {rendered}");
}

fn hostile() -> Vec<String> {
    let short = [
        "",
        " ",
        "'",
        "\"",
        "<",
        ">",
        "&",
        "]]>",
        "]]",
        "]",
        "\n",
        "\r\n",
        "\r",
        "\t",
        " \n x ",
        "\0",
        "\u{1b}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{fffe}",
        "\u{fffd}",
        "😀",
        "{{v}}",
        "${NAME}",
        "&amp;",
        "&#0;",
        "<!--",
        "-->",
        "<![CDATA[",
        "</s>",
        "\"/><x k=\"",
        "<!DOCTYPE x>",
        "\\{{",
        "ß",
    ];
    let long = ["a", "&", "]", "😀\r\n"].map(|text| text.repeat((100 << 10) / text.len()));
    short.into_iter().map(str::to_owned).chain(long).collect()
}

#[test]
fn hostile_values_come_out_as_they_went_in_or_not_at_all() {
    for value in hostile() {
        holds(&value, "w");
        holds("]]", &value);
    }
}

#[test]
fn what_is_no_text_follows_the_rules_of_text() {
    let event = || json!({"n": 1.50, "t": true, "o": {"a": "<"}, "nil": null});
    for (template, expected) in [
        ("<x k=\"{{n}}\">{{t}}</x>", Ok("<x k=\"1.5\">true</x>")),
        ("<x>{{json o}}</x>", Ok("<x>{&quot;a&quot;:&quot;&lt;&quot;}</x>")),
        (
            "<x>{{o}}</x>",
            Err("`o` is an object; write it with the `json` helper to send it as text"),
        ),
        ("<x>{{nil}}</x>", Err("`nil` is absent, and text cannot leave it out; give it a default")),
        (
            "<x>{{concat \"a\" \"\\u0000\"}}</x>",
            Err("XML cannot hold this value: XML 1.0 does not allow one of its characters"),
        ),
    ] {
        let rendered = render(template, event()).map_err(|fault| fault.to_string());
        assert_eq!(rendered.as_deref().map_err(String::as_str), expected, "{template}");
    }
}

/// The inside of an element, mostly well-formed.
fn inside() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "a",
        "]",
        "]]",
        " > ",
        "{{v}}",
        "{{v}}",
        "{{w}}",
        "\n",
        "&amp;",
        "<y/>",
        "<!-- c -->",
        "<![CDATA[]]]>",
        "${NAME}",
        "<y k=\"{{v}}\"/>",
        "<?go?>",
        "\\{{",
        "$${",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
        let inner = prop::collection::vec(inner, 0..4).prop_map(|parts| parts.concat());
        prop_oneof![
            inner.clone().prop_map(|text| format!("<y>{text}</y>")),
            inner.clone().prop_map(|text| format!("{{{{#if v}}}}{text}{{{{/if}}}}")),
            inner.clone().prop_map(|text| format!("{{{{#each list}}}}{text}{{{{/each}}}}")),
            inner.clone().prop_map(|text| {
                format!("<y {{{{#if w}}}}k='{{{{v}}}}'{{{{/if}}}} l=\"{{{{w}}}}\">{text}</y>")
            }),
            (inner.clone(), inner).prop_map(|(one, other)| {
                format!("{{{{#if w}}}}<y k=\"\">{one}{{{{else}}}}<y>{other}{{{{/if}}}}</y>")
            }),
        ]
    })
}

/// Mutilates `text`: puts pieces into it, each somewhere.
fn with(text: &str, pieces: &[(&str, Index)]) -> String {
    let mut text = text.to_owned();
    for (piece, place) in pieces {
        let at = text.floor_char_boundary(place.index(text.len() + 1));
        text.insert_str(at, piece);
    }
    text
}

fn pieces() -> impl Strategy<Value = Vec<(&'static str, Index)>> {
    let piece = select(vec![
        "<",
        ">",
        "/",
        "/>",
        "</",
        "<x>",
        "</x>",
        "<y>",
        "</y>",
        "<x",
        "=",
        "\"",
        "'",
        " k=\"\"",
        "&",
        ";",
        "#",
        "x",
        ":",
        "p:",
        " xmlns:p=\"u\"",
        "!",
        "<!--",
        "-->",
        "-",
        "<![CDATA[",
        "]]>",
        "]",
        "<?",
        "?>",
        "?",
        "<?xml version=\"1.0\"?>",
        "xml",
        " ",
        "\n",
        "é",
        "😀",
        "\u{1}",
        "{{v}}",
        "{{#if v}}",
        "{{#unless w}}",
        "{{else}}",
        "{{/if}}",
        "{{/unless}}",
        "{{#each list}}",
        "{{/each}}",
        "{{~",
        "}}",
        "\\",
        "$",
        "${NAME}",
    ]);
    prop::collection::vec((piece, any::<Index>()), 0..4)
}

/// Checks a text and, if it is an XML template, renders it with values of all kinds; what comes out
/// must be readable.
fn survives(text: &str) -> bool {
    let worlds = [("", "", json!([])), ("]]", "]", json!(["]", "]]"])), ("", "w", json!([""]))];
    let mut accepted = false;
    for (v, w, list) in worlds {
        let world = World::of(json!({"v": v, "w": w, "list": list}));
        let Ok(template) = world.try_template(text, Unescaped::Refused) else { return false };
        match template.check_xml() {
            Ok(()) => accepted = true,
            Err(faults) => {
                for fault in faults {
                    let range = fault.range.expect("each fault has its place");
                    assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
                }
                return false;
            }
        }
        let rendered = template.text(&world, Place::Xml).expect("all values are there");
        assert!(read(&rendered).is_ok(), "{text:?}: {rendered:?}: {:?}", read(&rendered));
    }
    accepted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn values_come_out_as_they_went_in_or_not_at_all(v in "\\PC*|.*", w in select(hostile())) {
        holds(&v, &w);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_the_check_panic(text in "\\PC{0,40}") {
        survives(&text);
        survives(&format!("<x>{text}</x>"));
    }

    #[test]
    fn what_is_accepted_renders_to_what_can_be_read(text in inside(), pieces in pieces()) {
        let text = format!("<x>{text}</x>");
        survives(&with(&text, &pieces));
    }

    #[test]
    fn a_sound_template_is_accepted(text in inside()) {
        let text = format!("<x>{text}</x>");
        prop_assume!(!text.contains("\\{{") && !text.contains("$${"));
        prop_assert!(survives(&text), "{text}");
    }
}
