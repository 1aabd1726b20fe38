//! The same tests by reqwest, as targets behind a proxy are reached.

#![allow(clippy::duplicate_mod, reason = "the same tests hold for both clients")]

#[path = "suite.rs"]
mod suite;

use crate::egress::client::Network;

fn network() -> Network {
    Network::new().by_reqwest()
}
