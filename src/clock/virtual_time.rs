//! A clock without waiting: time stands still while anything can be done, and then jumps to the end
//! of the next wait. What waits side by side therefore ends in the order in which it would in
//! earnest.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use jiff::Timestamp;

use super::{Clock, Sleep, Task};

/// Where chance comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Luck {
    /// The same bits each time.
    Always(u64),
    /// Other bits each time, in the same order in every run.
    Changing,
}

/// A virtual clock; clones are the same clock. Whoever waits on it must run inside
/// [`VirtualClock::run`], which is what makes time pass.
#[derive(Clone)]
pub struct VirtualClock {
    state: Arc<Mutex<State>>,
    /// What was spawned and is not over. What is left when a run ends goes on in the next one.
    tasks: Arc<Mutex<Vec<Task>>>,
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualClock").field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct State {
    /// The time of day when `now` was zero.
    began: Timestamp,
    now: Duration,
    luck: Luck,
    /// Bits that were given so far.
    drawn: u64,
    /// Who waits, by the end of the wait, and in the order of asking.
    waiting: BTreeMap<(Duration, u64), Waker>,
    asked: u64,
    waits: Vec<Duration>,
}

/// What was run waits for something that no clock brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing can go on, and nothing waits for the clock")]
pub struct Stalled;

impl VirtualClock {
    /// A clock that says `began` for now, with changing luck.
    pub fn new(began: Timestamp) -> Self {
        let state = State {
            began,
            now: Duration::ZERO,
            luck: Luck::Changing,
            drawn: 0,
            waiting: BTreeMap::new(),
            asked: 0,
            waits: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), tasks: Arc::default() }
    }

    pub fn set_luck(&self, luck: Luck) {
        self.state().luck = luck;
    }

    /// Runs a future to its end, with the clock going on whenever there is nothing else to do, for
    /// it and for what was spawned. Everything that is part of it must happen on this thread.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> Result<T, Stalled> {
        let mut future = pin!(future);
        let called = Arc::new(Called(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&called));
        let mut context = Context::from_waker(&waker);
        loop {
            let polled = future.as_mut().poll(&mut context);
            self.poll_tasks(&mut context);
            if let Poll::Ready(result) = polled {
                return Ok(result);
            }
            let can_go_on = called.0.swap(false, Ordering::AcqRel) || self.jump();
            if !can_go_on {
                return Err(Stalled);
            }
        }
    }

    /// Lets every task go on as far as it can, those included that are spawned meanwhile.
    fn poll_tasks(&self, context: &mut Context<'_>) {
        let mut waiting = Vec::new();
        loop {
            let tasks = std::mem::take(&mut *self.tasks());
            if tasks.is_empty() {
                break;
            }
            for mut task in tasks {
                if task.as_mut().poll(context).is_pending() {
                    waiting.push(task);
                }
            }
        }
        *self.tasks() = waiting;
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To the end of the next wait; false if nobody waits.
    fn jump(&self) -> bool {
        let mut state = self.state();
        let Some(((end, _), first)) = state.waiting.pop_first() else { return false };
        state.now = state.now.max(end);
        let later = state.waiting.split_off(&(end, u64::MAX));
        let together = std::mem::replace(&mut state.waiting, later);
        drop(state);
        // Whoever is called may ask the clock.
        std::iter::once(first).chain(together.into_values()).for_each(Waker::wake);
        true
    }

    /// Lets time pass without it counting as a wait of whoever is observed.
    pub fn pass(&self, duration: Duration) -> Sleep {
        let end = self.state().now.saturating_add(duration);
        Box::pin(Waiting { clock: self.clone(), end, place: None })
    }

    /// Every wait that was asked for, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.state().waits.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn wall(&self) -> Timestamp {
        let state = self.state();
        state.began.saturating_add(state.now).unwrap_or(Timestamp::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.state().now
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.state().waits.push(duration);
        self.pass(duration)
    }

    fn random(&self) -> u64 {
        let mut state = self.state();
        state.drawn += 1;
        match state.luck {
            Luck::Always(bits) => bits,
            Luck::Changing => scatter(state.drawn),
        }
    }

    fn spawn(&self, task: Task) {
        self.tasks().push(task);
    }
}

/// Different bits for different numbers, spread over all of 64: the finalizer of SplitMix64.
fn scatter(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

struct Called(AtomicBool);

impl Wake for Called {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// A wait that is not over.
struct Waiting {
    clock: VirtualClock,
    end: Duration,
    place: Option<(Duration, u64)>,
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        if state.now >= self.end {
            return Poll::Ready(());
        }
        let place = self.place.unwrap_or_else(|| {
            state.asked += 1;
            (self.end, state.asked)
        });
        self.place = Some(place);
        state.waiting.insert(place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.state().waiting.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join, join_all, select};

    use super::*;

    fn clock() -> VirtualClock {
        VirtualClock::new(Timestamp::UNIX_EPOCH)
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn days_pass_at_once_on_both_scales() {
        let clock = clock();
        clock.run(async { clock.sleep(HOUR * 24).await }).unwrap();
        assert_eq!(clock.monotonic(), HOUR * 24);
        assert_eq!(clock.wall().to_string(), "1970-01-02T00:00:00Z");
    }

    #[test]
    fn what_waits_side_by_side_ends_in_the_order_of_time() {
        let (clock, ends) = (clock(), Mutex::new(Vec::new()));
        let wait = |name: &'static str, first: u32, second: u32| {
            let (clock, ends) = (&clock, &ends);
            async move {
                for hours in [first, second] {
                    clock.sleep(HOUR * hours).await;
                    ends.lock().unwrap().push((name, clock.monotonic() / 3600));
                }
            }
        };
        clock.run(join(wait("a", 3, 1), wait("b", 1, 9))).unwrap();
        let second = Duration::from_secs(1);
        let ends = ends.into_inner().unwrap();
        assert_eq!(ends, [("b", second), ("a", second * 3), ("a", second * 4), ("b", second * 10)]);
        assert_eq!(clock.waits(), [HOUR * 3, HOUR, HOUR * 9, HOUR], "as they were asked for");
    }

    #[test]
    fn waits_that_end_together_end_together() {
        let clock = clock();
        clock.run(join_all((0..50).map(|_| clock.sleep(HOUR)))).unwrap();
        assert_eq!(clock.monotonic(), HOUR);
    }

    #[test]
    fn a_wait_that_was_given_up_is_not_waited_for() {
        let clock = clock();
        let both = async {
            select(clock.sleep(HOUR), clock.sleep(HOUR * 2)).await;
            clock.sleep(HOUR * 5).await;
        };
        clock.run(both).unwrap();
        assert_eq!(clock.monotonic(), HOUR * 6);
    }

    #[test]
    fn what_was_spawned_goes_on_beside_and_tells_when_it_is_over() {
        let clock = clock();
        let (tell, told) = tokio::sync::oneshot::channel();
        let (beside, inner) = (clock.clone(), clock.clone());
        let told = clock.run(async {
            clock.spawn(Box::pin(async move {
                beside.sleep(HOUR).await;
                inner.spawn(Box::pin(async move {
                    beside.sleep(HOUR).await;
                    tell.send(beside.monotonic()).unwrap();
                }));
            }));
            clock.sleep(HOUR / 2).await;
            told.await
        });
        assert_eq!(told.unwrap(), Ok(HOUR * 2));
    }

    #[test]
    fn what_is_left_of_a_run_goes_on_in_the_next() {
        let clock = clock();
        let (tell, told) = tokio::sync::oneshot::channel();
        let beside = clock.clone();
        clock.spawn(Box::pin(async move {
            beside.sleep(HOUR).await;
            tell.send(()).unwrap();
        }));
        clock.run(async { clock.sleep(HOUR / 2).await }).unwrap();
        assert_eq!(clock.run(told), Ok(Ok(())));
        assert_eq!(clock.monotonic(), HOUR);
    }

    #[test]
    fn what_the_clock_cannot_bring_on_is_told() {
        assert_eq!(clock().run(std::future::pending::<()>()), Err(Stalled));
    }

    #[test]
    fn chance_is_as_it_was_ordered() {
        let fixed = clock();
        fixed.set_luck(Luck::Always(7));
        assert_eq!([fixed.random(), fixed.random()], [7, 7]);
        let changing = clock();
        let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|_| changing.random()).collect();
        assert_eq!(drawn.len(), 1000);
        assert_eq!(clock().random(), clock().random(), "the same in every run");
    }
}
