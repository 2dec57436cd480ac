//! What looks like an export and is none: refusals, pages, JSON, bodies that end early.

use serde_json::{Value, json};

use crate::sized::bytes_of;
use crate::world::World;

const DATA: &str = "GET domo /data?";

/// The ready job with this under `[domo]`.
fn with(world: &World, key: &str, value: Value) -> Value {
    let mut job = world.job();
    job["domo"][key] = value;
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_renewed_once() {
    for trouble in [
        "{ status = { status = 401 } }",
        "{ html-maintenance = { status = 406 } }",
        "{ status = { status = 403, body = { status = 403, toe = \"T-1\" } } }",
    ] {
        let world = World::start().await;
        world.fault(DATA, 1, 1, trouble);
        let receipt = world.receipt(&world.job()).await;
        let tokens = world
            .requests()
            .iter()
            .filter(|request| request.path == "/oauth/token")
            .count();
        assert_eq!(tokens, 2, "{trouble}");
        assert_eq!(receipt["attempts"]["waited_ms"], json!(0));
        world.landed_once(&receipt);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stays_refused_is_renewed_no_second_time() {
    for (trouble, told) in [
        ("{ status = { status = 401 } }", "401"),
        ("{ html-maintenance = { status = 406 } }", "406"),
    ] {
        let world = World::start().await;
        world.fault(DATA, 1, 0, trouble);
        let parts = [
            "exporting DataSet",
            told,
            "2 attempts",
            "has the scope `data`",
        ];
        world.refuses(&world.job(), "sign-in-domo", &parts).await;
        assert_eq!(world.sent("GET", "/data?").len(), 2);
        assert!(world.files().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maintenance_page_is_no_data_and_passes() {
    let world = World::start().await;
    world.fault(DATA, 1, 1, "{ html-maintenance = {} }");
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("html-maintenance"), 1);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stays_is_told_as_such() {
    let world = World::start().await;
    world.fault(DATA, 1, 0, "{ html-maintenance = {} }");
    let parts = [
        "Domo answered 200 with a web page",
        "5 attempts",
        "run the job again later",
    ];
    let failure = world
        .refuses(&world.job(), "domo-unavailable", &parts)
        .await;
    assert_eq!(failure.retry_after, Some(300));
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn json_instead_of_csv_is_an_error_with_domos_words() {
    let world = World::start().await;
    world.fault(DATA, 1, 1, "{ status = { status = 200, body = { status = 400, statusReason = \"Bad Request\", message = \"Export limit\", toe = \"ABC-1\" } } }");
    let parts = [
        "Domo answered 400 `Bad Request`: Export limit",
        "toe `ABC-1`",
    ];
    world.refuses(&world.job(), "domo-refused", &parts).await;

    world.fault(
        DATA,
        1,
        1,
        "{ status = { status = 200, body = { rows = 3 } } }",
    );
    let parts = [
        "application/json instead of text/csv",
        "any proxy on the way",
    ];
    world.refuses(&world.job(), "export-not-csv", &parts).await;
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_amid_the_body_starts_the_export_anew() {
    let world = World::start().await;
    world.fault(
        DATA,
        1,
        1,
        "{ truncate-body = { after = 20000, end = \"reset\" } }",
    );
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("truncate-body"), 1);
    assert_eq!(receipt["attempts"]["retries"], json!(1));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_cleanly_between_two_records_is_found_out() {
    let world = World::narrow(1000).await;
    let half = format!(
        "{{ truncate-body = {{ after = {}, end = \"clean\" }} }}",
        bytes_of(500)
    );
    world.fault(DATA, 1, 1, &half);
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("truncate-body"), 1);
    assert_eq!(receipt["export"]["exports"], json!(2));
    world.landed_once(&receipt);

    world.fault(DATA, 1, 0, &half);
    world
        .refuses(&world.job(), "rows-mismatch", &["has 500 records"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_cleanly_amid_a_record_is_found_out() {
    let world = World::start().await;
    world.fault(
        DATA,
        1,
        0,
        "{ truncate-body = { after = 20001, end = \"clean\" } }",
    );
    let job = with(&world, "rows", json!("warn"));
    world
        .refuses(&job, "export-malformed", &["is damaged"])
        .await;
    assert_eq!(world.fired("truncate-body"), 3);
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_larger_than_the_spool_names_the_limit() {
    let mut world = World::start().await;
    world.configure(|config| config["limits"]["spool_bytes"] = json!(10_000));
    let parts = [
        "no room beyond 10000 bytes (the limit is `limits.spool_bytes`)",
        "raise the limit under `[limits]`",
    ];
    world.refuses(&world.job(), "spool-full", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_folder_that_cannot_be_written_is_named() {
    let mut world = World::start().await;
    let blocked = world.cloud.description().config.join("state");
    world.configure(|config| config["state"]["dir"] = json!(blocked));
    let parts = [
        "waiting for other runs at `Documents/Reports/Daily/sales.csv` failed",
        "check the disk under the state directory",
    ];
    world
        .refuses(&world.job(), "checkpoint-failed", &parts)
        .await;
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_falls_silent_is_given_up_and_asked_for_again() {
    let mut world = World::start().await;
    world.configure(|config| config["limits"]["idle_seconds"] = json!(1));
    world.fault(
        DATA,
        1,
        1,
        "{ truncate-body = { after = 20000, end = \"stall\" } }",
    );
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("truncate-body"), 1);
    assert_eq!(receipt["attempts"]["retries"], json!(1));
    world.landed_once(&receipt);
}
