//! `when` to a condition.

use super::super::document::decode::Text;
use super::super::document::{Clause, Test as Written, When};
use super::super::env::Secrecy;
use super::super::yaml::{Key, Node};
use super::Checker;
use crate::expr::body::Shape;
use crate::expr::condition::{Comparison, Condition, Subject, Test};
use crate::expr::template::Unescaped;
use crate::expr::{Builtin, Path, Reference, Root};

impl Checker<'_, '_> {
    /// A condition, or the one that always holds where there is none.
    pub(super) fn condition(&mut self, when: Option<&When>) -> Option<Condition> {
        let Some(when) = when else { return Some(Condition::always()) };
        let clauses: Vec<_> = when.clauses.iter().map(|clause| self.clause(clause)).collect();
        let mut clauses: Vec<Condition> = clauses.into_iter().collect::<Option<_>>()?;
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
                let test = self.test(test, of_status);
                Some(Condition::Test { subject: subject?, test: test? })
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
        self.usage.reads_body |= self.scopes.in_answer;
        match Path::parse(&key.text) {
            Ok(path) => Some(Subject::Path(path)),
            Err(fault) => {
                self.error("bad-path", key.span, fault.message, &fault.help);
                None
            }
        }
    }

    fn test(&mut self, test: &Written, of_status: bool) -> Option<Test> {
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
                self.named_table(text.as_str(), text.span()).map(Test::InTable)
            }
            Written::Less(node) => self.compare(Comparison::Less, node),
            Written::LessOrEqual(node) => self.compare(Comparison::LessOrEqual, node),
            Written::Greater(node) => self.compare(Comparison::Greater, node),
            Written::GreaterOrEqual(node) => self.compare(Comparison::GreaterOrEqual, node),
        }
    }

    fn compare(&mut self, comparison: Comparison, node: &Node) -> Option<Test> {
        self.operand(node).map(|operand| Test::Compare(comparison, operand))
    }

    fn text_operand(&mut self, text: &Text) -> Option<Shape> {
        self.template(text, Secrecy::Plain, Unescaped::Refused).map(Shape::template)
    }

    fn equals(&mut self, node: &Node, of_status: bool) -> Option<Test> {
        let text = node.as_str().filter(|text| of_status && !text.contains("{{"));
        let Some(text) = text else { return self.operand(node).map(Test::Equals) };
        match text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok()) {
            Some(class @ 1..=5) => Some(Test::StatusClass(class)),
            _ => {
                self.error(
                    "bad-status",
                    node.span,
                    format!("`{text}` is not a status"),
                    "a status is a number such as 404, or a class such as `4xx`",
                );
                None
            }
        }
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
