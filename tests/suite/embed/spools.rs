//! Blobs in a place of the program's own.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use writeback_host::state::RunState;

use super::memory::Memory;
use super::shelf::{Broken, Shelf};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_memory_lands_whole_and_leaves_no_file() {
    let (mut world, job) = World::of_three_fragments().await;
    world.rebuild(|tenant| tenant.spools(Arc::new(Memory)));
    let receipt = world.receipt(&job).await;
    world.landed_once(&receipt);
    assert!(world.sent("PUT", "/uploadSession").len() >= 3);
    let state = Path::new(world.config["state"]["dir"].as_str().expect("a path"));
    let left = std::fs::read_dir(state).expect("the state folder");
    let left: Vec<_> = left.map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(left, ["turns"], "and nothing of an export");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_count_whatever_keeps_the_bytes() {
    let mut world = World::start().await;
    world.config["limits"] = json!({ "spool_bytes": 10_000 });
    world.rebuild(|tenant| tenant.spools(Arc::new(Memory)));
    let parts = ["no room beyond 10000 bytes (the limit is `limits.spool_bytes`)"];
    world.refuses(&world.job(), "spool-full", &parts).await;
    world.config["limits"] = json!({ "tenant": { "spool_bytes": 10_000 } });
    world.rebuild(|tenant| tenant.spools(Arc::new(Memory)));
    let parts = ["beyond 10000 bytes together (the limit is `limits.tenant.spool_bytes`)"];
    world.refuses(&world.job(), "spool-full", &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_fails_ends_the_run_with_its_words_and_nothing_is_written() {
    let (mut world, job) = World::of_three_fragments().await;
    for broken in [Broken::Open, Broken::Append, Broken::Seal] {
        world.rebuild(|tenant| tenant.spools(Arc::new(Shelf::new(broken))));
        let parts = ["keeping the export failed: the spool: the shelf is broken"];
        world.refuses(&job, "spool-failed", &parts).await;
    }
    assert_eq!(world.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_cannot_be_read_again_end_the_upload() {
    let (mut world, job) = World::of_three_fragments().await;
    for (broken, why) in [
        (
            Broken::Read,
            "the content cannot be read: the spool: the shelf is broken",
        ),
        (
            Broken::Reader,
            "its content cannot be read: the spool: unexpected end of file",
        ),
    ] {
        world.rebuild(|tenant| tenant.spools(Arc::new(Shelf::new(broken))));
        let parts = [why, "(5 attempts"];
        world.refuses(&job, "sharepoint-unavailable", &parts).await;
    }
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_with_what_the_program_kept() {
    let mut world = World::start().await;
    let shelf = Arc::new(Shelf::new(Broken::Nothing));
    let spools = Arc::clone(&shelf);
    world.rebuild(|tenant| tenant.spools(spools));
    let job = world.job();
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    world.dies_in(&job, None).await;
    let run = world.only_run();
    assert_eq!(run.state, RunState::Interrupted);
    assert_eq!(run.spool_bytes, world.dataset("plain").bytes);
    assert_eq!(
        shelf.names(),
        [(run.key.to_string(), "export.csv".to_owned())]
    );

    let receipt = world.goes(&job).await;
    assert_eq!(world.exports(), 1);
    world.landed_once(&receipt);
    assert!(shelf.names().is_empty(), "it is over");

    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    world.dies_in(&job, Some("given-up")).await;
    assert_eq!(shelf.names().len(), 1);
    let forgotten = world.tenant().runs();
    forgotten
        .forget(&"given-up".parse().expect("a key"))
        .expect("forgotten");
    assert!(shelf.names().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_memory_goes_on_with_another_export() {
    let mut world = World::start().await;
    world.rebuild(|tenant| tenant.spools(Arc::new(Memory)));
    let job = world.job();
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    world.dies_in(&job, None).await;
    let receipt = world.goes(&job).await;
    assert_eq!(world.exports(), 2);
    world.landed_once(&receipt);
    assert_eq!(world.only_run().attempts, 2);
}
