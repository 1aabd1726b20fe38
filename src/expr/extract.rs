//! `extract`: where a variable's value comes from, and what is done to it on the way.

use std::borrow::Cow;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use super::body::Shape;
use super::condition::Condition;
use super::convert::{Type, text_of};
use super::helpers::lists::parts;
use super::{At, Came, Fault, Path, Reading, Reference, Scope, Table};
use crate::event::kind;

/// A compiled variable.
#[derive(Debug, Clone)]
pub struct Variable {
    pub name: Arc<str>,
    pub source: Source,
    /// Applied in order.
    pub stages: Vec<Stage>,
    pub absence: Absence,
    /// Null is a value rather than absence.
    pub nullable: bool,
}

/// Where the value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The first that selects something not null.
    First(Vec<Selector>),
    /// Everything that the first to select something not null selects.
    All(Vec<Selector>),
    From(Reference),
    Value(Shape),
    /// The first case that holds.
    Cases(Vec<Case>),
}

/// One entry of `path`.
#[derive(Debug, Clone)]
pub enum Selector {
    Path(Path),
    /// `status` or `headers.etag`: a part of an answer that no JSONPath reaches.
    Name(Reference),
}

#[derive(Debug, Clone)]
pub struct Case {
    pub at: At,
    pub when: Condition,
    pub value: Shape,
}

/// One step of the pipeline; what goes over an array member by member says so.
#[derive(Debug, Clone)]
pub enum Stage {
    /// A string becomes an array of trimmed strings.
    Split(Box<str>),
    /// The first member of an array; anything else stays.
    First,
    /// Member by member: the first capture group, or the whole match.
    Capture(Regex),
    /// Member by member.
    As(Type),
    /// Member by member: a look-up by text.
    Map(Arc<Table>),
}

/// What absence means.
#[derive(Debug, Clone)]
pub enum Absence {
    Required,
    Allowed,
    Default(Shape),
}

impl Variable {
    /// The value, or `None` if it is absent. `document` gives what paths read; what comes straight
    /// from a tree is borrowed.
    pub fn evaluate<'d>(
        &self,
        document: &dyn Fn() -> Option<Reading<'d>>,
        scope: &dyn Scope,
    ) -> Result<Option<Cow<'d, Value>>, Fault> {
        if scope.witness().is_none() {
            return self.work_out(document, scope);
        }
        self.tell(scope, Came::Begun);
        let result = self.work_out(document, scope);
        self.tell(scope, Came::Ended { result: result.as_ref().map(Option::as_deref) });
        result
    }

    fn work_out<'d>(
        &self,
        document: &dyn Fn() -> Option<Reading<'d>>,
        scope: &dyn Scope,
    ) -> Result<Option<Cow<'d, Value>>, Fault> {
        let mut value = self.select(document, scope)?;
        for stage in &self.stages {
            let Some(present) = value.filter(|value| !value.is_null() || self.nullable) else {
                value = None;
                break;
            };
            if present.is_null() {
                return Ok(Some(present));
            }
            scope.effort().walk(&*present)?;
            value = stage.apply(present, self)?;
            self.tell(scope, Came::Stage { stage, value: value.as_deref() });
        }
        match value.filter(|value| !value.is_null() || self.nullable) {
            None => self.default(scope),
            present => Ok(present),
        }
    }

    /// The fault to raise when it is needed and absent; `None` if its absence is allowed.
    pub fn required(&self) -> Option<Fault> {
        let Absence::Required = self.absence else { return None };
        Some(Fault::Absent { variable: self.name.clone(), origin: self.origin().into() })
    }

    /// What stands in for a value that is absent.
    pub fn default<'d>(&self, scope: &dyn Scope) -> Result<Option<Cow<'d, Value>>, Fault> {
        let Absence::Default(shape) = &self.absence else { return Ok(None) };
        let value = shape.value(scope)?.map(|value| Cow::Owned(value.into_owned()));
        self.tell(scope, Came::Default { value: value.as_deref() });
        Ok(value)
    }

    /// Where the value should have come from, in words.
    fn origin(&self) -> String {
        let listed = |paths: &[Selector]| {
            let paths: Vec<String> =
                paths.iter().map(|path| format!("`{}`", path.text())).collect();
            paths.join(", ")
        };
        let origin = match &self.source {
            Source::First(paths) | Source::All(paths) => {
                format!("{} selected nothing", listed(paths))
            }
            Source::From(reference) => format!("`{}` is absent", reference.text),
            Source::Value(_) => "its `value` is absent".to_owned(),
            Source::Cases(_) => "no case holds".to_owned(),
        };
        if self.stages.is_empty() {
            return origin;
        }
        format!("{origin}, or what it selected did not pass `split` to `map`")
    }
}

impl Variable {
    fn tell(&self, scope: &dyn Scope, how: Came<'_>) {
        if let Some(witness) = scope.witness() {
            witness.came(self, how);
        }
    }

    /// What its source gives, before any stage.
    fn select<'d>(
        &self,
        document: &dyn Fn() -> Option<Reading<'d>>,
        scope: &dyn Scope,
    ) -> Result<Option<Cow<'d, Value>>, Fault> {
        match &self.source {
            Source::First(selectors) => {
                let mut null = None;
                for selector in selectors {
                    let found = selector.first(document, scope)?;
                    let text = selector.text();
                    self.tell(scope, Came::Path { text, found: found.as_deref() });
                    match found {
                        Some(value) if value.is_null() => null = Some(value),
                        Some(value) => return Ok(Some(value)),
                        None => {}
                    }
                }
                Ok(null)
            }
            Source::All(selectors) => self.select_all(selectors, document, scope).map(Some),
            Source::From(reference) => {
                // What is to be done if there is nothing `from` another variable is said by this
                // one, and not where that one is defined.
                let required = matches!(self.absence, Absence::Required);
                let found = if required { reference.need(scope) } else { reference.find(scope) };
                let found = found?;
                self.tell(scope, Came::From { name: &reference.text, found });
                let Some(value) = found else { return Ok(None) };
                scope.effort().walk(value)?;
                Ok(Some(Cow::Owned(value.clone())))
            }
            Source::Value(shape) => {
                let value = owned(shape.value(scope))?;
                self.tell(scope, Came::Rendered { value: value.as_deref() });
                Ok(value)
            }
            Source::Cases(cases) => {
                for (index, case) in cases.iter().enumerate() {
                    if case.when.holds(scope)? {
                        let value = owned(case.value.value(scope))?;
                        let at = case.at;
                        self.tell(scope, Came::Case { index, at, value: value.as_deref() });
                        return Ok(value);
                    }
                }
                self.tell(scope, Came::NoCase);
                Ok(None)
            }
        }
    }

    fn select_all<'d>(
        &self,
        selectors: &[Selector],
        document: &dyn Fn() -> Option<Reading<'d>>,
        scope: &dyn Scope,
    ) -> Result<Cow<'d, Value>, Fault> {
        let mut selected = Vec::new();
        for selector in selectors {
            let all = selector.all(document, scope)?;
            if scope.witness().is_some() {
                let found = (!all.is_empty()).then(|| Value::Array(all.clone()));
                self.tell(scope, Came::Path { text: selector.text(), found: found.as_ref() });
            }
            if all.iter().any(|node| !node.is_null()) {
                selected = all;
                break;
            }
            if selected.is_empty() {
                selected = all;
            }
        }
        Ok(Cow::Owned(Value::Array(selected)))
    }
}

impl Selector {
    /// As written.
    pub fn text(&self) -> &str {
        match self {
            Self::Path(path) => path.text(),
            Self::Name(name) => &name.text,
        }
    }

    fn first<'d>(
        &self,
        document: &dyn Fn() -> Option<Reading<'d>>,
        scope: &dyn Scope,
    ) -> Result<Option<Cow<'d, Value>>, Fault> {
        match self {
            Self::Path(path) => {
                let Some(document) = document() else { return Ok(None) };
                document.first(path, scope.effort())
            }
            Self::Name(name) => Ok(name.find(scope)?.map(|value| Cow::Owned(value.clone()))),
        }
    }

    fn all<'d>(
        &self,
        document: &dyn Fn() -> Option<Reading<'d>>,
        scope: &dyn Scope,
    ) -> Result<Vec<Value>, Fault> {
        match self {
            Self::Path(path) => {
                let Some(document) = document() else { return Ok(Vec::new()) };
                document.all(path, scope.effort())
            }
            Self::Name(name) => Ok(name.find(scope)?.into_iter().cloned().collect()),
        }
    }
}

fn owned<'d>(
    value: Result<Option<Cow<'_, Value>>, Fault>,
) -> Result<Option<Cow<'d, Value>>, Fault> {
    Ok(value?.map(|value| Cow::Owned(value.into_owned())))
}

impl Stage {
    fn apply<'d>(
        &self,
        value: Cow<'d, Value>,
        variable: &Variable,
    ) -> Result<Option<Cow<'d, Value>>, Fault> {
        match (self, value.as_ref()) {
            (Self::Split(mark), Value::String(text)) => {
                let fault = |reason| Fault::Conversion { variable: variable.name.clone(), reason };
                parts(text, mark).map(|parts| Some(Cow::Owned(parts))).map_err(fault)
            }
            (Self::First, Value::Array(members)) => Ok(members.first().cloned().map(Cow::Owned)),
            (Self::Split(_) | Self::First, _) => Ok(Some(value)),
            (_, Value::Array(members)) => {
                let mut kept = Vec::with_capacity(members.len());
                for member in members {
                    // Null counts as absent among members, too.
                    let one = match member {
                        Value::Null => Some(Value::Null),
                        one => self.apply_to_one(one, &variable.name)?,
                    };
                    kept.extend(one.filter(|one| !one.is_null() || variable.nullable));
                }
                Ok(Some(Cow::Owned(Value::Array(kept))))
            }
            (_, one) => Ok(self.apply_to_one(one, &variable.name)?.map(Cow::Owned)),
        }
    }

    fn apply_to_one(&self, value: &Value, variable: &Arc<str>) -> Result<Option<Value>, Fault> {
        let fault = |reason| Fault::Conversion { variable: variable.clone(), reason };
        match self {
            Self::Split(_) | Self::First => Ok(Some(value.clone())),
            Self::As(to) => to.convert(value).map(Some).map_err(fault),
            Self::Capture(regex) => {
                let text = text_of(value).ok_or_else(|| {
                    fault(format!("`capture` reads text, this is {}", kind(value)))
                })?;
                let Some(captures) = regex.captures(&text) else { return Ok(None) };
                let group = captures.get(usize::from(captures.len() > 1));
                Ok(group.map(|group| Value::from(group.as_str())))
            }
            Self::Map(table) => {
                let text = text_of(value).ok_or_else(|| {
                    fault(format!("`map` looks up text, this is {}", kind(value)))
                })?;
                Ok(table.get(text.as_str()).cloned())
            }
        }
    }
}

#[cfg(test)]
mod tests;
