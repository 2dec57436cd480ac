//! `[guard]`: good data is not replaced by bad, and nothing is touched by a refusal.

use serde_json::{Value, json};
use writeback_host::Failure;

use crate::check::{found, report};
use crate::trouble::warns;
use crate::world::World;

const FILE: &str = "Finance/Documents/Reports/Daily/sales.csv";

fn guarded(mut job: Value, guard: Value) -> Value {
    job["guard"] = guard;
    job
}

/// A refusal that changes nothing.
async fn refuses(world: &World, job: &Value, code: &str, parts: &[&str]) -> Failure {
    let writes = world.writes().len();
    let failure = world.refuses(job, code, parts).await;
    assert_eq!(world.writes().len(), writes, "{:#?}", world.writes());
    failure
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_dataset_does_not_replace_a_full_one() {
    let world = World::start().await;
    world.receipt(&world.job()).await;
    let before = world.file(FILE);
    let parts = ["has no rows", "`if_empty = \"write\"`"];
    refuses(&world, &world.job_for("empty"), "export-empty", &parts).await;
    assert_eq!(world.file(FILE).quick_xor_hash, before.quick_xor_hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_run_has_a_receipt_and_leaves_no_trace() {
    let world = World::start().await;
    let job = guarded(world.job_for("empty"), json!({ "if_empty": "skip" }));
    let receipt = world.receipt(&job).await;
    crate::docs::assert_valid("receipt", &receipt);
    assert_eq!(receipt["outcome"], json!("skipped"));
    assert_eq!(receipt["file"], Value::Null);
    warns(&receipt, &["has no rows, so nothing was uploaded"]);
    assert!(world.writes().is_empty() && world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_rows_and_a_file_that_would_shrink_are_refused_with_the_figures() {
    let world = World::start().await;
    let few = guarded(world.job(), json!({ "min_rows": 1001 }));
    let parts = ["has 1000 rows, and the job wants 1001 at least"];
    refuses(&world, &few, "too-few-rows", &parts).await;

    world.receipt(&world.job()).await;
    let size = world.file(FILE).size;
    let small = guarded(world.job_for("foreign"), json!({ "max_shrink": 0.5 }));
    let has = format!("`Documents/Reports/Daily/sales.csv` has {size}: 9");
    let parts = [has.as_str(), "% less, and the job allows 50 %"];
    refuses(&world, &small, "shrunk", &parts).await;
    assert_eq!(world.file(FILE).size, size);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_columns_than_expected_are_refused_and_foreseen() {
    let world = World::start().await;
    let expect = json!({ "expect_columns": ["Row", "Region", "Amount", "Customer", "City"] });
    let job = guarded(world.job_for("foreign"), expect);
    let parts = ["missing: `Customer`, `City`; not expected: `Customer, full name`"];
    refuses(&world, &job, "columns-differ", &parts).await;
    let report = report(&world, &job).await;
    found(&report, "guard", "failed", &parts);

    let right = json!({ "expect_columns": ["Row", "Region", "Amount", "Customer, full name"] });
    let job = guarded(world.job_for("foreign"), right);
    found(
        &crate::check::report(&world, &job).await,
        "guard",
        "ok",
        &[],
    );
    assert_eq!(world.receipt(&job).await["outcome"], json!("created"));
}
