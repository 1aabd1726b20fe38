//! Shares of the room, by themselves.

use super::*;

struct House {
    admission: Arc<Admission>,
    targets: Vec<Arc<Bulkhead>>,
}

/// An event that stays with its target, with all that it takes.
type Staying = (crate::engine::admit::Ticket, Place);

impl House {
    fn new(events: usize, bytes: usize, targets: usize) -> Self {
        let targets = (0..targets).map(|_| Arc::default()).collect();
        Self { admission: Admission::new(Limits { events, bytes }), targets }
    }

    /// An event of that size comes for a target; `None` if the house is full.
    fn comes(&self, target: usize, size: usize) -> Option<Result<Staying, Crowded>> {
        let mut ticket = self.admission.admit().ok()?;
        ticket.grow(size).ok()?;
        let room = Room::new(&self.admission, self.targets.len(), size);
        Some(self.targets[target].take(&room, false).map(|place| (ticket, place)))
    }

    /// How many stay of those that come as long as there is room, one by one.
    fn fill(&self, target: usize, size: usize) -> Vec<Staying> {
        let come = std::iter::from_fn(|| self.comes(target, size)?.ok());
        come.take(10_000).collect()
    }
}

#[test]
fn a_target_that_hangs_comes_to_half_of_the_room() {
    for (events, stay) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (100, 50), (1024, 512)] {
        for targets in [2, 3, 10] {
            let house = House::new(events, 0, targets);
            assert_eq!(house.fill(0, 0).len(), stay, "{events} places, {targets} targets");
        }
    }
}

#[test]
fn a_target_alone_has_all_the_room() {
    let house = House::new(7, 700, 1);
    let all = house.fill(0, 100);
    assert_eq!(all.len(), 7);
    assert!(house.comes(0, 0).is_none(), "the house is full, not the target");
}

#[test]
fn however_many_hang_there_is_room_for_one_that_does_not() {
    for hanging in 1..=9 {
        let house = House::new(1000, 0, 10);
        // Several times: those that had too much do not get it again.
        let mut staying = Vec::new();
        for _ in 0..20 {
            staying = (0..hanging).map(|target| house.fill(target, 0)).collect();
        }
        let healthy = house.fill(9, 0).len();
        assert!(healthy >= 1, "{hanging}: {healthy}");
        drop(staying);
        assert_eq!(house.admission.in_flight(), 0);
    }
}

#[test]
fn each_of_two_busy_targets_can_have_half() {
    let house = House::new(10, 0, 2);
    let one = house.fill(0, 0);
    let other = house.fill(1, 0);
    assert_eq!((one.len(), other.len()), (5, 5));
}

#[test]
fn large_events_that_hang_leave_bytes_for_those_of_others() {
    let house = House::new(1000, 1000, 2);
    let hanging = house.fill(0, 100);
    assert_eq!(hanging.len(), 5);
    assert_eq!(house.comes(0, 100).unwrap().unwrap_err(), Crowded::Bytes(500));
    assert_eq!(house.fill(1, 100).len(), 5);
    let house = House::new(1000, 1000, 2);
    let hanging = house.fill(0, 700);
    assert_eq!(hanging.len(), 1, "one there always may be");
    assert_eq!(house.fill(1, 100).len(), 3);
}

#[test]
fn an_event_takes_one_place_of_a_target_however_many_requests_it_makes() {
    let house = House::new(4, 400, 2);
    let _ticket = house.admission.admit().unwrap();
    let room = Room::new(&house.admission, 2, 100);
    let taken = || house.targets[0].taken().events;
    let first = room.place(&house.targets[0], false).unwrap();
    let second = room.place(&house.targets[0], false).unwrap();
    let other = room.place(&house.targets[1], false).unwrap();
    assert_eq!((taken(), house.targets[1].taken().events), (1, 1));
    drop((first, other));
    assert_eq!((taken(), house.targets[1].taken().events), (1, 0));
    drop(second);
    assert_eq!(*house.targets[0].taken(), Limits::default());
    let again = room.place(&house.targets[0], false).unwrap();
    assert_eq!(house.targets[0].taken().bytes, 100);
    drop(again);
}

#[test]
fn a_refusal_says_who_has_how_much_of_what() {
    let target = Target::plain("hss", "http://hss.test");
    let limits = Limits { events: 4, bytes: 1000 };
    let failure = Crowded::Events(2).failure(&target, limits);
    assert!(
        failure.message.starts_with("hss is busy with 2 of the 4 events in flight (MAX_IN_FLIGHT)")
    );
    assert_eq!(failure.retry_after, Some(Target::TIMEOUT));
    let failure = Crowded::Bytes(600).failure(&target, limits);
    assert!(failure.message.contains("600 of the 1000 bytes of events in flight"));
    assert!(failure.error.ends_with("MAX_IN_FLIGHT_BYTES"));
}
