//! What tests stand on: the connector as a process, targets that misbehave, and text of ours.
#![allow(dead_code, reason = "a tool box: not every tool is in use at all times")]

pub mod client;
pub mod connector;
pub mod http;
pub mod lines;
pub mod reply;
pub mod rust_text;
pub mod scratch;
pub mod stage;
pub mod target;

use std::time::Duration;

/// Longer than anything takes that works, shorter than a test may take.
pub const SOON: Duration = Duration::from_secs(15);
