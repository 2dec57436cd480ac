//! Reads an account of kind `domo`.

use std::path::Path;

use super::read_endpoint;
use crate::config::fields::Fields;
use crate::config::parse::source::{optional_source, read_source};
use crate::config::{AccountConfig, DomoAccount, DomoEndpoints, Egress};

pub(super) fn read_domo(
    mut fields: Fields<'_, '_>,
    egress: &Egress,
    folder: &Path,
) -> Option<AccountConfig> {
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
