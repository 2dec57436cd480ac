//! What can be typed behind `--server URL`: the clap types and their help, and nothing that acts on them.

mod account;
mod job;
mod run;
mod schedule;
mod tenant;

use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand};

pub use account::{Account, AccountVerb, Browse, What};
pub use job::{Job, JobPut, JobVerb};
pub use run::{Run, RunVerb};
pub use schedule::{Flags, Schedule, ScheduleVerb, Source};
pub use tenant::{
    Limits, Role, Target, TargetVerb, Tenant, TenantVerb, Token, TokenCreate, TokenVerb,
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  export WRITEBACK_TOKEN=...                          or --token-file FILE
  writeback --server https://w.example.com whoami
  writeback --server https://w.example.com account put domo writeback.toml
  writeback --server https://w.example.com job put daily-sales job.toml
  writeback --server https://w.example.com schedule add daily-sales --daily 06:30 --time-zone Europe/Berlin
  writeback --server https://w.example.com run start daily-sales --wait

A token is never an argument. Without --server the same command works on this
machine: `writeback --help`.

Exit codes:
  0  done
  1  it failed
  2  the command line, a document or the token is wrong
  3  it failed or was stopped, and is worth trying again later
  4  Domo or Microsoft refused the sign-in";

/// Speaks to a server that `writeback serve` runs: tenants, accounts, jobs, schedules, runs.
#[derive(Debug, Parser)]
#[command(name = "writeback", bin_name = "writeback", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    /// The server: https, or http on this machine.
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
    /// What every verb understands.
    #[command(flatten)]
    pub options: Options,
}

/// What every verb understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Options {
    /// A file that holds the token and that only you can read; else the variable WRITEBACK_TOKEN has it.
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A PEM file with certificate authorities to trust besides the system's.
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The tenant, by name or id; else the variable WRITEBACK_TENANT names it, else it is the token's own.
    #[arg(long, global = true, value_name = "NAME")]
    pub tenant: Option<String>,
    /// Take http to another machine, though anybody on the way can read the token.
    #[arg(long, global = true)]
    pub insecure: bool,
    /// JSON for programs instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// No notes; errors and results remain.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell whose the token is and what it may do
    Whoami,
    /// Make, change, suspend, export or erase tenants
    Tenant(Tenant),
    /// Make or revoke API tokens
    Token(Token),
    /// Manage the tenant's accounts; their secrets go in and never come out
    Account(Account),
    /// Move jobs there and back, pause, check, look at how they fare
    Job(Job),
    /// Say when a job is due
    Schedule(Schedule),
    /// Start, follow, cancel runs and read their logs
    Run(Run),
    /// Say who is told when runs fail, recover or become stale
    Target(Target),
    /// Show who changed what
    Audit {
        /// At most this many, the newest first.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = at_least_one)]
        limit: usize,
        /// What was changed of the installation instead of a tenant.
        #[arg(long)]
        installation: bool,
    },
    /// List what the tenant's accounts can see, with the line to paste into a job
    Browse(Browse),
}

/// How much of a list to show.
#[derive(Debug, Args)]
pub struct Listing {
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = at_least_one)]
    pub limit: usize,
}

/// Whether something is done without asking.
#[derive(Debug, Args)]
pub struct Yes {
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err("it is a number from 1 to 1000000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_types_contradict_nothing() {
        super::Cli::command().debug_assert();
    }
}
