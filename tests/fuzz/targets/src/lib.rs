//! Fuzz targets for everything that reads bytes from outside and needs no sandbox: each takes any bytes and
//! asserts what has to hold for all of them. The fuzzers call them; `cargo test` replays the kept corpus.
//!
//! The host's own targets are in `writeback-host`, behind its feature `fuzzing`.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a target's panic is what it has found")]

mod checkpoint;
mod csv;
mod domo;
mod filename;
mod graph;
mod input;
mod job;
mod oauth;
mod ports;
mod quickxor;
mod requests;
mod retry_after;
mod run;
mod toml;

pub use checkpoint::checkpoint;
pub use csv::csv;
pub use domo::domo;
pub use filename::filename;
pub use graph::graph;
pub use job::job;
pub use oauth::oauth;
pub use quickxor::quickxor;
pub use retry_after::retry_after;
pub use run::run;
pub use toml::toml;

/// A target.
pub type Target = fn(&[u8]);

/// Every target by its name, which its corpus has too.
pub const TARGETS: [(&str, Target); 11] = [
    ("checkpoint", checkpoint),
    ("csv", csv),
    ("domo", domo),
    ("filename", filename),
    ("graph", graph),
    ("job", job),
    ("oauth", oauth),
    ("quickxor", quickxor),
    ("retry_after", retry_after),
    ("run", run),
    ("toml", toml),
];
