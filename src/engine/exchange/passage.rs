//! A request's way past what stands before its target: the share of the room that its event takes, and
//! the gate, which every try passes.

use std::sync::Arc;
use std::time::Duration;

use super::{Draft, Exchange, Sent};
use crate::engine::bulkhead::Place;
use crate::engine::event_scope::EventScope;
use crate::engine::gate::{Change, Health, Pass, Rank, Why};
use crate::engine::outcome::Failure;
use crate::engine::session::Session;
use crate::engine::target::answer::Answer;
use crate::engine::target::judge::Verdict;
use crate::engine::target::quota;
use crate::engine::transport::TransportFault;
use crate::fields;
use crate::program::Breaker;

impl Exchange<'_> {
    /// A place among the events of the target, where events share a room; with `no_choice` never a
    /// refusal.
    pub(in crate::engine) fn place(&self, no_choice: bool) -> Result<Option<Arc<Place>>, Failure> {
        let Some(room) = &self.step.run.room else { return Ok(None) };
        let place = room.place(&self.link.bulkhead, no_choice);
        place.map(Some).map_err(|full| full.failure(self.target, room.admission.limits()))
    }

    /// The next try as it is to be sent, leave to send it, and the longest that it may take.
    pub(super) async fn ready(
        &self,
        mut draft: Option<Draft>,
        sent: &mut Sent,
        scope: &mut EventScope<'_>,
    ) -> Result<(Draft, Pass<'_>, Duration), Failure> {
        let mut again = false;
        loop {
            let session = self.session().await?;
            let drafted = self.drafted(draft, session, sent, scope)?;
            let (pass, within) = self.pass(scope).await?;
            // While it waited others may have learned that its session is over.
            match self.session_at_hand() {
                Some(session) => {
                    let drafted = self.drafted(Some(drafted), session, sent, scope)?;
                    return Ok((drafted, pass, within));
                }
                // Sessions that end sooner than a turn comes are better tried than waited for.
                None if again => return Ok((drafted, pass, within)),
                None => {
                    pass.give_back();
                    (draft, again) = (Some(drafted), true);
                }
            }
        }
    }

    /// What is to be sent with that session: what there is, or rendered anew.
    fn drafted(
        &self,
        known: Option<Draft>,
        session: Option<Arc<Session>>,
        sent: &mut Sent,
        scope: &mut EventScope<'_>,
    ) -> Result<Draft, Failure> {
        let number = session.as_ref().map(|session| session.number);
        if let Some(draft) = known.filter(|draft| draft.number() == number) {
            return Ok(draft);
        }
        sent.with_session = 0;
        self.render(session, scope)
    }

    /// Leave to send the next try, and the longest that it may take then.
    async fn pass(&self, scope: &mut EventScope<'_>) -> Result<(Pass<'_>, Duration), Failure> {
        self.time_for_a_try()?;
        let run = self.step.run;
        let rank = if run.login.is_some() { Rank::First } else { Rank::Usual };
        match self.link.gate.pass(&*run.engine.clock, run.deadline, rank).await {
            Ok(pass) => Ok((pass, self.time_for_a_try()?)),
            Err(held) => {
                scope.tell(|observer| observer.given_up(held.given_up()));
                Err(held.failure(self.target))
            }
        }
    }

    /// How long nothing is sent to the target because it fails.
    pub(super) fn left_alone(&self) -> Option<Duration> {
        self.link.gate.open_for(self.step.run.engine.clock.monotonic())
    }

    /// A try of that time came to nothing.
    pub(super) fn settle_fault(&self, pass: Pass<'_>, fault: TransportFault, within: Duration) {
        let health = match fault {
            TransportFault::Unreachable | TransportFault::Broken => Health::Failing,
            TransportFault::Timeout if self.is_cut_short(within) => Health::Unknown,
            TransportFault::Timeout => Health::Failing,
            TransportFault::TooLarge => Health::Well,
            TransportFault::Unsendable => Health::Unknown,
        };
        self.settle(pass, health);
    }

    /// Whether a try had so little time, at the end of its event, that no answer means nothing: events
    /// that wait long for a target which is merely busy must not make it one that fails.
    fn is_cut_short(&self, within: Duration) -> bool {
        let usual = self.call.timeout.unwrap_or(self.target.timeout);
        within < usual.min(self.step.run.engine.deadline) / 2
    }

    /// A try was answered.
    pub(super) fn settle_answer(&self, pass: Pass<'_>, answer: &Answer, verdict: &Verdict) {
        let clock = &*self.step.run.engine.clock;
        let code = answer.code();
        let (failing, asked) = match verdict {
            Verdict::Transient { failure, .. } | Verdict::Restart(failure) => {
                (matches!(code, 408 | 500..=599), failure.retry_after)
            }
            _ => (false, quota::asked(code, answer.lines(), clock.wall())),
        };
        if let Some(pause) = quota::pause(code, asked, answer.lines(), clock.wall()) {
            let why = if code == 503 { Why::Unavailable } else { Why::Limited };
            self.link.gate.close(pause, why, clock.monotonic());
        }
        self.settle(pass, if failing { Health::Failing } else { Health::Well });
    }

    fn settle(&self, pass: Pass<'_>, health: Health) {
        let change = pass.settle(health, self.step.run.engine.clock.monotonic());
        let log = &self.step.run.log;
        match change {
            None => {}
            Some(Change::Opened(Breaker { failures, open_for })) => {
                let mut fields = self.place_in_mapping();
                fields.extend(fields! {
                    "failures" => failures,
                    "open_for_ms" => u64::try_from(open_for.as_millis()).unwrap_or(u64::MAX),
                });
                log.warning(
                    "engine",
                    "breaker opened: the target fails, nothing is sent to it",
                    fields,
                );
            }
            Some(Change::Closed) => {
                let fields = self.place_in_mapping();
                log.info("engine", "breaker closed: the target answers again", fields);
            }
        }
    }
}
