//! What a run does, tells and uses, whatever way it ends.

use std::sync::Arc;

use serde_json::json;
use writeback_server::runner::{Forgotten, Runner as _, Spooled, Step};

use super::scene::{Notes, failed, go, machine, order, receipt};
use crate::sized::{ROWS_OF_THREE_FRAGMENTS, bytes_of};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_lands_and_what_it_used_is_counted() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let notes = Arc::new(Notes::default());
    let tenant = world.member("acme");
    let ended = go(&fleet, order(&tenant, "run-1", &world.job(), &notes)).await;
    let receipt = ended.outcome.expect("a receipt");
    world.landed_once(&receipt);

    let bytes = world.dataset("plain").bytes;
    let usage = ended.usage;
    assert!(
        usage.received_bytes > bytes && usage.received_bytes < 3 * bytes,
        "{usage:?}"
    );
    assert!(
        usage.sent_bytes > bytes && usage.sent_bytes < 3 * bytes,
        "{usage:?}"
    );
    assert_eq!(json!(usage.requests), receipt["attempts"]["requests"]);
    assert_eq!(usage.throttled, 0);
    assert!(
        usage.memory_bytes > 1 << 16 && usage.memory_bytes < 64 << 20,
        "{usage:?}"
    );

    let steps = notes.steps();
    assert_eq!(steps[0], Step::Preparing);
    assert!(steps.contains(&Step::Exporting { bytes }), "{steps:?}");
    let uploaded = Step::Uploading {
        bytes,
        total: bytes,
    };
    assert!(steps.contains(&uploaded), "{steps:?}");
    assert!(steps.contains(&Step::Verifying), "{steps:?}");
    assert!(!notes.all_kept().is_empty());

    let kept = fleet.spooled().await.expect("a list");
    assert_eq!(kept.len(), 1);
    assert!(
        kept[0].bytes > bytes && kept[0].bytes < bytes + 10_000,
        "{kept:?}"
    );
    assert_eq!(
        kept,
        [Spooled {
            tenant: "acme".to_owned(),
            run: "run-1".to_owned(),
            bytes: kept[0].bytes
        }]
    );
    let usage = fleet.usage();
    assert_eq!(
        (usage.runs, usage.tenants, usage.spool_bytes),
        (0, 1, kept[0].bytes)
    );
    fleet.release("acme", "run-1").await.expect("released");
    fleet
        .release("acme", "run-1")
        .await
        .expect("nothing is no error");
    assert!(fleet.spooled().await.expect("a list").is_empty());
    assert_eq!(fleet.usage().spool_bytes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_run_used_is_counted_too() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let (tenant, notes) = (world.member("acme"), Arc::new(Notes::default()));
    let answer = "{ status = { status = 429, headers = { retry-after = \"7\" } } }";
    world.fault("GET graph /sites", 1, 0, answer);
    let ended = go(&fleet, order(&tenant, "run-1", &world.job(), &notes)).await;
    let failure = ended.outcome.expect_err("SharePoint asks for patience");
    assert_eq!(failure.code, "sharepoint-throttled", "{failure:#?}");
    assert!(
        failure.retry_after.is_some() && failure.resumes,
        "{failure:#?}"
    );
    assert_eq!(ended.usage.throttled, world.fired("status-429") as u64);
    assert!(ended.usage.throttled > 1 && ended.usage.requests > ended.usage.throttled);
    let waited = notes
        .steps()
        .into_iter()
        .any(|step| matches!(step, Step::Waiting { seconds: 7.. }));
    assert!(waited, "{:?}", notes.steps());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reached_limit_is_named() {
    let (world, machine) = (World::narrow(ROWS_OF_THREE_FRAGMENTS).await, machine());
    let fleet = world.fleet_in(machine.path());
    let notes = Arc::new(Notes::default());
    let mut tenant = world.member("acme");
    tenant.config["limits"] = json!({ "memory": 65_536 });
    let failure = failed(&fleet, order(&tenant, "run-1", &world.job(), &notes)).await;
    assert_eq!(failure.code, "limit-reached");
    assert_eq!(failure.limit.as_deref(), Some("limits.memory"));
    assert!(
        failure.resumes && failure.retry_after.is_none(),
        "{failure:#?}"
    );

    tenant.revision = 2;
    tenant.config["limits"] = json!({ "spool_bytes": bytes_of(10_000) });
    let failure = failed(&fleet, order(&tenant, "run-2", &world.job(), &notes)).await;
    assert_eq!(failure.code, "spool-full", "{failure:#?}");
    assert!(
        failure.message.contains("`limits.spool_bytes`"),
        "{failure:#?}"
    );
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_says_so_and_goes_on_later() {
    let (world, job) = World::of_three_fragments().await;
    let machine = machine();
    let fleet = world.fleet_in(machine.path());
    let (tenant, notes) = (world.member("acme"), Arc::new(Notes::default()));
    world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
    let stalled = async {
        while world.fired("stall") == 0 {
            tokio::task::yield_now().await;
        }
    };
    let ended = fleet
        .run(order(&tenant, "run-1", &job, &notes), Box::pin(stalled))
        .await;
    let failure = ended.outcome.expect_err("it was cancelled");
    assert_eq!(
        (failure.code.as_str(), failure.resumes),
        ("cancelled", true)
    );
    assert!(ended.usage.requests > 0);
    world.release();
    let receipt = receipt(&fleet, super::scene::again(&tenant, "run-1", &job, &notes)).await;
    world.landed_once(&receipt);
    assert_eq!(world.exports(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_state_cannot_be_kept_fails_before_it_writes() {
    let (world, job) = World::of_three_fragments().await;
    let machine = machine();
    let fleet = world.fleet_in(machine.path());
    let notes = Arc::new(Notes::full());
    let failure = failed(&fleet, order(&world.member("acme"), "run-1", &job, &notes)).await;
    assert_eq!(failure.code, "checkpoint-failed", "{failure:#?}");
    assert!(
        failure.message.contains("the database is full"),
        "{failure:#?}"
    );
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_machine_has_of_a_tenant_is_forgotten_and_told() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let notes = Arc::new(Notes::default());
    for tenant in ["acme", "other"] {
        let mut job = world.job();
        job["sharepoint"]["folder"] = json!(tenant);
        receipt(&fleet, order(&world.member(tenant), "run-1", &job, &notes)).await;
    }
    let bytes = fleet.usage().spool_bytes;
    let forgotten = fleet.forget("acme").await.expect("forgotten");
    assert_eq!(
        (forgotten.spool_files, forgotten.spool_bytes),
        (1, bytes / 2)
    );
    assert_eq!(fleet.forget("acme").await, Ok(Forgotten::default()));
    assert_eq!(fleet.usage().tenants, 1);
    let left = std::fs::read_dir(machine.path().join("spool")).expect("a folder");
    let left: Vec<_> = left.map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(left, ["other"]);
    for wrong in ["", "..", "a/b", "/etc"] {
        assert!(fleet.forget(wrong).await.is_err(), "{wrong}");
        assert!(fleet.release(wrong, "run-1").await.is_err(), "{wrong}");
        assert!(fleet.release("other", wrong).await.is_err(), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_describes_checks_and_browses() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let description = fleet.describe().await.expect("a description");
    for document in ["job", "query", "receipt"] {
        assert!(description["schemas"][document].is_object(), "{document}");
    }
    let tenant = world.member("acme");
    let report = fleet.check(&tenant, &world.job()).await.expect("a report");
    assert_eq!(report["ok"], json!(true), "{report:#}");
    let query = json!({ "kind": "datasets", "account": "domo" });
    let list = fleet.browse(&tenant, &query).await.expect("a list");
    assert!(
        list.to_string().contains(&world.dataset("plain").id),
        "{list:#}"
    );
    let failure = fleet.browse(&tenant, &json!({ "kind": "what" })).await;
    assert_eq!(failure.expect_err("no such list").code, "query-invalid");
    assert!(fleet.spooled().await.expect("a list").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_the_servers_to_give() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let notes = Arc::new(Notes::waiting());
    let run = order(&world.member("acme"), "run-1", &world.job(), &notes);
    let receipt = receipt(&fleet, run).await;
    world.landed_once(&receipt);
    let held = notes.held();
    assert_eq!(held.len(), 2, "asked again: {held:?}");
    assert!(
        held[0] == held[1] && notes.steps().contains(&Step::Queued),
        "{held:?}"
    );
    assert!(
        !machine.path().join("tenants/acme/turns").exists(),
        "no file is locked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_understood_or_not_without_any_request() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let (tenant, mut job) = (world.member("acme"), world.job());
    assert_eq!(fleet.validate(&tenant, &job).await, Ok(()));
    job["sharepoint"]["libary"] = json!("Documents");
    job["domo"]["dataset"] = json!(5);
    let failure = fleet
        .validate(&tenant, &job)
        .await
        .expect_err("two problems");
    assert_eq!(failure.code, "job-invalid");
    for part in ["libary", "domo.dataset"] {
        assert!(failure.message.contains(part), "{failure:#?}");
    }
    assert!(world.requests().is_empty());
}
