//! Reads `[accounts.NAME]`: each kind's own keys.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::source::read_source;
use super::unknown;
use crate::config::fields::{Fields, quoted};
use crate::config::problems::Problems;
use crate::config::{
    AccountConfig, Cloud, DomoAccount, DomoEndpoints, Egress, EntraAccount, EntraEndpoints,
    EntraSignIn, SecretSource,
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
    let instance = read_instance(&mut fields);
    let developer_token = optional_source(&mut fields, "developer_token", folder);
    let (endpoints, path) = (fields.value("endpoints"), fields.path("endpoints"));
    let mut nested = Fields::new(endpoints, &path, fields.problems());
    let endpoints = DomoEndpoints {
        api: read_endpoint(&mut nested, "api", egress),
        instance: read_endpoint(&mut nested, "instance", egress),
    };
    nested.finish();
    fields.finish();
    Some(AccountConfig::Domo(DomoAccount {
        client_id: client_id?,
        client_secret: client_secret?,
        scope,
        instance,
        developer_token,
        endpoints,
    }))
}

/// One is of no use without the other: the instance has no other use, the token no other place.
fn read_instance(fields: &mut Fields<'_, '_>) -> Option<String> {
    let instance = fields.optional_string("instance");
    let token = fields.value("developer_token");
    let plain = |text: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        text.chars().all(inner) && !text.starts_with(['.', '-']) && !text.ends_with(['.', '-'])
    };
    match (&instance, token) {
        (Some(text), _) if !plain(text) => fields.problem(
            "instance",
            format!("`{text}` is not a name such as `acme` or `acme.domo.com`"),
        ),
        (Some(_), None) => fields.problem(
            "developer_token",
            "is missing: `instance` is read with it and with nothing else",
        ),
        (None, Some(_)) => fields.problem(
            "instance",
            "is missing: it says whose `developer_token` it is, such as `acme` for `acme.domo.com`",
        ),
        _ => {}
    }
    instance
}

fn read_entra(mut fields: Fields<'_, '_>, egress: &Egress, folder: &Path) -> Option<AccountConfig> {
    let tenant = read_directory(&mut fields);
    let client_id = fields.string("client_id");
    let sign_in = read_sign_in(&mut fields);
    let before = fields.problems().list().len();
    let account = EntraAccount {
        client_secret: optional_source(&mut fields, "client_secret", folder),
        certificate: optional_source(&mut fields, "certificate", folder),
        private_key: optional_source(&mut fields, "private_key", folder),
        certificate_password: optional_source(&mut fields, "certificate_password", folder),
        federated_token: fields
            .optional_string("federated_token")
            .map(|file| folder.join(file)),
        cloud: read_cloud(&mut fields),
        hosts: read_hosts(&mut fields, egress),
        sign_in,
        ..EntraAccount::default()
    };
    if fields.problems().list().len() == before {
        check_proof(&mut fields, &account);
    }
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
        endpoints,
        ..account
    }))
}

fn read_sign_in(fields: &mut Fields<'_, '_>) -> EntraSignIn {
    match fields.optional_string("sign_in").as_deref() {
        None | Some("app") => EntraSignIn::App,
        Some("user") => EntraSignIn::User,
        Some(other) => {
            fields.problem("sign_in", unknown(other, &["app", "user"]));
            EntraSignIn::App
        }
    }
}

/// An app proves who it is in one way; for a user a public client need not.
fn check_proof(fields: &mut Fields<'_, '_>, account: &EntraAccount) {
    let ways = [
        ("client_secret", account.client_secret.is_some()),
        ("certificate", account.certificate.is_some()),
        ("federated_token", account.federated_token.is_some()),
    ];
    let given: Vec<&str> = ways
        .iter()
        .filter_map(|(key, given)| given.then_some(*key))
        .collect();
    match given.as_slice() {
        [] if account.sign_in == EntraSignIn::App => fields.problem(
            "client_secret",
            "is missing: an app signs in with `client_secret`, `certificate` or `federated_token`",
        ),
        [] | [_] => {}
        [_, second, ..] => fields.problem(
            second,
            format!("one way to sign in is enough, given are {}", quoted(&given)),
        ),
    }
    for (key, given) in [
        ("private_key", account.private_key.is_some()),
        (
            "certificate_password",
            account.certificate_password.is_some(),
        ),
    ] {
        if given && account.certificate.is_none() {
            fields.problem(key, "belongs to a `certificate`, and there is none");
        }
    }
}

fn optional_source(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    folder: &Path,
) -> Option<SecretSource> {
    fields.value(key)?;
    read_source(fields, key, folder)
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
