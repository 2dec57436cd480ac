//! What interrupted runs keep on disk counts.

use serde_json::json;
use writeback_host::state::StateError;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_interrupted_runs_keep_counts_towards_the_tenants_spools() {
    let mut world = World::start().await;
    let bytes = world.dataset("plain").bytes;
    world.configure(|config| {
        config["limits"] = json!({ "tenant": { "spool_bytes": bytes * 2 - 1 } });
    });
    let (job, mut other) = (world.job(), world.job());
    other["sharepoint"]["folder"] = json!("Elsewhere");
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    world.dies_in(&job, None).await;

    let super::Started::Ran(Err(error)) = world.go(&other, None).await else {
        panic!("there is room for one export");
    };
    let text = error.to_string();
    assert!(text.contains("limits.tenant.spool_bytes"), "{text}");

    world.configure(|config| config["limits"]["tenant"]["spool_bytes"] = json!(bytes - 1));
    let refused = world.open(&other, Some("another"));
    assert!(
        matches!(&refused, Err(StateError::Full { bytes: kept, .. }) if *kept >= bytes),
        "{refused:?}"
    );
    // The interrupted run itself may go on: its export is its own.
    world.configure(|config| config["limits"]["tenant"]["spool_bytes"] = json!(bytes));
    let runs = world.tenant().runs();
    for run in runs.list().expect("the runs") {
        if run.spool_bytes == 0 {
            runs.forget(&run.key).expect("it is forgotten");
        }
    }
    world.landed_once(&world.goes(&job).await);
    assert_eq!(world.exports(), 2);
}
