//! What stands between events and a target that is slow, rate-limited or down. Every try of a request
//! passes it: in the order of coming (log-ins first, for which the others wait), not too many at once, not too many in a second, not while the
//! target wants a pause, and not while it is known to fail.
//!
//! Nobody waits here longer than until the deadline of the event; who cannot pass before that is
//! told so as soon as it is known.

mod breaker;
mod held;
mod queue;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::select;
use tokio::sync::Notify;

use breaker::{Breaker, Role};
pub(super) use breaker::{Change, Health};
pub(super) use held::Held;
use queue::Queue;
pub(super) use queue::Rank;

use super::rate::Pacer;
use crate::clock::Clock;
use crate::program::Target;

/// The longest that a target's own word keeps all events away from it. What it says may be a mistake,
/// or be meant for one client of many: after that long it is asked again, and can say it again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The gate before one target.
pub(super) struct Gate {
    state: Mutex<State>,
}

struct State {
    /// Most tries at once.
    most: Option<u32>,
    /// Tries that are on their way.
    running: u32,
    pacer: Option<Pacer>,
    pause: Option<Pause>,
    breaker: Option<Breaker>,
    queue: Queue,
}

/// A time in which the target wants no requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pause {
    /// On the clock's monotonic scale.
    until: Duration,
    why: Why,
}

/// Why a target wants a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It had too many requests, or the next one would be one too many.
    Limited,
    /// It cannot serve them now.
    Unavailable,
}

/// What there is for somebody who wants to pass.
enum Asked<'g> {
    Pass(Pass<'g>),
    /// To ask again when the bell rings, or at that time.
    Wait(Arc<Notify>, Duration),
}

impl Gate {
    pub(super) fn of(target: &Target) -> Self {
        let limits = target.limits;
        Self {
            state: Mutex::new(State {
                most: limits.concurrency,
                running: 0,
                pacer: limits.rate.map(Pacer::new),
                pause: None,
                breaker: target.breaker.map(Breaker::new),
                queue: Queue::default(),
            }),
        }
    }

    /// Waits until a try may be sent: not past `deadline`, on the clock's monotonic scale.
    pub(super) async fn pass(
        &self,
        clock: &dyn Clock,
        deadline: Duration,
        rank: Rank,
    ) -> Result<Pass<'_>, Held> {
        let mut turn = Turn { gate: self, ticket: None, rank, since: clock.monotonic() };
        loop {
            let now = clock.monotonic();
            let (bell, until) = match self.ask(&mut turn, now, deadline)? {
                Asked::Pass(pass) => return Ok(pass),
                Asked::Wait(bell, until) => (bell, until),
            };
            select(pin!(bell.notified()), clock.sleep(until.saturating_sub(now))).await;
        }
    }

    fn ask(
        &self,
        turn: &mut Turn<'_>,
        now: Duration,
        deadline: Duration,
    ) -> Result<Asked<'_>, Held> {
        let mut state = self.state();
        if let Some((left, failures)) = state.breaker.as_ref().and_then(|it| it.refusal(now)) {
            return Err(Held::Open { left, failures });
        }
        let ahead = state.queue.ahead_of(turn.ticket, turn.rank);
        let at = state.earliest(ahead, now);
        if at > now && at >= deadline {
            return Err(state.too_late(at, now, deadline));
        }
        let has_room = state.most.is_none_or(|most| state.running < most);
        if now >= deadline {
            return Err(Held::Crowded { waited: now.saturating_sub(turn.since) });
        }
        if ahead == 0 && at <= now && has_room {
            state.queue.leave(turn.ticket.take());
            return Ok(Asked::Pass(Pass { gate: self, role: state.enter(now) }));
        }
        let bell = state.queue.join(&mut turn.ticket, turn.rank);
        let until = if ahead == 0 && has_room { at.min(deadline) } else { deadline };
        Ok(Asked::Wait(bell, until))
    }

    /// Lets nobody pass for that long, which the target asked for.
    pub(super) fn close(&self, pause: Duration, why: Why, now: Duration) {
        let until = now.saturating_add(pause.min(LONGEST_PAUSE));
        let mut state = self.state();
        if until > now && state.pause.is_none_or(|pause| pause.until < until) {
            state.pause = Some(Pause { until, why });
            // Some cannot wait for so long.
            state.queue.ring_all();
        }
    }

    /// How long nobody passes because the target fails.
    pub(super) fn open_for(&self, now: Duration) -> Option<Duration> {
        let state = self.state();
        state.breaker.as_ref()?.refusal(now).map(|(left, _)| left)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When somebody passes, at the earliest, who has that many before him.
    fn earliest(&self, ahead: usize, now: Duration) -> Duration {
        let from = self.pause.map_or(now, |pause| pause.until.max(now));
        self.pacer.as_ref().map_or(from, |pacer| pacer.at(ahead, from))
    }

    /// Why that is not before `deadline`.
    fn too_late(&self, at: Duration, now: Duration, deadline: Duration) -> Held {
        match self.pause.filter(|pause| pause.until >= deadline) {
            Some(Pause { why, until }) => Held::Paused { left: until.saturating_sub(now), why },
            None => Held::Paced { left: at.saturating_sub(now) },
        }
    }

    fn enter(&mut self, now: Duration) -> Role {
        self.running = self.running.saturating_add(1);
        if let Some(pacer) = &mut self.pacer {
            pacer.take(now);
        }
        let role = self.breaker.as_mut().map_or(Role::Nobody, |breaker| breaker.enter());
        if role == Role::Probe {
            // Those who wait need not wait for what it comes to.
            self.queue.ring_all();
        }
        role
    }
}

/// A place in the queue, which is given up when this is dropped.
struct Turn<'g> {
    gate: &'g Gate,
    ticket: Option<i64>,
    rank: Rank,
    since: Duration,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.gate.state().queue.leave(self.ticket);
        }
    }
}

/// Leave to send one try. Its place is free again when this is dropped.
pub(super) struct Pass<'g> {
    gate: &'g Gate,
    role: Role,
}

impl Pass<'_> {
    /// Nothing is sent: the rate has room for another one.
    pub(super) fn give_back(self) {
        if let Some(pacer) = &mut self.gate.state().pacer {
            pacer.give_back();
        }
    }

    /// What the try told of the target. Not being told is as good as [`Health::Unknown`].
    pub(super) fn settle(mut self, health: Health, now: Duration) -> Option<Change> {
        let role = std::mem::replace(&mut self.role, Role::Nobody);
        let mut state = self.gate.state();
        let change = state.breaker.as_mut()?.settle(role, health, now);
        if matches!(change, Some(Change::Opened(_))) {
            state.queue.ring_all();
        }
        change
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.running = state.running.saturating_sub(1);
        if let Some(breaker) = &mut state.breaker {
            breaker.abandon(self.role);
        }
        state.queue.ring();
    }
}
