//! One event through the engine, on a script and a virtual clock: what is sent, when, how often, and
//! what becomes of it.

mod again;
mod backoff;
mod breaker;
mod cookies;
mod crowded;
mod deadline;
mod elsewhere;
mod hostile;
mod limits;
mod oauth;
mod pauses;
mod polls;
mod refused_sessions;
mod retry_after;
mod sameness;
mod sessions;
mod side_by_side;
mod steps;
mod undone;
mod used_up;
mod verdicts;
