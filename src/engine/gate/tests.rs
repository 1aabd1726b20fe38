//! Gates by themselves: who passes, when, and who is told that he does not.

use std::cell::RefCell;

use futures_util::FutureExt;
use futures_util::future::{Either, join, join_all, select};
use jiff::Timestamp;

use super::*;
use crate::clock::SystemClock;
use crate::clock::virtual_time::VirtualClock;
use crate::program::{self, Limits, Rate};

const NEVER: Duration = Duration::from_secs(1_000_000);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn clock() -> VirtualClock {
    VirtualClock::new(Timestamp::UNIX_EPOCH)
}

fn gate(concurrency: Option<u32>, per_second: Option<u32>, failures: Option<u32>) -> Gate {
    let rate = per_second.map(|count| Rate { count, per: secs(1) });
    let breaker = failures.map(|failures| program::Breaker { failures, open_for: secs(15) });
    let limits = Limits { concurrency, rate };
    Gate::of(&Target { limits, breaker, ..Target::plain("hss", "http://hss.test") })
}

/// Nobody is left behind.
#[track_caller]
fn is_idle(gate: &Gate) {
    let state = gate.state();
    assert_eq!((state.running, state.queue.ahead_of(None, Rank::Usual)), (0, 0));
}

/// When somebody passes who comes then and has time until `deadline`; the pass is kept for `stay`.
async fn comes(
    gate: &Gate,
    clock: &VirtualClock,
    at: Duration,
    deadline: Duration,
    stay: Duration,
) -> (u64, Result<(), Held>) {
    clock.pass(at).await;
    let passed = gate.pass(clock, deadline, Rank::Usual).await;
    let now = u64::try_from(clock.monotonic().as_millis()).unwrap();
    let kept = passed.map(|pass| (clock.pass(stay), pass));
    match kept {
        Ok((stay, pass)) => {
            stay.await;
            drop(pass);
            (now, Ok(()))
        }
        Err(held) => (now, Err(held)),
    }
}

/// What becomes of those who come, each with its time, deadline and stay, in seconds.
#[track_caller]
fn come(gate: &Gate, all: &[(u64, u64, u64)]) -> Vec<(u64, Result<(), Held>)> {
    let clock = clock();
    let one = |(at, deadline, stay): &(u64, u64, u64)| {
        comes(gate, &clock, secs(*at), secs(*deadline), secs(*stay))
    };
    let ends = clock.run(join_all(all.iter().map(one))).unwrap();
    is_idle(gate);
    ends
}

#[test]
fn no_more_than_so_many_pass_at_once_and_the_others_in_the_order_of_coming() {
    let ends = come(&gate(Some(2), None, None), &[(0, 99, 3), (0, 99, 1), (0, 99, 5), (0, 99, 1)]);
    let times: Vec<u64> = ends.into_iter().map(|(at, end)| end.map(|()| at).unwrap()).collect();
    assert_eq!(times, [0, 0, 1000, 3000]);
}

#[test]
fn who_finds_no_place_before_his_deadline_is_told_then() {
    let ends = come(&gate(Some(1), None, None), &[(0, 99, 10), (1, 4, 1), (2, 20, 1)]);
    let held = Err(Held::Crowded { waited: secs(3) });
    assert_eq!(ends, [(0, Ok(())), (4000, held), (10_000, Ok(()))]);
}

#[test]
fn whom_the_rate_lets_pass_too_late_is_told_at_once_and_takes_no_place() {
    let gate = gate(None, Some(1), None);
    let ends = come(&gate, &[(0, 3, 0), (0, 3, 0), (0, 3, 0), (0, 3, 0), (0, 4, 0), (2, 9, 0)]);
    let held = Err(Held::Paced { left: secs(3) });
    let passed = |at| (at, Ok(()));
    assert_eq!(ends[..3], [passed(0), passed(1000), passed(2000)]);
    assert_eq!(ends[3..], [(0, held), passed(3000), passed(4000)]);
}

#[test]
fn a_rate_and_a_limit_of_places_hold_both() {
    let ends = come(&gate(Some(1), Some(1), None), &[(0, 99, 0), (0, 99, 5), (0, 99, 0)]);
    let times: Vec<u64> = ends.into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [0, 1000, 6000]);
}

#[test]
fn a_pause_is_waited_for_in_order_by_those_who_have_the_time() {
    let gate = gate(Some(1), None, None);
    gate.close(secs(10), Why::Limited, secs(0));
    gate.close(secs(3), Why::Unavailable, secs(0));
    let ends = come(&gate, &[(0, 99, 1), (1, 10, 1), (2, 99, 1), (2, 11, 1)]);
    let held = Err(Held::Paused { left: secs(9), why: Why::Limited });
    let crowded = Err(Held::Crowded { waited: secs(9) });
    assert_eq!(ends, [(10_000, Ok(())), (1000, held), (11_000, Ok(())), (11_000, crowded)]);
}

#[test]
fn those_who_wait_already_are_told_of_a_pause_that_is_too_long() {
    let (gate, clock) = (gate(Some(1), None, None), clock());
    let first = async {
        let pass = gate.pass(&clock, NEVER, Rank::Usual).await.unwrap();
        clock.pass(secs(1)).await;
        gate.close(secs(1000), Why::Unavailable, clock.monotonic());
        clock.pass(secs(1)).await;
        drop(pass);
    };
    let comes = |deadline| comes(&gate, &clock, secs(0), secs(deadline), secs(0));
    let ends = clock.run(join(first, join_all([comes(30), comes(99)]))).unwrap().1;
    let held = Err(Held::Paused { left: LONGEST_PAUSE, why: Why::Unavailable });
    assert_eq!(ends, [(1000, held), (61_000, Ok(()))], "and no pause is longer than a minute");
    is_idle(&gate);
}

#[test]
fn who_goes_away_leaves_nothing_behind() {
    let (gate, clock) = (gate(Some(1), None, None), clock());
    let impatient = async {
        let waiting = pin!(gate.pass(&clock, NEVER, Rank::Usual));
        let gone = matches!(select(waiting, clock.pass(secs(1))).await, Either::Right(_));
        assert!(gone);
    };
    let first = comes(&gate, &clock, secs(0), NEVER, secs(2));
    let last = comes(&gate, &clock, secs(0), NEVER, secs(0));
    let (_, (_, last)) = clock.run(join(first, join(impatient, last))).unwrap();
    assert_eq!(last, (2000, Ok(())));
    is_idle(&gate);
}

#[test]
fn who_goes_away_when_it_is_his_turn_passes_it_on() {
    let (gate, clock) = (gate(Some(1), None, None), clock());
    let pass = gate.pass(&clock, NEVER, Rank::Usual).now_or_never().unwrap().unwrap();
    let mut second = Box::pin(gate.pass(&clock, NEVER, Rank::Usual));
    let mut third = Box::pin(gate.pass(&clock, NEVER, Rank::Usual));
    assert!((&mut second).now_or_never().is_none() && (&mut third).now_or_never().is_none());
    drop(pass);
    drop(second);
    let passed = third.now_or_never().expect("nobody else is there").is_ok();
    assert!(passed);
    is_idle(&gate);
}

#[test]
fn who_comes_first_passes_before_all_who_wait_but_keeps_to_the_limits() {
    let (gate, clock) = (gate(Some(1), Some(1), None), clock());
    let usual = || comes(&gate, &clock, secs(0), NEVER, secs(2));
    let first = async |at| {
        clock.pass(at).await;
        let pass = gate.pass(&clock, NEVER, Rank::First).await.unwrap();
        drop(pass);
        clock.monotonic()
    };
    let firsts = join_all([first(ms(1500)), first(ms(1700))]);
    let (ends, firsts) = clock.run(join(join_all([usual(), usual(), usual()]), firsts)).unwrap();
    let times: Vec<u64> = ends.into_iter().map(|(at, _)| at).collect();
    assert_eq!((times, firsts), (vec![0, 4000, 6000], vec![secs(3), secs(2)]));
    is_idle(&gate);
}

/// One after the other: what each try tells, or that it is dropped, and at what time in seconds; and
/// whether it may be sent at all.
#[track_caller]
fn tries(gate: &Gate, all: &[(u64, Option<Health>, bool)]) {
    let clock = clock();
    for (number, (at, health, passes)) in all.iter().enumerate() {
        let wait = clock.pass(secs(*at).saturating_sub(clock.monotonic()));
        clock.run(wait).unwrap();
        let passed = gate.pass(&clock, NEVER, Rank::Usual).now_or_never().expect("nobody waits");
        assert_eq!(passed.is_ok(), *passes, "{number}: {:?}", passed.err());
        if let (Ok(pass), Some(health)) = (passed, health) {
            pass.settle(*health, clock.monotonic());
        }
    }
    is_idle(gate);
}

const WELL: Option<Health> = Some(Health::Well);
const FAILS: Option<Health> = Some(Health::Failing);
const NOTHING: Option<Health> = Some(Health::Unknown);
const DROPPED: Option<Health> = None;

#[test]
fn so_many_failures_in_a_row_open_the_breaker() {
    for (before, is_open) in [
        (&[FAILS, FAILS, FAILS][..], true),
        (&[FAILS, FAILS], false),
        (&[FAILS, FAILS, WELL, FAILS, FAILS], false),
        (&[FAILS, FAILS, NOTHING, FAILS], true),
        (&[FAILS, DROPPED, FAILS, DROPPED, FAILS], true),
        (&[WELL, FAILS, FAILS, FAILS], true),
    ] {
        let gate = gate(None, None, Some(3));
        let mut all: Vec<_> = before.iter().map(|health| (0, *health, true)).collect();
        all.push((14, WELL, !is_open));
        tries(&gate, &all);
    }
}

#[test]
fn one_probe_closes_the_breaker_or_opens_it_again() {
    let gate = gate(None, None, Some(1));
    tries(
        &gate,
        &[
            (0, FAILS, true),
            (14, WELL, false),
            (15, FAILS, true),
            (15, WELL, false),
            (29, WELL, false),
            (30, WELL, true),
            (30, WELL, true),
            (31, FAILS, true),
            (45, WELL, false),
            (46, WELL, true),
        ],
    );
}

#[test]
fn a_probe_that_tells_nothing_makes_the_next_one_the_probe() {
    for silent in [NOTHING, DROPPED] {
        let gate = gate(None, None, Some(1));
        tries(&gate, &[(0, FAILS, true), (15, silent, true), (15, WELL, true), (15, WELL, true)]);
    }
}

#[test]
fn while_the_probe_is_on_its_way_nobody_else_passes() {
    let (gate, clock) = (gate(None, None, Some(1)), clock());
    let pass = || gate.pass(&clock, NEVER, Rank::Usual).now_or_never().expect("nobody waits");
    let opened = pass().unwrap().settle(Health::Failing, secs(0));
    assert!(matches!(opened, Some(Change::Opened(_))));
    let left = |held| matches!(held, Held::Open { left, failures: 1 } if left == secs(15));
    assert!(pass().is_err_and(left));
    clock.run(clock.pass(secs(15))).unwrap();
    let probe = pass().unwrap();
    let left = |held| matches!(held, Held::Open { left, .. } if left == secs(1));
    assert!(pass().is_err_and(left));
    assert_eq!(probe.settle(Health::Well, secs(15)), Some(Change::Closed));
    assert!(pass().is_ok());
    is_idle(&gate);
}

#[test]
fn what_began_before_the_breaker_opened_says_nothing_of_what_came_after() {
    let (gate, clock) = (gate(None, None, Some(1)), clock());
    let pass =
        || gate.pass(&clock, NEVER, Rank::Usual).now_or_never().expect("nobody waits").unwrap();
    let (old, old_too, first) = (pass(), pass(), pass());
    first.settle(Health::Failing, secs(0));
    assert_eq!(old.settle(Health::Well, secs(0)), None);
    assert_eq!(gate.open_for(secs(0)), Some(secs(15)));
    clock.run(clock.pass(secs(15))).unwrap();
    assert_eq!(pass().settle(Health::Well, secs(15)), Some(Change::Closed));
    assert_eq!(old_too.settle(Health::Failing, secs(15)), None);
    assert_eq!(gate.open_for(secs(15)), None);
}

#[test]
fn those_who_wait_are_told_when_the_breaker_opens() {
    let (gate, clock) = (gate(Some(1), None, Some(1)), clock());
    let first = async {
        let pass = gate.pass(&clock, NEVER, Rank::Usual).await.unwrap();
        clock.pass(secs(2)).await;
        pass.settle(Health::Failing, clock.monotonic());
    };
    let comes = || comes(&gate, &clock, secs(0), NEVER, secs(0));
    let ends = clock.run(join(first, join_all([comes(), comes()]))).unwrap().1;
    let held = Err(Held::Open { left: secs(15), failures: 1 });
    assert_eq!(ends, [(2000, held), (2000, held)]);
    is_idle(&gate);
}

#[test]
fn of_many_who_wait_for_the_end_of_a_pause_one_is_the_probe() {
    let (gate, clock) = (gate(None, None, Some(1)), clock());
    let opened = gate.pass(&clock, NEVER, Rank::Usual).now_or_never().unwrap().unwrap();
    opened.settle(Health::Failing, secs(0));
    gate.close(secs(40), Why::Limited, secs(0));
    let comes = || comes(&gate, &clock, secs(20), NEVER, secs(1));
    let ends = clock.run(join_all([comes(), comes(), comes()])).unwrap();
    let held = Err(Held::Open { left: secs(1), failures: 1 });
    assert_eq!(ends, [(40_000, Ok(())), (40_000, held), (40_000, held)]);
    is_idle(&gate);
}

#[test]
fn whatever_happens_no_limit_is_passed_and_nobody_is_left() {
    let (gate, clock) = (gate(Some(3), Some(20), Some(4)), clock());
    let (running, most, starts) = (RefCell::new(0), RefCell::new(0), RefCell::new(Vec::new()));
    let one = async || {
        clock.pass(Duration::from_millis(clock.random() % 20_000)).await;
        let deadline = clock.monotonic() + Duration::from_millis(clock.random() % 3000);
        let waiting = pin!(gate.pass(&clock, deadline, Rank::Usual));
        let patience = clock.pass(Duration::from_millis(clock.random() % 4000));
        let Either::Left((Ok(pass), _)) = select(waiting, patience).await else { return };
        assert!(clock.monotonic() < deadline);
        starts.borrow_mut().push(clock.monotonic());
        *running.borrow_mut() += 1;
        let now = *running.borrow();
        let so_far = *most.borrow();
        most.replace(now.max(so_far));
        clock.pass(Duration::from_millis(clock.random() % 400)).await;
        *running.borrow_mut() -= 1;
        match clock.random() % 8 {
            0 => drop(pass),
            1..=3 => drop(pass.settle(Health::Failing, clock.monotonic())),
            4 => {
                pass.settle(Health::Well, clock.monotonic());
                gate.close(
                    Duration::from_millis(clock.random() % 900),
                    Why::Limited,
                    clock.monotonic(),
                );
            }
            _ => drop(pass.settle(Health::Well, clock.monotonic())),
        }
    };
    clock.run(join_all((0..600).map(|_| one()))).unwrap();
    is_idle(&gate);
    let starts = starts.into_inner();
    assert_eq!(most.into_inner(), 3);
    assert!(starts.len() > 50, "{}", starts.len());
    let gaps = starts.windows(2).map(|pair| pair[1] - pair[0]);
    assert_eq!(gaps.min(), Some(Duration::from_millis(50)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_keep_to_the_limit_and_leave_nobody_behind() {
    let gate = Arc::new(gate(Some(4), None, None));
    let clock = Arc::new(SystemClock::new());
    let running = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let one = |number: usize| {
        let (gate, clock, running) = (Arc::clone(&gate), Arc::clone(&clock), Arc::clone(&running));
        tokio::spawn(async move {
            let waiting = pin!(gate.pass(&*clock, NEVER, Rank::Usual));
            let patience = async {
                for _ in 0..number % 50 + usize::from(number.is_multiple_of(2)) * 10_000 {
                    tokio::task::yield_now().await;
                }
            };
            let Either::Left((passed, _)) = select(waiting, pin!(patience)).await else { return };
            let pass = passed.unwrap();
            let before = running.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            assert!(before < 4, "{before}");
            tokio::task::yield_now().await;
            running.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            drop(pass);
        })
    };
    for ended in join_all((0..500).map(one)).await {
        ended.unwrap();
    }
    is_idle(&gate);
}
