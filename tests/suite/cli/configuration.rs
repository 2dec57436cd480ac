//! Configurations that are wrong, and secrets that are not where the configuration says.

use super::{Desk, says};

const WRONG: &str = r#"
[accounts.domo]
kind = "domo"
client_id = ""
client_secret = "in-clear-text"
scopes = ["data"]

[accounts.sharepoint]
kind = "entra"
tenant = "common"
client_id = "31f5ff1c-5f3c-4a33-8c0b-6a1f54b1e001"
client_secret = { env = "SHAREPOINT_CLIENT_SECRET" }
cloud = "gcc"
hosts = ["*.sharepoint.com", "http://contoso.sharepoint.com"]
[accounts.sharepoint.endpoints]
graph = "http://graph.microsoft.com/v1.0"

[accounts.other]
kind = "doma"

[egress]
allow_addresses = ["localhost:8080"]

[limits]
memory = 0
wall_secs = 5

[stat]
"#;

#[test]
fn a_missing_one_says_how_to_come_by_one() {
    assert_eq!(says("config-missing", &["run", "job.toml"]).code, 2);
    let named = ["--config", "elsewhere.toml", "browse", "sites"];
    assert_eq!(says("config-missing-named", &named).code, 2);
}

#[test]
fn a_flag_outranks_the_environment_and_that_the_default() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let named = |arguments: &[&str]| {
        let mut command = crate::command::command(folder.path(), arguments);
        command.env("WRITEBACK_CONFIG", "environment.toml");
        let output = command.output().expect("the command starts");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(named(&["run", "job.toml"]).contains("at `environment.toml`"));
    assert!(named(&["run", "job.toml", "--config", "flag.toml"]).contains("at `flag.toml`"));
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let stderr = |arguments: &[&str]| crate::command::writeback(folder.path(), arguments).stderr;
    assert!(!stderr(&["run", "job.toml"]).contains('\u{1b}'));
    assert!(stderr(&["run", "job.toml", "--color", "always"]).contains('\u{1b}'));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_at_once() {
    let desk = Desk::start().await;
    desk.write("writeback.toml", WRONG);
    let said = desk
        .says("config-problems", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 2);
    assert!(!said.whole().contains("in-clear-text"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_problem_is_one_line() {
    let desk = Desk::start().await;
    desk.edit("writeback.toml", "tenant =", "tennant =");
    desk.edit("writeback.toml", "[egress]", "[egress]\nca_files = \"x\"");
    let said = desk
        .says("config-unknown-key", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 2);
    desk.write("writeback.toml", "[accounts.domo]\nkind = domo\n");
    let said = desk
        .says("config-syntax", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_needs_an_account_of_its_kind() {
    let desk = Desk::start().await;
    desk.write("writeback.toml", "");
    let said = desk
        .says("config-no-account", &["browse", "datasets"])
        .await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_must_be_there_and_kept_from_others() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::start().await;
    let file = desk.folder().join("domo-secret");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("the mode");
    let said = desk
        .says("secret-for-everyone", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);

    desk.edit(
        "writeback.toml",
        r#"{ file = "domo-secret" }"#,
        r#"{ env = "DOMO_CLIENT_SECRET" }"#,
    );
    let said = desk
        .says("secret-unset", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
}
