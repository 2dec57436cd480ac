//! The `writeback` command: reads what was typed, does one verb, ends with an exit code that is a contract.
//! It knows files, terminals and exit codes; what a job means is the component's business and never decided here.
#![forbid(unsafe_code)]

mod accounts;
mod cli;
mod commands;
mod config;
mod config_file;
mod core_files;
#[cfg(debug_assertions)]
mod deadly;
mod error;
mod exit;
mod interrupt;
mod job;
mod logging;
mod overrides;
mod progress;
mod render;
mod sandbox;
mod settings;
mod stdout;

use std::process::ExitCode;

use clap::Parser;

use crate::error::Error;
use crate::exit::Exit;
use crate::settings::Settings;

fn main() -> ExitCode {
    core_files::forbid();
    if writeback_client::is_remote(std::env::args_os()) {
        return remote();
    }
    let cli = cli::Cli::parse();
    let settings = Settings::resolve(&cli.options);
    let logging = logging::start(&settings, &cli.command);
    let _logging = match logging {
        Ok(logging) => logging,
        Err(error) => {
            error.print(&settings);
            return exit::process(error.exit);
        }
    };
    match run(cli.command, &settings) {
        Ok(exit) => exit::process(exit),
        Err(error) => {
            error.print(&settings);
            exit::process(error.exit)
        }
    }
}

/// `writeback --server URL …`: the verbs of a server, which the client reads and does by itself.
fn remote() -> ExitCode {
    let Ok(runtime) = tokio::runtime::Runtime::new() else {
        return exit::process(Exit::Failed);
    };
    let io = writeback_client::Io::process();
    exit::process(runtime.block_on(writeback_client::run(std::env::args_os(), io)))
}

/// One job at a time is quickest on one thread: its bytes are not handed from core to core. Files are read and
/// written on threads of their own.
fn runtime(command: &cli::Command) -> std::io::Result<tokio::runtime::Runtime> {
    match command {
        cli::Command::Run(_) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build(),
        _ => tokio::runtime::Runtime::new(),
    }
}

fn run(command: cli::Command, settings: &Settings) -> Result<Exit, Error> {
    let runtime = runtime(&command)
        .map_err(|cause| Error::failed("cannot start the runtime").because(&cause))?;
    let outcome = runtime.block_on(commands::dispatch(command, settings));
    // A blocking name lookup must not hold up the end of the process.
    runtime.shutdown_background();
    outcome
}
