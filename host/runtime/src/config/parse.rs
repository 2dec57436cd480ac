//! Reads a configuration and finds everything that is wrong with it. It never reads a secret.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fields::{Fields, quoted};
use super::problems::{Problems, nearest};
use super::{
    AccountConfig, Cloud, Config, DomoAccount, DomoEndpoints, Egress, EntraAccount, EntraEndpoints,
    Limits, SecretSource, State,
};
use crate::egress::{Endpoint, Origin};

const KINDS: [&str; 2] = ["domo", "entra"];

/// Reads a configuration. Relative paths in it are relative to `folder`.
///
/// # Errors
/// All problems at once, unknown keys among them.
pub fn parse(document: &Value, folder: &Path) -> Result<Config, Problems> {
    let mut problems = Problems::default();
    let mut top = Fields::new(Some(document), "", &mut problems);
    let (accounts, egress, limits, state) = (
        top.value("accounts"),
        top.value("egress"),
        top.value("limits"),
        top.value("state"),
    );
    top.finish();
    let egress = read_egress(egress, folder, &mut problems);
    let config = Config {
        accounts: read_accounts(accounts, &egress, folder, &mut problems),
        egress,
        limits: read_limits(limits, &mut problems),
        state: read_state(state, folder, &mut problems),
    };
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

fn read_egress(value: Option<&Value>, folder: &Path, problems: &mut Problems) -> Egress {
    let mut fields = Fields::new(value, "egress", problems);
    let mut allow_addresses = Vec::new();
    for text in fields.strings("allow_addresses") {
        match text.parse::<SocketAddr>() {
            Ok(address) => allow_addresses.push(address),
            Err(_) => fields.problem(
                "allow_addresses",
                format!("`{text}` is not an IP:PORT such as `127.0.0.1:8080`"),
            ),
        }
    }
    let ca_file = fields
        .optional_string("ca_file")
        .map(|file| folder.join(file));
    fields.finish();
    Egress {
        allow_addresses,
        ca_file,
    }
}

fn read_limits(value: Option<&Value>, problems: &mut Problems) -> Limits {
    let default = Limits::default();
    let mut fields = Fields::new(value, "limits", problems);
    let limits = Limits {
        memory: fields.positive("memory", default.memory),
        cpu_seconds: fields.positive("cpu_seconds", default.cpu_seconds),
        wall_seconds: fields.positive("wall_seconds", default.wall_seconds),
        spool_bytes: fields.positive("spool_bytes", default.spool_bytes),
        request_seconds: fields.positive("request_seconds", default.request_seconds),
        connect_seconds: fields.positive("connect_seconds", default.connect_seconds),
        idle_seconds: fields.positive("idle_seconds", default.idle_seconds),
        requests: fields.positive("requests", default.requests),
    };
    fields.finish();
    limits
}

fn read_state(value: Option<&Value>, folder: &Path, problems: &mut Problems) -> State {
    let mut fields = Fields::new(value, "state", problems);
    let dir = fields.optional_string("dir").map(|dir| folder.join(dir));
    fields.finish();
    State { dir }
}

fn read_accounts(
    value: Option<&Value>,
    egress: &Egress,
    folder: &Path,
    problems: &mut Problems,
) -> BTreeMap<String, AccountConfig> {
    let mut accounts = BTreeMap::new();
    let Some(table) = value.and_then(Value::as_object) else {
        if value.is_some() {
            problems.add(
                "accounts",
                "must be a table with one table for each account",
            );
        }
        return accounts;
    };
    for (name, value) in table {
        let mut fields = Fields::new(Some(value), &format!("accounts.{name}"), problems);
        match fields.string("kind").as_deref() {
            Some("domo") => {
                accounts.extend(
                    read_domo(fields, egress, folder).map(|account| (name.clone(), account)),
                );
            }
            Some("entra") => {
                accounts.extend(
                    read_entra(fields, egress, folder).map(|account| (name.clone(), account)),
                );
            }
            Some(kind) => fields.problem("kind", unknown(kind, &KINDS)),
            None => {}
        }
    }
    accounts
}

fn read_domo(mut fields: Fields<'_, '_>, egress: &Egress, folder: &Path) -> Option<AccountConfig> {
    let client_id = fields.string("client_id");
    let client_secret = read_source(&mut fields, "client_secret", folder);
    let scope = fields.strings("scope");
    let (endpoints, path) = (fields.value("endpoints"), fields.path("endpoints"));
    let mut nested = Fields::new(endpoints, &path, fields.problems());
    let api = read_endpoint(&mut nested, "api", egress);
    nested.finish();
    fields.finish();
    Some(AccountConfig::Domo(DomoAccount {
        client_id: client_id?,
        client_secret: client_secret?,
        scope,
        endpoints: DomoEndpoints { api },
    }))
}

fn read_entra(mut fields: Fields<'_, '_>, egress: &Egress, folder: &Path) -> Option<AccountConfig> {
    let tenant = read_directory(&mut fields);
    let client_id = fields.string("client_id");
    let client_secret = read_source(&mut fields, "client_secret", folder);
    let cloud = read_cloud(&mut fields);
    let hosts = read_hosts(&mut fields, egress);
    let (endpoints, path) = (fields.value("endpoints"), fields.path("endpoints"));
    let mut nested = Fields::new(endpoints, &path, fields.problems());
    let endpoints = EntraEndpoints {
        login: read_endpoint(&mut nested, "login", egress),
        graph: read_endpoint(&mut nested, "graph", egress),
    };
    nested.finish();
    fields.finish();
    Some(AccountConfig::Entra(EntraAccount {
        tenant: tenant?,
        client_id: client_id?,
        client_secret: client_secret?,
        cloud,
        hosts,
        endpoints,
    }))
}

/// A directory is one segment of the token endpoint's path: a GUID or a domain name.
fn read_directory(fields: &mut Fields<'_, '_>) -> Option<String> {
    let tenant = fields.string("tenant")?;
    if !tenant
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        || tenant.starts_with('.')
    {
        fields.problem(
            "tenant",
            format!("`{tenant}` is neither a directory id nor a domain name"),
        );
        return None;
    }
    if matches!(tenant.as_str(), "common" | "organizations" | "consumers") {
        fields.problem(
            "tenant",
            format!("an app cannot sign itself in to `{tenant}`: name the directory"),
        );
        return None;
    }
    Some(tenant)
}

fn read_cloud(fields: &mut Fields<'_, '_>) -> Cloud {
    let Some(name) = fields.optional_string("cloud") else {
        return Cloud::default();
    };
    match Cloud::NAMES.iter().find(|(known, _)| *known == name) {
        Some((_, cloud)) => *cloud,
        None => {
            fields.problem(
                "cloud",
                unknown(&name, &Cloud::NAMES.map(|(known, _)| known)),
            );
            Cloud::default()
        }
    }
}

fn read_hosts(fields: &mut Fields<'_, '_>, egress: &Egress) -> Vec<String> {
    let hosts = fields.strings("hosts");
    for host in &hosts {
        if let Err(message) =
            Origin::from_host(host).and_then(|origin| origin.check_scheme(&egress.allow_addresses))
        {
            fields.problem("hosts", message);
        }
    }
    hosts
}

fn read_endpoint(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    egress: &Egress,
) -> Option<String> {
    let text = fields.optional_string(key)?;
    match Endpoint::parse(&text)
        .and_then(|endpoint| endpoint.origin().check_scheme(&egress.allow_addresses))
    {
        Ok(()) => return Some(text.trim_end_matches('/').to_owned()),
        Err(message) => fields.problem(key, message),
    }
    None
}

/// `{ env = "NAME" }` or `{ file = "PATH" }`. The text of a wrong value is never repeated: it
/// may be the secret itself.
fn read_source(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    folder: &Path,
) -> Option<SecretSource> {
    const SHAPE: &str = "must be `{ env = \"NAME\" }` or `{ file = \"PATH\" }`";
    let value = fields.required(key)?;
    if value.is_string() {
        fields.problem(
            key,
            format!("{SHAPE}: secret values do not belong in this file"),
        );
        return None;
    }
    let path = fields.path(key);
    let mut nested = Fields::new(Some(value), &path, fields.problems());
    let source = (
        nested.optional_string("env"),
        nested.optional_string("file"),
    );
    nested.finish();
    match source {
        (Some(env), None) => return Some(SecretSource::Env(env)),
        (None, Some(file)) => return Some(SecretSource::File(folder.join(PathBuf::from(file)))),
        _ if value.is_object() => fields.problem(key, SHAPE),
        _ => {}
    }
    None
}

fn unknown(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("`{word}` is unknown, did you mean `{near}`?"),
        None => format!("`{word}` is unknown, known are {}", quoted(known)),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
