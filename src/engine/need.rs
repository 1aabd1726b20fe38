//! Which requests cannot be made for want of one variable.

use std::cell::OnceCell;

use serde_json::Value;

use super::request;
use crate::expr::{Builtin, Effort, Fault, Reading, Root, Scope, VariableId};
use crate::program::{Act, Mapping, Step};

/// Whether the request of a step cannot be made for want of this variable, whatever else is missing.
pub fn needs(step: &Step, mapping: &Mapping, variable: VariableId, scope: &dyn Scope) -> bool {
    let Act::Call(call) = &step.act else { return false };
    let target = mapping.targets.get(call.target);
    let Some((target, wanted)) = target.zip(mapping.variables.get(variable.0)) else {
        return false;
    };
    let wanting =
        Wanting { scope, variable, name: &wanted.name, item: OnceCell::new(), other: "x".into() };
    let is_wanted = |fault: &Fault| wanting.is_wanted(fault);
    if let Some(list) = &step.for_each {
        match list.members(&wanting) {
            Err(fault) => return is_wanted(&fault),
            Ok(members) => drop(wanting.item.set(members.first().cloned())),
        }
    }
    request::render(&call.request, target, &wanting).is_err_and(|fault| is_wanted(&fault))
}

/// The names of another scope, as if of all that is missing only one variable were.
struct Wanting<'s> {
    scope: &'s dyn Scope,
    variable: VariableId,
    name: &'s str,
    /// The first member of what the step goes over.
    item: OnceCell<Option<Value>>,
    /// Stands for everything else that is missing.
    other: Value,
}

impl Wanting<'_> {
    fn is_wanted(&self, fault: &Fault) -> bool {
        matches!(fault, Fault::Absent { variable, .. } if **variable == *self.name)
    }
}

impl Scope for Wanting<'_> {
    fn get(&self, root: Root) -> Result<Option<&Value>, Fault> {
        let found = match root {
            Root::Builtin(Builtin::Item) => {
                return Ok(self.item.get().and_then(Option::as_ref).or(Some(&self.other)));
            }
            Root::Builtin(Builtin::Index) => return Ok(Some(&self.other)),
            Root::Variable(id) if id == self.variable => return Ok(None),
            root => self.scope.get(root),
        };
        match found {
            Ok(Some(value)) => Ok(Some(value)),
            Ok(None) if matches!(root, Root::Saved(_) | Root::Step(_)) => Ok(Some(&self.other)),
            Ok(None) if self.scope.absence(root).is_some() => Ok(Some(&self.other)),
            Ok(None) => Ok(None),
            Err(fault) if self.is_wanted(&fault) || !fault.is_absence() => Err(fault),
            Err(_) => Ok(Some(&self.other)),
        }
    }

    fn absence(&self, root: Root) -> Option<Fault> {
        (root == Root::Variable(self.variable)).then(|| self.scope.absence(root)).flatten()
    }

    fn document(&self) -> Option<Reading<'_>> {
        self.scope.document()
    }

    fn effort(&self) -> &Effort {
        self.scope.effort()
    }

    fn uuid(&self) -> String {
        self.scope.uuid()
    }
}
