//! `when` to a condition.

use super::super::diagnostic::Span;
use super::super::document::decode::Text;
use super::super::document::{Clause, Test as Written, When};
use super::super::env::Secrecy;
use super::super::yaml::{Key, Kind, Node};
use super::Checker;
use crate::expr::body::Shape;
use crate::expr::compare::{has_order, is_digits};
use crate::expr::condition::{Comparison, Condition, Subject, Test};
use crate::expr::template::Unescaped;
use crate::expr::{Builtin, Path, Reference, Root};

impl Checker<'_, '_> {
    /// A condition, or the one that always holds where there is none.
    pub(super) fn condition(&mut self, when: Option<&When>) -> Option<Condition> {
        let Some(when) = when else { return Some(Condition::always()) };
        let clauses: Vec<_> = when.clauses.iter().map(|clause| self.clause(clause)).collect();
        let mut clauses: Vec<Condition> =
            clauses.into_iter().collect::<Option<_>>().filter(|_| !when.incomplete)?;
        Some(match clauses.len() {
            1 => clauses.remove(0),
            _ => Condition::All(clauses),
        })
    }

    fn clause(&mut self, clause: &Clause) -> Option<Condition> {
        match clause {
            Clause::Any(parts) => self.conditions(parts).map(Condition::Any),
            Clause::All(parts) => self.conditions(parts).map(Condition::All),
            Clause::Not(part) => {
                self.condition(Some(part)).map(|part| Condition::Not(Box::new(part)))
            }
            Clause::Test(key, test) => {
                let subject = self.subject(key);
                let of_status = matches!(&subject, Some(Subject::Name(name)) if is_status(name));
                let test = test.as_ref().and_then(|test| self.test(test, of_status));
                let at = self.at(key.span);
                Some(Condition::Test { at, subject: subject?, test: test? })
            }
        }
    }

    fn conditions(&mut self, parts: &[When]) -> Option<Vec<Condition>> {
        let parts: Vec<_> = parts.iter().map(|part| self.condition(Some(part))).collect();
        parts.into_iter().collect()
    }

    fn subject(&mut self, key: &Key) -> Option<Subject> {
        if !key.text.starts_with('$') {
            return self.reference(&key.text, key.span).map(Subject::Name);
        }
        self.reads_document(&key.text, key.span);
        match Path::parse(&key.text) {
            Ok(path) => {
                self.mistaken_path(&key.text, key.span, true);
                Some(Subject::Path(path))
            }
            Err(fault) => {
                let range = fault.range.unwrap_or(0..key.text.len());
                let span = key.span_within(self.source, range);
                self.error("bad-path", span, fault.message, &fault.help);
                None
            }
        }
    }

    pub(super) fn test(&mut self, test: &Written, of_status: bool) -> Option<Test> {
        if let Some(span) = of_text(test).filter(|_| of_status) {
            let message = "a status is a number: there is no text in it to look at";
            let help = "write a class such as `4xx`, a list of statuses, or `{ gte: 500 }`";
            self.error("bad-status", span, message, help);
            return None;
        }
        match test {
            Written::Equals(node) => self.equals(node, of_status),
            Written::OneOf(nodes) => {
                let tests: Vec<_> = nodes.iter().map(|node| self.equals(node, of_status)).collect();
                tests.into_iter().collect::<Option<_>>().map(Test::OneOf)
            }
            Written::All(tests) => {
                let tests: Vec<_> = tests.iter().map(|test| self.test(test, of_status)).collect();
                let mut tests: Vec<Test> = tests.into_iter().collect::<Option<_>>()?;
                Some(if tests.len() == 1 { tests.remove(0) } else { Test::All(tests) })
            }
            Written::Not(test) => self.test(test, of_status).map(|test| Test::Not(Box::new(test))),
            Written::Exists(wanted) => Some(Test::Exists(*wanted)),
            Written::Empty(wanted) => Some(Test::Empty(*wanted)),
            Written::Matches(text) => self.regex(text).map(Test::Matches),
            Written::Prefix(text) => self.text_operand(text).map(Test::Prefix),
            Written::Suffix(text) => self.text_operand(text).map(Test::Suffix),
            Written::Contains(node) => self.operand(node).map(Test::Contains),
            Written::InTable(text) => {
                let table = self.named_table(text.as_str(), text.span())?;
                Some(Test::InTable { name: text.as_str().into(), table })
            }
            Written::Less(node) => self.compare(Comparison::Less, node, of_status),
            Written::LessOrEqual(node) => self.compare(Comparison::LessOrEqual, node, of_status),
            Written::Greater(node) => self.compare(Comparison::Greater, node, of_status),
            Written::GreaterOrEqual(node) => {
                self.compare(Comparison::GreaterOrEqual, node, of_status)
            }
        }
    }

    fn compare(&mut self, comparison: Comparison, node: &Node, with_number: bool) -> Option<Test> {
        let operand = self.operand(node)?;
        if with_number && node.as_str().is_some_and(|text| !text.contains(['{', '$'])) {
            let message = "a status is compared with a number, and this is a text";
            self.error("bad-status", node.span, message, "write e.g. 500, without quotes");
            return None;
        }
        // What comes from the environment may be a stand-in.
        let written = !node.as_str().is_some_and(|text| text.contains("${"));
        if written && operand.as_constant().is_some_and(|value| !has_order(value)) {
            let message = "nothing is greater or less than this: it is no number and no timestamp";
            let help = "write a number without quotes, or a timestamp such as `2025-05-16`";
            self.error("not-comparable", node.span, message, help);
            return None;
        }
        let is_number = |value: &serde_json::Value| value.as_str().is_some_and(is_digits);
        if !written && operand.as_constant().is_some_and(is_number) {
            let message = "what the environment gives is a text: no number is greater or less";
            let help = "make it a number: `'{{number \"${NAME}\"}}'`";
            self.error("not-comparable", node.span, message, help);
            return None;
        }
        Some(Test::Compare(comparison, operand))
    }

    fn text_operand(&mut self, text: &Text) -> Option<Shape> {
        self.template(text, Secrecy::Plain, Unescaped::Refused).map(Shape::template)
    }

    fn equals(&mut self, node: &Node, of_status: bool) -> Option<Test> {
        if of_status {
            return self.status(node);
        }
        self.mistaken_operand(node);
        self.operand(node).map(Test::Equals)
    }

    /// A status (RFC 9110, section 15) or a class of them.
    fn status(&mut self, node: &Node) -> Option<Test> {
        let text = match &node.kind {
            Kind::String(text) if text.contains("{{") => {
                return self.operand(node).map(Test::Equals);
            }
            Kind::String(text) => text.clone(),
            _ => node.to_json().to_string(),
        };
        let class = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok());
        if let Some(class @ 1..=5) = class {
            return Some(Test::StatusClass(class));
        }
        let number = text.parse::<u16>().is_ok_and(|status| (100..=999).contains(&status));
        if number && node.as_str().is_none() {
            return self.operand(node).map(Test::Equals);
        }
        let help = match number {
            true => format!("write `{text}` without quotes: a status is a number"),
            false => "a status is a number such as 404, or a class such as `4xx`".to_owned(),
        };
        let message = match number {
            true => "a status is compared with a number, and this is a text".to_owned(),
            false => format!("`{text}` is not a status"),
        };
        self.error("bad-status", node.span, message, &help);
        None
    }
}

/// Where the operand of a test stands that only texts can pass.
fn of_text(test: &Written) -> Option<Span> {
    match test {
        Written::Matches(text) | Written::Prefix(text) | Written::Suffix(text) => Some(text.span()),
        Written::Contains(node) => Some(node.span),
        _ => None,
    }
}

/// Whether a name is an HTTP status: of the answer that is read, or of a step.
fn is_status(name: &Reference) -> bool {
    match name.root {
        Root::Builtin(Builtin::Status) => name.below.is_empty(),
        Root::Step(_) => matches!(name.below.as_slice(), [part] if &**part == "status"),
        _ => false,
    }
}
