//! What can be typed after `schedule`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const SCHEDULE_EXAMPLES: &str = "\
Examples:
  writeback --server URL schedule add daily-sales --daily 06:30 --time-zone Europe/Berlin
  writeback --server URL schedule add daily-sales --every 15m --window 8-18 --on mon,tue,wed,thu,fri
  writeback --server URL schedule add daily-sales --cron '*/10 6-18 * * mon-fri'
  writeback --server URL schedule add daily-sales monthly.json
  writeback --server URL schedule preview --every 2h --count 5
  writeback --server URL schedule next daily-sales

What flags do not say, a document does: docs/schedules.md.";

/// Arguments of `schedule`.
#[derive(Debug, Args)]
#[command(after_help = SCHEDULE_EXAMPLES)]
pub struct Schedule {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: ScheduleVerb,
}

/// What can be done with schedules.
#[derive(Debug, Subcommand)]
pub enum ScheduleVerb {
    /// List a job's schedules, with when each is due next
    List {
        /// The job.
        job: String,
    },
    /// Make a schedule
    Add {
        /// The job.
        job: String,
        /// When.
        #[command(flatten)]
        source: Source,
    },
    /// Replace a schedule
    Put {
        /// The job.
        job: String,
        /// The schedule's id.
        schedule: String,
        /// When.
        #[command(flatten)]
        source: Source,
    },
    /// Remove a schedule
    Remove {
        /// The job.
        job: String,
        /// The schedule's id.
        schedule: String,
    },
    /// Show when a job is due next
    Next {
        /// The job.
        job: String,
        /// The schedule's id; all of the job if absent.
        schedule: Option<String>,
        /// How many moments of each.
        #[arg(long, value_name = "N", default_value_t = 10)]
        count: u32,
    },
    /// Show when a schedule would be due, without storing it
    Preview {
        /// When.
        #[command(flatten)]
        source: Source,
        /// How many moments.
        #[arg(long, value_name = "N", default_value_t = 10)]
        count: u32,
    },
}

/// A document, or flags that say the same.
#[derive(Debug, Args)]
pub struct Source {
    /// A TOML or JSON document; `-` reads it from stdin.
    #[arg(value_name = "FILE", conflicts_with = "Flags")]
    pub file: Option<PathBuf>,
    /// The handy ones.
    #[command(flatten)]
    pub flags: Flags,
}

/// A schedule in flags.
#[derive(Debug, Default, Args)]
#[group(multiple = true)]
pub struct Flags {
    /// Minute, hour, day of the month, month, day of the week.
    #[arg(long, value_name = "EXPRESSION", conflicts_with_all = ["every", "daily", "weekdays"])]
    pub cron: Option<String>,
    /// Every so many minutes or hours: 15m, 2h.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["daily", "weekdays"])]
    pub every: Option<String>,
    /// Every day at these times.
    #[arg(
        long,
        value_name = "HH:MM",
        value_delimiter = ',',
        conflicts_with = "weekdays"
    )]
    pub daily: Vec<String>,
    /// From Monday to Friday at these times.
    #[arg(long, value_name = "HH:MM", value_delimiter = ',')]
    pub weekdays: Vec<String>,
    /// With --every: the active hours, the last one exclusive.
    #[arg(long, value_name = "FROM-UNTIL", requires = "every")]
    pub window: Option<String>,
    /// With --every: the days (mon, tue ...).
    #[arg(long, value_name = "DAYS", value_delimiter = ',', requires = "every")]
    pub on: Vec<String>,
    /// The zone of all times, such as Europe/Berlin [default: UTC].
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Nothing before this date or moment.
    #[arg(long, value_name = "DATE")]
    pub start: Option<String>,
    /// Nothing after this date or moment.
    #[arg(long, value_name = "DATE")]
    pub end: Option<String>,
    /// Each tick starts up to so many seconds later.
    #[arg(long, value_name = "SECONDS")]
    pub jitter: Option<u32>,
    /// What becomes of ticks that were missed.
    #[arg(long, value_name = "POLICY", value_parser = ["skip", "run-once"])]
    pub catch_up: Option<String>,
}
