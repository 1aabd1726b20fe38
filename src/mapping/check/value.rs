//! Values with holes: YAML values of which the strings are templates.

use serde_json::Value;

use super::super::diagnostic::Span;
use super::super::document::When;
use super::super::document::decode::{Anything, Decode, Named, Reader};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::super::yaml::{Entry, Key, Kind, Node};
use super::Checker;
use crate::expr::Path;
use crate::expr::body::{Member, Shape};
use crate::expr::condition::Condition;
use crate::expr::template::Unescaped;
use crate::expr::{Each, EachId, Reference};

/// Keys of the objects that shape a value.
const DIRECTIVES: [&str; 4] = ["$each", "$as", "$when", "$value"];

/// What such an object holds.
#[derive(Default)]
struct Directives<'n> {
    each: Option<&'n Node>,
    name: Option<&'n Node>,
    when: Option<&'n Node>,
    value: Option<&'n Node>,
}

/// A name and its value.
pub(super) struct Pair {
    pub name: String,
    pub span: Span,
    pub value: Shape,
    /// Whether it is another one for each event or session.
    pub varies: bool,
}

fn is_directive(entry: &Entry) -> bool {
    entry.key.text.starts_with('$') && !entry.key.text.starts_with("$$")
}

/// The directive for what others call so.
fn elsewhere(name: &str) -> Option<&'static str> {
    match name {
        "$for" | "$foreach" | "$for_each" | "$forEach" | "$map" => Some("$each"),
        "$if" => Some("$when"),
        _ => None,
    }
}

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
            Kind::Mapping(entries) if entries.iter().any(is_directive) => {
                self.directive(node, entries, secrecy)
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
        // `$$x` is a literal `$x`.
        let literal = name.strip_prefix('$').unwrap_or(name);
        let shape = self.shape(&entry.value, secrecy);
        self.no_template(&entry.key);
        shape.map(|shape| Member::new(literal, shape))
    }

    /// An object of which a key begins with one `$`: it shapes the value instead of being one.
    fn directive(&mut self, node: &Node, entries: &[Entry], secrecy: Secrecy) -> Option<Shape> {
        let mut given = Directives::default();
        let mut known = true;
        for entry in entries {
            let slot = match entry.key.text.as_str() {
                "$each" => &mut given.each,
                "$as" => &mut given.name,
                "$when" => &mut given.when,
                "$value" => &mut given.value,
                _ => {
                    known = false;
                    self.unknown_directive(entry);
                    continue;
                }
            };
            *slot = Some(&entry.value);
        }
        if !known {
            return None;
        }
        let Some(value) = given.value else {
            let help = "write e.g. `{ $each: list, $value: \"{{item.id}}\" }`";
            self.error("bad-directive", node.span, "this has no `$value`", help);
            return None;
        };
        match given.each {
            Some(over) => self.each(over, &given, value, secrecy),
            None if given.when.is_some() && given.name.is_none() => {
                let when = self.when_directive(given.when);
                let shape = self.shape(value, secrecy);
                Some(Shape::When(Box::new((when?, shape?))))
            }
            None => {
                let help = "add `$each: list`, or `$when: { … }`";
                self.error("bad-directive", node.span, "nothing says what `$value` is for", help);
                None
            }
        }
    }

    fn unknown_directive(&mut self, entry: &Entry) {
        let name = entry.key.text.as_str();
        let (message, help) = match name.starts_with('$') && !name.starts_with("$$") {
            true => {
                let help = match elsewhere(name).or_else(|| did_you_mean(name, DIRECTIVES)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("a key that begins with `$` is written `${name}`"),
                };
                (format!("there is no directive `{name}`"), help)
            }
            false => (
                format!("`{name}` cannot stand beside directives"),
                format!(
                    "the keys here are: {}; others belong inside `$value`",
                    DIRECTIVES.join(", ")
                ),
            ),
        };
        self.error("bad-directive", entry.key.span, message, &help);
    }

    fn each(
        &mut self,
        over: &Node,
        given: &Directives<'_>,
        value: &Node,
        secrecy: Secrecy,
    ) -> Option<Shape> {
        let over = self.list(over);
        let name = given.name.map_or(Some("item"), |name| self.loop_name(name));
        let id = EachId(self.loops);
        self.loops += 1;
        self.scopes.loops.push((name.unwrap_or("item").into(), id));
        let when = self.when_directive(given.when);
        let shape = self.shape(value, secrecy);
        self.scopes.loops.pop();
        name?;
        Some(Shape::Each(Box::new(Each { id, over: over?, when: when?, shape: shape? })))
    }

    fn when_directive(&mut self, node: Option<&Node>) -> Option<Condition> {
        let Some(node) = node else { return Some(Condition::always()) };
        let mut reader = Reader { source: self.source, report: self.report };
        let Some(when) = When::decode(node, &mut reader) else {
            self.failed = true;
            return None;
        };
        self.condition(Some(&when))
    }

    /// What `$each` goes over: a name.
    fn list(&mut self, node: &Node) -> Option<Reference> {
        let Some(name) = node.as_str() else {
            let message = format!("expected the name of a variable, found {}", node.type_name());
            self.error("wrong-type", node.span, message, "write e.g. `$each: addons`");
            return None;
        };
        self.list_name(name, node.span)
    }

    /// The name of a list, as `$each` and `for_each` take it.
    pub(super) fn list_name(&mut self, name: &str, span: Span) -> Option<Reference> {
        if name.starts_with('$') || name.contains('{') {
            let help = "define it under `extract` (a path with `all: true` gives an array), and \
                        write its name here";
            self.error("bad-list", span, "this is not the name of a variable", help);
            return None;
        }
        self.reference(name, span)
    }

    fn loop_name<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let Some(name) = node.as_str() else {
            let message = format!("expected a name, found {}", node.type_name());
            self.error("wrong-type", node.span, message, "write e.g. `$as: addon`");
            return None;
        };
        self.variable_name(name, node.span);
        if self.resolve(&[name]).is_ok() {
            let message = format!("`{name}` stands for something else already");
            self.error("duplicate-name", node.span, message, "choose another name");
        }
        Some(name)
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
    ) -> Option<Vec<Pair>> {
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
                self.usage.varies = false;
                let value = self.shape(node, Secrecy::Given)?;
                let varies = self.usage.varies;
                Some(Pair { name: key.text.clone(), span: key.span, value, varies })
            })
            .collect();
        pairs.into_iter().collect()
    }
}
