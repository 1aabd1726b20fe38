//! What names mean where they stand: scopes of variables, built-ins, and reserved words.

use std::collections::HashMap;

use super::super::diagnostic::Span;
use super::Checker;
use super::session::Whose;
use super::steps::{self, Steps};
use crate::expr::template::TemplateFault;
use crate::expr::{Builtin, EachId, Reference, Root, VariableId, helpers};

/// Words of the format that cannot name a variable.
const RESERVED: [&str; 12] = [
    "any", "all", "not", "steps", "item", "index", "session", "this", "true", "false", "null",
    "else",
];

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
    /// The target whose log-in is read: it belongs to no event.
    pub(super) login: Option<usize>,
    /// Whose session there is.
    pub(super) session: Whose,
    /// The steps of the rule, while one of them is read.
    pub(super) steps: Option<Steps>,
    /// The variable being defined in the innermost layer: its own name means the outer one, so
    /// that an inner variable can refine the one that it shadows.
    pub(super) defining: Option<Box<str>>,
    /// A test file is read, in which no name stands for anything.
    pub(super) nameless: bool,
}

impl Scopes {
    /// What can be seen in the log-in of the target in that position.
    pub(super) fn of_login(target: usize) -> Self {
        Self { login: Some(target), ..Self::default() }
    }

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
        if self.scopes.nameless {
            return Err(nameless(name));
        }
        if let Some(root) = self.scopes.of_loops(name) {
            return Ok((root, 1));
        }
        if let Some(id) = self.scopes.find(name) {
            self.usage.refer(id);
            self.usage.varies = true;
            return Ok((Root::Variable(id), 1));
        }
        if name == "session" {
            return self.session_value(names);
        }
        if name == "steps" {
            let steps = self.scopes.steps.as_ref();
            return steps.map_or_else(|| Err(steps::outside()), |steps| steps.outcome(names));
        }
        if let Some(steps) = &mut self.scopes.steps
            && let Some(saved) = steps.saved(name)
        {
            self.used_in_login(name);
            let in_answer = self.scopes.in_answer;
            let saved = saved.map_err(|fault| match in_answer {
                true => TemplateFault { help: Some(BY_ITS_PATH.to_owned()), ..fault },
                false => fault,
            });
            return saved.map(|id| (Root::Saved(id), 1));
        }
        self.builtin(name).map(|builtin| (Root::Builtin(builtin), 1))
    }

    fn builtin(&mut self, name: &str) -> Result<Builtin, TemplateFault> {
        let find = |table: &[(&str, Builtin)]| {
            table.iter().find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
        };
        if let Some(builtin) = find(&Builtin::EVERYWHERE) {
            if builtin != Builtin::Now {
                self.usage.varies = true;
                return self.of_an_event(name).map_or(Ok(builtin), Err);
            }
            return Ok(builtin);
        }
        if self.variables_of_file.contains(name)
            && let Some(fault) = self.of_an_event(name)
        {
            return Err(fault);
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
            None => Err(self.undefined_name(name)),
        }
    }

    /// Why what an event brings cannot be named here; `None` where it can. The fault has no place yet.
    pub(super) fn of_an_event(&self, what: &str) -> Option<TemplateFault> {
        self.scopes.login.map(|_| {
            TemplateFault {
            code: "no-event",
            message: format!("`{what}` reads an event, and a log-in belongs to none"),
            help: Some(
                "all events share it: take what it needs from the environment (`${NAME}`), or from \
                 what an earlier step of it saved"
                    .to_owned(),
            ),
            range: None,
        }
        })
    }

    /// Whether a name stands for something here.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.scopes.visible().any(|known| known == name)
    }

    /// A dotted name, as subjects, loops and `from` write it.
    pub(super) fn reference(&mut self, text: &str, span: Span) -> Option<Reference> {
        if let Some((message, help)) = no_name(text) {
            self.error("undefined-name", span, message, &help);
            return None;
        }
        let names: Vec<&str> = text.split('.').collect();
        match self.resolve(&names) {
            Ok((root, used)) => Some(Reference::new(root, names.into_iter().skip(used), text)),
            Err(fault) => {
                let help = fault.help.unwrap_or_default();
                self.error_once(fault.code, span, fault.message, &help);
                None
            }
        }
    }

    /// Reports a name that has not the form of a variable's or a step's; whether it has.
    pub(super) fn name_form(&mut self, name: &str, span: Span) -> bool {
        let sound = super::is_variable_name(name);
        if !sound {
            let help = "names of variables, tables and steps begin with a lower-case letter or `_`, \
                        and go on with lower-case letters, digits, `_` and `-`";
            let message = format!("`{name}` cannot be a name");
            let like = like(name, '_');
            let like = like.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
            self.error("invalid-name", span, message, &instead(like.trim_matches('_'), help));
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
                &format!("say whose it is: `sim_{name}`, for example"),
            );
        } else if self.has_table(name) {
            // What `{{lookup name key}}` looks into must not depend on where it stands.
            let message = format!("`{name}` is a table already");
            self.error("duplicate-name", span, message, "choose another name");
        }
    }
}

/// Where an answer is read that a step saves something of.
const BY_ITS_PATH: &str = "what this answer holds is read by its path here, e.g. `$.id` or `{{body.id}}`; what it saves, in \
     a step behind that one";

fn nameless(name: &str) -> TemplateFault {
    TemplateFault {
        code: "undefined-name",
        message: format!("`{name}` stands for nothing here: a test has no names"),
        help: Some("write the value that you expect".to_owned()),
        range: None,
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
    let builtins = Builtin::EVERYWHERE.iter().chain(&Builtin::OF_ANSWERS);
    let mut builtins = builtins.chain(&Builtin::OF_MEMBERS);
    RESERVED.contains(&name)
        || helpers::is_helper(name)
        || ["if", "unless", "each"].contains(&name)
        || builtins.any(|(builtin, _)| *builtin == name)
}
