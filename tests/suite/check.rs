//! `check`: everything that can be seen of a job's chances, without writing anything.

use serde_json::{Value, json};
use writeback_cloud::Service;

use crate::world::World;

const CHECKS: [&str; 12] = [
    "domo-sign-in",
    "dataset",
    "owner",
    "pdp",
    "sharepoint-sign-in",
    "permissions",
    "site",
    "library",
    "folder",
    "filename",
    "existing-file",
    "upload-session",
];

async fn report(world: &World, job: &Value) -> Value {
    world.check(job).await.expect("a report")
}

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("findings");
    let found = findings.iter().find(|finding| finding["check"] == check);
    found.expect("the check is in the report")
}

/// Asserts how a check ended and parts of what it says, hint included.
fn found(report: &Value, check: &str, status: &str, parts: &[&str]) {
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

fn failed(report: &Value) -> Vec<&str> {
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
async fn each_thing_that_is_wrong_with_domos_side_is_found() {
    for (kind, key, rule, check, parts) in [
        (
            "deleted",
            "rows",
            "strict",
            "dataset",
            ["was deleted", "choose another DataSet"],
        ),
        (
            "inaccessible",
            "rows",
            "strict",
            "dataset",
            ["Access is denied", "share the DataSet"],
        ),
        (
            "foreign",
            "owner",
            "enforce",
            "owner",
            ["is not the owner", "owner = \"warn\""],
        ),
        ("pdp", "pdp", "refuse", "pdp", ["(PDP)", "pdp = \"allow\""]),
    ] {
        let world = World::start().await;
        let mut job = world.job_for(kind);
        job["domo"][key] = json!(rule);
        let report = report(&world, &job).await;
        found(&report, check, "failed", &parts);
        assert_eq!(failed(&report), [check], "the rest was still seen");
        found(&report, "library", "ok", &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_is_wrong_with_sharepoints_side_is_found() {
    let world = World::start().await;
    for (key, value, check, part) in [
        (
            "site",
            json!("https://contoso.sharepoint.com/sites/Nonesuch"),
            "site",
            "404",
        ),
        (
            "site",
            json!({ "search": "Marketing" }),
            "site",
            "MarketingAsia",
        ),
        (
            "library",
            json!("Nonesuch"),
            "library",
            "it has `Documents`, `Reports Archive`",
        ),
        (
            "create_folders",
            json!(false),
            "folder",
            "`Root` has no `Reports`",
        ),
    ] {
        let mut job = world.job();
        job["sharepoint"][key] = value;
        let report = report(&world, &job).await;
        found(&report, check, "failed", &[part]);
        assert_eq!(failed(&report), [check]);
        found(&report, "dataset", "ok", &[]);
        found(
            &report,
            "existing-file",
            "not-checked",
            &["an earlier check has to succeed first"],
        );
    }
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_ends_its_side_alone() {
    let mut world = World::start().await;
    let (domo, entra) = (
        world.cloud.description().domo_client.clone(),
        world.cloud.description().entra_client.clone(),
    );
    world.use_client("domo", &domo.id, "wrong-secret-of-domo");
    let of_domo = report(&world, &world.job()).await;
    found(
        &of_domo,
        "domo-sign-in",
        "failed",
        &["401", "client_secret"],
    );
    found(&of_domo, "dataset", "not-checked", &["an earlier check"]);
    found(&of_domo, "site", "ok", &[]);

    world.use_client("domo", &domo.id, &domo.secret);
    world.use_client("sharepoint", &entra.id, "wrong-secret-of-entra");
    let of_entra = report(&world, &world.job()).await;
    found(
        &of_entra,
        "sharepoint-sign-in",
        "failed",
        &["AADSTS7000215", "Value"],
    );
    found(&of_entra, "site", "not-checked", &["an earlier check"]);
    found(&of_entra, "dataset", "ok", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_missing_from_the_token_are_named() {
    let mut world = World::start().await;
    for (app, status, parts) in [
        (
            "no-roles",
            "failed",
            ["no permissions at all", "Sites.ReadWrite.All"],
        ),
        (
            "read-only",
            "failed",
            ["Sites.Read.All", "grant the application"],
        ),
        (
            "sites-selected",
            "warning",
            ["granted one by one", "POST /sites/{site-id}/permissions"],
        ),
    ] {
        world.sign_in_to_sharepoint_as(app);
        let report = report(&world, &world.job()).await;
        found(&report, "permissions", status, &parts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_do_not_fail_a_job() {
    let world = World::start().await;
    let mut job = world.job_for("foreign");
    job["sharepoint"]["filename"] = json!("dataset-name");
    let of_owner = report(&world, &job).await;
    found(
        &of_owner,
        "owner",
        "warning",
        &["is not the owner", "co-owners cannot be seen"],
    );
    let mut job = world.job_for("hard-name");
    job["sharepoint"]["filename"] = json!("dataset-name");
    let of_name = report(&world, &job).await;
    found(
        &of_name,
        "filename",
        "warning",
        &["became the file name `Sales_ Q3 _ _North__.csv`"],
    );
    found(
        &report(&world, &world.job_for("pdp")).await,
        "pdp",
        "warning",
        &["*all* rows"],
    );
    assert_eq!(
        (&of_owner["ok"], &of_name["ok"]),
        (&json!(true), &json!(true))
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
