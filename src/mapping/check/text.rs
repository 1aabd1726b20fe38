//! Texts of a mapping, each compiled to what it is: a string, a duration, a path, a regular
//! expression, a template.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use super::super::diagnostic::Span;
use super::super::document::decode::Text;
use super::super::env::{EnvFault, Secrecy, Substituted};
use super::super::yaml::Node;
use super::Checker;
use super::undefined::define;
use crate::expr::Table;
use crate::expr::template::{Names, Piece, TemplateFault, Unescaped};
use crate::expr::{Path, Root, Template};
use crate::units;

impl Checker<'_, '_> {
    /// A string with its `${…}` replaced.
    pub(super) fn string(&mut self, text: &Text) -> Option<String> {
        self.substituted(text, Secrecy::Plain).map(Substituted::text)
    }

    /// A string that is a secret as a whole.
    pub(super) fn secret(&mut self, text: &Text) -> Option<String> {
        self.substituted(text, Secrecy::Whole).map(Substituted::text)
    }

    pub(super) fn substituted(&mut self, text: &Text, secrecy: Secrecy) -> Option<Substituted> {
        self.lost_signs(text.node(), 0, text.as_str(), false);
        match self.env.substitute(text.as_str(), secrecy) {
            Ok(substituted) => Some(substituted),
            Err(faults) => {
                self.env_faults(text.node(), 0, faults);
                None
            }
        }
    }

    pub(super) fn env_faults(&mut self, node: &Node, base: usize, faults: Vec<EnvFault>) {
        for fault in faults {
            let range = fault.range.start + base..fault.range.end + base;
            let span = node.span_within(self.source, range);
            // `${imsi}` may have been meant as `{{imsi}}`.
            let name = self.source.slice(span).trim_start_matches("${").trim_end_matches('}');
            let help = match self.scopes.sees(name) {
                true => format!("did you mean the variable, `{{{{{name}}}}}`?"),
                false => fault.help,
            };
            self.error(fault.code, span, fault.message, &help);
        }
    }

    /// A duration that is not zero.
    pub(super) fn duration(&mut self, text: &Text) -> Option<Duration> {
        let substituted = self.substituted(text, Secrecy::Plain)?;
        if substituted.stand_in {
            return Some(Duration::from_secs(1));
        }
        let duration = units::duration(&substituted.text());
        match duration {
            Ok(Duration::ZERO) => {
                self.error(
                    "bad-duration",
                    text.span(),
                    "this duration is zero",
                    "write e.g. `10s`, `1m30s` or `250ms`",
                );
                None
            }
            Ok(duration) => Some(duration),
            Err(fault) => {
                // The fault repeats what it read, and files hold secrets.
                let message = match text.as_str().contains("${file:") {
                    true => "what this file holds is not a duration".to_owned(),
                    false => fault.to_string(),
                };
                self.error(
                    "bad-duration",
                    text.span(),
                    message,
                    "write e.g. `10s`, `1m30s` or `250ms`",
                );
                None
            }
        }
    }

    /// Notes that a path reads the document: an answer's body, or the event if there is one.
    pub(super) fn reads_document(&mut self, what: &str, span: Span) {
        if self.scopes.in_answer {
            self.usage.reads_body = true;
            return;
        }
        self.usage.varies = true;
        if let Some(fault) = self.of_an_event(what) {
            self.error(fault.code, span, fault.message, &fault.help.unwrap_or_default());
        }
    }

    /// A JSONPath.
    pub(super) fn path(&mut self, text: &Text) -> Option<Path> {
        match Path::parse(text.as_str()) {
            Ok(path) => {
                self.mistaken_path(text.as_str(), text.span(), false);
                Some(path)
            }
            Err(fault) => {
                let written = text.as_str();
                let range = fault.range.unwrap_or(0..written.len());
                let span = text.node().span_within(self.source, range);
                let named = written.split('.').next().is_some_and(|name| self.scopes.sees(name));
                let help = match named {
                    true => format!("write `{{ from: {written} }}` for another variable"),
                    false if written.contains("{{") => {
                        format!("a path is no template: write `{{ value: \"{written}\" }}` for one")
                    }
                    false => fault.help,
                };
                self.error("bad-path", span, fault.message, &help);
                None
            }
        }
    }

    /// A regular expression; it may be exactly one `${…}`, and is otherwise taken as it is.
    pub(super) fn regex(&mut self, text: &Text) -> Option<Regex> {
        let written = text.as_str();
        let from_environment = written.starts_with("${");
        if from_environment && written.find('}') != Some(written.len() - 1) {
            let fallback = written.contains(":-");
            let help = match fallback {
                true => {
                    "a fallback ends at the first `}`: write `[0-9][0-9]`, not `[0-9]{2}`, in it"
                }
                false => "put all of it into the variable, or write all of it here",
            };
            let message = "a regular expression may be exactly one `${…}`, with nothing around it";
            self.error("bad-regex", text.span(), message, help);
            return None;
        }
        let pattern = match from_environment {
            true => {
                let substituted = self.substituted(text, Secrecy::Plain)?;
                if substituted.stand_in {
                    return Regex::new("").ok();
                }
                substituted.text()
            }
            false => written.to_owned(),
        };
        match Regex::new(&pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let (reason, range) = regex_fault(&pattern, &error);
                let span = match range.filter(|_| !from_environment) {
                    Some(range) => text.node().span_within(self.source, range),
                    None => text.span(),
                };
                let message = format!("this is not a regular expression: {reason}");
                self.error("bad-regex", span, message, REGEX_HELP);
                None
            }
        }
    }

    /// A template that is the whole text.
    pub(super) fn template(
        &mut self,
        text: &Text,
        secrecy: Secrecy,
        unescaped: Unescaped,
    ) -> Option<Template> {
        self.template_from(text.node(), 0, secrecy, unescaped)
    }

    /// A template that begins at `base` of a string node.
    pub(super) fn template_from(
        &mut self,
        node: &Node,
        base: usize,
        secrecy: Secrecy,
        unescaped: Unescaped,
    ) -> Option<Template> {
        let text = node.as_str().and_then(|text| text.get(base..)).unwrap_or_default();
        let failed_before = std::mem::replace(&mut self.failed, false);
        let mut names = TemplateNames { checker: self, node, base, secrecy };
        let parsed = Template::parse(text, unescaped, &mut names);
        let environment_failed = std::mem::replace(&mut self.failed, failed_before);
        match parsed {
            Ok(template) if !environment_failed => Some(template),
            Ok(_) => {
                self.failed = true;
                None
            }
            Err(faults) => {
                self.template_faults(node, base, faults);
                None
            }
        }
    }

    /// Reports what is wrong with a template that begins at `base` of a string node.
    pub(super) fn template_faults(&mut self, node: &Node, base: usize, faults: Vec<TemplateFault>) {
        let text = node.as_str().and_then(|text| text.get(base..)).unwrap_or_default();
        for fault in faults {
            let range = fault.range.unwrap_or(0..text.len());
            let span = node.span_within(self.source, range.start + base..range.end + base);
            let mut help = fault.help.unwrap_or_default();
            let name = text.get(range.clone()).unwrap_or_default();
            let opening = text.get(..range.start).unwrap_or_default().trim_end();
            let word = word_at(text, range.start);
            if fault.code == "undefined-name" && word.contains('/') && !opening.ends_with("{{") {
                help = format!("a text stands in quotes: `\"{word}\"`");
            } else if help == define(name) && !opening.ends_with("{{") {
                help.push_str(&format!("; a text stands in quotes: `\"{name}\"`"));
            }
            self.error_once(fault.code, span, fault.message, &help);
        }
    }
}

/// What stands from there to the next blank, parenthesis or brace.
fn word_at(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '{' | '}'));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

const REGEX_HELP: &str =
    "the syntax is that of https://docs.rs/regex, which has no look-around and no back-references";

/// What is wrong with a regular expression, and where in it if that is known.
fn regex_fault(pattern: &str, error: &regex::Error) -> (String, Option<Range<usize>>) {
    use regex_syntax::Error::{Parse, Translate};
    let (reason, span) = match regex_syntax::parse(pattern) {
        Err(Parse(fault)) => (fault.kind().to_string(), fault.span().to_owned()),
        Err(Translate(fault)) => (fault.kind().to_string(), fault.span().to_owned()),
        _ => return (error.to_string(), None),
    };
    (reason, Some(span.start.offset..span.end.offset))
}

/// Names and environment as one template sees them.
struct TemplateNames<'t, 'c, 'e> {
    checker: &'t mut Checker<'c, 'e>,
    node: &'t Node,
    base: usize,
    secrecy: Secrecy,
}

impl Names for TemplateNames<'_, '_, '_> {
    fn resolve(&mut self, names: &[&str]) -> Result<(Root, usize), TemplateFault> {
        self.checker.resolve(names)
    }

    fn table(&mut self, name: &str) -> Option<Arc<Table>> {
        let is_variable = self.checker.resolve(&[name]).is_ok();
        if is_variable || !self.checker.has_table(name) {
            return None;
        }
        self.checker.named_table(name, self.node.span)
    }

    fn reads_document(&mut self) {
        self.checker.reads_document("path", self.node.span);
    }

    fn environment(&mut self, text: &str, offset: usize) -> Vec<Piece> {
        self.checker.lost_signs(self.node, self.base + offset, text, true);
        match self.checker.env.substitute(text, self.secrecy) {
            Ok(substituted) => substituted.pieces,
            Err(faults) => {
                self.checker.env_faults(self.node, self.base + offset, faults);
                Vec::new()
            }
        }
    }
}
