//! One text of a mapping, loaded under each environment that its tests give it, and cases run on it.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};

use super::case::{Case, Scene};
use super::coverage::Coverage;
use super::judge;
use super::names;
use super::read::{self, Readings, Settings};
use super::rehearsal::Rehearsal;
use super::report::{CaseReport, Failure};
use super::veil::veiled;
use crate::clock::virtual_time::VirtualClock;
use crate::clock::{Clock, SystemClock};
use crate::engine::outcome::Outcome;
use crate::engine::script::Stage;
use crate::engine::{Engine, Set};
use crate::event::Event;
use crate::mapping::diagnostic::{Diagnostic, Report, Source};
use crate::mapping::env::Environment;
use crate::mapping::load_source;
use crate::telemetry::log::Log;

/// The longest that an event may take: what `EVENT_DEADLINE` is unless it is set.
const DEADLINE: Duration = Duration::from_secs(25);

/// Of virtual time; an event that goes on for longer does not end.
const ENDLESS: Duration = Duration::from_secs(3600);

/// One text of a mapping, and what is known of it so far.
pub struct Trials<'t> {
    /// File name of the mapping.
    name: &'t str,
    source: &'t Source,
    /// Names that the mapping asked the environment for.
    asked: Mutex<BTreeSet<Box<str>>>,
    /// Whether it was loaded each time.
    sound: bool,
    coverage: Option<Coverage>,
    rehearsal: Arc<Rehearsal>,
    /// Measures what cases take.
    watch: SystemClock,
}

impl<'t> Trials<'t> {
    pub fn new(name: &'t str, source: &'t Source) -> Self {
        Self {
            name,
            source,
            asked: Mutex::default(),
            sound: true,
            coverage: None,
            rehearsal: Arc::default(),
            watch: SystemClock::new(),
        }
    }

    /// Loads the mapping for cases with this environment. Its mistakes are reported; what is merely
    /// doubtful is for `check` to tell. The names that tests speak of are looked up the first time.
    pub fn load(
        &mut self,
        settings: &Settings,
        readings: &Readings,
        source: &Source,
        report: &mut Report,
    ) -> Option<Arc<Set>> {
        let set = self.assemble(settings, report);
        self.sound &= set.is_some();
        let mapping = set.as_ref().and_then(|set| set.program.mappings.first());
        if let (None, Some(mapping)) = (&self.coverage, mapping) {
            names::check(&readings.mentions, mapping, source, report);
            self.coverage = Some(Coverage::of(mapping));
        }
        set
    }

    fn assemble(&self, settings: &Settings, report: &mut Report) -> Option<Arc<Set>> {
        let asked = |name: String| {
            self.asked().insert(name.into());
        };
        let variables = |name: &str| {
            asked(name.to_owned());
            read::look_up(settings, name)
        };
        let files = |path: &str| {
            asked(format!("file:{path}"));
            read::file(settings, path)
        };
        let env = Environment::of_test(&variables, &files);
        let loaded = load_source(self.name, self.source, env);
        report.extend(loaded.report.errors().cloned());
        let stage = Stage(Arc::clone(&self.rehearsal));
        // A scripted connection is never refused.
        Set::assemble(loaded.program?, None, &stage).ok().map(Arc::new)
    }

    fn asked(&self) -> MutexGuard<'_, BTreeSet<Box<str>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Warns of what tests set for nothing.
    pub fn warn_of_unused(&self, readings: &Readings, source: &Source, report: &mut Report) {
        // A mapping that cannot be loaded may not have come to ask.
        if !self.sound {
            return;
        }
        let asked = self.asked();
        for (name, span) in readings.settings.iter().filter(|(name, _)| !asked.contains(name)) {
            let message = format!("{} does not ask for `{name}`", self.name);
            let near = crate::mapping::names::did_you_mean(name, asked.iter().map(|name| &**name));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "leave it out".to_owned(),
            };
            let diagnostic = Diagnostic::warning("unused-environment", source, *span, message);
            report.push(diagnostic.help(help));
        }
    }

    /// Runs a case on what was loaded for its environment. What another case left behind (sessions, an
    /// open breaker) is not there.
    pub fn run(&self, set: &Arc<Set>, case: &Arc<Case>) -> CaseReport {
        let began = self.watch.monotonic();
        let clock = VirtualClock::new(case.now);
        let observer = Arc::clone(&self.rehearsal);
        let engine = Engine::new(Arc::new(clock.clone()), DEADLINE).observed_by(observer);
        let mut failures = Vec::new();
        // What one case came to is no matter of the next. A scripted connection is never refused.
        let stage = Stage(Arc::clone(&self.rehearsal));
        let set = set.anew(&stage).map_or_else(|_| Arc::clone(set), Arc::new);
        for (index, scene) in case.scenes.iter().enumerate() {
            // Time alone cannot stall.
            let _ = clock.run(clock.pass(scene.after));
            self.rehearsal.begin(case, index, &clock, &set.program.secrets);
            let event = numbered(scene, index);
            let process = engine.process(Arc::clone(&set), event.clone(), Log::discard());
            let outcome = to_its_end(&clock, process);
            let seen = self.rehearsal.end();
            let secrets = &set.program.secrets;
            let outcome = outcome.as_ref().map_err(Clone::clone);
            let mismatches = judge::mismatches(scene, &event, seen, outcome, secrets);
            let number = (case.scenes.len() > 1).then_some(index + 1);
            failures.extend(mismatches.into_iter().map(|(at, what)| Failure {
                at,
                scene: number,
                what: veiled(what, secrets),
            }));
        }
        let took = self.watch.monotonic().saturating_sub(began);
        CaseReport { at: case.at, name: Arc::clone(&case.name), took, failures }
    }

    /// What the cases reached; none if the mapping cannot be loaded at all.
    pub fn coverage(self) -> Option<Coverage> {
        let reached = self.rehearsal.footprints.reached();
        self.coverage.map(|coverage| Coverage { reached, ..coverage })
    }
}

/// The event with the identifiers that a request would have brought, the same in every run.
fn numbered(scene: &Scene, index: usize) -> Event {
    let number = index + 1;
    Event {
        request_id: format!("{number:032x}").into(),
        unique_id: format!("00000000-0000-4000-8000-{number:012x}").into(),
        ..Event::clone(&scene.event)
    }
}

/// Runs what must come to an end by itself; in words why it does not.
fn to_its_end(
    clock: &VirtualClock,
    process: impl Future<Output = Outcome>,
) -> Result<Outcome, String> {
    let process = std::pin::pin!(process);
    let endless = clock.pass(ENDLESS);
    match clock.run(select(process, endless)) {
        Ok(Either::Left((outcome, _))) => Ok(outcome),
        Ok(Either::Right(_)) => Err(format!("the event goes on for more than {ENDLESS:?}")),
        Err(stalled) => Err(stalled.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_does_not_end_by_itself_is_given_up() {
        let clock = VirtualClock::new(Timestamp::UNIX_EPOCH);
        let told = to_its_end(&clock, std::future::pending()).unwrap_err();
        assert_eq!(told, "the event goes on for more than 3600s");
        let for_ever = async {
            loop {
                clock.sleep(Duration::from_secs(1)).await;
            }
        };
        assert!(to_its_end(&clock, for_ever).is_err());
    }

    #[test]
    fn an_event_may_take_as_long_as_when_serving() {
        use crate::settings::{ServeArgs, Settings};
        let token = |name: &str| (name == "API_TOKEN").then(|| "token-of-tests".to_owned());
        let settings = Settings::read(&ServeArgs::default(), token).unwrap();
        assert_eq!(settings.event_deadline, DEADLINE);
    }
}
