//! What can be typed: the clap types and their help, and nothing that acts on them.

mod account;
mod component;
mod runs;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use writeback_host::state::RunKey;

pub use account::{
    Account, AccountAdd, AccountKind, AccountList, AccountLogin, AccountLogout, AccountRemove,
    AccountTest, AccountVerb, SecretFlags,
};
pub use component::{Component, PortableSecrets, PortableStart};
pub use runs::{Runs, RunsForget, RunsList, RunsOne, RunsResume, RunsVerb};
pub use serve::{LogFormat, Serve};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  writeback demo                         see a job run, with no account anywhere
  writeback browse sites --search fin    find the site and the line to paste
  writeback check daily-sales.toml       see what is missing, without writing
  writeback run daily-sales.toml         write the DataSet to SharePoint

Exit codes:
  0  done
  1  a job failed
  2  the command line, the configuration or a job file is wrong
  3  a job failed or was stopped, and is worth running again later
  4  Domo or Microsoft refused the sign-in";

/// Writes Domo DataSets to SharePoint Online document libraries.
#[derive(Debug, Parser)]
#[command(name = "writeback", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
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
    /// The file with the accounts.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "WRITEBACK_CONFIG",
        default_value = "writeback.toml"
    )]
    pub config: PathBuf,
    /// No progress and no notes; errors and results remain.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell more on stderr; twice for everything.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colours; `auto`: on a terminal, unless NO_COLOR is set.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value = "auto"
    )]
    pub color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Report {
    Text,
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run jobs: export the DataSet, write the file, verify it
    Run(Run),
    /// Find out, without writing, whether a job would work
    Check(Check),
    /// List the runs on record, go on with interrupted ones, or forget them
    Runs(Runs),
    /// List what the accounts can see, with the line to paste into a job
    Browse(Browse),
    /// Manage the accounts, and where their secrets come from
    Account(Account),
    /// Run a real job against a simulated Domo and SharePoint on this machine
    Demo(Demo),
    /// Serve a simulated Domo, Entra ID and Microsoft Graph until stopped
    Simulate(Simulate),
    /// Serve many tenants: accounts, jobs, schedules and history behind an API
    Serve(Box<Serve>),
    /// Save the sandboxed connector as a .wasm file, or its contract as WIT
    Component(Component),
    /// Print a JSON Schema
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
}

const RUN_EXAMPLES: &str = "\
Examples:
  writeback run daily-sales.toml
  writeback run jobs/*.toml --report json >receipts.jsonl
  writeback run daily-sales.toml --set sharepoint.folder=Reports/2031 --set upload.fragment=5242880
  writeback run daily-sales.toml --run-key sales-2031-05-01
  generate-job | writeback run -

A run that was stopped or killed goes on where it was when the same job is run
again within a day; `writeback runs` shows them. With --run-key the run is that
one and no other: if it is finished, its receipt is printed and nothing is done.

Jobs run one after the other, and a job that fails does not stop the next.
The exit code is the worst of all: 0 done, then 3 worth retrying, 1 failed,
4 sign-in, 2 configuration.
Every key of a job: `writeback schema job`.";

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct Run {
    /// Job files; `-` reads one from stdin.
    #[arg(required = true, value_name = "JOB.toml")]
    pub jobs: Vec<PathBuf>,
    /// Set a key of every job: a dotted path and a TOML value, or plain text.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// The run's name: starting it again goes on with it, or prints its receipt if it is finished.
    #[arg(long, value_name = "KEY", env = "WRITEBACK_RUN_KEY")]
    pub run_key: Option<RunKey>,
    /// How to print the receipts: for people, or one JSON object a line.
    #[arg(long, value_enum, default_value = "text", env = "WRITEBACK_REPORT")]
    pub report: Report,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  writeback check daily-sales.toml
  writeback check daily-sales.toml --probe
  writeback check daily-sales.toml --report json | jq '.findings[] | select(.status == \"failed\")'

The exit code is 0 when nothing failed, else what `run` would end with: 3 worth
retrying, 1 failed, 4 sign-in, 2 configuration.";

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct Check {
    /// Job files; `-` reads one from stdin.
    #[arg(required = true, value_name = "JOB.toml")]
    pub jobs: Vec<PathBuf>,
    /// Also open an upload session and delete it: finds where uploads go, and whether writing is allowed.
    #[arg(long)]
    pub probe: bool,
    /// Set a key of every job: a dotted path and a TOML value, or plain text.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// How to print the findings: for people, or one JSON object a line.
    #[arg(long, value_enum, default_value = "text", env = "WRITEBACK_REPORT")]
    pub report: Report,
}

const BROWSE_EXAMPLES: &str = "\
Examples:
  writeback browse datasets --search sales
  writeback browse sites --search finance
  writeback browse libraries --site https://contoso.sharepoint.com/sites/Finance
  writeback browse folders --site https://contoso.sharepoint.com/sites/Finance --folder Reports
  writeback browse libraries --site '{ search = \"finance\" }'
  writeback browse sites --json | jq -r '.items[].url'

The last column of each table is the line to paste into a job.";

/// Arguments of `browse`.
#[derive(Debug, Args)]
#[command(after_help = BROWSE_EXAMPLES)]
pub struct Browse {
    /// What to list.
    #[command(subcommand)]
    pub what: What,
}

/// What can be listed.
#[derive(Debug, Subcommand)]
pub enum What {
    /// DataSets of a Domo account
    Datasets {
        /// Which of them.
        #[command(flatten)]
        search: Search,
        /// How to list.
        #[command(flatten)]
        listing: Listing,
    },
    /// Sites of a SharePoint account
    Sites {
        /// Which of them.
        #[command(flatten)]
        search: Search,
        /// How to list.
        #[command(flatten)]
        listing: Listing,
    },
    /// Document libraries of a site
    Libraries {
        /// The site, as in a job: a URL, an id or an inline table.
        #[arg(long)]
        site: String,
        /// How to list.
        #[command(flatten)]
        listing: Listing,
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
        /// How to list.
        #[command(flatten)]
        listing: Listing,
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

/// How to list.
#[derive(Debug, Args)]
pub struct Listing {
    /// The account; may be left out where only one fits.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// JSON for programs instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing leaves this machine: the demo talks to 127.0.0.1 and writes into a temporary folder that it removes."
)]
pub struct Demo {
    /// Rows of the generated DataSet.
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub rows: u64,
    /// How to print the receipt.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "serve")]
    pub report: Report,
    /// Serve two tenants whose jobs run every minute, until stopped.
    #[arg(long)]
    pub serve: bool,
    /// Where the server listens [default: 127.0.0.1:8420].
    #[arg(long, value_name = "IP:PORT", requires = "serve")]
    pub listen: Option<SocketAddr>,
}

const SIMULATE_EXAMPLES: &str = "\
Examples:
  writeback simulate --rows 1000000 >cloud.json &
  writeback --config \"$(jq -r .config cloud.json)\" browse datasets
  writeback simulate --listen 127.0.0.1:7000 --tls ./certificates

Prints one line of JSON once it serves: the URLs, clients, DataSets and sites,
and the path of a ready `writeback.toml`. `GET /_sim/files` lists stored files
with their hashes, `GET /_sim/requests` the requests seen.";

/// Arguments of `simulate`.
#[derive(Debug, Args)]
#[command(after_help = SIMULATE_EXAMPLES)]
pub struct Simulate {
    /// Where on loopback to serve Domo; the next three ports serve the rest [default: free ports of 127.0.0.1].
    #[arg(long, value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,
    /// Rows of each DataSet [default: 1000].
    #[arg(long, value_name = "N")]
    pub rows: Option<u64>,
    /// Columns of each DataSet [default: 8].
    #[arg(long, value_name = "N")]
    pub columns: Option<u32>,
    /// How many DataSets [default: 3].
    #[arg(long, value_name = "N")]
    pub datasets: Option<u32>,
    /// Seed of the generated data [default: 1].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Milliseconds of a round trip: each connection, TLS handshake and request waits so long [default: 0].
    #[arg(long, value_name = "MS")]
    pub latency: Option<u64>,
    /// A file of faults to inject.
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Serve https with a certificate authority generated into this folder.
    #[arg(long, value_name = "DIR")]
    pub tls: Option<PathBuf>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  writeback schema job >job.schema.json")]
pub struct Schema {
    /// Of what.
    #[arg(value_enum)]
    pub document: Document,
}

/// Documents that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// A job file.
    Job,
    /// The file with the accounts.
    Config,
    /// What `run` prints.
    Receipt,
    /// What `check` prints.
    Check,
    /// What the component is asked by `browse`.
    Query,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  writeback completions bash >~/.local/share/bash-completion/completions/writeback"
)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}
