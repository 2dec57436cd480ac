//! What an operator writes down: accounts, egress, limits and where state is kept.
//!
//! A configuration says where a secret is, never what it is. It is plain data; [`parse`] reads it
//! from JSON (the command line turns TOML into that) and reports every problem at once.

mod account;
mod fields;
mod limits;
mod parse;
mod problems;
mod source;
mod state;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use account::{
    AccountConfig, Cloud, DomoAccount, DomoEndpoints, EntraAccount, EntraEndpoints, EntraSignIn,
};
pub use limits::{Limits, TenantLimits};
pub use parse::parse;
pub use problems::nearest;
pub use problems::{Problem, Problems};
pub use source::{SecretSource, VaultConfig};
pub use state::{CodeCache, Period, State};

/// The whole of `writeback.toml`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Config {
    /// The accounts that jobs name.
    pub accounts: BTreeMap<String, AccountConfig>,
    /// What may be reached besides public addresses.
    pub egress: Egress,
    /// What a run may use.
    pub limits: Limits,
    /// Where runs keep their files.
    pub state: State,
    /// The file that secrets with the source `vault` are kept in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultConfig>,
}

impl Config {
    /// The tenant that this configuration describes.
    #[must_use]
    pub fn into_tenant(self) -> TenantConfig {
        TenantConfig {
            accounts: self.accounts,
            egress: self.egress,
            limits: self.limits,
            state_dir: self.state.dir.unwrap_or_else(default_state_dir),
            resume_within: self.state.resume_within.unwrap_or(Period::days(1)),
            keep_runs: self.state.keep_runs.unwrap_or(Period::days(7)),
            vault: self.vault,
        }
    }

    /// Folder for compiled code, where any is kept.
    #[must_use]
    pub fn cache_dir(&self) -> Option<PathBuf> {
        match &self.state.cache {
            CodeCache::Switch(false) => None,
            CodeCache::Switch(true) => {
                let state = self.state.dir.clone().unwrap_or_else(default_state_dir);
                Some(state.join("cache"))
            }
            CodeCache::Folder(folder) => Some(folder.clone()),
        }
    }
}

/// One tenant's accounts, reach, limits and state folder.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantConfig {
    /// The accounts that jobs name.
    pub accounts: BTreeMap<String, AccountConfig>,
    /// What may be reached besides public addresses.
    pub egress: Egress,
    /// What a run may use.
    pub limits: Limits,
    /// Folder for the runs' files; created with mode 0700 where it is missing.
    pub state_dir: PathBuf,
    /// How long an unfinished run may go on where it stopped, from its last start.
    pub resume_within: Period,
    /// How long a run that is over stays on record.
    pub keep_runs: Period,
    /// The file that secrets with the source `vault` are kept in.
    pub vault: Option<VaultConfig>,
}

/// Where requests may go besides the accounts' own services, and by which way.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Egress {
    /// Exact `IP:PORT` addresses that may be reached although they are not public. Plain
    /// `http://` is spoken to these alone.
    #[schemars(with = "Vec<String>")]
    pub allow_addresses: Vec<SocketAddr>,
    /// Origins that may be reached without an account, and that links may lead to:
    /// `scheme://host[:port]`, the host exact or `*.suffix`.
    pub allow: Vec<String>,
    /// The HTTP proxy that connections go through: `http://host:port` or `https://host:port`.
    pub proxy: Option<String>,
    /// Who the proxy knows us as.
    pub proxy_user: Option<String>,
    /// The password of `proxy_user`.
    pub proxy_password: Option<SecretSource>,
    /// Hosts that are reached without the proxy: a name, `*.suffix` or an IP address.
    pub no_proxy: Vec<String>,
    /// A PEM file with certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
}

fn default_state_dir() -> PathBuf {
    let set = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local").join("state")))
        .unwrap_or_else(std::env::temp_dir)
        .join("writeback")
}
