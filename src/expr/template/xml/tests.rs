//! What is an XML template, and what is none and why.

mod refusals;
mod rendering;

use serde_json::json;

use super::super::{Template, TemplateFault, Unescaped};
use crate::expr::testing::World;

/// A template that is also one of XML.
fn template(text: &str) -> Result<Template, Vec<TemplateFault>> {
    let world = World::of(json!({"a": "A", "b": "B", "list": ["1", "2"]}));
    let template = world.try_template(text, Unescaped::Refused)?;
    template.check_xml().map(|()| template)
}

#[track_caller]
fn accepted(texts: &[&str]) {
    for text in texts {
        assert_eq!(template(text).map(drop), Ok(()), "{text}");
    }
}

#[test]
fn a_whole_document_is_a_template() {
    accepted(&[
        "<x/>",
        "<x></x>",
        "<x />",
        " \n<x\n>\n</x\n>\n ",
        "<?xml version=\"1.0\"?><x/>",
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<x/>",
        "<!-- a - b --><?go now ? > ?><x/><!-- c --><?end?>",
        "<x><!----><y><z/></y><y/>text]]&gt;]] > ] ]>&lt;&#9;&#x1F600;</x>",
        "<x><![CDATA[<&]]]]><![CDATA[>]] > {{! gone }}]]></x>",
        "<x a='\"' b=\"'>]]>&amp;\" c = \"\"/>",
        "<é.x-1 _y='1'>ä😀</é.x-1>",
        "<s:Envelope xmlns:s=\"urn:s\"><s:Body xml:lang=\"en\"/></s:Envelope>",
        "<x xmlns=\"urn:x\" p:a=\"1\" xmlns:p=\"urn:p\"><p:y/></x>",
        "<x>\\{{a}} $${A}</x>",
    ]);
}

#[test]
fn an_expression_stands_in_text_or_in_quotes() {
    accepted(&[
        "<x>{{a}}</x>",
        "<x>a{{a}}{{b}}b${NAME}</x>",
        "<x k=\"{{a}}\" l='-{{a}}{{b}}${NAME}-'>{{json list}}</x>",
        "<x>[{{a}}] {{a}} > {{b}}</x>",
        "<x k=\"{{a}}>{{a}}]]>\"/>",
        "<x>{{#each list}}{{this}},{{/each}}</x>",
    ]);
}

#[test]
fn a_block_stands_wherever_all_its_ways_lead_to_one_place() {
    accepted(&[
        "<x>{{#if a}}<y/>{{/if}}</x>",
        "<x>{{#if a}}<y>{{else}}<y k=\"1\">{{/if}}{{a}}</y></x>",
        "{{#if a}}<x k=\"1\">{{else}}<x>{{/if}}{{a}}</x>",
        "{{#if a}}<x k=\"{{a}}\">{{else if b}}<x k=\"{{b}}\">{{else}}<x>{{/if}}</x>",
        "{{#if a}}<x/>{{else}}<y>{{b}}</y>{{/if}}",
        "<x>{{#if a}}</x>{{else}}<y/></x>{{/if}}",
        "<x{{#if a}} k=\"{{a}}\"{{/if}}/>",
        "<x{{#if a}} k=\"{{a}}\"{{/if}}></x>",
        "<x{{#unless a}} k=\"{{a}}\"{{/unless}} l=\"\"/>",
        "<x {{#if a}}k=\"{{a}}\"{{else}}k=\"\"{{/if}}/>",
        "<x {{#if a}}k=\"{{a}}\" {{/if}}l=\"\"/>",
        "<x k={{#if a}}\"1\"{{else}}\"2\"{{/if}}/>",
        "<x{{#if a}}y{{else}}y{{/if}}/>",
        "<x k=\"{{#each list}}{{this}} {{/each}}\"/>",
        "<x><!-- {{#if a}}a{{/if}} --></x>",
        "<x>{{#each list}}<y>{{this}}</y>{{else}}none{{/each}}</x>",
        "<x>{{#each list}}[{{this}}]{{/each}}</x>",
        "<x><y>{{#each list}}</y><y>{{/each}}</y></x>",
        "<x>{{#each list}}{{#if @first}}<y k=\"\"/>{{/if}}{{/each}}</x>",
        "{{#if a}}\n<!-- -->\n{{/if}}\n<x/>",
        "<x>\n  {{#if a}}\n  <y/>\n  {{/if}}\n</x>\n",
        "{{#if a}}<x xmlns:p=\"1\">{{else}}<x xmlns:p=\"2\">{{/if}}<p:y/></x>",
    ]);
}

#[test]
fn a_document_at_its_limits_is_checked_quickly() {
    let deep = format!("{}{}", "<x>".repeat(128), "</x>".repeat(128));
    let wide = format!("<x>{}</x>", "<y/>".repeat(60_000));
    let attributes: String = (0..256).map(|n| format!(" a{n}=\"{{{{a}}}}\"")).collect();
    let blocks = format!("<x>{}</x>", "{{#if a}}<y/>{{/if}}".repeat(450));
    let texts = [deep, wide, format!("<x{attributes}/>"), blocks];
    accepted(&texts.each_ref().map(String::as_str));
}
