//! What was heard of an event in one mapping, so far.

use super::account::{Exchange, RuleAccount, Try, Turn, VariableAccount};
use super::glimpse::Curtain;
use super::sent::Scribe;
use super::trails::Trails;
use crate::expr::At;

/// So many turns of steps are told; of more, the last one and how many were left out.
const MOST_TURNS: usize = 500;

/// What was heard so far.
pub struct Notes {
    pub rules: Vec<RuleAccount>,
    pub variables: Vec<VariableAccount>,
    /// Where the rule that runs begins in the file.
    pub chosen: Option<At>,
    pub turns: Vec<Turn>,
    pub turns_left_out: usize,
    /// Those that take back what others did.
    pub undos: Vec<Turn>,
    pub undos_left_out: usize,
    /// How many turns came before these, which stand behind them until all are there.
    pub undos_from: Option<usize>,
    /// An answer was not yet what a poll waits for.
    pub polls: bool,
    pub trails: Trails,
    pub scribe: Scribe,
    pub restarts: u32,
    /// An answer asked for the rule to begin again.
    pub restart: bool,
    /// The request that the event has on its way.
    pub on_its_way: Option<Place>,
    /// How many log-ins were taken as done.
    pub log_ins_taken_as_done: usize,
}

/// Where an exchange stands: position of the turn, and among its exchanges.
pub type Place = (usize, usize);

impl Notes {
    pub fn new(curtain: &Curtain) -> Self {
        Self {
            rules: Vec::new(),
            variables: Vec::new(),
            chosen: None,
            turns: Vec::new(),
            turns_left_out: 0,
            undos: Vec::new(),
            undos_left_out: 0,
            undos_from: None,
            polls: false,
            trails: Trails::default(),
            scribe: Scribe::new(curtain.clone()),
            restarts: 0,
            restart: false,
            on_its_way: None,
            log_ins_taken_as_done: 0,
        }
    }

    pub fn exchange(&mut self, place: Option<Place>) -> Option<&mut Exchange> {
        let (turn, exchange) = place?;
        self.turns.get_mut(turn)?.exchanges.get_mut(exchange)
    }

    pub fn last_try(&mut self, place: Option<Place>) -> Option<&mut Try> {
        self.exchange(place)?.tries.last_mut()
    }

    /// A turn begins; if there were too many, the one before is forgotten.
    pub fn push(&mut self, turn: Turn) {
        if self.turns.len() >= MOST_TURNS {
            self.turns.pop();
            self.turns_left_out += 1;
        }
        self.turns.push(turn);
    }

    pub fn push_undo(&mut self, turn: Turn) {
        let from = *self.undos_from.get_or_insert(self.turns.len());
        if self.turns.len() - from >= MOST_TURNS {
            self.turns.pop();
            self.undos_left_out += 1;
        }
        self.turns.push(turn);
    }
}
