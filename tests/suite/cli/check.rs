//! `check`: one line a finding, and the line of configuration that is missing.

use super::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stands_in_the_way() {
    let desk = Desk::start().await;
    let said = desk.says("check", &["check", "daily-sales.toml"]).await;
    assert_eq!(said.code, 0);
    assert!(desk.cloud.state().graph.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_opens_a_session_and_closes_it() {
    let desk = Desk::start().await;
    let said = desk
        .says("check-probe", &["check", "--probe", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 0);
    assert_eq!(desk.cloud.state().graph.open_sessions(), 0);
    assert!(desk.cloud.state().graph.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_for_programs() {
    let desk = Desk::start().await;
    let arguments = ["check", "daily-sales.toml", "--report", "json", "--quiet"];
    let said = desk.says_json("check-json", &arguments).await;
    assert_eq!((said.code, said.stdout.lines().count()), (0, 1));
    let report = serde_json::from_str(&said.stdout).expect("JSON");
    crate::docs::assert_valid("check", &report);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_has_a_hint() {
    let desk = Desk::start().await;
    desk.job_for("secret.toml", "inaccessible");
    desk.edit("secret.toml", "Documents", "Dokuments");
    let said = desk.says("check-failed", &["check", "secret.toml"]).await;
    assert_eq!(said.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_deserves_a_look_is_a_warning() {
    let desk = Desk::start().await;
    desk.job_for("salaries.toml", "pdp");
    desk.sign_in_to_domo_as("participant");
    let said = desk
        .says("check-warnings", &["check", "salaries.toml"])
        .await;
    assert_eq!(said.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_seen_without_writing() {
    let desk = Desk::start().await;
    desk.sign_in_to_sharepoint_as("read-only");
    let said = desk
        .says("check-read-only", &["check", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_hosts_come_with_the_whole_line() {
    let desk = Desk::start().await;
    desk.edit("writeback.toml", "\"contoso.sharepoint.com\", ", "");
    let said = desk
        .says("check-hosts", &["check", "daily-sales.toml", "--probe"])
        .await;
    assert_eq!(said.code, 2);
}
