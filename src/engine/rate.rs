//! A rate, spread evenly: the generic cell rate algorithm (ITU-T I.371, annex A), which needs to
//! know one moment only.

use std::time::Duration;

use crate::program::Rate;

/// Keeps to a rate.
#[derive(Debug)]
pub(super) struct Pacer {
    /// From one request to the next.
    interval: Duration,
    /// How much earlier than evenly spread a request may be.
    tolerance: Duration,
    /// When the next request would be sent if all were spread evenly; on the clock's monotonic scale.
    due: Duration,
}

impl Pacer {
    pub(super) fn new(rate: Rate) -> Self {
        Self::with_burst(rate, rate.burst())
    }

    /// One that lets so many requests through at once, at least 1, when none came for a while.
    pub(super) fn with_burst(rate: Rate, burst: u32) -> Self {
        let interval = rate.interval();
        let tolerance = interval.saturating_mul(burst.saturating_sub(1));
        Self { interval, tolerance, due: Duration::ZERO }
    }

    /// When a request may be sent, from `from` on, before which that many others are sent.
    pub(super) fn at(&self, ahead: usize, from: Duration) -> Duration {
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let due = self.due.max(from).saturating_add(self.interval.saturating_mul(ahead));
        due.saturating_sub(self.tolerance).max(from)
    }

    /// A request is sent.
    pub(super) fn take(&mut self, now: Duration) {
        self.due = self.due.max(now).saturating_add(self.interval);
    }

    /// A request that was taken for sent is not.
    pub(super) fn give_back(&mut self) {
        self.due = self.due.saturating_sub(self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// When each of so many requests is sent that are all there at once.
    fn sent(pacer: &mut Pacer, count: usize) -> Vec<u64> {
        let mut now = ms(0);
        let mut one = || {
            now = pacer.at(0, now);
            pacer.take(now);
            u64::try_from(now.as_millis()).unwrap()
        };
        (0..count).map(|_| one()).collect()
    }

    fn pacer(count: u32, seconds: u64) -> Pacer {
        Pacer::new(Rate { count, per: Duration::from_secs(seconds) })
    }

    #[test]
    fn requests_are_spread_evenly_behind_what_the_rate_gives_in_a_twentieth_of_a_second() {
        for (count, seconds, times) in [
            (10, 1, [0, 100, 200, 300, 400, 500]),
            (39, 1, [0, 25, 51, 76, 102, 128]),
            (60, 1, [0, 0, 0, 16, 33, 49]),
            (100, 1, [0, 0, 0, 0, 0, 10]),
            (120, 60, [0, 500, 1000, 1500, 2000, 2500]),
            (1, 60, [0, 60_000, 120_000, 180_000, 240_000, 300_000]),
        ] {
            assert_eq!(sent(&mut pacer(count, seconds), 6), times, "{count} in {seconds} s");
        }
    }

    #[test]
    fn who_waits_behind_others_knows_the_time() {
        for ahead in 0..6 {
            let mut pacer = pacer(100, 1);
            let known = pacer.at(ahead, ms(0));
            let times = sent(&mut pacer, 6);
            assert_eq!(u128::from(times[ahead]), known.as_millis(), "{ahead}");
        }
    }

    #[test]
    fn what_was_not_used_is_not_saved_up() {
        let mut pacer = pacer(10, 1);
        pacer.take(ms(0));
        assert_eq!(pacer.at(0, ms(99)), ms(100));
        assert_eq!((pacer.at(0, ms(5000)), pacer.at(1, ms(5000))), (ms(5000), ms(5100)));
    }

    #[test]
    fn what_is_given_back_is_for_the_next_one() {
        let mut pacer = pacer(1, 1);
        pacer.take(ms(5000));
        pacer.give_back();
        assert_eq!(pacer.at(0, ms(5000)), ms(5000));
        assert_eq!(pacer.at(1, ms(5000)), ms(6000), "and no more than that");
    }

    #[test]
    fn no_number_is_too_large() {
        let pacer = pacer(1, u64::MAX / 2);
        assert!(pacer.at(usize::MAX, Duration::MAX) <= Duration::MAX);
    }
}
