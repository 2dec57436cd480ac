//! A clock that jumps, forwards and back, while the run is under way.

use std::time::Duration;

use serde_json::json;

use super::scene::{DATA, FRAGMENT, Scene, at};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The clock jumps while a request is held.
async fn jumps(on: &str, nth: u64, back: bool) {
    let scene = Scene::fragments().await.over_an_old_file().await;
    let scene = scene.breaks(on, at(nth), json!("stall")).with_a_mad_clock();
    let (receipt, ()) = tokio::join!(scene.world.receipt(&scene.job), async {
        scene.held().await;
        match back {
            true => scene.world.clock.back(DAY),
            false => scene.world.clock.forward(DAY),
        }
        scene.world.release();
    });
    scene.landed(receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_spoils_nothing() {
    for back in [true, false] {
        jumps(DATA, 1, back).await;
        for nth in 1..=3 {
            jumps(FRAGMENT, nth, back).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_to_wait_for_is_read_by_the_clock_of_who_names_it() {
    for back in [true, false] {
        let scene = Scene::fragments().await.with_a_mad_clock();
        match back {
            true => scene.world.clock.back(DAY),
            false => scene.world.clock.forward(DAY),
        }
        let headers = json!({ "retry-after": "date:+30", "date": "date:+0" });
        let action = json!({ "status": { "status": 429, "headers": headers } });
        let ended = scene.breaks(FRAGMENT, at(2), action).lands().await;
        assert!((29..=31).contains(&ended.waited()), "{}", ended.waited());
    }
}
