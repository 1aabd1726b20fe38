//! Document to program: every name resolved, every text compiled, every mistake collected.

mod answer;
mod auth;
mod capture;
mod condition;
mod limits;
mod lost_signs;
mod mistaken;
mod names;
mod oauth;
mod repeat;
mod request;
mod responses;
mod route;
mod rule;
mod session;
mod step;
mod steps;
mod tables;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod undefined;
mod undo;
mod usage;
mod value;
mod variable;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

pub(crate) use answer::answer_test;
use names::Scopes;
use session::Sessions;
use tables::NamedTable;
use undefined::Undefined;
use usage::Usage;

use super::diagnostic::{Diagnostic, Position, Report, Source, Span};
use super::document::Mapping as Document;
use super::env::Environment;
use crate::expr::At;
use crate::expr::extract::Variable;
use crate::program::Mapping;

/// Checks one file; `None` if it cannot be used. All that is wrong is in the report.
pub fn check(
    document: &Document,
    file: &str,
    source: &Source,
    env: &mut Environment<'_>,
    report: &mut Report,
) -> Option<Mapping> {
    let mut checker = Checker::new(source, env, report);
    checker.file = Arc::from(file);
    checker.sessions = Sessions::of(document);
    let shared = document.extract.iter().flat_map(|named| &named.0);
    checker.variables_of_file = shared.map(|(key, _)| Box::from(&*key.text)).collect();
    let saved = steps::saved_anywhere(document.rules().iter().flatten());
    checker.saved_anywhere = saved.map(Box::from).collect();
    let targets = document.targets.iter().flat_map(|named| &named.0);
    checker.targets = targets.map(|(key, _)| key.text.clone()).collect();
    let mapping = checker.mapping(document);
    let usable = !checker.failed;
    mapping.filter(|_| usable)
}

/// What is known while one file is checked.
struct Checker<'c, 'e> {
    /// The name of the file.
    file: Arc<str>,
    source: &'c Source,
    env: &'c mut Environment<'e>,
    report: &'c mut Report,
    scopes: Scopes,
    usage: Usage,
    /// By [`crate::expr::VariableId`]; `None` for one that has a mistake.
    variables: Vec<Option<Variable>>,
    tables: BTreeMap<Box<str>, NamedTable>,
    /// How many `$each` there were so far.
    loops: usize,
    sessions: Sessions,
    /// Names of the variables that all rules share.
    variables_of_file: HashSet<Box<str>>,
    /// Names under which some step of some rule saves something.
    saved_anywhere: HashSet<Box<str>>,
    /// Names of targets, in order.
    targets: Vec<String>,
    undefined: Undefined,
    /// What belongs to the definition of the target that is read, and does not stand in it.
    extra: String,
    /// Whether an error was reported.
    failed: bool,
}

impl<'c, 'e> Checker<'c, 'e> {
    fn new(source: &'c Source, env: &'c mut Environment<'e>, report: &'c mut Report) -> Self {
        Self {
            file: Arc::default(),
            source,
            env,
            report,
            scopes: Scopes::default(),
            usage: Usage::default(),
            variables: Vec::new(),
            tables: BTreeMap::new(),
            loops: 0,
            sessions: Sessions::default(),
            variables_of_file: HashSet::new(),
            saved_anywhere: HashSet::new(),
            targets: Vec::new(),
            undefined: Undefined::default(),
            extra: String::new(),
            failed: false,
        }
    }

    fn mapping(&mut self, document: &Document) -> Option<Mapping> {
        self.version(document);
        let description = document.description.as_ref().and_then(|text| self.string(text));
        let extract = document.extract.clone().unwrap_or_default();
        self.declare(&extract);
        let shared = 0..self.variables.len();
        self.tables(document);
        self.define(&extract);
        let targets = self.targets(document);
        let rules = self.rules(document);
        self.usage();
        self.unused_tables();
        self.unused_session_values();
        self.useless_logins(document);
        Some(Mapping {
            file: Arc::clone(&self.file),
            description: description.map(Arc::from),
            targets: targets.into_iter().collect::<Option<_>>()?,
            shared,
            variables: std::mem::take(&mut self.variables).into_iter().collect::<Option<_>>()?,
            rules: rules.into_iter().collect::<Option<_>>()?,
        })
    }

    fn version(&mut self, document: &Document) {
        let Some(version) = &document.version else { return };
        if version.0.to_json() != serde_json::json!(Document::VERSION) {
            let written = self.source.slice(version.0.span).to_owned();
            self.error(
                "unknown-version",
                version.0.span,
                format!("there is no version `{written}` of the mapping format"),
                &format!("write `version: {}`", Document::VERSION),
            );
        }
    }

    /// Where a span begins, as people count.
    fn at(&self, span: Span) -> At {
        let Position { line, column } = self.source.position(span.start);
        At { line, column }
    }

    /// Reports a mistake: where, what, and (unless empty) what to do about it.
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.push(Diagnostic::error(code, self.source, span, message), help);
        self.failed = true;
    }

    fn warning(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.push(Diagnostic::warning(code, self.source, span, message), help);
    }

    /// Reports that something stands twice where it may stand once.
    fn duplicate(&mut self, span: Span, first: Span, message: impl Into<String>, help: &str) {
        let diagnostic = Diagnostic::error("duplicate-name", self.source, span, message);
        self.push(diagnostic.secondary(first, "the first one"), help);
        self.failed = true;
    }

    fn push(&mut self, diagnostic: Diagnostic, help: &str) {
        self.report.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }
}

/// Whether a text may name a target or a rule.
pub fn is_kebab_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text may name a variable or a step.
fn is_variable_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
        })
}
