//! What benchmarks share: data, the two places where code runs, and the clock. It judges nothing.
#![forbid(unsafe_code)]

pub mod csv;
pub mod measure;
mod native;
mod sandbox;

pub use native::Native;
pub use sandbox::Sandbox;
