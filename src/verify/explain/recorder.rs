//! Writes down what the engine does with an event in one mapping, and asks what else there is to
//! know.

use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::account::{
    EntryAccount, EntryStanding, Exchange, Member, Owner, RuleAccount, Try, Turn, TurnKind,
    VariableAccount, Verdict,
};
use super::findings;
use super::glimpse::Curtain;
use super::play::Play;
use super::rules;
use super::sent::Scribe;
use super::trails::Trails;
use super::variables;
use crate::clock::Clock;
use crate::engine::observe::{GivenUp, Observer};
use crate::engine::transport::{Request, Response, TransportError};
use crate::expr::extract::Variable;
use crate::expr::{At, Builtin, Came, Fault, Root, Scope, Witness};
use crate::program::{Act, Call, Mapping, ResponseEntry, Rule, Step, Target, Then};

/// So many turns of steps are told; of more, the last one and how many were left out.
const MOST_TURNS: usize = 500;

/// Hears of everything and keeps it.
pub struct Recorder {
    curtain: Curtain,
    play: Play,
    notes: Mutex<Notes>,
}

/// What was heard so far.
pub struct Notes {
    pub rules: Vec<RuleAccount>,
    pub variables: Vec<VariableAccount>,
    /// Where the rule that runs begins in the file.
    pub chosen: Option<At>,
    pub turns: Vec<Turn>,
    pub turns_left_out: usize,
    trails: Trails,
    scribe: Scribe,
    restarts: u32,
    /// An answer asked for the rule to begin again.
    restart: bool,
}

impl Recorder {
    pub fn new(curtain: Curtain, play: Play) -> Self {
        let notes = Mutex::new(Notes::new(&curtain));
        Self { curtain, play, notes }
    }

    /// What was heard, and forgets it.
    pub fn take(&self) -> Notes {
        std::mem::replace(&mut *self.notes(), Notes::new(&self.curtain))
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each entry makes of an answer. `decides` says which one of them did, as far as one did.
    fn entries(
        &self,
        call: &Call,
        target: &Target,
        scope: &dyn Scope,
        decides: Option<(&ResponseEntry, EntryStanding)>,
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
                    Err(fault) => EntryStanding::Fault(self.curtain.told(&fault.to_string())),
                },
            };
            let when =
                (!entry.when.is_always()).then(|| findings::told(&finding, scope, &self.curtain));
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
            exchange: None,
            not_sent: None,
            saved: Vec::new(),
        }
    }

    fn verdict(&self, entries: Vec<EntryAccount>, verdict: Verdict, restart: bool) {
        let mut notes = self.notes();
        notes.restart = restart;
        if let Some(last) = notes.last_try() {
            last.entries = entries;
            last.verdict = verdict;
        }
    }
}

impl Notes {
    fn new(curtain: &Curtain) -> Self {
        Self {
            rules: Vec::new(),
            variables: Vec::new(),
            chosen: None,
            turns: Vec::new(),
            turns_left_out: 0,
            trails: Trails::default(),
            scribe: Scribe::new(curtain.clone()),
            restarts: 0,
            restart: false,
        }
    }

    fn last_try(&mut self) -> Option<&mut Try> {
        self.turns.last_mut()?.exchange.as_mut()?.tries.last_mut()
    }

    /// A turn begins; if there were too many, the one before is forgotten.
    fn push(&mut self, turn: Turn) {
        if self.turns.len() >= MOST_TURNS {
            self.turns.pop();
            self.turns_left_out += 1;
        }
        self.turns.push(turn);
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

    fn sending(&self, target: &Target, request: &Request, attempt: u32) {
        if attempt == 1 {
            self.play.replies.next_exchange();
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
        let fresh = (attempt == 1).then(|| notes.scribe.request(request));
        let Some(turn) = notes.turns.last_mut() else { return };
        if let Some(request) = fresh {
            let (target, tries) = (target.name.clone(), Vec::new());
            turn.exchange = Some(Exchange { target, request, tries, given_up: None });
        }
        if let Some(exchange) = &mut turn.exchange {
            exchange.tries.push(next);
        }
    }

    fn received(&self, _: &Target, result: Result<&Response, &TransportError>) {
        let mut notes = self.notes();
        let answer = match result {
            Ok(response) => Ok(notes.scribe.answer(response)),
            Err(error) => Err(self.curtain.told(&error.message)),
        };
        if let Some(last) = notes.last_try() {
            last.answer = answer;
            last.ended = self.play.clock.monotonic();
        }
    }

    fn judged(&self, call: &Call, target: &Target, by: Option<&ResponseEntry>, scope: &dyn Scope) {
        let decides = by.map(|entry| (entry, EntryStanding::Decides));
        let entries = scope.effort().apart(|| self.entries(call, target, scope, decides));
        let decided = entries.iter().position(|entry| entry.standing == EntryStanding::Decides);
        let status = scope.get(Root::Builtin(Builtin::Status)).ok().flatten();
        let status = status.and_then(serde_json::Value::as_u64).unwrap_or_default();
        let default = Then::by_default(u16::try_from(status).unwrap_or_default());
        let verdict = decided.map_or(Verdict::Default(default), Verdict::Entry);
        let restart = by.is_some_and(|entry| entry.then == Then::Restart);
        self.verdict(entries, verdict, restart);
    }

    fn unjudged(
        &self,
        call: &Call,
        target: &Target,
        entry: &ResponseEntry,
        fault: Option<&Fault>,
        scope: &dyn Scope,
    ) {
        let standing = match fault {
            Some(fault) => EntryStanding::Fault(self.curtain.told(&fault.to_string())),
            None => EntryStanding::Unreadable,
        };
        let decides = Some((entry, standing.clone()));
        let entries = scope.effort().apart(|| self.entries(call, target, scope, decides));
        let at = entries.iter().position(|told| told.standing == standing).unwrap_or_default();
        self.verdict(entries, Verdict::Unjudged(at), false);
    }

    fn given_up(&self, why: GivenUp) {
        let mut notes = self.notes();
        let Some(turn) = notes.turns.last_mut() else { return };
        match &mut turn.exchange {
            Some(exchange) => exchange.given_up = Some(why),
            None => turn.not_sent = Some(why),
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
