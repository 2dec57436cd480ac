//! What counts as all of a DataSet: as many whole records as Domo itself names.

use serde_json::{Value, json};

use crate::trouble::{hook, warns};
use crate::world::World;

const DATA: &str = "GET domo /data?";

/// The ready job with this under `[domo]`.
fn with(world: &World, key: &str, value: Value) -> Value {
    let mut job = world.job();
    job["domo"][key] = value;
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_export_is_exported_again() {
    let world = World::start().await;
    world.fault(DATA, 1, 1, &hook("short-export", "1"));
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("short-export"), 1);
    assert_eq!(receipt["export"]["exports"], json!(2));
    assert_eq!(receipt["row_check"], json!("metadata"));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stays_short_fails_with_all_three_numbers() {
    let world = World::start().await;
    world.fault(DATA, 1, 0, &hook("short-export", "3"));
    let parts = [
        "has 997 records; Domo's metadata say 1000, and a query counts 1000 (3 exports)",
        "accept the difference with `rows = \"warn\"`",
    ];
    let failure = world.refuses(&world.job(), "rows-mismatch", &parts).await;
    assert_eq!(failure.retry_after, Some(900));
    assert_eq!(world.fired("short-export"), 3);
    assert!(world.files().is_empty());

    let job = with(&world, "export_attempts", json!(1));
    world.refuses(&job, "rows-mismatch", &["(1 export)"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stays_long_fails_too() {
    let world = World::start().await;
    world.fault(DATA, 1, 0, &hook("long-export", "1"));
    world
        .refuses(&world.job(), "rows-mismatch", &["has 1001 records"])
        .await;
    assert_eq!(world.fired("long-export"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_rows_warn_the_difference_is_told_and_lands() {
    let world = World::start().await;
    world.fault(DATA, 1, 0, &hook("short-export", "3"));
    let receipt = world.receipt(&with(&world, "rows", json!("warn"))).await;
    assert!(world.fired("short-export") >= 1);
    assert_eq!(receipt["row_check"], json!("warned"));
    assert_eq!(receipt["export"]["rows"], json!(997));
    warns(&receipt, &["has 997 records", "1000"]);
    let file = world.file("Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(json!(file.quick_xor_hash), receipt["export"]["quickxor"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_lag_are_overruled_by_a_query_as_the_same_client() {
    let world = World::start().await;
    let on = format!("GET domo *{}", world.dataset("plain").id);
    world.fault(&on, 1, 0, "{ patch-json = { rows = 990 } }");
    let receipt = world.receipt(&world.job()).await;
    assert!(world.fired("patch-json") >= 1);
    assert_eq!(receipt["row_check"], json!("query"));
    assert_eq!(receipt["export"]["exports"], json!(1));
    warns(
        &receipt,
        &["metadata say 990, but a query counts 1000 rows, as exported"],
    );
    let query = world.sent("POST", "/v1/datasets/query/execute/");
    assert_eq!(query.len(), 1);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_no_query_can_count_are_told() {
    let world = World::start().await;
    world.fault(DATA, 1, 0, &hook("short-export", "1"));
    world.fault(
        "POST domo /query/execute",
        1,
        0,
        "{ status = { status = 400, body = { status = 400, message = \"Query too complex\" } } }",
    );
    let parts = [
        "has 999 records",
        "could not be counted by a query",
        "Query too complex",
    ];
    world.refuses(&world.job(), "rows-mismatch", &parts).await;
    assert!(world.fired("status-400") >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_the_wrong_width_fails_whatever_rows_says() {
    for (value, told) in [
        ("\"more\"", "has 9 columns, the header has 8"),
        ("\"fewer\"", "has 7 columns, the header has 8"),
    ] {
        let world = World::start().await;
        world.fault(DATA, 1, 0, &hook("ragged-export", value));
        let job = with(&world, "rows", json!("warn"));
        let parts = [
            "is damaged: record 1000 (line ",
            told,
            "(3 exports)",
            "report it to Domo",
        ];
        world.refuses(&job, "export-malformed", &parts).await;
        assert_eq!(world.fired("ragged-export"), 3);
        assert!(world.files().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_quote_fails_whatever_rows_says() {
    let world = World::start().await;
    world.fault(DATA, 1, 0, &hook("open-quote-export", "1"));
    let job = with(&world, "rows", json!("warn"));
    let parts = ["the quote that record 1000 (line ", "is never closed"];
    world.refuses(&job, "export-malformed", &parts).await;
    assert_eq!(world.fired("open-quote-export"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_kept_and_counted_as_no_column() {
    let world = World::start().await;
    world.fault(DATA, 1, 1, &hook("bom-export", "1"));
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("bom-export"), 1);
    assert_eq!(receipt["export"]["columns"], json!(8));
    assert_eq!(receipt["export"]["rows"], json!(1000));
    let file = world.file("Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(file.size, world.dataset("plain").bytes + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_without_a_row_count_leave_it_to_the_query() {
    let world = World::start().await;
    let path = format!("*{}", world.dataset("plain").id);
    world.break_it(&json!([{ "method": "GET", "path": path, "times": 0, "action": { "patch-json": { "rows": null } } }]).to_string());
    let receipt = world.receipt(&world.job()).await;
    assert!(world.fired("patch-json") >= 1);
    assert_eq!(receipt["row_check"], json!("query"));
    warns(
        &receipt,
        &["metadata say nothing of rows", "counts 1000 rows"],
    );
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_the_metadata_do_not_know_are_told() {
    let world = World::start().await;
    let on = format!("GET domo *{}", world.dataset("plain").id);
    world.fault(&on, 1, 0, "{ patch-json = { columns = 9 } }");
    let receipt = world.receipt(&world.job()).await;
    assert!(world.fired("patch-json") >= 1);
    warns(&receipt, &["has 8 columns, Domo's metadata say 9"]);
    world.landed_once(&receipt);
}
