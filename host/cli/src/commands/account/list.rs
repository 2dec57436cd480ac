//! `account list`: each account, who signs in, where each secret comes from and whether it is there. Never a value.

use serde::Serialize;
use serde_json::json;
use writeback_host::SecretSources;
use writeback_host::config::{AccountConfig, EntraSignIn};

use crate::cli::AccountList;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::listing;
use crate::settings::{Settings, Talk};
use crate::{config, stdout};

/// An account as programs are told of it.
#[derive(Serialize)]
struct Listed {
    name: String,
    kind: &'static str,
    client_id: String,
    tenant: Option<String>,
    sign_in: Option<&'static str>,
    secrets: Vec<Secret>,
}

#[derive(Serialize)]
struct Secret {
    key: &'static str,
    source: &'static str,
    at: String,
    there: bool,
    /// What is missing, where something is.
    problem: Option<String>,
}

/// Prints the accounts.
pub async fn list(arguments: &AccountList, settings: &Settings) -> Result<Exit, Error> {
    let config = config::load(&settings.config)?;
    let sources = SecretSources::new(config.vault);
    let mut accounts = Vec::new();
    for (name, account) in &config.accounts {
        accounts.push(Listed::of(name, account, &sources).await);
    }
    if arguments.json {
        stdout::json_line(&json!({"schema": 1, "accounts": accounts}))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<_> = accounts.iter().flat_map(Listed::rows).collect();
    let table = listing::text(&json!({"kind": "accounts", "items": rows}), settings.stdout);
    stdout::write(table.as_deref().unwrap_or_default().as_bytes())?;
    if settings.talk > Talk::Quiet {
        tell(&accounts, settings);
    }
    Ok(Exit::Done)
}

impl Listed {
    async fn of(name: &str, account: &AccountConfig, sources: &SecretSources) -> Self {
        let (client_id, tenant, sign_in) = match account {
            AccountConfig::Domo(domo) => (&domo.client_id, None, None),
            AccountConfig::Entra(entra) => {
                let sign_in = match entra.sign_in {
                    EntraSignIn::User => "user",
                    _ => "app",
                };
                (&entra.client_id, Some(entra.tenant.clone()), Some(sign_in))
            }
            other => unreachable!("a kind without a line here: {}", other.kind()),
        };
        let mut secrets = Vec::new();
        for (key, source) in account.secrets() {
            let looked = sources.look(key, source).await;
            secrets.push(Secret {
                key,
                source: source.kind(),
                at: source.name(),
                there: looked.is_ok(),
                problem: looked.err().map(|error| error.to_string()),
            });
        }
        secrets.extend(federated_token(account));
        Self {
            name: name.to_owned(),
            kind: account.kind(),
            client_id: client_id.clone(),
            tenant,
            sign_in,
            secrets,
        }
    }

    /// One line for each secret, and one where there is none.
    fn rows(&self) -> Vec<serde_json::Value> {
        let who = match (&self.tenant, self.sign_in) {
            (Some(tenant), Some("user")) => format!("a user, by {} of {tenant}", self.client_id),
            (Some(tenant), _) => format!("{} of {tenant}", self.client_id),
            (None, _) => self.client_id.clone(),
        };
        let row = |key: &str, from: String, there: &str| json!({"name": self.name, "kind": self.kind, "who": who, "key": key, "from": from, "there": there});
        if self.secrets.is_empty() {
            return vec![row("", String::new(), "")];
        }
        let secrets = self.secrets.iter().map(|secret| {
            let there = if secret.there { "yes" } else { "no" };
            row(
                secret.key,
                format!("{} {}", secret.source, secret.at),
                there,
            )
        });
        secrets.collect()
    }
}

/// What the platform issues is no secret of the account's own, and stands in the same place.
fn federated_token(account: &AccountConfig) -> Option<Secret> {
    let AccountConfig::Entra(entra) = account else {
        return None;
    };
    let file = entra.federated_token.as_ref()?;
    let problem = std::fs::metadata(file).err();
    Some(Secret {
        key: "federated_token",
        source: "file",
        at: file.display().to_string(),
        there: problem.is_none(),
        problem: problem.map(|error| format!("the file `{}`: {error}", file.display())),
    })
}

fn tell(accounts: &[Listed], settings: &Settings) {
    if accounts.is_empty() {
        eprintln!("the configuration has no accounts");
    }
    for account in accounts {
        for secret in &account.secrets {
            let Some(problem) = &secret.problem else {
                continue;
            };
            let (name, key) = (&account.name, secret.key);
            let text = format!("`accounts.{name}.{key}`: {problem}");
            settings.tell("warning:", &text);
        }
    }
}
