//! Everything between a request that the component wants and the wire: which URLs, which headers,
//! which addresses, and the client that sends what is left.

mod address;
mod body;
mod client;
mod connect;
mod headers;
mod origin;
mod target;
mod tls;

pub(crate) use body::Outgoing;
pub(crate) use client::{HttpClient, Pooled, Received, SendError, transport_cause};
pub(crate) use headers::police;
pub(crate) use origin::{Endpoint, Origin};
pub(crate) use target::{Reach, Service, parse_url};
