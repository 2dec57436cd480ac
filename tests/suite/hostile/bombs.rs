//! Too much of everything.

use serde_json::{Value, json};

use super::attack::Attack;
use super::origins::{graph, with_secret};
use super::scene::Scene;
use super::withstand;

/// More than the host copies out of a component in one call.
const TOO_MUCH: u64 = 17 << 20;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    Attack::new("many-headers", |scene| {
        headers(scene, json!(["x-a", "b", 10_000]))
    }),
    Attack::new("huge-header", |scene| {
        headers(scene, json!(["x-a", "b".repeat(100_000)]))
    }),
    Attack::new("long-url", |scene| longer(scene, 100_000)),
    Attack::new("endless-url", |scene| longer(scene, TOO_MUCH)),
    Attack::new("huge-body", |scene| {
        let mut job = with_secret(&graph(scene));
        job["args"]["method"] = json!("PUT");
        job["args"]["bytes"] = json!(TOO_MUCH);
        job
    }),
    Attack::new("request-bomb", |scene| {
        let mut job = with_secret(&graph(scene));
        job["attack"] = json!("send-on-and-on");
        job
    })
    .under(|settings| settings["limits"] = json!({ "requests": 5 })),
    Attack::new("sending-bomb", |scene| {
        let mut job = with_secret(&graph(scene));
        job["args"]["method"] = json!("PUT");
        job["args"]["bytes"] = json!(1 << 20);
        job
    })
    .under(|settings| settings["limits"] = json!({ "sent_bytes": 100_000 })),
    Attack::new("receiving-bomb", |scene| {
        let mut job = with_secret(&graph(scene));
        job["attack"] = json!("read-to-the-end");
        job
    })
    .under(|settings| settings["limits"] = json!({ "received_bytes": 10 })),
    Attack::new("memory-bomb", |_| attack("grow-memory", json!({}))),
    Attack::new("table-bomb", |_| attack("grow-table", json!({}))).of(writeback_hostile::TABLE),
    Attack::new("account-handles", |_| {
        attack("hold", json!({ "of": "secrets", "name": "sharepoint" }))
    }),
    Attack::new("blob-handles", |_| attack("hold", json!({ "of": "blobs" }))),
    Attack::new("blob-names", |_| attack("hold", json!({ "of": "names" }))),
    Attack::new("reply-handles", |scene| {
        let mut job = with_secret(&graph(scene));
        job["attack"] = json!("hold");
        job["args"]["of"] = json!("replies");
        job
    }),
    Attack::new("spool-bomb", |_| attack("fill-spool", json!({})))
        .under(|settings| settings["limits"] = json!({ "spool_bytes": 5 << 20 })),
    Attack::new("huge-append", |_| {
        attack("append-at-once", json!({ "bytes": TOO_MUCH }))
    }),
    Attack::new("checkpoint-bomb", |_| {
        attack("checkpoint", json!({ "bytes": 2 << 20 }))
    }),
    Attack::new("log-bomb", |_| {
        attack(
            "log",
            json!({ "times": 1_000_000, "text": "all work and no play" }),
        )
    }),
    Attack::new("endless-log-line", |_| {
        attack(
            "log",
            json!({ "times": 1, "text": "endless ", "longer_by": 1 << 20 }),
        )
    }),
    Attack::new("progress-bomb", |_| {
        attack("report", json!({ "times": 100_000 }))
    }),
    Attack::new("receipt-bomb", |_| {
        attack("receipt", json!({ "receipt": "x", "longer_by": 32 << 20 }))
    }),
    Attack::new("failure-bomb", |_| {
        attack(
            "failure",
            json!({ "code": "c", "message": "x", "longer_by": 8 << 20 }),
        )
    }),
];

/// An attack that needs no service.
pub fn attack(name: &str, args: Value) -> Value {
    json!({ "attack": name, "args": args, "account": "sharepoint" })
}

fn headers(scene: &Scene, header: Value) -> Value {
    let mut job = with_secret(&graph(scene));
    job["args"]["headers"] = json!([header]);
    job
}

fn longer(scene: &Scene, by: u64) -> Value {
    let mut job = with_secret(&graph(scene));
    job["args"]["longer_by"] = json!(by);
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_uses_ends_at_its_limits() {
    withstand(ATTACKS).await;
}
