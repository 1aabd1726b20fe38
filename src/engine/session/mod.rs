//! Sessions with targets: begun by a log-in when one is first needed, shared by all events, and
//! renewed by one task at a time, however many events wait for it.

mod jar;
mod keeper;
mod login;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub(super) use jar::Jar;
pub(super) use keeper::{Asking, Keeper};
pub(super) use login::LogIn;

/// What a log-in came to. Events keep the one that their request was made with.
#[derive(Debug)]
pub(super) struct Session {
    /// Counts the sessions of a keeper, from 1.
    pub number: u64,
    pub values: Values,
    /// Cookies that came with the log-in and since.
    pub jar: Arc<Jar>,
    /// Until the target refuses it where there is none.
    life: Option<Life>,
}

/// What a log-in saved, by [`crate::program::Keepsake::place`].
pub(super) type Values = Arc<[Option<Value>]>;

/// On the clock's monotonic scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Life {
    /// From then on a new session is fetched beside the old one.
    renew_from: Duration,
    ends: Duration,
}

/// Less is no life: the target would be asked for sessions without end.
const SHORTEST_LIFE: Duration = Duration::from_secs(1);

/// A longer life is as good as this one.
const LONGEST_LIFE: Duration = Duration::from_secs(1 << 31);

/// How long before its end a session is renewed, unless a fifth of its life is less.
const MARGIN: Duration = Duration::from_secs(30);

impl Life {
    /// What an answer says of it: seconds, as a number or as text. Nothing that makes sense is none.
    fn read(seconds: Option<&Value>, now: Duration) -> Option<Self> {
        let seconds = match seconds? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse::<f64>().ok()?,
            _ => return None,
        };
        if seconds.is_nan() || seconds <= 0.0 {
            return None;
        }
        let life = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE);
        let life = life.clamp(SHORTEST_LIFE, LONGEST_LIFE);
        let ends = now.saturating_add(life);
        Some(Self { renew_from: ends - MARGIN.min(life / 5), ends })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_life_is_read_from_whatever_targets_send() {
        let now = Duration::from_secs(100);
        for (seconds, life) in [
            (json!(3600), Some((3670, 3700))),
            (json!("3600"), Some((3670, 3700))),
            (json!(" 100 "), Some((180, 200))),
            (json!(3600.5), Some((3670, 3700))),
            (json!(1e-9), Some((100, 101))),
            (json!(0), None),
            (json!(-5), None),
            (json!("soon"), None),
            (json!(""), None),
            (json!("NaN"), None),
            (json!(null), None),
            (json!([3600]), None),
            (json!(1e300), Some((2_147_483_718, 2_147_483_748))),
            (json!("inf"), Some((2_147_483_718, 2_147_483_748))),
        ] {
            let read = Life::read(Some(&seconds), now);
            let read = read.map(|life| (life.renew_from.as_secs(), life.ends.as_secs()));
            assert_eq!(read, life, "{seconds}");
        }
        assert_eq!(Life::read(None, now), None);
    }
}
