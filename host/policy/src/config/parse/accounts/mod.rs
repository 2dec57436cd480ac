//! Reads `[accounts.NAME]`: the kinds, and what is common to them.

mod domo;
mod entra;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use self::domo::read_domo;
use self::entra::read_entra;
use super::unknown;
use crate::Endpoint;
use crate::config::fields::Fields;
use crate::config::problems::Problems;
use crate::config::{AccountConfig, Egress};

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
