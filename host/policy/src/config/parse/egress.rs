//! Reads `[egress]`.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use super::source::read_source;
use crate::config::fields::Fields;
use crate::config::problems::Problems;
use crate::config::{Egress, SecretSource};
use crate::{AllowedOrigin, HostPattern, proxy_origin};

pub(super) fn read_egress(value: Option<&Value>, folder: &Path, problems: &mut Problems) -> Egress {
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
    let allow = fields.strings("allow");
    for problem in allow
        .iter()
        .filter_map(|text| check_allowed(text, &allow_addresses).err())
    {
        fields.problem("allow", problem);
    }
    let proxy = fields.optional_string("proxy");
    if let Some(Err(problem)) = proxy.as_deref().map(proxy_origin) {
        fields.problem("proxy", problem);
    }
    let (proxy_user, proxy_password) = read_login(&mut fields, folder, proxy.is_some());
    let no_proxy = fields.strings("no_proxy");
    for problem in no_proxy
        .iter()
        .filter_map(|text| HostPattern::parse(text).err())
    {
        fields.problem("no_proxy", problem);
    }
    let ca_file = fields
        .optional_string("ca_file")
        .map(|file| folder.join(file));
    fields.finish();
    Egress {
        allow_addresses,
        allow,
        proxy,
        proxy_user,
        proxy_password,
        no_proxy,
        ca_file,
    }
}

/// Plain http is spoken to exempt addresses alone.
fn check_allowed(text: &str, exempt: &[SocketAddr]) -> Result<(), String> {
    let entry = AllowedOrigin::parse(text)?;
    match entry.exact() {
        Some(origin) => origin.check_scheme(exempt),
        None if entry.is_secure() => Ok(()),
        None => Err(format!("`{text}` must be https")),
    }
}

fn read_login(
    fields: &mut Fields<'_, '_>,
    folder: &Path,
    has_proxy: bool,
) -> (Option<String>, Option<SecretSource>) {
    let user = fields.optional_string("proxy_user");
    let password = match fields.value("proxy_password") {
        Some(_) => read_source(fields, "proxy_password", folder),
        None => None,
    };
    match (&user, &password) {
        (None, Some(_)) => fields.problem("proxy_password", "needs `proxy_user` too"),
        (Some(user), _) if user.contains(':') => {
            fields.problem("proxy_user", "must not have a `:`");
        }
        (Some(_), _) if !has_proxy => fields.problem("proxy_user", "needs `proxy` too"),
        _ => {}
    }
    (user, password)
}
