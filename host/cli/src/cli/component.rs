//! What can be typed after `component`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

const COMPONENT_EXAMPLES: &str = "\
Examples:
  writeback component --output connector.wasm
  writeback component --wit wit               what a host of one's own is written against
  writeback component --portable cli --output writeback-cli.wasm
  writeback component --portable http --secrets store --output writeback-http.wasm

The connector alone needs a host that gives it the interfaces of wit/. A portable
build has an adapter with it and runs wherever there is WASI 0.2 with wasi:http.";

/// Arguments of `component`.
#[derive(Debug, Args)]
#[command(after_help = COMPONENT_EXAMPLES)]
pub struct Component {
    /// Where to save it; `-` is stdout.
    #[arg(long, short, value_name = "FILE", required_unless_present = "wit")]
    pub output: Option<PathBuf>,
    /// An empty or new folder for the contract: the WIT package, with what it depends on.
    #[arg(long, value_name = "DIR")]
    pub wit: Option<PathBuf>,
    /// The build for other WASI 0.2 platforms, by how they start it.
    #[arg(long, value_enum, value_name = "START")]
    pub portable: Option<PortableStart>,
    /// Where the portable build asks for its settings and secrets.
    #[arg(
        long,
        value_enum,
        value_name = "WHERE",
        default_value = "environment",
        requires = "portable"
    )]
    pub secrets: PortableSecrets,
}

/// How a platform starts a portable build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PortableStart {
    /// As a command (`wasi:cli/run`): job on stdin, receipt on stdout.
    Cli,
    /// By requests (`wasi:http/incoming-handler`): `POST /run`.
    Http,
    /// By another component or program that calls `writeback:connector/writeback`.
    Library,
}

/// Where a portable build asks for its settings and secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PortableSecrets {
    /// Environment variables (`wasi:cli/environment`).
    Environment,
    /// The platform's configuration (`wasi:config/store`).
    Store,
}
