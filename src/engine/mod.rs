//! One event through one program.

pub mod outcome;
pub mod transport;
