//! The bulkhead: how much of the room for events in flight those of one target may take, so that a
//! target which hangs leaves room for the events of others.
//!
//! A target may always have its part, one of as many as there are targets. More it may have only as
//! long as as much is free besides: one that hangs comes to half of the room, two come to a third
//! each, and so on, and there is always some left for whoever comes next.
//!
//! An event counts for a target from the first try of a request until that request is decided, waits
//! and log-ins included; not for the time that it spends with another target.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::admit::{Admission, Limits};
use super::outcome::{Failure, FailureKind};
use crate::program::Target;

/// What the events of one target take.
#[derive(Debug, Default)]
pub(super) struct Bulkhead {
    taken: Mutex<Limits>,
}

/// What an event takes of a target's share; given back when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    bulkhead: Arc<Bulkhead>,
    bytes: usize,
}

/// The room that one event shares with others, and what it takes of it.
pub(super) struct Room<'r> {
    pub admission: &'r Admission,
    /// Targets that share it.
    pub targets: usize,
    /// Of the event's body.
    pub bytes: usize,
    places: Mutex<Vec<Weak<Place>>>,
}

/// There is no place for one more event of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowded {
    /// It has so many.
    Events(usize),
    /// They have so many bytes.
    Bytes(usize),
}

impl<'r> Room<'r> {
    pub(super) fn new(admission: &'r Admission, targets: usize, bytes: usize) -> Self {
        Self { admission, targets, bytes, places: Mutex::default() }
    }

    /// A place of the event with that target: the one that it has already, or one more; for what
    /// there is `no_choice` about, also where there is none left.
    pub(super) fn place(
        &self,
        bulkhead: &Arc<Bulkhead>,
        no_choice: bool,
    ) -> Result<Arc<Place>, Crowded> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|place| place.strong_count() > 0);
        let mut known = places.iter().filter_map(Weak::upgrade);
        if let Some(place) = known.find(|place| Arc::ptr_eq(&place.bulkhead, bulkhead)) {
            return Ok(place);
        }
        drop(known);
        let place = Arc::new(bulkhead.take(self, no_choice)?);
        places.push(Arc::downgrade(&place));
        Ok(place)
    }
}

impl Bulkhead {
    fn take(self: &Arc<Self>, room: &Room<'_>, no_choice: bool) -> Result<Place, Crowded> {
        let (limits, free) = (room.admission.limits(), room.admission.free());
        let parts = room.targets.max(1);
        let mut taken = self.taken();
        let Limits { events, bytes } = *taken;
        // The event itself is no longer free room.
        let fits = |taken: usize, more: usize, limit: usize, free: usize| {
            taken.saturating_add(more) <= limit / parts || taken <= free
        };
        if events > 0 && !no_choice {
            if !fits(events, 1, limits.events, free.events) {
                return Err(Crowded::Events(events));
            }
            if !fits(bytes, room.bytes, limits.bytes, free.bytes) {
                return Err(Crowded::Bytes(bytes));
            }
        }
        taken.events = events.saturating_add(1);
        taken.bytes = bytes.saturating_add(room.bytes);
        Ok(Place { bulkhead: Arc::clone(self), bytes: room.bytes })
    }

    fn taken(&self) -> MutexGuard<'_, Limits> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.bulkhead.taken();
        taken.events = taken.events.saturating_sub(1);
        taken.bytes = taken.bytes.saturating_sub(self.bytes);
    }
}

impl Crowded {
    /// Transient: events of the target end, well or not.
    pub(super) fn failure(self, target: &Target, limits: Limits) -> Failure {
        let name = &*target.name;
        let (has, setting) = match self {
            Self::Events(events) => {
                (format!("{events} of the {} events in flight", limits.events), "MAX_IN_FLIGHT")
            }
            Self::Bytes(bytes) => (
                format!("{bytes} of the {} bytes of events in flight", limits.bytes),
                "MAX_IN_FLIGHT_BYTES",
            ),
        };
        let message = format!(
            "{name} is busy with {has} ({setting}): what is left is for other targets, try again \
             later"
        );
        let error = format!("the events of {name} have their share of {setting}");
        Failure {
            transient: true,
            target: Some(target.name.clone()),
            // By then a try has ended, well or not.
            retry_after: Some(target.timeout.clamp(SHORTEST_PAUSE, LONGEST_PAUSE)),
            ..Failure::new(FailureKind::Unavailable, message, error)
        }
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
