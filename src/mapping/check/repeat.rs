//! `repeat` to a way of polling.

use std::time::Duration;

use super::super::document::Repeat as Written;
use super::super::document::decode::Text;
use super::super::env::Secrecy;
use super::Checker;
use crate::program::Repeat;
use crate::units;

/// The longest that an event may take: the setting, where the environment has it.
const DEADLINE: &str = "${EVENT_DEADLINE:-25s}";

impl Checker<'_, '_> {
    pub(super) fn repeat(&mut self, written: &Written) -> Option<Repeat> {
        self.usage.reads_body = false;
        self.scopes.in_answer = true;
        let until = written.until.as_ref().and_then(|when| self.condition(Some(when)));
        self.scopes.in_answer = false;
        let reads_body = std::mem::take(&mut self.usage.reads_body);
        if until.as_ref().is_some_and(|until| until.is_always()) {
            let message = "this holds for every answer: nothing is polled";
            let help = "say what the answer must be, e.g. `until: { $.state: done }`";
            self.error("empty-test", written.span, message, help);
        }
        let every = written.every.as_ref().and_then(|text| self.pause_of_polls(text));
        let period = written.for_.as_ref().and_then(|text| self.duration(text));
        self.too_short_for_a_second(written, every?, period?);
        self.beyond_the_deadline(written, period?);
        Some(Repeat {
            at: self.at(written.span),
            every_at: self.at(written.every.as_ref()?.span()),
            until: until?,
            reads_body,
            every: every?,
            period: period?,
        })
    }

    fn pause_of_polls(&mut self, text: &Text) -> Option<Duration> {
        let pause = self.duration(text)?;
        if pause < Repeat::SHORTEST {
            let least = units::text_of(Repeat::SHORTEST);
            let message = format!("a target is asked again after {least} at the earliest");
            let help = "write how long what it does may take, e.g. `2s`";
            self.error("bad-duration", text.span(), message, help);
            return None;
        }
        Some(pause)
    }

    /// Warns of a time that the event does not have.
    fn beyond_the_deadline(&mut self, written: &Written, period: Duration) {
        let deadline = self.env.substitute(DEADLINE, Secrecy::Plain).ok();
        let deadline = deadline.and_then(|text| units::duration(&text.text()).ok());
        let text = written.for_.as_ref().filter(|_| deadline.is_some_and(|it| period >= it));
        if let (Some(text), Some(deadline)) = (text, deadline) {
            let deadline = units::text_of(deadline);
            let message = format!("an event ends after {deadline}, and a poll with it");
            let help = "write less, or set EVENT_DEADLINE to more; NSPS has to wait as long";
            self.warning("poll-past-deadline", text.span(), message, help);
        }
    }

    /// Reports a time that ends before the request is sent again. What comes from the environment may
    /// be a stand-in.
    fn too_short_for_a_second(&mut self, written: &Written, every: Duration, period: Duration) {
        let texts = [written.every.as_deref(), written.for_.as_deref()];
        let written_out = texts.into_iter().flatten().all(|text| !text.as_str().contains("${"));
        let Some(text) = written.for_.as_ref().filter(|_| written_out && period < every) else {
            return;
        };
        let message = "it ends before the request would be sent a second time";
        let help = format!("write at least `for: {}`, or less for `every`", units::text_of(every));
        self.error("bad-duration", text.span(), message, &help);
    }
}
