//! The moment the file becomes the file, and what is known of it afterwards.

use serde_json::{Value, json};

use super::scene::{FRAGMENT, PUT, Scene, at, from};
use crate::trouble::warns;

fn hook(name: &str, value: Value) -> Value {
    json!({ "hook": { "name": name, "value": value } })
}

/// Both ways of writing, with the request that makes the file.
async fn both() -> [(Scene, &'static str, u64); 2] {
    let simple = Scene::simple().await.over_an_old_file().await;
    let fragments = Scene::fragments().await.over_an_old_file().await;
    [(simple, PUT, 1), (fragments, FRAGMENT, 3)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_the_commit_makes_no_second_version() {
    for (scene, on, nth) in both().await {
        let ended = scene.breaks(on, at(nth), json!("lost-reply")).lands().await;
        assert_eq!(ended.end["outcome"], json!("replaced"));
        assert_eq!(ended.world.files()[0].versions, 2, "the old one and this");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_the_commit_makes_no_second_file() {
    for (scene, on, nth) in both().await {
        let scene = scene.job("sharepoint.if_exists", json!("rename"));
        let ended = scene.breaks(on, at(nth), json!("lost-reply")).lands().await;
        assert_eq!(ended.end["file"]["name"], json!("sales 1.csv"));
        assert_eq!(ended.world.files().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_said_to_have_failed_that_did_not_is_found() {
    // The file is made, and what comes back is an error: SharePoint's word is compared with what it holds.
    for trouble in [500, 503] {
        for (scene, on, nth) in both().await {
            let page = json!({ "truncate-body": { "after": 0, "end": "reset" } });
            let error = json!({ "status": { "status": trouble } });
            let scene = scene.breaks(on, at(nth), page);
            scene.breaks(on, at(nth + 1).firing(0), error).lands().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_comes_late_is_waited_for_after_either_way() {
    for (scene, on, nth) in both().await {
        let ended = scene
            .breaks(on, at(nth), hook("withhold-hash", json!(2)))
            .lands()
            .await;
        assert_eq!(ended.end["verified"], json!("hash"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_never_comes_is_told_and_the_size_is_what_was_compared() {
    for (scene, on, nth) in both().await {
        let ended = scene
            .breaks(on, at(nth), hook("withhold-hash", json!(true)))
            .lands()
            .await;
        assert_eq!(ended.end["verified"], json!("size"));
        warns(&ended.end, &["has no hash", "only its size was compared"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hash_and_a_lost_reply_still_make_one_version() {
    for (scene, on, nth) in both().await {
        let scene = scene.breaks(on, at(nth), hook("withhold-hash", json!(true)));
        let ended = scene.breaks(on, at(nth), json!("lost-reply")).lands().await;
        assert_eq!(ended.end["verified"], json!("size"));
        assert_eq!(ended.world.files()[0].versions, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_that_meets_a_lock_is_tried_again_and_told() {
    let locked = json!({ "status": { "status": 423, "body": { "error": { "code": "resourceLocked", "message": "Busy." } } } });
    let site = "https://contoso.sharepoint.com/sites/Legal";
    for times in [1, 0] {
        let scene = Scene::simple().await;
        let scene = scene.job("sharepoint.site", json!(site));
        let scene = scene.job("sharepoint.library", json!("Contracts"));
        let scene = scene.job("sharepoint.lock_wait_seconds", json!(1));
        let when = if times == 0 { from(1).firing(2) } else { at(1) };
        let ended = scene
            .breaks("POST graph /checkin", when, locked.clone())
            .lands()
            .await;
        let [file] = ended.world.files().try_into().expect("one file");
        assert_eq!(file.checked_out, times == 0);
        if times == 0 {
            warns(&ended.end, &["is still checked out", "423", "2 attempts"]);
        }
    }
}
