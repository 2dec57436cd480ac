//! Reads an account of kind `entra`: for whom it acts, and by what it proves who it is.

use std::path::Path;

use super::read_endpoint;
use crate::Origin;
use crate::config::fields::{Fields, quoted};
use crate::config::parse::source::optional_source;
use crate::config::parse::unknown;
use crate::config::{AccountConfig, Cloud, Egress, EntraAccount, EntraEndpoints, EntraSignIn};

pub(super) fn read_entra(
    mut fields: Fields<'_, '_>,
    egress: &Egress,
    folder: &Path,
) -> Option<AccountConfig> {
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
