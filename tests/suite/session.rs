//! Trouble amid an upload session: its position is SharePoint's to tell, and nothing is left behind.

use serde_json::{Value, json};
use writeback_cloud::graph::Expiry;

use crate::sized::bytes_of;
use crate::trouble::status;
use crate::world::{World, failure};

const FRAGMENT: &str = "PUT upload uploadSession";

fn sent_bytes(receipt: &Value) -> u64 {
    receipt["upload"]["sent_bytes"].as_u64().expect("a number")
}

fn opened(world: &World) -> usize {
    world.sent("POST", ":/createUploadSession").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_any_fragment_costs_no_byte() {
    for nth in 1..=3 {
        let (world, job) = World::of_three_fragments().await;
        world.fault(FRAGMENT, nth, 1, "\"lost-reply\"");
        let receipt = world.receipt(&job).await;
        assert_eq!(world.fired("lost-reply"), 1);
        assert_eq!(sent_bytes(&receipt), bytes_of(60_000), "fragment {nth}");
        assert_eq!(opened(&world), 1);
        world.landed_once(&receipt);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_fragment_is_sent_again_from_where_sharepoint_is() {
    for nth in 1..=3 {
        for trouble in [
            "\"reset\"".to_owned(),
            status(503, "", "serviceNotAvailable"),
            status(500, "", "generalException"),
            status(429, "retry-after = \"5\"", "tooManyRequests"),
        ] {
            let (world, job) = World::of_three_fragments().await;
            world.fault(FRAGMENT, nth, 1, &trouble);
            let receipt = world.receipt(&job).await;
            assert_eq!(
                world.sent("PUT", "/uploadSession").len(),
                4,
                "{nth} {trouble}"
            );
            assert_eq!(
                world.sent("GET", "/uploadSession").len(),
                1,
                "asked once where it is"
            );
            assert_eq!(opened(&world), 1);
            world.landed_once(&receipt);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_sharepoint_does_not_expect_is_asked_for() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 2, 1, &status(416, "", "invalidRange"));
    let receipt = world.receipt(&job).await;
    assert_eq!(world.fired("status-416"), 1);
    assert_eq!(world.sent("GET", "/uploadSession").len(), 1);
    assert_eq!(opened(&world), 1);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_not_there_yet_is_given_a_moment() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 1, 1, &status(404, "", "itemNotFound"));
    let receipt = world.receipt(&job).await;
    assert_eq!(world.fired("status-404"), 1);
    assert_eq!(opened(&world), 1, "the same session");
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_gone_is_begun_anew() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 2, 1, "\"stall\"");
    let (receipt, ()) = tokio::join!(world.receipt(&job), async {
        while world.sent("PUT", "/uploadSession").len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            world.cloud.state().graph.expire_sessions(Expiry::Session),
            1
        );
        world.release();
    });
    assert_eq!(world.fired("stall"), 1);
    assert_eq!(opened(&world), 2);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_tempauth_leads_to_a_new_session() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 2, 1, "\"stall\"");
    let (receipt, ()) = tokio::join!(world.receipt(&job), async {
        while world.sent("PUT", "/uploadSession").len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            world.cloud.state().graph.expire_sessions(Expiry::Tempauth),
            1
        );
        world.release();
    });
    let refused = world.sent("PUT", "/uploadSession");
    assert!(refused.iter().any(|fragment| fragment.status == Some(401)));
    assert_eq!(opened(&world), 2);
    assert_eq!(
        world.sent("POST", "/oauth2/v2.0/token").len(),
        1,
        "the token is not to blame"
    );
    let file = world.file("Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(json!(file.quick_xor_hash), receipt["export"]["quickxor"]);
    assert_eq!(file.versions, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expects_nothing_more_is_looked_up() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 3, 1, "\"lost-reply\"");
    let whole = "{ status = { status = 200, body = { nextExpectedRanges = [] } } }";
    world.fault("GET upload uploadSession", 1, 1, whole);
    let receipt = world.receipt(&job).await;
    assert_eq!(
        (world.fired("lost-reply"), world.fired("status-200")),
        (1, 1)
    );
    assert_eq!(sent_bytes(&receipt), bytes_of(60_000));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_range_means_from_there_on() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(
        FRAGMENT,
        1,
        2,
        "{ patch-json = { nextExpectedRanges = [\"327680-\"] } }",
    );
    // The second reply repeats the first: what SharePoint says is where it goes on, and 416 asks again.
    let receipt = world.receipt(&job).await;
    assert_eq!(world.fired("patch-json"), 2);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_is_deleted_when_the_job_gives_up() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 2, 0, &status(503, "", "serviceNotAvailable"));
    let parts = [
        "uploading `Documents/Reports/Daily/sales.csv` failed",
        "503",
    ];
    let failure = world.refuses(&job, "sharepoint-unavailable", &parts).await;
    assert!(failure.retry_after.is_some());
    assert!(world.fired("status-503") >= 5);
    assert_eq!(world.sent("DELETE", "/uploadSession").len(), 1);
    assert_eq!(world.cloud.state().graph.open_sessions(), 0);
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_fail_one_after_the_other_end_the_job() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 3, 0, &status(503, "", "serviceNotAvailable"));
    let failure = world.failure(&job).await;
    assert!(
        ["sharepoint-unavailable", "upload-failed"].contains(&failure.code.as_str()),
        "{failure:?}"
    );
    assert!(failure.retry_after.is_some());
    assert_eq!(opened(&world), world.sent("DELETE", "/uploadSession").len());
    assert_eq!(world.cloud.state().graph.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_upload_of_the_same_file_is_waited_for_and_told() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 2, 1, "\"stall\"");
    let (first, second) = tokio::join!(world.receipt(&job), async {
        while world.sent("PUT", "/uploadSession").len() < 2 {
            tokio::task::yield_now().await;
        }
        let second = failure(world.run_elsewhere(&job).await);
        world.release();
        second
    });
    crate::trouble::says(
        &second,
        "upload-in-progress",
        &["409", "another upload of this file is under way"],
    );
    assert_eq!(second.retry_after, Some(900));
    world.landed_once(&first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_opening_is_tried_again() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(
        "POST graph createUploadSession",
        1,
        1,
        &status(429, "retry-after = \"3\"", "tooManyRequests"),
    );
    let receipt = world.receipt(&job).await;
    assert_eq!(receipt["attempts"]["waited_ms"], json!(3_000));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_the_opening_is_outlasted() {
    let (world, job) = World::of_three_fragments().await;
    world.fault("POST graph createUploadSession", 1, 1, "\"lost-reply\"");
    let result = world.run(&job).await;
    assert_eq!(world.fired("lost-reply"), 1);
    // The session nobody knows the URL of bars the name until it expires, after 15 minutes.
    crate::trouble::says(
        &crate::world::failure(result),
        "upload-in-progress",
        &["expires after about 15 minutes"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_lost_again_and_again_end_the_job() {
    let (world, job) = World::of_three_fragments().await;
    world.fault(FRAGMENT, 1, 0, &status(401, "", "unauthenticated"));
    let parts = [
        "401 `unauthenticated`",
        "(4 upload sessions)",
        "run the job again later",
    ];
    let failure = world.refuses(&job, "upload-failed", &parts).await;
    assert_eq!(failure.retry_after, Some(60));
    assert_eq!((opened(&world), world.fired("status-401")), (4, 4));
    assert_eq!(world.sent("DELETE", "/uploadSession").len(), 4);
    assert_eq!(world.cloud.state().graph.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_forgets_every_byte_ends_the_job() {
    let (world, job) = World::of_three_fragments().await;
    for on in [FRAGMENT, "GET upload uploadSession"] {
        world.fault(
            on,
            1,
            0,
            "{ patch-json = { nextExpectedRanges = [\"0-\"] } }",
        );
    }
    let failure = world
        .refuses(&job, "upload-failed", &["run the job again later"])
        .await;
    assert_eq!(failure.retry_after, Some(60));
    assert!(world.fired("patch-json") >= 4);
    assert_eq!(world.cloud.state().graph.open_sessions(), 0);
    assert!(world.files().is_empty());
}
