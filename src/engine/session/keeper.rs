//! Keeps the session with a target, for all events: none, valid, being renewed, or failed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, Shared, select};
use tokio::sync::oneshot;

use super::Session;
use super::login::Unmade;
use crate::clock::{Clock, Task};
use crate::engine::Engine;
use crate::engine::outcome::{Failure, FailureKind};
use crate::engine::run::Run;
use crate::engine::set::Link;
use crate::fields;
use crate::program::Target;
use crate::telemetry::log::{Log, milliseconds};
use crate::telemetry::vault::{Learner, Vault};

/// The pause after the first failure; it doubles with each, up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The status that can be about the request rather than the session (RFC 9110, section 15.5.4).
const FORBIDDEN: u16 = 403;

/// A target may ask for a longer pause than ours, up to this one.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// Keeps the session with a target, whoever needs it.
pub(in crate::engine) struct Keeper {
    /// Of the log-in's own targets.
    pub(super) links: Vec<Arc<Link>>,
    pub(in crate::engine) learner: Learner,
    /// Hides cookies. Another one: a target may set a new cookie with each answer, and what a log-in
    /// saved is not to be forgotten over that.
    pub(in crate::engine) of_cookies: Learner,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many sessions there were.
    sessions: u64,
    held: Option<Held>,
    renewal: Option<Renewal>,
    failing: Option<Failing>,
    /// By the status that refused new sessions: one that is about a single subscriber, say, is not to
    /// keep us from learning that the session is over.
    fruitless: BTreeMap<Option<u16>, Pause>,
}

struct Held {
    session: Arc<Session>,
    standing: Standing,
    /// Whether the next session can be got from this one.
    may_refresh: bool,
}

/// Whether a target accepts a session, as far as we know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Valid,
    /// It was refused by [`FORBIDDEN`]: another one is fetched, and as long as there is none this one is
    /// better than nothing.
    Doubtful,
    Refused,
}

/// What the last log-in failed by, and until when there is no other one.
struct Failing {
    refusal: Arc<Refusal>,
    pause: Pause,
}

#[derive(Clone, Copy)]
struct Pause {
    /// How often in a row.
    times: u32,
    /// On the clock's monotonic scale.
    until: Duration,
}

/// Why there is no session, whoever asks.
struct Refusal {
    failure: Failure,
    /// Until when nobody asks the target again.
    until: Duration,
}

type Outcome = Result<Arc<Session>, Arc<Refusal>>;

/// A renewal that is on its way, for all who wait.
type Renewal = Shared<oneshot::Receiver<Outcome>>;

/// Who needs a session.
pub(in crate::engine) struct Asking<'a> {
    pub run: &'a Run<'a>,
    pub target: &'a Arc<Target>,
}

/// A renewal, with all that it needs: it outlives the event that began it.
pub(super) struct Begun {
    pub keeper: Arc<Keeper>,
    pub target: Arc<Target>,
    pub engine: Engine,
    pub vault: Arc<Vault>,
    /// Of the event that began it.
    pub log: Log,
    pub request_id: Arc<str>,
    pub unique_id: Arc<str>,
    /// The session to get the next one from.
    pub previous: Option<Arc<Session>>,
    /// On the clock's monotonic scale; its own, not that of the event.
    pub deadline: Duration,
}

/// What there is for somebody who needs a session.
enum Found {
    Session(Arc<Session>),
    Renewal(Renewal),
    Refusal(Arc<Refusal>),
}

impl Keeper {
    pub(in crate::engine) fn new(links: Vec<Arc<Link>>, vault: &Arc<Vault>) -> Self {
        let (learner, of_cookies) = (vault.learner(), vault.learner());
        Self { links, learner, of_cookies, state: Mutex::default() }
    }

    /// A session to send a request with. Waits for one no longer than until the deadline of the
    /// event.
    pub(in crate::engine) async fn session(
        self: &Arc<Self>,
        asking: &Asking<'_>,
    ) -> Result<Arc<Session>, Failure> {
        let renewal = match self.find(asking) {
            Found::Session(session) => return Ok(session),
            Found::Refusal(refusal) => return Err(asking.failure(&refusal)),
            Found::Renewal(renewal) => renewal,
        };
        let patience = asking.run.engine.clock.sleep(asking.run.time_left());
        match select(renewal, patience).await {
            Either::Left((Ok(outcome), _)) => outcome.map_err(|refusal| asking.failure(&refusal)),
            Either::Left((Err(_), _)) => Err(asking.unavailable("the log-in was broken off")),
            Either::Right(_) => Err(asking.unavailable("the log-in takes too long")),
        }
    }

    /// A session to send a request with at once, if there is one.
    pub(in crate::engine) fn at_hand(
        self: &Arc<Self>,
        asking: &Asking<'_>,
    ) -> Option<Arc<Session>> {
        match self.find(asking) {
            Found::Session(session) => Some(session),
            Found::Renewal(_) | Found::Refusal(_) => None,
        }
    }

    /// The session, where there is one that can be used; a new one is fetched where it is needed,
    /// or soon will be.
    fn find(self: &Arc<Self>, asking: &Asking<'_>) -> Found {
        let now = asking.run.engine.clock.monotonic();
        let mut state = self.state();
        let failing = state.failing.as_ref().filter(|failing| failing.pause.until > now);
        let refusal = failing.map(|failing| Arc::clone(&failing.refusal));
        let usable = |held: &&Held| match held.standing {
            Standing::Valid => true,
            Standing::Doubtful => refusal.is_some(),
            Standing::Refused => false,
        };
        let held = state.held.as_ref().filter(usable);
        if let Some(session) = held.map(|held| Arc::clone(&held.session)) {
            match session.life {
                Some(life) if life.ends <= now => {}
                Some(life) if life.renew_from <= now => {
                    if refusal.is_none() {
                        drop(self.renewal(&mut state, asking));
                    }
                    return Found::Session(session);
                }
                _ => return Found::Session(session),
            }
        }
        match refusal {
            Some(refusal) => Found::Refusal(refusal),
            None => Found::Renewal(self.renewal(&mut state, asking)),
        }
    }

    /// The renewal that is on its way, or a new one.
    fn renewal(self: &Arc<Self>, state: &mut State, asking: &Asking<'_>) -> Renewal {
        if let Some(renewal) = &state.renewal {
            return renewal.clone();
        }
        let is_used_up = asking.target.auth.login().is_some_and(|login| login.is_used_up);
        let refreshed = state.held.as_ref().filter(|held| held.may_refresh || is_used_up);
        let previous = refreshed.map(|held| Arc::clone(&held.session));
        let (tell, told) = oneshot::channel();
        let renewal = told.shared();
        state.renewal = Some(renewal.clone());
        let begun = asking.begin(Arc::clone(self), previous);
        asking.run.engine.clock.spawn(task(begun, tell));
        renewal
    }

    /// The target refused this session, which is a failure unless another one helps. Unless there is
    /// one by now, the next one to ask waits for it. `Err`: for now none is begun, because the last one
    /// did not help, or could not be had.
    pub(in crate::engine) fn refused(
        &self,
        asking: &Asking<'_>,
        number: u64,
        failure: Failure,
    ) -> Result<(), Failure> {
        let now = asking.run.engine.clock.monotonic();
        let status = failure.target_status;
        let mut state = self.state();
        let State { held, failing, fruitless, .. } = &mut *state;
        let held = held.as_mut().filter(|held| held.session.number == number);
        let Some(held) = held.filter(|held| held.standing != Standing::Refused) else {
            return Ok(());
        };
        let is_doubtful = status == Some(FORBIDDEN);
        if let Some(failing) = failing.as_ref().filter(|it| is_doubtful && it.pause.until > now) {
            return Err(asking.failure(&failing.refusal));
        }
        let pause = fruitless.get(&status).filter(|pause| pause.until > now);
        if let (Some(pause), Standing::Valid) = (pause, held.standing) {
            return Err(Failure { retry_after: Some(pause.until.saturating_sub(now)), ..failure });
        }
        held.standing = if is_doubtful { Standing::Doubtful } else { Standing::Refused };
        Ok(())
    }

    /// The target refused by that status a session that was begun because it had refused the one
    /// before. It stays: other requests may fare better.
    pub(in crate::engine) fn fruitless(&self, number: u64, status: Option<u16>, clock: &dyn Clock) {
        let mut state = self.state();
        let now = clock.monotonic();
        let earlier = state.fruitless.get(&status).copied();
        if earlier.is_some_and(|pause| pause.until > now) {
            return;
        }
        if let Some(held) = state.held.as_mut().filter(|held| held.session.number == number) {
            held.may_refresh = false;
            state.fruitless.insert(status, Pause::after(earlier, None, clock));
        }
    }

    /// The target accepted a session that was begun because it had refused the one before.
    pub(in crate::engine) fn fruitful(&self) {
        self.state().fruitless.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a renewal came to.
    fn settle(&self, made: Result<Session, Unmade>, begun: &Begun) -> Outcome {
        let clock = &*begun.engine.clock;
        let mut state = self.state();
        state.renewal = None;
        match made {
            Ok(session) => {
                state.sessions += 1;
                let session = Arc::new(Session { number: state.sessions, ..session });
                let may_refresh =
                    begun.target.auth.login().is_some_and(|login| login.refresh.is_some());
                let standing = Standing::Valid;
                state.held = Some(Held { session: Arc::clone(&session), standing, may_refresh });
                state.failing = None;
                Ok(session)
            }
            Err(Unmade { failure, by_refresh }) => {
                if let Some(held) = state.held.as_mut().filter(|_| by_refresh) {
                    held.may_refresh = false;
                }
                let earlier = state.failing.as_ref().map(|failing| failing.pause);
                let pause = Pause::after(earlier, failure.retry_after, clock);
                let refusal = Arc::new(Refusal { failure, until: pause.until });
                state.failing = Some(Failing { refusal: Arc::clone(&refusal), pause });
                Err(refusal)
            }
        }
    }
}

/// A renewal from its beginning to its end.
fn task(begun: Begun, tell: oneshot::Sender<Outcome>) -> Task {
    Box::pin(async move {
        let mut unfinished = Unfinished(Some(&begun.keeper));
        let Some(login) = begun.target.auth.login() else { return };
        let clock = &*begun.engine.clock;
        let began = clock.monotonic();
        let made = match begun.taken_as_done(login) {
            Some(session) => Ok(session),
            None => begun.run(login).await,
        };
        let took = clock.monotonic().saturating_sub(began);
        unfinished.0 = None;
        let outcome = begun.keeper.settle(made, &begun);
        begun.record(&outcome, took);
        // Those who waited may have gone.
        drop(tell.send(outcome));
    })
}

/// A renewal that is not over; one that is dropped on its way is none any more.
struct Unfinished<'k>(Option<&'k Keeper>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(keeper) = self.0 {
            keeper.state().renewal = None;
        }
    }
}

impl Begun {
    fn record(&self, outcome: &Outcome, took: Duration) {
        let name = &*self.target.name;
        let duration = milliseconds(took);
        match outcome {
            Ok(session) => {
                let now = self.engine.clock.monotonic();
                let life = session.life.map(|life| life.ends.saturating_sub(now).as_secs());
                let fields = fields! {
                    "target" => name, "valid_for_s" => life, "duration_ms" => duration,
                };
                self.log.info("engine", "logged in", fields);
            }
            Err(refusal) => {
                let fields = fields! {
                    "target" => name,
                    "reason" => refusal.failure.message.as_str(),
                    "error" => refusal.failure.error.as_str(),
                    "duration_ms" => duration,
                };
                self.log.warning("engine", "the log-in failed", fields);
            }
        }
    }

    /// The way from the last session did not do: the log-in is next.
    pub(super) fn tell_of_refresh(&self, failure: &Failure) {
        let fields =
            fields! { "target" => &*self.target.name, "reason" => failure.message.as_str() };
        self.log.info("engine", "the session cannot be refreshed: logging in anew", fields);
    }
}

impl Asking<'_> {
    fn begin(&self, keeper: Arc<Keeper>, previous: Option<Arc<Session>>) -> Begun {
        let run = self.run;
        Begun {
            keeper,
            target: Arc::clone(self.target),
            engine: run.engine.clone(),
            vault: Arc::clone(run.vault),
            log: run.log.clone(),
            request_id: run.event.request_id.clone(),
            unique_id: run.event.unique_id.clone(),
            previous,
            deadline: run.engine.deadline_from_now(),
        }
    }

    /// What becomes of an event that needs a session and gets none.
    fn failure(&self, refusal: &Refusal) -> Failure {
        let Refusal { failure, until } = refusal;
        let (kind, what) = match failure.transient {
            true => (FailureKind::Unavailable, "the log-in failed"),
            false => (FailureKind::BadAnswer, "the log-in was refused"),
        };
        let name = &self.target.name;
        let message = format!("{name}: {what}: {}", failure.message);
        let left = until.saturating_sub(self.run.engine.clock.monotonic());
        Failure {
            transient: failure.transient,
            target: Some(name.clone()),
            target_status: failure.target_status,
            retry_after: (!left.is_zero()).then_some(left),
            ..Failure::new(kind, message, failure.error.as_str())
        }
    }

    fn unavailable(&self, what: &str) -> Failure {
        let name = &self.target.name;
        let message = format!("{name}: {what}");
        Failure {
            transient: true,
            target: Some(name.clone()),
            ..Failure::new(FailureKind::Unavailable, message, what)
        }
    }
}

impl Pause {
    /// The pause after one more failure: at least half of what it may be, so that there is one.
    fn after(earlier: Option<Self>, asked: Option<Duration>, clock: &dyn Clock) -> Self {
        let times = earlier.map_or(1, |pause| pause.times.saturating_add(1));
        let bound = SHORTEST_PAUSE.saturating_mul(1 << (times - 1).min(10)).min(LONGEST_PAUSE);
        let half = bound / 2;
        let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        // A fraction of it, from 2^64 equally likely ones.
        let jitter = (u128::from(nanos) * u128::from(clock.random())) >> 64;
        let ours = half + Duration::from_nanos(u64::try_from(jitter).unwrap_or(nanos));
        let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
        Self { times, until: clock.monotonic().saturating_add(ours.max(asked)) }
    }
}
