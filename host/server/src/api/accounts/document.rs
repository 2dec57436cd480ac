//! An account's document as it is sent: what is secret in it is taken out, the rest is judged as `writeback.toml` is.

use std::net::SocketAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::api::names::Checks;
use crate::api::problem::{Answer, Problem};
use crate::store::accounts;

/// Members that are secret, in any kind of account.
const SLOTS: [&str; 5] = [
    "client_secret",
    "developer_token",
    "certificate",
    "private_key",
    "certificate_password",
];
/// Of these, those of many lines.
const FILES: [&str; 2] = ["certificate", "private_key"];
/// Where `writeback.toml` finds secrets: on a machine that is the operator's.
const ELSEWHERE: [&str; 6] = ["env", "file", "exec", "keyring", "vault", "store"];
/// Members that say where secrets are sent.
const LEADS: [&str; 4] = ["kind", "endpoints", "instance", "cloud"];
/// The longest secret, in bytes.
const SECRET_BYTES: usize = 64 << 10;

/// A document that was found good.
pub(super) struct Sent {
    pub(super) kind: String,
    /// What is stored and shown: secrets are marks.
    pub(super) document: Value,
    /// The values that came with it, by their members.
    pub(super) values: Vec<(&'static str, Zeroizing<Vec<u8>>)>,
}

impl Sent {
    /// The members that are secret.
    pub(super) fn slots(&self) -> Vec<&'static str> {
        let has = |slot: &&str| self.document.get(*slot).is_some();
        SLOTS.into_iter().filter(has).collect()
    }
}

/// Reads a document. `old` is what it replaces; `endpoints` says whether it may name addresses of its own.
pub(super) fn read(mut account: Value, old: Option<&Value>, endpoints: bool) -> Answer<Sent> {
    let mut checks = Checks::default();
    let Some(members) = account.as_object_mut() else {
        return Err(Problem::field(
            "account",
            "it is not an object: it is an account of `writeback.toml`, in JSON",
        ));
    };
    let values = take_secrets(members, old, &mut checks);
    check_place(members, endpoints, &mut checks);
    let addresses = match endpoints {
        true => addresses(members),
        false => Vec::new(),
    };
    let document = json!({
        "accounts": { "account": accounts::with_store("account", account.clone()) },
        "egress": { "allow_addresses": addresses },
    });
    if let Err(problems) = writeback_policy::config::parse(&document, Path::new("/")) {
        for problem in problems.list() {
            let path = problem.path.trim_start_matches("accounts.");
            checks.add(path, &problem.message);
        }
    }
    checks.end()?;
    Ok(Sent {
        kind: account["kind"].as_str().unwrap_or_default().to_owned(),
        document: account,
        values,
    })
}

/// Takes the values out of a document, and leaves marks.
fn take_secrets(
    members: &mut Map<String, Value>,
    old: Option<&Value>,
    checks: &mut Checks,
) -> Vec<(&'static str, Zeroizing<Vec<u8>>)> {
    let moved = old.is_some_and(|old| LEADS.iter().any(|key| old.get(key) != members.get(*key)));
    let mut values = Vec::new();
    for slot in SLOTS {
        let Some(member) = members.get_mut(slot) else {
            continue;
        };
        let path = format!("account.{slot}");
        let known = old.is_some_and(|old| old.get(slot).is_some());
        match take(slot, member) {
            Ok(Some(value)) => values.push((slot, value)),
            Ok(None) if !known => checks.add(
                &path,
                "no value of it is stored: send one as `{ \"value\": \"…\" }`",
            ),
            Ok(None) if moved => checks.add(
                &path,
                "the account leads elsewhere now: send the value again, as `{ \"value\": \"…\" }`",
            ),
            Ok(None) => {}
            Err(message) => checks.add(&path, message),
        }
        *member = json!({ "stored": true });
    }
    values
}

/// The value of a secret, or none where it is to stay as it is. Nothing of it is repeated.
fn take(slot: &str, member: &mut Value) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    const SHAPE: &str =
        "must be `{ \"value\": \"…\" }`, or `{ \"stored\": true }` for the value that is stored";
    let members = member.as_object_mut().filter(|members| members.len() == 1);
    let members = members.ok_or(SHAPE)?;
    if let Some(key) = ELSEWHERE.iter().find(|key| members.contains_key(**key)) {
        return Err(format!(
            "`{key}` would be read on the server's machine: send the value itself, as `{{ \"value\": \"…\" }}`"
        ));
    }
    if members.get("stored") == Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let value = match (members.remove("value"), members.remove("base64")) {
        (Some(Value::String(text)), _) => Zeroizing::new(text.into_bytes()),
        (_, Some(Value::String(text))) if slot == "certificate" => {
            let text = Zeroizing::new(text);
            let bytes = STANDARD.decode(text.trim());
            Zeroizing::new(bytes.map_err(|_| "its `base64` is not base64")?)
        }
        _ => return Err(SHAPE.to_owned()),
    };
    check(slot, value).map(Some)
}

fn check(slot: &str, value: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, String> {
    if value.is_empty() || value.len() > SECRET_BYTES {
        return Err(format!("it is empty, or longer than {SECRET_BYTES} bytes"));
    }
    if FILES.contains(&slot) {
        return Ok(value);
    }
    let source = writeback_policy::config::SecretSource::Store(slot.to_owned());
    let line = writeback_policy::one_line(&source, &value).map_err(
        |_| "it is empty, or has control characters: it is the secret alone, on one line",
    )?;
    Ok(Zeroizing::new(line.as_bytes().to_vec()))
}

/// Refuses what is of the server's machine, and ways to send a secret to a foreign host.
fn check_place(members: &Map<String, Value>, endpoints: bool, checks: &mut Checks) {
    if members.contains_key("federated_token") {
        checks.add(
            "account.federated_token",
            "it is a file of the server's machine: use `client_secret` or `certificate`",
        );
    }
    if members.get("sign_in").and_then(Value::as_str) == Some("user") {
        checks.add(
            "account.sign_in",
            "nobody can sign in on a server: leave it out, and grant the app its permissions",
        );
    }
    if endpoints {
        return;
    }
    let is_empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    if members
        .get("endpoints")
        .is_some_and(|value| !is_empty(value))
    {
        checks.add(
            "account.endpoints",
            "this server does not let accounts name addresses: leave it out, or ask who runs it",
        );
    }
    let instance = members.get("instance").and_then(Value::as_str);
    let instance = instance.unwrap_or_default().trim().to_ascii_lowercase();
    if instance.contains('.') && !instance.ends_with(".domo.com") {
        checks.add(
            "account.instance",
            "it is not an instance of Domo, such as `acme` or `acme.domo.com`",
        );
    }
}

/// Plain addresses that a document names. Whether the operator lets them be reached is found out when they are.
fn addresses(members: &Map<String, Value>) -> Vec<String> {
    let named = members.get("endpoints").and_then(Value::as_object);
    let hosts = members.get("hosts").and_then(Value::as_array);
    let named = named.into_iter().flat_map(Map::values);
    let named = named.chain(hosts.into_iter().flatten());
    let plain = named.filter_map(|url| {
        let url = url::Url::parse(url.as_str()?).ok()?;
        let address = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
        let address: SocketAddr = address.parse().ok()?;
        (url.scheme() == "http").then(|| address.to_string())
    });
    plain.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domo() -> Value {
        json!({ "kind": "domo", "client_id": "c", "client_secret": { "value": "s3cret\n" } })
    }

    fn wrong(account: Value, old: Option<&Value>) -> Vec<(String, String)> {
        let problem = read(account, old, false).err().unwrap();
        let errors = problem.errors.into_iter();
        errors.map(|error| (error.path, error.message)).collect()
    }

    #[test]
    fn values_are_taken_out() {
        let sent = read(domo(), None, false).unwrap_or_else(|_| panic!());
        assert_eq!(sent.kind, "domo");
        assert_eq!(sent.document["client_secret"], json!({ "stored": true }));
        assert_eq!(sent.values[0].0, "client_secret");
        assert_eq!(sent.values[0].1.as_slice(), b"s3cret");
        assert_eq!(sent.slots(), ["client_secret"]);
    }

    #[test]
    fn a_certificate_may_be_bytes() {
        let account = |slot: &str| {
            let mut account = json!({ "kind": "entra", "tenant": "t", "client_id": "c" });
            account[slot] = json!({ "base64": "AP8=" });
            account
        };
        let sent = read(account("certificate"), None, false).unwrap_or_else(|_| panic!());
        assert_eq!(sent.values[0].1.as_slice(), [0, 255]);
        assert_eq!(wrong(account("client_secret"), None).len(), 1);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_and_no_value_of_it() {
        let account = json!({
            "kind": "entra", "tenant": "common", "clientid": "x", "client_secret": "s3cret",
            "federated_token": "/etc/passwd", "sign_in": "user", "endpoints": { "login": "https://evil.example" },
        });
        let told = wrong(account, None);
        let paths: Vec<&str> = told.iter().map(|(path, _)| path.as_str()).collect();
        for path in [
            "account.tenant",
            "account.client_id",
            "account.clientid",
            "account.client_secret",
            "account.federated_token",
            "account.sign_in",
            "account.endpoints",
        ] {
            assert!(paths.contains(&path), "{path}: {paths:?}");
        }
        assert!(!format!("{told:?}").contains("s3cret"));
    }

    #[test]
    fn sources_of_the_servers_machine_are_refused() {
        for source in ELSEWHERE {
            let mut account = domo();
            account["client_secret"] = json!({ source: "PATH" });
            let told = wrong(account, None);
            assert!(told[0].1.contains("`{ \"value\""), "{source}: {told:?}");
        }
    }

    #[test]
    fn a_stored_secret_stays_with_where_it_leads() {
        let mut old = domo();
        old["client_secret"] = json!({ "stored": true });
        assert!(read(old.clone(), Some(&old), false).is_ok());
        assert_eq!(wrong(old.clone(), None).len(), 1, "nothing is stored");
        let mut moved = old.clone();
        moved["endpoints"] = json!({ "api": "https://evil.example" });
        let told = read(moved, Some(&old), true).err().unwrap();
        assert_eq!(told.errors[0].path, "account.client_secret");
    }

    #[test]
    fn addresses_are_for_operators_who_allow_them() {
        let mut account = domo();
        account["endpoints"] = json!({ "api": "http://127.0.0.1:8080" });
        assert_eq!(wrong(account.clone(), None)[0].0, "account.endpoints");
        assert!(read(account, None, true).is_ok());
        let mut account = domo();
        account["instance"] = json!("evil.example");
        account["developer_token"] = json!({ "value": "t" });
        assert_eq!(wrong(account.clone(), None)[0].0, "account.instance");
        account["instance"] = json!("acme.domo.com");
        assert!(read(account, None, false).is_ok());
    }
}
