//! The benchmarks that need processes of their own: this command starts them, measures, judges and reports.
#![forbid(unsafe_code)]

mod client;
mod floor;
mod peers;
mod report;
mod shown;
mod targets;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "writeback-bench", about = "Benchmarks side by side")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure `writeback run` beside rclone, a Python script and a plain native client
    Peers(peers::Options),
    /// Write tables and plots from all that was measured into the documentation
    Report,
    /// Be the plain native client: download to disk, then upload from there
    Floor(floor::Task),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Peers(options) => peers::run(&options),
        Command::Report => report::run().map(|()| ExitCode::SUCCESS),
        Command::Floor(task) => floor::run(&task).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(failed)
}

fn failed(error: anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::from(2)
}
