//! HTTP out: the only folder that names the HTTP client.

pub mod client;
mod fault;
pub mod resolve;
mod tls;

#[cfg(test)]
mod testing;
