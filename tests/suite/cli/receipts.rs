//! `run` that goes well: the receipt, for people and for programs, and how much is told beside it.

use serde_json::Value;

use super::{Desk, compare, says};
use crate::command;

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_for_people() {
    let desk = Desk::start().await;
    let said = desk.says("run", &["run", "daily-sales.toml"]).await;
    assert_eq!(said.code, 0);
    let again = desk.says("run-again", &["run", "daily-sales.toml"]).await;
    assert!(again.stdout.starts_with("replaced "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_for_programs() {
    let desk = Desk::start().await;
    let arguments = ["run", "daily-sales.toml", "--report", "json"];
    let said = desk.says_json("run-json", &arguments).await;
    assert_eq!((said.code, said.stdout.lines().count()), (0, 1));
    let schema = serde_json::from_str(&crate::docs::read("docs/schema/receipt.json"));
    let schema = jsonschema::validator_for(&schema.expect("JSON")).expect("a schema");
    let receipt = serde_json::from_str(&said.stdout).expect("JSON");
    schema.validate(&receipt).expect("what the schema says");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_with_warnings_tells_them_once() {
    let desk = Desk::start().await;
    desk.job_for("salaries.toml", "pdp");
    let said = desk.says("run-warning", &["run", "salaries.toml"]).await;
    assert_eq!(said.code, 0);
    assert_eq!(said.whole().matches("warning:").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_session_and_a_new_name() {
    let desk = Desk::start().await;
    desk.run(&["run", "daily-sales.toml"]).await;
    let arguments = [
        "run",
        "daily-sales.toml",
        "--set",
        "upload.simple_limit=0",
        "--set",
        "sharepoint.if_exists=rename",
    ];
    let said = desk.says("run-session-rename", &arguments).await;
    assert_eq!(said.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_leaves_the_receipt_alone() {
    let desk = Desk::start().await;
    let said = desk
        .says("run-quiet", &["run", "--quiet", "daily-sales.toml"])
        .await;
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn verbose_tells_more_on_stderr_alone() {
    let desk = Desk::start().await;
    let plain = desk.run(&["run", "daily-sales.toml"]).await;
    let said = desk
        .says("run-verbose", &["run", "-v", "daily-sales.toml"])
        .await;
    assert_eq!(said.stdout.lines().count(), plain.stdout.lines().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_from_stdin() {
    let desk = Desk::start().await;
    let job = std::fs::read_to_string(desk.folder().join("daily-sales.toml")).expect("the job");
    let said = command::run_with_input(desk.folder(), &["run", "-"], &job).await;
    compare("run-stdin", desk.folder(), &["run", "-"], &said.whole());
    assert_eq!(said.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_job_does_not_stop_the_next() {
    let desk = Desk::start().await;
    desk.job_for("deleted.toml", "deleted");
    desk.edit("deleted.toml", "daily sales", "last week's");
    let jobs = ["run", "deleted.toml", "absent.toml", "daily-sales.toml"];
    let said = desk.says("run-many", &jobs).await;
    assert_eq!(said.code, 2, "the worst of all");
    assert!(said.stdout.starts_with("created daily sales"));

    let arguments = [&jobs[..], &["--report", "json", "--quiet"]].concat();
    let said = desk.says_json("run-many-json", &arguments).await;
    let outcomes: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["failed", "failed", "replaced"]);
}

#[test]
fn the_demo_shows_and_proves() {
    let said = says("demo", &["demo", "--rows", "500"]);
    assert_eq!(said.code, 0);
    let said = says("demo-quiet", &["demo", "--rows", "500", "--quiet"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
}
