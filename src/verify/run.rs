//! All that is planned, run.

use super::file::TestFile;
use super::plan::{Plan, Read};
use super::report::Report;
use crate::clock::{Clock, SystemClock};

/// Runs what is planned. Nothing but `read` touches the world.
pub fn run(plan: &Plan, read: &Read<'_>) -> Report {
    let watch = SystemClock::new();
    let files: Vec<TestFile> = plan.tests.iter().map(|path| TestFile::read(path, read)).collect();
    let filter = plan.filter.as_deref();
    let reports = files.iter().map(|file| file.run(read, filter)).collect();
    let untested =
        plan.mappings.iter().filter(|mapping| !files.iter().any(|it| it.is_about(mapping)));
    let untested = untested.map(|mapping| mapping.display().to_string().into()).collect();
    Report { files: reports, untested, took: watch.monotonic() }
}
