//! Values with holes: YAML values of which the strings are templates.

use serde_json::Value;

use super::super::document::decode::Anything;
use super::super::document::decode::Named;
use super::super::env::Secrecy;
use super::super::yaml::{Entry, Kind, Node};
use super::Checker;
use crate::expr::body::{Member, Shape};
use crate::expr::template::Unescaped;

impl Checker<'_, '_> {
    /// Any YAML value.
    pub(super) fn shape(&mut self, node: &Node, secrecy: Secrecy) -> Option<Shape> {
        match &node.kind {
            Kind::Null => Some(Shape::constant(Value::Null)),
            Kind::Bool(truth) => Some(Shape::constant(Value::Bool(*truth))),
            Kind::Number(number) => Some(Shape::constant(Value::Number(number.clone()))),
            Kind::String(_) => {
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

    fn member(&mut self, entry: &Entry, secrecy: Secrecy) -> Option<Member> {
        let name = entry.key.text.as_str();
        let shape = self.shape(&entry.value, secrecy);
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

    /// A scalar to compare with; its text may be a template.
    pub(super) fn operand(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, Secrecy::Plain)
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
                if !list && !scalar {
                    let expected = if lists { "a scalar or a list" } else { "a scalar" };
                    let message = format!("expected {expected}, found {}", node.type_name());
                    self.error("wrong-type", node.span, message, "");
                    return None;
                }
                let shape = self.shape(node, Secrecy::Given)?;
                Some((key.text.clone(), key.span, shape))
            })
            .collect();
        pairs.into_iter().collect()
    }
}
