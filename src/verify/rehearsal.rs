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
use crate::program::{Call, Mapping, Repeat, ResponseEntry, Rule, Step, Target, Undo};
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
    /// The event's own, and one for each log-in.
    threads: Vec<Thread>,
    /// Whose request is sent.
    sending: usize,
    /// Position of the exchange that is expected next.
    next: usize,
    seen: Seen,
}

/// What goes on one after the other; a log-in may go on beside the event that needs it.
#[derive(Default)]
struct Thread {
    target: Arc<str>,
    base: Arc<str>,
    /// Label of the step that is on its way.
    step: Arc<str>,
    attempt: usize,
    /// Position of the exchange that is on its way.
    current: Option<usize>,
    /// An answer was not yet what a poll waits for.
    polls: bool,
}

/// The thread of the event.
const EVENT: usize = 0;

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
            threads: Vec::new(),
            sending: EVENT,
            next: 0,
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

    fn at_step(&self, thread: usize, label: &Arc<str>) {
        if let Some(state) = &mut *self.state() {
            let thread = state.thread(thread);
            (thread.step, thread.polls) = (Arc::clone(label), false);
        }
    }

    fn polls(&self, thread: usize, again: bool) {
        if let Some(state) = &mut *self.state() {
            state.thread(thread).polls = again;
        }
    }

    fn sends(&self, thread: usize, target: &Target, attempt: u32) {
        let Some(state) = &mut *self.state() else { return };
        state.sending = thread;
        let thread = state.thread(thread);
        thread.target = Arc::clone(&target.name);
        thread.base = Arc::clone(&target.url);
        thread.attempt = usize::try_from(attempt).unwrap_or(usize::MAX);
    }
}

impl Director for Rehearsal {
    fn direct(&self, request: &Request) -> (Reply, VirtualClock) {
        match &mut *self.state() {
            Some(state) => (state.answer(request), state.clock.clone()),
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
        // What a rule takes back because of a request that nobody expected is no news.
        if self.seen.stopped {
            return unexpected();
        }
        let Thread { attempt, current, .. } = *self.thread(self.sending);
        let polled = std::mem::take(&mut self.thread(self.sending).polls);
        let expected = match current.filter(|_| attempt > 1) {
            Some(position) => scene.exchanges.get(position).map(|expected| (position, expected)),
            None if polled => self.one_more(scene, request).or_else(|| self.next(scene, request)),
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
        let again = expected.map(|(position, _)| Again { position: position + 1, attempt });
        let at = expected.map_or(scene.at, |(_, expected)| expected.at);
        let secrets = Arc::clone(&self.secrets);
        let sent = difference::sent_only(&self.sent(request), &*secrets);
        self.seen.mismatches.push((at, Mismatch::Unexpected { sent, again }));
        self.seen.stopped = true;
        unexpected()
    }

    /// The exchange that was polled with, if it has more replies: the request may be another one.
    fn one_more<'s>(
        &mut self,
        scene: &'s Scene,
        request: &Request,
    ) -> Option<(usize, &'s Expected)> {
        let position = self.thread(self.sending).current?;
        let expected = scene.exchanges.get(position)?;
        if *self.seen.tries.get(position)? >= expected.replies.len() {
            return None;
        }
        let difference = self.difference(expected, request);
        if !difference.is_none() {
            let mismatch = Mismatch::Request { position: position + 1, difference };
            self.seen.mismatches.push((expected.at, mismatch));
        }
        Some((position, expected))
    }

    /// The exchange that a new request belongs to: the next one, unless it is exactly what a later
    /// one expects.
    fn next<'s>(&mut self, scene: &'s Scene, request: &Request) -> Option<(usize, &'s Expected)> {
        let from = self.next;
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
        self.next = position + 1;
        self.thread(self.sending).current = Some(position);
        Some((position, expected))
    }

    fn difference(&self, expected: &Expected, request: &Request) -> Difference {
        difference::of(expected, &self.sent(request), &*self.secrets)
    }

    fn sent<'s>(&'s self, request: &'s Request) -> Sent<'s> {
        let (target, base, step) = match self.threads.get(self.sending) {
            Some(thread) => (&*thread.target, &*thread.base, &*thread.step),
            None => Default::default(),
        };
        Sent { request, target, base, step }
    }

    /// A log-in can have begun before the scene did.
    fn thread(&mut self, thread: usize) -> &mut Thread {
        while self.threads.len() <= thread {
            self.threads.push(Thread::default());
        }
        &mut self.threads[thread]
    }

    /// Whether a request is just what is expected; most are told apart by their addresses.
    fn is_for(&self, expected: &Expected, request: &Request) -> bool {
        let begins = match &expected.address {
            Address::Below(path) => request
                .url
                .strip_prefix(self.sent(request).base)
                .is_some_and(|rest| rest.starts_with(&**path)),
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
        self.at_step(EVENT, &step.label);
    }

    fn polled(&self, repeat: &Repeat, held: bool, scope: &dyn Scope) {
        self.footprints.polled(repeat, held, scope);
        self.polls(EVENT, !held);
    }

    fn undoing(&self, step: &Step, undo: &Undo, index: Option<u32>, scope: &dyn Scope) {
        self.footprints.undoing(step, undo, index, scope);
        self.at_step(EVENT, &undo.label);
    }

    fn logging_in(self: Arc<Self>, _: &Target) -> Option<Arc<dyn Observer>> {
        let threads = self.state().as_ref().map_or(0, |state| state.threads.len());
        Some(Arc::new(OfLogIn { thread: threads.max(EVENT + 1), rehearsal: self }))
    }

    fn sending(&self, target: &Target, _: &Request, attempt: u32) {
        self.sends(EVENT, target, attempt);
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

/// Watches a log-in.
struct OfLogIn {
    rehearsal: Arc<Rehearsal>,
    thread: usize,
}

impl Witness for OfLogIn {
    fn came(&self, variable: &Variable, how: Came<'_>) {
        self.rehearsal.footprints.came(variable, how);
    }
}

impl Observer for OfLogIn {
    fn turn(&self, step: &Step, index: Option<u32>, runs: bool, scope: &dyn Scope) {
        self.rehearsal.footprints.turn(step, index, runs, scope);
        self.rehearsal.at_step(self.thread, &step.label);
    }

    fn polled(&self, repeat: &Repeat, held: bool, scope: &dyn Scope) {
        self.rehearsal.footprints.polled(repeat, held, scope);
        self.rehearsal.polls(self.thread, !held);
    }

    fn sending(&self, target: &Target, _: &Request, attempt: u32) {
        self.rehearsal.sends(self.thread, target, attempt);
    }

    fn judged(&self, call: &Call, target: &Target, by: Option<&ResponseEntry>, scope: &dyn Scope) {
        self.rehearsal.footprints.judged(call, target, by, scope);
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
