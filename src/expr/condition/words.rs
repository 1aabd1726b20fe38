//! Tests in words, for whoever asks why one held or did not.

use serde_json::Value;

use super::{Comparison, Test};
use crate::expr::Scope;
use crate::expr::body::Shape;

/// How texts and values are told: masked, cut, made fit for where they go.
pub trait Tell {
    /// Something that stands in a mapping: a template, a pattern.
    fn text(&self, text: &str) -> String;

    fn value(&self, value: &Value) -> String;
}

impl Test {
    /// What it asks of its subject, e.g. `equals "open"`. A template is told as it is written, with
    /// what it stands for now.
    pub fn words(&self, scope: &dyn Scope, tell: &dyn Tell) -> String {
        self.say(false, &Speaker { scope, tell })
    }

    fn say(&self, negated: bool, speaker: &Speaker<'_>) -> String {
        let with = |plain: &str, not: &str, operand: &Shape| {
            format!("{} {}", if negated { not } else { plain }, speaker.operand(operand))
        };
        let either = |yes: &str, no: &str| if negated { no.to_owned() } else { yes.to_owned() };
        match self {
            Self::Equals(operand) => with("equals", "does not equal", operand),
            Self::OneOf(tests) => {
                let list: Vec<String> = tests.iter().map(|test| test.member(speaker)).collect();
                format!("{} {}", either("is one of", "is none of"), list.join(", "))
            }
            Self::StatusClass(class) => {
                either(&format!("is {class}xx"), &format!("is not {class}xx"))
            }
            Self::Not(test) => test.say(!negated, speaker),
            Self::Exists(wanted) if *wanted != negated => "exists".to_owned(),
            Self::Exists(_) => "does not exist".to_owned(),
            Self::Empty(wanted) if *wanted != negated => "is empty".to_owned(),
            Self::Empty(_) => "is not empty".to_owned(),
            Self::Matches(regex) => {
                let pattern = speaker.tell.text(regex.as_str());
                format!("{} {pattern}", either("matches", "does not match"))
            }
            Self::Prefix(operand) => with("begins with", "does not begin with", operand),
            Self::Suffix(operand) => with("ends with", "does not end with", operand),
            Self::Contains(operand) => with("contains", "does not contain", operand),
            Self::InTable { name, .. } => {
                format!("{} `{name}`", either("is a key of table", "is no key of table"))
            }
            Self::Compare(comparison, operand) => {
                let words = comparison.words();
                with(&format!("is {words}"), &format!("is not {words}"), operand)
            }
            Self::All(tests) => {
                let parts: Vec<String> =
                    tests.iter().map(|test| test.say(false, speaker)).collect();
                let parts = parts.join(" and ");
                if negated { format!("is not so: {parts}") } else { parts }
            }
        }
    }

    /// As one of a list.
    fn member(&self, speaker: &Speaker<'_>) -> String {
        match self {
            Self::Equals(operand) => speaker.operand(operand),
            Self::StatusClass(class) => format!("{class}xx"),
            other => other.say(false, speaker),
        }
    }
}

impl Comparison {
    fn words(self) -> &'static str {
        match self {
            Self::Less => "less than",
            Self::LessOrEqual => "at most",
            Self::Greater => "greater than",
            Self::GreaterOrEqual => "at least",
        }
    }
}

/// Who tells, and what names stand for.
struct Speaker<'s> {
    scope: &'s dyn Scope,
    tell: &'s dyn Tell,
}

impl Speaker<'_> {
    fn operand(&self, operand: &Shape) -> String {
        if let Some(value) = operand.as_constant() {
            return self.tell.value(value);
        }
        let now = match operand.value(self.scope) {
            Ok(Some(value)) => self.tell.value(&value),
            Ok(None) => "absent".to_owned(),
            Err(fault) if fault.is_absence() => "absent".to_owned(),
            Err(fault) => self.tell.text(&fault.to_string()),
        };
        match operand {
            Shape::Template(template) => format!("{} ({now})", self.tell.text(template.source())),
            _ => now,
        }
    }
}
