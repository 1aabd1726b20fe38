//! Who stands in for the targets of an explanation: what was given as a reply comes back, and a
//! stand-in for the rest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::account::MembersLeft;
use crate::clock::virtual_time::VirtualClock;
use crate::engine::script::{Director, Reply};
use crate::engine::transport::{Headers, Request, Response};

/// Replies to one exchange after the other, each with one for every try; the last of them comes to
/// all further tries.
#[derive(Debug)]
pub struct Replies {
    given: Vec<Vec<Reply>>,
    place: Mutex<Place>,
}

/// How far it is.
#[derive(Debug, Default)]
struct Place {
    /// Exchanges that began.
    exchanges: usize,
    /// Tries of those before the last one that a reply was given for.
    before: Vec<usize>,
    /// Tries of the last one.
    tries: usize,
}

impl Replies {
    pub fn new(given: Vec<Vec<Reply>>) -> Self {
        Self { given, place: Mutex::default() }
    }

    /// An exchange begins: the next try is its first.
    pub fn next_exchange(&self) {
        let mut place = self.place();
        let tries = std::mem::take(&mut place.tries);
        if (1..=self.given.len()).contains(&place.exchanges) {
            place.before.push(tries);
        }
        place.exchanges += 1;
    }

    /// A request is sent once more although it succeeded: the next try gets the next member of a
    /// list that has more of them, and is an exchange of its own otherwise.
    pub fn next_poll(&self) {
        let place = self.place();
        let given = place.exchanges.checked_sub(1).and_then(|at| self.given.get(at));
        let has_more = given.is_some_and(|given| place.tries < given.len());
        drop(place);
        if !has_more {
            self.next_exchange();
        }
    }

    /// Exchanges that began.
    pub fn exchanges(&self) -> usize {
        self.place().exchanges
    }

    /// Of each reply that was asked for at all: how many of its members are for tries that did not
    /// come. The reply counts from 1.
    pub fn members_left(&self) -> Vec<MembersLeft> {
        let place = self.place();
        let tries = place.before.iter().copied().chain([place.tries]);
        let each = (0..).zip(self.given.iter().zip(tries)).map(|(at, (given, tries))| {
            let left = given.len().saturating_sub(tries);
            MembersLeft { reply: at + 1, given: given.len(), left }
        });
        let asked = each.take(place.exchanges);
        asked.filter(|one| one.left > 0).collect()
    }

    /// Exchanges that there is a reply for.
    pub fn given(&self) -> usize {
        self.given.len()
    }

    /// Which exchange it is, from 1, if a reply was given for it.
    pub fn current(&self) -> Option<usize> {
        let exchange = self.exchanges();
        (exchange <= self.given.len()).then_some(exchange)
    }

    fn next(&self) -> Reply {
        let mut place = self.place();
        let given = place.exchanges.checked_sub(1).and_then(|at| self.given.get(at));
        let tries = given.map_or(&[][..], Vec::as_slice);
        let reply = tries.get(place.tries).or(tries.last()).cloned();
        place.tries += 1;
        reply.unwrap_or_else(stand_in)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes where nobody said what does: 200 `{}`.
fn stand_in() -> Reply {
    let headers = Headers::from_iter([("content-type", "application/json")]);
    let body = Bytes::from_static(b"{}");
    Reply::at_once(Ok(Response { status: 200, headers, body }))
}

/// Plays the replies on the clock of one mapping.
#[derive(Debug, Clone)]
pub struct Play {
    pub replies: Arc<Replies>,
    pub clock: VirtualClock,
}

impl Director for Play {
    fn direct(&self, _: &Request) -> (Reply, VirtualClock) {
        (self.replies.next(), self.clock.clone())
    }
}
