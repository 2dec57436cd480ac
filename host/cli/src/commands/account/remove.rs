//! `account remove`: takes an account out of the configuration, with what nothing else uses: its entries in the vault
//! and its user's sign-in.

use writeback_host::Tenant;
use writeback_host::config::{AccountConfig, Config, EntraSignIn, SecretSource};

use super::ask::Person;
use super::vault;
use crate::accounts::Accounts;
use crate::cli::AccountRemove;
use crate::config;
use crate::config_file::ConfigFile;
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::{Settings, Talk};

/// Removes the account.
pub async fn remove(typed: &AccountRemove, settings: &Settings) -> Result<Exit, Error> {
    let (name, path) = (&typed.name, &settings.config);
    let config = config::load(path)?;
    let account = &config.accounts[&Accounts::of(&config).named(name)?];
    let (entries, user) = (own_entries(&config, name), is_for_user(account));
    if !typed.yes && !agreed(name, &entries, user)? {
        return Err(Error::configuration("usage", "nothing was removed"));
    }
    let mut told = Vec::new();
    if user && forget(&config, name).await? {
        told.push("forgot the user who had signed in".to_owned());
    }
    let unlocked = match config.vault.as_ref().filter(|_| !entries.is_empty()) {
        Some(vault) => Some((vault::open(vault).await?, vault.file.display())),
        None => None,
    };
    let mut file = ConfigFile::open(path)?;
    file.remove_account(name);
    file.save()?;
    told.push(format!("removed `{name}` from `{}`", path.display()));
    if let Some((mut vault, at)) = unlocked {
        for entry in &entries {
            if vault.remove(entry) {
                told.push(format!("removed `{entry}` from the vault `{at}`"));
            }
        }
        vault.save().await.map_err(vault::unusable)?;
    }
    if settings.talk > Talk::Quiet {
        told.iter().for_each(|line| eprintln!("{line}"));
    }
    Ok(Exit::Done)
}

fn agreed(name: &str, entries: &[String], user: bool) -> Result<bool, Error> {
    let Some(person) = Person::present() else {
        return Err(
            Error::configuration("usage", format!("removing `{name}` takes a yes"))
                .hint("`--yes` says it where nobody can be asked"),
        );
    };
    let mut what = vec![format!("the account `{name}`")];
    what.extend(
        entries
            .iter()
            .map(|entry| format!("`{entry}` in the vault")),
    );
    if user {
        what.push("its user's sign-in".to_owned());
    }
    person.agrees(&format!("remove {}?", what.join(", ")))
}

/// Entries of the vault that no other account uses.
fn own_entries(config: &Config, name: &str) -> Vec<String> {
    let entries = |account: &AccountConfig| -> Vec<String> {
        let sources = account.secrets().into_iter();
        let entries = sources.filter_map(|(_, source)| match source {
            SecretSource::Vault(entry) => Some(entry.clone()),
            _ => None,
        });
        entries.collect()
    };
    let others: Vec<String> = config
        .accounts
        .iter()
        .filter(|(other, _)| *other != name)
        .flat_map(|(_, account)| entries(account))
        .collect();
    let mut own = entries(&config.accounts[name]);
    own.retain(|entry| !others.contains(entry));
    own
}

fn is_for_user(account: &AccountConfig) -> bool {
    matches!(account, AccountConfig::Entra(entra) if entra.sign_in == EntraSignIn::User)
}

async fn forget(config: &Config, name: &str) -> Result<bool, Error> {
    let tenant = Tenant::new(config.clone().into_tenant())
        .map_err(|cause| Error::configuration("config-invalid", cause.to_string()))?;
    tenant.logout(name).await.map_err(vault::unusable)
}
