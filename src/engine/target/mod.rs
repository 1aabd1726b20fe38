//! What stands between a step and the wire: what answers mean, and when to send again.

pub(super) mod answer;
mod body;
pub(super) mod judge;
pub(super) mod retry;
mod xml;
