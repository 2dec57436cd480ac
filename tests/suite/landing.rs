//! A DataSet lands: what is on the cloud's disk is what Domo exported, and the receipt says so.

use serde_json::json;

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
