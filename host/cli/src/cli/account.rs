//! What can be typed after `account`.

use clap::{Args, Subcommand};

const ACCOUNT_EXAMPLES: &str = "\
Examples:
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
    /// Sign in, and tell what the account may do and what is missing for a writeback
    Test(AccountTest),
    /// Sign a user in once, so that runs can act for them
    Login(AccountLogin),
    /// Forget the user who signed in
    Logout(AccountLogout),
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
