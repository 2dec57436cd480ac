//! The accounts: what is listed, and never a value.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::Desk;
use crate::command;

/// One of each kind and of each source.
const MANY: &str = r#"
[accounts.domo]
kind = "domo"
client_id = "4c1f2a90"
client_secret = { env = "DOMO_CLIENT_SECRET" }
instance = "acme"
developer_token = { exec = ["printf", "%s", "hunter2"] }

[accounts.certified]
kind = "entra"
tenant = "contoso.onmicrosoft.com"
client_id = "31f5ff1c"
certificate = { file = "domo-secret" }
certificate_password = { vault = "certified.password" }

[accounts.federated]
kind = "entra"
tenant = "contoso.onmicrosoft.com"
client_id = "31f5ff1c"
federated_token = "token"

[accounts.person]
kind = "entra"
tenant = "contoso.onmicrosoft.com"
client_id = "31f5ff1c"
sign_in = "user"

[vault]
file = "secrets.age"
identity = "identity"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_where_secrets_are() {
    let desk = Desk::start().await;
    assert_eq!(
        desk.says("account-list", &["account", "list"]).await.code,
        0
    );

    desk.write("writeback.toml", MANY);
    let said = desk.says("account-list-many", &["account", "list"]).await;
    assert!(said.code == 0 && !said.whole().contains("hunter2"));
    let said = desk
        .says_json("account-list-json", &["account", "list", "--json"])
        .await;
    assert!(said.code == 0 && !said.whole().contains("hunter2"));

    desk.write("writeback.toml", "");
    let said = desk.says("account-list-none", &["account", "list"]).await;
    assert_eq!(said.code, 0);
}

/// What `account add` is told of the ready SharePoint account, but for its name.
fn sharepoint(desk: &Desk) -> Vec<String> {
    let described = desk.cloud.description();
    let (id, upload) = (&described.entra_client.id, &described.upload);
    let host = upload.trim_start_matches("http://");
    [
        "--kind",
        "entra",
        "--tenant",
        &described.tenant,
        "--client-id",
        id,
        "--host",
        "contoso.sharepoint.com",
        "--host",
        host,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_from_stdin_goes_into_the_vault_and_signs_in() {
    let desk = Desk::start().await;
    let (id, secret) = {
        let client = &desk.cloud.description().domo_client;
        (client.id.clone(), client.secret.clone())
    };
    let removed = desk.run(&["account", "remove", "domo", "--yes"]).await;
    assert_eq!(removed.code, 0, "{}", removed.whole());
    let add = [
        "account",
        "add",
        "domo",
        "--kind",
        "domo",
        "--client-id",
        &id,
        "--secret-stdin",
    ];
    let said = command::run_with_input(desk.folder(), &add, &format!("{secret}\n")).await;
    super::compare("account-add-stdin", desk.folder(), &add, &said.whole());
    assert_eq!(said.code, 0);
    let endpoint = format!(
        "\n[accounts.domo.endpoints]\napi = \"{}\"\n",
        desk.cloud.description().domo
    );
    let text = fs::read_to_string(desk.folder().join("writeback.toml")).expect("the configuration");
    assert!(
        text.contains("client_secret = { vault = \"domo.client_secret\" }"),
        "{text}"
    );
    desk.write("writeback.toml", &(text + &endpoint));
    assert_eq!(desk.run(&["run", "daily-sales.toml"]).await.code, 0);
    desk.says("account-list-vault", &["account", "list"]).await;
    for name in [
        "writeback.toml",
        "secrets.age",
        ".config/writeback/identity",
    ] {
        let bytes = fs::read(desk.folder().join(name)).expect(name);
        assert!(!String::from_utf8_lossy(&bytes).contains(&secret), "{name}");
    }
    let again = command::run_with_input(desk.folder(), &add, "x").await;
    assert_eq!(again.code, 2);
    desk.says(
        "account-remove-vault",
        &["account", "remove", "domo", "--yes"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_added_with_the_place_of_its_secret() {
    let desk = Desk::start().await;
    let mut add = vec!["account", "add", "printed"];
    let typed = sharepoint(&desk);
    add.extend(typed.iter().map(String::as_str));
    add.extend(["--secret-exec", "cat sharepoint-secret"]);
    assert_eq!(desk.run(&add).await.code, 0);
    let endpoints = format!(
        "\n[accounts.printed.endpoints]\nlogin = \"{}\"\ngraph = \"{}\"\n",
        desk.cloud.description().login,
        desk.cloud.description().graph
    );
    let text = fs::read_to_string(desk.folder().join("writeback.toml")).expect("the configuration");
    desk.write("writeback.toml", &(text + &endpoints));
    let said = desk.run(&["account", "test", "printed"]).await;
    assert_eq!(said.code, 0, "{}", said.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_lacks_is_told_at_once_and_nothing_is_written() {
    let desk = Desk::start().await;
    let before =
        fs::read_to_string(desk.folder().join("writeback.toml")).expect("the configuration");
    let said = desk
        .says(
            "account-add-lacks",
            &["account", "add", "other", "--kind", "entra"],
        )
        .await;
    assert_eq!(said.code, 2);
    let said = desk
        .says("account-remove-asks", &["account", "remove", "domo"])
        .await;
    assert_eq!(said.code, 2);
    let after =
        fs::read_to_string(desk.folder().join("writeback.toml")).expect("the configuration");
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_prints_no_secret_is_told() {
    let desk = Desk::start().await;
    desk.edit(
        "writeback.toml",
        "client_secret = { file = \"domo-secret\" }",
        "client_secret = { exec = [\"false\"] }",
    );
    let said = desk
        .says("run-exec-fails", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
    desk.edit("writeback.toml", "exec = [\"false\"]", "keyring = \"domo\"");
    let said = desk.run(&["run", "daily-sales.toml"]).await;
    assert_eq!(said.code, 4);
    assert!(
        said.stderr.contains("keyring") && said.stderr.contains("hint:"),
        "{}",
        said.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_core_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut child = command::command(folder.path(), &["simulate", "--rows", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("the description");
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("its limits");
    child.kill().expect("killed");
    child.wait().expect("its end");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("the limit");
    assert_eq!(core.split_whitespace().rev().nth(1), Some("0"), "{core}");
}
