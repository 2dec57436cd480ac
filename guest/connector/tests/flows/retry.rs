//! Rules of patience.

use crate::world::{Act, World, answer, job, json_answer, reset, with};
use serde_json::json;
use writeback_connector::error::Code;
use writeback_connector::message::Method::{Get, Put};
use writeback_connector::ports::{HttpError, SecretError, Step};

#[test]
fn a_pause_asked_for_by_date_is_obeyed_by_the_server_s_clock() {
    let world = World::new();
    let headers = [
        ("retry-after", "Thu, 01 Jan 2026 05:00:30 GMT"),
        ("date", "Thu, 01 Jan 2026 05:00:00 GMT"),
    ];
    world.fault(Get, "/sites/", 1, answer(429, &headers));
    assert_eq!(world.run(&job()).unwrap()["attempts"]["waited_ms"], 30_000);
}

#[test]
fn the_greater_of_retry_after_and_rate_limit_reset_counts() {
    let world = World::new();
    world.fault(
        Get,
        "/sites/",
        1,
        answer(429, &[("retry-after", "5"), ("ratelimit-reset", "42")]),
    );
    assert_eq!(world.run(&job()).unwrap()["attempts"]["waited_ms"], 42_000);
}

#[test]
fn without_a_header_the_pause_is_a_jittered_one_that_people_see() {
    let world = World::new();
    world.fault(Get, "/sites/", 1, answer(503, &[]));
    let receipt = world.run(&job()).unwrap();
    let waited = receipt["attempts"]["waited_ms"].as_u64().unwrap();
    assert!((1_000..=3_000).contains(&waited), "{waited}");
    assert!(world.state().steps.contains(&Step::Waiting(waited)));
    assert_eq!(receipt["attempts"]["retries"], 1);
}

#[test]
fn a_pause_beyond_the_budget_is_not_begun() {
    let world = World::new();
    world.fault(Get, "/sites/", 1, answer(429, &[("retry-after", "3600")]));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::SharePointThrottled);
    assert_eq!(failure.retry_after, Some(3600));
    assert_eq!(
        failure.message,
        "finding site `https://contoso.sharepoint.com/sites/Finance` failed: SharePoint answered 429 (1 attempt; it asked for a pause of 1 h, and the job may wait 10 min)"
    );
    assert_eq!(world.pauses(), 0);
}

#[test]
fn the_budget_is_the_run_s_not_the_request_s() {
    let world = World::new();
    world.fault(Get, "/sites/", 1, answer(429, &[("retry-after", "6")]));
    world.fault(Put, ":/content", 1, answer(429, &[("retry-after", "6")]));
    let failure = world.fails(&with("/retry/max_wait_seconds", json!(10)));
    assert_eq!(failure.code, Code::SharePointThrottled);
}

#[test]
fn attempts_are_bounded_by_the_job() {
    let world = World::new();
    world.fault(Get, "/sites/", 99, answer(503, &[]));
    let failure = world.fails(&with("/retry/attempts", json!(2)));
    assert_eq!(failure.code, Code::SharePointUnavailable);
    assert_eq!(
        failure.message,
        "finding site `https://contoso.sharepoint.com/sites/Finance` failed: SharePoint answered 503 (2 attempts in 1 s)"
    );
    assert_eq!(world.sent(Get, "/sites/").len(), 2);
}

#[test]
fn a_graph_token_is_renewed_once_and_then_told() {
    let world = World::new();
    let body =
        json!({"error": {"code": "InvalidAuthenticationToken", "message": "Token expired."}});
    world.fault(Get, "/sites/", 1, json_answer(401, body.clone()));
    world.run(&job()).unwrap();
    assert_eq!(world.state().renewals, 1);
    world.fault(Get, "/sites/", 2, json_answer(401, body));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::SignInSharePoint);
    assert_eq!(
        failure.message,
        "finding site `https://contoso.sharepoint.com/sites/Finance` failed: SharePoint answered 401 `InvalidAuthenticationToken`: Token expired (2 attempts)"
    );
}

#[test]
fn a_page_from_a_proxy_is_not_a_reply() {
    let world = World::new();
    let page = Act::Answer(
        200,
        vec![("content-type", "text/html".to_owned())],
        "<html>".to_owned(),
    );
    world.fault(Get, "/sites/", 1, page);
    world.run(&job()).unwrap();
}

#[test]
fn a_timeout_and_a_reset_are_tried_again() {
    let world = World::new();
    world.fault(
        Get,
        "/sites/",
        1,
        Act::Error(HttpError::Timeout("no first byte in 60 s".to_owned())),
    );
    world.fault(Get, "/sites/", 1, Act::Error(reset()));
    assert_eq!(world.run(&job()).unwrap()["attempts"]["retries"], 2);
}

#[test]
fn a_limit_of_the_run_ends_it() {
    let world = World::new();
    let text = "100 requests (`requests` under `[limits]`)";
    world.fault(
        Get,
        "/sites/",
        1,
        Act::Error(HttpError::Limit(text.to_owned())),
    );
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::LimitReached);
    assert_eq!(
        failure.message,
        format!("a limit of the run was reached: {text}")
    );
}

#[test]
fn a_cancelled_run_says_so_at_once() {
    let world = World::new();
    world.fault(Get, "/sites/", 1, Act::Error(HttpError::Cancelled));
    assert_eq!(world.fails(&job()).code, Code::Cancelled);
    let world = World::new();
    world.state().cancel_at_sleep = true;
    world.fault(Get, "/sites/", 1, answer(503, &[]));
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::Cancelled);
    assert_eq!(failure.message, "the run was cancelled");
}

#[test]
fn a_sign_in_service_that_is_away_is_tried_again_and_then_told() {
    let world = World::new();
    let away = SecretError::Unavailable("no route to host".to_owned());
    world.state().refusals.insert("domo", away);
    let failure = world.fails(&job());
    assert_eq!(failure.code, Code::DomoUnavailable);
    assert_eq!(
        failure.message,
        "signing in to Domo failed: no route to host (5 attempts in 7 s)"
    );
    assert_eq!(failure.retry_after, Some(60));
    assert_eq!(world.pauses(), 4);
}
