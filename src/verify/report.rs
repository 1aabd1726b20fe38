//! What running tests came to, for whoever prints it. Nothing secret is in it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::coverage::Coverage;
use crate::engine::observe::GivenUp;
use crate::expr::At;
use crate::mapping::diagnostic;

/// Everything that was run.
#[derive(Debug)]
pub struct Report {
    /// In byte order of names. None of them: there is no test file.
    pub files: Vec<FileReport>,
    /// Mapping files that no test file speaks of, as the user named them or the directory has them.
    pub untested: Vec<Box<str>>,
    /// Of this machine's time.
    pub took: Duration,
}

/// One test file.
#[derive(Debug)]
pub struct FileReport {
    /// As the user named it or the directory has it.
    pub file: Box<str>,
    /// Path of the mapping, as that of the test file leads to it; empty where the file does not say.
    pub mapping: Box<str>,
    /// Mistakes of the test file and, under the environment of some case, of its mapping. With an
    /// error among them, cases may be missing.
    pub mistakes: diagnostic::Report,
    /// Those that were chosen to be run.
    pub cases: Vec<CaseReport>,
    /// What the cases that ran reached; none if the mapping never loaded.
    pub coverage: Option<Coverage>,
}

/// One case.
#[derive(Debug)]
pub struct CaseReport {
    pub at: At,
    pub name: Arc<str>,
    /// Of this machine's time.
    pub took: Duration,
    /// What was not as expected; empty for one that passed.
    pub failures: Vec<Failure>,
}

/// Something that was not as expected.
#[derive(Debug)]
pub struct Failure {
    /// Where the expectation stands, or the case.
    pub at: At,
    /// Of the case's sequence of events, from 1; none where there is only one.
    pub scene: Option<usize>,
    pub what: Mismatch,
}

#[derive(Debug)]
pub enum Mismatch {
    /// A request differs from the one that was expected.
    Request {
        /// Of the exchange, from 1.
        position: usize,
        difference: Difference,
    },
    /// A request was sent that nothing speaks of; its sheet. It is the last that is looked at: the
    /// event ends there, and nothing is told of what follows from that.
    Unexpected {
        sent: Difference,
        /// Where it is one more try of an exchange that has no more replies.
        again: Option<Again>,
    },
    /// A request was expected, or one more try of it, and not sent.
    Missing {
        position: usize,
        expected: Difference,
        /// The try that was waited for, from 1.
        attempt: usize,
        /// What kept it from the target, where that is so.
        held: Option<GivenUp>,
    },
    /// Another rule ran, or none.
    Rule { expected: Arc<str>, ran: Option<Arc<str>> },
    /// A variable has another value; absent is none.
    Variable {
        name: Arc<str>,
        expected: Value,
        found: Option<Value>,
        /// Why it has none, where that is known.
        fault: Option<String>,
    },
    /// A part of the answer to NSPS does not pass its test.
    Answer {
        part: &'static str,
        /// The test as written.
        expected: Box<str>,
        found: Value,
        /// The whole answer: status and body.
        status: u16,
        body: Value,
    },
    /// The connector failed in a way that no mapping should make it fail.
    Broken(String),
}

/// A try of a request, past its replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// Of the exchange, from 1.
    pub position: usize,
    /// Of the try, from 1.
    pub attempt: usize,
}

/// Two things side by side, row by row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    pub rows: Vec<Row>,
}

/// One line of each side; none where that side has nothing there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub expected: Option<String>,
    pub sent: Option<String>,
    pub differs: bool,
}

impl Difference {
    /// Whether there is no difference.
    pub fn is_none(&self) -> bool {
        self.rows.iter().all(|row| !row.differs)
    }
}

impl CaseReport {
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}
