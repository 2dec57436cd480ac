//! The happy path, and what every request must carry.

use crate::world::{DATASET, World, fragments, job, with};
use serde_json::json;
use writeback_connector::message::Method;
use writeback_connector::ports::Step;

#[test]
fn a_dataset_lands_and_the_receipt_proves_it() {
    let world = World::new();
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["outcome"], "created");
    assert_eq!(receipt["file"]["name"], "sales.csv");
    assert_eq!(receipt["file"]["site"], "Finance");
    assert_eq!(receipt["file"]["library"], "Documents");
    assert_eq!(receipt["export"]["rows"], 3);
    assert_eq!(receipt["export"]["columns"], 2);
    assert_eq!(receipt["export"]["quickxor"], receipt["file"]["quickxor"]);
    assert_eq!(receipt["verified"], "hash");
    assert_eq!(receipt["row_check"], "metadata");
    assert_eq!(receipt["upload"]["method"], "simple");
    assert_eq!(receipt["attempts"]["retries"], 0);
    assert_eq!(receipt["warnings"], json!([]));
    assert_eq!(
        world.file("sales.csv"),
        Some(world.state().domo.csv[DATASET].clone())
    );
}

#[test]
fn a_second_run_replaces_the_file() {
    let world = World::new();
    world.run(&job()).unwrap();
    let receipt = world.run(&job()).unwrap();
    assert_eq!(receipt["outcome"], "replaced");
    assert_eq!(world.sent(Method::Put, "conflictBehavior=replace").len(), 2);
}

#[test]
fn every_request_says_who_sends_it_and_graph_ones_carry_an_id_of_their_own() {
    let world = World::new();
    world.large(1_000_000);
    world.run(&fragments()).unwrap();
    let sent = world.state().sent.clone();
    let mut ids: Vec<&str> = sent
        .iter()
        .filter_map(|s| s.header("client-request-id"))
        .collect();
    for request in &sent {
        assert_eq!(
            request.header("user-agent"),
            Some("NONISV|Writeback|Connector/0.1.0")
        );
        let graph = request.url.starts_with("https://graph");
        assert_eq!(
            request.header("client-request-id").is_some(),
            graph,
            "{}",
            request.url
        );
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "ids are fresh");
}

#[test]
fn progress_is_told_in_the_order_of_the_steps() {
    let world = World::new();
    world.run(&job()).unwrap();
    let bytes = world.state().domo.csv[DATASET].len() as u64;
    let expected = [
        Step::Preparing,
        Step::Exporting(0),
        Step::Exporting(bytes),
        Step::Uploading(0, bytes),
        Step::Uploading(bytes, bytes),
        Step::Verifying,
    ];
    assert_eq!(world.state().steps, expected);
}

#[test]
fn each_step_s_time_is_in_the_receipt() {
    let world = World::new();
    world.state().latency = 100;
    let receipt = world.run(&job()).unwrap();
    let steps = receipt["steps"].as_array().unwrap();
    let names: Vec<&str> = steps
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["prepare", "export", "upload", "verify"]);
    assert_eq!(steps[1]["ms"], 200, "the export and the metadata after it");
}

#[test]
fn the_file_takes_the_dataset_s_id_or_its_mended_name() {
    let world = World::new();
    let receipt = world
        .run(&with("/sharepoint/filename", json!("dataset-id")))
        .unwrap();
    assert_eq!(receipt["file"]["name"], format!("{DATASET}.csv"));
    let receipt = world
        .run(&with("/sharepoint/filename", json!("dataset-name")))
        .unwrap();
    assert_eq!(receipt["file"]["name"], "Sales_ 2026_01.csv");
    assert_eq!(
        receipt["warnings"],
        json!([
            "the DataSet's name `Sales: 2026/01` became the file name `Sales_ 2026_01.csv`: SharePoint allows no `:` in a name"
        ])
    );
}

#[test]
fn a_dataset_url_names_the_dataset() {
    let world = World::new();
    let url = format!("https://mycompany.domo.com/datasources/{DATASET}/details/overview");
    let receipt = world.run(&with("/domo/dataset", json!(url))).unwrap();
    assert_eq!(receipt["dataset"]["id"], DATASET);
}
