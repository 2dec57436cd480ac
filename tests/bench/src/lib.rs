//! What benchmarks share. It judges nothing.
#![forbid(unsafe_code)]

pub mod csv;
pub mod machine;
pub mod model;
pub mod statistics;
