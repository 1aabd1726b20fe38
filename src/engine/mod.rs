//! One event through one program.

pub mod admit;
pub mod outcome;
pub mod transport;
