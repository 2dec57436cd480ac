//! The walls around the component: what it may import, and what a run may use.

use std::sync::Arc;

use serde_json::json;
use writeback_host::{
    CancelToken, Engine, EngineOptions, Error, Level, LimitExceeded, Progress, RunError, Step,
};

use crate::sized::GRID;
use crate::world::World;

/// The shipped component with one of its imports called something else of the same length.
fn with_import_renamed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = writeback_component::BYTES.to_vec();
    let mut renamed = 0;
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            renamed += 1;
        }
    }
    assert!(renamed > 0, "the component imports `{from}`");
    bytes
}

#[test]
fn a_component_that_imports_more_is_not_loaded() {
    let engine = Engine::new(EngineOptions::default()).expect("an engine");
    let error = engine.load(&with_import_renamed(
        "wasi:random/insecure-seed@",
        "wasi:sockets/tcp-connect0@",
    ));
    let Err(Error::ForeignImport { import, .. }) = &error else {
        panic!("{error:?}");
    };
    assert!(import.starts_with("wasi:sockets/tcp-connect0@"));
    let text = error.expect_err("as above").to_string();
    assert!(
        text.contains("which is not part of the connector world"),
        "{text}"
    );
    engine
        .load(writeback_component::BYTES)
        .expect("unchanged it loads");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_beyond_the_limit_ends_the_run_by_name() {
    let mut world = World::start().await;
    world.configure(|config| config["limits"]["memory"] = json!(1_000_000));
    let ended = world.run(&world.job()).await;
    assert_eq!(
        ended,
        Err(RunError::Limit(LimitExceeded::Memory(1_000_000)))
    );
    let text = ended.expect_err("as above").to_string();
    assert!(text.contains("`limits.memory`"), "{text}");
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stays_within_sixteen_mebibytes_whatever_the_file() {
    let mut world = World::narrow(1_000_000).await;
    world.configure(|config| config["limits"]["memory"] = json!(16 << 20));
    let receipt = world
        .receipt(&world.job_in_fragments(32 * GRID, 32 * GRID))
        .await;
    world.landed_once(&receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_limit_are_not_sent() {
    let mut world = World::start().await;
    world.configure(|config| config["limits"]["requests"] = json!(4));
    let parts = [
        "4 requests",
        "`limits.requests`",
        "raise the limit under `[limits]`",
    ];
    world.refuses(&world.job(), "limit-reached", &parts).await;
    let sent = world.requests();
    let counted = sent
        .iter()
        .filter(|request| !request.path.ends_with("/token"));
    // One that was begun ahead may have been given up before it was sent.
    assert!((3..=4).contains(&counted.count()), "{sent:?}");
}

/// Cancels at the first byte that goes up.
struct Cancelling(CancelToken);

impl Progress for Cancelling {
    fn report(&self, step: Step) {
        if matches!(step, Step::Uploading(at, _) if at > 0) {
            self.0.cancel();
        }
    }

    fn log(&self, _: Level, _: &str) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_ends_as_such_and_leaves_no_file() {
    let (world, job) = World::of_three_fragments().await;
    let token = CancelToken::new();
    let progress = Arc::new(Cancelling(token.clone()));
    let ended = world.run_watched(&job, progress, token).await;
    assert_eq!(ended, Err(RunError::Cancelled));
    assert_eq!(world.sent("PUT", "/uploadSession").len(), 1);
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_at_once_share_nothing_but_the_code() {
    let world = World::start().await;
    let job = |name: &str| {
        let mut job = world.job();
        job["sharepoint"]["filename"] = json!({ "custom": name });
        job["sharepoint"]["folder"] = json!(name);
        job
    };
    let jobs = [job("a"), job("b"), job("c")];
    let (a, b, c) = tokio::join!(
        world.receipt(&jobs[0]),
        world.receipt(&jobs[1]),
        world.receipt(&jobs[2])
    );
    for (receipt, name) in [(a, "a"), (b, "b"), (c, "c")] {
        assert_eq!(receipt["file"]["name"], json!(format!("{name}.csv")));
        world.file(&format!("Finance/Documents/{name}/{name}.csv"));
    }
}
