//! What tests stand on: the connector as a process, targets that misbehave, and text of ours.
#![allow(dead_code, reason = "a tool box: not every tool is in use at all times")]

pub mod authorization_server;
#[path = "../../../src/certificate/testing.rs"]
pub mod certificates;
pub mod client;
pub mod command;
pub mod connector;
#[path = "../../../src/ingress/openapi/testing.rs"]
pub mod contract;
pub mod http;
pub mod key;
pub mod language_server;
pub mod lines;
pub mod markdown;
pub mod reply;
pub mod rust_text;
pub mod samples;
pub mod scratch;
pub mod sources;
pub mod stage;
pub mod target;
pub mod tls_front;

use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes that works, shorter than a test may take.
pub const SOON: Duration = Duration::from_secs(15);

/// Waits until `met` gives something; fails at the deadline, saying what was waited for.
pub fn wait_until<T>(what: &str, met: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(found) = met() {
            return found;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
