//! Configurations as people write them, right and wrong.

mod accounts;

use super::*;
use serde_json::json;

use crate::config::{AccountConfig, Limits, SecretSource};

fn read(document: &Value) -> Result<Config, Vec<String>> {
    parse(document, Path::new("/etc/writeback"))
        .map_err(|problems| problems.list().iter().map(ToString::to_string).collect())
}

fn good() -> Value {
    json!({
        "accounts": {
            "domo": {"kind": "domo", "client_id": "id", "client_secret": {"env": "DOMO_CLIENT_SECRET"}},
            "sharepoint": {
                "kind": "entra", "tenant": "contoso.onmicrosoft.com", "client_id": "app",
                "client_secret": {"file": "secret"}, "hosts": ["contoso.sharepoint.com"],
            },
        },
    })
}

/// The problems of a good configuration in which `pointer` was set to `value`.
fn problems_with(pointer: &str, value: Value) -> Vec<String> {
    let mut document = good();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap();
    parent.insert(key.to_owned(), value);
    read(&document).unwrap_err()
}

#[test]
fn defaults_fill_what_is_not_said() {
    let config = read(&good()).unwrap();
    assert_eq!(config.limits, Limits::default());
    let AccountConfig::Domo(domo) = &config.accounts["domo"] else {
        panic!()
    };
    assert_eq!(domo.endpoints.api(), "https://api.domo.com");
    let AccountConfig::Entra(entra) = &config.accounts["sharepoint"] else {
        panic!()
    };
    assert_eq!(entra.login(), "https://login.microsoftonline.com");
    assert_eq!(entra.graph(), "https://graph.microsoft.com/v1.0");
    assert_eq!(
        entra.client_secret,
        Some(SecretSource::File("/etc/writeback/secret".into()))
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let document = json!({
        "acounts": {},
        "accounts": {
            "domo": {"kind": "domo", "client_idd": "x", "client_secret": "hunter2"},
            "sharepoint": {"kind": "entra", "tenant": "a/b", "client_id": 7, "client_secret": {"env": "A", "file": "b"}, "hosts": ["*.sharepoint.com"]},
            "other": {"kind": "entre"},
        },
        "limits": {"memory": 0},
    });
    let problems = read(&document).unwrap_err();
    assert_eq!(
        problems,
        [
            "`acounts`: unknown key, did you mean `accounts`?",
            "`accounts.domo.client_id`: is missing",
            "`accounts.domo.client_secret`: must be one of `{ env = \"NAME\" }`, `{ file = \"PATH\" }`, `{ keyring = \"NAME\" }`, `{ exec = [\"PROGRAM\", \"ARGUMENT\"] }`, `{ vault = \"KEY\" }`: secret values do not belong in this file",
            "`accounts.domo.client_idd`: unknown key, did you mean `client_id`?",
            "`accounts.other.kind`: `entre` is unknown, did you mean `entra`?",
            "`accounts.sharepoint.tenant`: `a/b` is neither a directory id nor a domain name",
            "`accounts.sharepoint.client_id`: must be a string, not a number",
            "`accounts.sharepoint.client_secret`: must be one of `{ env = \"NAME\" }`, `{ file = \"PATH\" }`, `{ keyring = \"NAME\" }`, `{ exec = [\"PROGRAM\", \"ARGUMENT\"] }`, `{ vault = \"KEY\" }`",
            "`accounts.sharepoint.hosts`: `*.sharepoint.com` has a wildcard: name each host",
            "`limits.memory`: must be a whole number above 0",
        ]
    );
}

#[test]
fn a_secret_in_the_file_is_not_repeated() {
    let problems = problems_with("/accounts/domo/client_secret", json!("hunter2"));
    assert!(!problems.concat().contains("hunter2"));
}

#[test]
fn a_store_has_secrets_of_accounts_and_not_what_opens_the_vault() {
    let mut document = good();
    document["accounts"]["domo"]["client_secret"] = json!({"store": "domo"});
    let config = read(&document).unwrap();
    let (_, source) = config.accounts["domo"].secrets()[0];
    assert_eq!(*source, SecretSource::Store("domo".to_owned()));
    assert_eq!(source.to_string(), "the store's entry `domo`");
    let vault = json!({"file": "secrets.age", "passphrase": {"store": "vault"}});
    assert_eq!(
        problems_with("/vault", vault),
        ["`vault.passphrase`: cannot be kept in a program's store"]
    );
}

#[test]
fn addresses_have_ports() {
    assert_eq!(
        problems_with("/egress", json!({"allow_addresses": ["127.0.0.1"]})),
        ["`egress.allow_addresses`: `127.0.0.1` is not an IP:PORT such as `127.0.0.1:8080`"]
    );
}

#[test]
fn tables_are_tables() {
    assert_eq!(
        problems_with("/egress", json!([])),
        ["`egress`: must be a table, not a list"]
    );
    assert_eq!(
        problems_with("/accounts", json!(1)),
        ["`accounts`: must be a table with one table for each account"]
    );
    assert_eq!(
        read(&json!(1)).unwrap_err(),
        ["must be a table, not a number"]
    );
}

#[test]
fn a_tenants_limits_are_a_table_of_their_own() {
    let problems = problems_with(
        "/limits",
        json!({"tenant": {"run": 1, "memory": 0}, "tenants": {}}),
    );
    assert_eq!(
        problems,
        [
            "`limits.tenants`: unknown key, did you mean `tenant`?",
            "`limits.tenant.memory`: must be a whole number above 0",
            "`limits.tenant.run`: unknown key, did you mean `runs`?",
        ]
    );
}

#[test]
fn egress_takes_origins_and_a_proxy_and_says_what_is_wrong_with_others() {
    let problems = problems_with(
        "/egress",
        json!({
            "allow": ["example.com", "http://*.example.com", "http://example.com", "https://ok.example"],
            "proxy": "http://user:hunter2@proxy.example:3128", "proxy_password": {"env": "P"}, "no_proxy": ["a:80"],
        }),
    );
    assert_eq!(
        problems,
        [
            "`egress.allow`: `example.com` is not an origin such as `https://files.example.com`, `https://*.example.com` or `https://example.com:8443`",
            "`egress.allow`: `http://*.example.com` must be https",
            "`egress.allow`: `http://example.com` must be https, or its address be listed in `egress.allow_addresses`",
            "`egress.proxy`: must not hold a login: use `proxy_user` and `proxy_password`",
            "`egress.proxy_password`: needs `proxy_user` too",
            "`egress.no_proxy`: `a:80` is not a host, `*.suffix` or IP address",
        ]
    );
    assert_eq!(
        problems_with("/egress", json!({"proxy_user": "u"})),
        ["`egress.proxy_user`: needs `proxy` too"]
    );
    assert_eq!(
        problems_with(
            "/egress",
            json!({"proxy": "proxy:3128", "proxy_user": "a:b"})
        ),
        [
            "`egress.proxy`: `proxy:3128` is not a proxy such as `http://proxy.example.com:3128`",
            "`egress.proxy_user`: must not have a `:`",
        ]
    );
}

/// What `config` says, without what it leaves unsaid.
fn written(config: &Config) -> Value {
    fn said(value: Value) -> Value {
        match value {
            Value::Object(members) => members
                .into_iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name, said(member)))
                .collect(),
            other => other,
        }
    }
    said(serde_json::to_value(config).unwrap())
}

#[test]
fn compiled_code_is_kept_in_the_state_folder_elsewhere_or_nowhere() {
    let kept = |state: Value| read(&json!({ "state": state })).map(|config| config.cache_dir());
    for (state, folder) in [
        (json!({"dir": "/state"}), Some("/state/cache")),
        (
            json!({"dir": "here", "cache": true}),
            Some("/etc/writeback/here/cache"),
        ),
        (
            json!({"dir": "/state", "cache": "compiled"}),
            Some("/etc/writeback/compiled"),
        ),
        (
            json!({"cache": "/var/cache/writeback"}),
            Some("/var/cache/writeback"),
        ),
        (json!({"dir": "/state", "cache": false}), None),
    ] {
        assert_eq!(kept(state), Ok(folder.map(Into::into)));
    }
    for wrong in [json!(""), json!(1), json!(["/cache"])] {
        let problems = kept(json!({ "cache": wrong })).unwrap_err();
        assert_eq!(
            problems,
            ["`state.cache`: must be a folder, `true` or `false`"]
        );
    }
}

/// What serde and the schema take is what the reader takes.
#[test]
fn the_schema_knows_the_keys_that_the_reader_knows() {
    let document = json!({
        "accounts": {
            "domo": {
                "kind": "domo", "client_id": "id", "client_secret": {"env": "A"}, "scope": ["data"],
                "instance": "acme", "developer_token": {"env": "T"},
                "endpoints": {"api": "https://api.domo.com", "instance": "https://acme.domo.com"},
            },
            "sharepoint": {
                "kind": "entra", "sign_in": "app", "tenant": "t", "client_id": "app", "client_secret": {"file": "/s"}, "cloud": "dod",
                "hosts": ["h"], "endpoints": {"login": "https://l", "graph": "https://g/v1.0"},
            },
            "certified": {
                "kind": "entra", "sign_in": "user", "tenant": "t", "client_id": "app", "certificate": {"file": "/c"},
                "private_key": {"file": "/k"}, "certificate_password": {"env": "P"}, "cloud": "global", "hosts": [], "endpoints": {},
            },
            "federated": {
                "kind": "entra", "sign_in": "app", "tenant": "t", "client_id": "app", "federated_token": "/t", "cloud": "global",
                "hosts": [], "endpoints": {},
            },
        },
        "egress": {
            "allow": ["https://*.example.com"], "allow_addresses": ["127.0.0.1:1"], "ca_file": "/ca",
            "proxy": "http://proxy.example:3128", "proxy_user": "u", "proxy_password": {"env": "P"}, "no_proxy": ["10.0.0.1"],
        },
        "limits": {
            "memory": 1, "cpu_seconds": 1, "wall_seconds": 1, "spool_bytes": 1, "request_seconds": 1, "connect_seconds": 1,
            "idle_seconds": 1, "requests": 1, "connections": 1, "sent_bytes": 1, "received_bytes": 1, "headers": 1,
            "header_bytes": 1, "url_bytes": 1, "log_lines": 1, "handles": 1,
            "tenant": {"runs": 1, "memory": 1, "cpu_seconds": 1, "spool_bytes": 1, "handles": 1, "connections": 1},
        },
        "state": {"dir": "/state", "cache": "/cache"},
    });
    let read = read(&document).unwrap();
    assert_eq!(written(&read), document);
    let derived: Config = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(written(&derived), document);
    let schema = serde_json::to_string(&schemars::schema_for!(Config)).unwrap();
    for key in [
        "allow_addresses",
        "ca_file",
        "idle_seconds",
        "hosts",
        "gcc-high",
        "\"entra\"",
        "\"env\"",
    ] {
        assert!(schema.contains(key), "{key}");
    }
}
