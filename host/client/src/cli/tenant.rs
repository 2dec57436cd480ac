//! What can be typed after `tenant`, `token` and `target`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Listing, Yes};

const TENANT_EXAMPLES: &str = "\
Examples:
  writeback --server URL tenant create finance --title 'Finance department' --concurrency 2
  writeback --server URL tenant set finance --jobs 50 --keep-runs-days 30
  writeback --server URL tenant suspend finance
  writeback --server URL tenant export finance --out finance.json
  writeback --server URL tenant erase finance

Most of it needs a token of the installation.";

/// Arguments of `tenant`.
#[derive(Debug, Args)]
#[command(after_help = TENANT_EXAMPLES)]
pub struct Tenant {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: TenantVerb,
}

/// What can be done with tenants.
#[derive(Debug, Subcommand)]
pub enum TenantVerb {
    /// List the tenants
    List(Listing),
    /// Make a tenant
    Create {
        /// Its name: letters, digits, `-`, `_` and `.`.
        name: String,
        /// What people call it.
        #[arg(long)]
        title: Option<String>,
        /// What it may use.
        #[command(flatten)]
        limits: Limits,
    },
    /// Show a tenant and what it may use
    Show {
        /// The tenant; yours if absent.
        name: Option<String>,
    },
    /// Change what is given of a tenant; the rest stays
    Set {
        /// The tenant.
        name: String,
        /// What people call it.
        #[arg(long)]
        title: Option<String>,
        /// What it may use.
        #[command(flatten)]
        limits: Limits,
    },
    /// Stop everything of a tenant until it is resumed
    Suspend {
        /// The tenant.
        name: String,
    },
    /// Let a suspended tenant go on
    Resume {
        /// The tenant.
        name: String,
    },
    /// Save everything of a tenant but its secrets as JSON
    Export {
        /// The tenant; yours if absent.
        name: Option<String>,
        /// A new file that only you can read; stdout if absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Remove a tenant with everything of it, for good
    Erase {
        /// The tenant.
        name: String,
        /// Whether to ask.
        #[command(flatten)]
        yes: Yes,
    },
}

/// What a tenant may use.
#[derive(Debug, Args)]
pub struct Limits {
    /// Runs under way at a time.
    #[arg(long, value_name = "N")]
    pub concurrency: Option<u32>,
    /// Runs that may wait.
    #[arg(long, value_name = "N")]
    pub queued_runs: Option<u32>,
    /// Jobs it may have.
    #[arg(long, value_name = "N")]
    pub jobs: Option<u32>,
    /// Days that runs stay in the history.
    #[arg(long, value_name = "DAYS")]
    pub keep_runs_days: Option<u32>,
    /// An origin that may be reached besides the accounts' services; may be repeated, and replaces all.
    #[arg(long, value_name = "ORIGIN")]
    pub allow: Vec<String>,
    /// A TOML or JSON file with any of these settings, and `[limits]` as in writeback.toml.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

const TOKEN_EXAMPLES: &str = "\
Examples:
  writeback --server URL token create 'nightly build' --role operator --days 90 --out token
  writeback --server URL --token-file token run list
  writeback --server URL token list
  writeback --server URL token revoke tok_0198c7

A token's text is shown once, when it is made, and never again.";

/// Arguments of `token`.
#[derive(Debug, Args)]
#[command(after_help = TOKEN_EXAMPLES)]
pub struct Token {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: TokenVerb,
    /// Those of the installation instead of a tenant's.
    #[arg(long, global = true)]
    pub installation: bool,
}

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenVerb {
    /// List the tokens, with when each was last used
    List(Listing),
    /// Make a token
    Create(TokenCreate),
    /// End a token at once
    Revoke {
        /// Its id, as `token list` shows it.
        id: String,
    },
}

/// Arguments of `token create`.
#[derive(Debug, Args)]
pub struct TokenCreate {
    /// What it is for.
    pub name: String,
    /// What it may do.
    #[arg(long, value_enum, default_value = "viewer")]
    pub role: Role,
    /// After how many days it ends; never if absent.
    #[arg(long)]
    pub days: Option<u32>,
    /// A new file for its text that only you can read; else it is printed.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What a tenant's token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Read.
    Viewer,
    /// Also start, cancel, pause.
    Operator,
    /// Also change.
    Admin,
}

const TARGET_EXAMPLES: &str = "\
Examples:
  writeback --server URL target put webhook.toml
  writeback --server URL target put webhook.toml --id tgt_0198c7
  writeback --server URL target test tgt_0198c7

A target is a TOML or JSON document. Its secrets are `{ env = \"NAME\" }`,
`{ file = \"PATH\" }` or `{ exec = [...] }`: they are read here and sent.";

/// Arguments of `target`.
#[derive(Debug, Args)]
#[command(after_help = TARGET_EXAMPLES)]
pub struct Target {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: TargetVerb,
}

/// What can be done with targets.
#[derive(Debug, Subcommand)]
pub enum TargetVerb {
    /// List the targets
    List(Listing),
    /// Make a target, or replace one
    Put {
        /// The document; `-` reads it from stdin.
        file: PathBuf,
        /// The target to replace.
        #[arg(long)]
        id: Option<String>,
    },
    /// Remove a target
    Remove {
        /// The target.
        id: String,
    },
    /// Send a message to a target now
    Test {
        /// The target.
        id: String,
    },
}
