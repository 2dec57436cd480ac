//! `account add`: writes an account into the configuration, and what was typed of its secrets into the vault.

use std::path::Path;

use writeback_host::config::{Config, VaultConfig};
use zeroize::Zeroizing;

use super::ask::Person;
use super::draft::Draft;
use super::{secrets, vault};
use crate::cli::AccountAdd;
use crate::config;
use crate::config_file::ConfigFile;
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::{Settings, Talk};

/// Adds the account.
pub async fn add(typed: &AccountAdd, settings: &Settings) -> Result<Exit, Error> {
    let path = &settings.config;
    // Before anything is asked.
    if ConfigFile::open(path)?.has_account(&typed.name) {
        return Err(exists(&typed.name, path));
    }
    let mut draft = Draft::of(typed, path)?;
    if let Some(person) = Person::present().filter(|_| !secrets::takes_stdin(&typed.secrets)) {
        draft.complete(&person)?;
    }
    let mut file = ConfigFile::open(path)?;
    if draft.needs_vault() && !file.has("vault") {
        file.add("vault", vault::usual()?);
    }
    if !file.add_account(&typed.name, draft.table())? {
        return Err(exists(&typed.name, path));
    }
    let config = checked(&file, path, &typed.name)?;
    let mut told = vec![format!("added `{}` to `{}`", typed.name, path.display())];
    if let Some(vault) = config.vault.filter(|_| draft.needs_vault()) {
        told.extend(keep(&vault, draft.into_values()).await?);
    }
    file.save()?;
    if settings.talk > Talk::Quiet {
        told.iter().for_each(|line| eprintln!("{line}"));
    }
    Ok(Exit::Done)
}

/// The configuration as it would be; all that the account lacks at once.
fn checked(file: &ConfigFile, path: &Path, name: &str) -> Result<Config, Error> {
    config::read(&file.text(), path).map_err(|mut error| {
        error.message = format!("`{name}` cannot be added: {}", error.message);
        error.hints = vec![
            "`writeback account add --help` names the options; on a terminal, what is missing is asked for".to_owned(),
        ];
        error
    })
}

/// Puts the values into the vault. Says where they are, and what was made for them.
async fn keep(
    config: &VaultConfig,
    values: Vec<(String, Zeroizing<Vec<u8>>)>,
) -> Result<Vec<String>, Error> {
    let had_identity = config
        .identity
        .as_ref()
        .is_none_or(|identity| identity.exists());
    let mut vault = vault::open(config).await?;
    let (name, mut told) = (config.file.display(), Vec::new());
    if vault.is_new() {
        told.push(format!("made the vault `{name}`"));
    }
    if let Some(identity) = config.identity.as_ref().filter(|_| !had_identity) {
        let identity = identity.display();
        told.push(format!(
            "made the identity `{identity}`, which unlocks it: keep a copy, and keep it apart"
        ));
    }
    for (entry, value) in values {
        told.push(format!("put `{entry}` into the vault `{name}`"));
        vault.insert(&entry, value);
    }
    vault.save().await.map_err(vault::unusable)?;
    Ok(told)
}

fn exists(name: &str, path: &Path) -> Error {
    let message = format!(
        "there is an account `{name}` in `{}` already",
        path.display()
    );
    Error::configuration("account-exists", message).hint(format!(
        "remove it first: `writeback account remove {name}`"
    ))
}
