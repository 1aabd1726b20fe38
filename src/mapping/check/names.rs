//! What names mean where they stand: scopes of variables, built-ins, and reserved words.

use std::collections::HashMap;

use super::super::diagnostic::Span;
use super::super::names::did_you_mean;
use super::Checker;
use super::steps::{self, Steps};
use crate::expr::template::TemplateFault;
use crate::expr::{Builtin, EachId, Reference, Root, VariableId, helpers};

/// Words of the format that cannot name a variable.
const RESERVED: [&str; 10] =
    ["any", "all", "not", "steps", "item", "index", "session", "this", "true", "false"];

/// What can be seen from where the checker is reading.
#[derive(Default)]
pub(super) struct Scopes {
    /// Variables of the file, of the rule and of the step.
    layers: Vec<HashMap<Box<str>, VariableId>>,
    /// `$each` loops around, innermost last: the name of the member, and which loop.
    pub(super) loops: Vec<(Box<str>, EachId)>,
    /// Whether a step's `for_each` gives a member.
    pub(super) in_member: bool,
    /// Whether an answer is there to be read.
    pub(super) in_answer: bool,
    /// The steps of the rule, while one of them is read.
    pub(super) steps: Option<Steps>,
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

    pub(super) fn find(&self, name: &str) -> Option<VariableId> {
        let innermost = self.layers.len();
        self.layers.iter().enumerate().rev().find_map(|(at, layer)| {
            let refining = at > 0 && at + 1 == innermost && self.defining.as_deref() == Some(name);
            if refining { None } else { layer.get(name).copied() }
        })
    }

    fn visible(&self) -> impl Iterator<Item = &str> {
        let variables = self.layers.iter().flat_map(HashMap::keys).map(|name| &**name);
        let loops = self.loops.iter().map(|(name, _)| &**name);
        let saved = self.steps.iter().flat_map(Steps::visible);
        let names = |table: &'static [(&'static str, Builtin)], there: bool| {
            table.iter().map(|(name, _)| *name).filter(move |_| there)
        };
        variables
            .chain(loops)
            .chain(saved)
            .chain(names(&Builtin::EVERYWHERE, true))
            .chain(names(&Builtin::OF_MEMBERS, self.in_member))
            .chain(names(&Builtin::OF_ANSWERS, self.in_answer))
    }

    /// The member or the position that an `$each` gives.
    fn of_loops(&self, name: &str) -> Option<Root> {
        let member = self.loops.iter().rev().find(|(member, _)| &**member == name);
        let position = self.loops.last().filter(|_| name == "index");
        member
            .map(|(_, id)| Root::Member(*id))
            .or_else(|| position.map(|(_, id)| Root::Position(*id)))
    }
}

impl Checker<'_, '_> {
    /// What a dotted name stands for, and how many of its parts say so; the fault has no place yet.
    pub(super) fn resolve(&mut self, names: &[&str]) -> Result<(Root, usize), TemplateFault> {
        let name = names.first().copied().unwrap_or_default();
        if let Some(root) = self.scopes.of_loops(name) {
            return Ok((root, 1));
        }
        if let Some(id) = self.scopes.find(name) {
            self.usage.refer(id);
            return Ok((Root::Variable(id), 1));
        }
        if name == "steps" {
            let steps = self.scopes.steps.as_ref();
            return steps.map_or_else(|| Err(steps::outside()), |steps| steps.outcome(names));
        }
        if let Some(steps) = &mut self.scopes.steps
            && let Some(saved) = steps.saved(name)
        {
            return saved.map(|id| (Root::Saved(id), 1));
        }
        self.builtin(name).map(|builtin| (Root::Builtin(builtin), 1))
    }

    fn builtin(&mut self, name: &str) -> Result<Builtin, TemplateFault> {
        let find = |table: &[(&str, Builtin)]| {
            table.iter().find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
        };
        if let Some(builtin) = find(&Builtin::EVERYWHERE) {
            return Ok(builtin);
        }
        let elsewhere = |message: String, help: &str| TemplateFault {
            code: "undefined-name",
            message,
            help: Some(help.to_owned()),
            range: None,
        };
        if let Some(builtin) = find(&Builtin::OF_MEMBERS) {
            return self.scopes.in_member.then_some(builtin).ok_or_else(|| {
                let message = format!("`{name}` exists only where there is a loop around it");
                elsewhere(message, "give the step a `for_each`, or put the value inside `$each`")
            });
        }
        match find(&Builtin::OF_ANSWERS) {
            Some(builtin) if self.scopes.in_answer => {
                self.usage.reads_body |= builtin == Builtin::Body;
                Ok(builtin)
            }
            Some(_) => Err(elsewhere(
                format!("`{name}` exists only where an answer is read"),
                "use it inside `responses` or `save`",
            )),
            None => Err(self.undefined(name)),
        }
    }

    fn undefined(&self, name: &str) -> TemplateFault {
        let tables = self.tables.keys().map(|table| &**table);
        let help = match did_you_mean(name, self.scopes.visible().chain(tables)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if helpers::is_helper(name) => {
                format!("`{name}` is a helper and takes arguments: `{{{{{name} …}}}}`")
            }
            None if self.tables.contains_key(name) => {
                format!("`{name}` is a table: write `{{{{lookup {name} key}}}}`, or `map: {name}`")
            }
            None if self.saved_anywhere.contains(name) => {
                "a step saves it: only later steps of the same rule can see it".to_owned()
            }
            None => format!("define `{name}` under `extract`"),
        };
        TemplateFault {
            code: "undefined-name",
            message: format!("nothing defines `{name}`"),
            help: Some(help),
            range: None,
        }
    }

    /// A dotted name, as subjects, loops and `from` write it.
    pub(super) fn reference(&mut self, text: &str, span: Span) -> Option<Reference> {
        let names: Vec<&str> = text.split('.').collect();
        match self.resolve(&names) {
            Ok((root, used)) => Some(Reference::new(root, names.into_iter().skip(used), text)),
            Err(fault) => {
                self.error(fault.code, span, fault.message, fault.help.as_deref().unwrap_or(""));
                None
            }
        }
    }

    /// Reports a name that has not the form of a variable's or a step's; whether it has.
    pub(super) fn name_form(&mut self, name: &str, span: Span) -> bool {
        let sound = super::is_variable_name(name);
        if !sound {
            self.error(
                "invalid-name",
                span,
                format!("`{name}` cannot be a name"),
                "names of variables and steps begin with a lower-case letter or `_`, and go on \
                 with lower-case letters, digits, `_` and `-`",
            );
        }
        sound
    }

    /// Reports a name that cannot be a variable's.
    pub(super) fn variable_name(&mut self, name: &str, span: Span) {
        if self.name_form(name, span) && is_taken(name) {
            self.error(
                "reserved-name",
                span,
                format!("the name `{name}` is taken: it is a word of the format or a helper"),
                "choose another name",
            );
        }
    }
}

fn is_taken(name: &str) -> bool {
    let builtins = Builtin::EVERYWHERE.iter().chain(&Builtin::OF_ANSWERS);
    let mut builtins = builtins.chain(&Builtin::OF_MEMBERS);
    RESERVED.contains(&name)
        || helpers::is_helper(name)
        || ["if", "unless", "each"].contains(&name)
        || builtins.any(|(builtin, _)| *builtin == name)
}
