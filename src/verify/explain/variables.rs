//! The variables of a file and of the rule that runs: how each came about, and what fails for want
//! of one.

use super::account::{Outcome, Owner, RuleAccount, Standing, VariableAccount};
use super::glimpse::Curtain;
use super::trails::{self, Trails};
use crate::engine::needs;
use crate::expr::{Root, Scope, VariableId};
use crate::program::{Action, Mapping, Rule, Step};

/// So many requests are made to see whether they can be, over all variables.
const MOST_TRIALS: usize = 2_000;

/// Evaluates what nothing asked for so far: those of the file, then those of the rule.
pub fn evaluate(
    mapping: &Mapping,
    rules: &[RuleAccount],
    scope: &dyn Scope,
) -> Vec<(Owner, usize)> {
    let of_rule = running(mapping, rules).map(|rule| rule.variables.clone()).unwrap_or_default();
    let shared = mapping.shared.clone().map(|at| (Owner::File, at));
    let all: Vec<(Owner, usize)> = shared.chain(of_rule.map(|at| (Owner::Rule, at))).collect();
    for (_, at) in &all {
        // Whoever watches hears of values and faults alike.
        let _ = scope.get(Root::Variable(VariableId(*at)));
    }
    all
}

/// What was heard of them.
pub fn take(
    mapping: &Mapping,
    asked: Vec<(Owner, usize)>,
    trails: &mut Trails,
) -> Vec<(usize, VariableAccount)> {
    let told = asked
        .into_iter()
        .filter_map(|(owner, at)| Some((at, trails.take(mapping.variables.get(at)?, owner))));
    told.collect()
}

/// Adds what needs another look at the event: cases, and requests that cannot be made.
pub fn complete(
    told: Vec<(usize, VariableAccount)>,
    mapping: &Mapping,
    rules: &[RuleAccount],
    scope: &dyn Scope,
    curtain: &Curtain,
) -> Vec<VariableAccount> {
    let steps: &[Step] = match running(mapping, rules).map(|rule| &rule.action) {
        Some(Action::Steps(steps)) => steps,
        _ => &[],
    };
    let mut trials_left = MOST_TRIALS;
    let mut complete = Vec::with_capacity(told.len());
    for (at, mut account) in told {
        if let Some(variable) = mapping.variables.get(at) {
            trails::add_cases(&mut account, variable, scope, curtain);
        }
        if let Outcome::Missing { needed_by } = &mut account.outcome {
            let tried = &steps[..steps.len().min(trials_left)];
            trials_left -= tried.len();
            let needing = tried.iter().filter(|step| needs(step, mapping, VariableId(at), scope));
            *needed_by = needing.map(|step| step.label.clone()).collect();
        }
        complete.push(account);
    }
    complete
}

fn running<'m>(mapping: &'m Mapping, rules: &[RuleAccount]) -> Option<&'m Rule> {
    let decides =
        |rule: &&RuleAccount| matches!(rule.standing, Standing::Runs | Standing::Undecided(_));
    let at = rules.iter().find(decides)?.at;
    mapping.rules.iter().find(|rule| rule.at == at)
}
