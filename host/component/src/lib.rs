//! The writeback connector as a WebAssembly component, built from `guest/connector`, its contract, and the
//! builds of it for platforms that are not `writeback-host`.
//!
//! It holds bytes and never looks into them.
#![forbid(unsafe_code)]

mod wit;

pub use wit::WIT;

/// The component, in binary form. Its imports are those of `wit/`.
pub const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/connector.wasm"));

/// How a platform starts a portable build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As a command: it exports `wasi:cli/run`.
    Cli,
    /// By a request: it exports `wasi:http/incoming-handler`.
    Http,
    /// Not at all: another component, or the platform's program, calls what the connector exports.
    Library,
}

/// Where a portable build asks for settings and secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// `wasi:cli/environment`.
    Environment,
    /// `wasi:config/store`.
    Store,
}

/// The connector, an adapter to WASI 0.2 and a front in one component. `None` where the build was given a
/// finished connector and nothing to build these with.
#[must_use]
pub fn portable(start: Start, settings: Settings) -> Option<&'static [u8]> {
    macro_rules! built {
        ($name:literal) => {
            include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wasm")).as_slice()
        };
    }
    let bytes = match (start, settings) {
        (Start::Cli, Settings::Environment) => built!("cli-environment"),
        (Start::Cli, Settings::Store) => built!("cli-store"),
        (Start::Http, Settings::Environment) => built!("http-environment"),
        (Start::Http, Settings::Store) => built!("http-store"),
        (Start::Library, Settings::Environment) => built!("library-environment"),
        (Start::Library, Settings::Store) => built!("library-store"),
    };
    (!bytes.is_empty()).then_some(bytes)
}
