//! What can be typed after `runs`.

use clap::{Args, Subcommand};
use writeback_host::state::RunKey;

use super::Report;

const RUNS_EXAMPLES: &str = "\
Examples:
  writeback runs list
  writeback runs list --json | jq -r '.runs[] | select(.state == \"interrupted\") | .run'
  writeback runs show 20310501-020000-kqzvbe
  writeback runs resume 20310501-020000-kqzvbe
  writeback runs forget --interrupted";

/// Arguments of `runs`.
#[derive(Debug, Args)]
#[command(after_help = RUNS_EXAMPLES)]
pub struct Runs {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: RunsVerb,
}

/// What can be done with runs.
#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// List the runs on record, the newest first
    List(RunsList),
    /// Tell all about one run: its job, where it stands, its receipt or failure
    Show(RunsOne),
    /// Go on with an interrupted run, with the job as it was
    Resume(RunsResume),
    /// Remove runs from the record, with what they keep on disk
    Forget(RunsForget),
}

/// Arguments of `runs list`.
#[derive(Debug, Args)]
pub struct RunsList {
    /// JSON for programs instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `runs show`.
#[derive(Debug, Args)]
pub struct RunsOne {
    /// The run.
    #[arg(value_name = "KEY")]
    pub run: RunKey,
    /// JSON for programs.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `runs resume`.
#[derive(Debug, Args)]
pub struct RunsResume {
    /// The run.
    #[arg(value_name = "KEY")]
    pub run: RunKey,
    /// How to print the receipt: for people, or one JSON object.
    #[arg(long, value_enum, default_value = "text", env = "WRITEBACK_REPORT")]
    pub report: Report,
}

/// Arguments of `runs forget`.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct RunsForget {
    /// The runs.
    #[arg(value_name = "KEY")]
    pub runs: Vec<RunKey>,
    /// All that were stopped, killed or failed, and not finished since.
    #[arg(long)]
    pub interrupted: bool,
    /// All that are over.
    #[arg(long)]
    pub finished: bool,
}
