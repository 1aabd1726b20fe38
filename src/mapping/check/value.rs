//! Values with holes: YAML values of which the strings are templates.

use serde_json::Value;

use super::super::document::decode::Anything;
use super::super::document::decode::Named;
use super::super::env::Secrecy;
use super::super::yaml::{Entry, Key, Kind, Node};
use super::Checker;
use crate::expr::Path;
use crate::expr::body::{Member, Shape};
use crate::expr::template::Unescaped;

impl Checker<'_, '_> {
    /// Any YAML value.
    pub(super) fn shape(&mut self, node: &Node, secrecy: Secrecy) -> Option<Shape> {
        match &node.kind {
            Kind::Null => Some(Shape::constant(Value::Null)),
            Kind::Bool(truth) => Some(Shape::constant(Value::Bool(*truth))),
            Kind::Number(number) => Some(Shape::constant(Value::Number(number.clone()))),
            Kind::String(text) => {
                self.path_as_text(node, text);
                self.template_from(node, 0, secrecy, Unescaped::Refused).map(Shape::template)
            }
            Kind::Sequence(members) => {
                let shapes: Vec<_> = members.iter().map(|node| self.shape(node, secrecy)).collect();
                shapes.into_iter().collect::<Option<_>>().map(Shape::array)
            }
            Kind::Mapping(entries) => {
                let members: Vec<_> =
                    entries.iter().map(|entry| self.member(entry, secrecy)).collect();
                members.into_iter().collect::<Option<_>>().map(Shape::object)
            }
        }
    }

    /// Warns of a JSONPath that nobody will follow.
    fn path_as_text(&mut self, node: &Node, text: &str) {
        if text.starts_with("$.") && Path::parse(text).is_ok() {
            let message = "this is sent as it is written: a JSONPath is not followed here";
            let help = "name it under `extract`, as `name: $.…`, and write \"{{name}}\" here";
            self.warning("path-as-text", node.span, message, help);
        }
    }

    fn member(&mut self, entry: &Entry, secrecy: Secrecy) -> Option<Member> {
        let name = entry.key.text.as_str();
        let shape = self.shape(&entry.value, secrecy);
        self.no_template(&entry.key);
        if name.starts_with('$') && !name.starts_with("$$") {
            self.error(
                "unknown-directive",
                entry.key.span,
                format!("there is no directive `{name}`"),
                &format!("a key that begins with `$` is written `${name}`"),
            );
            return None;
        }
        let literal = name.strip_prefix('$').filter(|_| name.starts_with("$$")).unwrap_or(name);
        Some(Member::new(literal, shape?))
    }

    /// Warns of a key in which a template stands: it would be sent as it is written.
    pub(super) fn no_template(&mut self, key: &Key) {
        let Some(at) = key.text.find("{{") else { return };
        let span = key.span_within(self.source, at..key.text.len());
        let message = "a key is never a template: this is sent as it is written";
        self.warning(
            "template-in-key",
            span,
            message,
            "write the key out, and the template as its value",
        );
    }

    /// A scalar to compare with; its text may be a template.
    pub(super) fn operand(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, Secrecy::Plain)
    }

    /// Reports a parameter that has no name, or members that are no single values.
    fn parameter(&mut self, key: &Key, node: &Node) {
        if key.text.is_empty() {
            let help = "write the name of the parameter";
            self.error("invalid-name", key.span, "a query parameter needs a name", help);
        }
        for member in node.as_sequence().unwrap_or_default() {
            if matches!(member.kind, Kind::Null | Kind::Sequence(_) | Kind::Mapping(_)) {
                let message = format!("expected one value, found {}", member.type_name());
                let help = "write a text, a number, `true` or `false`";
                self.error("wrong-type", member.span, message, help);
            }
        }
    }

    /// Names of headers or query parameters with their values, which are scalars (or, for a query,
    /// lists of scalars).
    pub(super) fn pairs(
        &mut self,
        named: Option<&Named<Anything>>,
        lists: bool,
    ) -> Option<Vec<(String, super::Span, Shape)>> {
        let Some(named) = named else { return Some(Vec::new()) };
        let pairs: Vec<_> = named
            .0
            .iter()
            .map(|(key, value)| {
                let node = &value.as_ref()?.0;
                let list = lists && matches!(node.kind, Kind::Sequence(_));
                let scalar = matches!(node.kind, Kind::Bool(_) | Kind::Number(_) | Kind::String(_));
                if lists {
                    self.no_template(key);
                    self.parameter(key, node);
                }
                if !list && !scalar {
                    let help = match (&node.kind, lists) {
                        (Kind::Null, _) => "leave it out, or write \"\" for an empty value",
                        (_, true) => "write a text, a number, `true`, `false`, or a list of them",
                        (_, false) => "write a text, a number, `true` or `false`",
                    };
                    let found = if node.kind == Kind::Null { "nothing" } else { node.type_name() };
                    let expected = if lists { "one value or a list" } else { "one value" };
                    let message = format!("expected {expected}, found {found}");
                    self.error("wrong-type", node.span, message, help);
                    return None;
                }
                let shape = self.shape(node, Secrecy::Given)?;
                Some((key.text.clone(), key.span, shape))
            })
            .collect();
        pairs.into_iter().collect()
    }
}
