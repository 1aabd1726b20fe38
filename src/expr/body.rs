//! Values with holes: JSON bodies, and every `value` and operand of a mapping.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::budget::Budget;
use super::condition::Condition;
use super::each::Each;
use super::template::Template;
use super::{Fault, LARGEST_TEXT, Scope};

/// A value whose strings may be templates. What is constant was serialized at load.
#[derive(Debug, Clone)]
pub enum Shape {
    Constant {
        value: Value,
        json: Box<[u8]>,
    },
    Template(Template),
    Array(Vec<Shape>),
    Object(Vec<Member>),
    Each(Box<Each>),
    /// Absent where the condition does not hold.
    When(Box<(Condition, Shape)>),
}

/// A key and what is below it; left out where that is absent.
#[derive(Debug, Clone)]
pub struct Member {
    name: Box<str>,
    /// `"name":`, escaped.
    json: Box<[u8]>,
    shape: Shape,
}

impl Member {
    pub fn new(name: &str, shape: Shape) -> Self {
        let mut json = Value::from(name).to_string().into_bytes();
        json.push(b':');
        Self { name: name.into(), json: json.into(), shape }
    }
}

impl Shape {
    pub fn constant(value: Value) -> Self {
        let json = value.to_string().into_bytes().into();
        Self::Constant { value, json }
    }

    /// A string: constant if nothing in it is an expression.
    pub fn template(template: Template) -> Self {
        match template.as_literal() {
            Some(text) => Self::constant(Value::String(text)),
            None => Self::Template(template),
        }
    }

    /// An array: constant if all of its members are.
    pub fn array(members: Vec<Shape>) -> Self {
        match members.iter().map(|member| member.as_constant().cloned()).collect() {
            Some(members) => Self::constant(Value::Array(members)),
            None => Self::Array(members),
        }
    }

    /// An object: constant if all of its members are.
    pub fn object(members: Vec<Member>) -> Self {
        let constant: Option<Map<String, Value>> = members
            .iter()
            .map(|member| Some((member.name.to_string(), member.shape.as_constant()?.clone())))
            .collect();
        match constant {
            Some(members) => Self::constant(Value::Object(members)),
            None => Self::Object(members),
        }
    }

    pub fn as_constant(&self) -> Option<&Value> {
        match self {
            Self::Constant { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The value; `None` where it is exactly one optional expression that is absent.
    pub fn value<'s>(&'s self, scope: &'s dyn Scope) -> Result<Option<Cow<'s, Value>>, Fault> {
        match self {
            Self::Constant { value, .. } => Ok(Some(Cow::Borrowed(value))),
            Self::Template(template) => template.value(scope),
            _ => {
                let budget = Budget::new();
                let value = self.build(scope, &budget, 0)?;
                scope.effort().spend(budget.parts())?;
                Ok(value.map(Cow::Owned))
            }
        }
    }

    /// A value of its own, `depth` levels below the root of what is built.
    fn build(
        &self,
        scope: &dyn Scope,
        budget: &Budget,
        depth: usize,
    ) -> Result<Option<Value>, Fault> {
        match self {
            Self::Constant { value, .. } => {
                budget.copy(value, depth)?;
                Ok(Some(value.clone()))
            }
            Self::Template(template) => {
                let Some(value) = template.value(scope)? else { return Ok(None) };
                budget.copy(&*value, depth)?;
                Ok(Some(value.into_owned()))
            }
            Self::Array(members) => {
                budget.part()?;
                let mut values = Vec::with_capacity(members.len());
                for member in members {
                    values.extend(member.build(scope, budget, depth + 1)?);
                }
                Ok(Some(Value::Array(values)))
            }
            Self::Object(members) => {
                budget.part()?;
                let mut values = Map::new();
                for member in members {
                    if let Some(value) = member.shape.build(scope, budget, depth + 1)? {
                        values.insert(member.name.to_string(), value);
                    }
                }
                Ok(Some(Value::Object(values)))
            }
            Self::Each(each) => {
                let mut values = Vec::new();
                each.turns(
                    scope,
                    || budget.part(),
                    |inner| {
                        values.extend(each.shape.build(inner, budget, depth + 1)?);
                        Ok(())
                    },
                )?;
                Ok(Some(Value::Array(values)))
            }
            Self::When(conditional) => {
                let (when, shape) = &**conditional;
                if !when.holds(scope)? {
                    return Ok(None);
                }
                shape.build(scope, budget, depth)
            }
        }
    }

    /// The whole value as a JSON text; `null` if it is absent altogether.
    pub fn to_json(&self, scope: &dyn Scope) -> Result<Vec<u8>, Fault> {
        let mut json = Vec::with_capacity(256);
        if !self.write(scope, &mut json, &Budget::new())? {
            json.extend_from_slice(b"null");
        }
        Ok(json)
    }

    /// Appends JSON; false, with nothing appended, where the value is absent.
    fn write(&self, scope: &dyn Scope, json: &mut Vec<u8>, budget: &Budget) -> Result<bool, Fault> {
        match self {
            Self::Constant { json: constant, .. } => json.extend_from_slice(constant),
            Self::Template(template) => match template.value(scope)? {
                Some(value) => append(&value, json),
                None => return Ok(false),
            },
            Self::Array(members) => {
                json.push(b'[');
                let mut separated = Separated::default();
                for member in members {
                    separated.write(json, |json| member.write(scope, json, budget))?;
                }
                json.push(b']');
            }
            Self::Object(members) => {
                json.push(b'{');
                let mut separated = Separated::default();
                for member in members {
                    separated.write(json, |json| {
                        json.extend_from_slice(&member.json);
                        member.shape.write(scope, json, budget)
                    })?;
                }
                json.push(b'}');
            }
            Self::Each(each) => {
                json.push(b'[');
                let mut separated = Separated::default();
                each.turns(
                    scope,
                    || budget.part(),
                    |inner| separated.write(json, |json| each.shape.write(inner, json, budget)),
                )?;
                json.push(b']');
            }
            Self::When(conditional) => {
                let (when, shape) = &**conditional;
                return if when.holds(scope)? {
                    shape.write(scope, json, budget)
                } else {
                    Ok(false)
                };
            }
        }
        if json.len() > LARGEST_TEXT {
            return Err(Fault::TooLarge { place: "body", limit: LARGEST_TEXT });
        }
        Ok(true)
    }
}

/// Appends `value` as JSON. Writing into memory cannot fail, nor can a value that was parsed.
fn append(value: &Value, json: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *json, value);
    debug_assert!(written.is_ok(), "{written:?}");
}

/// Members of an array or object: commas between those that are there.
#[derive(Default)]
struct Separated {
    any: bool,
}

impl Separated {
    fn write(
        &mut self,
        json: &mut Vec<u8>,
        member: impl FnOnce(&mut Vec<u8>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let before = json.len();
        if self.any {
            json.push(b',');
        }
        if member(json)? {
            self.any = true;
        } else {
            json.truncate(before);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
