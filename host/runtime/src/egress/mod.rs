//! Everything between a request that the component wants and the wire: which URLs, which headers,
//! which addresses, and the client that sends what is left.

mod address;
mod allow;
mod body;
mod client;
mod connect;
mod headers;
mod origin;
mod proxy;
mod resolve;
mod stream;
mod target;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod timeout_tests;
mod tls;
mod traffic;

pub(crate) use allow::{AllowedOrigin, HostPattern};
pub(crate) use body::Outgoing;
pub(crate) use client::{HttpClient, Pooled, Received, SendError, transport_cause};
pub(crate) use headers::{HeaderLimits, HeadersRefused, header_bytes, police};
pub(crate) use origin::{Endpoint, Origin};
pub(crate) use proxy::proxy_origin;
pub(crate) use target::{Reach, Service, parse_url};
pub(crate) use traffic::Traffic;
