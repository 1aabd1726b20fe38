//! What names mean where they stand: scopes of variables, built-ins, and reserved words.

use std::collections::HashMap;

use super::super::diagnostic::Span;
use super::Checker;
use crate::expr::template::TemplateFault;
use crate::expr::{Builtin, Reference, Root, VariableId, helpers};

/// Words of the format that cannot name a variable or a step.
const RESERVED: [&str; 10] =
    ["any", "all", "not", "steps", "item", "index", "session", "this", "true", "false"];

/// Variables that can be seen, innermost scope last.
#[derive(Default)]
pub(super) struct Scopes {
    layers: Vec<HashMap<Box<str>, VariableId>>,
    /// Whether an answer is there to be read.
    pub(super) in_answer: bool,
    /// The variable being defined in the innermost layer: its own name means the outer one, so
    /// that an inner variable can refine the one that it shadows.
    pub(super) defining: Option<Box<str>>,
}

impl Scopes {
    pub(super) fn push(&mut self, layer: HashMap<Box<str>, VariableId>) {
        self.layers.push(layer);
    }

    pub(super) fn pop(&mut self) {
        self.layers.pop();
    }

    pub(super) fn innermost(&self) -> Option<&HashMap<Box<str>, VariableId>> {
        self.layers.last()
    }

    fn find(&self, name: &str) -> Option<VariableId> {
        let innermost = self.layers.len();
        self.layers.iter().enumerate().rev().find_map(|(at, layer)| {
            let refining = at > 0 && at + 1 == innermost && self.defining.as_deref() == Some(name);
            if refining { None } else { layer.get(name).copied() }
        })
    }

    /// Whether a name stands for a variable here.
    pub(super) fn sees(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn visible(&self) -> impl Iterator<Item = &str> {
        let variables = self.layers.iter().flat_map(HashMap::keys).map(|name| &**name);
        let everywhere = Builtin::EVERYWHERE.iter().map(|(name, _)| *name);
        let of_answers = Builtin::OF_ANSWERS.iter().map(|(name, _)| *name);
        variables.chain(everywhere).chain(of_answers.filter(|_| self.in_answer))
    }
}

impl Checker<'_, '_> {
    /// What a name stands for; the fault has no place yet.
    pub(super) fn resolve(&mut self, name: &str) -> Result<Root, TemplateFault> {
        if let Some(id) = self.scopes.find(name) {
            self.usage.refer(id);
            return Ok(Root::Variable(id));
        }
        let find = |table: &[(&str, Builtin)]| {
            table.iter().find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
        };
        if let Some(builtin) = find(&Builtin::EVERYWHERE) {
            return Ok(Root::Builtin(builtin));
        }
        match find(&Builtin::OF_ANSWERS) {
            Some(builtin) if self.scopes.in_answer => {
                self.usage.reads_body |= builtin == Builtin::Body;
                Ok(Root::Builtin(builtin))
            }
            Some(_) => Err(TemplateFault {
                code: "undefined-name",
                message: format!("`{name}` exists only where an answer is read"),
                help: Some("use it inside `responses`".to_owned()),
                range: None,
            }),
            None => Err(self.undefined_name(name)),
        }
    }

    /// Whether a name stands for something here.
    pub(super) fn knows(&self, name: &str) -> bool {
        let is = |(known, _): &(&str, Builtin)| *known == name;
        self.scopes.sees(name)
            || Builtin::EVERYWHERE.iter().any(is)
            || (self.scopes.in_answer && Builtin::OF_ANSWERS.iter().any(is))
    }

    /// A dotted name, as subjects and `from` write it.
    pub(super) fn reference(&mut self, text: &str, span: Span) -> Option<Reference> {
        if let Some((message, help)) = no_name(text) {
            self.error("undefined-name", span, message, &help);
            return None;
        }
        let mut names = text.split('.');
        let first = names.next().unwrap_or_default();
        let root = match self.resolve(first) {
            Ok(root) => root,
            Err(fault) => {
                let help = fault.help.unwrap_or_default();
                self.error_once(fault.code, span, fault.message, &help);
                return None;
            }
        };
        Some(Reference::new(root, names, text))
    }

    /// Reports a name that cannot be a variable's or a step's.
    pub(super) fn variable_name(&mut self, name: &str, span: Span) {
        if !super::is_variable_name(name) {
            let help = "names of variables and steps begin with a lower-case letter or `_`, and go \
                        on with lower-case letters, digits, `_` and `-`";
            let message = format!("`{name}` cannot be a name");
            let like = like(name, '_');
            let like = like.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
            self.error("invalid-name", span, message, &instead(like.trim_matches('_'), help));
        } else if is_taken(name) {
            self.error(
                "reserved-name",
                span,
                format!("the name `{name}` is taken: it is a word of the format or a helper"),
                "choose another name",
            );
        }
    }
}

/// The nearest name in small letters that a text suggests: `billStatus` is `bill_status`.
pub(super) fn like(text: &str, separator: char) -> String {
    let mut name = String::new();
    let mut small_before = false;
    for c in text.chars().take(64) {
        let sound = c.is_ascii_alphanumeric() || c == '-' || (c == '_' && separator == '_');
        if c.is_ascii_uppercase() && small_before || !sound && !name.ends_with(separator) {
            name.push(separator);
        }
        if sound {
            name.push(c.to_ascii_lowercase());
        }
        small_before = c.is_ascii_lowercase();
    }
    name.trim_matches(separator).to_owned()
}

/// The cure for a bad name: a good one if there is any, and the rule.
pub(super) fn instead(name: &str, rule: &str) -> String {
    if name.is_empty() { rule.to_owned() } else { format!("write e.g. `{name}`: {rule}") }
}

/// What stands where a name belongs, and how to write that.
fn no_name(text: &str) -> Option<(String, String)> {
    if text.starts_with('$') {
        let message = format!("`{text}` is a JSONPath, and a name belongs here");
        return Some((message, format!("write `path: {text}`")));
    }
    if let Some(name) = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}")) {
        let message = format!("`{text}` is a template, and a name belongs here");
        return Some((message, format!("write the name alone: `{}`", name.trim())));
    }
    if text.contains('[') {
        let message = format!("`{text}` has brackets, and a name has none");
        let dotted = text.replace(['[', '.'], ".").replace([']', '\'', '"'], "");
        return Some((message, format!("write positions behind dots, too: `{dotted}`")));
    }
    if text.split('.').any(str::is_empty) {
        let message = match text.is_empty() {
            true => "a name is missing here".to_owned(),
            false => format!("there is a dot too many in `{text}`"),
        };
        return Some((message, "write e.g. `imsi`, or `event.pb_data.sim_info`".to_owned()));
    }
    None
}

fn is_taken(name: &str) -> bool {
    let mut builtins = Builtin::EVERYWHERE.iter().chain(&Builtin::OF_ANSWERS);
    RESERVED.contains(&name)
        || helpers::find(name).is_some()
        || ["if", "unless", "each", "lookup", "path", "date", "uuid"].contains(&name)
        || builtins.any(|(builtin, _)| *builtin == name)
}
