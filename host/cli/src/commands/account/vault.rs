//! The vault of a configuration, as `account` begins and unlocks it.

use std::path::{Path, PathBuf};

use toml_edit::{Table, value};
use writeback_host::config::VaultConfig;
use writeback_host::{SecretSources, VaultEdit};
use zeroize::Zeroizing;

use super::ask::Person;
use crate::error::Error;
use crate::exit::Exit;

/// Beside the configuration.
const FILE: &str = "secrets.age";

/// A table `[vault]` for a configuration that has none. The identity is kept apart from the configuration: a copy of
/// that folder is not enough to read the secrets.
pub fn usual() -> Result<Table, Error> {
    let set = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")));
    let folder = folder.ok_or_else(|| {
        Error::configuration(
            "vault-unusable",
            "there is no home folder for the vault's identity",
        )
        .hint("write `[vault]` with `file` and `identity` into the configuration")
    })?;
    let identity = folder.join("writeback").join("identity");
    let mut table = Table::new();
    table.insert("file", value(FILE));
    table.insert("identity", value(identity.to_string_lossy().into_owned()));
    Ok(table)
}

/// Unlocks the vault; asks for its passphrase where the configured one is not to be had.
pub async fn open(config: &VaultConfig) -> Result<VaultEdit, Error> {
    let passphrase = match (&config.passphrase, Person::present()) {
        (Some(source), Some(person)) => {
            let there = SecretSources::default()
                .look("vault.passphrase", source)
                .await;
            match there {
                Ok(()) => None,
                Err(_) => Some(ask(&person, &config.file)?),
            }
        }
        _ => None,
    };
    VaultEdit::open(config, passphrase).await.map_err(unusable)
}

/// Twice for a new one: nobody sees what is typed.
fn ask(person: &Person, file: &Path) -> Result<Zeroizing<String>, Error> {
    let name = file.display();
    let first = person.secret(&format!("passphrase of the vault `{name}`"))?;
    if file.exists() || *person.secret("the same once more")? == *first {
        return Ok(first);
    }
    Err(Error::configuration(
        "vault-unusable",
        "the two passphrases differ",
    ))
}

/// In our terms.
pub fn unusable(error: writeback_host::Error) -> Error {
    Error::told(Exit::SignIn, "vault-unusable", &error.to_string())
}
