//! The same engine on a script: mapping tests without targets, network or waiting.

pub mod case;
pub mod coverage;
pub mod difference;
pub mod explain;
pub mod plan;
pub mod report;
mod run;

pub use plan::{Plan, Read, read_file};
pub use run::{TestFile, run};
