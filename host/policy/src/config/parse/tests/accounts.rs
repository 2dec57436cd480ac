//! What `[accounts]` may say.

use super::*;

#[test]
fn each_cloud_has_its_endpoints() {
    for (cloud, login, graph) in [
        (
            "gcc-high",
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us/v1.0",
        ),
        (
            "dod",
            "https://login.microsoftonline.us",
            "https://dod-graph.microsoft.us/v1.0",
        ),
        (
            "china",
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn/v1.0",
        ),
    ] {
        let mut document = good();
        document["accounts"]["sharepoint"]["cloud"] = json!(cloud);
        let config = read(&document).unwrap();
        let AccountConfig::Entra(entra) = &config.accounts["sharepoint"] else {
            panic!()
        };
        assert_eq!((entra.login(), entra.graph()), (login, graph));
    }
}

#[test]
fn plain_http_needs_an_exempt_address() {
    let endpoints = json!({"api": "http://127.0.0.1:8080"});
    assert_eq!(
        problems_with("/accounts/domo/endpoints", endpoints.clone()),
        [
            "`accounts.domo.endpoints.api`: `http://127.0.0.1:8080` must be https, or its address be listed in `egress.allow_addresses`"
        ]
    );
    let mut document = good();
    document["accounts"]["domo"]["endpoints"] = endpoints;
    document["egress"] = json!({"allow_addresses": ["127.0.0.1:8080"]});
    assert!(read(&document).is_ok());
}

#[test]
fn endpoints_are_base_urls() {
    for url in [
        "api.domo.com",
        "https://user@api.domo.com",
        "https://api.domo.com?x",
        "https://api.domo.com#x",
        "ftp://api.domo.com",
    ] {
        assert_eq!(
            problems_with("/accounts/domo/endpoints", json!({"api": url})).len(),
            1,
            "{url}"
        );
    }
}

#[test]
fn an_app_signs_in_to_its_own_directory() {
    let problems = problems_with("/accounts/sharepoint/tenant", json!("common"));
    assert_eq!(
        problems,
        [
            "`accounts.sharepoint.tenant`: an app cannot sign itself in to `common`: name the directory"
        ]
    );
}

#[test]
fn an_app_proves_who_it_is_in_one_way() {
    let said = |account: Value| {
        let mut document = good();
        let table = document["accounts"]["sharepoint"].as_object_mut().unwrap();
        table.extend(account.as_object().unwrap().clone());
        table.retain(|_, value| !value.is_null());
        read(&document).err().unwrap_or_default()
    };
    let file = json!({"file": "x"});
    assert_eq!(
        said(json!({"certificate": file, "federated_token": "t"})),
        [
            "`accounts.sharepoint.certificate`: one way to sign in is enough, given are `client_secret`, `certificate`, `federated_token`"
        ]
    );
    assert_eq!(
        said(json!({"client_secret": null})),
        [
            "`accounts.sharepoint.client_secret`: is missing: an app signs in with `client_secret`, `certificate` or `federated_token`"
        ]
    );
    assert_eq!(
        said(json!({"private_key": file, "certificate_password": file})),
        [
            "`accounts.sharepoint.private_key`: belongs to a `certificate`, and there is none",
            "`accounts.sharepoint.certificate_password`: belongs to a `certificate`, and there is none"
        ]
    );
    assert_eq!(
        said(json!({"sign_in": "usr"})),
        ["`accounts.sharepoint.sign_in`: `usr` is unknown, did you mean `user`?"]
    );
    let nothing: [&str; 0] = [];
    assert_eq!(
        said(json!({"sign_in": "user", "client_secret": null})),
        nothing
    );
}

#[test]
fn an_instance_and_its_token_go_together() {
    let source = json!({"env": "T"});
    assert_eq!(
        problems_with("/accounts/domo/instance", json!("acme")),
        [
            "`accounts.domo.developer_token`: is missing: `instance` is read with it and with nothing else"
        ]
    );
    assert_eq!(
        problems_with("/accounts/domo/developer_token", source.clone()),
        [
            "`accounts.domo.instance`: is missing: it says whose `developer_token` it is, such as `acme` for `acme.domo.com`"
        ]
    );
    let mut document = good();
    document["accounts"]["domo"]["developer_token"] = source;
    for (instance, url) in [
        ("acme", "https://acme.domo.com"),
        ("acme.domo.com", "https://acme.domo.com"),
    ] {
        document["accounts"]["domo"]["instance"] = json!(instance);
        let AccountConfig::Domo(domo) = &read(&document).unwrap().accounts["domo"] else {
            panic!()
        };
        assert_eq!(domo.instance_url().as_deref(), Some(url));
    }
    document["accounts"]["domo"]["instance"] = json!("https://acme.domo.com");
    assert_eq!(
        read(&document).unwrap_err(),
        [
            "`accounts.domo.instance`: `https://acme.domo.com` is not a name such as `acme` or `acme.domo.com`"
        ]
    );
}
