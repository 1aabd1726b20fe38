//! What operators see of the connector: the log, and the masking of what must not be in it.

mod encodings;
mod identifiers;
mod spans;

pub mod log;
pub mod mask;
