//! A target that wants a session: it gives out tokens, and knows which of them it still accepts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{OneRule, Reply, Sent, json, rule, status};

/// Clones are the same target.
#[derive(Clone)]
pub struct Guarded(Arc<Mutex<State>>);

struct State {
    /// How many tokens were given out; the last one counts.
    tokens: u32,
    accepted: Option<u32>,
    /// How long a token is accepted, and until when the last one is.
    life: Option<Duration>,
    ends: Duration,
    login_takes: Duration,
    /// What a log-in gets instead of a token.
    login: Option<Reply>,
    /// What a request gets without a good token.
    refusal: Reply,
}

impl Guarded {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            tokens: 0,
            accepted: None,
            life: None,
            ends: Duration::MAX,
            login_takes: Duration::ZERO,
            login: None,
            refusal: status(401),
        })))
    }

    /// A rule for a target that is logged into by `POST /login`.
    pub fn rule(request: &str) -> OneRule {
        let login = "{ request: POST /login, save: { token: $.token, life: { path: $.expires_in, \
                     optional: true } } }";
        rule(request).target(&format!(
            "auth: {{ session: {{ login: [{login}], expires_in: '{{{{session.life}}}}', headers: {{ \
             token: '{{{{session.token}}}}' }} }} }}"
        ))
    }

    /// Tokens are accepted that long.
    pub fn life(self, life: Duration) -> Self {
        self.state().life = Some(life);
        self
    }

    pub fn login_takes(self, time: Duration) -> Self {
        self.state().login_takes = time;
        self
    }

    /// What a request gets without a good token.
    pub fn refusing_by(self, refusal: Reply) -> Self {
        self.state().refusal = refusal;
        self
    }

    /// What a log-in gets from now on; a token if that is none.
    pub fn login_gets(&self, reply: Option<Reply>) {
        self.state().login = reply;
    }

    /// No token that was given out is accepted any more.
    pub fn revoke(&self) {
        self.state().accepted = None;
    }

    /// How many tokens were given out.
    pub fn tokens(&self) -> u32 {
        self.state().tokens
    }

    /// What it does with a request.
    pub fn answer(&self, sent: &Sent) -> Reply {
        let mut state = self.state();
        if sent.request.url.ends_with("/login") || sent.request.url.ends_with("/refresh") {
            return state.log_in(sent.at);
        }
        let token = sent.request.headers.iter().find(|(name, _)| &**name == "token");
        let good = state.accepted.filter(|_| sent.at < state.ends).map(token_number);
        match token.is_some_and(|(_, token)| Some(&**token) == good.as_deref()) {
            true => json(200, json!({ "result": true })),
            false => state.refusal.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn log_in(&mut self, now: Duration) -> Reply {
        if let Some(reply) = &self.login {
            return reply.clone();
        }
        self.tokens += 1;
        self.accepted = Some(self.tokens);
        self.ends = self.life.map_or(Duration::MAX, |life| now + self.login_takes + life);
        let life = self.life.map(|life| life.as_secs());
        json(200, json!({ "token": token_number(self.tokens), "expires_in": life }))
            .after(self.login_takes)
    }
}

/// What the token of that number is.
pub fn token_number(number: u32) -> String {
    format!("token-number-{number}")
}
