//! What can be typed after `run`.

use clap::{Args, Subcommand};

use super::Listing;
use super::job::seconds;

const RUN_EXAMPLES: &str = "\
Examples:
  writeback --server URL run start daily-sales --wait
  writeback --server URL run list --job daily-sales --state failed
  writeback --server URL run follow run_0198c7
  writeback --server URL run logs run_0198c7
  writeback --server URL run again run_0198c7 --wait

`--wait`, `follow` and `wait` end with the exit code that `writeback run` would
end with. Ctrl-C ends the watching and not the run: `run cancel` does that.";

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct Run {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: RunVerb,
}

/// What can be done with runs.
#[derive(Debug, Subcommand)]
pub enum RunVerb {
    /// Start a job now, whether it is paused or not
    Start {
        /// The job.
        job: String,
        /// Follow the run to its end.
        #[arg(long)]
        wait: bool,
        /// How long.
        #[command(flatten)]
        following: Following,
    },
    /// List runs, the newest first
    List {
        /// Those of one job.
        #[arg(long)]
        job: Option<String>,
        /// Those in this state.
        #[arg(long, value_parser = ["queued", "admitted", "running", "done", "failed", "cancelled"])]
        state: Option<String>,
        /// How many.
        #[command(flatten)]
        listing: Listing,
    },
    /// Tell all about one run
    Show {
        /// The run.
        run: String,
    },
    /// Print a run's log as it is now
    Logs {
        /// The run.
        run: String,
    },
    /// Show a run as it goes on, to its end
    Follow {
        /// The run.
        run: String,
        /// How long.
        #[command(flatten)]
        following: Following,
    },
    /// End a run
    Cancel {
        /// The run.
        run: String,
    },
    /// Start a run's job once more, as the job is now
    Again {
        /// The run.
        run: String,
        /// Follow the new run to its end.
        #[arg(long)]
        wait: bool,
        /// How long.
        #[command(flatten)]
        following: Following,
    },
    /// Wait for a run's end without a word
    Wait {
        /// The run.
        run: String,
        /// How long.
        #[command(flatten)]
        following: Following,
    },
}

/// How long a run is watched.
#[derive(Debug, Clone, Copy, Args)]
pub struct Following {
    /// Stop watching after so long (90s, 30m, 2h), with exit code 3; the run goes on.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub timeout: Option<u64>,
}
