//! Whether SharePoint holds what left Domo: size and quickXorHash, from the reply or a bounded re-read.

use serde_json::{Value, json};

use crate::sized::GRID;
use crate::trouble::{hook, warns};
use crate::world::World;

const PUT: &str = "PUT graph :/content";

/// Reads of the file by its id, apart from those about its publication.
fn reads(world: &World, receipt: &Value) -> usize {
    let id = receipt["file"]["item_id"].as_str().expect("an id");
    let mut reads = world.sent("GET", &format!("/items/{id}?"));
    reads.retain(|read| {
        !read
            .query
            .as_deref()
            .unwrap_or_default()
            .contains("publication")
    });
    reads.len()
}

fn verified(mut job: Value, rule: &str) -> Value {
    job["sharepoint"]["verify"] = json!(rule);
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_hash_is_taken_from_the_reply() {
    let world = World::start().await;
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(receipt["verified"], json!("hash"));
    assert_eq!(receipt["file"]["quickxor"], receipt["export"]["quickxor"]);
    assert_eq!(reads(&world, &receipt), 0, "the reply has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_hash_is_a_failure_by_default() {
    let world = World::start().await;
    world.fault(
        PUT,
        1,
        1,
        &hook("alter-hash", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAA=\""),
    );
    let bytes = format!("SharePoint holds {} bytes", world.dataset("plain").bytes);
    let parts = [
        "`Documents/Reports/Daily/sales.csv` is not what left Domo",
        bytes.as_str(),
        "quickXorHash `AAAAAAAAAAAAAAAAAAAAAAAAAAA=`",
        "set `verify = \"warn\"`",
    ];
    let failure = world.refuses(&world.job(), "verify-mismatch", &parts).await;
    assert_eq!(world.fired("alter-hash"), 1);
    assert!(!failure.message.contains("unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_hash_after_a_session_is_a_failure_too() {
    let world = World::start().await;
    world.fault("PUT upload uploadSession", 1, 1, &hook("alter-hash", "1"));
    let job = world.job_in_fragments(GRID, GRID);
    world
        .refuses(&job, "verify-mismatch", &["is not what left Domo"])
        .await;
    assert_eq!(world.fired("alter-hash"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_warn_another_hash_is_told_and_the_size_counts() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &hook("alter-hash", "1"));
    let receipt = world.receipt(&verified(world.job(), "warn")).await;
    assert_eq!(world.fired("alter-hash"), 1);
    assert_eq!(receipt["verified"], json!("size"));
    warns(&receipt, &["is not what left Domo", "quickXorHash"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_size_another_hash_does_not_matter() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &hook("alter-hash", "1"));
    let receipt = world.receipt(&verified(world.job(), "size")).await;
    assert_eq!(world.fired("alter-hash"), 1);
    assert_eq!(receipt["verified"], json!("size"));
    assert_eq!(receipt["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_content_is_a_failure_even_by_its_size() {
    for rule in ["hash", "size"] {
        let world = World::start().await;
        world.fault(PUT, 1, 1, &hook("alter-content", "\"injected\""));
        let sizes = [
            format!(
                "SharePoint holds {} bytes",
                world.dataset("plain").bytes + 8
            ),
            format!("Domo sent {} bytes", world.dataset("plain").bytes),
        ];
        let parts = [sizes[0].as_str(), sizes[1].as_str()];
        world
            .refuses(&verified(world.job(), rule), "verify-mismatch", &parts)
            .await;
        assert_eq!(world.fired("alter-content"), 1);
        assert_eq!(world.files().len(), 1, "nothing is deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_warn_altered_content_verifies_nothing() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &hook("alter-content", "\"injected\""));
    let receipt = world.receipt(&verified(world.job(), "warn")).await;
    assert_eq!(receipt["verified"], json!("none"));
    warns(&receipt, &["is not what left Domo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_comes_late_is_waited_for() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &hook("withhold-hash", "2"));
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("withhold-hash"), 1);
    assert_eq!(receipt["verified"], json!("hash"));
    assert!(receipt["attempts"]["waited_ms"].as_u64() > Some(0));
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_comes_leaves_the_size() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &hook("withhold-hash", "true"));
    let receipt = world.receipt(&world.job()).await;
    assert_eq!(world.fired("withhold-hash"), 1);
    assert_eq!(receipt["verified"], json!("size"));
    warns(
        &receipt,
        &[
            "has no hash of `Documents/Reports/Daily/sales.csv` yet",
            "only its size was compared",
        ],
    );
    assert_eq!(reads(&world, &receipt), 4, "bounded");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_size_no_hash_is_waited_for() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &hook("withhold-hash", "true"));
    let receipt = world.receipt(&verified(world.job(), "size")).await;
    assert_eq!(receipt["verified"], json!("size"));
    assert_eq!(reads(&world, &receipt), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_right_after_the_upload_is_a_failure() {
    let world = World::start().await;
    world.fault(PUT, 1, 1, &hook("withhold-hash", "true"));
    let gone = crate::trouble::status(404, "", "itemNotFound");
    world.fault("GET graph *eTag,webUrl,file,folder", 4, 0, &gone);
    let parts = [
        "is gone right after the upload",
        "see who or what deletes or moves files in this folder",
    ];
    world.refuses(&world.job(), "verify-mismatch", &parts).await;
    assert_eq!(world.fired("withhold-hash"), 1);
    assert!(world.fired("status-404") >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mismatch_names_the_version_to_restore() {
    for (limit, on) in [(0, "PUT upload uploadSession"), (10_000_000, PUT)] {
        let world = World::start().await;
        let mut job = world.job();
        job["upload"] = json!({ "simple_limit": limit });
        world.receipt(&job).await;
        world.receipt(&world.job_for("foreign")).await;
        let path = "Finance/Documents/Reports/Daily/sales.csv";
        let ending = format!(" with {} bytes", world.file(path).size);
        world.fault(on, 1, 1, &hook("alter-hash", "1"));
        let parts = [
            "; the version before this run is `2.0` of 20",
            ending.as_str(),
            "restore version `2.0` under *Version history*",
            "/versions/2.0/restoreVersion`",
        ];
        world.refuses(&job, "verify-mismatch", &parts).await;
        assert_eq!(world.fired("alter-hash"), 1);
        assert_eq!(world.file(path).versions, 3);
    }
}
