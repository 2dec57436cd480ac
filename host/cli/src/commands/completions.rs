//! `completions`: a script for a shell, made from the same types that parse the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::stdout;

/// Prints the script.
pub fn completions(shell: Shell) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "writeback", &mut script);
    stdout::write(&script).map(|()| Exit::Done)
}
