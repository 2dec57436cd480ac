//! What other platforms start: around the connector a command (feature `cli`) or a service (feature `http`).
//! Neither decides anything about a job.

#[cfg(all(target_arch = "wasm32", any(feature = "cli", feature = "http")))]
mod call;
mod ended;
mod route;

#[cfg(all(target_arch = "wasm32", feature = "cli"))]
mod cli;
#[cfg(all(target_arch = "wasm32", feature = "http"))]
mod http;
