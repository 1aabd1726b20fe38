//! One event through one program: which rules it chooses, what they send, what the answers mean.

pub mod admit;
mod bulkhead;
mod event_scope;
mod exchange;
mod gate;
mod journal;
mod need;
pub mod observe;
pub mod outcome;
mod rate;
mod repeat;
mod request;
mod run;
pub mod script;
mod session;
pub mod set;
mod step;
mod target;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod transport;
pub mod trial;
mod undo;

pub use need::needs;
pub use run::Engine;
pub use set::Set;
pub(crate) use target::body::read as read_body;
