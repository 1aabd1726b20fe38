//! One event of a case on its way: what is sent is held against what is expected, and answered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::case::{Address, Case, Expected, Scene};
use super::coverage::Footprints;
use super::difference::{self, Sent};
use super::report::{Again, Difference, Mismatch};
use crate::clock::virtual_time::VirtualClock;
use crate::engine::observe::{GivenUp, Observer};
use crate::engine::script::{Director, Reply};
use crate::engine::transport::{Request, TransportFault};
use crate::expr::compare::equal;
use crate::expr::extract::Variable;
use crate::expr::{At, Came, Fault, Root, SavedId, Scope, Witness};
use crate::program::{Call, Mapping, ResponseEntry, Rule, Step, Target};
use crate::telemetry::mask::Secrets;

/// Stands in for the targets of a mapping, and watches; for one event after the other.
#[derive(Default)]
pub struct Rehearsal {
    pub footprints: Footprints,
    state: Mutex<Option<State>>,
}

/// Where an event has come to.
struct State {
    case: Arc<Case>,
    /// Position of the scene.
    scene: usize,
    clock: VirtualClock,
    secrets: Arc<Secrets>,
    target: Arc<str>,
    base: Arc<str>,
    /// Label of the step that is on its way.
    step: Arc<str>,
    attempt: usize,
    /// The exchange that is on its way.
    current: Option<usize>,
    seen: Seen,
}

/// What was seen of an event.
#[derive(Default)]
pub struct Seen {
    /// Of each exchange: how often it was sent.
    pub tries: Vec<usize>,
    /// What was not as expected, in the order in which it was noticed.
    pub mismatches: Vec<(At, Mismatch)>,
    /// A request was sent that nobody expected, and the event ended there.
    pub stopped: bool,
    /// Whether variables were looked at.
    pub ended: bool,
    /// What stands before the target, and kept the last request from it.
    pub held: Option<GivenUp>,
}

impl Rehearsal {
    /// What happens from now on belongs to this scene.
    pub fn begin(
        &self,
        case: &Arc<Case>,
        scene: usize,
        clock: &VirtualClock,
        secrets: &Arc<Secrets>,
    ) {
        let exchanges = case.scenes.get(scene).map_or(0, |scene| scene.exchanges.len());
        let seen = Seen { tries: vec![0; exchanges], ..Seen::default() };
        *self.state() = Some(State {
            case: Arc::clone(case),
            scene,
            clock: clock.clone(),
            secrets: Arc::clone(secrets),
            target: Arc::default(),
            base: Arc::default(),
            step: Arc::default(),
            attempt: 1,
            current: None,
            seen,
        });
    }

    /// What was seen since then.
    pub fn end(&self) -> Seen {
        self.state().take().map(|state| state.seen).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Director for Rehearsal {
    fn direct(&self, request: Request) -> (Reply, VirtualClock) {
        match &mut *self.state() {
            Some(state) => (state.answer(&request), state.clock.clone()),
            None => (unexpected(), VirtualClock::new(jiff::Timestamp::UNIX_EPOCH)),
        }
    }
}

/// What ends a rule at once, whatever its mapping says.
fn unexpected() -> Reply {
    Reply::at_once(Err(TransportFault::Unsendable))
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        let case = Arc::clone(&self.case);
        let Some(scene) = case.scenes.get(self.scene) else { return unexpected() };
        let expected = match self.current.filter(|_| self.attempt > 1) {
            Some(position) => scene.exchanges.get(position).map(|expected| (position, expected)),
            None => self.next(scene, request),
        };
        let reply = expected.and_then(|(position, expected)| {
            let sent = self.seen.tries.get_mut(position)?;
            let reply = expected.replies.get(*sent)?;
            *sent += 1;
            Some(reply.clone())
        });
        if let Some(reply) = reply {
            return reply;
        }
        let again =
            expected.map(|(position, _)| Again { position: position + 1, attempt: self.attempt });
        let at = expected.map_or(scene.at, |(_, expected)| expected.at);
        let sent = difference::sent_only(&self.sent(request), &*self.secrets);
        if !self.seen.stopped {
            self.seen.mismatches.push((at, Mismatch::Unexpected { sent, again }));
        }
        self.seen.stopped = true;
        unexpected()
    }

    /// The exchange that a new request belongs to: the next one, unless it is exactly what a later
    /// one expects.
    fn next<'s>(&mut self, scene: &'s Scene, request: &Request) -> Option<(usize, &'s Expected)> {
        let from = self.current.map_or(0, |position| position + 1);
        let expected = scene.exchanges.get(from)?;
        let difference = self.difference(expected, request);
        let later = || {
            let mut later = scene.exchanges.iter().enumerate().skip(from + 1);
            later.find(|(_, later)| self.is_for(later, request))
        };
        let found = if difference.is_none() { None } else { later() };
        let (position, expected) = found.unwrap_or_else(|| {
            if !difference.is_none() {
                let mismatch = Mismatch::Request { position: from + 1, difference };
                self.seen.mismatches.push((expected.at, mismatch));
            }
            (from, expected)
        });
        self.current = Some(position);
        Some((position, expected))
    }

    fn difference(&self, expected: &Expected, request: &Request) -> Difference {
        difference::of(expected, &self.sent(request), &*self.secrets)
    }

    fn sent<'s>(&'s self, request: &'s Request) -> Sent<'s> {
        Sent { request, target: &self.target, base: &self.base, step: &self.step }
    }

    /// Whether a request is just what is expected; most are told apart by their addresses.
    fn is_for(&self, expected: &Expected, request: &Request) -> bool {
        let begins = match &expected.address {
            Address::Below(path) => {
                request.url.strip_prefix(&*self.base).is_some_and(|rest| rest.starts_with(&**path))
            }
            Address::Whole(url) => request.url.starts_with(&**url),
        };
        begins
            && *expected.method == *request.method
            && self.difference(expected, request).is_none()
    }
}

impl Witness for Rehearsal {
    fn came(&self, variable: &Variable, how: Came<'_>) {
        self.footprints.came(variable, how);
    }
}

impl Observer for Rehearsal {
    fn chosen(&self, mapping: &Mapping, rule: &Rule) {
        self.footprints.chosen(mapping, rule);
    }

    fn turn(&self, step: &Step, index: Option<u32>, runs: bool, scope: &dyn Scope) {
        self.footprints.turn(step, index, runs, scope);
        if let Some(state) = &mut *self.state() {
            state.step = Arc::clone(&step.label);
        }
    }

    fn sending(&self, target: &Target, _: &Request, attempt: u32) {
        if let Some(state) = &mut *self.state() {
            state.target = Arc::clone(&target.name);
            state.base = Arc::clone(&target.url);
            state.attempt = usize::try_from(attempt).unwrap_or(usize::MAX);
        }
    }

    fn judged(&self, call: &Call, target: &Target, by: Option<&ResponseEntry>, scope: &dyn Scope) {
        self.footprints.judged(call, target, by, scope);
    }

    fn given_up(&self, why: GivenUp) {
        if let Some(state) = &mut *self.state() {
            state.seen.held = why.is_of_gate().then_some(why);
        }
    }

    fn ended(&self, mapping: &Mapping, rule: &Rule, scope: &dyn Scope) {
        let of_now = self.state().as_ref().map(|state| (Arc::clone(&state.case), state.scene));
        let Some((case, scene)) = of_now else { return };
        let expected = case.scenes.get(scene).map_or(&[][..], |scene| &scene.variables);
        let mut mismatches = Vec::new();
        for variable in expected {
            let (found, fault) = match value(mapping, rule, &variable.name, scope) {
                Ok(found) => (found.cloned(), None),
                Err(fault) => (None, Some(fault)),
            };
            let as_expected = match &found {
                Some(found) => equal(found, &variable.value),
                None => variable.value.is_null() && fault.is_none(),
            };
            if !as_expected {
                let (name, expected) = (Arc::clone(&variable.name), variable.value.clone());
                let mismatch = Mismatch::Variable { name, expected, found, fault };
                mismatches.push((variable.at, mismatch));
            }
        }
        if let Some(state) = &mut *self.state() {
            state.seen.ended = true;
            state.seen.mismatches.extend(mismatches);
        }
    }
}

/// What stands behind a name at the end of a rule; in words why that cannot be told.
fn value<'s>(
    mapping: &Mapping,
    rule: &Rule,
    name: &str,
    scope: &'s dyn Scope,
) -> Result<Option<&'s Value>, String> {
    let saved = || rule.saved.iter().position(|saved| **saved == *name).map(SavedId);
    let root = match (mapping.variable(rule, name), saved()) {
        (Some(id), _) => Root::Variable(id),
        (None, Some(id)) => Root::Saved(id),
        (None, None) => return Err(format!("the rule `{}` has no such variable", rule.name)),
    };
    match scope.get(root) {
        // One that may not be absent, and is: whoever needed it was told, and here it is absent.
        Err(fault) if fault.is_absence() => Ok(None),
        other => other.map_err(|fault: Fault| fault.to_string()),
    }
}
