//! Reads a configuration and finds everything that is wrong with it. It never reads a secret.

mod accounts;
mod egress;
mod limits;
mod source;
mod state;
mod vault;

use std::path::Path;

use serde_json::Value;

use self::accounts::read_accounts;
use self::egress::read_egress;
use self::limits::read_limits;
use self::state::read_state;
use self::vault::read_vault;
use super::Config;
use super::fields::{Fields, quoted};
use super::problems::{Problems, nearest};

/// Reads a configuration. Relative paths in it are relative to `folder`.
///
/// # Errors
/// All problems at once, unknown keys among them.
pub fn parse(document: &Value, folder: &Path) -> Result<Config, Problems> {
    let mut problems = Problems::default();
    let mut top = Fields::new(Some(document), "", &mut problems);
    let (accounts, egress, limits, state, vault) = (
        top.value("accounts"),
        top.value("egress"),
        top.value("limits"),
        top.value("state"),
        top.value("vault"),
    );
    top.finish();
    let egress = read_egress(egress, folder, &mut problems);
    let accounts = read_accounts(accounts, &egress, folder, &mut problems);
    let vault = read_vault(vault, &accounts, folder, &mut problems);
    let config = Config {
        accounts,
        egress,
        limits: read_limits(limits, &mut problems),
        state: read_state(state, folder, &mut problems),
        vault,
    };
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

fn unknown(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("`{word}` is unknown, did you mean `{near}`?"),
        None => format!("`{word}` is unknown, known are {}", quoted(known)),
    }
}

#[cfg(test)]
mod tests;
