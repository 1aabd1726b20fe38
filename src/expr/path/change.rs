//! Changing what a path selects, for events that tests make from others.

use std::collections::HashSet;
use std::ptr;

use serde_json::{Map, Value};

use super::{Link, Path, Plan, evaluate};
use crate::document::Node;
use crate::event::kind;
use crate::expr::{Budget, Effort, Fault};

/// Why a document cannot be changed like that; it may be changed in part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeFault {
    #[error("this selects nothing, and only a path of names and positions says what to create")]
    NothingSelected,
    #[error("this selects nothing: there is nothing to remove")]
    NothingToRemove,
    #[error("the whole of it cannot be removed")]
    Whole,
    /// A name below a text, or the like.
    #[error("`{wanted}` cannot be created below {found}")]
    InTheWay { wanted: String, found: &'static str },
    /// A position past the end of a list.
    #[error("position {position} cannot be created in a list of {length}")]
    Gap { position: i64, length: usize },
    #[error("this selects more than {MOST_CHANGED} nodes")]
    TooMany,
    #[error("{0}")]
    TooMuch(Fault),
}

/// Most nodes that are changed at once.
const MOST_CHANGED: usize = 10_000;

impl From<Fault> for ChangeFault {
    fn from(fault: Fault) -> Self {
        Self::TooMuch(fault)
    }
}

/// The way to a node, from the root.
type Way = Vec<Turn>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Turn {
    Member(String),
    Position(usize),
}

impl Path {
    /// Puts `value` in place of every selected node. Where nothing is selected, a path of names and
    /// positions creates what it names, lists and objects on the way included.
    pub fn set(
        &self,
        document: &mut Value,
        value: &Value,
        effort: &Effort,
    ) -> Result<(), ChangeFault> {
        let ways = self.ways(document, effort)?;
        match (&self.plan, ways.is_empty()) {
            (Plan::Chain(links), true) => {
                Budget::new().copy(value, links.len())?;
                create(document, links, value.clone())
            }
            (Plan::Query(_), true) => Err(ChangeFault::NothingSelected),
            (_, false) => {
                let budget = Budget::new();
                // From the last to the first: what is below another node goes before it.
                for way in ways.iter().rev() {
                    budget.copy(value, way.len())?;
                    if let Some(node) = follow(document, way) {
                        *node = value.clone();
                    }
                }
                Ok(())
            }
        }
    }

    /// Removes every selected node; members of lists behind it move up.
    pub fn remove(&self, document: &mut Value, effort: &Effort) -> Result<(), ChangeFault> {
        let ways = self.ways(document, effort)?;
        if ways.is_empty() {
            return Err(ChangeFault::NothingToRemove);
        }
        for way in ways.iter().rev() {
            let (last, above) = way.split_last().ok_or(ChangeFault::Whole)?;
            match (follow(document, above), last) {
                (Some(Value::Object(members)), Turn::Member(name)) => {
                    effort.spend(members.len())?;
                    members.shift_remove(name);
                }
                (Some(Value::Array(members)), Turn::Position(at)) if *at < members.len() => {
                    effort.spend(members.len() - at)?;
                    members.remove(*at);
                }
                // What it stood below is gone already.
                _ => {}
            }
        }
        Ok(())
    }

    /// The ways to all selected nodes, in the order of the document.
    fn ways(&self, document: &Value, effort: &Effort) -> Result<Vec<Way>, ChangeFault> {
        match &self.plan {
            Plan::Chain(links) => {
                effort.spend(links.len())?;
                Ok(way_of(document, links).into_iter().collect())
            }
            Plan::Query(_) => {
                let nodes = self.all(document, effort)?;
                // Nodes are told apart by where they stand, since equal ones may be everywhere.
                let selected: HashSet<*const Value> =
                    nodes.into_iter().map(ptr::from_ref).collect();
                if selected.len() > MOST_CHANGED {
                    return Err(ChangeFault::TooMany);
                }
                effort.walk(document)?;
                let mut search = Search { selected: &selected, way: Vec::new(), found: Vec::new() };
                search.through(document);
                Ok(search.found)
            }
        }
    }
}

fn way_of(document: &Value, links: &[Link]) -> Option<Way> {
    let (mut node, mut way) = (document, Vec::with_capacity(links.len()));
    for link in links {
        let (next, turn) = match link {
            Link::Member(name) => (Node::get(node, name)?, Turn::Member(name.to_string())),
            Link::Position(position) => {
                let at = index(*position, node.as_array()?.len())?;
                (evaluate::at(node, *position)?, Turn::Position(at))
            }
        };
        way.push(turn);
        node = next;
    }
    Some(way)
}

/// A position from the beginning, of one that may be from the end.
fn index(position: i64, length: usize) -> Option<usize> {
    match usize::try_from(position) {
        Ok(at) => Some(at),
        Err(_) => length.checked_sub(usize::try_from(position.unsigned_abs()).ok()?),
    }
}

struct Search<'s> {
    selected: &'s HashSet<*const Value>,
    way: Way,
    found: Vec<Way>,
}

impl Search<'_> {
    fn through(&mut self, node: &Value) {
        if self.selected.contains(&ptr::from_ref(node)) {
            self.found.push(self.way.clone());
        }
        match node {
            Value::Array(members) => {
                for (at, member) in members.iter().enumerate() {
                    self.below(Turn::Position(at), member);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.below(Turn::Member(name.clone()), member);
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, turn: Turn, node: &Value) {
        self.way.push(turn);
        self.through(node);
        self.way.pop();
    }
}

fn follow<'v>(document: &'v mut Value, way: &[Turn]) -> Option<&'v mut Value> {
    way.iter().try_fold(document, |node, turn| match (turn, node) {
        (Turn::Member(name), Value::Object(members)) => members.get_mut(name),
        (Turn::Position(at), Value::Array(members)) => members.get_mut(*at),
        _ => None,
    })
}

/// Makes what the links name. Null on the way becomes what is needed there.
fn create(document: &mut Value, links: &[Link], value: Value) -> Result<(), ChangeFault> {
    let mut node = document;
    for link in links {
        node = match link {
            Link::Member(name) => {
                if node.is_null() {
                    *node = Value::Object(Map::new());
                }
                match node {
                    Value::Object(members) => {
                        members.entry(name.to_string()).or_insert(Value::Null)
                    }
                    other => return Err(in_the_way(name.to_string(), other)),
                }
            }
            Link::Position(position) => {
                if node.is_null() {
                    *node = Value::Array(Vec::new());
                }
                match node {
                    Value::Array(members) => member(members, *position)?,
                    other => return Err(in_the_way(format!("[{position}]"), other)),
                }
            }
        };
    }
    *node = value;
    Ok(())
}

/// A member that is there, or the one behind the last.
fn member(members: &mut Vec<Value>, position: i64) -> Result<&mut Value, ChangeFault> {
    let length = members.len();
    let at = index(position, length).filter(|at| *at <= length);
    let at = at.ok_or(ChangeFault::Gap { position, length })?;
    if at == length {
        members.push(Value::Null);
    }
    members.get_mut(at).ok_or(ChangeFault::Gap { position, length })
}

fn in_the_way(wanted: String, found: &Value) -> ChangeFault {
    ChangeFault::InTheWay { wanted, found: kind(found) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
    }

    fn set(document: Value, at: &str, value: Value) -> Result<Value, String> {
        let mut changed = document;
        let result = path(at).set(&mut changed, &value, &Effort::new());
        result.map(|()| changed).map_err(|fault| fault.to_string())
    }

    fn remove(document: Value, at: &str) -> Result<Value, String> {
        let mut changed = document;
        let result = path(at).remove(&mut changed, &Effort::new());
        result.map(|()| changed).map_err(|fault| fault.to_string())
    }

    #[test]
    fn every_selected_node_is_set() {
        for (before, at, after) in [
            (json!({"a": 1, "b": 1}), "$.a", json!({"a": "x", "b": 1})),
            (json!({"a": null}), "$.a", json!({"a": "x"})),
            (json!([1, 2, 3]), "$[-1]", json!([1, 2, "x"])),
            (json!([1, 1, 1]), "$[*]", json!(["x", "x", "x"])),
            (
                json!({"a": {"n": 1}, "l": [{"n": 1}]}),
                "$..n",
                json!({"a": {"n": "x"}, "l": [{"n": "x"}]}),
            ),
            (
                json!([{"k": 1, "v": 0}, {"k": 2, "v": 0}]),
                "$[?@.k == 2].v",
                json!([{"k": 1, "v": 0}, {"k": 2, "v": "x"}]),
            ),
            (json!({"a": 1}), "$", json!("x")),
            // What is below another node that is set goes with it.
            (json!({"a": {"a": 1}}), "$..a", json!({"a": "x"})),
        ] {
            assert_eq!(set(before, at, json!("x")), Ok(after), "{at}");
        }
    }

    #[test]
    fn what_names_and_positions_do_not_select_is_created() {
        for (before, at, after) in [
            (json!({}), "$.a.b", json!({"a": {"b": "x"}})),
            (json!({"a": null}), "$.a.b", json!({"a": {"b": "x"}})),
            (json!({}), "$['a b'][0].c", json!({"a b": [{"c": "x"}]})),
            (json!({"l": [1]}), "$.l[1]", json!({"l": [1, "x"]})),
        ] {
            assert_eq!(set(before, at, json!("x")), Ok(after), "{at}");
        }
    }

    #[test]
    fn what_cannot_be_created_is_told() {
        for (before, at, told) in [
            (json!({"a": 1}), "$.a.b", "`b` cannot be created below a number"),
            (json!({"a": []}), "$.a.b", "`b` cannot be created below an array"),
            (json!({"a": {}}), "$.a[0]", "`[0]` cannot be created below an object"),
            (json!({}), "$.l[1]", "position 1 cannot be created in a list of 0"),
            (json!({}), "$.l[-1]", "position -1 cannot be created in a list of 0"),
            (
                json!({}),
                "$..a",
                "this selects nothing, and only a path of names and positions says what to create",
            ),
        ] {
            assert_eq!(set(before, at, json!(1)), Err(told.to_owned()), "{at}");
        }
    }

    #[test]
    fn every_selected_node_is_removed() {
        for (before, at, after) in [
            (json!({"a": 1, "b": 2, "c": 3}), "$.a", json!({"b": 2, "c": 3})),
            (json!([0, 1, 2, 3, 4]), "$[1, 3]", json!([0, 2, 4])),
            (json!([0, 1, 2]), "$[0, 0]", json!([1, 2])),
            (json!([0, 1, 2]), "$[-3]", json!([1, 2])),
            (json!({"a": {"a": 1}, "b": [{"a": 2}]}), "$..a", json!({"b": [{}]})),
        ] {
            assert_eq!(remove(before, at), Ok(after), "{at}");
        }
        for (at, told) in [
            ("$.z", "this selects nothing: there is nothing to remove"),
            ("$..z", "this selects nothing: there is nothing to remove"),
            ("$", "the whole of it cannot be removed"),
        ] {
            assert_eq!(remove(json!({"a": 1}), at), Err(told.to_owned()));
        }
    }

    #[test]
    fn what_would_grow_without_end_is_refused() {
        let (mut document, deeper) = (json!([1]), json!({"b": {"c": 1}}));
        let innermost = path("$..[?@ == 1]");
        let told =
            (0..200).find_map(|_| innermost.set(&mut document, &deeper, &Effort::new()).err());
        let too_deep = Fault::TooDeep { limit: 256 };
        assert_eq!(told, Some(ChangeFault::TooMuch(too_deep.clone())));
        let below = format!("${}", ".a".repeat(1_000));
        let told = path(&below).set(&mut json!({}), &json!(1), &Effort::new());
        assert_eq!(told, Err(ChangeFault::TooMuch(too_deep)));
        let told = set(json!(vec![0; 10_001]), "$[*]", json!(1));
        assert_eq!(told, Err("this selects more than 10000 nodes".to_owned()));
        let (mut document, long) = (json!(vec![0; 10_000]), json!("x".repeat(10_000)));
        let told = path("$[*]").set(&mut document, &long, &Effort::new());
        assert!(matches!(told, Err(ChangeFault::TooMuch(_))), "{told:?}");
    }
}
