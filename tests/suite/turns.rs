//! Runs that would write to one file go one after the other; those at other files do not wait.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Notify;
use writeback_host::{CancelToken, Level, Progress, RunError, Step};

use crate::world::World;

/// Tells when a run has to wait for another.
#[derive(Default)]
struct Waiting(Notify);

impl Progress for Waiting {
    fn report(&self, step: Step) {
        if step == Step::Queued {
            self.0.notify_one();
        }
    }

    fn log(&self, _: Level, _: &str) {}
}

/// The same file from another DataSet.
fn other(world: &World) -> Value {
    world.job_for("unicode-name")
}

/// The first run is in the middle of its upload.
async fn stalled(world: &World) {
    while world.sent("PUT", ":/content").is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_jobs_at_one_file_go_one_after_the_other() {
    let world = World::start().await;
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    let (first, second) = (world.job(), other(&world));
    let waiting = Arc::new(Waiting::default());
    let later = async {
        stalled(&world).await;
        let watched = Arc::clone(&waiting) as Arc<dyn Progress>;
        world
            .run_watched(&second, watched, CancelToken::new())
            .await
    };
    let release = async {
        waiting.0.notified().await;
        assert_eq!(
            world.sent("GET", "/data?").len(),
            1,
            "the second run does not export"
        );
        world.release();
    };
    let (first, second, ()) = tokio::join!(world.run(&first), later, release);
    let (first, second) = (first.expect("a receipt"), second.expect("a receipt"));
    assert_eq!(first["outcome"], "created");
    assert_eq!(second["outcome"], "replaced");
    assert_eq!(world.fired("stall"), 1);
    let file = world.file("Finance/Documents/Reports/Daily/sales.csv");
    assert_eq!(second["export"]["quickxor"], json!(file.quick_xor_hash));
    assert_eq!((file.versions, world.files().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_can_be_stopped() {
    let world = World::start().await;
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    let (first, second) = (world.job(), other(&world));
    let (waiting, cancel) = (Arc::new(Waiting::default()), CancelToken::new());
    let later = async {
        stalled(&world).await;
        let watched = Arc::clone(&waiting) as Arc<dyn Progress>;
        let ended = world.run_watched(&second, watched, cancel.clone()).await;
        world.release();
        ended
    };
    let stop = async {
        waiting.0.notified().await;
        cancel.cancel();
    };
    let (first, second, ()) = tokio::join!(world.run(&first), later, stop);
    assert!(matches!(second, Err(RunError::Cancelled)), "{second:?}");
    world.landed_once(&first.expect("a receipt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_at_another_file_does_not_wait() {
    let world = World::start().await;
    world.fault("PUT graph :/content", 1, 1, "\"stall\"");
    let (first, mut second) = (world.job(), world.job());
    second["sharepoint"]["filename"] = json!({ "custom": "other.csv" });
    let later = async {
        stalled(&world).await;
        let ended = world.run(&second).await;
        world.release();
        ended
    };
    let (first, second) = tokio::join!(world.run(&first), later);
    first.expect("a receipt");
    second.expect("a receipt");
}
