//! A DataSet lands: what is on the cloud's disk is what Domo exported, and the receipt says so.

use serde_json::json;

use crate::sized::GRID;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_ready_job_lands_whole() {
    let world = World::start().await;
    let dataset = world.dataset("plain");

    let receipt = world.receipt(&world.job()).await;

    let file = world.file("Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(file.size, dataset.bytes);
    assert_eq!(receipt["file"]["bytes"], json!(dataset.bytes));
    assert_eq!(receipt["file"]["quickxor"], json!(file.quick_xor_hash));
    assert_eq!(receipt["export"]["quickxor"], json!(file.quick_xor_hash));
    assert_eq!(receipt["dataset"]["rows"], json!(dataset.rows));
    assert_eq!(receipt["verified"], json!("hash"));
    assert_eq!(receipt["outcome"], json!("created"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lands_over_tls_with_a_private_ca() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let world = World::with(writeback_cloud::Options {
        tls: Some(folder.path().to_owned()),
        ..writeback_cloud::Options::default()
    })
    .await;
    assert!(world.cloud.description().graph.starts_with("https://"));
    let receipt = world.receipt(&world.job_in_fragments(GRID, GRID)).await;
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_says_where_and_how() {
    let world = World::start().await;
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(receipt["schema"], json!(1));
    assert_eq!(receipt["job"], json!("daily sales"));
    assert_eq!(receipt["file"]["site"], json!("Finance"));
    assert_eq!(receipt["file"]["library"], json!("Documents"));
    assert_eq!(receipt["file"]["folder"], json!("Reports/Daily"));
    let url = receipt["file"]["url"].as_str().expect("a URL");
    assert!(
        url.starts_with("https://contoso.sharepoint.com/sites/Finance/"),
        "{url}"
    );
    assert_eq!(receipt["export"]["exports"], json!(1));
    assert_eq!(receipt["row_check"], json!("metadata"));
    assert_eq!(receipt["warnings"], json!([]));
    let tokens = |path: &str| path.ends_with("/token");
    let asked = world
        .requests()
        .iter()
        .filter(|request| !tokens(&request.path))
        .count();
    assert_eq!(
        receipt["attempts"]["requests"],
        json!(asked),
        "as the cloud counted them"
    );
    let steps: Vec<&str> = receipt["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["step"].as_str())
        .collect();
    assert_eq!(steps, ["prepare", "export", "upload", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_a_name_goes_by_its_dataset() {
    let world = World::start().await;
    let mut job = world.job();
    job.as_object_mut().expect("a table").remove("name");
    let receipt = world.receipt(&job).await;
    assert_eq!(receipt["job"], json!(world.dataset("plain").id));
}
