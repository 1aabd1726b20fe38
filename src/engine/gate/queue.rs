//! Those who wait at a gate, in the order in which they came.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;

/// Who waits, by ticket. Whoever comes to be the first is told by a bell.
#[derive(Default)]
pub(super) struct Queue {
    /// In ascending order of tickets.
    waiting: VecDeque<(u64, Arc<Notify>)>,
    tickets: u64,
}

impl Queue {
    /// How many wait before somebody; before all who come now where there is no ticket.
    pub(super) fn ahead_of(&self, ticket: Option<u64>) -> usize {
        ticket.and_then(|ticket| self.position(ticket)).unwrap_or(self.waiting.len())
    }

    /// The bell of somebody, who is given a ticket if there is none yet.
    pub(super) fn join(&mut self, ticket: &mut Option<u64>) -> Arc<Notify> {
        let known = ticket.and_then(|ticket| self.waiting.get(self.position(ticket)?));
        if let Some((_, bell)) = known {
            return Arc::clone(bell);
        }
        self.tickets += 1;
        *ticket = Some(self.tickets);
        let bell = Arc::new(Notify::new());
        self.waiting.push_back((self.tickets, Arc::clone(&bell)));
        bell
    }

    /// Somebody waits no more, if he did; the first of those who are left is to ask.
    pub(super) fn leave(&mut self, ticket: Option<u64>) {
        if let Some(at) = ticket.and_then(|ticket| self.position(ticket)) {
            self.waiting.remove(at);
        }
        self.ring();
    }

    /// Has the first one ask again.
    pub(super) fn ring(&self) {
        if let Some((_, bell)) = self.waiting.front() {
            bell.notify_one();
        }
    }

    /// Has all of them ask again.
    pub(super) fn ring_all(&self) {
        self.waiting.iter().for_each(|(_, bell)| bell.notify_one());
    }

    fn position(&self, ticket: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&ticket, |(known, _)| *known).ok()
    }
}
