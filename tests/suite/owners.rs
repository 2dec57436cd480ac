//! The owner rule with the company's own Domo in reach: co-owners are seen, by themselves and by group.

use serde_json::json;

use crate::world::{World, write_secret};

/// A world whose Domo account reaches the company's own Domo.
async fn world(token: Option<&str>) -> (World, tempfile::TempDir) {
    let mut world = World::start().await;
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("developer-token");
    let described = world.cloud.description().clone();
    write_secret(&file, token.unwrap_or(&described.domo_developer_token));
    world.configure(|config| {
        let domo = &mut config["accounts"]["domo"];
        domo["instance"] = json!("acme");
        domo["developer_token"] = json!({ "file": file });
        domo["endpoints"]["instance"] = json!(described.domo);
    });
    (world, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_co_owner_satisfies_the_rule_and_whoever_is_none_is_refused() {
    let (mut world, _folder) = world(None).await;
    let mut job = world.job_for("foreign");
    job["domo"]["owner"] = json!("enforce");
    assert_eq!(world.receipt(&job).await["warnings"], json!([]));
    assert_eq!(world.sent("GET", "/permissions").len(), 1);
    world.sign_in_to_domo_as("participant");
    let parts = [
        "is not among the owners and co-owners",
        "(Dana Else)",
        "(Ada Owner)",
    ];
    world.refuses(&job, "not-owner", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_owns_is_looked_into_where_the_client_may() {
    let (mut world, _folder) = world(None).await;
    let mut job = world.job_for("ownerless");
    job["domo"]["owner"] = json!("enforce");
    assert_eq!(world.receipt(&job).await["warnings"], json!([]));
    world.sign_in_to_domo_as("data-only");
    world
        .refuses(&job, "not-owner", &["(Finance)", "scope `user`"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_developer_token_is_told_and_not_shown() {
    let (world, _folder) = world(Some("DDCIwrong-token")).await;
    let mut job = world.job_for("foreign");
    job["domo"]["owner"] = json!("enforce");
    let failure = world
        .refuses(
            &job,
            "sign-in-domo",
            &["Domo answered 401", "`developer_token`"],
        )
        .await;
    assert!(!format!("{failure:?}").contains("DDCIwrong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tested_as_far_as_its_owners() {
    let (world, _folder) = world(None).await;
    let answer = world
        .browse(&json!({"kind": "account", "account": "domo"}))
        .await
        .expect("an answer");
    let statuses: Vec<_> = answer["items"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|item| &item["status"])
        .collect();
    assert_eq!(statuses, ["ok", "ok", "ok"], "{answer:#}");
}
