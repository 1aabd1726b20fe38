//! What most templates are, read without the parser: literal text, and names in braces. The parser
//! takes a hundred times as long, and with many mappings that is most of what loading takes.

use super::super::Node;
use super::Compiler;

/// A part of a template, and where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'s> {
    Text(&'s str, usize),
    /// A dotted name; the place is that of its braces.
    Name(&'s str, usize),
}

/// The parts of a template in which there is nothing else: none where anything is for the parser to
/// read, or to refuse.
pub(super) fn parts(source: &str) -> Option<Vec<Part<'_>>> {
    if source.contains('\\') {
        return None;
    }
    let mut parts = Vec::new();
    let mut at = 0;
    loop {
        let rest = source.get(at..)?;
        let Some((text, behind)) = rest.split_once("{{") else {
            parts.extend((!rest.is_empty()).then_some(Part::Text(rest, at)));
            return Some(parts);
        };
        parts.extend((!text.is_empty()).then_some(Part::Text(text, at)));
        at += text.len();
        let (inner, after) = behind.split_once("}}")?;
        let name = inner.trim_matches([' ', '\t', '\n', '\r']);
        if !is_plain(name) || after.starts_with('}') {
            return None;
        }
        parts.push(Part::Name(name, at));
        at = source.len() - after.len();
    }
}

/// Whether this is a name that means nothing else. `else` goes on where a word goes on, too.
fn is_plain(name: &str) -> bool {
    let plain = |part: &str| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        !part.is_empty() && part != "this" && part.bytes().all(letters)
    };
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !name.starts_with("else")
        && name.split('.').all(plain)
}

impl Compiler<'_> {
    pub(super) fn parts(&mut self, parts: &[Part<'_>]) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(parts.len());
        for part in parts {
            match *part {
                Part::Text(text, at) => self.text(text, at, &mut nodes),
                Part::Name(name, at) => {
                    let names = name.split('.').map(Box::from).collect();
                    nodes.extend(self.reference(names, name, at).map(Node::Print));
                }
            }
        }
        nodes
    }
}

#[cfg(test)]
mod tests {
    use handlebars::template::{Parameter, Template, TemplateElement};
    use handlebars::{Path, PathSeg};
    use proptest::prelude::*;

    use super::*;

    /// The same from the parser: of other templates none, and of none that it refuses.
    fn parsed(source: &str) -> Option<Vec<(String, Vec<String>)>> {
        let element = |element: &TemplateElement| match element {
            TemplateElement::RawString(text) => Some((text.clone(), Vec::new())),
            TemplateElement::Expression(call) if call.params.is_empty() && call.hash.is_empty() => {
                let Parameter::Path(Path::Relative((segments, raw))) = &call.name else {
                    return None;
                };
                let name = |segment: &PathSeg| match segment {
                    PathSeg::Named(name) => Some(name.clone()),
                    _ => None,
                };
                Some((raw.clone(), segments.iter().map(name).collect::<Option<_>>()?))
            }
            _ => None,
        };
        Template::compile(source).ok()?.elements.iter().map(element).collect()
    }

    fn read(source: &str) -> Option<Vec<(String, Vec<String>)>> {
        let part = |part: Part<'_>| match part {
            Part::Text(text, at) => {
                assert!(source[at..].starts_with(text), "{source:?}");
                (text.to_owned(), Vec::new())
            }
            Part::Name(name, at) => {
                assert!(source[at..].starts_with("{{"), "{source:?}");
                (name.to_owned(), name.split('.').map(str::to_owned).collect())
            }
        };
        Some(parts(source)?.into_iter().map(part).collect())
    }

    #[test]
    fn text_and_names_need_no_parser() {
        for source in
            ["", "open", "{{imsi}}", "/a/{{ event.list.0.id }}/b}}", "{ {{a}}{{b-c}} \n", "ä{{_1}}"]
        {
            assert!(read(source).is_some(), "{source:?}");
            assert_eq!(read(source), parsed(source), "{source:?}");
        }
    }

    #[test]
    fn everything_else_is_for_the_parser() {
        for source in [
            "\\{{a}}",
            "{{{a}}}",
            "{{a}}}",
            "{{a",
            "{{}}",
            "{{a b}}",
            "{{this.a}}",
            "{{a.this}}",
            "{{@index}}",
            "{{../a}}",
            "{{else}}",
            "{{elsewhere}}",
            "{{~a}}",
            "{{1}}",
            "{{#if a}}{{/if}}",
            "{{! a}}",
            "{{a/b}}",
            "{{a..b}}",
            "{{ä}}",
        ] {
            assert_eq!(read(source), None, "{source:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_without_the_parser_it_reads_alike(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "{{", "}}", "{", "}", " ", "\n", "\\", "a", "b1", ".", "-", "_", "0", "else", "this",
                    "as", "true", "null", "uuid", "ä", "#", "~", "$", "/", "{{a}}", "{{ a.b }}", "{{\n",
                ]),
                0..9,
            ),
        ) {
            let source = pieces.concat();
            if let Some(read) = read(&source) {
                prop_assert_eq!(Some(read), parsed(&source));
            }
        }
    }
}
