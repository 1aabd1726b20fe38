//! A fake target that wants sessions: it gives out tokens, and takes requests with the last one only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::reply::{Answer, Gate, Reply};
use crate::support::target::{Recorded, Target};

/// Clones are the same guard.
#[derive(Clone)]
pub struct Guard(Arc<Mutex<State>>);

struct State {
    /// All that were given out: tokens, and what else must not be seen.
    given: Vec<String>,
    logins: usize,
    accepted: Option<String>,
    life: Option<Duration>,
    ends: Option<Instant>,
    /// Holds log-ins back.
    gate: Option<Gate>,
    /// What log-ins get instead of a token.
    login: Option<Reply>,
    refusal: Reply,
}

impl Guard {
    /// Guards a target: log-ins go to `/login` and `/token`.
    pub fn of(target: &Target) -> Self {
        let state = State {
            given: Vec::new(),
            logins: 0,
            accepted: None,
            life: None,
            ends: None,
            gate: None,
            login: None,
            refusal: Reply::status(401),
        };
        let guard = Self(Arc::new(Mutex::new(state)));
        for path in ["/login", "/token"] {
            let login = guard.clone();
            target.on(path, move |_| login.state().log_in());
        }
        let others = guard.clone();
        target.otherwise(move |request| others.state().answer(request));
        guard
    }

    /// Tokens that are given out from now on are accepted that long.
    pub fn life(&self, life: Duration) {
        self.state().life = Some(life);
    }

    /// Whether the last token is not accepted any more because its life is over.
    pub fn is_over(&self) -> bool {
        self.state().ends.is_some_and(|ends| ends <= Instant::now())
    }

    pub fn hold_logins(&self) -> Gate {
        let gate = Gate::new();
        self.state().gate = Some(gate.clone());
        gate
    }

    pub fn login_gets(&self, reply: Option<Reply>) {
        self.state().login = reply;
    }

    pub fn refuse_by(&self, reply: Reply) {
        self.state().refusal = reply;
    }

    /// No token is accepted any more.
    pub fn revoke(&self) {
        self.state().accepted = None;
    }

    /// How often somebody asked for a token.
    pub fn logins(&self) -> usize {
        self.state().logins
    }

    /// Everything secret that was given out.
    pub fn given(&self) -> Vec<String> {
        self.state().given.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn log_in(&mut self) -> Reply {
        self.logins += 1;
        if let Some(reply) = &self.login {
            return reply.clone();
        }
        let [token, refresh, cookie] = ["tok+en/of", "refresh=of", "cookie.of"]
            .map(|kind| format!("{kind}-{}-{}", self.logins, uuid::Uuid::new_v4().simple()));
        self.accepted = Some(token.clone());
        self.ends = self.life.map(|life| Instant::now() + life);
        let body = json!({
            "access_token": token,
            "refresh_token": refresh,
            "expires_in": self.life.map(|life| life.as_secs()),
        });
        let answer = Answer::json(200, body).header("set-cookie", &format!("SID={cookie}; Path=/"));
        self.given.extend([token, refresh, cookie]);
        match &self.gate {
            Some(gate) => Reply::from(answer).held_by(gate),
            None => answer.into(),
        }
    }

    /// With all that it was sent, to see what becomes of it.
    fn answer(&self, request: &Recorded) -> Reply {
        let sent = request.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        let is_over = self.ends.is_some_and(|ends| ends <= Instant::now());
        let good = self.accepted.as_deref().filter(|_| !is_over);
        match sent.is_some() && sent == good {
            true => Reply::json(200, json!({ "result": true, "seen": sent })),
            false => self.refusal.clone(),
        }
    }
}
