//! One log-in on its way: its steps run as those of a rule do, for no event.

use std::sync::Arc;

use serde_json::Value;
use url::form_urlencoded;

use super::keeper::Begun;
use super::{Jar, Life, Session, Values};
use crate::clock;
use crate::document::Document;
use crate::engine::event_scope::{EventScope, Facts, Kept};
use crate::engine::outcome::{Failure, FailureKind};
use crate::engine::run::Run;
use crate::engine::set::Link;
use crate::engine::transport::Request;
use crate::event::Event;
use crate::expr::Fault;
use crate::program::{Action, Login, Rule, Save};
use crate::telemetry::vault::Learner;

/// What an exchange has to know that belongs to a log-in.
#[derive(Clone, Copy)]
pub(in crate::engine) struct LogIn<'r> {
    login: &'r Login,
    learner: &'r Learner,
    /// Where cookies are kept, and who hides them.
    pub cookies: (&'r Jar, &'r Learner),
}

impl LogIn<'_> {
    /// Hides what a request of the log-in proves with who sends it.
    pub(in crate::engine) fn hide_credentials(&self, request: &Request) {
        let named = request.headers.iter().filter(|(name, _)| &**name == "authorization");
        // Behind its scheme: a target may repeat it alone.
        let credentials = named.filter_map(|(_, value)| value.split_once(' '));
        self.learner.learn(credentials.map(|(_, credentials)| credentials.trim().to_owned()));
    }

    /// Hides what was saved, from now on.
    pub(in crate::engine) fn learn(&self, saves: &[Save], saved: &[Kept]) {
        let kept = |name: &str| self.login.kept.get(name);
        for (save, saved) in saves.iter().zip(saved) {
            let Kept::Value(value) = saved else { continue };
            match kept(&save.variable.name).is_none_or(|kept| kept.is_secret) {
                true => self.learner.learn(texts_of(value)),
                false => self.learner.learn(parameters_of(value)),
            }
        }
    }
}

/// Values of the query of an address, as they are written and as they are meant: where a session has
/// an address of its own, they are the session.
fn parameters_of(value: &Value) -> Vec<String> {
    let query = value.as_str().and_then(|text| text.split_once('?')).map(|(_, query)| query);
    let query = query.map(|query| query.split('#').next().unwrap_or_default()).unwrap_or_default();
    let written = query.split('&').filter_map(|pair| pair.split_once('='));
    let written = written.map(|(_, value)| value.to_owned());
    let meant = form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned());
    written.chain(meant).take(MOST_LEARNED).collect()
}

/// Most texts of one value that are learned: of more than that, some would drive out others.
const MOST_LEARNED: usize = 48;

/// Texts and numbers that a value holds, the first ones of many.
fn texts_of(value: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop().filter(|_| texts.len() < MOST_LEARNED) {
        match value {
            Value::String(text) => texts.push(text.clone()),
            Value::Number(number) => texts.push(number.to_string()),
            Value::Array(members) => open.extend(members.iter().rev()),
            Value::Object(members) => open.extend(members.values().rev()),
            Value::Null | Value::Bool(_) => {}
        }
    }
    texts
}

impl Begun {
    /// A session that nobody gave.
    fn of_nobody(&self, login: &Login) -> Session {
        let mut values = vec![None; login.kept.len()];
        for (name, kept) in &login.kept {
            // Addresses have to be some; a life-time that makes no sense is none.
            let value = match kept.is_secret {
                true => format!("session.{name}"),
                false => self.target.url.to_string(),
            };
            if let Some(place) = values.get_mut(kept.place.0) {
                *place = Some(Value::from(value));
            }
        }
        Session { number: 0, values: values.into(), jar: Arc::default(), life: None }
    }

    /// The session that takes the place of a log-in, where whoever watches wants that.
    pub(super) fn taken_as_done(&self, login: &Login) -> Option<Session> {
        let observer = self.engine.observer().filter(|it| it.takes_log_ins_as_done())?;
        observer.taken_as_done(&self.target);
        Some(self.of_nobody(login))
    }

    /// The next session: from what the last one has if there is a way, else from the beginning.
    pub(super) async fn run(&self, login: &Login) -> Result<Session, Unmade> {
        let previous = self.previous.as_ref();
        if let (Some(refresh), Some(previous)) = (&login.refresh, previous) {
            match self.follow(login, refresh, Some(&previous.values)).await {
                Ok(Some(session)) => return Ok(session),
                // There is nothing to refresh it with.
                Ok(None) => {}
                Err(failure) if failure.transient => {
                    return Err(Unmade { failure, by_refresh: true });
                }
                Err(failure) => self.tell_of_refresh(&failure),
            }
        }
        match self.follow(login, &login.login, None).await {
            Ok(Some(session)) => Ok(session),
            Ok(None) => Err(Unmade { failure: unready(), by_refresh: false }),
            Err(failure) => Err(Unmade { failure, by_refresh: false }),
        }
    }

    /// Runs one of the two rules; `None` where its `when` does not hold.
    async fn follow(
        &self,
        login: &Login,
        rule: &Rule,
        previous: Option<&Values>,
    ) -> Result<Option<Session>, Failure> {
        let clock = &*self.engine.clock;
        let event = Event {
            id: clock::uuid(clock).to_string().into(),
            event_type: "".into(),
            body: Document::default(),
            size: 0,
            request_id: self.request_id.clone(),
            unique_id: self.unique_id.clone(),
        };
        let facts = Facts::now(clock);
        let observer = self.engine.observer_of_login(&self.target);
        let mut scope =
            EventScope::new(&login.mapping, &event, &facts, clock).observed_by(observer.as_deref());
        scope.enter(previous.cloned());
        if let Some(assertion) = login.assertion.as_ref().filter(|_| previous.is_none()) {
            let id = clock::uuid(clock).to_string();
            let signed = assertion.sign(clock.wall(), &id).map_err(|fault| {
                Failure::new(FailureKind::Internal, fault.to_string(), fault.to_string())
            })?;
            self.keeper.learner.learn([signed.clone()]);
            scope.assert(signed);
        }
        if !rule.when.holds(&scope).map_err(|fault| unusable(&fault))? {
            return Ok(None);
        }
        let Action::Steps(steps) = &rule.action else { return Ok(None) };
        // A session that is continued keeps its cookies; a new one has none.
        let jar = match (&self.previous, previous) {
            (Some(session), Some(_)) => session.jar.copy(),
            _ => Jar::default(),
        };
        let (learner, of_cookies) = (&self.keeper.learner, &self.keeper.of_cookies);
        let run = Run {
            engine: &self.engine,
            event: &event,
            log: &self.log,
            vault: &self.vault,
            deadline: self.deadline,
            login: Some(LogIn { login, learner, cookies: (&jar, of_cookies) }),
            // Those who wait for it have places of their own.
            room: None,
        };
        let links: &[Arc<Link>] = &self.keeper.links;
        run.steps(&login.mapping, rule, steps, links, &mut scope).await?;
        let values = kept(login, rule, &mut scope, previous)?;
        if !login.is_written && !login.access_token(&values).is_some_and(is_token) {
            let message = "the `access_token` that came is no text that a header can carry";
            return Err(Failure::new(FailureKind::BadAnswer, message, message));
        }
        scope.enter(Some(Arc::clone(&values)));
        let seconds = match &login.expires_in {
            Some(shape) => shape.value(&scope).map_err(|fault| unusable(&fault))?,
            None => None,
        };
        // It began after that was asked, and before it was answered.
        let life = Life::read(seconds.as_deref(), scope.sent);
        Ok(Some(Session { number: 0, values, jar: Arc::new(jar), life }))
    }
}

/// Why there is no session.
pub(super) struct Unmade {
    pub failure: Failure,
    /// Whether only the way from the last session was tried.
    pub by_refresh: bool,
}

/// What the steps saved, over what the last session kept.
fn kept(
    login: &Login,
    rule: &Rule,
    scope: &mut EventScope<'_>,
    previous: Option<&Values>,
) -> Result<Values, Failure> {
    let mut values = previous.map_or_else(|| vec![None; login.kept.len()], |old| old.to_vec());
    for (name, kept) in rule.saved.iter().zip(scope.take_saved()) {
        let place = login.kept.get(name).and_then(|kept| values.get_mut(kept.place.0));
        match (kept, place) {
            (Kept::Value(value), Some(place)) => *place = Some(value),
            (Kept::Absent(Some(fault)), _) => return Err(unusable(&fault)),
            (Kept::Absent(None) | Kept::Value(_), _) => {}
        }
    }
    Ok(values.into())
}

/// Whether it can be sent (RFC 6749, appendix A.12). Any other one would fail each event, and no answer
/// of the target would ever say that it is to be renewed.
fn is_token(token: &Value) -> bool {
    match token {
        Value::String(text) => {
            !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        }
        other => other.is_number(),
    }
}

/// The target said yes to a log-in, but what it gave does not do.
fn unusable(fault: &Fault) -> Failure {
    Failure::new(FailureKind::BadAnswer, fault.to_string(), fault.to_string())
}

fn unready() -> Failure {
    let message = "the log-in has no step that runs";
    Failure::new(FailureKind::Internal, message, message)
}
