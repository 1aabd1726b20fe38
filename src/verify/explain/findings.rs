//! What conditions came to, as it is told.

use super::account::{Found, Tested};
use super::glimpse::Curtain;
use crate::expr::Scope;
use crate::expr::condition::{self, Condition, Finding};

/// So many of the values that a path selects are told.
const MOST_VALUES: usize = 3;

/// Asks every test of a condition.
pub fn of(condition: &Condition, scope: &dyn Scope, curtain: &Curtain) -> Found {
    told(&condition.take_apart(scope), scope, curtain)
}

/// The same for a condition that may be missing; one without tests always holds.
pub fn of_when(condition: &Condition, scope: &dyn Scope, curtain: &Curtain) -> Option<Found> {
    (!condition.is_always()).then(|| of(condition, scope, curtain))
}

/// What is found, in words; nothing where too much was told already.
pub fn told(finding: &Finding<'_>, scope: &dyn Scope, curtain: &Curtain) -> Found {
    if curtain.is_full() {
        return Found::All(Vec::new());
    }
    let each =
        |parts: &[Finding<'_>]| parts.iter().map(|part| told(part, scope, curtain)).collect();
    match finding {
        Finding::All(parts) => Found::All(each(parts)),
        Finding::Any(parts) => Found::Any(each(parts)),
        Finding::Not(part) => Found::Not(Box::new(told(part, scope, curtain))),
        Finding::Test(tested) => Found::Test(test(tested, scope, curtain)),
    }
}

fn test(tested: &condition::Tested<'_>, scope: &dyn Scope, curtain: &Curtain) -> Tested {
    let (subject, asks) = (tested.subject.text().to_owned(), tested.test.words(scope, curtain));
    curtain.take_room(subject.len() + asks.len());
    Tested {
        at: tested.at,
        subject,
        asks,
        saw: tested.saw.iter().take(MOST_VALUES).map(|value| curtain.glimpse(value)).collect(),
        more: tested.saw.len().saturating_sub(MOST_VALUES),
        held: tested.held.clone().map_err(|fault| curtain.fault(&fault)),
        decides: tested.decides,
    }
}
