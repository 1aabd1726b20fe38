//! `$each`: a shape for each member of a list, and what its names stand for meanwhile.

use serde_json::Value;

use super::body::Shape;
use super::condition::Condition;
use super::{EachId, Effort, Fault, Reading, Reference, Root, Scope, descend};

/// An array with one shape for each member of another.
#[derive(Debug, Clone)]
pub struct Each {
    pub id: EachId,
    pub over: Reference,
    /// Members for which it does not hold are left out.
    pub when: Condition,
    pub shape: Shape,
}

impl Each {
    /// Calls `turn` for each member whose condition holds; `count` pays for each that is asked.
    pub(super) fn turns(
        &self,
        scope: &dyn Scope,
        count: impl Fn() -> Result<(), Fault>,
        mut turn: impl FnMut(&dyn Scope) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for (position, member) in self.over.members(scope)?.iter().enumerate() {
            count()?;
            scope.effort().spend(1)?;
            let position = Value::from(position);
            let inner = EachScope { id: self.id, member, position: &position, outer: scope };
            if self.when.holds(&inner)? {
                turn(&inner)?;
            }
        }
        Ok(())
    }
}

/// The names of one turn, in front of those around it.
struct EachScope<'t> {
    id: EachId,
    member: &'t Value,
    position: &'t Value,
    outer: &'t dyn Scope,
}

impl Scope for EachScope<'_> {
    fn get(&self, root: Root) -> Result<Option<&Value>, Fault> {
        match root {
            Root::Member(id) if id == self.id => Ok(Some(self.member)),
            Root::Position(id) if id == self.id => Ok(Some(self.position)),
            other => self.outer.get(other),
        }
    }

    fn absence(&self, root: Root) -> Option<Fault> {
        self.outer.absence(root)
    }

    fn below(&self, root: Root, way: &[Box<str>]) -> Result<Option<&Value>, Fault> {
        match root {
            Root::Member(id) | Root::Position(id) if id == self.id => {
                Ok(self.get(root)?.and_then(|value| descend(value, way)))
            }
            other => self.outer.below(other, way),
        }
    }

    fn document(&self) -> Option<Reading<'_>> {
        self.outer.document()
    }

    fn effort(&self) -> &Effort {
        self.outer.effort()
    }

    fn uuid(&self) -> String {
        self.outer.uuid()
    }
}
