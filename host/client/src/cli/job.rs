//! What can be typed after `job`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Listing, Yes};

const JOB_EXAMPLES: &str = "\
Examples:
  writeback --server URL job put daily-sales job.toml --description 'for Finance' --stale-after 26h
  writeback --server URL job get daily-sales >job.toml
  writeback run job.toml                         the same job on this machine
  writeback --server URL job pause daily-sales
  writeback --server URL job history daily-sales --days 7
  writeback --server URL job get daily-sales --revision 3 >before.toml";

/// Arguments of `job`.
#[derive(Debug, Args)]
#[command(after_help = JOB_EXAMPLES)]
pub struct Job {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: JobVerb,
}

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
pub enum JobVerb {
    /// List the jobs
    List(Listing),
    /// Show a job with its settings
    Show {
        /// The job.
        name: String,
    },
    /// Make a job of a job file, or replace it
    Put(Box<JobPut>),
    /// Print a job as a job file
    Get {
        /// The job.
        name: String,
        /// As it was in this revision.
        #[arg(long, value_name = "N")]
        revision: Option<i64>,
        /// A file to write; stdout if absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Let a job's schedules start it
    Enable {
        /// The job.
        name: String,
    },
    /// Keep a job's schedules from starting it
    Pause {
        /// The job.
        name: String,
    },
    /// Remove a job with its schedules
    Remove {
        /// The job.
        name: String,
        /// Whether to ask.
        #[command(flatten)]
        yes: Yes,
    },
    /// Find out, without writing, whether a job would work
    Check {
        /// The job.
        name: String,
    },
    /// Count how a job's runs fared
    History {
        /// The job; all of the tenant if absent.
        name: Option<String>,
        /// Over how many days.
        #[arg(long, value_name = "N", default_value_t = 30)]
        days: u32,
    },
    /// List who changed a job when
    Revisions {
        /// The job.
        name: String,
        /// How many.
        #[command(flatten)]
        listing: Listing,
    },
}

/// Arguments of `job put`. What is left out stays as it is, or is the server's default for a new job.
#[derive(Debug, Args)]
pub struct JobPut {
    /// The job's name on the server.
    pub name: String,
    /// The job file; `-` reads it from stdin.
    #[arg(value_name = "JOB.toml")]
    pub file: PathBuf,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Of runs that wait, those with the higher number are first: -100 to 100.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub priority: Option<i64>,
    /// How often a scheduled run that failed is tried again.
    #[arg(long, value_name = "N")]
    pub retries: Option<u32>,
    /// How long after a failure: 90s, 5m, 1h.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub retry_wait: Option<u64>,
    /// How old the file may become until somebody is told: 26h, 3d.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub stale_after: Option<u64>,
    /// Only for a new job: its schedules do not start it yet.
    #[arg(long)]
    pub paused: bool,
}

/// `90s`, `5m`, `1h` or `3d` in seconds.
pub fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || "write it as 90s, 5m, 1h or 3d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        assert_eq!(
            ["90s", "5m", "26h", "3d"].map(|text| seconds(text).unwrap()),
            [90, 300, 93_600, 259_200]
        );
        for bad in [
            "",
            "5",
            "m",
            "5 m",
            "-5m",
            "5w",
            "5é",
            "99999999999999999999d",
        ] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
