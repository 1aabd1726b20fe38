//! What operators see of the connector: the log, and the masking of what must not be in it.

mod encodings;
mod identifiers;
mod record;
mod sink;
mod spans;
#[cfg(test)]
mod testing;

pub mod log;
pub mod mask;
pub mod vault;
