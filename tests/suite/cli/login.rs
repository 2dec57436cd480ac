//! `account test`, `account login` and `account logout`: what they say, and that runs act for the user from then on.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::json;

use super::Desk;
use crate::{command, plain};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tested() {
    let desk = Desk::start().await;
    desk.says("account-test-domo", &["account", "test", "domo"])
        .await;
    desk.says(
        "account-test-sharepoint",
        &["account", "test", "sharepoint"],
    )
    .await;
    desk.says_json(
        "account-test-json",
        &["account", "test", "sharepoint", "--json"],
    )
    .await;
    let said = desk
        .says("account-test-unknown", &["account", "test", "sharepiont"])
        .await;
    assert_eq!(said.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_for_a_writeback_is_told() {
    let desk = Desk::start().await;
    desk.sign_in_to_sharepoint_as("read-only");
    let said = desk
        .says("account-test-read-only", &["account", "test", "sharepoint"])
        .await;
    assert_eq!(said.code, 1);
    desk.write("domo-secret", "not-the-secret");
    let said = desk
        .says("account-test-refused", &["account", "test", "domo"])
        .await;
    assert_eq!(said.code, 4);
}

impl Desk {
    /// The SharePoint account acts for a user.
    fn act_for_a_user(&self) {
        self.edit(
            "writeback.toml",
            "client_secret = { file = \"sharepoint-secret\" }",
            "sign_in = \"user\"",
        );
    }

    /// Starts a sign-in and waits for the line on stderr that `find` finds something in.
    fn begin(&self, arguments: &[&str], find: impl Fn(&str) -> Option<String>) -> (Child, String) {
        let mut child = command::command(self.folder(), arguments)
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let stderr = child.stderr.take().expect("a pipe");
        let mut lines = BufReader::new(stderr).lines();
        let found = lines
            .find_map(|line| find(&line.expect("a line")))
            .expect("the line");
        // What it says after that fits into the pipe, whose other end stays open.
        std::mem::forget(lines);
        (child, found)
    }

    async fn test_account(&self) -> String {
        self.run(&["account", "test", "sharepoint"]).await.stdout
    }
}

const BROWSER: &[&str] = &["account", "login", "sharepoint", "--browser"];

fn a_page(line: &str) -> Option<String> {
    line.starts_with("http").then(|| line.to_owned())
}

/// What a browser does with the page: goes there, and comes back to where it is sent.
fn come_back(page: &str) -> plain::Reply {
    let back = plain::get(page).location.expect("a redirect");
    assert!(back.starts_with("http://localhost:"), "{back}");
    plain::get(&back)
}

async fn ended(mut child: Child) -> i32 {
    let waited = tokio::task::spawn_blocking(move || child.wait());
    let status = waited.await.expect("no panic").expect("a status");
    status.code().expect("not killed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_by_device_code_and_out_again() {
    let desk = Desk::start().await;
    desk.act_for_a_user();
    let said = desk
        .says("run-before-login", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
    let login = ["account", "login", "sharepoint"];
    let (child, code) = desk.begin(&login, |line| {
        let (_, rest) = line.split_once("enter the code ")?;
        Some(rest.split(' ').next()?.to_owned())
    });
    let url = format!("{}/device/approve", desk.cloud.description().control);
    assert_eq!(plain::post(&url, &json!({ "user_code": code })).status, 200);
    assert_eq!(ended(child).await, 0);
    assert!(desk.test_account().await.contains("Sites.ReadWrite.All"));
    assert_eq!(desk.run(&["run", "daily-sales.toml"]).await.code, 0);
    desk.says("account-logout", &["account", "logout", "sharepoint"])
        .await;
    desk.says("account-logout-again", &["account", "logout", "sharepoint"])
        .await;
    assert!(desk.test_account().await.contains("nobody has signed in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_in_a_browser() {
    let desk = Desk::start().await;
    desk.act_for_a_user();
    let (child, page) = desk.begin(BROWSER, a_page);
    assert!(come_back(&page).body.contains("You are signed in"));
    assert_eq!(ended(child).await, 0);
    assert!(desk.test_account().await.contains("Sites.ReadWrite.All"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_no_in_the_browser_is_not_signed_in() {
    let desk = Desk::start().await;
    desk.act_for_a_user();
    let control = &desk.cloud.description().control;
    plain::post(&format!("{control}/sign-in"), &json!({"declines": true}));
    let (child, page) = desk.begin(BROWSER, a_page);
    assert!(come_back(&page).body.contains("You are not signed in"));
    assert_eq!(ended(child).await, 4);
    assert!(desk.test_account().await.contains("nobody has signed in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_account_for_users_takes_a_sign_in() {
    let desk = Desk::start().await;
    let said = desk
        .says("account-login-app", &["account", "login", "sharepoint"])
        .await;
    assert_eq!(said.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_never_lose_the_newest_refresh_token() {
    let desk = Desk::start().await;
    desk.act_for_a_user();
    let (child, page) = desk.begin(BROWSER, a_page);
    come_back(&page);
    assert_eq!(ended(child).await, 0);
    for _ in 0..3 {
        let (one, two) = tokio::join!(desk.test_account(), desk.test_account());
        for said in [one, two] {
            assert!(said.contains("Sites.ReadWrite.All"), "{said}");
        }
    }
}
