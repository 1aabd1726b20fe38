//! Writes down what the engine does with an event in one mapping, and asks what else there is to
//! know.

use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::account::{
    Answered, EntryAccount, EntryStanding, Exchange, LogInStep, Member, Owner, Try, Turn, TurnKind,
    Until, VariableAccount, Verdict,
};
use super::findings;
use super::glimpse::Curtain;
use super::log_in::LogIn;
use super::notes::{Notes, Place};
use super::play::Play;
use super::rules;

use super::variables;
use crate::clock::Clock;
use crate::clock::virtual_time::VirtualClock;
use crate::engine::observe::{GivenUp, Observer};
use crate::engine::transport::{Request, Response, TransportError};
use crate::expr::extract::Variable;
use crate::expr::{Builtin, Came, Fault, Root, Scope, Witness};
use crate::program::{Act, Call, Mapping, Repeat, ResponseEntry, Rule, Step, Target, Then, Undo};

/// Hears of everything and keeps it.
pub struct Recorder {
    curtain: Curtain,
    play: Play,
    /// Whether log-ins are run, or taken as done.
    log_ins: bool,
    notes: Mutex<Notes>,
}

impl Recorder {
    pub fn new(curtain: Curtain, play: Play, log_ins: bool) -> Self {
        let notes = Mutex::new(Notes::new(&curtain));
        Self { curtain, play, log_ins, notes }
    }

    pub fn curtain(&self) -> &Curtain {
        &self.curtain
    }

    pub fn clock(&self) -> &VirtualClock {
        &self.play.clock
    }

    /// What was heard, and forgets it.
    pub fn take(&self) -> Notes {
        let mut notes = std::mem::replace(&mut *self.notes(), Notes::new(&self.curtain));
        if let Some(from) = notes.undos_from {
            notes.undos = notes.turns.split_off(from.min(notes.turns.len()));
        }
        notes
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each entry makes of an answer. `decides` says which one of them did, as far as one did.
    fn entries(
        &self,
        call: &Call,
        target: &Target,
        scope: &dyn Scope,
        decides: Option<(&ResponseEntry, EntryStanding)>,
        curtain: &Curtain,
    ) -> Vec<EntryAccount> {
        let of_step = (1..).zip(&call.responses).map(|(number, entry)| (None, number, entry));
        let of_target = (1..).zip(&target.responses);
        let of_target = of_target.map(|(number, entry)| (Some(target.name.clone()), number, entry));
        let mut entries = Vec::new();
        for (target, number, entry) in of_step.chain(of_target) {
            // One that an alias repeats stands at the same place.
            let is_it = |(decided, _): &(&ResponseEntry, _)| ptr::eq(*decided, entry);
            let decided = decides.as_ref().is_some_and(is_it);
            if self.curtain.is_full() && !decided {
                continue;
            }
            self.curtain.take_room(0);
            let finding = entry.when.take_apart(scope);
            let standing = match &decides {
                Some((_, standing)) if decided => standing.clone(),
                _ => match finding.holds() {
                    Ok(true) => EntryStanding::WouldDecide,
                    Ok(false) => EntryStanding::Misses,
                    Err(fault) => EntryStanding::Fault(curtain.fault(fault)),
                },
            };
            let when = (!entry.when.is_always()).then(|| findings::told(&finding, scope, curtain));
            let (at, then) = (entry.at, entry.then);
            entries.push(EntryAccount { at, number, target, when, then, standing });
        }
        entries
    }

    fn turn_of(&self, step: &Step, restarts: u32, kind: TurnKind) -> Turn {
        Turn {
            at: step.at,
            step: step.label.clone(),
            since: self.play.clock.monotonic(),
            restarts,
            member: None,
            kind,
            when: None,
            variables: Vec::new(),
            exchanges: Vec::new(),
            not_sent: None,
            saved: Vec::new(),
        }
    }

    /// A try begins: of the exchange at `place`, or of a new one, whose place it gives.
    pub(super) fn sends(
        &self,
        place: Option<Place>,
        is_poll: bool,
        log_in: Option<&LogInStep>,
        target: &Target,
        request: &Request,
    ) -> Option<Place> {
        match place {
            Some(_) => {}
            None if is_poll => self.play.replies.next_poll(),
            None => self.play.replies.next_exchange(),
        }
        let at = self.play.clock.monotonic();
        let next = Try {
            at,
            ended: at,
            reply: self.play.replies.current(),
            answer: Err(String::new()),
            entries: Vec::new(),
            verdict: Verdict::NoAnswer,
        };
        let mut notes = self.notes();
        let fresh = place.is_none().then(|| notes.scribe.request(request, &target.route));
        let turn = place.map_or(notes.turns.len().checked_sub(1)?, |(turn, _)| turn);
        let exchanges = &mut notes.turns.get_mut(turn)?.exchanges;
        if let Some(request) = fresh {
            let (target, log_in) = (target.name.clone(), log_in.cloned());
            let (tries, until, given_up) = (Vec::new(), None, None);
            exchanges.push(Exchange { log_in, target, request, tries, until, given_up });
        }
        let place = place.unwrap_or((turn, exchanges.len().checked_sub(1)?));
        exchanges.get_mut(place.1)?.tries.push(next);
        Some(place)
    }

    pub(super) fn answered(&self, place: Option<Place>, answer: Result<Answered, String>) {
        let ended = self.play.clock.monotonic();
        if let Some(last) = self.notes().last_try(place) {
            (last.answer, last.ended) = (answer, ended);
        }
    }

    /// What the entries, or else the default, make of an answer.
    pub(super) fn judges(
        &self,
        place: Option<Place>,
        call: &Call,
        target: &Target,
        by: Option<&ResponseEntry>,
        scope: &dyn Scope,
        curtain: &Curtain,
    ) {
        let decides = by.map(|entry| (entry, EntryStanding::Decides));
        let entries = scope.effort().apart(|| self.entries(call, target, scope, decides, curtain));
        let decided = entries.iter().position(|entry| entry.standing == EntryStanding::Decides);
        let status = scope.get(Root::Builtin(Builtin::Status)).ok().flatten();
        let status = status.and_then(serde_json::Value::as_u64).unwrap_or_default();
        let default = target.by_default(u16::try_from(status).unwrap_or_default());
        let verdict = decided.map_or(Verdict::Default(default), Verdict::Entry);
        self.verdict(place, entries, verdict);
    }

    /// The entry that cannot be asked.
    pub(super) fn stops_at(
        &self,
        place: Option<Place>,
        (call, target): (&Call, &Target),
        entry: &ResponseEntry,
        fault: Option<&Fault>,
        scope: &dyn Scope,
        curtain: &Curtain,
    ) {
        let standing = match fault {
            Some(fault) => EntryStanding::Fault(curtain.fault(fault)),
            None => EntryStanding::Unreadable,
        };
        let decides = Some((entry, standing.clone()));
        let entries = scope.effort().apart(|| self.entries(call, target, scope, decides, curtain));
        let at = entries.iter().position(|told| told.standing == standing).unwrap_or_default();
        self.verdict(place, entries, Verdict::Unjudged(at));
    }

    fn verdict(&self, place: Option<Place>, entries: Vec<EntryAccount>, verdict: Verdict) {
        if let Some(last) = self.notes().last_try(place) {
            last.entries = entries;
            last.verdict = verdict;
        }
    }

    pub(super) fn polls(
        &self,
        place: Option<Place>,
        repeat: &Repeat,
        held: bool,
        scope: &dyn Scope,
        curtain: &Curtain,
    ) {
        let when = scope.effort().apart(|| findings::of(&repeat.until, scope, curtain));
        if let Some(exchange) = self.notes().exchange(place) {
            exchange.until = Some(Until { at: repeat.at, held, when });
        }
    }

    pub(super) fn gives_up(&self, place: Option<Place>, why: GivenUp) {
        if let Some(exchange) = self.notes().exchange(place) {
            exchange.given_up = Some(why);
        }
    }
}

/// What a step is about: its own variables, and what it saves.
fn names<'m>(mapping: &'m Mapping, step: &'m Step) -> impl Iterator<Item = (Owner, &'m Variable)> {
    let own = mapping.variables.get(step.variables.clone()).unwrap_or_default();
    let saves = match &step.act {
        Act::Call(call) => call.save.as_slice(),
        Act::Fail(_) => &[],
    };
    let own = own.iter().map(|variable| (Owner::Step, variable));
    own.chain(saves.iter().map(|save| (Owner::Save, &save.variable)))
}

impl Witness for Recorder {
    fn came(&self, variable: &Variable, how: Came<'_>) {
        self.notes().trails.note(variable, how, &self.curtain);
    }
}

impl Observer for Recorder {
    fn chosen(&self, _: &Mapping, rule: &Rule) {
        self.notes().chosen = Some(rule.at);
    }

    fn begun(&self, step: &Step, members: Option<usize>) {
        let mut notes = self.notes();
        if std::mem::take(&mut notes.restart) {
            notes.restarts += 1;
        }
        if members == Some(0) {
            let turn = self.turn_of(step, notes.restarts, TurnKind::NoMember);
            notes.push(turn);
        }
    }

    fn turn(&self, step: &Step, index: Option<u32>, runs: bool, scope: &dyn Scope) {
        let (when, item) = scope.effort().apart(|| {
            let item = scope.get(Root::Builtin(Builtin::Item)).ok().flatten();
            let item = item.map(|item| self.curtain.glimpse(item));
            (findings::of_when(&step.when, scope, &self.curtain), item)
        });
        let mut notes = self.notes();
        let kind = if runs { TurnKind::Runs } else { TurnKind::Skipped };
        let member = index.map(|index| Member { index, item });
        let turn = Turn { when, member, ..self.turn_of(step, notes.restarts, kind) };
        notes.push(turn);
        notes.polls = false;
    }

    fn undoing(&self, step: &Step, undo: &Undo, index: Option<u32>, scope: &dyn Scope) {
        let item = scope.effort().apart(|| {
            let item = scope.get(Root::Builtin(Builtin::Item)).ok().flatten();
            item.map(|item| self.curtain.glimpse(item))
        });
        let mut notes = self.notes();
        let member = index.map(|index| Member { index, item });
        let (at, label) = (undo.at, undo.label.clone());
        let of_step = self.turn_of(step, notes.restarts, TurnKind::Runs);
        notes.push_undo(Turn { at, step: label, member, ..of_step });
        notes.polls = false;
    }

    fn turned(&self, mapping: &Mapping, step: &Step) {
        let mut notes = self.notes();
        let names = names(mapping, step);
        let told: Vec<VariableAccount> =
            names.map(|(owner, variable)| notes.trails.take(variable, owner)).collect();
        let (own, saved): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|told| told.owner == Owner::Step);
        if let Some(turn) = notes.turns.last_mut() {
            (turn.variables, turn.saved) = (own, saved);
        }
    }

    fn logging_in(self: Arc<Self>, _: &Target) -> Option<Arc<dyn Observer>> {
        Some(Arc::new(LogIn::of(self)))
    }

    fn takes_log_ins_as_done(&self) -> bool {
        !self.log_ins
    }

    fn taken_as_done(&self, _: &Target) {
        self.notes().log_ins_taken_as_done += 1;
    }

    fn sending(&self, target: &Target, request: &Request, attempt: u32) {
        let place = self.notes().on_its_way.filter(|_| attempt > 1);
        let is_poll = std::mem::take(&mut self.notes().polls);
        let place = self.sends(place, is_poll, None, target, request);
        self.notes().on_its_way = place;
    }

    fn polled(&self, repeat: &Repeat, held: bool, scope: &dyn Scope) {
        let place = self.notes().on_its_way;
        self.polls(place, repeat, held, scope, &self.curtain);
        self.notes().polls = !held;
    }

    fn received(&self, _: &Target, result: Result<&Response, &TransportError>) {
        let answer = match result {
            Ok(response) => Ok(self.notes().scribe.answer(response)),
            Err(error) => Err(self.curtain.told(&error.message)),
        };
        let place = self.notes().on_its_way;
        self.answered(place, answer);
    }

    fn judged(&self, call: &Call, target: &Target, by: Option<&ResponseEntry>, scope: &dyn Scope) {
        let place = self.notes().on_its_way;
        self.judges(place, call, target, by, scope, &self.curtain);
        self.notes().restart = by.is_some_and(|entry| entry.then == Then::Restart);
    }

    fn unjudged(
        &self,
        call: &Call,
        target: &Target,
        entry: &ResponseEntry,
        fault: Option<&Fault>,
        scope: &dyn Scope,
    ) {
        let place = self.notes().on_its_way;
        self.stops_at(place, (call, target), entry, fault, scope, &self.curtain);
        self.notes().restart = false;
    }

    fn given_up(&self, why: GivenUp) {
        let mut notes = self.notes();
        let last = notes.turns.len().checked_sub(1);
        let place = notes.on_its_way.filter(|(turn, _)| Some(*turn) == last);
        match (notes.exchange(place), last) {
            (Some(exchange), _) => exchange.given_up = Some(why),
            (None, Some(last)) => notes.turns[last].not_sent = Some(why),
            (None, None) => {}
        }
    }

    fn left(&self, mapping: &Mapping, scope: &dyn Scope) {
        let chosen = self.notes().chosen;
        let apart = scope.effort();
        let rules = apart.apart(|| rules::of(mapping, chosen, scope, &self.curtain));
        let asked = apart.apart(|| variables::evaluate(mapping, &rules, scope));
        let told = variables::take(mapping, asked, &mut self.notes().trails);
        let complete = || variables::complete(told, mapping, &rules, scope, &self.curtain);
        let variables = apart.apart(complete);
        let mut notes = self.notes();
        (notes.rules, notes.variables) = (rules, variables);
    }
}
