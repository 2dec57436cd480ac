//! How long a run waits: for whoever asks for it, as long as the job's budget holds it, and no longer.

use serde_json::{Value, json};

use super::scene::{DATA, FRAGMENT, OPENING, PUT, Scene, at, from};

fn throttled(status: u16, headers: Value) -> Value {
    let error = json!({ "code": "activityLimitReached", "message": "Slow down." });
    json!({ "status": { "status": status, "headers": headers, "body": { "error": error } } })
}

/// Where a run can be throttled.
const PLACES: [(&str, u64); 6] = [
    ("GET graph /root:", 1),
    (OPENING, 1),
    (FRAGMENT, 1),
    (FRAGMENT, 3),
    ("GET domo /v1/datasets/", 1),
    (DATA, 1),
];

#[tokio::test(flavor = "multi_thread")]
async fn throttling_in_seconds_is_waited_out_everywhere() {
    for (on, nth) in PLACES {
        for status in [429, 503] {
            let action = throttled(status, json!({ "retry-after": "7" }));
            let scene = Scene::fragments()
                .await
                .breaks(on, at(nth).times(2), action);
            assert_eq!(scene.lands().await.waited(), 14, "{on} {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_until_a_date_is_waited_out_everywhere() {
    for (on, nth) in PLACES {
        let action = throttled(503, json!({ "retry-after": "date:+30" }));
        let ended = Scene::fragments()
            .await
            .breaks(on, at(nth), action)
            .lands()
            .await;
        assert!(
            (29..=31).contains(&ended.waited()),
            "{on} {}",
            ended.waited()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_without_a_word_of_how_long_is_waited_out_everywhere() {
    for (on, nth) in PLACES {
        for status in [429, 503, 509] {
            let action = throttled(status, json!({}));
            let ended = Scene::fragments()
                .await
                .breaks(on, at(nth), action)
                .lands()
                .await;
            assert!((1..=3).contains(&ended.waited()), "{on} {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longer_of_two_pauses_that_are_asked_for_counts() {
    let headers =
        json!({ "retry-after": "5", "ratelimit-reset": "40", "ratelimit-remaining": "0" });
    let scene = Scene::fragments().await;
    let ended = scene
        .breaks(FRAGMENT, at(2), throttled(429, headers))
        .lands()
        .await;
    assert_eq!(ended.waited(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_is_not_waited_for_and_told() {
    let hour = json!({ "retry-after": "3600" });
    for (on, nth) in PLACES {
        let scene = Scene::fragments().await.over_an_old_file().await;
        let scene = scene.breaks(on, from(nth).firing(1), throttled(429, hour.clone()));
        let code = match on.contains("domo") {
            true => "domo-throttled",
            false => "sharepoint-throttled",
        };
        let parts = [
            "429",
            "1 attempt; it asked for a pause of 1 h, and the job may wait 10 min",
        ];
        let ended = scene.fails(code, &parts).await;
        assert_eq!(ended.end.retry_after, Some(3600), "{on}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pauses_together_stay_within_the_budget() {
    // Each is short enough by itself; the fifth would be too much.
    let mut scene = Scene::fragments().await.over_an_old_file().await;
    scene.job["retry"] = json!({ "attempts": 20, "max_wait_seconds": 100 });
    let action = throttled(429, json!({ "retry-after": "24" }));
    let scene = scene.breaks(FRAGMENT, from(1).firing(5), action);
    let ended = scene.fails("sharepoint-throttled", &["5 attempts"]).await;
    assert_eq!(ended.end.retry_after, Some(24));
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_and_pauses_of_nothing_mean_no_second_attempt() {
    for retry in [json!({ "attempts": 1 }), json!({ "max_wait_seconds": 0 })] {
        let mut scene = Scene::simple().await.over_an_old_file().await;
        scene.job["retry"] = retry;
        let scene = scene.breaks(PUT, from(1).firing(1), throttled(503, json!({})));
        scene.fails("sharepoint-unavailable", &["1 attempt"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_service_that_throttles_is_waited_out() {
    for login in ["POST login /token", "GET domo /oauth/token"] {
        let action = throttled(429, json!({ "retry-after": "9" }));
        Scene::simple()
            .await
            .breaks(login, at(1), action)
            .lands()
            .await;
    }
}
