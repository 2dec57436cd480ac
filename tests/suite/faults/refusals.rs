//! What SharePoint refuses in the middle of a run: what is tried again, how often, and what stands.

use serde_json::{Value, json};

use super::scene::{FRAGMENT, OPENING, PUT, Scene, TARGET, at, from};

fn answer(status: u16, code: &str) -> Value {
    let error = json!({ "code": code, "message": "As planned." });
    json!({ "status": { "status": status, "body": { "error": error } } })
}

/// A refusal on each of the ways to write, once and for ever; the session is closed either way.
async fn passes(status: u16, code: &str) {
    for (on, nth) in [(FRAGMENT, 1), (FRAGMENT, 2), (FRAGMENT, 3), (OPENING, 1)] {
        let scene = Scene::fragments().await.over_an_old_file().await;
        scene
            .breaks(on, at(nth), answer(status, code))
            .lands()
            .await;
    }
    let scene = Scene::simple().await.over_an_old_file().await;
    scene.breaks(PUT, at(1), answer(status, code)).lands().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_change_passes_wherever_it_is_met() {
    passes(409, "resourceModified").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_change_that_stays_is_told_as_another_upload() {
    for on in [FRAGMENT, OPENING] {
        let scene = Scene::fragments().await.over_an_old_file().await;
        let scene = scene.breaks(on, from(1).firing(5), answer(409, "resourceModified"));
        let parts = ["409 `resourceModified`", "5 attempts", "another upload"];
        scene.fails("upload-in-progress", &parts).await;
    }
    let scene = Scene::simple().await.over_an_old_file().await;
    let scene = scene.breaks(PUT, from(1).firing(5), answer(409, "resourceModified"));
    scene.fails("upload-in-progress", &["5 attempts"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_that_opens_again_is_written_wherever_it_is_met() {
    passes(423, "resourceLocked").await;
}

/// A second is the shortest pause, so this makes two attempts.
fn impatient(scene: Scene) -> Scene {
    scene.job("sharepoint.lock_wait_seconds", json!(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_locked_at_the_last_fragment_stays_as_it_was() {
    let scene = impatient(Scene::fragments().await.over_an_old_file().await);
    let scene = scene.breaks(FRAGMENT, from(3).firing(2), answer(423, "resourceLocked"));
    let parts = ["423 `resourceLocked`", "2 attempts", "close the file"];
    let ended = scene.fails("file-locked", &parts).await;
    assert_eq!(ended.end.retry_after, Some(300));
    assert_eq!(ended.count("DELETE", "/uploadSession"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_has_open_stays_as_it_was() {
    let lock = json!({ "path": TARGET, "locked": true });
    let parts = ["423", "2 attempts in 1 s; it stayed locked for 1 s"];
    let scene = impatient(Scene::simple().await.over_an_old_file().await);
    let scene = scene
        .control("lock", &lock)
        .answers("PUT", ":/content", 423, 2);
    scene.fails("file-locked", &parts).await;

    let scene = impatient(Scene::fragments().await.over_an_old_file().await);
    let scene = scene
        .control("lock", &lock)
        .answers("POST", "createUploadSession", 423, 2);
    scene.fails("file-locked", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_fails_falsely_is_tried_three_times() {
    let refusal = answer(412, "preconditionFailed");
    for nth in 1..=3 {
        let scene = Scene::fragments().await.over_an_old_file().await;
        scene
            .breaks(FRAGMENT, at(nth), refusal.clone())
            .lands()
            .await;
    }
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, from(3).firing(3), refusal.clone());
    let parts = ["412 `preconditionFailed`", "3 attempts"];
    scene.fails("sharepoint-refused", &parts).await;

    let scene = Scene::simple().await.over_an_old_file().await;
    let scene = scene.breaks(PUT, from(1).firing(1), refusal);
    scene
        .fails("sharepoint-refused", &["412", "1 attempt"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_said_to_be_wrong_is_built_anew_from_the_offset() {
    let refusal = answer(400, "invalidRequest");
    let scene = Scene::fragments().await.over_an_old_file().await;
    let ended = scene.breaks(FRAGMENT, at(2), refusal.clone()).lands().await;
    assert_eq!(ended.count("GET", "/uploadSession"), 1, "it is asked first");

    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, from(2).firing(3), refusal);
    let parts = ["400 `invalidRequest`", "3 attempts"];
    scene.fails("sharepoint-refused", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_fills_up_ends_the_job_at_once() {
    let quota = |bytes: u64| json!({ "library": "Finance/Documents", "remaining": bytes });
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene
        .control("quota", &quota(400_000))
        .answers("PUT", "/uploadSession", 507, 1);
    let parts = [
        "507 `quotaLimitReached`",
        "1 attempt",
        "free or add storage",
    ];
    let ended = scene.fails("quota-exceeded", &parts).await;
    assert_eq!(ended.end.retry_after, None);
    assert_eq!(ended.count("DELETE", "/uploadSession"), 1);

    let scene = Scene::simple().await.over_an_old_file().await;
    let scene = scene
        .control("quota", &quota(10))
        .answers("PUT", ":/content", 507, 1);
    scene.fails("quota-exceeded", &["507", "1 attempt"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_url_that_refuses_what_graph_allowed_is_told_apart() {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, from(1).firing(1), answer(403, "accessDenied"));
    let parts = [
        "403 `accessDenied`",
        "1 attempt",
        "the session opened but its URL refused",
    ];
    scene.fails("sharepoint-forbidden", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_too_large_for_one_put_is_told_at_once() {
    let error = json!({ "code": "maxFileSizeExceeded", "message": "The request message is too big. The server does not allow messages larger than 262144000 bytes." });
    let action = json!({ "status": { "status": 413, "body": { "error": error } } });
    let scene = Scene::simple().await.over_an_old_file().await;
    let scene = scene.breaks(PUT, from(1).firing(1), action);
    let parts = ["413 `maxFileSizeExceeded`", "262144000", "1 attempt"];
    scene.fails("sharepoint-refused", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_in_mid_run_is_renewed() {
    for (on, service) in [
        ("GET graph /root:", "/oauth2/v2.0/token"),
        (OPENING, "/oauth2/v2.0/token"),
        ("GET domo /data?", "/oauth/token"),
    ] {
        let scene = Scene::fragments().await.over_an_old_file().await;
        let ended = scene
            .breaks(on, at(1), json!("revoke-tokens"))
            .lands()
            .await;
        let tokens = ended.count("POST", service) + ended.count("GET", service);
        assert_eq!(tokens, 2, "{on}");
    }
    let scene = Scene::simple().await.over_an_old_file().await;
    let ended = scene
        .breaks(PUT, at(1), json!("revoke-tokens"))
        .lands()
        .await;
    assert_eq!(ended.count("PUT", ":/content"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_never_good_ends_the_job() {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(
        OPENING,
        from(1).firing(2),
        answer(401, "InvalidAuthenticationToken"),
    );
    let parts = ["401 `InvalidAuthenticationToken`", "2 attempts"];
    scene.fails("sign-in-sharepoint", &parts).await;
}
