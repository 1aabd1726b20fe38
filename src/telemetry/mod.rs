//! What operators see of the connector: the log, and the masking of what must not be in it.

mod encodings;
mod field;
mod identifiers;
mod record;
mod scout;
mod sink;
mod spans;
mod stamp;
#[cfg(test)]
mod testing;
mod texts;

pub mod log;
pub mod mask;
pub mod vault;
