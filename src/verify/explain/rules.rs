//! Why each rule of a mapping runs or does not, the nearest miss first.

use std::cmp::Ordering;

use super::account::{RuleAccount, Standing};
use super::findings;
use super::glimpse::Curtain;
use crate::expr::condition::by_nearness;
use crate::expr::{At, Builtin, Root, Scope};
use crate::program::{Mapping, Rule};

/// Every rule: the one that runs, then the others by how near they are to it. `chosen`: where the
/// one that runs begins.
pub fn of(
    mapping: &Mapping,
    chosen: Option<At>,
    scope: &dyn Scope,
    curtain: &Curtain,
) -> Vec<RuleAccount> {
    let event_type = scope.get(Root::Builtin(Builtin::EventType)).ok().flatten();
    let event_type = event_type.and_then(serde_json::Value::as_str).unwrap_or_default();
    let mut decided = false;
    let mut rules = Vec::with_capacity(mapping.rules.len());
    for rule in &mapping.rules {
        let runs = chosen == Some(rule.at);
        let (account, nearness) = account(rule, event_type, runs, decided, scope, curtain);
        decided |= runs || matches!(account.standing, Standing::Undecided(_));
        rules.push((account, nearness));
    }
    // The nearest first; of equals the first in the file stays first.
    rules.sort_by(|(_, one), (_, other)| other.cmp(one));
    rules.into_iter().map(|(account, _)| account).collect()
}

/// How near a rule is to being the one that runs.
#[derive(Debug, Clone, Copy)]
struct Nearness {
    /// It runs, or it is where the event ends.
    decides: bool,
    of_this_type: bool,
    /// Tests that are as they have to be, of how many.
    tests: (usize, usize),
}

impl Nearness {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |it: &Self| (it.decides, it.of_this_type);
        rank(self).cmp(&rank(other)).then_with(|| by_nearness(self.tests, other.tests))
    }
}

fn account(
    rule: &Rule,
    event_type: &str,
    runs: bool,
    decided: bool,
    scope: &dyn Scope,
    curtain: &Curtain,
) -> (RuleAccount, Nearness) {
    let told = |standing, when| RuleAccount {
        at: rule.at,
        name: rule.name.clone(),
        patterns: rule.events.iter().map(|pattern| curtain.told(&pattern.to_string())).collect(),
        standing,
        when,
    };
    if !rule.events.iter().any(|pattern| pattern.matches(event_type)) {
        let nearness = Nearness { decides: false, of_this_type: false, tests: (0, 1) };
        return (told(Standing::OtherType, None), nearness);
    }
    let finding = rule.when.take_apart(scope);
    let standing = match finding.holds() {
        _ if runs => Standing::Runs,
        Ok(true) => Standing::WouldRun,
        Ok(false) => Standing::Misses,
        Err(fault) if !decided => Standing::Undecided(curtain.told(&fault.to_string())),
        Err(_) => Standing::Misses,
    };
    let tests = finding.nearness();
    let decides = runs || matches!(standing, Standing::Undecided(_));
    let when = (!rule.when.is_always()).then(|| findings::told(&finding, scope, curtain));
    (told(standing, when), Nearness { decides, of_this_type: true, tests })
}
