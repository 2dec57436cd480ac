//! Upload sessions across a death: alive, dead, and of use no more.

use serde_json::json;

use crate::sized::GRID;
use crate::world::World;

/// A run that died with its second fragment on the way.
async fn died() -> (World, serde_json::Value) {
    let (world, job) = World::of_three_fragments().await;
    world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
    world.dies_in(&job, None).await;
    (world, job)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_session_goes_on_at_the_servers_offset() {
    let (world, job) = died().await;
    let before = world.requests().len();
    let receipt = world.goes(&job).await;
    world.landed_once(&receipt);
    assert_eq!(world.exports(), 1);
    assert_eq!(world.sent("POST", "createUploadSession").len(), 1);
    // At most the fragment that was on its way is sent again.
    let again: u64 = world.requests()[before..]
        .iter()
        .filter(|request| request.method == "PUT")
        .map(|request| request.received)
        .sum();
    assert!(
        again <= world.dataset("plain").bytes - GRID,
        "{again} bytes"
    );
    assert_eq!(receipt["upload"]["sent_bytes"], json!(again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_session_starts_anew_from_the_spool() {
    let (world, job) = died().await;
    world.control("sessions/expire", &json!({}));
    let receipt = world.goes(&job).await;
    world.landed_once(&receipt);
    assert_eq!(world.exports(), 1);
    assert_eq!(world.sent("POST", "createUploadSession").len(), 2);
    assert_eq!(receipt["upload"]["sent_bytes"], receipt["export"]["bytes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_address_ran_out_is_replaced() {
    let (world, job) = died().await;
    world.control("sessions/expire", &json!({ "what": "tempauth" }));
    // It cannot be deleted either: the next one has to wait for its end.
    world.control("sessions/rules", &json!({ "exclusive": false }));
    let receipt = world.goes(&job).await;
    assert_eq!(world.exports(), 1);
    let file = world.file("Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(receipt["export"]["quickxor"], json!(file.quick_xor_hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_died_after_its_last_byte_finds_its_file() {
    let (world, job) = World::of_three_fragments().await;
    // The file is complete, and the run does not live to read the reply.
    let stall = "{ truncate-body = { after = 0, end = \"stall\" } }";
    world.fault("PUT upload uploadSession", 3, 1, stall);
    tokio::select! {
        _ = world.go(&job, None) => panic!("the run came to an end"),
        () = async {
            while world.files().is_empty() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    world.release();
    let puts = world.sent("PUT", "/uploadSession").len();
    let receipt = world.goes(&job).await;
    world.landed_once(&receipt);
    assert_eq!(receipt["outcome"], "created");
    assert_eq!(world.exports(), 1);
    assert_eq!(
        world.sent("PUT", "/uploadSession").len(),
        puts,
        "nothing is sent again"
    );
}
