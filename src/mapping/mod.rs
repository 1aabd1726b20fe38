//! Text to checked program; all of it happens at load.

pub mod diagnostic;
pub mod names;
pub mod yaml;
