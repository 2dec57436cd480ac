//! Reads `[vault]`, and finds the accounts that need one where there is none.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::source::optional_source;
use crate::config::fields::Fields;
use crate::config::problems::Problems;
use crate::config::{AccountConfig, SecretSource, VaultConfig};

pub(super) fn read_vault(
    value: Option<&Value>,
    accounts: &BTreeMap<String, AccountConfig>,
    folder: &Path,
    problems: &mut Problems,
) -> Option<VaultConfig> {
    let Some(value) = value else {
        check_unneeded(accounts, problems);
        return None;
    };
    let mut fields = Fields::new(Some(value), "vault", problems);
    let file = fields.string("file").map(|file| folder.join(file));
    let identity = fields
        .optional_string("identity")
        .map(|file| folder.join(file));
    let before = fields.problems().list().len();
    let passphrase = optional_source(&mut fields, "passphrase", folder);
    match passphrase {
        Some(SecretSource::Vault(_)) => {
            fields.problem("passphrase", "cannot be kept in the vault that it unlocks");
        }
        Some(SecretSource::Store(_)) => {
            fields.problem("passphrase", "cannot be kept in a program's store");
        }
        _ => {}
    }
    match (&identity, fields.value("passphrase")) {
        (Some(_), Some(_)) => fields.problem(
            "passphrase",
            "one way to unlock the vault is enough, given is also `identity`",
        ),
        (None, None) if fields.problems().list().len() == before => fields.problem(
            "identity",
            "is missing: a vault is unlocked with `identity` or with `passphrase`",
        ),
        _ => {}
    }
    fields.finish();
    Some(VaultConfig {
        file: file?,
        identity,
        passphrase,
    })
}

fn check_unneeded(accounts: &BTreeMap<String, AccountConfig>, problems: &mut Problems) {
    for (name, account) in accounts {
        for (key, source) in account.secrets() {
            if let SecretSource::Vault(_) = source {
                let text = format!("is missing: `accounts.{name}.{key}` is kept in a vault");
                return problems.add("vault", text);
            }
        }
    }
}
