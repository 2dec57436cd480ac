//! Bytes that do not arrive: replies that are lost, connections that break in the middle of a body, either way.

use serde_json::json;
use writeback_cloud::Options;

use super::scene::{DATA, FRAGMENT, OPENING, PUT, STATUS, Scene, at, from};
use crate::sized::{GRID, bytes_of};

const ROWS: u64 = crate::sized::ROWS_OF_THREE_FRAGMENTS;

#[tokio::test(flavor = "multi_thread")]
async fn a_fragment_that_breaks_off_is_sent_again_from_where_sharepoint_is() {
    for nth in 1..=3 {
        let cut = json!({ "cut-request": { "after": 100_000 } });
        let scene = Scene::fragments().await.over_an_old_file().await;
        let ended = scene.breaks(FRAGMENT, at(nth), cut).lands().await;
        assert_eq!(ended.count("PUT", "/uploadSession"), 4, "fragment {nth}");
        assert_eq!(ended.count("GET", "/uploadSession"), 1, "it is asked");
        assert_eq!(ended.count("POST", "createUploadSession"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_sharepoint_kept_of_a_broken_fragment_are_not_sent_again() {
    for nth in 1..=3 {
        let cut = json!({ "cut-request": { "after": 100_000 } });
        let scene = Scene::fragments().await.breaks(FRAGMENT, at(nth), cut);
        let scene = scene.control("sessions/rules", &json!({ "keep_partial": true }));
        let ended = scene.lands().await;
        let off_the_grid = ended.sent("PUT", "/uploadSession")[nth as usize];
        let begin = (nth - 1) * GRID + 100_000;
        let range = &off_the_grid.headers["content-range"];
        assert!(range.starts_with(&format!("bytes {begin}-")), "{range}");
        assert_eq!(ended.count("POST", "createUploadSession"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simple_upload_that_breaks_off_is_looked_up_and_sent_again() {
    let cut = json!({ "cut-request": { "after": 10_000 } });
    let scene = Scene::simple().await.over_an_old_file().await;
    let ended = scene.breaks(PUT, at(1), cut).lands().await;
    assert_eq!(ended.count("PUT", ":/content"), 2);
    assert_eq!(ended.end["file"]["bytes"], ended.end["export"]["bytes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_always_break_off_end_the_job_and_close_the_session() {
    let cut = json!({ "cut-request": { "after": 10_000 } });
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, from(2).firing(5), cut.clone());
    let parts = [
        "no reply from SharePoint",
        "5 attempts",
        "check the network",
    ];
    let ended = scene.fails("sharepoint-unavailable", &parts).await;
    assert_eq!(ended.end.retry_after, Some(60));
    assert_eq!(ended.count("DELETE", "/uploadSession"), 1);

    let scene = Scene::simple().await.over_an_old_file().await;
    let scene = scene.breaks(PUT, from(1).firing(5), cut);
    scene.fails("sharepoint-unavailable", &["5 attempts"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_cut_in_its_middle_is_a_lost_one() {
    let cut = json!({ "truncate-body": { "after": 20, "end": "reset" } });
    for (on, nth) in [(FRAGMENT, 1), (FRAGMENT, 2), (FRAGMENT, 3)] {
        let scene = Scene::fragments().await.breaks(on, at(nth), cut.clone());
        let ended = scene.lands().await;
        assert_eq!(ended.end["upload"]["sent_bytes"], json!(bytes_of(ROWS)));
    }
    let scene = Scene::simple().await.breaks(PUT, at(1), cut);
    assert_eq!(scene.lands().await.count("PUT", ":/content"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_reply_and_every_word_about_the_session_lost() {
    // The session ended with the file: its URL answers 404, which is no proof of anything.
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, at(3), json!("lost-reply"));
    let ended = scene.answers("GET", "/uploadSession", 404, 1).lands().await;
    assert_eq!(ended.count("PUT", "/uploadSession"), 3, "no byte again");
    assert_eq!(ended.end["outcome"], json!("replaced"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_reply_lost_and_the_next_ones_too() {
    let scene = Scene::fragments().await;
    let scene = scene.breaks(FRAGMENT, at(3), json!("lost-reply"));
    let scene = scene.breaks(STATUS, at(1).times(3), json!("reset"));
    let ended = scene.lands().await;
    assert_eq!(ended.count("PUT", "/uploadSession"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_cannot_be_asked_is_closed() {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(FRAGMENT, at(2), json!("lost-reply"));
    let scene = scene.breaks(STATUS, from(1).firing(5), json!("reset"));
    let parts = ["asking how far the upload", "5 attempts"];
    let ended = scene.fails("sharepoint-unavailable", &parts).await;
    assert_eq!(ended.count("DELETE", "/uploadSession"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_without_its_reply_leaves_a_session_that_only_time_closes() {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene
        .breaks(OPENING, at(1), json!("lost-reply"))
        .leaves_open(1);
    let parts = ["409", "5 attempts", "expires after about 15 minutes"];
    let ended = scene.fails("upload-in-progress", &parts).await;
    assert_eq!(ended.end.retry_after, Some(900));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_closing_is_lost_is_closed_again() {
    let full = json!({ "status": { "status": 507, "body": { "error": { "code": "quotaLimitReached" } } } });
    for trouble in ["reset", "lost-reply"] {
        let scene = Scene::fragments().await.over_an_old_file().await;
        let scene = scene.breaks(FRAGMENT, at(2), full.clone());
        let closing = "DELETE upload uploadSession";
        let scene = scene.breaks(closing, at(1), json!(trouble));
        let ended = scene.fails("quota-exceeded", &["507", "1 attempt"]).await;
        assert_eq!(ended.count("DELETE", "/uploadSession"), 2, "{trouble}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_ends_early_is_noticed_with_and_without_its_length() {
    // Between two records, where the part looks like a whole table: before and after the first part is in the spool.
    for after in [bytes_of(500), bytes_of(50_000)] {
        for (sized, end) in [(true, "reset"), (false, "reset"), (false, "clean")] {
            let mut scene = Scene::fragments().await.over_an_old_file().await;
            if sized {
                scene = scene.breaks(DATA, at(1), json!({ "hook": { "name": "sized-export" } }));
            }
            let cut = json!({ "truncate-body": { "after": after, "end": end } });
            let ended = scene.breaks(DATA, at(1), cut).lands().await;
            assert_eq!(ended.count("GET", "/data?"), 2, "{after} {sized} {end}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_always_breaks_off_ends_the_job_before_any_upload() {
    for sized in [true, false] {
        let mut scene = Scene::fragments().await.over_an_old_file().await;
        if sized {
            let hook = json!({ "hook": { "name": "sized-export" } });
            scene = scene.breaks(DATA, from(1).firing(5), hook);
        }
        let cut = json!({ "truncate-body": { "after": 50_000, "end": "reset" } });
        let scene = scene.breaks(DATA, from(1).firing(5), cut);
        let parts = ["exporting DataSet", "no reply from Domo", "5 attempts"];
        let ended = scene.fails("domo-unavailable", &parts).await;
        assert_eq!(ended.count("POST", "createUploadSession"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_cut_in_its_last_field_is_believed_only_when_two_are_alike() {
    let cut = |bytes: u64| json!({ "truncate-body": { "after": bytes, "end": "clean" } });
    // As many records as there should be, all of the right width: only the last line end is missing.
    let bytes = bytes_of(ROWS);
    let scene = Scene::fragments().await.over_an_old_file().await;
    let ended = scene.breaks(DATA, at(1), cut(bytes - 5)).lands().await;
    assert_eq!(ended.end["export"]["exports"], json!(2));

    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(DATA, at(1), cut(bytes - 5));
    let scene = scene.breaks(DATA, at(2), cut(bytes - 4));
    let scene = scene.breaks(DATA, at(3), cut(bytes - 3));
    let parts = ["ends without a line end", "(3 exports)"];
    scene.fails("export-malformed", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_at_every_boundary_survive_a_lost_reply() {
    // One byte short of, exactly and beyond one fragment and two; nothing but the header.
    for rows in [0, 25_205, 25_206, 50_411, 50_412, 50_413] {
        let options = Options {
            rows,
            columns: 1,
            ..Options::default()
        };
        let scene = Scene::with(options).await;
        let scene = scene.job("upload.simple_limit", json!(0));
        let scene = scene.job("upload.fragment", json!(GRID));
        let scene = scene.job("upload.fragment_max", json!(GRID));
        let scene = scene.job("guard.if_empty", json!("write"));
        let fragments = bytes_of(rows).div_ceil(GRID);
        let scene = scene.breaks(FRAGMENT, at(fragments), json!("lost-reply"));
        let ended = scene.lands().await;
        assert_eq!(ended.count("PUT", "/uploadSession") as u64, fragments);
    }
}
