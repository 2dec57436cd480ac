//! Upload sessions that die, move, claim to exist already, or say odd things about themselves.

use serde_json::{Value, json};

use super::scene::{FRAGMENT, OPENING, STATUS, Scene, at, from};
use crate::sized::{GRID, bytes_of};

fn hook(name: &str) -> Value {
    json!({ "hook": { "name": name } })
}

fn answer(status: u16, code: &str) -> Value {
    let error = json!({ "code": code, "message": "As planned." });
    json!({ "status": { "status": status, "body": { "error": error } } })
}

/// The session in an upload URL.
fn session(query: Option<&String>) -> String {
    let query = query.expect("a query");
    let guid = query.split('&').find(|pair| pair.starts_with("guid="));
    guid.expect("a session").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_dies_is_begun_anew_at_any_fragment() {
    for nth in 1..=3 {
        let scene = Scene::fragments().await.over_an_old_file().await;
        let scene = scene.breaks(FRAGMENT, at(nth), hook("end-session"));
        let ended = scene.lands().await;
        assert_eq!(ended.count("POST", "createUploadSession"), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_pre_authentication_leads_to_a_new_session_at_any_fragment() {
    for nth in 1..=3 {
        let scene = Scene::fragments().await.over_an_old_file().await;
        let scene = scene.breaks(FRAGMENT, at(nth), hook("expire-url"));
        // The old session cannot be closed with a URL that has expired: SharePoint is told to allow a second one.
        let scene = scene.control("sessions/rules", &json!({ "exclusive": false }));
        let ended = scene.leaves_open(1).lands().await;
        assert_eq!(ended.count("POST", "createUploadSession"), 2);
        let renewed = ended.count("POST", "/oauth2/v2.0/token");
        assert_eq!(renewed, 1, "the account's token is not to blame");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_moved_is_followed_wholly() {
    // 404 right after the opening, and again: the session that was handed out never was.
    let scene = Scene::fragments().await;
    let scene = scene.breaks(FRAGMENT, at(1).times(2), hook("end-session"));
    let ended = scene.lands().await;
    let fragments = ended.sent("PUT", "/uploadSession");
    let sessions: Vec<String> = fragments
        .iter()
        .map(|fragment| session(fragment.query.as_ref()))
        .collect();
    assert_eq!(sessions.len(), 5);
    assert_eq!(sessions[0], sessions[1], "given a moment");
    assert_ne!(sessions[1], sessions[2], "then another one");
    assert!(sessions[2..].iter().all(|next| *next == sessions[2]));
    assert!(fragments[2].headers["content-range"].starts_with("bytes 0-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_all_die_end_the_job() {
    for (trouble, told) in [("end-session", "404"), ("expire-url", "401")] {
        let scene = Scene::fragments().await.over_an_old_file().await;
        let scene = scene.breaks(FRAGMENT, from(1), hook(trouble));
        let scene = scene.control("sessions/rules", &json!({ "exclusive": false }));
        // Nobody can close a session by a URL that has expired.
        let open = if trouble == "expire-url" { 4 } else { 0 };
        let parts = [told, "(4 upload sessions", "run the job again later"];
        let ended = scene.leaves_open(open).fails("upload-failed", &parts).await;
        assert_eq!(ended.count("POST", "createUploadSession"), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_cannot_be_closed_do_not_cost_a_name_each() {
    // Each bars its name, so that the next one is tried: four sessions, whatever the names.
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.job("sharepoint.if_exists", json!("rename"));
    let scene = scene.breaks(FRAGMENT, from(1), answer(416, "invalidRange"));
    let closing = "DELETE upload uploadSession";
    let scene = scene.breaks(closing, from(1).firing(4), answer(403, "accessDenied"));
    let parts = ["416 `invalidRange`", "4 upload sessions"];
    let ended = scene.leaves_open(4).fails("upload-failed", &parts).await;
    let opened = ended.sent("POST", "createUploadSession");
    let opened = opened.iter().filter(|request| request.status == Some(200));
    assert_eq!(opened.count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_said_to_exist_already_is_waited_for() {
    let busy = answer(409, "resourceBusy");
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(OPENING, at(1).times(3), busy.clone());
    assert!(scene.lands().await.waited() >= 3);

    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(OPENING, from(1).firing(5), busy);
    let parts = ["409 `resourceBusy`", "5 attempts", "about 15 minutes"];
    let ended = scene.fails("upload-in-progress", &parts).await;
    assert_eq!(ended.end.retry_after, Some(900));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_expected_before_the_end_is_looked_into() {
    // `[]` after the first of three fragments: the file is not there, so a new session begins.
    let nothing = json!({ "patch-json": { "nextExpectedRanges": [] } });
    let scene = Scene::fragments().await.over_an_old_file().await;
    let ended = scene.breaks(FRAGMENT, at(1), nothing.clone()).lands().await;
    assert_eq!(ended.count("POST", "createUploadSession"), 2);
    assert_eq!(ended.count("DELETE", "/uploadSession"), 1);

    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, from(1).firing(4), nothing);
    let parts = ["the session has every byte, and the file does not appear"];
    scene.fails("upload-failed", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_in_pascal_case_are_read() {
    let total = bytes_of(crate::sized::ROWS_OF_THREE_FRAGMENTS);
    let pascal = |from: u64| {
        let ranges = json!([format!("{from}-{}", total - 1)]);
        json!({ "patch-json": { "nextExpectedRanges": null, "NextExpectedRanges": ranges } })
    };
    let scene = Scene::fragments().await;
    let scene = scene.breaks(FRAGMENT, at(1), pascal(GRID));
    let scene = scene.breaks(FRAGMENT, at(2), json!("reset"));
    let ended = scene.breaks(STATUS, at(1), pascal(GRID)).lands().await;
    assert_eq!(ended.count("PUT", "/uploadSession"), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_that_make_no_sense_never_spoil_the_file() {
    for ranges in [
        json!(["-"]),
        json!(["all of it"]),
        json!([7]),
        json!([null]),
        json!("327680-"),
        json!({}),
        json!(["99999999999999999999-"]),
        json!(["999999999-"]),
        json!(["0-"]),
        json!(["5-"]),
        json!(["780003-"]),
        json!(["655360-", "327680-"]),
    ] {
        for on in [FRAGMENT, STATUS] {
            let patch = json!({ "patch-json": { "nextExpectedRanges": ranges } });
            let scene = Scene::fragments().await.over_an_old_file().await;
            let scene = match on {
                STATUS => scene.breaks(FRAGMENT, at(2), json!("reset")),
                _ => scene,
            };
            scene.breaks(on, at(1), patch).lands().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_is_never_the_right_one_ends_the_job() {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, from(2), answer(416, "invalidRange"));
    let parts = ["416 `invalidRange`", "(4 upload sessions"];
    scene.fails("upload-failed", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_an_expiry_date_is_as_good() {
    let patch = json!({ "patch-json": { "expirationDateTime": null } });
    let scene = Scene::fragments().await;
    let scene = scene.breaks(OPENING, at(1), patch.clone());
    scene.breaks(FRAGMENT, at(1).times(2), patch).lands().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_fragment_refused_for_its_size_travels_in_another_size() {
    let total = bytes_of(crate::sized::ROWS_OF_THREE_FRAGMENTS);
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.job("upload.fragment", json!(2 * GRID));
    let scene = scene.job("upload.fragment_max", json!(2 * GRID));
    // 780,004 bytes in fragments of 640 KiB: the second one is the last.
    let size = json!({ "hook": { "name": "refuse-last-fragment", "value": total - 2 * GRID } });
    let ended = scene.breaks(FRAGMENT, from(1), size).lands().await;
    assert!(ended.count("POST", "createUploadSession") <= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_fragment_refused_in_every_size_ends_the_job() {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, from(1), hook("refuse-last-fragment"));
    let ended = scene
        .fails("upload-failed", &["500 `generalException`"])
        .await;
    assert_eq!(ended.end.retry_after, Some(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_in_place_of_a_sessions_reply_is_no_reply() {
    let page = json!({ "html-maintenance": {} });
    for (on, nth) in [(OPENING, 1), (FRAGMENT, 1), (FRAGMENT, 3), (STATUS, 1)] {
        let mut scene = Scene::fragments().await.over_an_old_file().await;
        if on == STATUS {
            scene = scene.breaks(FRAGMENT, at(2), json!("reset"));
        }
        scene.breaks(on, at(nth), page.clone()).lands().await;
    }
}
