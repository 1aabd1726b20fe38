//! Texts of a mapping, each compiled to what it is: a string, a duration, a path, a regular
//! expression, a template.

use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use super::super::document::decode::Text;
use super::super::env::{EnvFault, Secrecy, Substituted};
use super::super::yaml::Node;
use super::Checker;
use crate::expr::extract::Table;
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
        match self.env.substitute(text.as_str(), secrecy) {
            Ok(substituted) => Some(substituted),
            Err(faults) => {
                self.env_faults(text.node(), 0, faults);
                None
            }
        }
    }

    fn env_faults(&mut self, node: &Node, base: usize, faults: Vec<EnvFault>) {
        for fault in faults {
            let range = fault.range.start + base..fault.range.end + base;
            let span = node.span_within(self.source, range);
            self.error(fault.code, span, fault.message, &fault.help);
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
                    "write e.g. `10s`",
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
                self.error("bad-duration", text.span(), message, "write e.g. `10s`");
                None
            }
        }
    }

    /// A JSONPath.
    pub(super) fn path(&mut self, text: &Text) -> Option<Path> {
        match Path::parse(text.as_str()) {
            Ok(path) => Some(path),
            Err(fault) => {
                let range = fault.range.unwrap_or(0..text.as_str().len());
                let span = text.node().span_within(self.source, range);
                self.error("bad-path", span, fault.message, &fault.help);
                None
            }
        }
    }

    /// A regular expression; it may be exactly one `${…}`, and is otherwise taken as it is.
    pub(super) fn regex(&mut self, text: &Text) -> Option<Regex> {
        let written = text.as_str();
        let from_environment = written.starts_with("${");
        if from_environment && written.find('}') != Some(written.len() - 1) {
            self.error(
                "bad-regex",
                text.span(),
                "a regular expression may be exactly one `${…}`, with nothing around it",
                "a fallback ends at the first `}`: write `[0-9][0-9]` rather than `[0-9]{2}` in it",
            );
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
                let reason = error.to_string();
                let reason =
                    reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                let message = format!("this is not a regular expression: {reason}");
                self.error("bad-regex", text.span(), message, "the syntax is that of Rust's regex");
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
        let end = node.as_str().map_or(base, str::len);
        for fault in faults {
            let range = fault.range.map_or(base..end, |range| range.start + base..range.end + base);
            let span = node.span_within(self.source, range);
            let help = fault.help.as_deref().unwrap_or("");
            self.error(fault.code, span, fault.message, help);
        }
    }
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
        self.checker.usage.reads_body |= self.checker.scopes.in_answer;
    }

    fn environment(&mut self, text: &str, offset: usize) -> Vec<Piece> {
        match self.checker.env.substitute(text, self.secrecy) {
            Ok(substituted) => substituted.pieces,
            Err(faults) => {
                self.checker.env_faults(self.node, self.base + offset, faults);
                Vec::new()
            }
        }
    }
}
