//! One step of a rule: rendered once, sent until an answer decides or nothing more may be tried.

use std::sync::Arc;
use std::time::Duration;

use super::event_scope::EventScope;
use super::outcome::{Failure, FailureKind};
use super::request::{self, Identity};
use super::run::Run;
use super::set::Link;
use super::target::answer::Answer;
use super::target::judge::{self, Verdict};
use super::target::retry;
use super::transport::{Request, Response, TransportError};
use crate::expr::Fault;
use crate::fields;
use crate::program::{Mapping, Rule, Step, Target};
use crate::telemetry::log::Level;

/// What a step came to.
pub(super) enum StepEnd {
    /// Go on with the next one.
    Done,
    /// The rule is done.
    Stop,
}

/// A step on its way, and everything that its requests and records say of themselves.
pub(super) struct StepRun<'r> {
    pub run: &'r Run<'r>,
    pub mapping: &'r Mapping,
    pub rule: &'r Rule,
    pub step: &'r Step,
    pub target: &'r Target,
    pub link: &'r Link,
}

impl StepRun<'_> {
    pub(super) async fn run(&self, scope: &mut EventScope<'_>) -> Result<StepEnd, Failure> {
        if !self.step.when.holds(scope).map_err(|fault| self.invalid(&fault))? {
            return Ok(StepEnd::Done);
        }
        let mut request = request::render(&self.step.request, self.target, scope)
            .map_err(|fault| self.invalid(&fault))?;
        if self.step.request.method.is_unsafe_to_repeat() {
            request::identify(&mut request, &self.identity());
        }
        self.exchange(request, scope).await.map_err(|failure| self.at(failure))
    }

    async fn exchange(
        &self,
        request: Request,
        scope: &mut EventScope<'_>,
    ) -> Result<StepEnd, Failure> {
        let clock = &*self.run.engine.clock;
        let retry = &self.target.retry;
        let mut attempt = 1;
        loop {
            let within = self.time_for_a_try()?;
            let mut request = request.clone();
            request.timeout = within;
            request::trace(&mut request, self.run.event, clock);
            let (failure, repeatable) = match self.try_once(request, attempt, scope).await {
                Verdict::Done => return Ok(StepEnd::Done),
                Verdict::Stop => return Ok(StepEnd::Stop),
                Verdict::Failed(failure) => return Err(failure),
                Verdict::Transient { failure, repeatable } => (failure, repeatable),
            };
            let may = repeatable
                || retry.unsafe_methods
                || !self.step.request.method.is_unsafe_to_repeat();
            if !may || attempt >= retry.attempts {
                return Err(failure);
            }
            attempt += 1;
            let wait = retry::wait(retry, attempt, failure.retry_after, clock);
            match wait.filter(|wait| *wait < self.run.time_left()) {
                Some(wait) => clock.sleep(wait).await,
                None => return Err(failure),
            }
        }
    }

    /// The longest that the next try may take.
    fn time_for_a_try(&self) -> Result<Duration, Failure> {
        let left = self.run.time_left();
        if left.is_zero() {
            return Err(self.failure(
                FailureKind::Unavailable,
                format!("there is no time left for {}", self.target.name),
                "the event's deadline is over".to_owned(),
            ));
        }
        Ok(self.step.timeout.unwrap_or(self.target.timeout).min(left))
    }

    async fn try_once(
        &self,
        request: Request,
        attempt: u32,
        scope: &mut EventScope<'_>,
    ) -> Verdict {
        let clock = &*self.run.engine.clock;
        let within = request.timeout;
        let sent = self.run.log.is_enabled(Level::Debug).then(|| request.clone());
        let (method, url) = (request.method.clone(), request.url.clone());
        let began = clock.monotonic();
        let result = self.link.transport.send(request).await;
        let took = clock.monotonic().saturating_sub(began);
        self.record(&method, &url, &result, took, attempt);
        if let Some(sent) = sent {
            self.record_bodies(&sent, result.as_ref().ok());
        }
        match result {
            Ok(response) => {
                let answer = Answer::new(response, Arc::clone(self.run.secrets));
                judge::answer(&answer, self.step, self.target, scope, clock.wall())
            }
            Err(error) => judge::fault(&error, self.target, within),
        }
    }

    /// One record for each exchange.
    fn record(
        &self,
        method: &Arc<str>,
        url: &str,
        result: &Result<Response, TransportError>,
        took: Duration,
        attempt: u32,
    ) {
        let mut fields = fields! {
            "mapping" => &*self.mapping.file,
            "rule" => &*self.rule.name,
            "step" => &*self.step.label,
            "target" => &*self.target.name,
            "method" => &**method,
            "url" => url,
        };
        let (level, message) = match result {
            Ok(response) => {
                fields.push(("status", response.status.into()));
                (Level::Info, "exchange")
            }
            Err(error) => {
                fields.push(("error", error.message.as_str().into()));
                (Level::Warning, "exchange failed")
            }
        };
        fields.push(("duration_ms", milliseconds(took).into()));
        fields.push(("try", attempt.into()));
        self.run.log.record(level, "engine", message, fields);
    }

    fn record_bodies(&self, sent: &Request, response: Option<&Response>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut fields = fields! {
            "target" => &*self.target.name,
            "sent" => text(&sent.body),
        };
        if let Some(response) = response {
            fields.push(("received", text(&response.body).into()));
        }
        self.run.log.debug("engine", "exchange bodies", fields);
    }

    fn identity(&self) -> Identity<'_> {
        Identity {
            event_id: &self.run.event.id,
            mapping: &self.mapping.file,
            rule: &self.rule.name,
            step: &self.step.label,
        }
    }

    fn invalid(&self, fault: &Fault) -> Failure {
        let message = format!("step `{}` of rule `{}`: {fault}", self.step.label, self.rule.name);
        self.at(self.failure(FailureKind::Invalid, message, fault.to_string()))
    }

    fn failure(&self, kind: FailureKind, message: String, error: String) -> Failure {
        Failure {
            kind,
            message,
            error,
            step: None,
            target: Some(self.target.name.clone()),
            target_status: None,
            answer: None,
            retry_after: None,
        }
    }

    fn at(&self, mut failure: Failure) -> Failure {
        failure.step = Some(self.step.label.clone());
        failure
    }
}

/// Milliseconds with three digits after the point.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
