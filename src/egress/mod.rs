//! HTTP out: the only folder that names the HTTP clients.

mod address;
pub mod client;
mod direct;
mod fault;
mod headers;
pub mod resolve;
mod tls;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
