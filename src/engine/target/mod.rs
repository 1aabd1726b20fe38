//! What stands between a step and the wire: what answers mean, and when to send again.

pub(super) mod answer;
pub(in crate::engine) mod body;
pub(super) mod judge;
pub(super) mod quota;
pub(super) mod retry;
pub(super) mod wait;
mod xml;
