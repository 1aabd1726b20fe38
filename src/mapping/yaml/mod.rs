//! YAML text to a tree of values with their places; the only folder that names the YAML crate.

use crate::mapping::diagnostic::{Report, Source};

mod build;
mod earlier;
mod faults;
mod mapping;
mod node;
mod place;
mod scalar;
mod syntax;
#[cfg(test)]
mod tests;
mod traps;
mod weight;
mod within;

pub use crate::mapping::diagnostic::Span;
pub use faults::too_long;
pub use node::{Entry, Key, Kind, Node};

/// The longest text of a file, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// How deep values may nest; what walks a tree may therefore recurse.
pub const MAX_DEPTH: usize = 64;

/// The values that a file may have, those that its anchors and aliases repeat included.
pub const MAX_NODES: usize = 250_000;

/// The text, in bytes, that a file's anchors and aliases may repeat.
pub const MAX_REPEATED_BYTES: usize = 8 * 1024 * 1024;

/// Reads one document of YAML 1.2 (core schema) into a tree.
///
/// Every fault goes to the report. Where the text cannot be read at all there is no tree; a tree may
/// come with errors (duplicate keys, tags, …), so that whoever decodes it can report all the others
/// in the same run. The file is usable only if the report has no errors for it.
pub fn parse(source: &Source, report: &mut Report) -> Option<Node> {
    build::Builder::new(source, report).run()
}
