//! What benchmarks share. It judges nothing.
#![forbid(unsafe_code)]

pub mod csv;
pub mod machine;
pub mod model;
pub mod simulated;
pub mod statistics;

use std::path::{Path, PathBuf};

/// Where cargo builds.
pub fn target() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(default, PathBuf::from);
    std::fs::canonicalize(&target).unwrap_or(target)
}
