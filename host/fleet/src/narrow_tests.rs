//! What a tenant may say, and what comes of it.

use serde_json::json;

use super::*;

fn operator() -> Config {
    let document = json!({
        "accounts": { "own": {
            "kind": "domo", "client_id": "id", "client_secret": { "env": "UNSET" },
        } },
        "egress": {
            "allow_addresses": ["127.0.0.1:8080", "127.0.0.1:8081"],
            "allow": ["https://*.example.com", "https://files.example.net"],
            "proxy": "http://proxy.internal:3128",
            "no_proxy": ["127.0.0.1"],
            "ca_file": "/etc/ssl/own.pem",
        },
        "limits": { "memory": 1000, "requests": 200_000, "tenant": { "runs": 4 } },
    });
    config::parse(&document, Path::new("/")).unwrap()
}

fn narrowed(tenant: Value) -> Result<TenantConfig, String> {
    narrow(&operator(), &tenant, Path::new("/data/tenants/a"))
}

#[test]
fn a_silent_tenant_has_what_the_operator_has_but_no_account() {
    let tenant = narrowed(json!({})).unwrap();
    assert!(tenant.accounts.is_empty());
    assert_eq!(tenant.egress.allow_addresses.len(), 2);
    assert_eq!(tenant.egress.allow.len(), 2);
    assert_eq!(
        tenant.egress.proxy.as_deref(),
        Some("http://proxy.internal:3128")
    );
    assert_eq!(
        tenant.egress.ca_file.as_deref(),
        Some(Path::new("/etc/ssl/own.pem"))
    );
    assert_eq!(
        (tenant.limits.memory, tenant.limits.requests),
        (1000, 200_000)
    );
    assert_eq!(tenant.limits.tenant.runs, 4);
    assert_eq!(tenant.state_dir, Path::new("/data/tenants/a"));
}

#[test]
fn a_tenant_narrows_and_never_widens() {
    let tenant = narrowed(json!({
        "egress": {
            "allow_addresses": ["127.0.0.1:8081"],
            "allow": ["https://a.example.com", "https://*.b.example.com"],
        },
        "limits": {
            "memory": 2000, "requests": 10, "wall_seconds": 7,
            "tenant": { "runs": 100, "handles": 5 },
        },
    }))
    .unwrap();
    assert_eq!(
        tenant.egress.allow_addresses,
        ["127.0.0.1:8081".parse().unwrap()]
    );
    assert_eq!(tenant.egress.allow.len(), 2);
    let limits = &tenant.limits;
    assert_eq!(
        (limits.memory, limits.requests, limits.wall_seconds),
        (1000, 10, 7)
    );
    assert_eq!((limits.tenant.runs, limits.tenant.handles), (4, 5));

    let refused = narrowed(json!({
        "egress": {
            "allow_addresses": ["127.0.0.1:8080", "10.0.0.1:443"],
            "allow": ["https://example.com", "https://*.com", "https://a.example.com:8443"],
        },
    }))
    .unwrap_err();
    let expected = [
        "`egress.allow_addresses`: `10.0.0.1:443` is not among the operator's",
        "`egress.allow`: `https://example.com` is not within the operator's",
        "`egress.allow`: `https://*.com` is not within the operator's",
        "`egress.allow`: `https://a.example.com:8443` is not within the operator's",
    ];
    assert_eq!(refused, expected.join("\n"));
}

#[test]
fn every_limit_is_lowered() {
    let all = |number: u64| -> Limits {
        let mut limits = serde_json::to_value(Limits::default()).unwrap();
        for value in limits.as_object_mut().unwrap().values_mut() {
            match value {
                Value::Object(tenant) => {
                    tenant.values_mut().for_each(|value| *value = json!(number));
                }
                value => *value = json!(number),
            }
        }
        serde_json::from_value(limits).unwrap()
    };
    assert_eq!(least(&all(9), &all(5)), all(5));
    assert_eq!(least(&all(5), &all(9)), all(5));
}

#[test]
fn what_is_the_operators_is_refused_by_name() {
    let refused = narrowed(json!({
        "state": { "dir": "/etc" },
        "vault": { "file": "/etc/vault.age" },
        "egress": { "proxy": "http://evil.example:1", "ca_file": "/etc/passwd" },
    }))
    .unwrap_err();
    let expected = ["egress.ca_file", "egress.proxy", "state", "vault"];
    for key in expected {
        let line = format!("`{key}`: is the operator's to set, not a tenant's");
        assert!(refused.lines().any(|told| told == line), "{refused}");
    }
    assert_eq!(refused.lines().count(), expected.len());
}

#[test]
fn secrets_are_the_stores_alone() {
    let account = |source: Value| {
        json!({ "accounts": { "a": {
            "kind": "entra", "tenant": "t", "client_id": "id", "client_secret": source,
            "hosts": ["t.sharepoint.com"],
        } } })
    };
    narrowed(account(json!({ "store": "a/client_secret" }))).unwrap();
    for source in [
        json!({ "env": "PATH" }),
        json!({ "file": "/etc/passwd" }),
        json!({ "keyring": "a" }),
        json!({ "exec": ["/bin/cat", "/etc/passwd"] }),
        json!({ "vault": "a" }),
    ] {
        let refused = narrowed(account(source)).unwrap_err();
        assert!(
            refused.contains("`accounts.a.client_secret`: must be `{ store = \"KEY\" }`, not `")
                || refused.contains("`vault`"),
            "{refused}"
        );
    }
    let mut federated = account(json!({ "store": "a/client_secret" }));
    let entra = federated["accounts"]["a"].as_object_mut().unwrap();
    entra.remove("client_secret");
    entra.insert("federated_token".to_owned(), json!("/etc/passwd"));
    let refused = narrowed(federated).unwrap_err();
    assert!(
        refused.starts_with("`accounts.a.federated_token`: is a file"),
        "{refused}"
    );
    let mut user = account(json!({ "store": "a/client_secret" }));
    user["accounts"]["a"]["sign_in"] = json!("user");
    let refused = narrowed(user).unwrap_err();
    assert!(
        refused.starts_with("`accounts.a.sign_in`: must be `app`"),
        "{refused}"
    );
}

#[test]
fn what_is_no_table_is_no_panic() {
    for tenant in [json!(null), json!([]), json!("x")] {
        assert!(narrowed(tenant).unwrap().accounts.is_empty());
    }
    for tenant in [
        json!({ "limits": 5 }),
        json!({ "limits": { "tenant": 5 } }),
        json!({ "limits": { "memory": -1 } }),
        json!({ "limits": { "unknown": 1 } }),
        json!({ "egress": [] }),
        json!({ "accounts": 1 }),
        json!({ "accounts": { "a": { "kind": "domo", "endpoints": { "api": "http://127.0.0.1:1" } } } }),
    ] {
        assert!(narrowed(tenant.clone()).is_err(), "{tenant}");
    }
}
