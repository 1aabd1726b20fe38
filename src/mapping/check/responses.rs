//! `responses` to tables.

use super::super::diagnostic::{Diagnostic, Span};
use super::super::document::ResponseEntry as Written;
use super::super::document::decode::{Each, Scalar, Text};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::super::yaml::Node;
use super::Checker;
use super::session::Whose;
use crate::expr::body::Shape;
use crate::expr::template::Unescaped;
use crate::program::{ResponseEntry, Then};

impl Checker<'_, '_> {
    pub(super) fn responses(
        &mut self,
        written: Option<&Each<Written>>,
    ) -> Option<Vec<ResponseEntry>> {
        let written = written.map_or(&[][..], |each| &each.members);
        self.scopes.in_answer = true;
        let entries: Vec<_> = written.iter().map(|entry| self.entry(entry.as_ref()?)).collect();
        self.scopes.in_answer = false;
        self.unreachable_entries(written);
        entries.into_iter().collect()
    }

    /// Warns of entries behind one that always holds.
    fn unreachable_entries(&mut self, written: &[Option<Written>]) {
        let always = |entry: &&Written| {
            entry.when.as_ref().is_some_and(|when| when.clauses.is_empty() && !when.incomplete)
        };
        let mut entries = written.iter().flatten();
        let Some(first) = entries.by_ref().find(always) else { return };
        for entry in entries {
            let message = "this entry can never be reached";
            let diagnostic =
                Diagnostic::warning("unreachable-entry", self.source, entry.span, message)
                    .secondary(first.span, "this one always holds")
                    .help("the first entry that holds decides: put that one last");
            self.report.push(diagnostic);
        }
    }

    fn entry(&mut self, written: &Written) -> Option<ResponseEntry> {
        self.usage.reads_body = false;
        self.usage.varies = false;
        let when = written.when.as_ref().and_then(|when| self.condition(Some(when)));
        let reads_body = std::mem::take(&mut self.usage.reads_body);
        let then = written.then.as_ref().and_then(|text| self.verdict(text));
        let message = written
            .message
            .as_ref()
            .map(|text| self.template(text, Secrecy::Plain, Unescaped::Refused));
        let answer = written.answer.as_ref().map(|scalar| self.answer(scalar, then));
        let wait = written.wait.as_ref().map(|wait| self.wait(&wait.0, then));
        Some(ResponseEntry {
            at: self.at(written.span),
            when: when?,
            then: then?,
            message: message.map_or(Some(None), |message| message.map(Some))?,
            answer: answer.map_or(Some(None), |answer| answer.map(Some))?,
            wait: wait.map_or(Some(None), |wait| wait.map(Some))?,
            reads_body,
            varies: self.usage.varies,
        })
    }

    fn verdict(&mut self, text: &Text) -> Option<Then> {
        let known =
            Then::NAMES.iter().find(|(name, _)| *name == text.as_str()).map(|(_, then)| *then);
        if known.is_none() {
            let names = Then::NAMES.iter().map(|(name, _)| *name);
            let help = match did_you_mean(text.as_str(), names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`then` is one of: {}", names.collect::<Vec<_>>().join(", ")),
            };
            let message = format!("an answer cannot mean `{}`", text.as_str());
            self.error("unknown-verdict", text.span(), message, &help);
        }
        known.filter(|then| *then != Then::Login || self.may_log_in(text.span()))
    }

    /// Whether there is a log-in to be done; reports that there is none. The steps of a log-in take
    /// the target's table as it is.
    fn may_log_in(&mut self, span: Span) -> bool {
        let Whose::Target(target) = self.scopes.session else { return true };
        if self.sessions.has(target) {
            return true;
        }
        let name = self.targets.get(target).map(String::as_str).unwrap_or_default();
        let message = format!("the target `{name}` has no log-in that could be done again");
        let help = "give it `auth: { oauth2: … }` or `auth: { session: … }`, or write `then: fail`";
        self.error("no-session", span, message, help);
        false
    }

    /// `wait`: seconds, or a template that says how long.
    fn wait(&mut self, node: &Node, then: Option<Then>) -> Option<Shape> {
        if then.is_some_and(|then| !then.takes_wait()) {
            let message = "`wait` goes with `then: retry` and `then: restart`";
            let help = "leave it out: nothing is sent again here that could wait";
            self.error("conflicting-keys", node.span, message, help);
            return None;
        }
        self.span_of_time(node, "this is not how long to wait", "30s", "{{body.retry_after}}")
    }

    fn answer(&mut self, scalar: &Scalar, then: Option<Then>) -> Option<u16> {
        let span = scalar.0.span;
        if then.is_some_and(|then| !then.takes_answer()) {
            let message = "`answer` goes with `then: retry` and `then: fail`";
            let help =
                "leave it out: success is answered with 200, a restart that is used up with 503";
            self.error("conflicting-keys", span, message, help);
            return None;
        }
        let number = self.number(scalar)?.and_then(|number| u16::try_from(number).ok());
        let status = number.filter(|status| {
            *status == ResponseEntry::ACKNOWLEDGED || ResponseEntry::REFUSALS.contains(status)
        });
        if status.is_none() {
            let help = "200 acknowledges the event, so that NSPS does not send it again";
            self.error("bad-status", span, "`answer` is 200, or a status from 400 to 599", help);
        }
        status
    }
}
