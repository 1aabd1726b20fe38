//! Test files, run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::plan::{Plan, Read};
use super::report::{FileReport, Report};
use crate::mapping::diagnostic;

/// Runs what is planned. Nothing but `read` touches the world.
pub fn run(plan: &Plan, read: &Read<'_>) -> Report {
    let files = plan.tests.iter().map(|path| TestFile::read(path, read));
    let filter = plan.filter.as_deref();
    let files = files.map(|file| file.run_on_its_own(read, filter)).collect();
    Report { files, untested: Vec::new(), took: Duration::ZERO }
}

/// A test file that was read, with its events: to be run on any text of its mapping, as often as
/// one wants.
#[derive(Debug)]
pub struct TestFile {
    path: PathBuf,
    mistakes: diagnostic::Report,
}

impl TestFile {
    /// Reads a test file and the events that it names; what is wrong is told when it is run.
    pub fn read(path: &Path, _read: &Read<'_>) -> Self {
        Self { path: path.to_owned(), mistakes: diagnostic::Report::new() }
    }

    /// The mapping file that it is about, if it says that.
    pub fn mapping(&self) -> Option<&Path> {
        None
    }

    /// Runs the cases whose name contains `filter` on the text that the mapping file has now.
    pub fn run_on_its_own(&self, _read: &Read<'_>, filter: Option<&str>) -> FileReport {
        self.run_on("", filter)
    }

    /// Runs the cases whose name contains `filter` on a text in place of the mapping file's.
    pub fn run_on(&self, _mapping: &str, _filter: Option<&str>) -> FileReport {
        FileReport {
            file: self.path.display().to_string().into(),
            mapping: Box::default(),
            mistakes: self.mistakes.clone(),
            cases: Vec::new(),
            coverage: None,
        }
    }
}
