//! Everything between a request that the policy permits and the wire: which addresses, which way, and the
//! client that sends it.

mod address;
mod body;
mod client;
mod connect;
mod proxy;
mod resolve;
mod spare;
mod stream;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod timeout_tests;
mod tls;
mod traffic;

pub(crate) use body::Outgoing;
pub(crate) use client::{HttpClient, Pooled, Received, SendError, transport_cause};
pub(crate) use traffic::Traffic;
