//! What can be typed after `account` and `browse`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Listing;

const ACCOUNT_EXAMPLES: &str = "\
Examples:
  writeback --server URL account put domo writeback.toml
  writeback --server URL account put sharepoint writeback.toml --from sharepoint-production
  writeback --server URL account test sharepoint
  writeback --server URL account remove domo --pause-jobs

`put` sends `[accounts.NAME]` of a writeback.toml. Its secrets (`env`, `file`,
`exec`) are read on this machine and sent; at a terminal, others are asked for.
Nothing prints them, and the server gives them to runs alone.";

/// Arguments of `account`.
#[derive(Debug, Args)]
#[command(after_help = ACCOUNT_EXAMPLES)]
pub struct Account {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: AccountVerb,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountVerb {
    /// List the accounts
    List(Listing),
    /// Show an account, without its secrets
    Show {
        /// The account.
        name: String,
    },
    /// Make an account, or replace it, from a writeback.toml
    Put {
        /// What jobs call it.
        name: String,
        /// The file with its table.
        #[arg(value_name = "FILE", default_value = "writeback.toml")]
        file: PathBuf,
        /// What the table in the file is called, where that differs.
        #[arg(long, value_name = "NAME")]
        from: Option<String>,
    },
    /// Remove an account with its secrets
    Remove {
        /// The account.
        name: String,
        /// Pause the jobs that name it; without this, such an account stays.
        #[arg(long)]
        pause_jobs: bool,
    },
    /// Sign in, and tell what the account may do
    Test {
        /// The account.
        name: String,
    },
}

const BROWSE_EXAMPLES: &str = "\
Examples:
  writeback --server URL browse datasets --account domo --search sales
  writeback --server URL browse sites --account sharepoint --search finance
  writeback --server URL browse libraries --account sharepoint --site https://contoso.sharepoint.com/sites/Finance

The last column is the line to paste into a job.";

/// Arguments of `browse`.
#[derive(Debug, Args)]
#[command(after_help = BROWSE_EXAMPLES)]
pub struct Browse {
    /// What to list.
    #[command(subcommand)]
    pub what: What,
    /// The account; may be left out where only one fits.
    #[arg(long, global = true, value_name = "NAME")]
    pub account: Option<String>,
}

/// What can be listed.
#[derive(Debug, Subcommand)]
pub enum What {
    /// DataSets of a Domo account
    Datasets(Search),
    /// Sites of a SharePoint account
    Sites(Search),
    /// Document libraries of a site
    Libraries {
        /// The site, as in a job: a URL, an id or an inline table.
        #[arg(long)]
        site: String,
    },
    /// Folders of a library, one level
    Folders {
        /// The site, as in a job: a URL, an id or an inline table.
        #[arg(long)]
        site: String,
        /// The library, as in a job; the site's default one if absent.
        #[arg(long)]
        library: Option<String>,
        /// The folder to look into; the root if absent.
        #[arg(long, value_name = "PATH")]
        folder: Option<String>,
    },
}

/// Which of many.
#[derive(Debug, Args)]
pub struct Search {
    /// Only those that a search for this text finds.
    #[arg(long = "search", value_name = "TEXT")]
    pub text: Option<String>,
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}
