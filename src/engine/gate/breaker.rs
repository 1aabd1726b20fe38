//! The breaker: a target that fails again and again is left alone for a while, then asked once.

use std::time::Duration;

use crate::program;

/// What a try told of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Health {
    /// It answered something that does not speak of trouble.
    Well,
    Failing,
    /// The try ended before there was anything to be told.
    Unknown,
}

/// What becomes of a breaker by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Change {
    /// Nothing is sent any more.
    Opened(program::Breaker),
    /// The probe succeeded.
    Closed,
}

/// What a try is to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Nobody,
    /// One of many, since the breaker was closed for the so-manieth time.
    Usual(u64),
    /// The one that decides whether the breaker closes.
    Probe,
}

/// For how long nobody should come again while a probe is on its way: what it comes to will be
/// known soon.
const WHILE_PROBING: Duration = Duration::from_secs(1);

pub(super) struct Breaker {
    setting: program::Breaker,
    standing: Standing,
    /// Counts the times at which it opened: what began before says nothing of what came after.
    opened: u64,
}

enum Standing {
    Closed {
        /// In a row.
        failures: u32,
    },
    /// On the clock's monotonic scale; after that it waits for a probe.
    Open {
        until: Duration,
    },
    Probing,
}

impl Breaker {
    pub(super) fn new(setting: program::Breaker) -> Self {
        Self { setting, standing: Standing::Closed { failures: 0 }, opened: 0 }
    }

    /// For how long nobody passes, and after how many failures in a row.
    pub(super) fn refusal(&self, now: Duration) -> Option<(Duration, u32)> {
        let left = match self.standing {
            Standing::Closed { .. } => return None,
            Standing::Open { until } => until.saturating_sub(now),
            Standing::Probing => WHILE_PROBING,
        };
        (!left.is_zero()).then_some((left, self.setting.failures))
    }

    /// Somebody passes who was not refused.
    pub(super) fn enter(&mut self) -> Role {
        match self.standing {
            Standing::Closed { .. } => Role::Usual(self.opened),
            Standing::Open { .. } | Standing::Probing => {
                self.standing = Standing::Probing;
                Role::Probe
            }
        }
    }

    pub(super) fn settle(&mut self, role: Role, health: Health, now: Duration) -> Option<Change> {
        match (role, health) {
            (Role::Usual(opened), Health::Well | Health::Failing) if opened == self.opened => {
                self.count(health, now)
            }
            (Role::Probe, Health::Well) => {
                self.standing = Standing::Closed { failures: 0 };
                Some(Change::Closed)
            }
            (Role::Probe, Health::Failing) => {
                self.open(now);
                None
            }
            (Role::Probe, Health::Unknown) => {
                self.abandon(role);
                None
            }
            (Role::Nobody | Role::Usual(_), _) => None,
        }
    }

    fn count(&mut self, health: Health, now: Duration) -> Option<Change> {
        let Standing::Closed { failures } = &mut self.standing else { return None };
        *failures = if health == Health::Well { 0 } else { failures.saturating_add(1) };
        (*failures >= self.setting.failures).then(|| {
            self.open(now);
            Change::Opened(self.setting)
        })
    }

    fn open(&mut self, now: Duration) {
        self.opened += 1;
        self.standing = Standing::Open { until: now.saturating_add(self.setting.open_for) };
    }

    /// A try is over that nobody told of: the next one is the probe if this one was to be.
    pub(super) fn abandon(&mut self, role: Role) {
        if role == Role::Probe {
            self.standing = Standing::Open { until: Duration::ZERO };
        }
    }
}
