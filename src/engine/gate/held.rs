//! Why a try may not be sent, and what becomes of its event.

use std::time::Duration;

use super::Why;
use crate::engine::observe::GivenUp;
use crate::engine::outcome::{Failure, FailureKind};
use crate::program::Target;

/// Why somebody does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Held {
    /// The breaker is open for that long, after so many failures in a row.
    Open { left: Duration, failures: u32 },
    /// The target wants a pause, which lasts for that long: longer than the event.
    Paused { left: Duration, why: Why },
    /// The rate allows the try then, after the end of the event.
    Paced { left: Duration },
    /// There was no place among those that are sent at once, for as long as the event had time.
    Crowded { waited: Duration },
}

impl Held {
    pub(in crate::engine) fn given_up(self) -> GivenUp {
        match self {
            Self::Open { .. } => GivenUp::Open,
            Self::Paused { .. } => GivenUp::Paused,
            Self::Paced { .. } | Self::Crowded { .. } => GivenUp::Limited,
        }
    }

    /// Transient: later the same request may pass.
    pub(in crate::engine) fn failure(self, target: &Target) -> Failure {
        let name = &*target.name;
        let (kind, retry_after, message, error) = match self {
            Self::Open { left, failures } => (
                FailureKind::Unavailable,
                left,
                format!(
                    "{name} failed {failures} {} in a row, and is left alone for another {}",
                    if failures == 1 { "time" } else { "times" },
                    seconds(left)
                ),
                format!("the breaker of {name} is open"),
            ),
            Self::Paused { left, why } => (
                match why {
                    Why::Limited => FailureKind::RateLimited,
                    Why::Unavailable => FailureKind::Unavailable,
                },
                left,
                format!(
                    "{name} wants no requests for another {}, which is longer than the event has",
                    seconds(left)
                ),
                format!("{name} asked for a pause"),
            ),
            Self::Paced { left } => (
                FailureKind::Unavailable,
                left,
                format!(
                    "too many events for {name}: the next free place under `limits.rate` is in \
                     {}, which is longer than the event has",
                    seconds(left)
                ),
                format!("no place under `limits.rate` of {name} in time"),
            ),
            // As long again may be enough.
            Self::Crowded { waited } => (
                FailureKind::Unavailable,
                waited.max(Duration::from_secs(1)),
                format!(
                    "too many events for {name}: no place under `limits.concurrency` became free \
                     within {}",
                    seconds(waited)
                ),
                format!("no place under `limits.concurrency` of {name} in time"),
            ),
        };
        Failure {
            transient: true,
            target: Some(target.name.clone()),
            retry_after: Some(retry_after),
            ..Failure::new(kind, message, error)
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(duration: Duration) -> String {
    let started = u64::from(duration.subsec_nanos() > 0);
    format!("{} s", duration.as_secs().saturating_add(started))
}
