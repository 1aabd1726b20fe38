//! The connector from outside: one binary, a module per behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test, and what helps it, fails by panicking"
)]
#![allow(clippy::disallowed_methods, reason = "tests of the whole process run in real time")]

mod acceptance;
mod answers;
mod cli;
mod compliance;
mod cookbook;
mod deployment;
mod diagnostics;
mod documents;
mod editor;
mod events;
mod format;
mod helm;
mod https;
mod identity;
mod laws;
mod log;
mod mutation;
mod oauth;
mod openapi;
mod operations;
mod packs;
mod pressure;
mod readme;
mod reference;
mod reload;
mod sample;
mod sessions;
mod shutdown;
mod start;
mod structure;
mod support;
mod support_works;
mod targets;
