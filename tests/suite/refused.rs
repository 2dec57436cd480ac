//! Refusals: which are waited for, which are answered with a new token, and which stand.

use serde_json::json;

use crate::sized::GRID;
use crate::trouble::{status, warns};
use crate::world::World;

const SITE: &str = "GET graph /sites/contoso.sharepoint.com:/sites/Finance?";
const PUT: &str = "PUT graph :/content";

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_token_is_renewed_once_and_no_second_time() {
    let refusal = status(401, "", "InvalidAuthenticationToken");
    let world = World::start().await;
    world.fault(SITE, 1, 1, &refusal);
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.sent("POST", "/oauth2/v2.0/token").len(), 2);
    assert_eq!(receipt["attempts"]["waited_ms"], json!(0));

    world.fault(SITE, 1, 0, &refusal);
    let parts = [
        "401 `InvalidAuthenticationToken`",
        "2 attempts",
        "tenant and cloud",
    ];
    world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;
    assert_eq!(world.sent("POST", "/oauth2/v2.0/token").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_refused_says_why() {
    let world = World::start().await;
    world.fault(SITE, 1, 1, &status(401, "", "InvalidAuthenticationToken"));
    let gone = "{ status = { status = 401, body = { error = \"invalid_client\", error_description = \"AADSTS7000222: The provided client secret keys are expired.\" } } }";
    world.fault("POST login /token", 2, 0, gone);
    let parts = ["AADSTS7000222", "the client secret has expired"];
    world
        .refuses(&world.job(), "sign-in-sharepoint", &parts)
        .await;
    assert_eq!(world.fired("status-401"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_forgotten_by_the_service_is_renewed() {
    let world = World::start().await;
    world.receipt(&world.job()).await;
    assert!(world.cloud.state().tokens.forget_all() >= 2);
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(receipt["outcome"], json!("replaced"));
    assert_eq!(
        receipt["attempts"]["retries"],
        json!(2),
        "one for each service"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_use_is_waited_for_and_told() {
    let world = World::start().await;
    world.receipt(&world.job()).await;
    assert!(
        world
            .cloud
            .state()
            .graph
            .set_lock("Finance/Documents/Reports/Daily/sales.csv", true)
    );
    let parts = [
        "423",
        "in 5 min; it stayed locked for 5 min",
        "close the file where it is open or checked out",
    ];
    let failure = world.refuses(&world.job(), "file-locked", &parts).await;
    assert_eq!(failure.retry_after, Some(300));

    let world = World::start().await;
    world.fault(PUT, 1, 1, &status(423, "", "resourceLocked"));
    world.landed_once(&world.receipt(&world.job()).await);
    assert_eq!(world.fired("status-423"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_use_may_be_left_for_a_numbered_one() {
    for limit in [0, 10_000_000] {
        let world = World::start().await;
        world.receipt(&world.job()).await;
        let path = "Finance/Documents/Reports/Daily/sales.csv";
        let before = world.file(path);
        assert!(world.cloud.state().graph.set_lock(path, true));
        let mut job = world.job();
        job["upload"] = json!({ "simple_limit": limit });
        job["sharepoint"]["if_locked"] = json!("rename");
        job["sharepoint"]["lock_wait_seconds"] = json!(20);
        let receipt = world.receipt(&job).await;
        assert_eq!(receipt["outcome"], json!("renamed"));
        assert_eq!(receipt["file"]["name"], json!("sales 1.csv"));
        warns(
            &receipt,
            &["sales.csv` is locked, so the file is `sales 1.csv`", "423"],
        );
        let written = world.file("Finance/Documents/Reports/Daily/sales 1.csv");
        assert_eq!(json!(written.quick_xor_hash), receipt["export"]["quickxor"]);
        assert_eq!(world.file(path).versions, before.versions);
        assert_eq!(world.files().len(), 2);
        assert_eq!(world.cloud.state().graph.open_sessions(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_library_is_not_tried_again() {
    let world = World::start().await;
    assert!(world.cloud.state().graph.set_quota("Finance/Documents", 10));
    let parts = ["507", "1 attempt", "free or add storage of the site"];
    let failure = world.refuses(&world.job(), "quota-exceeded", &parts).await;
    assert_eq!(failure.retry_after, None);
    assert_eq!(world.sent("PUT", ":/content").len(), 1);

    let job = world.job_in_fragments(GRID, GRID);
    world.refuses(&job, "quota-exceeded", &["507"]).await;
    assert_eq!(world.cloud.state().graph.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_write_of_somebody_else_is_waited_for() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &status(409, "", "resourceModified"));
    world.landed_once(&world.receipt(&world.job()).await);
    assert_eq!(world.fired("status-409"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_good_is_not_tried_again() {
    let world = World::start().await;
    world.fault(PUT, 1, 0, &status(400, "", "invalidRequest"));
    let parts = ["400 `invalidRequest`: As planned", "1 attempt"];
    world
        .refuses(&world.job(), "sharepoint-refused", &parts)
        .await;
    assert_eq!(world.fired("status-400"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_sharepoint_itself_refuses_is_told_as_such() {
    let world = World::start().await;
    world.fault(PUT, 1, 0, &status(400, "", "nameContainsInvalidCharacters"));
    let parts = [
        "As planned",
        "choose a shorter or simpler file name or folder",
    ];
    world.refuses(&world.job(), "name-refused", &parts).await;
    assert_eq!(world.fired("status-400"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_refusal_and_never_followed() {
    let world = World::start().await;
    let elsewhere = format!(
        "location = \"{}/v1/datasets\"",
        world.cloud.description().domo
    );
    world.fault(SITE, 1, 0, &status(302, &elsewhere, "moved"));
    world
        .refuses(&world.job(), "sharepoint-refused", &["302 `moved`"])
        .await;
    assert_eq!(world.fired("status-302"), 1);
    assert!(world.sent("GET", "/v1/datasets?").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_without_what_was_asked_for_is_no_success() {
    for (method, path, field, told) in [
        (
            "GET",
            "/sites/contoso.sharepoint.com:/sites/Finance?",
            "id",
            "the reply is no site",
        ),
        ("GET", "/root?", "id", "the reply is no folder"),
        (
            "POST",
            ":/createUploadSession",
            "uploadUrl",
            "the reply has no upload URL",
        ),
    ] {
        let world = World::start().await;
        let action = json!({ "patch-json": { field: null } });
        let rule = json!({ "method": method, "path": path, "times": 0, "action": action });
        world.break_it(&json!([rule]).to_string());
        let job = world.job_in_fragments(GRID, GRID);
        world.refuses(&job, "sharepoint-refused", &[told]).await;
        assert_eq!(world.fired("patch-json"), 1);
        assert!(world.files().is_empty());
    }
}
