//! Patience: what is tried again, after which pause, how often, and what is not.

use serde_json::{Value, json};

use crate::trouble::status;
use crate::world::World;

const SITE: &str = "GET graph /sites/contoso.sharepoint.com:/sites/Finance?";
const PUT: &str = "PUT graph :/content";

fn waited(receipt: &Value) -> u64 {
    receipt["attempts"]["waited_ms"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_in_seconds_is_obeyed() {
    let world = World::start().await;
    world.fault(
        SITE,
        1,
        2,
        &status(429, "retry-after = \"7\"", "tooManyRequests"),
    );
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("status-429"), 2);
    assert_eq!(waited(&receipt), 14_000);
    assert_eq!(receipt["attempts"]["retries"], json!(2));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_as_a_date_is_obeyed() {
    let world = World::start().await;
    world.fault(
        SITE,
        1,
        1,
        &status(429, "retry-after = \"date:+30\"", "tooManyRequests"),
    );
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("status-429"), 1);
    assert!(
        (29_000..=31_000).contains(&waited(&receipt)),
        "{}",
        waited(&receipt)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_retry_after_the_pause_is_short_and_not_nothing() {
    let world = World::start().await;
    world.fault(SITE, 1, 1, &status(429, "", "tooManyRequests"));
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("status-429"), 1);
    assert!(
        (1_000..=3_000).contains(&waited(&receipt)),
        "{}",
        waited(&receipt)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_beyond_the_budget_ends_the_job_with_the_time_to_come_back() {
    let world = World::start().await;
    world.fault(
        PUT,
        1,
        0,
        &status(429, "retry-after = \"3600\"", "tooManyRequests"),
    );
    let parts = [
        "uploading `Documents/Reports/Daily/sales.csv` failed",
        "SharePoint answered 429 `tooManyRequests`: As planned",
        "1 attempt",
        "raise `max_wait_seconds` under `[retry]`",
    ];
    let failure = world
        .refuses(&world.job(), "sharepoint-throttled", &parts)
        .await;
    assert_eq!(failure.retry_after, Some(3600));
    assert_eq!(world.fired("status-429"), 1);
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn domo_that_throttles_beyond_the_budget_too() {
    let world = World::start().await;
    world.fault(
        "GET domo /data?",
        1,
        0,
        "{ status = { status = 429, headers = { retry-after = \"700\" } } }",
    );
    let parts = [
        "exporting DataSet",
        "Domo answered 429",
        "run the job later or less often",
    ];
    let failure = world.refuses(&world.job(), "domo-throttled", &parts).await;
    assert_eq!(failure.retry_after, Some(700));
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_passes_is_outlasted_everywhere() {
    for on in [
        "GET domo /v1/datasets/",
        "GET domo /data?",
        SITE,
        "GET graph /root:",
        "POST graph /children",
        PUT,
    ] {
        for trouble in [
            status(503, "", "serviceNotAvailable"),
            status(500, "", "generalException"),
            "\"reset\"".into(),
            "\"lost-reply\"".into(),
        ] {
            let world = World::start().await;
            world.fault(on, 1, 1, &trouble);
            let receipt = world.receipt(&world.job()).await;
            let faults: usize = world
                .requests()
                .iter()
                .map(|request| request.faults.len())
                .sum();
            assert_eq!(faults, 1, "{on} {trouble}");
            assert!(waited(&receipt) >= 1_000);
            world.landed_once(&receipt);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_bounded_by_the_job() {
    let world = World::start().await;
    world.fault(SITE, 1, 0, &status(503, "", "serviceNotAvailable"));
    let mut job = world.job();
    job["retry"]["attempts"] = json!(3);
    let parts = [
        "finding site `https://contoso.sharepoint.com/sites/Finance`",
        "503 `serviceNotAvailable`",
        "3 attempts",
        "run the job again later",
    ];
    let failure = world.refuses(&job, "sharepoint-unavailable", &parts).await;
    assert_eq!(failure.retry_after, Some(60));
    assert_eq!(world.fired("status-503"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up_is_unavailable() {
    let world = World::start().await;
    world.fault(SITE, 1, 0, "\"reset\"");
    let failure = world
        .refuses(&world.job(), "sharepoint-unavailable", &["5 attempts"])
        .await;
    assert_eq!(failure.retry_after, Some(60));
    assert_eq!(world.fired("reset"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_for_people_is_no_reply() {
    let world = World::start().await;
    world.fault(SITE, 1, 1, "{ html-maintenance = {} }");
    world.landed_once(&world.receipt(&world.job()).await);
    assert_eq!(world.fired("html-maintenance"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_service_that_is_away_is_tried_again() {
    let world = World::start().await;
    world.fault("POST login /token", 1, 1, "{ status = { status = 503 } }");
    world.landed_once(&world.receipt(&world.job()).await);
    assert_eq!(world.fired("status-503"), 1);

    let world = World::start().await;
    world.fault("POST login /token", 1, 0, "{ status = { status = 503 } }");
    let parts = ["signing in to SharePoint failed", "503", "tried 3 times"];
    let failure = world
        .refuses(&world.job(), "sharepoint-unavailable", &parts)
        .await;
    assert_eq!(failure.retry_after, Some(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_given_up_and_asked_again() {
    let mut world = World::start().await;
    world.configure(|config| {
        config["limits"] = json!({ "request_seconds": 1, "connect_seconds": 1 });
    });
    world.fault(SITE, 1, 1, "\"stall\"");
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("stall"), 1);
    assert_eq!(receipt["attempts"]["retries"], json!(1));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_beyond_the_job_s_deadline_is_not_begun() {
    let world = World::start().await;
    world.fault(SITE, 1, 0, &status(503, "retry-after = \"50\"", "busy"));
    let mut job = world.job();
    job["retry"] = json!({ "deadline_seconds": 120 });
    let parts = [
        "3 attempts in 1 min 40 s; it asked for a pause of 50 s, and the job's deadline leaves 20 s",
        "503 `busy`",
    ];
    let failure = world.refuses(&job, "sharepoint-unavailable", &parts).await;
    assert_eq!(failure.retry_after, Some(50));
    assert_eq!(world.fired("status-503"), 3);
    assert!(world.writes().is_empty());
}
