//! `check`: everything that can be seen of a job's chances, without writing anything.

use serde_json::{Value, json};
use writeback_cloud::Service;

use crate::world::World;

const CHECKS: [&str; 13] = [
    "domo-sign-in",
    "dataset",
    "owner",
    "pdp",
    "guard",
    "sharepoint-sign-in",
    "permissions",
    "site",
    "library",
    "folder",
    "filename",
    "existing-file",
    "upload-session",
];

/// Checks the job.
pub async fn report(world: &World, job: &Value) -> Value {
    world.check(job).await.expect("a report")
}

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("findings");
    let found = findings.iter().find(|finding| finding["check"] == check);
    found.expect("the check is in the report")
}

/// Asserts how a check ended and parts of what it says, hint included.
pub fn found(report: &Value, check: &str, status: &str, parts: &[&str]) {
    let finding = finding(report, check);
    assert_eq!(finding["status"], status, "{finding:#}");
    let text = format!(
        "{}\n{}",
        finding["message"].as_str().expect("a message"),
        finding["hint"].as_str().unwrap_or_default()
    );
    for part in parts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    assert_eq!(report["ok"], json!(failed(report).is_empty()));
}

/// The checks that failed.
pub fn failed(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    let failed = findings
        .iter()
        .filter(|finding| finding["status"] == "failed");
    failed
        .filter_map(|finding| finding["check"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_job_passes_in_a_fixed_order_and_nothing_is_written() {
    let world = World::start().await;
    let report = report(&world, &world.job()).await;
    let order: Vec<&Value> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| &finding["check"])
        .collect();
    assert_eq!(order, CHECKS);
    assert_eq!(
        (&report["ok"], &report["job"]),
        (&json!(true), &json!("daily sales"))
    );
    found(&report, "domo-sign-in", "ok", &["964382593", "Privileged"]);
    found(
        &report,
        "dataset",
        "ok",
        &["`Daily sales` has 1000 rows and 8 columns"],
    );
    found(&report, "owner", "ok", &[]);
    found(&report, "pdp", "ok", &["no personalized data permissions"]);
    found(&report, "sharepoint-sign-in", "ok", &[]);
    found(&report, "permissions", "ok", &["Sites.ReadWrite.All"]);
    found(
        &report,
        "site",
        "ok",
        &["`Finance` at https://contoso.sharepoint.com/sites/Finance"],
    );
    found(&report, "library", "ok", &["`Documents` at "]);
    found(
        &report,
        "folder",
        "ok",
        &["`Root` exists; `Reports/Daily` will be created below it"],
    );
    found(&report, "filename", "ok", &["`sales.csv`"]);
    found(&report, "existing-file", "ok", &["the name is free"]);
    found(&report, "upload-session", "not-checked", &["`--probe`"]);
    assert_eq!(report["upload_hosts"], json!(["contoso.sharepoint.com"]));

    assert!(world.writes().is_empty(), "{:?}", world.writes());
    let reads = |request: &writeback_cloud::LogEntry| {
        request.method == "GET" || request.path.ends_with("/token")
    };
    assert!(world.requests().iter().all(reads));
    assert!(
        world.sent("GET", "/data?").is_empty(),
        "nothing was exported"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_opens_a_session_and_deletes_it() {
    let world = World::start().await;
    world.receipt(&world.job()).await;
    let before = world.writes().len();
    let mut job = world.job();
    job["probe"] = json!(true);
    let report = report(&world, &job).await;
    found(&report, "upload-session", "ok", &["opened and deleted"]);
    let writes: Vec<(Service, String)> = world
        .writes()
        .split_off(before)
        .into_iter()
        .map(|write| (write.service, write.method))
        .collect();
    assert_eq!(
        writes,
        [
            (Service::Graph, "POST".to_owned()),
            (Service::Upload, "DELETE".to_owned())
        ]
    );
    assert_eq!(world.cloud.state().graph.open_sessions(), 0);
    assert_eq!(world.files()[0].versions, 1, "the file is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_finds_the_missing_right_and_the_missing_host() {
    let mut world = World::start().await;
    world.receipt(&world.job()).await;
    let mut job = world.job();
    job["probe"] = json!(true);
    world.configure(|config| {
        config["accounts"]["sharepoint"]["hosts"] = json!(["contoso.sharepoint.com"])
    });
    let upload = world.cloud.description().upload.clone();
    let report_of_host = report(&world, &job).await;
    found(
        &report_of_host,
        "upload-session",
        "failed",
        &["denied", &upload, "hosts = ["],
    );

    world.sign_in_to_sharepoint_as("read-only");
    let report = report(&world, &job).await;
    found(
        &report,
        "permissions",
        "failed",
        &["Sites.Read.All, which does not allow a write"],
    );
    found(
        &report,
        "upload-session",
        "failed",
        &["403", "Sites.ReadWrite.All"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exists_is_told_for_either_mode() {
    let world = World::start().await;
    world.receipt(&world.job()).await;
    let mut job = world.job();
    let replaced = report(&world, &job).await;
    found(&replaced, "folder", "ok", &["`Reports/Daily` exists"]);
    found(
        &replaced,
        "existing-file",
        "ok",
        &["`sales.csv` exists and will get a new version"],
    );
    job["sharepoint"]["if_exists"] = json!("rename");
    found(
        &report(&world, &job).await,
        "existing-file",
        "ok",
        &["`sales.csv` exists, so the file gets a number"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_with_problems_is_no_report() {
    let world = World::start().await;
    let mut job = world.job();
    job["domo"]["dataset"] = json!("x");
    let failure = crate::world::failure(world.check(&job).await);
    crate::trouble::says(&failure, "job-invalid", &["`domo.dataset`"]);
    assert!(world.requests().is_empty());
}
