//! Which DataSet: by GUID or URL; deleted, out of reach, unknown; and one that changes meanwhile.

use serde_json::json;

use crate::trouble::warns;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_guid_is_found_in_any_case() {
    let world = World::start().await;
    let mut job = world.job();
    job["domo"]["dataset"] = json!(world.dataset("plain").id.to_uppercase());
    let receipt = world.receipt(&job).await;
    assert_eq!(receipt["dataset"]["id"], json!(world.dataset("plain").id));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_datasets_url_will_do() {
    let world = World::start().await;
    let mut job = world.job();
    let id = world.dataset("plain").id;
    job["domo"]["dataset"] = json!(format!(
        "https://acme.domo.com/datasources/{id}/details/overview"
    ));
    world.landed_once(&world.receipt(&job).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_guid_nor_url_is_refused_before_any_request() {
    let world = World::start().await;
    let mut job = world.job();
    job["domo"]["dataset"] = json!("Daily sales");
    let parts = ["`domo.dataset` must be a DataSet's GUID or its URL"];
    world.refuses(&job, "job-invalid", &parts).await;
    assert!(world.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_dataset_is_told_apart() {
    let world = World::start().await;
    let job = world.job_for("deleted");
    let id = world.dataset("deleted").id;
    let told = format!("DataSet `{id}` was deleted");
    world
        .refuses(&job, "dataset-deleted", &[&told, "choose another DataSet"])
        .await;
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_out_of_reach_names_domos_words_and_what_to_do() {
    let world = World::start().await;
    let job = world.job_for("inaccessible");
    let parts = [
        "reading DataSet",
        "Domo answered 400",
        "Infrastructure problem (403): Access is denied",
        "toe `",
        "1 attempt",
        "share the DataSet with the user who created the Domo client",
    ];
    world.refuses(&job, "dataset-forbidden", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_dataset_is_not_found() {
    let world = World::start().await;
    let mut job = world.job();
    job["domo"]["dataset"] = json!("00000000-0000-4000-8000-000000000000");
    let parts = ["404", "not found", "`writeback browse datasets`"];
    world.refuses(&job, "dataset-not-found", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_dataset_at_all_points_to_the_endpoint() {
    let world = World::start().await;
    let on = format!("GET domo *{}", world.dataset("plain").id);
    world.fault(
        &on,
        1,
        1,
        "{ status = { status = 200, body = { hello = \"x\" } } }",
    );
    let parts = ["the reply is no DataSet", "`api` endpoint"];
    world.refuses(&world.job(), "domo-refused", &parts).await;
    assert_eq!(world.fired("status-200"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_are_read_before_and_after_the_export() {
    let world = World::start().await;
    let id = world.dataset("plain").id;
    world.receipt(&world.job()).await;
    let about = world.sent("GET", &format!("/v1/datasets/{id}"));
    let asked: Vec<bool> = about
        .iter()
        .map(|request| request.path.ends_with("/data"))
        .collect();
    assert_eq!(asked, [false, true, false], "metadata, export, metadata");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_that_changes_meanwhile_is_exported_again() {
    let world = World::start().await;
    let on = format!("GET domo *{}", world.dataset("plain").id);
    world.fault(
        &on,
        2,
        0,
        "{ patch-json = { updatedAt = \"2026-11-01T00:00:00Z\" } }",
    );
    let receipt = world.receipt(&world.job()).await;
    assert!(world.fired("patch-json") >= 1);
    assert_eq!(receipt["export"]["exports"], json!(2));
    assert_eq!(
        receipt["dataset"]["updated_at"],
        json!("2026-11-01T00:00:00Z")
    );
    assert_eq!(
        receipt["warnings"],
        json!([]),
        "the second export was quiet"
    );
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_rests_lands_with_a_warning() {
    let world = World::start().await;
    let on = format!("GET domo *{}", world.dataset("plain").id);
    for read in 2..=3 {
        let patch =
            format!("{{ patch-json = {{ dataCurrentAt = \"2026-11-0{read}T00:00:00Z\" }} }}");
        world.fault(&on, read, 1, &patch);
    }
    let mut job = world.job();
    job["domo"]["export_attempts"] = json!(2);
    let receipt = world.receipt(&job).await;
    assert_eq!(world.fired("patch-json"), 2);
    warns(&receipt, &["changed while it was exported", "2 exports"]);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_dataset_lands_as_its_header() {
    let world = World::start().await;
    let mut job = world.job_for("empty");
    job["guard"] = json!({ "if_empty": "write" });
    let receipt = world.receipt(&job).await;
    let file = world.file("Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(file.size, world.dataset("empty").bytes);
    assert_eq!(receipt["export"]["rows"], json!(0));
    assert_eq!(receipt["export"]["columns"], json!(4));
}
