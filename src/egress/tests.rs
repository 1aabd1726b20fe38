//! The way out as the engine sees it, by either client; and what only one of them does.

mod by_hyper;
mod by_reqwest;
mod pool;
mod proxy;
mod same;
mod threads;
