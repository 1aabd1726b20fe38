//! Polling: a request is sent again, rendered anew, until an answer says that something has come
//! about.

use std::time::Duration;

use super::event_scope::EventScope;
use super::exchange::{Delivered, Exchange, Exchanged, give_up};
use super::observe::GivenUp;
use super::outcome::Failure;
use crate::program::Repeat;
use crate::units;

impl Exchange<'_> {
    pub(super) async fn poll(
        &self,
        repeat: &Repeat,
        scope: &mut EventScope<'_>,
    ) -> Result<Exchanged, Failure> {
        let mut poll = 1;
        loop {
            let exchange = Exchange { poll, ..*self };
            let failure = match exchange.send(scope).await? {
                Delivered::Decided(exchanged) => return Ok(exchanged),
                Delivered::NotYet(failure) => failure,
            };
            let began = scope.first_sent.unwrap_or(scope.sent);
            if let Err(why) = self.pause(repeat, began).await {
                return give_up(exchange.in_vain(repeat, why, failure), why, scope);
            }
            poll = poll.saturating_add(1);
        }
    }

    /// Waits until the request may be sent again; not where there is no time for one more.
    async fn pause(&self, repeat: &Repeat, began: Duration) -> Result<(), GivenUp> {
        let run = self.step.run;
        let clock = &*run.engine.clock;
        let next = clock.monotonic().saturating_add(repeat.every);
        if next > began.saturating_add(repeat.period) {
            return Err(GivenUp::Polled);
        }
        if repeat.every >= run.time_left() {
            return Err(GivenUp::NoTime);
        }
        clock.sleep(repeat.every).await;
        // A sleep may last longer than it should: the last answer says more than the time.
        if run.time_left().is_zero() { Err(GivenUp::NoTime) } else { Ok(()) }
    }

    /// The failure of a poll that has no more time; `failure` is what its last answer came to.
    fn in_vain(&self, repeat: &Repeat, why: GivenUp, failure: Failure) -> Failure {
        let within = match why {
            GivenUp::NoTime => "before the event's deadline (EVENT_DEADLINE)".to_owned(),
            _ => format!("within {}", units::text_of(repeat.period)),
        };
        let (target, label, polls) = (&self.target.name, self.label, self.poll);
        let status = failure.target_status.unwrap_or_default();
        let answers = if polls == 1 { "answer" } else { "answers" };
        let message = format!(
            "what step `{label}` waits for did not come about {within} ({polls} {answers} of \
             {target}, the last one {status})"
        );
        Failure { message, ..failure }
    }
}
