//! One request of a step: sent until an answer decides or nothing more may be tried.

mod passage;
mod records;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::event_scope::{AnswerScope, EventScope, Kept};
use super::gate::Pass;
use super::observe::GivenUp;
use super::outcome::{Failure, FailureKind};
use super::request::{self, Identity};
use super::session::{Asking, Jar, Session};
use super::set::Link;
use super::step::StepRun;
use super::target::answer::Answer;
use super::target::judge::{self, Verdict};
use super::transport::Request;
use crate::expr::{Fault, Scope};
use crate::program::{Call, Retry, Save, Target};
use crate::telemetry::log::Level;
use crate::telemetry::vault::Learner;

/// What a request came to.
pub(super) enum Exchanged {
    /// It succeeded, with this status; what is to be kept stands in the order of the call's `save`.
    Done { status: u16, saved: Vec<Kept> },
    /// The rule is done.
    Stop,
    /// The rule is to begin again, with the patience that the step has.
    Restart { failure: Failure, retry: Retry },
}

/// What sending a request came to.
pub(super) enum Delivered {
    Decided(Exchanged),
    /// It succeeded, and what is polled for has not come about; the failure is what that comes to.
    NotYet(Failure),
}

/// A request on its way, and everything that its records say of themselves.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'x> {
    pub step: &'x StepRun<'x>,
    /// What it is told by: the step's, or that of its undo.
    pub label: &'x Arc<str>,
    pub call: &'x Call,
    pub target: &'x Arc<Target>,
    pub link: &'x Link,
    /// The member of the step's `for_each`.
    pub index: Option<u32>,
    /// Which one of a poll's it is, from 1.
    pub poll: u32,
}

impl Exchange<'_> {
    /// Sends the request until it is decided, and what is polled for has come about.
    pub(super) async fn run(&self, scope: &mut EventScope<'_>) -> Result<Exchanged, Failure> {
        // Kept for the next one: what began with a target goes on with it.
        scope.place = self.place(false)?;
        if let Some(repeat) = &self.call.repeat {
            return self.poll(repeat, scope).await;
        }
        match self.send(scope).await? {
            Delivered::Decided(exchanged) => Ok(exchanged),
            Delivered::NotYet(failure) => Err(failure),
        }
    }

    /// Sends the request until it is decided. It is rendered once, and anew for each session.
    pub(super) async fn send(&self, scope: &mut EventScope<'_>) -> Result<Delivered, Failure> {
        let retry = self.retry();
        let (mut draft, mut sent) = (None::<Draft>, Sent::default());
        let (mut attempt, mut renewed) = (1, false);
        loop {
            let (ready, pass, within) = self.ready(draft.take(), &mut sent, scope).await?;
            let number = ready.number();
            sent = Sent { in_all: sent.in_all + 1, with_session: sent.with_session + 1 };
            let tried = self.try_once(draft.insert(ready), within, sent, pass, scope).await?;
            let (failure, repeatable) = match tried {
                Tried::Ended(exchanged) => {
                    self.accepted(renewed);
                    return Ok(Delivered::Decided(exchanged));
                }
                Tried::NotYet(failure) => {
                    self.accepted(renewed);
                    return Ok(Delivered::NotYet(failure));
                }
                Tried::Transient { failure, repeatable } => (failure, repeatable),
                Tried::Unwelcome(failure) => {
                    self.renew(failure, number, renewed)?;
                    renewed = true;
                    continue;
                }
            };
            let may = repeatable
                || retry.unsafe_methods
                || !self.call.request.method.is_unsafe_to_repeat();
            let left = self.left_alone();
            let failure = Failure { retry_after: failure.retry_after.max(left), ..failure };
            if !may {
                return give_up(failure, GivenUp::Unsafe, scope);
            }
            if attempt >= retry.attempts {
                return give_up(failure, GivenUp::UsedUp, scope);
            }
            if left.is_some() {
                let failure = Failure { kind: FailureKind::Unavailable, ..failure };
                return give_up(failure, GivenUp::Open, scope);
            }
            attempt += 1;
            if let Err(why) = self.step.run.wait(&retry, attempt, &failure).await {
                return give_up(failure, why, scope);
            }
        }
    }

    fn retry(&self) -> Retry {
        self.call.retry.over(self.target.retry)
    }

    /// The session to send the next try with, where the target wants one.
    pub(super) async fn session(&self) -> Result<Option<Arc<Session>>, Failure> {
        // Nobody logs in for what cannot be sent any more, or renders it.
        self.time_for_a_try()?;
        let Some(keeper) = &self.link.keeper else { return Ok(None) };
        keeper.session(&self.asking()).await.map(Some)
    }

    /// The same without waiting: `None` where there is none for now.
    fn session_at_hand(&self) -> Option<Option<Arc<Session>>> {
        let Some(keeper) = &self.link.keeper else { return Some(None) };
        keeper.at_hand(&self.asking()).map(Some)
    }

    fn asking(&self) -> Asking<'_> {
        Asking { run: self.step.run, target: self.target }
    }

    /// The request as it is sent with that session.
    pub(super) fn render(
        &self,
        session: Option<Arc<Session>>,
        scope: &mut EventScope<'_>,
    ) -> Result<Draft, Failure> {
        // A log-in sees the session that it renews.
        if self.step.run.login.is_none() {
            scope.enter(session.as_ref().map(|session| Arc::clone(&session.values)));
        }
        let mut request = request::render(&self.call.request, self.target, scope)
            .map_err(|fault| self.invalid(fault))?;
        if self.call.request.method.is_unsafe_to_repeat() {
            request::identify(&mut request, &self.identity());
        }
        Ok(Draft { rendered: request.headers.len(), request, session })
    }

    /// Where cookies are kept for this request, if they are, and who hides them.
    fn cookies<'a>(&'a self, session: Option<&'a Session>) -> Option<(&'a Jar, &'a Learner)> {
        let login = self.step.run.login.as_ref().map(|login| login.cookies);
        let session = session.zip(self.link.keeper.as_ref());
        let of_session = session.map(|(session, keeper)| (&*session.jar, &keeper.of_cookies));
        let of_link = self.link.cookies.as_ref().map(|(jar, learner)| (jar, learner));
        login.or(of_session).or(of_link).filter(|_| self.target.cookies)
    }

    /// An exchange ended well; `renewed`: with a session that was begun because the target refused
    /// the one before.
    fn accepted(&self, renewed: bool) {
        if let Some(keeper) = self.link.keeper.as_ref().filter(|_| renewed) {
            keeper.fruitful();
        }
    }

    /// The target refused the session: the next try is made with another one, unless the last try
    /// was.
    fn renew(&self, failure: Failure, session: Option<u64>, again: bool) -> Result<(), Failure> {
        let Some((keeper, session)) = self.link.keeper.as_ref().zip(session) else {
            return Err(failure);
        };
        if again {
            keeper.fruitless(session, failure.target_status, &*self.step.run.engine.clock);
            return Err(failure);
        }
        keeper.refused(&self.asking(), session, failure)
    }

    /// The longest that the next try may take.
    fn time_for_a_try(&self) -> Result<Duration, Failure> {
        let left = self.step.run.time_left();
        if left.is_zero() {
            let message = format!("there is no time left for {}", self.target.name);
            let kind = FailureKind::Unavailable;
            let error = "the event's deadline is over".to_owned();
            return Err(Failure { transient: true, ..self.failure(kind, message, error) });
        }
        Ok(self.call.timeout.unwrap_or(self.target.timeout).min(left))
    }

    async fn try_once(
        &self,
        draft: &mut Draft,
        within: Duration,
        sent: Sent,
        pass: Pass<'_>,
        scope: &mut EventScope<'_>,
    ) -> Result<Tried, Failure> {
        let run = self.step.run;
        let clock = &*run.engine.clock;
        draft.prepare(within, |request| request::trace(request, run.event, clock));
        let cookies = self.cookies(draft.session.as_deref());
        let address = cookies.and_then(|_| Url::parse(&draft.request.url).ok());
        let request = match cookies.zip(address.as_ref()) {
            Some(((jar, _), address)) => {
                let cookies = jar.for_request(address, clock.wall());
                &request::with_cookies(&draft.request, &cookies)
            }
            None => &draft.request,
        };
        if let Some(login) = &run.login {
            login.hide_credentials(request);
        }
        scope.tell(|observer| observer.sending(self.target, request, sent.with_session));
        let began = clock.monotonic();
        // What is saved began after it was asked for; what follows that does not make it younger.
        if !self.call.save.is_empty() {
            scope.sent = began;
        }
        scope.first_sent.get_or_insert(began);
        let result = self.link.transport.send(request).await;
        // Before anybody can be told of them.
        if let (Some((jar, learner)), Some(address), Ok(response)) = (cookies, &address, &result) {
            learner.learn(jar.take(address, response, clock.wall()));
        }
        scope.tell(|observer| observer.received(self.target, result.as_ref()));
        scope.effort().renew();
        let took = clock.monotonic().saturating_sub(began);
        self.record(request, &result, took, sent.in_all);
        // What log-ins send and get is nobody's business.
        if run.login.is_none() && run.log.is_enabled(Level::Debug) {
            self.record_bodies(request, result.as_ref().ok(), sent.in_all);
        }
        let response = match result {
            Ok(response) => response,
            Err(error) => {
                self.settle_fault(pass, error.fault, within);
                let verdict = judge::fault(&error, self.target, within);
                return tried(verdict, self.retry(), Vec::new());
            }
        };
        let answer = Answer::new(response, run.vault.known(), run.login.is_some());
        let verdict = judge::answer(&answer, self.call, self.target, scope, clock.wall());
        self.settle_answer(pass, &answer, &verdict);
        let saved = match verdict {
            Verdict::Done { status } => self.save(status, &answer, scope)?,
            _ => Vec::new(),
        };
        if let Some(login) = &run.login {
            login.learn(&self.call.save, &saved);
        }
        tried(verdict, self.retry(), saved)
    }

    /// What later steps need of the answer. If that cannot be read, the step was done all the same.
    fn save(
        &self,
        status: u16,
        answer: &Answer,
        scope: &mut EventScope<'_>,
    ) -> Result<Vec<Kept>, Failure> {
        let reader = AnswerScope::new(scope, answer);
        let (mut saved, mut unread) = (Vec::with_capacity(self.call.save.len()), None);
        for save in &self.call.save {
            saved.push(self.keep(save, &reader).unwrap_or_else(|failure| {
                unread.get_or_insert(failure);
                let (variable, origin) = (save.variable.name.clone(), "it cannot be read".into());
                Kept::Absent(Some(self.not_saved(Fault::Absent { variable, origin })))
            }));
        }
        let Some(failure) = unread else { return Ok(saved) };
        self.step.did(self.index, status, &saved, scope);
        Err(failure)
    }

    fn keep(&self, save: &Save, scope: &AnswerScope<'_, '_>) -> Result<Kept, Failure> {
        scope.body_was_asked_for();
        let value = save.variable.evaluate(&|| scope.document(), scope);
        if scope.body_was_asked_for() && scope.answer.is_unreadable_success() {
            return Err(judge::unreadable(scope.answer, self.target));
        }
        match value.map_err(|fault| self.invalid(fault))? {
            Some(value) => Ok(Kept::Value(value.into_owned())),
            None => Ok(Kept::Absent(save.variable.required().map(|fault| self.not_saved(fault)))),
        }
    }

    fn not_saved(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Absent { variable, origin } => {
                let label = self.label;
                let origin = format!("in the answer to step `{label}`, {origin}").into();
                Fault::Absent { variable, origin }
            }
            other => other,
        }
    }

    fn identity(&self) -> Identity<'_> {
        Identity {
            event_id: &self.step.run.event.id,
            mapping: &self.step.mapping.file,
            rule: &self.step.rule.name,
            step: self.label,
            index: self.index,
            restarts: self.step.restarts,
            polls: self.poll.saturating_sub(1),
        }
    }

    fn invalid(&self, fault: Fault) -> Failure {
        // Nobody knows yet what of an answer to a log-in is secret.
        let is_login = self.step.run.login.is_some();
        let fault = if is_login { fault.discreet() } else { fault };
        let target = Some(self.target.name.clone());
        Failure { target, ..self.step.unreadable(self.label, &fault) }
    }

    fn failure(&self, kind: FailureKind, message: String, error: String) -> Failure {
        let target = Some(self.target.name.clone());
        Failure { target, ..Failure::new(kind, message, error) }
    }
}

/// How often a request was sent, this time included.
#[derive(Clone, Copy, Default)]
struct Sent {
    in_all: u32,
    /// Since it was last rendered, which is for each session.
    with_session: u32,
}

/// A request, and the session that it was rendered with.
pub(super) struct Draft {
    pub request: Request,
    session: Option<Arc<Session>>,
    /// How many headers were rendered; those behind them are a single try's.
    rendered: usize,
}

impl Draft {
    /// As it is for a try that may take so long.
    fn prepare(&mut self, within: Duration, add_headers: impl FnOnce(&mut Request)) {
        self.request.timeout = within;
        self.request.headers.truncate(self.rendered);
        add_headers(&mut self.request);
    }

    fn number(&self) -> Option<u64> {
        self.session.as_ref().map(|session| session.number)
    }
}

/// What one try came to.
enum Tried {
    Ended(Exchanged),
    NotYet(Failure),
    /// The session is to be renewed.
    Unwelcome(Failure),
    Transient {
        failure: Failure,
        repeatable: bool,
    },
}

pub(super) fn give_up<T>(
    failure: Failure,
    why: GivenUp,
    scope: &EventScope<'_>,
) -> Result<T, Failure> {
    scope.tell(|observer| observer.given_up(why));
    Err(failure)
}

fn tried(verdict: Verdict, retry: Retry, saved: Vec<Kept>) -> Result<Tried, Failure> {
    match verdict {
        Verdict::Done { status } => Ok(Tried::Ended(Exchanged::Done { status, saved })),
        Verdict::NotYet(failure) => Ok(Tried::NotYet(failure)),
        Verdict::Stop => Ok(Tried::Ended(Exchanged::Stop)),
        Verdict::Restart(failure) => Ok(Tried::Ended(Exchanged::Restart { failure, retry })),
        Verdict::Failed(failure) => Err(failure),
        Verdict::Unwelcome(failure) => Ok(Tried::Unwelcome(failure)),
        Verdict::Transient { failure, repeatable } => Ok(Tried::Transient { failure, repeatable }),
    }
}
