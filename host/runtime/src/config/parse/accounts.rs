//! Reads `[accounts.NAME]`: each kind's own keys.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::source::read_source;
use super::unknown;
use crate::config::fields::Fields;
use crate::config::problems::Problems;
use crate::config::{
    AccountConfig, Cloud, DomoAccount, DomoEndpoints, Egress, EntraAccount, EntraEndpoints,
};
use crate::egress::{Endpoint, Origin};

const KINDS: [&str; 2] = ["domo", "entra"];

pub(super) fn read_accounts(
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
