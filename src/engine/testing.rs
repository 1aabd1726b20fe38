//! Support of this folder's tests: an event goes through mappings against a script of replies, on a
//! clock that nobody waits for.
//!
//! A script is exact: what it does not foresee and what it foresees in vain both fail the test.

pub mod guarded;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, join_all, select};
use serde_json::{Value, json};

use super::admit::{Admission, Limits};
use super::outcome::{Failure, Outcome, RuleResult};
pub use super::script::Reply;
use super::script::{Director, Stage};
use super::transport::{Headers, Request, Response, TransportFault};
use super::{Engine, Set};
use crate::clock::Clock;
use crate::clock::virtual_time::{Luck, VirtualClock};
use crate::event::Event;
use crate::mapping::diagnostic::Style;
use crate::mapping::env::Environment;
use crate::mapping::load_text;
use crate::program::{Program, Target};
use crate::telemetry::log::Log;
use crate::telemetry::mask::Mask;

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn status(status: u16) -> Reply {
    text(status, "")
}

pub fn ok() -> Reply {
    status(200)
}

pub fn json(status: u16, body: Value) -> Reply {
    text(status, &body.to_string()).header("content-type", "application/json")
}

pub fn text(status: u16, body: &str) -> Reply {
    bytes(status, body.as_bytes())
}

pub fn bytes(status: u16, body: &[u8]) -> Reply {
    let body = Bytes::copy_from_slice(body);
    Reply::at_once(Ok(Response { status, headers: Headers::default(), body }))
}

pub fn fault(fault: TransportFault) -> Reply {
    Reply::at_once(Err(fault))
}

/// No answer at all: the try lasts for as long as it may.
pub fn silence() -> Reply {
    Reply::SILENCE
}

impl Reply {
    /// One more header of an answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let answer = self.what.as_mut().expect("only an answer has headers");
        answer.headers.push(name, value);
        self
    }

    /// The time that it takes; past the time-out of the try it is never seen.
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// On the clock's monotonic scale, which begins with the story.
    pub at: Duration,
    pub request: Request,
}

impl Sent {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.request.headers.iter().find(|(known, _)| &**known == name);
        found.map(|(_, value)| &**value).unwrap_or_else(|| panic!("no {name} in {self}"))
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {:?}", self.request.method, self.request.url, self.at)
    }
}

/// What the targets are going to do, and what was asked of them.
struct Script {
    clock: VirtualClock,
    state: Mutex<State>,
}

type Always = Arc<dyn Fn(&Sent) -> Reply + Send + Sync>;

#[derive(Default)]
struct State {
    /// Replies to URLs that begin like that, in order; the first list whose beginning fits counts.
    lists: Vec<(String, VecDeque<Reply>)>,
    /// What comes when there is no list for a request.
    always: Option<Always>,
    sent: Vec<Sent>,
    /// URLs of the targets that a transport was made for.
    connected: Vec<String>,
}

impl State {
    fn next(&mut self, request: &Sent) -> Option<Reply> {
        let url = &request.request.url;
        let list = self.lists.iter_mut().find(|(beginning, _)| url.starts_with(&**beginning));
        match list {
            Some((_, replies)) => replies.pop_front(),
            None => self.always.as_ref().map(|always| always(request)),
        }
    }
}

impl Script {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request) -> Reply {
        let mut state = self.state();
        let sent = Sent { at: self.clock.monotonic(), request: request.clone() };
        let Some(reply) = state.next(&sent) else {
            let before: String = state.sent.iter().map(|sent| format!("\n  {sent}")).collect();
            panic!("the script has no reply to {sent}; sent before:{before}");
        };
        state.sent.push(sent);
        reply
    }
}

impl Director for Script {
    fn direct(&self, request: &Request) -> (Reply, VirtualClock) {
        (self.answer(request), self.clock.clone())
    }

    fn connected(&self, target: &Target) {
        self.state().connected.push(target.url.to_string());
    }
}

/// Mappings, what their targets will do, and the time in which it happens.
pub struct Story {
    set: Arc<Set>,
    script: Arc<Script>,
    clock: VirtualClock,
    deadline: Duration,
    admission: Option<Arc<Admission>>,
}

impl Story {
    /// With one mapping, `hss.yaml`.
    #[track_caller]
    pub fn of(mapping: impl fmt::Display) -> Self {
        Self::of_files([("hss.yaml", mapping)])
    }

    /// With these mappings, by file name.
    #[track_caller]
    pub fn of_files<N: AsRef<str>, M: fmt::Display>(
        files: impl IntoIterator<Item = (N, M)>,
    ) -> Self {
        let mut program = Program::default();
        for (name, mapping) in files {
            let one = load(name.as_ref(), &mapping.to_string());
            program.mappings.extend(one.mappings);
            program.secrets = Arc::new(program.secrets.merge(&one.secrets));
        }
        let began = "2026-01-31T12:00:00Z".parse().expect("a moment");
        let clock = VirtualClock::new(began);
        let script = Arc::new(Script { clock: clock.clone(), state: Mutex::default() });
        let set = Set::assemble(program, None, &Stage(Arc::clone(&script))).expect("a set");
        Self { set: Arc::new(set), script, clock, deadline: secs(25), admission: None }
    }

    /// With jitter as it is ordered here.
    pub fn luck(self, luck: Luck) -> Self {
        self.clock.set_luck(luck);
        self
    }

    /// What comes to whatever is sent, in order.
    pub fn replies(self, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.replies_of("", replies)
    }

    /// What comes to requests whose URL begins like that, in order.
    pub fn replies_of(self, url: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.script.state().lists.push((url.to_owned(), replies.into_iter().collect()));
        self
    }

    /// What comes to everything else, however often.
    pub fn always(self, reply: Reply) -> Self {
        self.otherwise(move |_| reply.clone())
    }

    /// Asks `script` for everything else.
    pub fn otherwise(self, script: impl Fn(&Sent) -> Reply + Send + Sync + 'static) -> Self {
        self.script.state().always = Some(Arc::new(script));
        self
    }

    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// With so much room for events in flight.
    pub fn room(self, events: usize, bytes: usize) -> Self {
        Self { admission: Some(Admission::new(Limits { events, bytes })), ..self }
    }

    /// Runs an event to its end.
    #[track_caller]
    pub fn run(&self, event: Event) -> Outcome {
        let outcome = self.run_early(event);
        for (url, replies) in &self.script.state().lists {
            assert!(replies.is_empty(), "not asked for at `{url}`: {replies:?}; {outcome:?}");
        }
        outcome
    }

    /// Runs an event of a story that goes on: not everything that is foreseen has to happen in it.
    #[track_caller]
    pub fn run_early(&self, event: Event) -> Outcome {
        self.run_together([event]).remove(0)
    }

    /// Runs events side by side to their end.
    #[track_caller]
    pub fn run_together(&self, events: impl IntoIterator<Item = Event>) -> Vec<Outcome> {
        self.run_staggered(events.into_iter().map(|event| (Duration::ZERO, event)))
    }

    /// Runs events side by side to their end, each of which comes after that time.
    #[track_caller]
    pub fn run_staggered(
        &self,
        events: impl IntoIterator<Item = (Duration, Event)>,
    ) -> Vec<Outcome> {
        let engine = Engine::new(Arc::new(self.clock.clone()), self.deadline);
        let engine = match &self.admission {
            Some(admission) => engine.within(Arc::clone(admission)),
            None => engine,
        };
        let process = async |(after, event): (Duration, Event)| {
            self.clock.pass(after).await;
            let mut ticket = self.admission.as_ref().map(|it| it.admit().expect("room"));
            ticket.iter_mut().for_each(|ticket| ticket.grow(event.size).expect("room"));
            engine.process(Arc::clone(&self.set), event, Log::discard()).await
        };
        let all = join_all(events.into_iter().map(process));
        self.clock.run(all).expect("events end")
    }

    /// Runs an event for so long, and drops it then; how often something was sent.
    pub fn given_up_after(&self, patience: Duration, event: Event) -> usize {
        let engine = Engine::new(Arc::new(self.clock.clone()), self.deadline);
        let process = engine.process(Arc::clone(&self.set), event, Log::discard());
        let given_up = select(Box::pin(process), self.clock.pass(patience));
        match self.clock.run(given_up).expect("time passes") {
            Either::Left((outcome, _)) => panic!("it ended before: {outcome:?}"),
            Either::Right(_) => self.tries(),
        }
    }

    /// Lets time pass between events.
    pub fn pass(&self, duration: Duration) {
        self.clock.run(self.clock.pass(duration)).expect("time passes");
    }

    /// A reload: the same or other mappings take the place of those that served.
    #[track_caller]
    pub fn reload(&mut self, mapping: impl fmt::Display) {
        let program = load("hss.yaml", &mapping.to_string());
        let stands = Stage(Arc::clone(&self.script));
        self.set = Arc::new(Set::assemble(program, Some(&self.set), &stands).expect("a set"));
    }

    /// What everybody who may show something is to hide by now.
    pub fn shown(&self, text: &str) -> String {
        self.set.vault.mask(text).into_owned()
    }

    /// Runs an event that must succeed.
    #[track_caller]
    pub fn succeeds(&self) {
        let outcome = self.run(event());
        assert!(succeeded(&outcome), "{outcome:?}");
    }

    /// Runs an event of a story that goes on, which must succeed.
    #[track_caller]
    pub fn succeeds_early(&self) {
        let outcome = self.run_early(event());
        assert!(succeeded(&outcome), "{outcome:?}");
    }

    /// Runs an event of which one rule is to be heard, and that must fail.
    #[track_caller]
    pub fn fails(&self) -> Failure {
        only_failure(self.run(event()))
    }

    /// The waits between tries, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.clock.waits()
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        self.clock.monotonic()
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.script.state().sent.clone()
    }

    /// How often something was sent.
    pub fn tries(&self) -> usize {
        self.script.state().sent.len()
    }

    /// URLs of the targets that a transport was made for, in order.
    pub fn connections(&self) -> Vec<String> {
        self.script.state().connected.clone()
    }

    /// What was sent where, and when.
    pub fn itinerary(&self) -> Vec<String> {
        self.sent().iter().map(Sent::to_string).collect()
    }
}

#[track_caller]
fn load(name: &str, text: &str) -> Program {
    let variables = |name: &str| (name == "SECRET").then(|| "open-sesame".to_owned());
    let files = |path: &str| match path {
        "/key" => Ok("a key of thirty-two bytes or more\n".to_owned()),
        _ => Err("there is one file only, /key".to_owned()),
    };
    let loaded = load_text(name, text, Environment::new(&variables, &files, false));
    let report = loaded.report.render(Style::Plain);
    loaded.program.unwrap_or_else(|| panic!("{report}\n{text}"))
}

/// Whether there were rules for an event, and all of them succeeded.
pub fn succeeded(outcome: &Outcome) -> bool {
    let well = |result: &RuleResult| matches!(result, RuleResult::Succeeded);
    !outcome.rules.is_empty() && outcome.rules.iter().all(|rule| well(&rule.result))
}

/// The failure of an event of which one rule was heard.
#[track_caller]
pub fn only_failure(outcome: Outcome) -> Failure {
    match <[_; 1]>::try_from(outcome.rules) {
        Ok([rule]) => match rule.result {
            RuleResult::Failed(failure) => failure,
            other => panic!("a failure is expected, not {other:?}"),
        },
        Err(rules) => panic!("one rule is expected, not {rules:?}"),
    }
}

/// An event that every rule of these tests is for.
pub fn event() -> Event {
    event_named("e-1")
}

pub fn event_named(id: &str) -> Event {
    let body = json!({
        "event_id": id,
        "data": { "event_type": "SIM/Updated", "variables": { "i_env": "1" } },
        "pb_data": { "sim_info": { "imsi": "001010000020349" } },
    });
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736".to_owned();
    Event::parse(body.to_string().as_bytes(), trace, format!("request-of-{id}")).expect("an event")
}

/// A mapping of one rule for every event, with one target: `hss`, at `http://hss.test`.
#[derive(Clone)]
pub struct OneRule {
    url: String,
    target: String,
    steps: String,
}

/// A rule that begins with that request.
pub fn rule(request: &str) -> OneRule {
    let empty = String::new;
    OneRule { url: "http://hss.test".to_owned(), target: empty(), steps: empty() }.then(request)
}

impl OneRule {
    pub fn at(self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self }
    }

    /// One more line for the target.
    pub fn target(mut self, line: &str) -> Self {
        self.target.push_str(&format!("    {line}\n"));
        self
    }

    /// One more line for the last step.
    pub fn step(mut self, line: &str) -> Self {
        self.steps.push_str(&format!("        {line}\n"));
        self
    }

    /// One more step.
    pub fn then(mut self, request: &str) -> Self {
        self.steps.push_str(&format!("      - request: {request}\n"));
        self
    }
}

impl fmt::Display for OneRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, target, steps } = self;
        write!(
            f,
            "version: 1\ntargets:\n  hss:\n    url: {url}\n{target}rules:\n  - name: all\n    \
             event: \"*\"\n    steps:\n{steps}"
        )
    }
}
