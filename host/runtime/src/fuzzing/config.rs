//! The configuration: one that is read is read the same when written down again, and one that is refused
//! says why without the text that stands where a secret belongs.

use std::path::Path;

use serde_json::Value;

use crate::config::parse;

/// Where a secret may have been written by mistake.
const SECRET: [&str; 5] = [
    "client_secret",
    "developer_token",
    "certificate",
    "private_key",
    "certificate_password",
];
/// Members whose values say where a secret is.
const WHERE: [&str; 6] = ["env", "file", "exec", "keyring", "vault", "name"];

/// The target: a configuration as JSON.
pub fn config(data: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let folder = Path::new("/etc/writeback");
    let config = match parse(&document, folder) {
        Ok(config) => config,
        Err(problems) => {
            assert!(!problems.list().is_empty());
            return assert_silent(&document, &problems.to_string());
        }
    };
    let written = bare(serde_json::to_value(&config).expect("it is plain data"));
    let again = parse(&written, folder).unwrap_or_else(|why| panic!("{written}: {why}"));
    let again = bare(serde_json::to_value(&again).expect("it is plain data"));
    assert_eq!(again, written);
    // A tenant may be refused for what only its endpoints tell together, but never panics.
    let _ = config.into_tenant();
}

/// Without the members that are null: TOML has none.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(kept.map(|(name, member)| (name, bare(member))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(bare).collect()),
        other => other,
    }
}

fn assert_silent(document: &Value, said: &str) {
    let mut misplaced = Vec::new();
    let mut elsewhere = String::new();
    sort(document, false, &mut misplaced, &mut elsewhere);
    for secret in misplaced {
        // Words that are ours or stand elsewhere too tell nothing.
        if secret.len() >= 12 && !elsewhere.contains(secret) && !secret.contains(' ') {
            assert!(!said.contains(secret), "`{secret}` in {said}");
        }
    }
}

/// Texts that stand where a secret belongs, and all others.
fn sort<'a>(value: &'a Value, secret: bool, misplaced: &mut Vec<&'a str>, elsewhere: &mut String) {
    match value {
        Value::String(text) if secret => misplaced.push(text),
        Value::String(text) => {
            elsewhere.push_str(text);
            elsewhere.push('\n');
        }
        Value::Array(items) => {
            for item in items {
                sort(item, secret, misplaced, elsewhere);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                elsewhere.push_str(name);
                elsewhere.push('\n');
                let inside = secret && !WHERE.contains(&name.as_str());
                sort(
                    member,
                    inside || SECRET.contains(&name.as_str()),
                    misplaced,
                    elsewhere,
                );
            }
        }
        _ => {}
    }
}
