//! Accounts and targets: their secrets are read here, sent, and shown nowhere.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::world::said;

const CONFIG: &str = r#"
[accounts.domo]
kind = "domo"
client_id = "4c1f2a90"
client_secret = { env = "DOMO_SECRET" }
developer_token = { exec = ["printf", "%s", "hunter2-exec"] }

[accounts.sharepoint]
kind = "entra"
tenant = "contoso.onmicrosoft.com"
client_id = "31f5ff1c"
certificate = { file = "app.pfx" }
private_key = { file = "key.pem" }

[accounts.kept]
kind = "domo"
client_id = "4c1f2a90"
client_secret = { vault = "domo" }
"#;

type Sent = Arc<Mutex<Vec<(String, String, Value)>>>;

/// Takes what is sent; says that there is nothing yet, and answers as the server does: without secrets.
async fn take(State(sent): State<Sent>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let read = parts.method == "GET";
    sent.lock()
        .unwrap()
        .push((parts.method.to_string(), parts.uri.to_string(), body));
    match read {
        true => (StatusCode::NOT_FOUND, json!({ "code": "not-found", "detail": "there is no such account" }).to_string()).into_response(),
        false => json!({ "id": "tgt_1", "name": "domo", "account": { "client_secret": { "stored": true } } }).to_string().into_response(),
    }
}

async fn server() -> (String, Sent) {
    let sent = Sent::default();
    let router = Router::new().fallback(take).with_state(Arc::clone(&sent));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, sent)
}

const VARIABLES: [(&str, &str); 3] = [
    ("WRITEBACK_TOKEN", "wbk_a.hunter2-token"),
    ("WRITEBACK_TENANT", "t"),
    ("DOMO_SECRET", "hunter2-env"),
];

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_read_here_and_sent_and_never_shown() {
    let (url, sent) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let config = file("writeback.toml", CONFIG.as_bytes());
    file("app.pfx", &[0x30, 0x82, 0xff, 0x00]);
    file(
        "key.pem",
        b"-----BEGIN PRIVATE KEY-----\nhunter2-key\n-----END PRIVATE KEY-----\n",
    );
    let target = file(
        "webhook.toml",
        b"name = 'chat'\nevents = ['failure']\n[to]\nkind = 'webhook'\nurl = { env = 'DOMO_SECRET' }\nsecret = { exec = ['printf', 'hunter2-exec'] }\n",
    );
    let verbs: [&[&str]; 4] = [
        &["account", "put", "domo", &config],
        &["account", "put", "domo", &config, "--json"],
        &["account", "put", "sharepoint", &config],
        &["target", "put", &target],
    ];
    for verb in verbs {
        let said = said(&[&["--server", &url], verb].concat(), &VARIABLES)
            .await
            .good();
        assert!(!said.whole().contains("hunter2"), "{verb:?}: {said:?}");
    }
    let sent = sent.lock().unwrap();
    let posts: Vec<&Value> = sent
        .iter()
        .filter(|(method, _, _)| method == "POST")
        .map(|(_, _, body)| body)
        .collect();
    assert_eq!(
        posts[0],
        &json!({ "name": "domo", "account": {
            "kind": "domo", "client_id": "4c1f2a90",
            "client_secret": { "value": "hunter2-env" }, "developer_token": { "value": "hunter2-exec" } } })
    );
    assert_eq!(
        posts[2]["account"]["certificate"],
        json!({ "base64": "MIL/AA==" })
    );
    assert!(
        posts[2]["account"]["private_key"]["value"]
            .as_str()
            .unwrap()
            .contains("hunter2-key\n")
    );
    assert_eq!(
        posts[3]["to"],
        json!({ "kind": "webhook", "url": { "value": "hunter2-env" }, "secret": { "value": "hunter2-exec" } })
    );
    assert!(!sent.iter().any(|(_, path, _)| path.contains("hunter2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_read_stops_before_anything_is_sent() {
    let (url, sent) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("writeback.toml");
    std::fs::write(&config, CONFIG).unwrap();
    std::fs::write(folder.path().join("app.pfx"), "hunter2").unwrap();
    let config = config.to_str().unwrap();
    let cases: [(&str, &str); 4] = [
        (
            "kept",
            "`client_secret`: the vault's entry `domo` is not read by this command",
        ),
        ("sharepoint", "is open to others"),
        ("nobody", "has no account `nobody`"),
        (
            "domo",
            "`client_secret`: the environment variable `DOMO_SECRET` is not set",
        ),
    ];
    for (name, text) in cases {
        let said = said(
            &["--server", &url, "account", "put", name, config],
            &VARIABLES[..2],
        )
        .await;
        assert!(
            said.code == 2 && said.err.contains(text) && said.err.contains("\nhint: "),
            "{name}: {said:?}"
        );
        assert!(!said.whole().contains("hunter2"), "{said:?}");
    }
    assert!(
        sent.lock()
            .unwrap()
            .iter()
            .all(|(method, _, _)| method == "GET")
    );
}
