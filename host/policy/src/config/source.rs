//! Where a secret's value comes from. A source says where a value is, never what it is.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a secret's value is kept. The value is read when an account signs in, not before.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SecretSource {
    /// The environment variable of this name.
    Env(String),
    /// A file that only its owner can write, and not everyone read. One trailing line break is not part of the value.
    File(PathBuf),
    /// The entry of this name in the desktop's keyring (Linux: Secret Service), with the attributes
    /// `service` = `writeback` and `account` = the name.
    Keyring(String),
    /// What this program prints with these arguments. No shell takes part.
    Exec(Vec<String>),
    /// The entry of this name in the vault that `[vault]` describes.
    Vault(String),
    /// What the program's own store has under this key. For programs that embed the host: the
    /// `writeback` command has no store.
    Store(String),
}

impl SecretSource {
    /// The word that it has in the configuration.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Env(_) => "env",
            Self::File(_) => "file",
            Self::Keyring(_) => "keyring",
            Self::Exec(_) => "exec",
            Self::Vault(_) => "vault",
            Self::Store(_) => "store",
        }
    }

    /// What it names there; of a command the program alone, whose arguments may be nobody's business.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Env(name) | Self::Keyring(name) | Self::Vault(name) | Self::Store(name) => {
                name.clone()
            }
            Self::File(path) => path.display().to_string(),
            Self::Exec(command) => command.first().cloned().unwrap_or_default(),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind(), self.name())
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Env(_) => "environment variable",
            Self::File(_) => "secret's file",
            Self::Keyring(_) => "keyring's entry",
            Self::Exec(_) => "command",
            Self::Vault(_) => "vault's entry",
            Self::Store(_) => "store's entry",
        };
        write!(f, "the {what} `{}`", self.name())
    }
}

/// A file of secrets that is encrypted with `age`, and what unlocks it: one of the two.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct VaultConfig {
    /// The encrypted file.
    pub file: PathBuf,
    /// A file with an `age` identity that only its owner can read.
    #[serde(default)]
    pub identity: Option<PathBuf>,
    /// A passphrase, from anywhere but the vault or a program's store.
    #[serde(default)]
    pub passphrase: Option<SecretSource>,
}

impl VaultConfig {
    /// A vault with nothing yet that unlocks it.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            identity: None,
            passphrase: None,
        }
    }
}
