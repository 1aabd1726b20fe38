//! The same engine on a script: mapping tests without targets, network or waiting.

pub mod case;
pub mod coverage;
pub mod difference;
pub mod report;
