//! What can be typed after `account`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const ACCOUNT_EXAMPLES: &str = "\
Examples:
  writeback account add domo --kind domo --client-id ID
  writeback account list
  writeback account list --json | jq -r '.accounts[].name'
  writeback account test sharepoint
  writeback account login sharepoint
  writeback account login sharepoint --browser

No verb prints a secret's value.";

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
    /// Add an account to the configuration, and its secrets to the vault
    Add(Box<AccountAdd>),
    /// List the accounts: kind, who signs in, and where each secret comes from
    List(AccountList),
    /// Sign in, and tell what the account may do and what is missing for a writeback
    Test(AccountTest),
    /// Sign a user in once, so that runs can act for them
    Login(AccountLogin),
    /// Forget the user who signed in
    Logout(AccountLogout),
    /// Remove an account, with what nothing else uses of the vault
    Remove(AccountRemove),
}

/// Arguments of `account test`.
#[derive(Debug, Args)]
pub struct AccountTest {
    /// The account.
    pub name: String,
    /// JSON for programs.
    #[arg(long)]
    pub json: bool,
}

const LOGIN_EXAMPLES: &str = "\
Examples:
  writeback account login sharepoint              type a code on any device
  writeback account login sharepoint --browser    sign in on this machine

For accounts with `sign_in = \"user\"`. What comes of it is kept in the state
folder, readable by its owner alone, and renewed by each run; it ends after
90 days without one.";

/// Arguments of `account login`.
#[derive(Debug, Args)]
#[command(after_help = LOGIN_EXAMPLES)]
pub struct AccountLogin {
    /// The account.
    pub name: String,
    /// In a browser of this machine instead of by a code.
    #[arg(long)]
    pub browser: bool,
}

/// Arguments of `account logout`.
#[derive(Debug, Args)]
pub struct AccountLogout {
    /// The account.
    pub name: String,
}

/// Arguments of `account list`.
#[derive(Debug, Args)]
pub struct AccountList {
    /// JSON for programs instead of a table.
    #[arg(long)]
    pub json: bool,
}

const ADD_EXAMPLES: &str = "\
Examples:
  writeback account add domo --kind domo --client-id ID
  writeback account add sharepoint --kind entra --tenant contoso.onmicrosoft.com --client-id ID \\
      --host contoso.sharepoint.com --secret-stdin <secret.txt
  writeback account add sharepoint --kind entra ... --secret-exec 'op read op://Finance/writeback/secret'
  writeback account add sharepoint --kind entra ... --secret-file certificate=app.pfx

On a terminal, what is missing is asked for, secrets without showing them. What is
typed or comes on stdin goes into the vault, an encrypted file beside the
configuration; it is made at its first use. A secret is never an argument.";

/// Arguments of `account add`.
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
pub struct AccountAdd {
    /// What jobs call it.
    pub name: String,
    /// Of what it is.
    #[arg(long, value_enum)]
    pub kind: Option<AccountKind>,
    /// The API client's id, or the Application (client) ID.
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Entra: the directory's id or domain name.
    #[arg(long, value_name = "DIRECTORY")]
    pub tenant: Option<String>,
    /// Entra: global, gcc-high, dod or china.
    #[arg(long)]
    pub cloud: Option<String>,
    /// Entra: where uploads may go besides Graph, such as contoso.sharepoint.com; may be repeated.
    #[arg(long = "host", value_name = "HOST")]
    pub hosts: Vec<String>,
    /// Entra: `app`, or `user` for one who signs in with `account login`.
    #[arg(long, value_name = "WHO")]
    pub sign_in: Option<String>,
    /// Entra: a file with the assertion of an issuer that the app trusts.
    #[arg(long, value_name = "FILE")]
    pub federated_token: Option<PathBuf>,
    /// Domo: the company's Domo, such as acme; with a `developer_token`.
    #[arg(long)]
    pub instance: Option<String>,
    /// Where its secrets are.
    #[command(flatten)]
    pub secrets: SecretFlags,
}

/// A kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccountKind {
    /// A Domo API client.
    Domo,
    /// An app registration in Entra ID.
    Entra,
}

/// Where the secrets of a new account are. `KEY` is `client_secret` where it is left out.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Secrets (KEY: client_secret unless named; developer_token, certificate, private_key, certificate_password)"
)]
pub struct SecretFlags {
    /// Read it from stdin and put it into the vault.
    #[arg(long = "secret-stdin", value_name = "KEY", num_args = 0..=1, default_missing_value = "client_secret")]
    pub stdin: Option<String>,
    /// It is in an environment variable.
    #[arg(long = "secret-env", value_name = "[KEY=]NAME")]
    pub env: Vec<String>,
    /// It is in a file.
    #[arg(long = "secret-file", value_name = "[KEY=]PATH")]
    pub file: Vec<String>,
    /// It is in the desktop's keyring.
    #[arg(long = "secret-keyring", value_name = "[KEY=]NAME")]
    pub keyring: Vec<String>,
    /// A command prints it: words, or a TOML list.
    #[arg(long = "secret-exec", value_name = "[KEY=]COMMAND")]
    pub exec: Vec<String>,
    /// It is in the vault already, by this name.
    #[arg(long = "secret-vault", value_name = "[KEY=]ENTRY")]
    pub vault: Vec<String>,
}

/// Arguments of `account remove`.
#[derive(Debug, Args)]
pub struct AccountRemove {
    /// The account.
    pub name: String,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}
