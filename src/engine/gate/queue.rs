//! Those who wait at a gate, in the order in which they came.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;

/// Who comes, and where that is in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Rank {
    /// Behind all who are there.
    Usual,
    /// Before them: they wait for what this one fetches.
    First,
}

/// Who waits, by ticket. Whoever comes to be the first is told by a bell.
#[derive(Default)]
pub(super) struct Queue {
    /// In ascending order of tickets.
    waiting: VecDeque<(i64, Arc<Notify>)>,
    /// The last one that was given out at the end.
    last: i64,
    /// The last one that was given out at the beginning.
    first: i64,
}

impl Queue {
    /// How many wait before somebody, or before who comes now where there is no ticket.
    pub(super) fn ahead_of(&self, ticket: Option<i64>, rank: Rank) -> usize {
        ticket.and_then(|ticket| self.position(ticket)).unwrap_or(match rank {
            Rank::Usual => self.waiting.len(),
            Rank::First => 0,
        })
    }

    /// The bell of somebody, who is given a ticket if there is none yet.
    pub(super) fn join(&mut self, ticket: &mut Option<i64>, rank: Rank) -> Arc<Notify> {
        let known = ticket.and_then(|ticket| self.waiting.get(self.position(ticket)?));
        if let Some((_, bell)) = known {
            return Arc::clone(bell);
        }
        let bell = Arc::new(Notify::new());
        match rank {
            Rank::Usual => {
                self.last += 1;
                *ticket = Some(self.last);
                self.waiting.push_back((self.last, Arc::clone(&bell)));
            }
            Rank::First => {
                self.first -= 1;
                *ticket = Some(self.first);
                self.waiting.push_front((self.first, Arc::clone(&bell)));
            }
        }
        bell
    }

    /// Somebody waits no more, if he did; the first of those who are left is to ask.
    pub(super) fn leave(&mut self, ticket: Option<i64>) {
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

    fn position(&self, ticket: i64) -> Option<usize> {
        self.waiting.binary_search_by_key(&ticket, |(known, _)| *known).ok()
    }
}
