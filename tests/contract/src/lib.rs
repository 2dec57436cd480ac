//! How this tree's contract and component stand to other contracts: those of the releases, and some that differ in one thing.
//!
//! The build script judges, with the tools that make components. As dependencies of a test they would have wasmtime
//! built a second time.
#![forbid(unsafe_code)]

/// How this tree stands to another contract.
#[derive(Debug)]
pub struct Verdict {
    /// The folder under `tests/releases`, or what the contract differs in.
    pub name: &'static str,
    /// The version of its WIT package.
    pub wit: &'static str,
    /// Whether the versions promise compatibility: both `0.1.x`, or both `1.x`.
    pub same_track: bool,
    /// This tree's component runs on a host of that contract.
    pub targets: Result<(), &'static str>,
    /// A component made for that contract runs on a host of this tree's.
    pub successor: Result<(), &'static str>,
    /// The two are one but for comments.
    pub unchanged: Result<(), &'static str>,
}

/// The version of this tree's WIT package.
pub const WIT: &str = include_str!(concat!(env!("OUT_DIR"), "/wit-version"));

/// The releases that are kept.
pub const RELEASES: &[Verdict] = &include!(concat!(env!("OUT_DIR"), "/releases.rs"));

/// This tree's contract but for one thing.
pub const ALTERED: &[Verdict] = &include!(concat!(env!("OUT_DIR"), "/altered.rs"));

/// A component of this tree's world that does nothing.
pub const PLAIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plain.wasm"));

/// The same of a world in which `http` has one function more.
pub const WANTS_MORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wants-more.wasm"));
