//! Evaluating templates over borrowed values.

use std::borrow::Cow;

use serde_json::Value;

use super::super::compare::truthy;
use super::super::convert::text_of;
use super::super::helpers::{Absence, Helper};
use super::super::reference::descend;
use super::super::{Effort, Fault, LARGEST_TEXT, Scope};
use super::{Expression, ExpressionKind, Local, LocalPart, Node, Place, Template};
use crate::event::kind;

/// Most nodes that one rendering may visit: nested loops over a hostile event end here.
const MOST_WORK: usize = 2_000_000;

/// One turn of an `#each`.
struct Turn<'v> {
    member: &'v Value,
    index: usize,
    last: bool,
    key: Option<&'v str>,
    outer: Option<&'v Turn<'v>>,
}

struct Output<'o> {
    text: &'o mut String,
    place: Place,
    work: usize,
}

impl Template {
    /// The value: of its own type where the template is exactly one expression, else text. `None`
    /// where that one expression is optional and absent.
    pub fn value<'s>(&'s self, scope: &'s dyn Scope) -> Result<Option<Cow<'s, Value>>, Fault> {
        match self.nodes.as_slice() {
            [Node::Print(expression)] => expression.value(scope, None, true),
            _ => self.text(scope, Place::Text).map(|text| Some(Cow::Owned(Value::String(text)))),
        }
    }

    /// The text that goes to `place`.
    pub fn text(&self, scope: &dyn Scope, place: Place) -> Result<String, Fault> {
        let mut text = String::new();
        self.render(scope, place, &mut text)?;
        Ok(text)
    }

    /// Appends the text that goes to `place`.
    pub fn render(&self, scope: &dyn Scope, place: Place, text: &mut String) -> Result<(), Fault> {
        let before = text.len();
        let mut output = Output { text, place, work: 0 };
        render(&self.nodes, scope, None, &mut output)?;
        output.within_limits()?;
        scope.effort().spend_text(output.text.len() - before)
    }
}

fn render<'v>(
    nodes: &'v [Node],
    scope: &'v dyn Scope,
    turn: Option<&'v Turn<'v>>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    for node in nodes {
        output.count()?;
        scope.effort().spend(1)?;
        match node {
            Node::Text { text, .. } => output.text.push_str(text),
            Node::Print(expression) => print(expression, scope, turn, output)?,
            Node::If { test, negate, then, otherwise } => {
                let holds = test.value(scope, turn, false)?.is_some_and(|value| truthy(&value));
                let branch = if holds == *negate { otherwise } else { then };
                render(branch, scope, turn, output)?;
            }
            Node::Each { over, each, otherwise } => {
                render_each(over, each, otherwise, scope, turn, output)?;
            }
        }
    }
    Ok(())
}

fn print<'v>(
    expression: &'v Expression,
    scope: &'v dyn Scope,
    turn: Option<&'v Turn<'v>>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let lenient = output.place.is_lenient();
    let value = match expression.value(scope, turn, !lenient) {
        Err(fault) if lenient && fault.is_absence() => return Ok(()),
        other => other?,
    };
    let place = output.place;
    let written = match value.as_deref() {
        None | Some(Value::Null) if lenient => return Ok(()),
        None | Some(Value::Null) => {
            return Err(Fault::Hole { expression: expression.text.clone() });
        }
        Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
        Some(Value::Bool(truth)) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        Some(structure) if lenient => Cow::Owned(structure.to_string()),
        Some(structure) => {
            let kind = kind(structure);
            return Err(Fault::Structure { expression: expression.text.clone(), kind });
        }
    };
    place.write(&written, output.text)
}

fn render_each<'v>(
    over: &'v Expression,
    each: &'v [Node],
    otherwise: &'v [Node],
    scope: &'v dyn Scope,
    turn: Option<&'v Turn<'v>>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let list = over.value(scope, turn, !output.place.is_lenient())?;
    match list.as_deref() {
        Some(Value::Array(members)) if !members.is_empty() => {
            for (index, member) in members.iter().enumerate() {
                let last = index + 1 == members.len();
                let inner = Turn { member, index, last, key: None, outer: turn };
                render(each, scope, Some(&inner), output)?;
            }
            Ok(())
        }
        Some(Value::Object(members)) if !members.is_empty() => {
            for (index, (key, member)) in members.iter().enumerate() {
                let last = index + 1 == members.len();
                let inner = Turn { member, index, last, key: Some(key), outer: turn };
                render(each, scope, Some(&inner), output)?;
            }
            Ok(())
        }
        None | Some(Value::Null | Value::Array(_) | Value::Object(_)) => {
            render(otherwise, scope, turn, output)
        }
        Some(other) => Err(Fault::Conversion {
            variable: over.text.clone(),
            reason: format!("`#each` goes over an array or an object, this is {}", kind(other)),
        }),
    }
}

impl Output<'_> {
    fn count(&mut self) -> Result<(), Fault> {
        self.work += 1;
        self.within_limits()
    }

    fn within_limits(&self) -> Result<(), Fault> {
        if self.work > MOST_WORK || self.text.len() > LARGEST_TEXT {
            return Err(Fault::TooLarge { place: "text", limit: LARGEST_TEXT });
        }
        Ok(())
    }
}

impl Expression {
    /// `need`: the absence of a required variable is a fault, not just absence.
    fn value<'v>(
        &'v self,
        scope: &'v dyn Scope,
        turn: Option<&'v Turn<'v>>,
        need: bool,
    ) -> Result<Option<Cow<'v, Value>>, Fault> {
        match &self.kind {
            ExpressionKind::Literal(value) => Ok(Some(Cow::Borrowed(value))),
            ExpressionKind::Name(reference) if need => {
                Ok(reference.need(scope)?.map(Cow::Borrowed))
            }
            ExpressionKind::Name(reference) => match reference.find(scope) {
                Err(fault) if fault.is_absence() => Ok(None),
                found => Ok(found?.map(Cow::Borrowed)),
            },
            ExpressionKind::Local(local) => Ok(local.value(turn)),
            ExpressionKind::Uuid => Ok(Some(Cow::Owned(Value::String(scope.uuid())))),
            ExpressionKind::Select(path) => {
                let Some(document) = scope.document() else { return Ok(None) };
                document.first(path, scope.effort())
            }
            ExpressionKind::Table(table, key) => {
                let key = key.value(scope, turn, need)?;
                let key = key.as_deref().and_then(text_of);
                Ok(key.and_then(|key| table.get(key.as_str())).map(Cow::Borrowed))
            }
            ExpressionKind::Call(helper, arguments) => {
                let strict = need && helper.absence == Absence::Propagates;
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let value = argument.value(scope, turn, strict)?;
                    if value.is_none() && helper.absence == Absence::Propagates {
                        return Ok(None);
                    }
                    values.push(value);
                }
                let values: Vec<Option<&Value>> = values.iter().map(Option::as_deref).collect();
                pay(helper, &values, scope.effort())?;
                let value = helper
                    .call(&values)
                    .map_err(|reason| Fault::Helper { helper: helper.name, reason })?;
                if value.is_none()
                    && need
                    && helper.absence == Absence::Handled
                    && let Some(last) = arguments.last()
                {
                    // What was to stand in is absent, too; if it is required, that is a fault.
                    last.value(scope, turn, true)?;
                }
                if let Some(value) = &value {
                    scope.effort().walk(value)?;
                }
                Ok(value.map(Cow::Owned))
            }
        }
    }
}

/// Pays for what a helper reads; what it writes is paid for when it is there.
fn pay(helper: &Helper, arguments: &[Option<&Value>], effort: &Effort) -> Result<(), Fault> {
    for argument in arguments.iter().copied().flatten() {
        match argument {
            Value::String(text) => effort.spend_text(text.len())?,
            Value::Array(_) | Value::Object(_) if helper.walks => effort.walk(argument)?,
            _ => effort.spend(1)?,
        }
    }
    Ok(())
}

impl Local {
    fn value<'v>(&self, turn: Option<&'v Turn<'v>>) -> Option<Cow<'v, Value>> {
        let mut turn = turn?;
        for _ in 0..self.level {
            turn = turn.outer?;
        }
        match self.part {
            LocalPart::Member => descend(turn.member, &self.below).map(Cow::Borrowed),
            LocalPart::Index => Some(Cow::Owned(Value::from(turn.index))),
            LocalPart::First => Some(Cow::Owned(Value::Bool(turn.index == 0))),
            LocalPart::Last => Some(Cow::Owned(Value::Bool(turn.last))),
            LocalPart::Key => turn.key.map(|key| Cow::Owned(Value::from(key))),
        }
    }
}
