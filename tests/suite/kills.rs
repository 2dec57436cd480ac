//! Kills: the real command, killed by SIGKILL at every crossing between component and host and at random
//! instants, started again until it is done. What is in the library is then what a run without kills would
//! have left.
//!
//! `WRITEBACK_KILLS=2000 WRITEBACK_STRIDE=1 cargo test --test suite -- kills` visits every crossing and goes on
//! until so many processes were killed; `WRITEBACK_SEED` changes the random instants and the first crossing.

mod scene;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use scene::{Death, Scene};

/// Processes that are killed at least.
const KILLS: u64 = 240;
/// Every so manieth crossing is visited. A run has about 800.
const STRIDE: u64 = 23;

fn from_environment(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |text| text.parse().expect("a whole number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_anywhere_ends_as_if_it_had_not_been() {
    let wanted = from_environment("WRITEBACK_KILLS", KILLS);
    let seed = from_environment("WRITEBACK_SEED", 1);
    let stride = from_environment("WRITEBACK_STRIDE", STRIDE);
    let killed = Arc::new(AtomicU64::new(0));
    let mut workers = Vec::new();
    for (index, (session, rename)) in [(true, false), (false, true), (true, true), (false, false)]
        .into_iter()
        .enumerate()
    {
        let killed = Arc::clone(&killed);
        workers.push(tokio::spawn(async move {
            let scene = Scene::start(session, rename).await;
            let mut crossing = seed % stride + 1;
            loop {
                match scene.survives(Death::AtCrossing(crossing)).await {
                    0 => break,
                    kills => killed.fetch_add(kills, Ordering::Relaxed),
                };
                crossing += stride;
            }
            let mut instant = seed.wrapping_mul(4) + index as u64;
            while killed.load(Ordering::Relaxed) < wanted {
                instant += 4;
                let kills = scene.survives(Death::AtRandom(instant)).await;
                killed.fetch_add(kills, Ordering::Relaxed);
            }
            scene.left_nothing();
            crossing
        }));
    }
    let mut crossings = Vec::new();
    for worker in workers {
        crossings.push(worker.await.expect("every run survives"));
    }
    let killed = killed.load(Ordering::Relaxed);
    eprintln!("{killed} processes killed, at up to {crossings:?} crossings and at random instants");
    assert!(killed >= wanted, "only {killed} were killed");
    assert!(
        crossings.iter().all(|crossings| *crossings >= 300),
        "{crossings:?}"
    );
}
