//! Which run goes on, and which begins anew.

use std::time::Duration;

use serde_json::json;
use writeback_host::state::{Opened, RunState, StateError};
use writeback_host::{Clock as _, RunError};

use super::{Started, cancelled};
use crate::trouble::status;
use crate::world::{World, connector};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_died_goes_on_and_exports_nothing_again() {
    let world = World::start().await;
    let job = world.job();
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    world.dies_in(&job, None).await;
    assert_eq!(world.only_run().state, RunState::Interrupted);
    assert!(world.only_run().spool_bytes > 0);

    let receipt = world.goes(&job).await;
    assert_eq!(world.exports(), 1);
    world.landed_once(&receipt);
    let run = world.only_run();
    assert_eq!(
        (run.state, run.attempts, run.spool_bytes),
        (RunState::Done, 2, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_broke_off_starts_over() {
    let world = World::start().await;
    let stall = "{ truncate-body = { after = 20000, end = \"stall\" } }";
    world.fault("GET domo /data?", 1, 1, stall);
    let job = world.job();
    tokio::select! {
        _ = world.go(&job, None) => panic!("the run came to an end"),
        () = async {
            while world.fired("truncate-body") == 0 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    world.release();
    let receipt = world.goes(&job).await;
    assert_eq!(world.exports(), 2);
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_run_gives_its_receipt_and_touches_nothing() {
    let world = World::start().await;
    let job = world.job();
    let Started::Ran(Ok(first)) = world.go(&job, Some("sales-2031-05-01")).await else {
        panic!("a receipt");
    };
    let requests = world.requests().len();
    let Started::Finished(again) = world.go(&job, Some("sales-2031-05-01")).await else {
        panic!("it ran again");
    };
    assert_eq!(again, first);
    assert_eq!(world.requests().len(), requests);
    // Without a key the same job is a new run.
    world.clock.sleep(Duration::from_secs(1)).await;
    world.goes(&job).await;
    assert_eq!(world.states(), ["done", "done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_for_one_job() {
    let world = World::start().await;
    let mut job = world.job();
    world.go(&job, Some("a")).await;
    // The same document in another order is the same job.
    let text: String = job.to_string();
    let parsed: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(matches!(
        world.open(&parsed, Some("a")),
        Ok(Opened::Finished { .. })
    ));
    job["sharepoint"]["folder"] = json!("Elsewhere");
    let refused = world.open(&job, Some("a"));
    assert!(
        matches!(refused, Err(StateError::KeyReused(_))),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_same_job_goes_on() {
    let world = World::start().await;
    let (job, mut other) = (world.job(), world.job());
    other["sharepoint"]["folder"] = json!("Elsewhere");
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    world.dies_in(&job, None).await;
    world.clock.sleep(Duration::from_secs(1)).await;
    world.goes(&other).await;
    assert_eq!(world.exports(), 2);
    assert_eq!(world.states(), ["done", "interrupted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_under_way_is_left_alone() {
    let world = World::start().await;
    let job = world.job();
    let Ok(Opened::Ready(held)) = world.open(&job, Some("a")) else {
        panic!("a lease");
    };
    assert_eq!(world.states(), ["under-way"]);
    assert!(matches!(
        world.open(&job, Some("a")),
        Err(StateError::UnderWay(_))
    ));
    let key = held.key().clone();
    assert!(matches!(
        world.tenant().runs().forget(&key),
        Err(StateError::UnderWay(_))
    ));
    // Without a key another run begins.
    let Ok(Opened::Ready(other)) = world.open(&job, None) else {
        panic!("a lease");
    };
    assert_ne!(other.key(), held.key());
    drop((held, other));
    assert_eq!(world.states(), ["interrupted", "interrupted"]);
    world.tenant().runs().forget(&key).expect("it is forgotten");
    assert!(matches!(
        world.tenant().runs().forget(&key),
        Err(StateError::Unknown(_))
    ));
    assert_eq!(world.states(), ["interrupted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_not_started_again_in_time_is_cleared() {
    let world = World::start().await;
    let job = world.job();
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    world.dies_in(&job, None).await;
    world.clock.sleep(Duration::from_secs(24 * 3600 - 1)).await;
    assert_eq!(world.only_run().state, RunState::Interrupted);
    world.clock.sleep(Duration::from_secs(2)).await;
    assert_eq!(world.only_run().state, RunState::Expired);
    world.goes(&job).await;
    assert_eq!(world.exports(), 2);
    assert_eq!(world.states(), ["done", "expired"]);
    let runs = world.tenant().runs().list().expect("the runs");
    assert!(runs.iter().all(|run| run.spool_bytes == 0));
    // What is over goes after a week.
    world.clock.sleep(Duration::from_secs(8 * 24 * 3600)).await;
    world.goes(&job).await;
    assert_eq!(world.states(), ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_time_may_mend_goes_on_and_one_that_cannot_begins_anew() {
    let world = World::start().await;
    let mut job = world.job();
    job["retry"] = json!({ "attempts": 1 });
    world.fault(
        "PUT graph :/content",
        1,
        1,
        &status(503, "", "serviceNotAvailable"),
    );
    let Started::Ran(Err(RunError::Failed(failure))) = world.go(&job, None).await else {
        panic!("a failure");
    };
    assert!(failure.retry_after.is_some());
    assert_eq!(world.only_run().state, RunState::FailedForNow);
    let receipt = world.goes(&job).await;
    assert_eq!(world.exports(), 1);
    world.landed_once(&receipt);

    world.fault(
        "PUT graph :/content",
        1,
        1,
        &status(507, "", "quotaLimitReached"),
    );
    let Started::Ran(Err(RunError::Failed(failure))) = world.go(&job, Some("b")).await else {
        panic!("a failure");
    };
    assert_eq!(
        (failure.code.as_str(), failure.retry_after),
        ("quota-exceeded", None)
    );
    let failed = &world.tenant().runs().list().expect("the runs")[0];
    assert_eq!((failed.state, failed.spool_bytes), (RunState::Failed, 0));
    // The same key again is a new attempt from the start.
    assert!(matches!(
        world.go(&job, Some("b")).await,
        Started::Ran(Ok(_))
    ));
    assert_eq!(world.exports(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_goes_on() {
    let world = World::start().await;
    let job = world.job();
    let Ok(Opened::Ready(lease)) = world.open(&job, None) else {
        panic!("a lease");
    };
    let run = connector()
        .run(world.tenant())
        .keep(lease)
        .cancel(cancelled());
    let ended = run.run(&job.to_string()).await;
    assert!(matches!(ended, Err(RunError::Cancelled)), "{ended:?}");
    assert_eq!(world.only_run().state, RunState::Interrupted);
    world.landed_once(&world.goes(&job).await);
    assert_eq!(world.only_run().attempts, 2);
}
