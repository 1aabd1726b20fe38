//! One log-in on its way: its steps run as those of a rule do, for no event.

use std::sync::Arc;

use serde_json::Value;

use super::keeper::Begun;
use super::{Jar, Life, Session, Values};
use crate::clock;
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
    pub learner: &'r Learner,
    pub jar: &'r Jar,
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
            let is_secret = kept(&save.variable.name).is_none_or(|kept| kept.is_secret);
            if let (true, Kept::Value(value)) = (is_secret, saved) {
                self.learner.learn(texts_of(value));
            }
        }
    }
}

/// Texts and numbers that a value holds, the first ones of many.
fn texts_of(value: &Value) -> Vec<String> {
    const MOST: usize = 100;
    let mut texts = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop().filter(|_| texts.len() < MOST) {
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
            id: clock::uuid(clock).to_string(),
            event_type: String::new(),
            body: Value::Null,
            size: 0,
            request_id: self.request_id.clone(),
            unique_id: self.unique_id.clone(),
        };
        let facts = Facts::of(&event, clock);
        let mut scope = EventScope::new(&login.mapping, &event, &facts, clock)
            .observed_by(self.engine.observer());
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
        let learner = &self.keeper.learner;
        let run = Run {
            engine: &self.engine,
            event: &event,
            log: &self.log,
            vault: &self.vault,
            deadline: self.deadline,
            login: Some(LogIn { login, learner, jar: &jar }),
            // Those who wait for it have places of their own.
            room: None,
        };
        let links: &[Arc<Link>] = &self.keeper.links;
        run.steps(&login.mapping, rule, steps, links, &mut scope).await?;
        let values = kept(login, rule, &mut scope, previous)?;
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

/// The target said yes to a log-in, but what it gave does not do.
fn unusable(fault: &Fault) -> Failure {
    Failure::new(FailureKind::BadAnswer, fault.to_string(), fault.to_string())
}

fn unready() -> Failure {
    let message = "the log-in has no step that runs";
    Failure::new(FailureKind::Internal, message, message)
}
