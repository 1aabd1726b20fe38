//! Admission: how many events, and how many bytes of their bodies, may be in flight at once, and how
//! many events may come in a second.
//!
//! What is past a limit is refused at once instead of queued: NSPS redelivers, and a queue in
//! memory would only turn an overload into time-outs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::rate::Pacer;
use crate::program::Rate;

/// The most that may be in flight at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub events: usize,
    /// Of request bodies, as far as they have been read.
    pub bytes: usize,
}

/// Which limit an event did not fit under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    #[error("{0} events are in flight already, which is the limit (MAX_IN_FLIGHT)")]
    Events(usize),
    #[error("the bodies of the events in flight fill the {0} bytes allowed (MAX_IN_FLIGHT_BYTES)")]
    Bytes(usize),
}

/// An event came sooner than the rate allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more events came than {rate}, which is the limit (RATE_LIMIT)")]
pub struct TooMany {
    pub rate: Rate,
    /// When the next one would be let in.
    pub wait: Duration,
}

/// The gate that every event passes; one for the whole process.
#[derive(Debug)]
pub struct Admission {
    limits: Limits,
    events: AtomicUsize,
    bytes: AtomicUsize,
    idle: Notify,
    rate: Option<(Rate, Mutex<Pacer>)>,
}

impl Admission {
    pub fn new(limits: Limits) -> Arc<Self> {
        Self::at_rate(limits, None)
    }

    /// One that lets events in at a rate, and after a pause what comes in one second of it at once.
    pub fn at_rate(limits: Limits, rate: Option<Rate>) -> Arc<Self> {
        let (events, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let pacer = |rate: Rate| (rate, Mutex::new(Pacer::with_burst(rate, rate.in_a_second())));
        let rate = rate.map(pacer);
        Arc::new(Self { limits, events, bytes, idle: Notify::new(), rate })
    }

    /// Lets one more event in, or says at once that there is no room.
    pub fn admit(self: &Arc<Self>) -> Result<Ticket, Full> {
        take(&self.events, 1, self.limits.events).ok_or(Full::Events(self.limits.events))?;
        Ok(Ticket { admission: Arc::clone(self), bytes: 0 })
    }

    /// Counts one more event, or says at once that it came too soon; then it is not counted. `now` is
    /// on the clock's monotonic scale.
    pub fn keep_rate(&self, now: Duration) -> Result<(), TooMany> {
        let Some((rate, pacer)) = &self.rate else { return Ok(()) };
        let mut pacer = pacer.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = pacer.at(0, now).saturating_sub(now);
        if !wait.is_zero() {
            return Err(TooMany { rate: *rate, wait });
        }
        pacer.take(now);
        Ok(())
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What may still be let in.
    pub fn free(&self) -> Limits {
        Limits {
            events: self.limits.events.saturating_sub(self.in_flight()),
            bytes: self.limits.bytes.saturating_sub(self.bytes_in_flight()),
        }
    }

    /// Events in flight.
    pub fn in_flight(&self) -> usize {
        self.events.load(Ordering::Acquire)
    }

    /// Bytes of bodies in flight.
    pub fn bytes_in_flight(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }

    /// Resolves once no event is in flight. It does not keep new ones out: close the listener
    /// first, and put a deadline around it.
    pub async fn drained(&self) {
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            // Registered before the count is read: else the last ticket could go in between.
            idle.as_mut().enable();
            if self.in_flight() == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// Adds `amount` to `counter` unless that takes it past `limit`.
fn take(counter: &AtomicUsize, amount: usize, limit: usize) -> Option<()> {
    let fits = |now: usize| now.checked_add(amount).filter(|sum| *sum <= limit);
    counter.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok().map(drop)
}

/// One event's place; given back when it is dropped. Move it into the task that runs the event:
/// the place is then held for as long as the work, not for as long as the connection.
#[derive(Debug)]
pub struct Ticket {
    admission: Arc<Admission>,
    bytes: usize,
}

impl Ticket {
    /// Accounts for `bytes` more of the event's body, or refuses them.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        let limit = self.admission.limits.bytes;
        take(&self.admission.bytes, bytes, limit).ok_or(Full::Bytes(limit))?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.admission.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        if self.admission.events.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.admission.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn room_for(events: usize, bytes: usize) -> Arc<Admission> {
        Admission::new(Limits { events, bytes })
    }

    #[test]
    fn one_event_too_many_is_refused_until_another_one_ends() {
        let admission = room_for(2, 100);
        let first = admission.admit().unwrap();
        let _second = admission.admit().unwrap();
        assert_eq!(admission.admit().unwrap_err(), Full::Events(2));
        drop(first);
        admission.admit().unwrap();
    }

    #[test]
    fn bodies_share_the_bytes() {
        let admission = room_for(10, 100);
        let (mut one, mut two) = (admission.admit().unwrap(), admission.admit().unwrap());
        one.grow(60).unwrap();
        two.grow(40).unwrap();
        assert_eq!(two.grow(1), Err(Full::Bytes(100)));
        drop(one);
        two.grow(60).unwrap();
        assert_eq!(admission.bytes_in_flight(), 100);
    }

    #[test]
    fn refused_bytes_are_not_counted() {
        let admission = room_for(10, 100);
        let mut ticket = admission.admit().unwrap();
        assert!(ticket.grow(usize::MAX).is_err());
        ticket.grow(100).unwrap();
        assert!(ticket.grow(usize::MAX).is_err());
        drop(ticket);
        assert_eq!((admission.in_flight(), admission.bytes_in_flight()), (0, 0));
    }

    fn per_second(count: u32) -> Arc<Admission> {
        let rate = Rate { count, per: Duration::from_secs(1) };
        Admission::at_rate(Limits { events: 1, bytes: 1 }, Some(rate))
    }

    /// How many events of so many are let in that all come at that time, in milliseconds.
    fn let_in(admission: &Admission, many: usize, at: u64) -> usize {
        let come = |_: &usize| admission.keep_rate(Duration::from_millis(at)).is_ok();
        (0..many).filter(come).count()
    }

    #[test]
    fn a_second_s_worth_of_events_may_come_at_once_and_then_they_come_evenly() {
        let admission = per_second(10);
        for (at, come, stay) in
            [(5000, 25, 10), (5099, 5, 0), (5100, 5, 1), (5450, 9, 3), (5500, 2, 1), (9000, 99, 10)]
        {
            assert_eq!(let_in(&admission, come, at), stay, "{at} ms");
        }
    }

    #[test]
    fn an_event_that_comes_too_soon_learns_when_to_come_and_does_not_count() {
        let admission = per_second(2);
        assert_eq!(let_in(&admission, 100, 0), 2);
        let refused = admission.keep_rate(Duration::from_millis(100)).unwrap_err();
        assert_eq!(refused.wait, Duration::from_millis(400));
        assert!(refused.to_string().starts_with("more events came than 2/s"), "{refused}");
        assert_eq!(let_in(&admission, 100, 500), 1);
    }

    #[test]
    fn a_rate_in_a_minute_lets_one_in_at_least_and_without_a_rate_all_are_let_in() {
        let rate = Rate { count: 30, per: Duration::from_secs(60) };
        let slow = Admission::at_rate(Limits { events: 1, bytes: 1 }, Some(rate));
        assert_eq!([0, 1999, 2000].map(|at| let_in(&slow, 5, at)), [1, 0, 1]);
        assert_eq!(let_in(&room_for(1, 1), 1000, 0), 1000);
    }

    #[test]
    fn a_refusal_names_the_limit() {
        assert!(Full::Events(7).to_string().starts_with("7 events are in flight already"));
        assert!(Full::Bytes(9).to_string().contains("the 9 bytes allowed"));
    }

    #[tokio::test]
    async fn draining_waits_for_the_last_ticket() {
        let admission = room_for(10, 100);
        admission.drained().await;
        let (one, two) = (admission.admit().unwrap(), admission.admit().unwrap());
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.drained().await }
        });
        drop(one);
        timeout(Duration::from_millis(20), admission.drained()).await.expect_err("one is left");
        drop(two);
        timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    }
}
