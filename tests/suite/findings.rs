//! `check`: each thing that is wrong is found, and hides nothing of what does not depend on it.

use serde_json::json;

use crate::check::{failed, found, report};
use crate::world::World;

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
            ["granted one by one", "--probe"],
        ),
    ] {
        world.sign_in_to_sharepoint_as(app);
        let report = report(&world, &world.job()).await;
        found(&report, "permissions", status, &parts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_shows_that_a_selected_site_is_granted() {
    let mut world = World::start().await;
    world.sign_in_to_sharepoint_as("sites-selected");
    let mut job = world.job();
    job["probe"] = json!(true);

    let report = report(&world, &job).await;

    found(&report, "permissions", "ok", &["granted one by one"]);
    found(&report, "upload-session", "ok", &["opened and deleted"]);
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
async fn a_failed_check_tells_what_the_job_would_fail_with() {
    let world = World::start().await;
    let report = report(&world, &world.job_for("deleted")).await;
    let job = world.failure(&world.job_for("deleted")).await;
    let findings = report["findings"].as_array().expect("findings");
    let dataset = &findings[1];
    assert_eq!(dataset["check"], json!("dataset"));
    assert_eq!(dataset["code"], json!(job.code));
    assert_eq!(dataset["message"], json!(job.message));
    assert_eq!(dataset["hint"], json!(job.hint));
    assert!(
        findings
            .iter()
            .all(|finding| { finding["status"] == "failed" || finding["code"].is_null() })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_too_long_is_found() {
    let world = World::start().await;
    let mut job = world.job();
    job["sharepoint"]["filename"] = json!({ "custom": "x".repeat(200) });
    job["sharepoint"]["folder"] = json!(format!("{}/{}", "y".repeat(100), "z".repeat(100)));
    let report = report(&world, &job).await;
    found(
        &report,
        "filename",
        "failed",
        &["SharePoint holds at most 400"],
    );
}
