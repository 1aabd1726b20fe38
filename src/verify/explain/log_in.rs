//! Writes down what a log-in does: its requests, and nothing of what comes back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::account::LogInStep;
use super::glimpse::Curtain;
use super::notes::Place;
use super::recorder::Recorder;
use crate::engine::observe::{GivenUp, Observer};
use crate::engine::transport::{Request, Response, TransportError};
use crate::expr::extract::Variable;
use crate::expr::{Came, Fault, Scope, Witness};
use crate::program::{Act, Call, Repeat, ResponseEntry, Step, Target};

/// Hears of a log-in. Its values are nobody's business.
pub struct LogIn {
    recorder: Arc<Recorder>,
    curtain: Curtain,
    way: Mutex<Way>,
}

/// How far a log-in is.
#[derive(Default)]
struct Way {
    step: Option<LogInStep>,
    on_its_way: Option<Place>,
    /// An answer was not yet what a poll waits for.
    polls: bool,
}

impl LogIn {
    pub fn of(recorder: Arc<Recorder>) -> Self {
        let curtain = recorder.curtain().drawn();
        Self { recorder, curtain, way: Mutex::default() }
    }

    fn way(&self) -> MutexGuard<'_, Way> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> Option<Place> {
        self.way().on_its_way
    }
}

impl Witness for LogIn {
    fn came(&self, _: &Variable, _: Came<'_>) {}
}

impl Observer for LogIn {
    fn turn(&self, step: &Step, _: Option<u32>, _: bool, _: &dyn Scope) {
        let saves = match &step.act {
            Act::Call(call) => call.save.as_slice(),
            Act::Fail(_) => &[],
        };
        let saves = saves.iter().map(|save| save.variable.name.clone()).collect();
        self.way().step = Some(LogInStep { at: step.at, step: step.label.clone(), saves });
    }

    fn sending(&self, target: &Target, request: &Request, attempt: u32) {
        let mut way = self.way();
        let place = way.on_its_way.filter(|_| attempt > 1);
        let is_poll = std::mem::take(&mut way.polls);
        way.on_its_way = self.recorder.sends(place, is_poll, way.step.as_ref(), target, request);
    }

    fn polled(&self, repeat: &Repeat, held: bool, scope: &dyn Scope) {
        self.recorder.polls(self.place(), repeat, held, scope, &self.curtain);
        self.way().polls = !held;
    }

    fn received(&self, _: &Target, result: Result<&Response, &TransportError>) {
        let answer = match result {
            Ok(response) => Ok(self.recorder.notes().scribe.answer_to_log_in(response)),
            Err(error) => Err(self.curtain.told(&error.message)),
        };
        self.recorder.answered(self.place(), answer);
    }

    fn judged(&self, call: &Call, target: &Target, by: Option<&ResponseEntry>, scope: &dyn Scope) {
        self.recorder.judges(self.place(), call, target, by, scope, &self.curtain);
    }

    fn unjudged(
        &self,
        call: &Call,
        target: &Target,
        entry: &ResponseEntry,
        fault: Option<&Fault>,
        scope: &dyn Scope,
    ) {
        let asked = (call, target);
        self.recorder.stops_at(self.place(), asked, entry, fault, scope, &self.curtain);
    }

    fn given_up(&self, why: GivenUp) {
        self.recorder.gives_up(self.place(), why);
    }
}
