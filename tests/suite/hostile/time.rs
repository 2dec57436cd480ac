//! Never coming to an end.

use serde_json::{Value, json};

use super::attack::Attack;
use super::bombs::attack;
use super::origins::{graph, with_secret};
use super::scene::Scene;
use super::withstand;

/// More than the sockets of loopback buffer.
const LARGE: u64 = 64 << 20;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    Attack::new("endless-loop", |_| attack("loop", json!({})))
        .under(|settings| settings["limits"] = json!({ "cpu_seconds": 1 })),
    Attack::new("endless-calls", |_| attack("loop-over-the-host", json!({}))).under(brief),
    Attack::new("endless-recursion", |_| attack("recurse", json!({}))),
    Attack::new("endless-sleep", |_| attack("sleep", json!({ "times": 1 }))).under(brief),
    Attack::new("sleeps-of-nothing", |_| {
        attack("sleep", json!({ "times": 10_000, "milliseconds": 0 }))
    }),
    Attack::new("no-reply", |scene| sent(scene, "send", "silent"))
        .on(|scene| {
            scene
                .world
                .fault("GET graph /sites/silent", 1, 1, "\"stall\"")
        })
        .under(|settings| settings["limits"] = json!({ "request_seconds": 1 })),
    Attack::new("stalled-reply", |scene| {
        sent(scene, "read-to-the-end", "halting")
    })
    .on(|scene| {
        let halt = "{ truncate-body = { after = 1, end = \"stall\" } }";
        scene.world.fault("GET graph /sites/halting", 1, 1, halt);
    })
    .under(|settings| settings["limits"] = json!({ "idle_seconds": 1 })),
    Attack::new("stalled-request", |scene| {
        let mut job = sent(scene, "send-slice", "full");
        job["args"]["method"] = json!("PUT");
        job["args"]["holds"] = json!(LARGE);
        job["args"]["length"] = json!(LARGE);
        job
    })
    .on(|scene| {
        scene
            .world
            .fault("PUT graph /sites/full", 1, 1, "\"stall\"")
    })
    .under(|settings| settings["limits"] = json!({ "idle_seconds": 1 })),
    Attack::new("reply-left-unread", |scene| {
        sent(scene, "leave-unread", "root")
    })
    .under(brief),
    Attack::new("reads-of-nothing-and-of-all", |scene| {
        sent(scene, "read-at-most", "root")
    }),
];

/// One second in all.
fn brief(settings: &mut Value) {
    settings["limits"] = json!({ "wall_seconds": 1 });
}

fn sent(scene: &Scene, attack: &str, site: &str) -> Value {
    let mut job = with_secret(&graph(scene).replace("/me", &format!("/sites/{site}")));
    job["attack"] = json!(attack);
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_comes_to_an_end() {
    withstand(ATTACKS).await;
}
