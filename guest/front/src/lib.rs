//! What other platforms start: around the connector a command (feature `cli`) or a service (feature `http`).
//! Neither decides anything about a job.

mod ended;
mod route;

#[cfg(all(target_arch = "wasm32", feature = "cli"))]
mod cli;
#[cfg(all(target_arch = "wasm32", feature = "http"))]
mod http;
