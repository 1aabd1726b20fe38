//! The same engine on a script: mapping tests without targets, network or waiting.

pub mod case;
pub mod coverage;
pub mod difference;
mod document;
pub mod explain;
mod file;
mod judge;
mod names;
mod plan;
mod read;
mod rehearsal;
mod reload;
pub mod report;
mod run;
#[cfg(test)]
pub(crate) mod tests;
mod trial;
mod veil;
mod words;

pub use document::schema;
pub use file::TestFile;
pub use plan::{Plan, Read, read_file};
pub use read::replies;
pub use reload::tested;
pub use run::run;
