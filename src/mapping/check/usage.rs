//! Who refers to which variable: cycles are errors, variables that nothing needs are warnings.

use std::collections::BTreeSet;

use super::super::diagnostic::Span;
use super::Checker;
use crate::expr::{SavedId, VariableId};

/// References as they were met.
#[derive(Default)]
pub(super) struct Usage {
    declared: Vec<Declared>,
    /// The variable whose definition is being read.
    within: Option<VariableId>,
    /// What rules and targets refer to.
    roots: BTreeSet<VariableId>,
    /// Whether an answer's body was referred to; whoever asks resets it.
    pub(super) reads_body: bool,
    /// Whether something was referred to that is another for each event or session; whoever asks
    /// resets it.
    pub(super) varies: bool,
    /// What of a session was referred to; whoever asks resets it.
    pub(super) of_session: BTreeSet<SavedId>,
}

struct Declared {
    name: Box<str>,
    span: Span,
    refers_to: BTreeSet<VariableId>,
}

impl Usage {
    pub(super) fn declare(&mut self, name: &str, span: Span) {
        self.declared.push(Declared { name: name.into(), span, refers_to: BTreeSet::new() });
    }

    pub(super) fn enter(&mut self, id: VariableId) {
        self.within = Some(id);
    }

    pub(super) fn leave(&mut self) {
        self.within = None;
    }

    pub(super) fn refer(&mut self, id: VariableId) {
        match self.within.and_then(|within| self.declared.get_mut(within.0)) {
            Some(declared) => declared.refers_to.insert(id),
            None => self.roots.insert(id),
        };
    }

    fn needed(&self) -> BTreeSet<VariableId> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<VariableId> = self.roots.iter().copied().collect();
        while let Some(id) = open.pop() {
            if needed.insert(id) {
                open.extend(self.declared.get(id.0).iter().flat_map(|one| &one.refers_to));
            }
        }
        needed
    }

    /// Ways from variables back to themselves that a depth-first walk meets, each with a variable
    /// that is in no other before it, and the length of the longest chain. Not recursive: a file can
    /// chain more variables than a stack has room for.
    fn walk(&self) -> Walk {
        let mut walk = Walk { cycles: Vec::new(), longest: None };
        let mut depths: Vec<Option<usize>> = vec![None; self.declared.len()];
        let mut on_way = vec![false; self.declared.len()];
        let mut told = vec![false; self.declared.len()];
        for start in 0..self.declared.len() {
            let mut way: Vec<(usize, Vec<VariableId>)> = Vec::new();
            let mut next = Some(start);
            loop {
                if let Some(at) = next.take().filter(|at| depths[*at].is_none()) {
                    on_way[at] = true;
                    way.push((at, self.declared[at].refers_to.iter().copied().collect()));
                }
                let Some((at, open)) = way.last_mut() else { break };
                let at = *at;
                match open.pop() {
                    Some(VariableId(to)) if on_way.get(to) == Some(&true) => {
                        let from = way.iter().position(|(at, _)| *at == to).unwrap_or(0);
                        let cycle = way[from..].iter().map(|(at, _)| *at);
                        if cycle.clone().any(|at| !told[at]) {
                            cycle.clone().for_each(|at| told[at] = true);
                            walk.cycles.push(cycle.collect());
                        }
                    }
                    Some(VariableId(to)) => next = Some(to).filter(|to| *to < depths.len()),
                    None => {
                        let below = self.declared[at].refers_to.iter();
                        let deepest =
                            below.filter_map(|id| depths.get(id.0).copied().flatten()).max();
                        let depth = deepest.map_or(1, |below| below + 1);
                        depths[at] = Some(depth);
                        on_way[at] = false;
                        if walk.longest.is_none_or(|(_, longest)| depth > longest) {
                            walk.longest = Some((at, depth));
                        }
                        way.pop();
                    }
                }
            }
        }
        walk
    }
}

struct Walk {
    cycles: Vec<Vec<usize>>,
    /// Where the longest chain begins, and its length.
    longest: Option<(usize, usize)>,
}

/// The longest chain of variables that need each other: they are evaluated by recursion.
const LONGEST_CHAIN: usize = 50;

impl Checker<'_, '_> {
    /// Reports cycles, and variables that nothing needs.
    pub(super) fn usage(&mut self) {
        let walk = self.usage.walk();
        for way in &walk.cycles {
            self.cycle(way);
        }
        if let Some((start, length)) = walk.longest.filter(|(_, length)| *length > LONGEST_CHAIN) {
            let span = self.usage.declared[start].span;
            let message = format!(
                "this variable needs another, which needs another, through {length} variables; \
                 the limit is {LONGEST_CHAIN}"
            );
            let help = "let a variable in the middle take its value from the event, with `path`";
            self.error("long-chain", span, message, help);
        }
        // What could not be read may be what needs a variable.
        if self.report.has_errors_in(self.source) {
            return;
        }
        let needed = self.usage.needed();
        // Of a chain that nothing needs its end is the mistake.
        let referred: BTreeSet<VariableId> =
            self.usage.declared.iter().flat_map(|one| one.refers_to.iter().copied()).collect();
        let unused: Vec<(Box<str>, Span)> = self
            .usage
            .declared
            .iter()
            .enumerate()
            .filter(|(at, _)| !needed.contains(&VariableId(*at)))
            .filter(|(at, _)| !referred.contains(&VariableId(*at)))
            .map(|(_, declared)| (declared.name.clone(), declared.span))
            .collect();
        for (name, span) in unused {
            let message = format!("the variable `{name}` is not used");
            self.warning("unused-variable", span, message, "use it, or leave it out");
        }
    }

    fn cycle(&mut self, way: &[usize]) {
        let declared = &self.usage.declared;
        let names: Vec<&str> =
            way.iter().chain(way.first()).map(|at| &*declared[*at].name).collect();
        let message = match names.as_slice() {
            [name, _] => format!("the variable `{name}` needs itself"),
            names => format!("these variables need each other: {}", names.join(" → ")),
        };
        let span = way.first().map_or_else(Span::default, |at| declared[*at].span);
        self.error(
            "cyclic-variables",
            span,
            message,
            "take one of them from the event, with `path`",
        );
    }
}
