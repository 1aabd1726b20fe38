//! `extract` to variables.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::document::decode::{Each, Flag, Named, OneOrMany, Text};
use super::super::document::{Case as WrittenCase, LongVariable, Variable as Written};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::super::yaml::Node;
use super::Checker;
use crate::expr::Table;
use crate::expr::condition::Condition;
use crate::expr::convert::Type;
use crate::expr::extract::{Absence, Case, Selector, Source, Stage, Variable};
use crate::expr::{Builtin, VariableId};

impl Checker<'_, '_> {
    /// Opens a scope with these names, so that they can refer to each other.
    pub(super) fn declare(&mut self, named: &Named<Written>) {
        let mut layer = HashMap::new();
        for (key, _) in &named.0 {
            self.variable_name(&key.text, key.span);
            let id = VariableId(self.variables.len());
            self.variables.push(None);
            self.usage.declare(&key.text, key.span);
            layer.insert(key.text.as_str().into(), id);
        }
        self.scopes.push(layer);
    }

    /// Compiles the variables of the innermost scope.
    pub(super) fn define(&mut self, named: &Named<Written>) {
        for (key, written) in &named.0 {
            let id =
                self.scopes.innermost().and_then(|layer| layer.get(key.text.as_str())).copied();
            let (Some(id), Some(written)) = (id, written) else { continue };
            self.scopes.defining = Some(key.text.as_str().into());
            self.usage.enter(id);
            let variable = self.variable(&key.text, written);
            self.usage.leave();
            self.scopes.defining = None;
            if let Some(slot) = self.variables.get_mut(id.0) {
                *slot = variable;
            }
        }
    }

    pub(super) fn variable(&mut self, name: &str, written: &Written) -> Option<Variable> {
        match written {
            Written::Short(path) => Some(Variable {
                name: Arc::from(name),
                source: Source::First(vec![self.selector(path)?]),
                stages: Vec::new(),
                absence: Absence::Required,
                nullable: false,
            }),
            Written::Long(long) => {
                let source = self.variable_source(long);
                let stages = self.stages(long);
                let absence = self.absence(long);
                Some(Variable {
                    name: Arc::from(name),
                    source: source?,
                    stages: stages?,
                    absence: absence?,
                    nullable: is_set(long.nullable),
                })
            }
        }
    }

    fn variable_source(&mut self, long: &LongVariable) -> Option<Source> {
        let read = [
            ("path", long.path.is_some()),
            ("from", long.from.is_some()),
            ("value", long.value.is_some()),
            ("cases", long.cases.is_some()),
        ];
        let given: Vec<&str> = read
            .iter()
            .filter(|(name, is)| *is || long.unreadable.contains(name))
            .map(|(name, _)| *name)
            .collect();
        if given.len() != 1 {
            let message = match given.as_slice() {
                [] => "nothing says where this variable comes from".to_owned(),
                several => {
                    format!("this variable comes from several places: {}", several.join(", "))
                }
            };
            let help = "give it exactly one of `path`, `from`, `value` and `cases`";
            self.error("variable-source", long.span, message, help);
            return None;
        }
        if long.all.is_some() && given != ["path"] {
            self.error(
                "conflicting-keys",
                long.span,
                "`all` goes with `path` only",
                "leave it out",
            );
        }
        if let Some(OneOrMany(paths)) = &long.path {
            let paths: Vec<_> = paths.iter().map(|path| self.selector(path)).collect();
            let paths = paths.into_iter().collect::<Option<_>>()?;
            return Some(if is_set(long.all) { Source::All(paths) } else { Source::First(paths) });
        }
        if let Some(from) = &long.from {
            return self.reference(from.as_str(), from.span()).map(Source::From);
        }
        if let Some(value) = &long.value {
            return self.shape(&value.0, Secrecy::Plain).map(Source::Value);
        }
        self.cases(long.cases.as_ref()?).map(Source::Cases)
    }

    /// A JSONPath; where an answer is read, `status` or a header may stand for one.
    fn selector(&mut self, text: &Text) -> Option<Selector> {
        let written = text.as_str();
        if !self.scopes.in_answer || written.starts_with('$') {
            self.reads_document(written, text.span());
            return self.path(text).map(Selector::Path);
        }
        let of_answer = |(name, _): &(&str, _)| written.split('.').next() == Some(*name);
        if Builtin::OF_ANSWERS.iter().any(of_answer) {
            return self.reference(written, text.span()).map(Selector::Name);
        }
        let message = "this is neither a JSONPath nor a part of the answer";
        let help = "write e.g. `$.id`, `headers.location` or `status`; `from:` takes a variable";
        self.error("bad-path", text.span(), message, help);
        None
    }

    fn cases(&mut self, written: &Each<WrittenCase>) -> Option<Vec<Case>> {
        if written.members.is_empty() {
            let help = "write e.g. `[{ when: { status: open }, value: 1 }, { value: 0 }]`";
            self.error("empty-list", written.span, "there is no case in this list", help);
            return None;
        }
        let mut cases = Vec::with_capacity(written.members.len());
        for (at, case) in written.members.iter().enumerate() {
            let Some(case) = case else {
                cases.push(None);
                continue;
            };
            let always = case.when.is_none() && !case.unreadable.contains(&"when");
            if always && at + 1 < written.members.len() {
                self.error(
                    "unreachable-case",
                    case.span,
                    "a case without `when` always holds: those after it are never reached",
                    "put it last",
                );
            }
            let when: Option<Condition> = self.condition(case.when.as_ref());
            let value = case.value.as_ref().and_then(|node| self.shape(&node.0, Secrecy::Plain));
            let at = self.at(case.span);
            cases.push(when.zip(value).map(|(when, value)| Case { at, when, value }));
        }
        cases.into_iter().collect()
    }

    /// The pipeline, in the order in which it applies, however the keys are ordered.
    fn stages(&mut self, long: &LongVariable) -> Option<Vec<Stage>> {
        let split = long.split.as_ref().map(|text| self.split(text));
        let first = is_set(long.first).then_some(Some(Stage::First));
        let capture = long.capture.as_ref().map(|text| {
            let regex = self.regex(text)?;
            self.group_that_may_be_skipped(text, regex.as_str());
            Some(Stage::Capture(regex))
        });
        let convert = long.as_.as_ref().map(|text| self.conversion(text).map(Stage::As));
        let map = long.map.as_ref().map(|map| self.map(&map.0).map(Stage::Map));
        [split, first, capture, convert, map].into_iter().flatten().collect()
    }

    fn split(&mut self, text: &Text) -> Option<Stage> {
        let mark = self.string(text)?;
        if mark.is_empty() {
            self.error(
                "bad-split",
                text.span(),
                "the separator is empty",
                "write e.g. `split: \",\"`",
            );
            return None;
        }
        Some(Stage::Split(mark.into()))
    }

    fn conversion(&mut self, text: &Text) -> Option<Type> {
        let known = Type::NAMES.iter().find(|(name, _)| *name == text.as_str());
        if known.is_none() {
            let help = match did_you_mean(text.as_str(), Type::NAMES.iter().map(|(name, _)| *name))
            {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the types are: string, integer, number, boolean, timestamp".to_owned(),
            };
            let message = format!("there is no type `{}`", text.as_str());
            self.error("unknown-type", text.span(), message, &help);
        }
        known.map(|(_, to)| *to)
    }

    /// A table written here, or the name of one.
    fn map(&mut self, node: &Node) -> Option<Arc<Table>> {
        match node.as_str() {
            Some(name) => self.named_table(name, node.span),
            None => self.table(node).map(Arc::new),
        }
    }

    fn absence(&mut self, long: &LongVariable) -> Option<Absence> {
        if let Some(default) = &long.default {
            return self.shape(&default.0, Secrecy::Plain).map(Absence::Default);
        }
        Some(if is_set(long.optional) { Absence::Allowed } else { Absence::Required })
    }
}

fn is_set(flag: Option<Flag>) -> bool {
    flag.is_some_and(|Flag(value)| value)
}
